//! A unit as its manager read it: which files were found, what they come to, what links add.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{HostPath, Scope, Timestamp, UnitKind, UnitName};
use abide_unit::{Effective, LinkKind, UnitFile, install_links, loaded_as, specifier};

use crate::deps::Dep;
use crate::disk::SimulatedDisk;
use crate::install::is_null;
use crate::place::{is_builtin, quadlet_dir, search_path};

/// A unit as its manager read it from the files of that moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedDefinition {
    /// Canonical name: an alias leads to it.
    pub id: UnitName,
    /// `LoadState`.
    pub load: &'static str,
    /// The unit file; a link to `/dev/null` for a masked unit.
    pub fragment: Option<HostPath>,
    /// The quadlet of a generated unit.
    pub source: Option<HostPath>,
    /// Drop-ins in the order they apply.
    pub drop_ins: Vec<HostPath>,
    /// What they come to. A generated unit has its quadlet's.
    pub effective: Effective,
    /// Units that links in `UNIT.wants` and the like add, by the kind of directory.
    linked: BTreeMap<&'static str, BTreeSet<UnitName>>,
    /// What it says about others, and what its type implies.
    pub(crate) deps: BTreeMap<Dep, BTreeSet<UnitName>>,
    /// What it says others are to it.
    pub(crate) deps_of_others: BTreeMap<Dep, BTreeSet<UnitName>>,
    /// Every unit that it names.
    pub(crate) mentions: BTreeSet<UnitName>,
    /// Units that it names in a setting that does not count: they are read, and forgotten.
    pub(crate) named_in_vain: BTreeSet<UnitName>,
    /// Its file was not read to its end.
    unreadable: bool,
    /// When each file was last modified.
    stamps: BTreeMap<HostPath, Timestamp>,
}

/// Before this `NeedDaemonReload` looks for drop-ins only in directories that the manager knows (systemd-facts.md#reload-not-noticed).
const SEES_NEW_DIRECTORIES: u32 = 257;

/// Before this what stands beside a masked unit counts: its drop-ins, and links in its `.wants`.
const MASKS_ALL: u32 = 254;

/// Why a link is no other name of anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeadAlias {
    /// What it leads to is of another type or instance.
    NoName,
    /// It leads to nothing.
    Missing,
}

enum FoundFile {
    File(HostPath),
    Masked(HostPath),
    Alias(UnitName),
    Nothing,
}

/// Where a manager reads from.
#[derive(Debug, Clone)]
pub(crate) struct ManagerSources<'a> {
    pub(crate) disk: &'a SimulatedDisk,
    pub(crate) scope: &'a Scope,
    pub(crate) home: HostPath,
    pub(crate) systemd: u32,
}

impl ManagerSources<'_> {
    /// Reads a unit from the files as they are now.
    pub(crate) fn load(&self, name: &UnitName) -> LoadedDefinition {
        match self.find_or_template(name) {
            FoundFile::Alias(id) if id != *name => match self.load(&id) {
                // A link that leads nowhere is no other name of anything.
                missing if missing.load == "not-found" => empty_definition(name, "not-found"),
                broken if broken.unreadable => broken.as_separate_unit(name, broken.load),
                unit => unit,
            },
            FoundFile::File(path) => self.read(name, Some(path)),
            FoundFile::Masked(path) => {
                let mut masked = empty_definition(name, "masked");
                if self.systemd < MASKS_ALL {
                    masked.drop_ins = self.drop_ins(name, &search_path(self.scope, &self.home));
                    masked.effective = self.effective_config(name, "", &masked.drop_ins);
                    masked.linked = self.linked_units(name);
                    masked.find_deps();
                }
                for path in std::iter::once(&path).chain(&masked.drop_ins.clone()) {
                    masked.record_timestamp(self.disk, path);
                }
                masked.fragment = Some(path);
                masked
            }
            FoundFile::Nothing | FoundFile::Alias(_) => match self.quadlet(name) {
                Some((quadlet, path)) => self.generated_definition(name, &quadlet, path),
                // A slice needs no file.
                None if is_builtin(self.scope, name) || name.kind() == UnitKind::Slice => {
                    self.read(name, None)
                }
                None => empty_definition(name, "not-found"),
            },
        }
    }

    /// A unit as far as its own file goes: what stands beside it is not read where the unit cannot have its names.
    pub(crate) fn own_file(&self, unit: &LoadedDefinition) -> LoadedDefinition {
        let mut own = empty_definition(&unit.id, unit.load);
        let fragment = unit.fragment.as_ref();
        let text = fragment.and_then(|path| self.disk.text(path));
        own.effective = self.effective_config(&unit.id, text.unwrap_or_default(), &[]);
        own.unreadable = unit.unreadable;
        own.find_deps();
        if let Some(path) = fragment {
            own.record_timestamp(self.disk, path);
        }
        own.fragment.clone_from(&unit.fragment);
        own
    }

    /// Other names of a unit: links in the search path that lead to it.
    pub(crate) fn aliases(&self, id: &UnitName) -> BTreeSet<UnitName> {
        let dirs = search_path(self.scope, &self.home);
        let links = dirs.iter().flat_map(|dir| self.disk.directory_entries(dir));
        links
            .filter(|(_, node)| node.link().is_some())
            .filter_map(|(path, _)| UnitName::parse(path.file_name()).ok())
            .filter(|name| name != id && !name.is_template())
            .filter(|name| {
                let unit = self.load(name);
                // A mask is nobody's file, and has no other names.
                unit.id == *id && unit.load != "masked"
            })
            .collect()
    }

    /// Whether the unit's name is a link to what cannot have it as another name, or to nothing.
    pub(crate) fn dead_alias(&self, name: &UnitName) -> Option<DeadAlias> {
        let dirs = search_path(self.scope, &self.home).into_iter();
        let mut nodes = dirs.filter_map(|dir| self.disk.get(&dir.join_name(name.as_str()).ok()?));
        let target = nodes.next()?.link().filter(|link| *link != "/dev/null")?;
        let target = UnitName::parse(target.rsplit('/').next().unwrap_or(target));
        let Some(target) = target.ok().filter(|target| is_alias(name, target)) else {
            return Some(DeadAlias::NoName);
        };
        let missing = matches!(self.find_or_template(&target), FoundFile::Nothing);
        (missing && !target.is_template()).then_some(DeadAlias::Missing)
    }

    fn find_or_template(&self, name: &UnitName) -> FoundFile {
        match (self.find(name), name.template(), name.instance()) {
            (FoundFile::Nothing, Some(template), Some(instance)) => match self.find(&template) {
                FoundFile::Alias(other) => other
                    .with_instance(instance)
                    .map_or(FoundFile::Nothing, FoundFile::Alias),
                found => found,
            },
            (FoundFile::Alias(other), _, Some(instance)) if other.is_template() => other
                .with_instance(instance)
                .map_or(FoundFile::Nothing, FoundFile::Alias),
            (found, ..) => found,
        }
    }

    fn find(&self, name: &UnitName) -> FoundFile {
        for dir in search_path(self.scope, &self.home) {
            let Ok(path) = dir.join_name(name.as_str()) else {
                continue;
            };
            let Some(node) = self.disk.get(&path) else {
                continue;
            };
            return match node.link() {
                Some("/dev/null") => FoundFile::Masked(path),
                Some(target) => {
                    let target = target.rsplit('/').next().unwrap_or(target);
                    match UnitName::parse(target) {
                        Ok(target) if is_alias(name, &target) => FoundFile::Alias(target),
                        _ => continue,
                    }
                }
                // An empty file masks as well (systemd-facts.md#empty-file-masks).
                None if self.disk.text(&path).is_some_and(str::is_empty) => FoundFile::Masked(path),
                None => FoundFile::File(path),
            };
        }
        FoundFile::Nothing
    }

    fn quadlet_files(&self) -> Vec<(UnitName, HostPath)> {
        let dir = quadlet_dir(self.scope, &self.home);
        let files = self
            .disk
            .directory_entries(&dir)
            .map(|(path, _)| path.clone());
        files
            .filter_map(|path| Some((UnitName::parse(path.file_name()).ok()?, path)))
            .filter(|(quadlet, _)| quadlet.kind().is_quadlet())
            .collect()
    }

    fn quadlet(&self, name: &UnitName) -> Option<(UnitName, HostPath)> {
        let mut quadlets = self.quadlet_files().into_iter();
        quadlets.find(|(quadlet, path)| self.service(quadlet, path) == *name)
    }

    /// The service that Podman makes of a quadlet.
    fn service(&self, quadlet: &UnitName, path: &HostPath) -> UnitName {
        let text = self.disk.text(path).unwrap_or_default();
        loaded_as(&self.effective_config(quadlet, text, &[]))
    }

    fn read(&self, name: &UnitName, fragment: Option<HostPath>) -> LoadedDefinition {
        let mut read = empty_definition(name, "loaded");
        let text = fragment
            .as_ref()
            .and_then(|path| self.disk.text(path))
            .unwrap_or_default();
        read.effective = self.effective_config(name, text, &[]);
        if let Some(load) = broken_load_state(name, text, &read.effective) {
            // What stands beside it is not looked at.
            read.load = load;
            read.unreadable = true;
        } else {
            read.drop_ins = self.drop_ins(name, &search_path(self.scope, &self.home));
            read.effective = self.effective_config(name, text, &read.drop_ins);
            read.load = load_state(name, &read.effective);
            read.linked = self.linked_units(name);
        }
        read.find_deps();
        for path in fragment.iter().chain(&read.drop_ins.clone()) {
            read.record_timestamp(self.disk, path);
        }
        read.fragment = fragment;
        read
    }

    /// What Podman's generator makes of a quadlet. Its drop-ins stand beside it.
    fn generated_definition(
        &self,
        name: &UnitName,
        quadlet: &UnitName,
        source: HostPath,
    ) -> LoadedDefinition {
        let mut read = empty_definition(name, "loaded");
        read.drop_ins = self.drop_ins(quadlet, &[quadlet_dir(self.scope, &self.home)]);
        let text = self.disk.text(&source).unwrap_or_default();
        read.effective = self.effective_config(quadlet, text, &read.drop_ins);
        for path in std::iter::once(&source).chain(&read.drop_ins.clone()) {
            read.record_timestamp(self.disk, path);
        }
        read.find_deps();
        let generated = HostPath::parse(&format!("/run/systemd/generator/{name}"));
        read.fragment = generated.ok();
        read.source = Some(source);
        read
    }

    fn effective_config(&self, name: &UnitName, text: &str, drop_ins: &[HostPath]) -> Effective {
        let texts: Vec<_> = drop_ins
            .iter()
            .map(|path| (path.file_name(), self.disk.text(path).unwrap_or_default()))
            .collect();
        Effective::new(name, text, &texts)
    }

    /// Sorted by file name; of one name the instance's before its template's before the type's, and the first place
    /// of the search path (seen on systemd 252 and 257).
    fn drop_ins(&self, name: &UnitName, dirs: &[HostPath]) -> Vec<HostPath> {
        let mut by_name = BTreeMap::new();
        for of in drop_in_dirs(name) {
            for dir in dirs.iter().filter_map(|dir| dir.join_name(&of).ok()) {
                let paths = self.disk.directory_entries(&dir).map(|(path, _)| path);
                for path in paths.filter(|path| is_drop_in(path)) {
                    let name = path.file_name().to_owned();
                    by_name.entry(name).or_insert_with(|| path.clone());
                }
            }
        }
        by_name.into_values().collect()
    }

    fn linked_units(&self, name: &UnitName) -> BTreeMap<&'static str, BTreeSet<UnitName>> {
        let dirs = search_path(self.scope, &self.home);
        let mut linked: BTreeMap<&'static str, BTreeSet<UnitName>> = BTreeMap::new();
        for suffix in ["wants", "requires", "upholds"] {
            for of in std::iter::once(name.clone()).chain(name.template()) {
                for dir in dirs
                    .iter()
                    .filter_map(|dir| dir.join_name(&format!("{of}.{suffix}")).ok())
                {
                    let links = self.disk.directory_entries(&dir);
                    let links =
                        links.filter(|(path, node)| node.link().is_some() && !self.is_mask(path));
                    let units =
                        links.filter_map(|(path, _)| UnitName::parse(path.file_name()).ok());
                    linked.entry(suffix).or_default().extend(units);
                }
            }
        }
        self.add_generated_links(name, &mut linked);
        linked
    }

    /// Whether what stands at a path leads to nothing but an empty file.
    fn is_mask(&self, path: &HostPath) -> bool {
        let end = self.disk.follow(path);
        end.is_some_and(|end| is_null(&end) || self.disk.text(&end).is_some_and(str::is_empty))
    }

    /// Podman's generator makes the links of a quadlet's `[Install]` section anew at every load.
    fn add_generated_links(
        &self,
        name: &UnitName,
        linked: &mut BTreeMap<&'static str, BTreeSet<UnitName>>,
    ) {
        if name.kind() != UnitKind::Target {
            return;
        }
        for (quadlet, path) in self.quadlet_files() {
            let text = self.disk.text(&path).unwrap_or_default();
            let service = self.service(&quadlet, &path);
            for link in install_links(&service, &self.effective_config(&quadlet, text, &[])) {
                let kind = match link.kind {
                    LinkKind::Wants => "wants",
                    LinkKind::Requires => "requires",
                    LinkKind::Upholds => "upholds",
                    LinkKind::Alias => continue,
                };
                if link.path.starts_with(&format!("{name}.{kind}/")) {
                    linked.entry(kind).or_default().insert(service.clone());
                }
            }
        }
    }
}

fn empty_definition(name: &UnitName, load: &'static str) -> LoadedDefinition {
    LoadedDefinition {
        id: name.clone(),
        load,
        fragment: None,
        source: None,
        drop_ins: Vec::new(),
        effective: Effective::new(name, "", &[]),
        linked: BTreeMap::new(),
        deps: BTreeMap::new(),
        deps_of_others: BTreeMap::new(),
        mentions: BTreeSet::new(),
        named_in_vain: BTreeSet::new(),
        unreadable: false,
        stamps: BTreeMap::new(),
    }
}

/// Whether a link by this name makes it another name of what it leads to: of one type, and of
/// one instance, if any, or its template (`unit_validate_alias_symlink_or_warn`). Others are no links at all.
fn is_alias(name: &UnitName, target: &UnitName) -> bool {
    let of_instance = match (name.instance(), target.instance()) {
        (Some(_), Some("")) => true,
        (own, other) => own == other,
    };
    name.kind() == target.kind() && of_instance
}

fn is_drop_in(path: &HostPath) -> bool {
    path.file_name()
        .rsplit_once('.')
        .is_some_and(|(_, suffix)| suffix == "conf")
}

fn drop_in_dirs(name: &UnitName) -> Vec<String> {
    let own = [Some(name.clone()), name.template()];
    let own = own.into_iter().flatten().map(|unit| format!("{unit}.d"));
    own.chain([format!("{}.d", name.kind().name_suffix())])
        .collect()
}

/// The load state of a file that cannot be read to its end: its header is broken, or a command is none.
fn broken_load_state(name: &UnitName, text: &str, effective: &Effective) -> Option<&'static str> {
    let program = |command: &&str| {
        let command = command.trim_start_matches(['@', '-', ':', '+', '!', '|']);
        let program = command.split_whitespace().next().unwrap_or_default();
        program.starts_with('/') || !program.contains('/')
    };
    if UnitFile::parse(text).refused {
        Some("error")
    } else if name.kind() != UnitKind::Service
        || effective
            .all_values("Service", "ExecStart")
            .iter()
            .all(program)
    {
        None
    } else {
        Some("bad-setting")
    }
}

/// systemd refuses a service without anything to run (systemd-facts.md#nothing-to-run) and a trigger without anything to wait for.
fn load_state(name: &UnitName, effective: &Effective) -> &'static str {
    let has = |section, keys: &[&str]| {
        keys.iter()
            .any(|key| effective.last_value(section, key).is_some())
    };
    let works = match name.kind() {
        UnitKind::Service => service_works(effective),
        UnitKind::Socket => has("Socket", &LISTEN),
        UnitKind::Timer => has("Timer", &ELAPSE),
        UnitKind::Path => has("Path", &WATCH),
        _ => true,
    };
    match works {
        true => "loaded",
        false => "bad-setting",
    }
}

/// `service_verify` of service.c, as far as units of tests go.
fn service_works(effective: &Effective) -> bool {
    let starts = effective.all_values("Service", "ExecStart").len();
    let oneshot = effective.is_oneshot();
    let restarts = effective.last_value("Service", "Restart");
    match starts {
        0 => {
            oneshot
                && effective.remains_after_exit()
                && effective.last_value("Service", "ExecStop").is_some()
        }
        1 => !(oneshot && matches!(restarts, Some("always" | "on-success"))),
        _ => oneshot && !matches!(restarts, Some("always" | "on-success")),
    }
}

const LISTEN: [&str; 8] = [
    "ListenStream",
    "ListenDatagram",
    "ListenSequentialPacket",
    "ListenFIFO",
    "ListenSpecial",
    "ListenNetlink",
    "ListenMessageQueue",
    "ListenUSBFunction",
];
const ELAPSE: [&str; 8] = [
    "OnCalendar",
    "OnActiveSec",
    "OnBootSec",
    "OnStartupSec",
    "OnUnitActiveSec",
    "OnUnitInactiveSec",
    "OnClockChange",
    "OnTimezoneChange",
];
const WATCH: [&str; 5] = [
    "PathExists",
    "PathExistsGlob",
    "PathChanged",
    "PathModified",
    "DirectoryNotEmpty",
];

impl LoadedDefinition {
    fn record_timestamp(&mut self, disk: &SimulatedDisk, path: &HostPath) {
        if let Some(node) = disk.get(path) {
            self.stamps.insert(path.clone(), node.modified_at);
        }
    }

    /// What becomes of it under this name where its file was not read to its end, or where another unit that is loaded
    /// already has one of its names.
    pub(crate) fn as_separate_unit(&self, name: &UnitName, load: &'static str) -> Self {
        let mut alone = self.clone();
        alone.id = name.clone();
        alone.load = load;
        alone.drop_ins.clear();
        if self.load == "masked" {
            // The time of a mask is not noted, and where it does not count as one its file is newer.
            let never = Timestamp::from_secs(0);
            alone.stamps.values_mut().for_each(|at| *at = never);
        }
        alone
    }

    /// Whether it is there without any file, as a slice may be.
    pub(crate) fn has_no_file(&self) -> bool {
        self.fragment.is_none() && self.source.is_none()
    }

    /// Whether it is a oneshot. What is not loaded is nothing.
    pub(crate) fn is_oneshot(&self) -> bool {
        matches!(self.load, "loaded" | "bad-setting") && self.effective.is_oneshot()
    }

    /// `NeedDaemonReload`, with its false negatives (`unit_need_daemon_reload` of unit.c): a file that a mask replaced
    /// goes unseen, and for systemd 252 a drop-in in a new directory (systemd-facts.md#reload-not-noticed).
    pub(crate) fn needs_reload(&self, sources: &ManagerSources<'_>, systemd: u32) -> bool {
        let changed = |(path, at): (&HostPath, &Timestamp)| {
            let Some(node) = sources.disk.get(path) else {
                return true;
            };
            let empty = sources.disk.text(path).is_some_and(str::is_empty);
            let masks = node.link() == Some("/dev/null");
            match self.load {
                "masked" if Some(path) == self.fragment.as_ref() => !masks && !empty,
                "error" if masks => *at == Timestamp::from_secs(0),
                _ => node.modified_at != *at && !masks,
            }
        };
        let place = self.source.as_ref().map(HostPath::parent_directory);
        let place = place.map_or_else(
            || search_path(sources.scope, &sources.home),
            |dir| vec![dir],
        );
        let name = self.source.as_ref().map(HostPath::file_name);
        let name = name.and_then(|name| UnitName::parse(name).ok());
        let mut now = sources.drop_ins(name.as_ref().unwrap_or(&self.id), &place);
        if systemd < SEES_NEW_DIRECTORIES {
            let known: BTreeSet<HostPath> = self
                .drop_ins
                .iter()
                .map(HostPath::parent_directory)
                .collect();
            now.retain(|path| known.contains(&path.parent_directory()));
        }
        let differs = match self.load {
            "loaded" => now != self.drop_ins,
            _ => systemd < SEES_NEW_DIRECTORIES && !self.drop_ins.is_empty(),
        };
        differs || self.stamps.iter().any(changed)
    }

    /// The units that a setting of `[Unit]` names, and those that links of this kind add.
    fn named_units(&self, key: &str, linked: &str) -> BTreeSet<UnitName> {
        self.effective
            .all_values("Unit", key)
            .into_iter()
            .flat_map(str::split_whitespace)
            .filter_map(|word| specifier::expand(&self.id, None, word))
            .filter_map(|word| UnitName::parse(&word).ok())
            .chain(self.linked.get(linked).into_iter().flatten().cloned())
            .collect()
    }

    /// What the file, the links beside it and the type come to.
    fn find_deps(&mut self) {
        for (key, dep) in Dep::SETTINGS {
            let linked = match dep {
                Dep::Requires => "requires",
                Dep::Wants => "wants",
                Dep::Upholds => "upholds",
                _ => "",
            };
            let named = self.named_units(key, linked);
            if dep == Dep::OnFailure && self.id.kind() == UnitKind::Slice {
                // A slice cannot fail.
                self.named_in_vain = named;
                continue;
            }
            self.deps.entry(dep).or_default().extend(named);
        }
        for (key, dep) in Dep::REVERSED {
            let named = self.named_units(key, "");
            self.deps_of_others.entry(dep).or_default().extend(named);
        }
        let triggered = self.effective.triggers();
        if let Some(triggered) = triggered.filter(|_| self.load != "masked" && !self.unreadable) {
            for dep in [Dep::Triggers, Dep::Before] {
                self.deps.entry(dep).or_default().insert(triggered.clone());
            }
        }
        if let Some(slice) = self.named_slice() {
            for dep in [Dep::Requires, Dep::After] {
                self.deps.entry(dep).or_default().insert(slice.clone());
            }
        }
        let named = self.deps.values().chain(self.deps_of_others.values());
        self.mentions = named.flatten().cloned().collect();
    }

    /// The slice that it names. Those that systemd itself gives to units are nobody's concern here.
    fn named_slice(&self) -> Option<UnitName> {
        let sections = ["Service", "Socket", "Mount", "Swap"];
        let mut named = sections
            .iter()
            .filter_map(|section| self.effective.last_value(section, "Slice"));
        UnitName::parse(named.next()?).ok()
    }

    /// Units that must run with it.
    pub fn required_units(&self) -> BTreeSet<UnitName> {
        self.all_of(&[Dep::Requires, Dep::BindsTo])
    }

    /// Units that are started with it, and may fail.
    pub fn wanted_units(&self) -> BTreeSet<UnitName> {
        self.all_of(&[Dep::Wants, Dep::Upholds])
    }

    fn all_of(&self, deps: &[Dep]) -> BTreeSet<UnitName> {
        let named = deps.iter().filter_map(|dep| self.deps.get(dep));
        named.flatten().cloned().collect()
    }
}
