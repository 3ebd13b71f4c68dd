//! Files that a service manager reads for itself, and not for one of its units: the environment and the defaults that it
//! gives to all of them.
//!
//! It reads them when it starts and at each daemon-reload, and a unit that is restarted before that gets what was read
//! last. Seen on hosts: `environment.d` on 247, 252, 257 and 262; `system.conf.d` likewise; `user.conf.d` in a home since 252
//! (docs/systemd-facts.md). Sources: environment.d(5), systemd-system.conf(5).

use std::collections::BTreeSet;

use abide_model::{Cause, HostPath, LastLoad, NoteKind, NoteReason, ResourceId, Scope};

use crate::causes::names;
use crate::draft::{Draft, Phase, StepId, StepReason};
use crate::linger::ManagerState;
use crate::scope::ScopeView;

/// Why this manager has to read its own configuration again: steps that change it, and files that changed after it looked.
pub(crate) fn reload_owed(view: &ScopeView<'_>, draft: &Draft) -> Vec<StepReason> {
    let steps = draft.steps_of(Phase::Files, &view.scope);
    let changing = steps.filter(|step| changes_config(view, draft, *step));
    let mut why: Vec<StepReason> = changing.map(StepReason::from).collect();
    if let ManagerState::Up { last_load } = view.manager {
        let unread: Vec<&HostPath> = unread_files(view, draft, last_load)
            .filter(|path| !is_ignored(view, path))
            .collect();
        if !unread.is_empty() {
            why.push(StepReason::Fact(Cause::ReloadOwed {
                evidence: format!("{} changed after the last reload", names(unread, 3)),
                unit: None,
            }));
        }
    }
    why
}

/// Notes files in a home that the host's systemd does not read, where they would be read now.
pub(crate) fn note_ignored(view: &ScopeView<'_>, draft: &mut Draft) {
    let mut ignored: BTreeSet<HostPath> = BTreeSet::new();
    for step in draft.steps_of(Phase::Files, &view.scope) {
        if let Some(path) = written_path(draft, step)
            && is_ignored(view, path)
        {
            ignored.insert(path.clone());
        }
    }
    if let ManagerState::Up { last_load } = view.manager {
        let unread = unread_files(view, draft, last_load).filter(|path| is_ignored(view, path));
        ignored.extend(unread.cloned());
    }
    let systemd = view.host.observed.facts.systemd;
    for path in ignored {
        let resource = ResourceId::File {
            scope: view.scope.clone(),
            path: path.clone(),
        };
        let why = NoteReason::ManagerIgnores { systemd, path };
        draft.note_why(resource, NoteKind::Unsupported, why);
    }
}

/// The first release seen to read `user.conf` in a home; 247 was seen not to (docs/systemd-facts.md).
const READS_HOMES: u32 = 248;

/// Whether the file would be read by the manager, and this one is too old for that.
fn is_ignored(view: &ScopeView<'_>, path: &HostPath) -> bool {
    let Some(user) = view.scope.user() else {
        return false;
    };
    let below = format!("{}/.config/systemd/user.conf", view.host.home(user));
    view.host.observed.facts.systemd < READS_HOMES
        && path.as_str().starts_with(&below)
        && is_read_by(view, path)
}

/// The file that a step writes.
fn written_path(draft: &Draft, step: StepId) -> Option<&HostPath> {
    match draft.steps.get(step.0).map(|step| &step.change) {
        Some(abide_model::Change::WriteFile(write)) => Some(&write.path),
        _ => None,
    }
}

fn changes_config(view: &ScopeView<'_>, draft: &Draft, step: StepId) -> bool {
    let change = draft.steps.get(step.0).map(|step| &step.change);
    let path = match change {
        Some(abide_model::Change::WriteFile(write)) => &write.path,
        Some(abide_model::Change::RemoveFile { path, .. }) => path,
        _ => return false,
    };
    is_read_by(view, path) && !is_ignored(view, path)
}

/// Files of this kind that stand there as this plan leaves them, and that the manager cannot have read.
fn unread_files<'v>(
    view: &'v ScopeView<'_>,
    draft: &'v Draft,
    last_load: LastLoad,
) -> impl Iterator<Item = &'v HostPath> {
    let files = view.seen.into_iter().flat_map(|seen| &seen.files);
    let changed = files.filter_map(|(path, file)| Some((path, file.as_known()?.changed_at)));
    let unread = changed.filter(move |(_, changed)| !last_load.may_have_read(*changed));
    let paths = unread.map(|(path, _)| path);
    paths.filter(|path| is_read_by(view, path) && draft.writing_step(path).is_none())
}

/// Whether the manager of this scope reads this file for itself.
fn is_read_by(view: &ScopeView<'_>, path: &HostPath) -> bool {
    let home = view.scope.user().map(|user| view.host.home(user));
    is_manager_config(&view.scope, home.as_ref(), path)
}

fn is_manager_config(scope: &Scope, home: Option<&HostPath>, path: &HostPath) -> bool {
    let kind = match scope {
        Scope::System => "system",
        Scope::User(_) => "user",
    };
    let mut files = vec![format!("/etc/systemd/{kind}.conf")];
    let trees = ["/etc", "/run", "/usr/local/lib", "/usr/lib"];
    let mut folders: Vec<String> = trees
        .iter()
        .map(|tree| format!("{tree}/systemd/{kind}.conf.d"))
        .collect();
    if let Some(home) = home {
        files.push(format!("{home}/.config/systemd/user.conf"));
        folders.push(format!("{home}/.config/systemd/user.conf.d"));
        folders.push(format!("{home}/.config/environment.d"));
        folders.extend(trees.map(|tree| format!("{tree}/environment.d")));
        // Distributions link it into `/usr/lib/environment.d`.
        files.push("/etc/environment".to_owned());
    }
    let dropped_in = path
        .file_name()
        .rsplit_once('.')
        .is_some_and(|(_, suffix)| suffix == "conf")
        && folders
            .iter()
            .any(|folder| path.parent_directory().as_str() == folder);
    dropped_in || files.iter().any(|file| path.as_str() == file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_sim::path;

    #[test]
    fn a_manager_reads_its_own_configuration_and_nobody_elses() {
        let home = path("/home/deploy");
        let user = Scope::User(abide_model::UserName::parse("deploy").unwrap());
        let of_user = |file: &str| is_manager_config(&user, Some(&home), &path(file));
        let of_system = |file: &str| is_manager_config(&Scope::System, None, &path(file));
        for file in [
            "/home/deploy/.config/environment.d/10-rails.conf",
            "/home/deploy/.config/systemd/user.conf",
            "/home/deploy/.config/systemd/user.conf.d/limits.conf",
            "/etc/environment.d/a.conf",
            "/usr/lib/environment.d/a.conf",
            "/usr/local/lib/systemd/user.conf.d/a.conf",
            "/etc/environment",
            "/etc/systemd/user.conf",
            "/etc/systemd/user.conf.d/a.conf",
        ] {
            assert!(of_user(file) && !of_system(file), "{file}");
        }
        for file in [
            "/etc/systemd/system.conf",
            "/etc/systemd/system.conf.d/a.conf",
        ] {
            assert!(of_system(file) && !of_user(file), "{file}");
        }
        for file in [
            "/home/deploy/.config/environment.d/README",
            "/home/deploy/.config/environment.d/old/a.conf",
            "/home/deploy/.config/app/user.conf",
            "/home/deployer/.config/environment.d/a.conf",
            "/home/deploy/.config/systemd/user/web.service.d/a.conf",
        ] {
            assert!(!of_user(file) && !of_system(file), "{file}");
        }
    }
}
