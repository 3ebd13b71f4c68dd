//! What a plan itself brings and takes away of what units need.

use abide_model::{Change, FilePurpose, HostPath, InputFault, ResourceId, Scope};
use abide_unit::InputKind;

use crate::draft::Draft;

pub(super) fn makes_user(name: &str, draft: &Draft) -> bool {
    draft.steps.iter().any(|step| {
        matches!(&step.resource, ResourceId::User(user) if user.as_str() == name)
            && matches!(step.change, Change::CreateUser { .. })
    })
}

/// What this plan itself does with a path.
pub(super) enum Brought {
    /// Nothing.
    Nothing,
    /// It will be as it has to.
    Right,
    /// It will not.
    Wrong(InputFault),
}

/// Whether the plan writes a program of this name, wherever.
pub(super) fn writes_program(name: &str, draft: &Draft) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    draft.steps.iter().any(|step| match &step.change {
        Change::WriteFile(write) => write.path.file_name() == name,
        Change::SetMode { path, .. } => path.file_name() == name,
        _ => false,
    })
}

/// Whether the plan changes what the manager of this scope hands on to its units, or starts it.
pub(super) fn changes_environment(draft: &Draft, scope: &Scope) -> bool {
    const CONFIGURES: [&str; 5] = [
        "/environment.d/",
        "/user.conf",
        "/system.conf",
        "/user@",
        "/.pam_environment",
    ];
    draft.steps.iter().any(|step| match &step.change {
        Change::WriteFile(write) => CONFIGURES
            .iter()
            .any(|one| write.path.as_str().contains(one)),
        Change::StartManager | Change::RestartManager => step.resource.scope() == *scope,
        _ => false,
    })
}

/// Whether the plan writes it.
pub(super) fn is_written_by_plan(path: &HostPath, draft: &Draft) -> bool {
    matches!(
        brought_by_plan(path, InputKind::Program, draft),
        Brought::Right
    )
}

pub(super) fn brought_by_plan(path: &HostPath, kind: InputKind, draft: &Draft) -> Brought {
    let with_mode = |mode: u32| match kind {
        InputKind::Program if mode & 0o111 == 0 => Brought::Wrong(InputFault::NotExecutable),
        InputKind::Directory | InputKind::Root => Brought::Wrong(InputFault::NoDirectory),
        _ => Brought::Right,
    };
    for step in &draft.steps {
        match &step.change {
            Change::WriteFile(write) if write.path == *path => return with_mode(write.mode),
            Change::WriteFile(write) if write.path.is_within(path) => return Brought::Right,
            Change::SetMode { path: of, to, .. } if of == path => return with_mode(*to),
            Change::RemoveFile {
                path: of, purpose, ..
            } if of == path && *purpose == FilePurpose::Plain => {
                return Brought::Wrong(InputFault::Removed);
            }
            Change::CreateUser { home, .. } if home.is_within(path) => return Brought::Right,
            _ => {}
        }
    }
    Brought::Nothing
}
