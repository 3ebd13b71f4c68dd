//! Which question answers whether one thing will be there for a unit.

use abide_model::{GroupName, HostPath, InputLook, Observation, Runner, Scope, UserName};
use abide_unit::{Input, InputKind, Needs};

use super::brought::makes_user;
use super::expanded_name;
use super::places::trim_trailing_slashes;
use super::question::{InputNeed, Question};
use crate::draft::Draft;
use crate::unit::Unit;

/// What is there in every root.
const OF_KERNEL: [&str; 4] = ["/proc", "/sys", "/dev", "/run"];

/// What is known of a unit's surroundings.
pub(super) struct Judge<'u, 'a> {
    pub(super) unit: &'u Unit<'a>,
    pub(super) needs: &'u Needs,
    /// Who runs it; of a user that this plan makes nobody can look as that user.
    pub(super) runner: Runner,
    /// Who runs it is not known: only what is not there at all is missing then.
    pub(super) nobody: bool,
    /// Its home, where that is known.
    pub(super) home: Option<HostPath>,
}

impl<'u, 'a> Judge<'u, 'a> {
    pub(super) fn new(unit: &'u Unit<'a>, needs: &'u Needs) -> Self {
        let host = unit.view.host;
        let named = |name: &str| expanded_name(unit, name).and_then(|n| UserName::parse(&n).ok());
        let runner = match (unit.view.scope.user(), &needs.user) {
            (Some(user), _) => Some(Runner::User(user.clone())),
            (None, None) => Some(Runner::Root),
            (None, Some(name)) => match named(name) {
                Some(user) if user.as_str() == "root" => Some(Runner::Root),
                Some(user) => Some(Runner::User(user)),
                // A number, or a specifier that only the host knows.
                None => None,
            },
        };
        let nobody = runner.is_none();
        let runner = runner.unwrap_or(Runner::Root);
        let home = match &runner {
            Runner::Root if nobody => None,
            Runner::Root => HostPath::parse("/root").ok(),
            Runner::User(name) => {
                let known = host.desired.users.contains_key(name)
                    || matches!(host.user(name), Observation::Known(_));
                known.then(|| host.home(name))
            }
        };
        Self {
            unit,
            needs,
            runner,
            nobody,
            home,
        }
    }

    /// What is to be seen for this to be judged; `None` where it cannot be judged, or need not be.
    pub(super) fn question_about(&self, input: &Input, draft: &Draft) -> Option<Question> {
        let by_manager = input.by_manager && self.unit.view.scope.user().is_none();
        let runner = match by_manager {
            true => Runner::Root,
            false => self.runner.clone(),
        };
        let question = |value: String, what: InputNeed| Question {
            value,
            runner: runner.clone(),
            kind: input.kind,
            what,
        };
        if matches!(input.kind, InputKind::User | InputKind::Group) {
            let (name, look) = self.account(input)?;
            return Some(question(name, InputNeed::Account(look)));
        }
        let root = self.needs.root.as_ref().filter(|_| input.in_root);
        // A manager of a user mounts nothing and changes no root without a namespace of its own.
        let mounts = matches!(input.kind, InputKind::Mounted | InputKind::Root) || root.is_some();
        if mounts && self.is_confined_by_user_manager() {
            return None;
        }
        if let Some(root) = root {
            let text = self.expand(&input.text)?;
            let what = self.in_root(root, input, &text)?;
            return Some(question(text, what));
        }
        let text = match (input.kind, input.text.as_str()) {
            (InputKind::Directory, "~") => self.home.as_ref()?.to_string(),
            (_, text) => self.expand(text)?,
        };
        if input.kind == InputKind::Program && !text.contains('/') {
            let paths = self.found_at(&text)?;
            return Some(question(text, InputNeed::Anywhere(paths)));
        }
        let named = HostPath::parse(trim_trailing_slashes(&self.beside_quadlet(&text))).ok()?;
        let path = match input.kind {
            InputKind::Inside => named.parent_directory(),
            _ => named.clone(),
        };
        if self.comes_otherwise(&path) {
            return None;
        }
        if self.is_protected(input, &path) {
            return Some(question(path.to_string(), InputNeed::Protected));
        }
        let nobody = self.nobody && !by_manager;
        let what = self.path(input, path, (&runner, nobody), draft)?;
        Some(question(named.to_string(), what))
    }

    /// What is to be seen of a path.
    fn path(
        &self,
        input: &Input,
        path: HostPath,
        (runner, nobody): (&Runner, bool),
        draft: &Draft,
    ) -> Option<InputNeed> {
        let new_user = matches!(runner, Runner::User(name) if makes_user(name.as_str(), draft));
        Some(match (new_user, &self.home) {
            // What is in a new home comes from there (useradd(8)).
            (true, Some(home)) if path.is_within(home) => {
                let below = path.as_str().strip_prefix(home.as_str())?;
                let skeleton = HostPath::parse(&format!("/etc/skel{below}")).ok()?;
                InputNeed::NewHome(skeleton)
            }
            (true, _) => InputNeed::AsAnybody(path),
            (false, _) if nobody => InputNeed::AsAnybody(path),
            (false, _) => {
                let env = self.env_of(input, &path, runner, draft);
                InputNeed::At(path, env)
            }
        })
    }

    /// What is to be seen below another root.
    fn in_root(&self, root: &str, input: &Input, text: &str) -> Option<InputNeed> {
        let root = HostPath::parse(trim_trailing_slashes(&self.expand(root)?)).ok()?;
        let paths = match text.contains('/') {
            true => vec![HostPath::parse(trim_trailing_slashes(text)).ok()?],
            false if input.kind == InputKind::Program => self.found_at(text)?,
            // A home (`~`) is by the accounts of that root.
            false => return None,
        };
        let comes = |path: &HostPath| {
            let of_kernel = OF_KERNEL.iter().any(|one| path.as_str().starts_with(one));
            of_kernel || self.comes_otherwise(path)
        };
        (!paths.iter().any(comes)).then_some(InputNeed::InRoot { root, paths })
    }

    /// What Podman reads may be named from the directory of its quadlet.
    fn beside_quadlet(&self, text: &str) -> String {
        let is_relative = !text.starts_with('/') && self.unit.name.kind().is_quadlet();
        let file = self.unit.files.first().filter(|_| is_relative);
        file.map_or(text.to_owned(), |file| {
            format!(
                "{}/{}",
                file.path.parent_directory(),
                text.trim_start_matches("./")
            )
        })
    }

    /// The question about an account.
    fn account(&self, input: &Input) -> Option<(String, InputLook)> {
        // systemd of a user changes nobody's accounts.
        let system = self.unit.view.scope == Scope::System;
        let name = expanded_name(self.unit, &input.text).filter(|_| system)?;
        let look = match input.kind {
            InputKind::User => UserName::parse(&name)
                .ok()
                .map(|_| InputLook::User(name.clone())),
            _ => GroupName::parse(&name)
                .ok()
                .map(|_| InputLook::Group(name.clone())),
        };
        Some((name, look?))
    }
}
