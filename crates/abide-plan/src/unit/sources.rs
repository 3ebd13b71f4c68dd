//! The texts that a unit is made of, as declared and as they stand on disk, and the files that it reads.

use std::borrow::Cow;
use std::collections::BTreeSet;

use abide_model::{
    Body, Bytes, Cause, DesiredUnit, FileKind, FilePurpose, HostPath, HostPathOrHome, NameError,
    Observation, ObservedFile, ObservedUnit, Presence, Scope, UnitName,
};
use abide_unit::{Effective, glob_matches};

use super::Intent;
use crate::causes::safe_host_text;
use crate::file;
use crate::places::{self, LedgerPlace};
use crate::refuse::Denied;
use crate::scope::ScopeView;

/// One file of a unit.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile<'a> {
    pub(crate) path: HostPath,
    pub(crate) purpose: FilePurpose,
    /// What it should hold; `None`: it goes, unless it is kept.
    pub(crate) body: Option<&'a Body>,
    /// Ours, undeclared, and left in effect because nothing is pruned.
    pub(crate) kept: bool,
    /// What stands there.
    pub(crate) found: Option<&'a ObservedFile>,
}

/// The configuration that stands on disk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DiskConfiguration {
    /// There is no unit file of ours.
    Nothing,
    /// A file is there whose text is not known.
    Unreadable,
    /// It comes to this.
    Read(Box<Effective>),
}

impl DiskConfiguration {
    /// The configuration, where it is known.
    pub(crate) fn known_effective(&self) -> Option<&Effective> {
        match self {
            Self::Read(effective) => Some(effective),
            Self::Nothing | Self::Unreadable => None,
        }
    }
}

/// A file that a unit reads at start or at a reload.
#[derive(Debug, Clone)]
pub(crate) struct Trigger<'a> {
    pub(crate) path: HostPath,
    /// What it should hold, where the manifest manages it.
    pub(crate) body: Option<&'a Body>,
    /// What stands there.
    pub(crate) found: Option<&'a ObservedFile>,
    /// Whether anybody looked. In the scope of a user that is to be made nobody could.
    pub(crate) looked_at: bool,
    /// The manifest does not say that it is read: a manager that runs does.
    pub(crate) unasked: bool,
}

impl Trigger<'_> {
    /// Whether its content may not be known from a digest.
    pub(crate) fn is_secret(&self) -> bool {
        self.body.is_some_and(Body::is_secret)
    }
}

/// The files of a unit, its own and its template's.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    pub(crate) own: Vec<SourceFile<'a>>,
    pub(crate) template: Vec<SourceFile<'a>>,
}

impl<'a> Sources<'a> {
    /// The files of this unit.
    pub(crate) fn of_unit(
        view: &'a ScopeView<'a>,
        name: &UnitName,
        wish: &Intent<'a>,
    ) -> Result<Self, Denied> {
        let own = files(view, name, wish)?;
        let template = match name.template() {
            Some(template) => template_files(view, &template)?,
            None => Vec::new(),
        };
        Ok(Self { own, template })
    }

    /// Whether the unit file is ours.
    pub(crate) fn is_unit_file_ours(&self) -> bool {
        self.fragment_file().is_some()
    }

    /// What the unit should be configured as.
    pub(crate) fn wanted_effective(&self, name: &UnitName) -> Effective {
        self.merge(name, SourceFile::wanted_text)
    }

    /// What stands on disk of it.
    pub(crate) fn on_disk(&self, name: &UnitName) -> DiskConfiguration {
        let regular = |file: &&SourceFile<'_>| file.is_regular_file();
        if self
            .fragment_file()
            .is_some_and(|file| !file.is_regular_file())
        {
            return DiskConfiguration::Nothing;
        }
        let mut files = self.own.iter().chain(&self.template).filter(regular);
        if files.any(|file| file.disk_text().is_none()) {
            return DiskConfiguration::Unreadable;
        }
        DiskConfiguration::Read(Box::new(self.merge(name, SourceFile::disk_text)))
    }

    fn fragment_file(&self) -> Option<&SourceFile<'a>> {
        let is_fragment = |file: &&SourceFile<'_>| file.purpose == FilePurpose::Unit;
        let own = self.own.iter().find(is_fragment);
        own.or_else(|| self.template.iter().find(is_fragment))
    }

    /// The instance's own drop-ins come first: they hide those of the template of the same name.
    fn merge<'s>(
        &'s self,
        name: &UnitName,
        text: impl Fn(&'s SourceFile<'a>) -> Option<Cow<'s, str>>,
    ) -> Effective {
        let fragment = self.fragment_file().and_then(&text).unwrap_or_default();
        let all = self.own.iter().chain(&self.template);
        let drop_ins: Vec<(&str, Cow<'_, str>)> = all
            .filter(|file| file.purpose == FilePurpose::DropIn)
            .filter_map(|file| Some((file.path.file_name(), text(file)?)))
            .collect();
        let drop_ins: Vec<(&str, &str)> = drop_ins
            .iter()
            .map(|(name, text)| (*name, text.as_ref()))
            .collect();
        Effective::new(name, &fragment, &drop_ins)
    }
}

impl SourceFile<'_> {
    /// Whether a regular file stands there.
    pub(crate) fn is_regular_file(&self) -> bool {
        self.found
            .is_some_and(|found| found.kind == FileKind::Regular)
    }

    pub(crate) fn wanted_text(&self) -> Option<Cow<'_, str>> {
        match self.body {
            Some(body) => body.bytes().map(|bytes| lossy_text(bytes.as_slice())),
            None => self.disk_text().filter(|_| self.kept),
        }
    }

    /// Whether its content is to change.
    pub(crate) fn needs_change(&self) -> bool {
        let wanted = self.body.and_then(Body::bytes).map(Bytes::digest);
        match wanted {
            Some(digest) => {
                !self.is_regular_file() || self.found.and_then(|found| found.digest) != Some(digest)
            }
            None => self.found.is_some() && !self.kept,
        }
    }

    /// The text that stands there, where it is known: what was asked for is not sent again.
    fn disk_text(&self) -> Option<Cow<'_, str>> {
        let found = self.found.filter(|_| self.is_regular_file())?;
        let wanted = self.body.and_then(Body::bytes);
        let wanted = wanted.filter(|bytes| Some(bytes.digest()) == found.digest);
        let bytes = wanted.or(found.content.as_ref())?;
        Some(lossy_text(bytes.as_slice()))
    }
}

/// systemd reads unit files as bytes; what is no UTF-8 differs all the same where the bytes around it do.
fn lossy_text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The unit as its manager describes it. A bare template is never described (systemd-facts.md#bare-template).
pub(crate) fn seen_unit<'a>(view: &ScopeView<'a>, name: &UnitName) -> Option<&'a ObservedUnit> {
    let units = &view.seen?.units;
    units.get(&view.loaded_as(name))
}

/// Its own files: the declared ones, and ours that go.
fn files<'a>(
    view: &'a ScopeView<'a>,
    name: &UnitName,
    wish: &Intent<'a>,
) -> Result<Vec<SourceFile<'a>>, Denied> {
    let mut files = Vec::new();
    let fragment = path_or_refusal(name, view.places.unit(name))?;
    if let Intent::Declared(unit) = wish {
        let body = unit.file.as_ref().filter(|_| unit.masked != Some(true));
        if unit.file.is_some() {
            files.push(unit_file(view, fragment.clone(), FilePurpose::Unit, body)?);
        }
        for (drop_in, body) in &unit.drop_ins {
            let path = path_or_refusal(name, view.places.drop_in(name, drop_in))?;
            files.push(unit_file(view, path, FilePurpose::DropIn, Some(body))?);
        }
    }
    for (path, purpose) in undeclared(view, name, wish, &fragment) {
        if !files.iter().any(|file| file.path == path) {
            let kept = is_kept(view, wish, purpose);
            let file = unit_file(view, path, purpose, None)?;
            files.push(SourceFile { kept, ..file });
        }
    }
    Ok(files)
}

/// Without prune what is ours stays in effect, except where a mask takes its place.
fn is_kept(view: &ScopeView<'_>, wish: &Intent<'_>, purpose: FilePurpose) -> bool {
    let in_the_way = |unit: &DesiredUnit| unit.masked == Some(true) && purpose == FilePurpose::Unit;
    match wish {
        Intent::Declared(unit) => !view.host.desired.policy.prune && !in_the_way(unit),
        Intent::Removed(_) => false,
    }
}

/// Our files of this unit that nothing declares, and the unit file of one that is declared absent: naming it claims it.
fn undeclared(
    view: &ScopeView<'_>,
    name: &UnitName,
    wish: &Intent<'_>,
    fragment: &HostPath,
) -> Vec<(HostPath, FilePurpose)> {
    let ledger = &view.host.ledger.files;
    let owned = ledger.iter().filter(|(_, file)| file.scope == view.scope);
    let of_unit = |path: &HostPath| match view.places.classify(path) {
        place @ (LedgerPlace::Unit(_) | LedgerPlace::DropIn(_)) => {
            let (LedgerPlace::Unit(unit) | LedgerPlace::DropIn(unit)) = &place else {
                return None;
            };
            (unit == name).then(|| (path.clone(), place.file_purpose()))
        }
        LedgerPlace::Plain => None,
    };
    let mut files: Vec<_> = owned.filter_map(|(path, _)| of_unit(path)).collect();
    // An instance rarely has a file of its own.
    let stands = view
        .seen
        .and_then(|scope| scope.files.get(fragment)?.as_known());
    let may_have_one = name.template().is_none() || stands.is_some();
    let claimed = matches!(wish, Intent::Removed(Cause::DeclaredAbsent)) && may_have_one;
    if claimed && !files.iter().any(|(path, _)| path == fragment) {
        files.insert(0, (fragment.clone(), FilePurpose::Unit));
    }
    files
}

pub(super) fn unit_file<'a>(
    view: &'a ScopeView<'a>,
    path: HostPath,
    purpose: FilePurpose,
    body: Option<&'a Body>,
) -> Result<SourceFile<'a>, Denied> {
    let found = file::find_on_host(view, &path)?;
    Ok(SourceFile {
        path,
        purpose,
        body,
        kept: false,
        found,
    })
}

/// The files of an instance's template: the declared ones, or ours that go with it.
fn template_files<'a>(
    view: &'a ScopeView<'a>,
    template: &UnitName,
) -> Result<Vec<SourceFile<'a>>, Denied> {
    let declared = view
        .host
        .units(&view.scope)
        .and_then(|units| units.get(template));
    let wish = match declared {
        Some(unit) => wish_of(unit),
        None => Intent::Removed(Cause::Undeclared),
    };
    files(view, template, &wish)
}

/// What the manifest wants of a unit that it names.
pub(crate) fn wish_of(unit: &DesiredUnit) -> Intent<'_> {
    match unit.presence {
        Presence::Present => Intent::Declared(unit),
        Presence::Absent => Intent::Removed(Cause::DeclaredAbsent),
    }
}

fn path_or_refusal(name: &UnitName, path: Result<HostPath, NameError>) -> Result<HostPath, Denied> {
    path.map_err(|error| {
        Denied::impossible_on_host(format!("{name} has no place on the host: {error}"))
    })
}

/// Files that a unit reads, where they stand on this host. One that could not be seen says nothing about a restart.
pub(crate) fn triggers<'a>(
    view: &'a ScopeView<'a>,
    paths: &BTreeSet<HostPathOrHome>,
) -> Result<Vec<Trigger<'a>>, Denied> {
    let absolute = |path: &HostPathOrHome| match path {
        HostPathOrHome::Absolute(path) => path.clone(),
        HostPathOrHome::Home(path) => home(view).join(path),
    };
    let paths: BTreeSet<HostPath> = paths.iter().map(absolute).collect();
    paths.into_iter().map(|path| trigger(view, path)).collect()
}

/// Managed files that a unit reads whose file is not ours, as its manager shows it, without those that are known already. Of
/// our own the manifest's texts tell.
pub(super) fn also_read<'a>(
    view: &'a ScopeView<'a>,
    seen: &ObservedUnit,
    known: &[Trigger<'a>],
) -> Result<Vec<Trigger<'a>>, Denied> {
    let reads = |path: &&HostPath| {
        let mut patterns = seen.environment_files.iter();
        patterns.any(|pattern| glob_matches(pattern, path.as_str()))
            && !known.iter().any(|one| one.path == **path)
    };
    let paths = view.host.all_managed().filter(reads);
    let found = paths.map(|path| trigger(view, path.clone()));
    let unasked = |trigger| Trigger {
        unasked: true,
        ..trigger
    };
    found.map(|trigger| trigger.map(unasked)).collect()
}

fn trigger<'a>(view: &'a ScopeView<'a>, path: HostPath) -> Result<Trigger<'a>, Denied> {
    let body = view.host.managed_file(&path);
    let seen = view.host.file(&view.scope, &path);
    if let (Some(Observation::Unknown(why)), None) = (seen, body) {
        let reason = format!(
            "{path}, which it reads, could not be seen: {}",
            safe_host_text(&why.to_string())
        );
        return Err(Denied::not_seen(reason));
    }
    Ok(Trigger {
        path,
        body,
        found: seen.and_then(Observation::as_known),
        looked_at: seen.is_some(),
        unasked: false,
    })
}

fn home(view: &ScopeView<'_>) -> HostPath {
    match &view.scope {
        Scope::System => places::root_home(),
        Scope::User(user) => view.host.home(user),
    }
}
