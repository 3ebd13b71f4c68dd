//! `systemctl enable`, `reenable` and `mask`, all with `--no-reload`: they look at files only (systemd-facts.md#enable-keeps-stale-links; install.c of systemd
//! 252 and 257).

use std::collections::BTreeSet;

use abide_model::{HostPath, Link, Scope, UnitRef};
use abide_unit::{InstallLink, LinkKind, install_links, refused_links, units_enabled_together};

use crate::ToolError;
use crate::definition::LoadedDefinition;
use crate::disk::{DiskNode, NodeKind};
use crate::host::SimHost;
use crate::job::JobResult;
use crate::place::config_dir;

/// systemd 252 does not know `UpheldBy=`, 257 does.
const UPHELD_BY: u32 = 254;
/// From here on `NeedDaemonReload` tells of links that the manager changed.
const KNOWS_LINKS: u32 = 254;
/// From here on systemctl warns of what still starts a unit that is disabled or masked.
const WARNS_OF_TRIGGERS: u32 = 254;
/// From here on an alias takes the place of a link that leads nowhere.
const REPLACES_BROKEN: u32 = 254;

impl SimHost {
    /// `systemctl enable`: exactly the links that the files on disk ask for come; others stay. It fails where one cannot
    /// be made, after it made the others.
    pub fn enable(&mut self, unit: &UnitRef) -> Result<(), ToolError> {
        let mut done = BTreeSet::new();
        let mut next = vec![unit.unit.clone()];
        let mut result = Ok(());
        while let Some(name) = next.pop() {
            if !done.insert(name.clone()) {
                continue;
            }
            let of = UnitRef::new(&unit.scope, &name);
            let on_disk = self.sources(&unit.scope).load(&name);
            match self.may_enable(&of, &on_disk) {
                Err(why) if name == unit.unit => return Err(why),
                // A unit of `Also=` that cannot be enabled is left out.
                Err(_) => continue,
                Ok(()) => {}
            }
            next.extend(units_enabled_together(&on_disk.id, &on_disk.effective));
            result = result.and(self.add_install_links(&of, &on_disk));
        }
        self.note(format!("enable {unit}"));
        result
    }

    fn may_enable(&self, unit: &UnitRef, on_disk: &LoadedDefinition) -> JobResult {
        let path = config_dir(&unit.scope, &self.home(&unit.scope)).join_name(unit.unit.as_str());
        let link = path.ok().and_then(|path| self.disk.get(&path)?.link());
        let why = match on_disk.load {
            "masked" => format!("Unit file {} is masked.", unit.unit),
            "not-found" => format!("Unit file {} does not exist.", unit.unit),
            _ if on_disk.has_no_file() => format!("Unit file {} does not exist.", unit.unit),
            "error" => format!("Unit file {} cannot be read.", unit.unit),
            _ if on_disk.source.is_some() => {
                format!("Unit {} is transient or generated.", unit.unit)
            }
            _ if link.is_some() => format!("{} is an alias name or linked unit file.", unit.unit),
            _ => return Ok(()),
        };
        Err(format!("Failed to enable unit: {why}").into())
    }

    fn add_install_links(&mut self, unit: &UnitRef, on_disk: &LoadedDefinition) -> JobResult {
        let target = on_disk.fragment.as_ref();
        let target = target.map(HostPath::to_string).unwrap_or_default();
        let refused = refused_links(&on_disk.id, &on_disk.effective);
        let mut result = match refused.first() {
            Some(name) => Err(format!("{name} is no name for {}.", unit.unit).into()),
            None => Ok(()),
        };
        for link in install_links(&on_disk.id, &on_disk.effective) {
            if link.kind == LinkKind::Upholds && self.facts.systemd < UPHELD_BY {
                continue;
            }
            if self.is_taken(&unit.scope, &link, &target) {
                result = result.and(Err(format!("File {} already exists.", link.path).into()));
            } else if self.add_link(&unit.scope, &link.path, &target) {
                self.note_links(&unit.scope);
            }
        }
        result
    }

    /// Whether an alias has something else in its place.
    fn is_taken(&self, scope: &Scope, link: &InstallLink, target: &str) -> bool {
        let path = crate::place::path_below(&config_dir(scope, &self.home(scope)), &link.path);
        let Some(node) = self
            .disk
            .get(&path)
            .filter(|_| link.kind == LinkKind::Alias)
        else {
            return false;
        };
        let end = self.disk.follow(&path);
        let broken = end.is_none_or(|end| self.disk.get(&end).is_none() && !is_null(&end));
        let replaced = broken && self.facts.systemd >= REPLACES_BROKEN;
        !node.link().is_some_and(|there| is_same(there, target)) && !replaced
    }

    /// `systemctl reenable`: the links go, and exactly those come that the files on disk ask for.
    pub fn reenable_unit(&mut self, unit: &UnitRef) -> Result<(), ToolError> {
        // Without links there is nothing to disable, and no harm done.
        let disabled = self.remove_enablement(unit);
        let dead = self.sources(&unit.scope).dead_alias(&unit.unit);
        if dead.is_some() {
            disabled?;
        }
        self.enable(unit)
    }

    /// `systemctl mask`. A unit file in its place forbids it.
    pub fn mask(&mut self, unit: &UnitRef) -> Result<(), ToolError> {
        // systemctl asks whether the unit exists (`unit_exists`).
        self.show(unit);
        let dir = config_dir(&unit.scope, &self.home(&unit.scope));
        let path = dir
            .join_name(unit.unit.as_str())
            .map_err(|error| error.to_string())?;
        // A link that leads to a mask is as good as one (seen on 252 and 257).
        let masks = self.disk.follow(&path).is_some_and(|end| is_null(&end));
        match self.disk.get(&path).map(DiskNode::link) {
            Some(_) if masks => {}
            Some(_) => {
                return Err(format!("Failed to mask unit: File '{path}' already exists.").into());
            }
            None => {
                self.add_link(&unit.scope, unit.unit.as_str(), "/dev/null");
                self.note_links(&unit.scope);
            }
        }
        self.ask_about(unit);
        self.note(format!("mask {unit}"));
        Ok(())
    }

    /// systemctl asks about a unit that it disabled or masked, to warn of what still starts it. A manager that had found
    /// nothing looks again then.
    pub(crate) fn ask_about(&mut self, unit: &UnitRef) {
        if self.facts.systemd >= WARNS_OF_TRIGGERS {
            self.show(unit);
        }
    }

    /// What `systemctl show` changes: a unit is looked for where nothing was found, and so is what it names. What nothing
    /// keeps is forgotten at once.
    pub fn show(&mut self, unit: &UnitRef) {
        self.ask_for(unit);
        self.collect(&unit.scope);
    }

    /// The same up to the answer: nothing is forgotten before it is given.
    pub fn ask_for(&mut self, unit: &UnitRef) {
        self.look_again(unit);
    }

    /// A manager that changed links itself knows that it has not read them (seen on systemd 257).
    pub(crate) fn note_links(&mut self, scope: &Scope) {
        let knows = self.facts.systemd >= KNOWS_LINKS;
        if let Some(manager) = self.managers.get_mut(scope) {
            manager.links_outdated |= knows;
        }
    }

    /// Makes a link by its path below the configuration directory. Whether it was not there before.
    pub(crate) fn add_link(&mut self, scope: &Scope, relative: &str, target: &str) -> bool {
        let path = crate::place::path_below(&config_dir(scope, &self.home(scope)), relative);
        let there = self.disk.get(&path).and_then(DiskNode::link);
        if there.is_some_and(|there| is_same(there, target)) {
            return false;
        }
        let at = self.advance_second();
        let owner = owner(scope);
        let node = DiskNode::new(NodeKind::Link(target.to_owned()), &owner, 0o777, at);
        self.disk.insert(path, node);
        true
    }

    /// Links in the configuration directory and in its `*.wants`, `*.requires` and `*.upholds`.
    pub(crate) fn config_links(&self, scope: &Scope) -> BTreeSet<Link> {
        let dir = config_dir(scope, &self.home(scope));
        let link = |(path, node): (&HostPath, &DiskNode)| {
            let relative = path
                .as_str()
                .strip_prefix(dir.as_str())?
                .strip_prefix('/')?;
            let place = relative.split_once('/').map_or("", |(place, _)| place);
            let counts = place.is_empty()
                || [".wants", ".requires", ".upholds"]
                    .iter()
                    .any(|suffix| place.ends_with(suffix));
            let target = node.link().filter(|_| counts)?.to_owned();
            Some(Link {
                path: relative.to_owned(),
                target,
            })
        };
        self.disk.entries_below(&dir).filter_map(link).collect()
    }
}

/// Whether two links lead to the same unit file, relative or not.
fn is_same(link: &str, other: &str) -> bool {
    link.rsplit('/').next() == other.rsplit('/').next()
}

pub(crate) fn is_null(path: &HostPath) -> bool {
    path.as_str() == "/dev/null"
}

/// Who owns what is written in a scope.
pub(crate) fn owner(scope: &Scope) -> String {
    scope
        .user()
        .map_or_else(|| "root".to_owned(), ToString::to_string)
}
