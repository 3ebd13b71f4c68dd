//! `systemctl enable`, `reenable`, `disable`, `mask` and `unmask`, all with `--no-reload`: they look at files only (V3).

use std::collections::BTreeSet;

use abide_model::{HostPath, Link, Scope, UnitName, UnitRef};
use abide_unit::{LinkKind, also, install_links};

use crate::disk::{Node, NodeKind};
use crate::host::SimHost;
use crate::job::Job;
use crate::place::config_dir;

/// systemd 252 does not know `UpheldBy=`, 257 does.
const UPHELD_BY: u32 = 254;
/// From here on `NeedDaemonReload` tells of links that the manager changed.
const KNOWS_LINKS: u32 = 254;

impl SimHost {
    /// `systemctl enable`: exactly the links that the files on disk ask for come; others stay.
    pub fn enable(&mut self, unit: &UnitRef) -> Result<(), String> {
        self.enable_with(unit, &mut BTreeSet::new())
    }

    fn enable_with(&mut self, unit: &UnitRef, done: &mut BTreeSet<UnitName>) -> Job {
        if !done.insert(unit.unit.clone()) {
            return Ok(());
        }
        let on_disk = self.sources(&unit.scope).load(&unit.unit);
        match on_disk.load {
            "masked" => {
                return Err(format!(
                    "Failed to enable unit: Unit file {} is masked.",
                    unit.unit
                ));
            }
            "not-found" => {
                return Err(format!(
                    "Failed to enable unit: Unit file {} does not exist.",
                    unit.unit
                ));
            }
            _ if on_disk.source.is_some() => {
                return Err(format!(
                    "Failed to enable unit: Unit {} is transient or generated.",
                    unit.unit
                ));
            }
            _ => {}
        }
        let target = on_disk
            .fragment
            .as_ref()
            .map(HostPath::to_string)
            .unwrap_or_default();
        for link in install_links(&on_disk.id, &on_disk.effective) {
            let known = link.kind != LinkKind::Upholds || self.facts.systemd >= UPHELD_BY;
            if known && self.add_link(&unit.scope, &link.path, &target) {
                self.note_links(&unit.scope);
            }
        }
        for other in also(&on_disk.id, &on_disk.effective) {
            self.enable_with(&UnitRef::new(&unit.scope, &other), done)?;
        }
        self.note(format!("enable {unit}"));
        Ok(())
    }

    /// `systemctl reenable`: the links go, and exactly those come that the files on disk ask for.
    pub fn reenable(&mut self, unit: &UnitRef) -> Result<(), String> {
        // Without links there is nothing to disable, and no harm done.
        let _nothing = self.disable(unit).is_err();
        self.enable(unit)
    }

    /// `systemctl disable`: every link by the unit's name or to its file goes, of a template those of its instances.
    /// The alias of an instance stays (seen on systemd 252 and 257). Works without the file where there is a link to
    /// remove, and leaves a masked unit alone.
    pub fn disable(&mut self, unit: &UnitRef) -> Result<(), String> {
        let on_disk = self.sources(&unit.scope).load(&unit.unit);
        if on_disk.load == "masked" {
            return Ok(());
        }
        let mut names = also(&unit.unit, &on_disk.effective);
        names.insert(unit.unit.clone());
        let dir = config_dir(&unit.scope, &self.home(&unit.scope));
        let goes = |path: &HostPath, target: &str| {
            let ends = [
                path.file_name(),
                target.rsplit('/').next().unwrap_or_default(),
            ];
            target != "/dev/null" && names.iter().any(|name| ends.contains(&name.as_str()))
        };
        let gone: Vec<_> = self
            .disk
            .below(&dir)
            .filter(|(path, node)| node.link().is_some_and(|target| goes(path, target)))
            .map(|(path, _)| path.clone())
            .collect();
        if on_disk.load == "not-found" && gone.is_empty() {
            return Err(format!(
                "Failed to disable unit: Unit file {} does not exist.",
                unit.unit
            ));
        }
        for path in gone {
            self.disk.remove(&path);
            self.note_links(&unit.scope);
        }
        self.note(format!("disable {unit}"));
        Ok(())
    }

    /// `systemctl mask`. A unit file in its place forbids it.
    pub fn mask(&mut self, unit: &UnitRef) -> Result<(), String> {
        let dir = config_dir(&unit.scope, &self.home(&unit.scope));
        let path = dir
            .child(unit.unit.as_str())
            .map_err(|error| error.to_string())?;
        match self.disk.get(&path).map(Node::link) {
            Some(Some("/dev/null")) => {}
            Some(_) => {
                return Err(format!(
                    "Failed to mask unit: File '{path}' already exists."
                ));
            }
            None => {
                self.add_link(&unit.scope, unit.unit.as_str(), "/dev/null");
                self.note_links(&unit.scope);
            }
        }
        self.note(format!("mask {unit}"));
        Ok(())
    }

    /// `systemctl unmask`.
    pub fn unmask(&mut self, unit: &UnitRef) {
        let dir = config_dir(&unit.scope, &self.home(&unit.scope));
        let Ok(path) = dir.child(unit.unit.as_str()) else {
            return;
        };
        if self.disk.get(&path).and_then(Node::link) == Some("/dev/null") {
            self.disk.remove(&path);
            // With the mask every link to the unit goes (seen on systemd 252 and 257).
            let name = unit.unit.as_str();
            let leads = |target: &str| target.rsplit('/').next() == Some(name);
            let links = self.disk.below(&dir);
            let gone: Vec<_> = links
                .filter(|(path, node)| {
                    let target = node.link().filter(|target| *target != "/dev/null");
                    target.is_some_and(|target| path.file_name() == name || leads(target))
                })
                .map(|(path, _)| path.clone())
                .collect();
            for path in gone {
                self.disk.remove(&path);
            }
            self.note_links(&unit.scope);
        }
        self.note(format!("unmask {unit}"));
    }

    /// A manager that changed links itself knows that it has not read them (seen on systemd 257).
    fn note_links(&mut self, scope: &Scope) {
        let knows = self.facts.systemd >= KNOWS_LINKS;
        if let Some(manager) = self.managers.get_mut(scope) {
            manager.links_outdated |= knows;
        }
    }

    /// Makes a link by its path below the configuration directory. Whether it was not there before.
    pub(crate) fn add_link(&mut self, scope: &Scope, relative: &str, target: &str) -> bool {
        let path = crate::place::below(&config_dir(scope, &self.home(scope)), relative);
        if self.disk.get(&path).and_then(Node::link) == Some(target) {
            return false;
        }
        let at = self.tick();
        let owner = owner(scope);
        let node = Node::new(NodeKind::Link(target.to_owned()), &owner, 0o777, at);
        self.disk.put(path, node);
        true
    }

    /// Links in the configuration directory and in its `*.wants`, `*.requires` and `*.upholds`.
    pub(crate) fn config_links(&self, scope: &Scope) -> BTreeSet<Link> {
        let dir = config_dir(scope, &self.home(scope));
        let link = |(path, node): (&HostPath, &Node)| {
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
        self.disk.below(&dir).filter_map(link).collect()
    }
}

/// Who owns what is written in a scope.
pub(crate) fn owner(scope: &Scope) -> String {
    scope
        .user()
        .map_or_else(|| "root".to_owned(), ToString::to_string)
}
