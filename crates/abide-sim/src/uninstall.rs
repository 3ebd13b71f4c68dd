//! `systemctl disable` and `unmask`, both with `--no-reload`: they look at files only (systemd-facts.md#enable-keeps-stale-links; install.c of systemd 252 and
//! 257).

use std::collections::BTreeSet;

use abide_model::{HostPath, Scope, UnitName, UnitRef};
use abide_unit::units_enabled_together;

use crate::ToolError;
use crate::definition::DeadAlias;
use crate::host::SimHost;
use crate::install::is_null;
use crate::place::{config_dir, path_below};

/// Since here what cannot be read is not disabled (seen on 257; 252 disables it).
const READS_FIRST: u32 = 257;

/// What is removed: links by these names or to files of these names, and links that lead to one of these paths.
#[derive(Debug, Default)]
struct Marked {
    names: BTreeSet<UnitName>,
    paths: BTreeSet<HostPath>,
}

impl SimHost {
    /// `systemctl disable`: every link by the unit's name or to its file goes, of a template those of its instances.
    /// The alias of an instance stays (seen on systemd 252 and 257). Works without the file where there is a link to
    /// remove, and leaves a masked unit alone.
    pub fn disable(&mut self, unit: &UnitRef) -> Result<(), ToolError> {
        let dead = self.sources(&unit.scope).dead_alias(&unit.unit);
        if dead == Some(DeadAlias::NoName) {
            // systemctl itself asks for the state of the file before (seen on 252 and 257).
            return Err("Failed to look up unit file state: Invalid cross-device link".into());
        }
        self.remove_enablement(unit)?;
        self.ask_about(unit);
        self.note(format!("disable {unit}"));
        Ok(())
    }

    /// What the manager does for it, and for `reenable`.
    pub(crate) fn remove_enablement(&mut self, unit: &UnitRef) -> Result<(), ToolError> {
        let dead = self.sources(&unit.scope).dead_alias(&unit.unit);
        if dead.is_some() && self.facts.systemd >= READS_FIRST {
            return Err(format!(
                "Failed to disable unit: Unit {} is an unresolvable alias",
                unit.unit
            )
            .into());
        }
        let mut marked = Marked::default();
        let mut seen = BTreeSet::new();
        let mut next = vec![unit.unit.clone()];
        let mut failed = false;
        while let Some(name) = next.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let own = seen.len() == 1;
            let on_disk = self.sources(&unit.scope).load(&name);
            match on_disk.load {
                "masked" => continue,
                "error" if own && self.facts.systemd >= READS_FIRST => {
                    return Err(
                        format!("Failed to disable unit: File {}: Bad message", unit.unit).into(),
                    );
                }
                "not-found" | "error" => failed |= own,
                _ if on_disk.has_no_file() => failed |= own,
                _ => {
                    next.extend(units_enabled_together(&on_disk.id, &on_disk.effective));
                    if on_disk.id != name {
                        // What an alias leads to is disabled, and with it the alias.
                        next.push(on_disk.id);
                        continue;
                    }
                }
            }
            marked.names.insert(name);
        }
        let gone = self.remove_links(&unit.scope, &mut marked);
        if failed && !gone {
            return Err(format!(
                "Failed to disable unit: Unit file {} does not exist.",
                unit.unit
            )
            .into());
        }
        Ok(())
    }

    /// `systemctl unmask`: the link to `/dev/null` goes, or the empty file, and what leads to it.
    pub fn unmask(&mut self, unit: &UnitRef) {
        // systemctl asks whether the unit exists (`unit_exists`).
        self.show(unit);
        let dir = config_dir(&unit.scope, &self.home(&unit.scope));
        let Ok(path) = dir.join_name(unit.unit.as_str()) else {
            return;
        };
        let end = self.disk.follow(&path);
        let masks =
            end.is_some_and(|end| is_null(&end) || self.disk.text(&end).is_some_and(str::is_empty));
        if masks {
            self.disk.remove(&path);
            self.note_links(&unit.scope);
            let mut marked = Marked::default();
            marked.paths.insert(path);
            self.remove_links(&unit.scope, &mut marked);
        }
        self.note(format!("unmask {unit}"));
    }

    /// `rm` of links by their paths below the configuration directory.
    pub(crate) fn unlink(&mut self, scope: &Scope, links: &BTreeSet<String>) {
        let dir = config_dir(scope, &self.home(scope));
        for link in links {
            self.disk.remove(&path_below(&dir, link));
        }
    }

    /// Removes marked links and what leads to them. Whether there were any.
    fn remove_links(&mut self, scope: &Scope, marked: &mut Marked) -> bool {
        let dir = config_dir(scope, &self.home(scope));
        let mut any = false;
        loop {
            let found = {
                let nodes = self.disk.entries_below(&dir);
                let mut links = nodes.filter(|(_, node)| node.link().is_some());
                links.find(|(path, _)| self.is_link_to_remove(path, marked))
            };
            let Some(path) = found.map(|(path, _)| path.clone()) else {
                return any;
            };
            self.disk.remove(&path);
            self.note_links(scope);
            marked.paths.insert(path);
            any = true;
        }
    }

    fn is_link_to_remove(&self, path: &HostPath, marked: &Marked) -> bool {
        let Ok(name) = UnitName::parse(path.file_name()) else {
            return false;
        };
        let by_name = |name: &UnitName| marked.names.contains(name);
        if by_name(&name) || name.template().is_some_and(|template| by_name(&template)) {
            return true;
        }
        let Some(end) = self.disk.follow(path) else {
            return false;
        };
        let end_name = UnitName::parse(end.file_name());
        marked.paths.contains(&end) || end_name.is_ok_and(|name| by_name(&name))
    }
}
