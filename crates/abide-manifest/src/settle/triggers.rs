//! Files that belong to a unit's configuration: those that are written (`restart_on`, `reload_on`), and managed files
//! that it reads at start (`EnvironmentFile=`, `LoadCredential=`).

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{HomePath, HostPath, HostPathOrHome, UnitName, UserName};
use abide_unit::{Effective, specifier};

use crate::codes;
use crate::finding::{Finding, Findings};
use crate::located::Located;
use crate::precedence::Said;
use crate::settled::{Settled, SettledUnit, UnitDraft};

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

    /// A path, as relative to the home of `user` where it is a managed file below it.
    fn below_home(&self, user: &UserName, path: &HostPath) -> Option<HomePath> {
        let (home, files) = self.users.get(user)?;
        let below = path
            .as_str()
            .strip_prefix(home.as_str())?
            .strip_prefix('/')?;
        files.iter().find(|file| file.as_str() == below).cloned()
    }

    /// Whether a path is a managed file of any user.
    fn holds(&self, path: &HostPath) -> bool {
        self.users
            .keys()
            .any(|user| self.below_home(user, path).is_some())
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
        unit.restart_on = listed(written.restart_on.as_ref(), user, managed, findings);
        unit.reload_on = listed(written.reload_on.as_ref(), user, managed, findings);
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
fn listed<'m>(
    said: Option<&Said<'m, &'m Vec<Located<String>>>>,
    user: Option<&UserName>,
    managed: &Managed,
    findings: &mut Findings,
) -> BTreeMap<HostPathOrHome, Settled<'m, ()>> {
    let mut paths = BTreeMap::new();
    for item in said.into_iter().flat_map(|said| said.value) {
        match written_path(&item.value, user, managed) {
            Ok(path) => {
                let at = said.map(|said| said.with(()));
                if let Some(said) = at {
                    let place = Said {
                        at: item.at,
                        ..said
                    };
                    paths.insert(path, Settled::said(&place, ()));
                }
            }
            Err(message) => findings.push(
                Finding::new(codes::BAD_VALUE, item.at, message)
                    .help("write an absolute path, or `~/…` for a file below the user's home"),
            ),
        }
    }
    paths
}

fn written_path(
    text: &str,
    user: Option<&UserName>,
    managed: &Managed,
) -> Result<HostPathOrHome, String> {
    let below = text.strip_prefix("~/").or_else(|| text.strip_prefix("%h/"));
    match (below, user) {
        (Some(below), Some(_)) => HomePath::parse(below)
            .map(HostPathOrHome::Home)
            .map_err(|error| error.to_string()),
        (Some(_), None) => Err("a system unit has no home directory".to_owned()),
        (None, user) => {
            let path = HostPath::parse(text).map_err(|error| error.to_string())?;
            let home = user.and_then(|user| managed.below_home(user, &path));
            Ok(home.map_or(HostPathOrHome::Absolute(path), HostPathOrHome::Home))
        }
    }
}

/// Managed files that a unit reads at start, each with the key that names it.
fn read_at_start(
    draft: &UnitDraft<'_>,
    user: Option<&UserName>,
    managed: &Managed,
) -> Vec<(HostPathOrHome, &'static str)> {
    let Some(effective) = &draft.effective else {
        return Vec::new();
    };
    named(effective)
        .into_iter()
        .filter_map(|(key, path)| {
            let path = match user {
                Some(user) => in_home(&draft.name, &path, user, managed)?,
                None => in_any_home(&draft.name, &path, managed)?,
            };
            Some((path, key))
        })
        .collect()
}

fn named(effective: &Effective) -> Vec<(&'static str, String)> {
    let environment = effective.environment_files().into_iter();
    let credentials = effective.load_credentials().into_iter();
    let kube = ["Yaml", "ConfigMap"].into_iter().flat_map(|key| {
        let paths = effective.all("Kube", key).into_iter();
        paths.map(move |path| (key, path.to_owned()))
    });
    environment
        .map(|file| ("EnvironmentFile", file.path))
        .chain(kube)
        .chain(credentials.map(|credential| ("LoadCredential", credential.path)))
        .collect()
}

/// A managed file of the user whose manager runs the unit: `%h/…`, `%E/…`, or absolute (systemd.unit(5), "Specifiers").
fn in_home(
    unit: &UnitName,
    path: &str,
    user: &UserName,
    managed: &Managed,
) -> Option<HostPathOrHome> {
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
    let file = files.iter().find(|file| file.as_str() == below)?;
    Some(HostPathOrHome::Home(file.clone()))
}

/// A relative path in a quadlet begins where the quadlet is (podman-systemd.unit(5)).
fn beside_quadlet(unit: &UnitName, path: &str) -> Option<String> {
    let relative = unit.kind().is_quadlet() && !path.starts_with(['/', '%']);
    let path = path.strip_prefix("./").unwrap_or(path);
    relative.then(|| format!(".config/containers/systemd/{path}"))
}

/// A managed file of any user, by its absolute path: what a system unit can read.
fn in_any_home(unit: &UnitName, path: &str, managed: &Managed) -> Option<HostPathOrHome> {
    let path = specifier::expand(unit, None, path)?;
    let path = HostPath::parse(&path).ok()?;
    managed
        .holds(&path)
        .then_some(HostPathOrHome::Absolute(path))
}
