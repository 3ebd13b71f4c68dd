//! Where programs are looked for: by systemd, and by `env`.

use abide_model::{EnvSearch, HostPath, InputLook, Runner, Scope};
use abide_unit::{Input, InputKind, PathVariable};

use super::brought::changes_environment;
use super::judge::Judge;
use super::places::trim_trailing_slashes;
use crate::draft::Draft;

/// Where systemd looks for a program that is named without a directory (`systemd-path search-binaries-default`).
const SEARCHED: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

impl Judge<'_, '_> {
    /// The question whether `env` finds what a script asks it for.
    pub(super) fn env_of(
        &self,
        input: &Input,
        path: &HostPath,
        runner: &Runner,
        draft: &Draft,
    ) -> Option<InputLook> {
        let is_program = input.kind == InputKind::Program;
        if !is_program || self.nobody || is_elsewhere(&self.unit.view.host.observed.facts.os) {
            return None;
        }
        let search = match (&self.needs.path, &self.unit.view.scope) {
            (PathVariable::Unknown, _) => return None,
            // What the manager hands on may change with the plan.
            (PathVariable::OfManager, scope) if changes_environment(draft, scope) => return None,
            (PathVariable::OfManager, Scope::System) => EnvSearch::OfSystem,
            (PathVariable::OfManager, Scope::User(_)) => EnvSearch::OfUser,
            (PathVariable::Set(path), _) => EnvSearch::Path(self.expand(path)?),
        };
        Some(InputLook::ByEnv {
            runner: runner.clone(),
            path: path.clone(),
            search,
        })
    }

    /// The places where a program without a directory is looked for; `None` where that is not known.
    pub(super) fn found_at(&self, name: &str) -> Option<Vec<HostPath>> {
        if is_elsewhere(&self.unit.view.host.observed.facts.os) {
            return None;
        }
        let own = self.needs.searched.iter().map(|dir| self.expand(dir));
        let own = own.collect::<Option<Vec<String>>>()?;
        let usual = SEARCHED.iter().map(|dir| (*dir).to_owned());
        let dirs = if own.is_empty() { usual.collect() } else { own };
        let paths = dirs
            .iter()
            .map(|dir| format!("{}/{name}", trim_trailing_slashes(dir)));
        let paths: Vec<HostPath> = paths
            .filter_map(|path| HostPath::parse(&path).ok())
            .collect();
        let otherwise = paths.iter().any(|path| self.comes_otherwise(path));
        (!otherwise).then_some(paths)
    }
}

/// Distributions that keep their programs in other directories, and tell systemd so.
fn is_elsewhere(os: &str) -> bool {
    ["NixOS", "Guix"].iter().any(|one| os.contains(one))
}
