//! One host as the planner asks about it: what is wanted, what was seen, and what may be done from this login.

use std::borrow::Cow;
use std::collections::BTreeMap;

use abide_model::{
    Body, Desired, DesiredUnit, DesiredUser, HostPath, Ledger, ManifestName, Observation, Observed,
    ObservedFile, ObservedScope, ObservedUser, Presence, RootRoute, Scope, UnitName, UnitRef,
    UnknownReason, UserName,
};

use crate::causes::safe_host_text;
use crate::manager_restart::{Restarts, Spared};
use crate::{declared, places};

/// One host.
#[derive(Debug)]
pub(crate) struct Host<'a> {
    pub(crate) desired: &'a Desired,
    pub(crate) observed: &'a Observed,
    /// What the ledger says; empty where there is none.
    pub(crate) ledger: Cow<'a, Ledger>,
    /// Managers that are restarted: their scopes are seen as if they were down.
    pub(crate) restarts: Restarts,
    /// Managers that should be restarted and are not.
    pub(crate) spared: Spared,
    /// Files of the manifest that belong to no unit, by where they stand.
    managed: BTreeMap<HostPath, (Scope, &'a Body)>,
}

impl<'a> Host<'a> {
    /// The host that was seen, and what it should be.
    pub(crate) fn new(desired: &'a Desired, observed: &'a Observed) -> Self {
        let mut host = Self {
            desired,
            observed,
            ledger: observed
                .ledger
                .as_known()
                .map_or_else(|| Cow::Owned(Ledger::default()), Cow::Borrowed),
            restarts: Restarts::new(),
            spared: Spared::new(),
            managed: BTreeMap::new(),
        };
        for (name, user) in &desired.users {
            if user.state == Presence::Present {
                let home = host.home(name);
                let files = user.files.iter();
                host.managed.extend(files.map(|(path, file)| {
                    (home.join(path), (Scope::User(name.clone()), &file.body))
                }));
            }
        }
        host
    }

    /// The same, with these managers stopped, and those left as they are.
    pub(crate) fn with_restarts(
        desired: &'a Desired,
        stopped: &'a Observed,
        restarts: Restarts,
        spared: Spared,
    ) -> Self {
        let host = Self::new(desired, stopped);
        Self {
            restarts,
            spared,
            ..host
        }
    }

    /// A user; `Unknown` as well where it was not asked for.
    pub(crate) fn user(&self, name: &UserName) -> Observation<&'a ObservedUser> {
        borrow_observation(self.observed.users.get(name))
    }

    /// A scope; `Unknown` as well where it was not asked for.
    pub(crate) fn scope(&self, scope: &Scope) -> Observation<&'a ObservedScope> {
        borrow_observation(self.observed.scopes.get(scope))
    }

    /// A user that the manifest declares as present.
    pub(crate) fn declared(&self, name: &UserName) -> Option<&'a DesiredUser> {
        let user = self.desired.users.get(name);
        user.filter(|user| user.state == Presence::Present)
    }

    /// The declared units of a scope.
    pub(crate) fn units(&self, scope: &Scope) -> Option<&'a BTreeMap<UnitName, DesiredUnit>> {
        match scope {
            Scope::System => Some(&self.desired.units),
            Scope::User(name) => self.declared(name).map(|user| &user.units),
        }
    }

    /// Where a user's home is, or will be.
    pub(crate) fn home(&self, name: &UserName) -> HostPath {
        let seen = self.user(name).as_known().copied();
        match (self.desired.users.get(name), seen) {
            (Some(user), seen) => declared::home(name, user, seen),
            (None, Some(seen)) => seen.home.clone(),
            (None, None) => places::default_home(name),
        }
    }

    /// Whether lingering is recorded: `/var/lib/systemd/linger/NAME`, never what a session shows.
    pub(crate) fn is_lingering(&self, name: &UserName) -> bool {
        let listed = self.observed.lingering.as_known();
        match self.user(name).as_known() {
            Some(user) => user.linger.recorded,
            // A record outlives its user.
            None => listed.is_some_and(|names| names.contains(name.as_str())),
        }
    }

    /// Whether root was reached.
    pub(crate) fn is_root(&self) -> bool {
        self.observed.facts.root.is_root()
    }

    /// Whether files and units of this scope may be changed from this login.
    pub(crate) fn may_change(&self, scope: &Scope) -> bool {
        self.is_root() || scope.user() == Some(&self.observed.facts.login)
    }

    /// Why root is missing, as the end of a sentence.
    pub(crate) fn without_root(&self) -> String {
        match &self.observed.facts.root {
            RootRoute::None(why) => format!("root was not reached ({})", safe_host_text(why)),
            RootRoute::Root | RootRoute::Sudo | RootRoute::Doas | RootRoute::Run0 => String::new(),
        }
    }

    /// The other manifest whose ledger owns this file.
    pub(crate) fn file_owner(&self, path: &HostPath) -> Option<&'a ManifestName> {
        self.other_manifest(|ledger| ledger.files.contains_key(path))
    }

    /// The other manifest whose ledger owns this unit.
    pub(crate) fn unit_owner(&self, unit: &UnitRef) -> Option<&'a ManifestName> {
        self.other_manifest(|ledger| ledger.units.contains_key(unit))
    }

    /// The other manifest that has something in this user's scope, its lingering included.
    pub(crate) fn user_owner(&self, name: &UserName) -> Option<&'a ManifestName> {
        let scope = Scope::User(name.clone());
        self.other_manifest(|ledger| {
            ledger.lingers.contains(name)
                || ledger.units.keys().any(|unit| unit.scope == scope)
                || ledger.files.values().any(|file| file.scope == scope)
        })
    }

    fn other_manifest(&self, owns: impl Fn(&Ledger) -> bool) -> Option<&'a ManifestName> {
        let others = self.observed.other_ledgers.iter();
        others
            .filter(|(name, _)| **name != self.desired.manifest)
            .find(|(_, ledger)| owns(ledger))
            .map(|(name, _)| name)
    }

    /// The managed file at this path that belongs to no unit.
    pub(crate) fn managed_file(&self, path: &HostPath) -> Option<&'a Body> {
        self.managed.get(path).map(|(_, body)| *body)
    }

    /// All of them.
    pub(crate) fn all_managed(&self) -> impl Iterator<Item = &HostPath> {
        self.managed.keys()
    }

    /// A file as it was seen, in whichever scope it was asked for: `seen_from` first.
    pub(crate) fn file(
        &self,
        seen_from: &Scope,
        path: &HostPath,
    ) -> Option<&'a Observation<ObservedFile>> {
        let owner = self.managed.get(path).map(|(scope, _)| scope);
        let first = owner.into_iter().chain([seen_from]);
        first
            .chain(self.observed.scopes.keys())
            .filter_map(|scope| self.scope(scope).as_known().copied())
            .find_map(|scope| scope.files.get(path))
    }
}

fn borrow_observation<T>(seen: Option<&Observation<T>>) -> Observation<&T> {
    match seen {
        Some(Observation::Known(value)) => Observation::Known(value),
        Some(Observation::Absent) => Observation::Absent,
        Some(Observation::Unknown(why)) => Observation::Unknown(why.clone()),
        None => Observation::Unknown(UnknownReason::NotLookedAt),
    }
}
