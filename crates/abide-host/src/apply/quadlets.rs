//! Which quadlets the host's own Podman reads before anything is touched.
//!
//! systemd does not read them: their generator does, at the next daemon-reload, and what it does not like it leaves out
//! (podman-systemd.unit(5), "Debugging unit files"). In a dry run it says what it would do with a directory of ours.

use std::collections::BTreeSet;

use abide_model::{Action, Change, FilePurpose, HostPath, Plan, ResourceId, Scope, UnitRef};

use super::verify::new_home;
use crate::quote::{scope_word, word};

/// One dry run for each scope whose quadlets change.
pub(super) fn dry_run_calls(plan: &Plan) -> String {
    let scopes: BTreeSet<&Scope> = quadlet_changes(plan)
        .map(|change| &change.unit.scope)
        .collect();
    if scopes.is_empty() {
        return String::new();
    }
    let mut parts =
        vec!["\n# The host's Podman reads the quadlets before anything is touched.\n".to_owned()];
    for scope in scopes {
        parts.push(format!(
            "quadlets_in {} {}\n",
            scope_word(scope),
            new_home(plan, scope)
        ));
        let mut services = BTreeSet::new();
        for change in quadlet_changes(plan).filter(|change| change.unit.scope == *scope) {
            let name = word(&change.name());
            if matches!(change.action.change, Change::RemoveFile { .. }) {
                parts.push(format!("without_quadlet {name}\n"));
            } else {
                parts.push(format!("quadlet {name} {}\n", change.action.id));
                services.insert(plan.loaded_as(change.unit));
            }
        }
        let services: Vec<String> = services
            .iter()
            .map(|service| format!(" {}", word(service.as_str())))
            .collect();
        parts.push(format!("dry_quadlets{}\n", services.concat()));
    }
    parts.concat()
}

/// A quadlet or a drop-in of one that is written or removed.
struct QuadletChange<'a> {
    action: &'a Action,
    unit: &'a UnitRef,
    path: &'a HostPath,
    purpose: FilePurpose,
}

impl QuadletChange<'_> {
    /// Its name below the directory of the scope's quadlets.
    fn name(&self) -> String {
        match self.purpose {
            FilePurpose::DropIn => format!(
                "{}/{}",
                self.path.parent_directory().file_name(),
                self.path.file_name()
            ),
            FilePurpose::Unit | FilePurpose::Plain => self.path.file_name().to_owned(),
        }
    }
}

fn quadlet_changes(plan: &Plan) -> impl Iterator<Item = QuadletChange<'_>> {
    plan.actions.iter().filter_map(|action| {
        let ResourceId::Unit(unit) = &action.resource else {
            return None;
        };
        let (path, purpose) = match &action.change {
            Change::WriteFile(write) => (&write.path, write.purpose),
            Change::RemoveFile { path, purpose, .. } => (path, *purpose),
            _ => return None,
        };
        (unit.unit.kind().is_quadlet() && purpose != FilePurpose::Plain).then_some(QuadletChange {
            action,
            unit,
            path,
            purpose,
        })
    })
}
