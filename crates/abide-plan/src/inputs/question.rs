//! One question about something that a unit needs, and what its answer comes to.

use abide_model::{
    Change, HostPath, InputFault, InputLook, InputSeen, Interpreter, ResourceId, Runner,
};
use abide_unit::InputKind;

use super::brought::{Brought, brought_by_plan, is_written_by_plan, makes_user, writes_program};
use crate::draft::Draft;
use crate::unit::Unit;

/// What has to be seen for one input.
pub(super) struct Question {
    pub(super) value: String,
    pub(super) runner: Runner,
    pub(super) kind: InputKind,
    pub(super) what: InputNeed,
}

pub(super) enum InputNeed {
    /// The path, as its runner sees it, and whether `env` finds what a script there asks it for.
    At(HostPath, Option<InputLook>),
    /// One of these, below another root.
    InRoot {
        /// That root.
        root: HostPath,
        /// The paths in it.
        paths: Vec<HostPath>,
    },
    /// Whether the path is there at all: its runner is not there yet.
    AsAnybody(HostPath),
    /// A path in a home that is made, by what stands in the skeleton of homes.
    NewHome(HostPath),
    /// One of these.
    Anywhere(Vec<HostPath>),
    /// An account or a group.
    Account(InputLook),
    /// Nothing has to be seen: the unit hides it from itself.
    Protected,
}

impl Question {
    pub(super) fn needed_looks(&self) -> Vec<InputLook> {
        let at = |runner: &Runner, path: &HostPath| InputLook::Path {
            runner: runner.clone(),
            path: path.clone(),
        };
        match &self.what {
            InputNeed::At(path, env) => {
                let looks = std::iter::once(at(&self.runner, path));
                looks.chain(env.clone()).collect()
            }
            InputNeed::InRoot { root, paths } => {
                let inside = |path: &HostPath| InputLook::Inside {
                    root: root.clone(),
                    path: path.clone(),
                };
                paths.iter().map(inside).collect()
            }
            InputNeed::AsAnybody(path) | InputNeed::NewHome(path) => vec![at(&Runner::Root, path)],
            InputNeed::Anywhere(paths) => {
                paths.iter().map(|path| at(&Runner::Root, path)).collect()
            }
            InputNeed::Account(look) => vec![look.clone()],
            InputNeed::Protected => Vec::new(),
        }
    }

    /// What will be wrong with it when the unit starts, where that is certain.
    pub(super) fn certain_fault(
        &self,
        unit: &Unit<'_>,
        draft: &Draft,
        only_presence: bool,
    ) -> Option<InputFault> {
        let fault = self.fault_of_path(unit, draft, only_presence)?;
        if self.kind != InputKind::Inside {
            return Some(fault);
        }
        let directory = HostPath::parse(&self.value).ok()?.parent_directory();
        Some(match fault {
            InputFault::Missing | InputFault::NoDirectory | InputFault::Removed => {
                InputFault::NoParent { directory }
            }
            InputFault::NotSearchable => InputFault::Behind { directory },
            other => other,
        })
    }

    fn fault_of_path(
        &self,
        unit: &Unit<'_>,
        draft: &Draft,
        only_presence: bool,
    ) -> Option<InputFault> {
        let path = HostPath::parse(&self.value).ok();
        let (path, kind) = match self.kind {
            InputKind::Inside => (
                path.map(|path| path.parent_directory()),
                InputKind::Directory,
            ),
            kind => (path, kind),
        };
        match path.map_or(Brought::Nothing, |path| brought_by_plan(&path, kind, draft)) {
            Brought::Right => return None,
            Brought::Wrong(fault) => return Some(fault),
            Brought::Nothing => {}
        }
        let seen = &unit.view.host.observed.inputs;
        let looks = self.needed_looks();
        match &self.what {
            InputNeed::Protected => Some(InputFault::Protected),
            InputNeed::Anywhere(paths)
                if paths.iter().any(|path| is_written_by_plan(path, draft)) =>
            {
                None
            }
            InputNeed::Anywhere(_) => {
                let absent = |look: &InputLook| seen.get(look) == Some(&InputSeen::Absent);
                let all = looks.iter().all(absent);
                all.then_some(InputFault::NotInPath)
            }
            InputNeed::Account(look) => fault_of_account(look, seen.get(look)?, draft),
            InputNeed::NewHome(path) if path.as_str() == "/etc/skel" => None,
            InputNeed::AsAnybody(_) | InputNeed::NewHome(_) => {
                let found = seen.get(looks.first()?)?;
                (*found == InputSeen::Absent).then_some(InputFault::Missing)
            }
            InputNeed::InRoot { root, paths } => {
                let joined = |path: &HostPath| HostPath::parse(&format!("{root}{path}"));
                let comes = |path: &HostPath| {
                    joined(path).is_ok_and(|path| {
                        !matches!(brought_by_plan(&path, self.kind, draft), Brought::Nothing)
                    })
                };
                let absent = |look: &InputLook| seen.get(look) == Some(&InputSeen::Absent);
                let missing = looks.iter().all(absent) && !paths.iter().any(comes);
                missing.then(|| InputFault::NotInRoot { root: root.clone() })
            }
            InputNeed::At(_, env) => {
                let found = seen.get(looks.first()?)?;
                let by_env = || match seen.get(env.as_ref()?)? {
                    InputSeen::NotByEnv { name } if !writes_program(name, draft) => {
                        Some(InputFault::NotByEnv { name: name.clone() })
                    }
                    _ => None,
                };
                let fault = self.of_seen(found).or_else(by_env)?;
                let present = !matches!(fault, InputFault::Missing);
                let changed = self.is_changed(draft);
                (!present || !only_presence && !changed).then_some(fault)
            }
        }
    }

    fn of_seen(&self, found: &InputSeen) -> Option<InputFault> {
        match (self.kind, found) {
            (_, InputSeen::Absent) => Some(InputFault::Missing),
            (_, InputSeen::Hidden { by }) => Some(InputFault::Behind {
                directory: by.clone(),
            }),
            (InputKind::Program, InputSeen::Directory { .. }) => Some(InputFault::NoFile),
            (
                InputKind::Program,
                InputSeen::File {
                    executable: false, ..
                },
            ) => Some(InputFault::NotExecutable),
            (InputKind::Program, InputSeen::File { interpreter, .. }) => match interpreter {
                Interpreter::Fine => None,
                Interpreter::Missing => Some(InputFault::NoInterpreter),
                Interpreter::CarriageReturn => Some(InputFault::CarriageReturn),
                Interpreter::NoFormat => Some(InputFault::NoFormat),
            },
            (
                InputKind::Directory | InputKind::Inside | InputKind::Root,
                InputSeen::Directory { searchable },
            ) => (!searchable).then_some(InputFault::NotSearchable),
            (InputKind::Directory | InputKind::Inside | InputKind::Root, _) => {
                Some(InputFault::NoDirectory)
            }
            (InputKind::File, InputSeen::Directory { .. }) => Some(InputFault::NoFile),
            (
                InputKind::File | InputKind::Credential,
                InputSeen::File {
                    readable: false, ..
                },
            ) => Some(InputFault::NotReadable),
            _ => None,
        }
    }

    /// Whether this plan changes who its runner is: its groups decide what it may read.
    fn is_changed(&self, draft: &Draft) -> bool {
        let Runner::User(name) = &self.runner else {
            return false;
        };
        draft.steps.iter().any(|step| {
            matches!(&step.resource, ResourceId::User(user) if user == name)
                && matches!(step.change, Change::ModifyUser(_))
        })
    }
}

fn fault_of_account(look: &InputLook, seen: &InputSeen, draft: &Draft) -> Option<InputFault> {
    match (seen, look) {
        (InputSeen::Absent, InputLook::User(name)) => {
            (!makes_user(name, draft)).then_some(InputFault::NoSuchUser)
        }
        (InputSeen::Absent, InputLook::Group(name)) => {
            // useradd(8) makes a group of the user's name.
            (!makes_user(name, draft)).then_some(InputFault::NoSuchGroup)
        }
        _ => None,
    }
}
