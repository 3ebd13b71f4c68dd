//! Files that belong to a unit's configuration: those that are written (`restart_on`, `reload_on`), and managed files
//! that it reads at start (`EnvironmentFile=`, `LoadCredential=`).

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{HomePath, HostPath, HostPathOrHome, NameError, UnitName, UserName};
use abide_unit::{Effective, glob_matches, specifier};

use crate::codes;
use crate::finding::{Findings, Mistake};
use crate::located::Located;
use crate::precedence::Said;
use crate::settled::{Settled, SettledUnit, WrittenUnitDraft};

/// The managed files of a host: for each user its home and the files below it.
#[derive(Debug, Default)]
pub(crate) struct Managed {
    pub(crate) users: BTreeMap<UserName, (HostPath, BTreeSet<HomePath>)>,
}

impl Managed {
    /// The home that a user has, or will get when it is created.
    pub(crate) fn home_of(user: &UserName, declared: Option<&HostPath>) -> Option<HostPath> {
        declared.cloned().or_else(|| {
            let usual = match user.as_str() {
                "root" => "/root".to_owned(),
                other => format!("/home/{other}"),
            };
            HostPath::parse(&usual).ok()
        })
    }

    /// The managed files that a pattern of absolute paths names.
    fn matching_files(&self, pattern: &str) -> Vec<HostPath> {
        let homes = self.users.values();
        let all = homes.flat_map(|(home, files)| files.iter().map(|file| home.join(file)));
        all.filter(|path| names(pattern, path.as_str())).collect()
    }

    /// A path, as relative to the home of `user` where it is a managed file below it.
    fn below_home(&self, user: &UserName, path: &HostPath) -> Option<HomePath> {
        let (home, files) = self.users.get(user)?;
        let below = path
            .as_str()
            .strip_prefix(home.as_str())?
            .strip_prefix('/')?;
        files.iter().find(|file| file.as_str() == below).cloned()
    }
}

/// Fills in what restarts and reloads every unit of a scope.
pub(crate) fn add(
    units: &mut BTreeMap<UnitName, SettledUnit<'_>>,
    user: Option<&UserName>,
    managed: &Managed,
    findings: &mut Findings,
) {
    for unit in units.values_mut().filter(|unit| unit.is_present()) {
        let written = &unit.draft.written;
        unit.restart_on = written_paths(written.restart_on.as_ref(), user, managed, findings);
        unit.reload_on = written_paths(written.reload_on.as_ref(), user, managed, findings);
        for (path, key) in read_at_start(&unit.draft, user, managed) {
            // What is reloaded for a file is not restarted for it.
            if !unit.reload_on.contains_key(&path) {
                let reason = format!("the unit reads it by `{key}=`");
                unit.restart_on
                    .entry(path)
                    .or_insert_with(|| Settled::default((), reason));
            }
        }
    }
}

/// Paths that are written.
fn written_paths<'m>(
    said: Option<&Said<'m, &'m Vec<Located<String>>>>,
    user: Option<&UserName>,
    managed: &Managed,
    findings: &mut Findings,
) -> BTreeMap<HostPathOrHome, Settled<'m, ()>> {
    let mut paths = BTreeMap::new();
    for item in said.into_iter().flat_map(|said| said.value) {
        match written_path(&item.value, user, managed) {
            Ok(path) => {
                let at = said.map(|said| said.with_value(()));
                if let Some(said) = at {
                    let place = Said {
                        at: item.at,
                        ..said
                    };
                    paths.insert(path, Settled::declared(&place, ()));
                }
            }
            Err(error) => findings.push(
                Mistake::new(codes::BAD_VALUE, item.at, error.to_string())
                    .with_help("write an absolute path, or `~/…` for a file below the user's home"),
            ),
        }
    }
    paths
}

/// Why a path means nothing. `Display` is one clause.
#[derive(Debug, thiserror::Error)]
enum TriggerPathError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("a system unit has no home directory")]
    NoHome,
}

fn written_path(
    text: &str,
    user: Option<&UserName>,
    managed: &Managed,
) -> Result<HostPathOrHome, TriggerPathError> {
    let below = text.strip_prefix("~/").or_else(|| text.strip_prefix("%h/"));
    match (below, user) {
        (Some(below), Some(_)) => Ok(HostPathOrHome::Home(HomePath::parse(below)?)),
        (Some(_), None) => Err(TriggerPathError::NoHome),
        (None, user) => {
            let path = HostPath::parse(text)?;
            let home = user.and_then(|user| managed.below_home(user, &path));
            Ok(home.map_or(HostPathOrHome::Absolute(path), HostPathOrHome::Home))
        }
    }
}

/// Managed files that a unit reads at start, each with the key that names it.
fn read_at_start(
    draft: &WrittenUnitDraft<'_>,
    user: Option<&UserName>,
    managed: &Managed,
) -> Vec<(HostPathOrHome, &'static str)> {
    let Some(effective) = &draft.effective else {
        return Vec::new();
    };
    named_paths(effective)
        .into_iter()
        .flat_map(|(key, path)| {
            let paths = match user {
                Some(user) => in_home(&draft.name, &path, user, managed).unwrap_or_default(),
                None => in_any_home(&draft.name, &path, managed),
            };
            paths.into_iter().map(move |path| (path, key))
        })
        .collect()
}

fn named_paths(effective: &Effective) -> Vec<(&'static str, String)> {
    let environment = effective.environment_files().into_iter();
    let credentials = effective.load_credentials().into_iter();
    let kube = ["Yaml", "ConfigMap"].into_iter().flat_map(|key| {
        let paths = effective.all_values("Kube", key).into_iter();
        paths.map(move |path| (key, path.to_owned()))
    });
    environment
        .map(|file| ("EnvironmentFile", file.path))
        .chain(kube)
        .chain(credentials.map(|credential| ("LoadCredential", credential.path)))
        .collect()
}

/// Whether a unit that names this path reads that one: `EnvironmentFile=` may be a pattern, and of a directory that
/// `LoadCredential=` names all files are read (systemd.exec(5)).
fn names(pattern: &str, path: &str) -> bool {
    let directory = pattern.strip_suffix('/').unwrap_or(pattern);
    let is_below = path
        .strip_prefix(directory)
        .is_some_and(|below| below.starts_with('/'));
    !directory.is_empty() && is_below || glob_matches(pattern, path)
}

/// Managed files of the user whose manager runs the unit: `%h/…`, `%E/…`, or absolute (systemd.unit(5), "Specifiers").
fn in_home(
    unit: &UnitName,
    path: &str,
    user: &UserName,
    managed: &Managed,
) -> Option<Vec<HostPathOrHome>> {
    let below = path.strip_prefix("%h/").map(str::to_owned);
    let below = below.or_else(|| beside_quadlet(unit, path));
    let below = below.or_else(|| Some(format!(".config/{}", path.strip_prefix("%E/")?)));
    let (home, files) = managed.users.get(user)?;
    let below = if let Some(below) = below {
        specifier::expand(unit, None, &below)?
    } else {
        let path = specifier::expand(unit, None, path)?;
        let below = path.strip_prefix(home.as_str())?;
        below.strip_prefix('/')?.to_owned()
    };
    let read = files.iter().filter(|file| names(&below, file.as_str()));
    Some(read.cloned().map(HostPathOrHome::Home).collect())
}

/// A relative path in a quadlet begins where the quadlet is (podman-systemd.unit(5)).
fn beside_quadlet(unit: &UnitName, path: &str) -> Option<String> {
    let relative = unit.kind().is_quadlet() && !path.starts_with(['/', '%']);
    let path = path.strip_prefix("./").unwrap_or(path);
    relative.then(|| format!(".config/containers/systemd/{path}"))
}

/// Managed files of any user, by their absolute paths: what a system unit can read.
fn in_any_home(unit: &UnitName, path: &str, managed: &Managed) -> Vec<HostPathOrHome> {
    let path = specifier::expand(unit, None, path).unwrap_or_default();
    let read = managed.matching_files(&path).into_iter();
    read.map(HostPathOrHome::Absolute).collect()
}
