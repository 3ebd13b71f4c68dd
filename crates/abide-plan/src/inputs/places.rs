//! Where the paths of a unit are, and which of them come with the unit itself.

use abide_model::{HostPath, Observation, ObservedUser, Scope, UnitKind};
use abide_unit::{Input, InputKind, escape::unescape_text, specifier};

use super::judge::Judge;

impl Judge<'_, '_> {
    pub(super) fn is_confined_by_user_manager(&self) -> bool {
        let is_service = self.unit.name.kind() == UnitKind::Service;
        is_service && self.unit.view.scope.user().is_some()
    }

    /// Whether `ProtectHome=` hides it.
    pub(super) fn is_protected(&self, input: &Input, path: &HostPath) -> bool {
        let within = |home: &&str| HostPath::parse(home).is_ok_and(|home| path.is_within(&home));
        self.needs.hides_homes
            && !input.by_manager
            && self.unit.view.scope == Scope::System
            && matches!(input.kind, InputKind::Program | InputKind::Directory)
            && ["/home", "/root", "/run/user"].iter().any(within)
    }

    /// Whether the path comes with something that the unit itself names: a directory that systemd makes for it, a mount, or a
    /// condition without which it is not started.
    pub(super) fn comes_otherwise(&self, path: &HostPath) -> bool {
        let made = self
            .needs
            .made
            .iter()
            .flat_map(|(key, name)| self.made_at(key, name));
        let elsewhere = self
            .needs
            .elsewhere
            .iter()
            .filter_map(|path| self.expand(path));
        let below = made
            .chain(elsewhere)
            .filter_map(|one| HostPath::parse(trim_trailing_slashes(&one)).ok());
        let guards = self
            .needs
            .guards
            .iter()
            .filter_map(|path| self.expand(path));
        let mut guards = guards.filter_map(|one| HostPath::parse(trim_trailing_slashes(&one)).ok());
        let unreadable = self
            .needs
            .guards
            .iter()
            .any(|path| self.expand(path).is_none());
        unreadable
            || below
                .into_iter()
                .any(|one| path.is_within(&one) || one.is_within(path))
            || guards.any(|one| path.is_within(&one) || one.is_within(path))
            || self.is_mounted(path)
    }

    /// Whether a mount unit of the manifest covers it.
    fn is_mounted(&self, path: &HostPath) -> bool {
        let host = self.unit.view.host;
        let units = host.units(&self.unit.view.scope).into_iter().flatten();
        let system = host.desired.units.iter();
        units.chain(system).any(|(name, _)| {
            let point = unescape_text(name.prefix_name()).map(|point| format!("/{point}"));
            let point = point.and_then(|point| HostPath::parse(&point).ok());
            matches!(name.kind(), UnitKind::Mount | UnitKind::Automount)
                && point.is_some_and(|point| path.is_within(&point))
        })
    }

    /// Where systemd makes such a directory; in a user's scope it depends on systemd's version and the user's environment, so
    /// these are all the places.
    fn made_at(&self, key: &str, name: &str) -> Vec<String> {
        let Some(name) = specifier::expand(&self.unit.loaded, None, name) else {
            return vec!["/".to_owned()];
        };
        let Some(user) = self.unit.view.scope.user() else {
            let base = match key {
                "StateDirectory" => "/var/lib",
                "RuntimeDirectory" => "/run",
                "CacheDirectory" => "/var/cache",
                "LogsDirectory" => "/var/log",
                _ => "/etc",
            };
            return vec![format!("{base}/{name}")];
        };
        let home = self.unit.view.host.home(user);
        let mut places: Vec<String> = [
            ".local/state",
            ".config",
            ".cache",
            ".config/log",
            ".local/state/log",
        ]
        .iter()
        .map(|base| format!("{home}/{base}/{name}"))
        .collect();
        places.extend(self.user_id().map(|uid| format!("/run/user/{uid}/{name}")));
        places
    }

    fn user_id(&self) -> Option<u32> {
        let user = self.unit.view.scope.user()?;
        let known: Observation<&ObservedUser> = self.unit.view.host.user(user);
        known.as_known().map(|user| user.uid)
    }

    /// The text with its specifiers; `None` where one is not known here.
    pub(super) fn expand(&self, text: &str) -> Option<String> {
        let unit = &self.unit.loaded;
        let scope = self.unit.view.scope.user();
        let mut half = String::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            if c != '%' {
                half.push(c);
                continue;
            }
            let value = match (rest.next()?, scope) {
                // The manager's own, whatever `User=` says.
                ('h', Some(user)) => self.unit.view.host.home(user).to_string(),
                ('h', None) => "/root".to_owned(),
                ('u', Some(user)) => user.to_string(),
                ('u', None) => "root".to_owned(),
                ('U', Some(_)) => self.user_id()?.to_string(),
                ('U', None) => "0".to_owned(),
                ('t', Some(_)) => format!("/run/user/{}", self.user_id()?),
                ('t', None) => "/run".to_owned(),
                ('S', None) => "/var/lib".to_owned(),
                ('C', None) => "/var/cache".to_owned(),
                ('L', None) => "/var/log".to_owned(),
                ('E', None) => "/etc".to_owned(),
                ('I', _) => unescape_text(unit.instance()?)?,
                (other, _) => {
                    half.extend(['%', other]);
                    continue;
                }
            };
            half.push_str(&value.replace('%', "%%"));
        }
        specifier::expand(unit, None, &half)
    }
}

/// systemd takes doubled and trailing slashes for one.
pub(super) fn trim_trailing_slashes(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        trimmed => trimmed,
    }
}
