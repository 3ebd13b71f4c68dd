//! Builds a `Desired` as the manifest would lower it: what is not written gets the manifest's defaults (docs/reference/manifest.md).

mod defaults;

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Body, Desired, DesiredAccount, DesiredFile, DesiredLinger, HomePath, HostName, HostPathOrHome,
    LingerExclusive, LingerReason, ManagerRestart, ManifestName, OnChange, Origin, Policy,
    Presence, Scope, UnitName, UserName, Wanted,
};

use self::defaults::finish_user;
use crate::place::unit_name;

/// What this host should be: nothing yet. Methods that describe a unit are about the unit named last, and units
/// belong to the user (or the system) named last.
#[track_caller]
pub fn desired(host: &str) -> DesiredBuilder {
    DesiredBuilder {
        manifest: ManifestName::parse("test").expect("a fixed manifest name"),
        host: HostName::parse(host).expect("a test names a host"),
        scope: Scope::System,
        current: None,
        users: BTreeMap::new(),
        units: BTreeMap::new(),
        linger_exclusive: None,
        policy: Policy::default(),
    }
}

/// A `Desired` in the making.
#[derive(Debug, Clone)]
pub struct DesiredBuilder {
    manifest: ManifestName,
    host: HostName,
    scope: Scope,
    current: Option<UnitName>,
    users: BTreeMap<UserName, UserDraft>,
    units: BTreeMap<(Scope, UnitName), UnitDraft>,
    linger_exclusive: Option<LingerExclusive>,
    policy: Policy,
}

#[derive(Debug, Clone)]
struct UserDraft {
    state: Presence,
    remove_home: bool,
    end_processes: bool,
    manager_restart: Option<ManagerRestart>,
    account: DesiredAccount,
    /// What is written, if anything is.
    linger: Option<DesiredLinger>,
    files: BTreeMap<HomePath, DesiredFile>,
}

#[derive(Debug, Clone)]
struct UnitDraft {
    presence: Presence,
    file: Option<Body>,
    ours: bool,
    drop_ins: BTreeMap<String, Body>,
    running: Option<Wanted>,
    enabled: Option<Wanted>,
    masked: Option<bool>,
    on_change: OnChange,
    on_change_said: bool,
    restart_on: BTreeSet<HostPathOrHome>,
    reload_on: BTreeSet<HostPathOrHome>,
}

impl DesiredBuilder {
    /// Under this manifest's name; `test` otherwise.
    #[must_use]
    #[track_caller]
    pub fn manifest(mut self, name: &str) -> Self {
        self.manifest = ManifestName::parse(name).expect("a test names a manifest");
        self
    }

    /// With this policy.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Lingering users that nobody declares are a finding, or are disabled.
    #[must_use]
    pub fn linger_exclusive(mut self, enforce: bool) -> Self {
        let declared_at = fixed_origin();
        self.linger_exclusive = Some(LingerExclusive {
            enforce,
            declared_at,
        });
        self
    }

    /// A user that should be there; what follows is about it.
    #[must_use]
    #[track_caller]
    pub fn user(mut self, name: &str) -> Self {
        let name = UserName::parse(name).expect("a test names a user");
        self.scope = Scope::User(name.clone());
        self.current = None;
        self.users.entry(name).or_insert_with(|| UserDraft {
            state: Presence::Present,
            remove_home: false,
            end_processes: false,
            manager_restart: None,
            account: DesiredAccount::default(),
            linger: None,
            files: BTreeMap::new(),
        });
        self
    }

    /// What follows is about the system manager's units.
    #[must_use]
    pub fn system(mut self) -> Self {
        self.scope = Scope::System;
        self.current = None;
        self
    }

    /// The user should not be there.
    #[must_use]
    pub fn user_absent(mut self, remove_home: bool) -> Self {
        if let Some(user) = self.this_user() {
            user.state = Presence::Absent;
            user.remove_home = remove_home;
        }
        self
    }

    /// What else runs as this user ends with it.
    #[must_use]
    pub fn end_processes(mut self) -> Self {
        if let Some(user) = self.this_user() {
            user.end_processes = true;
        }
        self
    }

    /// Whether the user's manager may be restarted.
    #[must_use]
    pub fn manager_restart(mut self, may: ManagerRestart) -> Self {
        if let Some(user) = self.this_user() {
            user.manager_restart = Some(may);
        }
        self
    }

    /// The user's attributes.
    #[must_use]
    pub fn account(mut self, account: DesiredAccount) -> Self {
        if let Some(user) = self.this_user() {
            user.account = account;
        }
        self
    }

    /// Lingering as written; `None`: not managed. Otherwise it follows from the units.
    #[must_use]
    pub fn linger(mut self, value: Option<bool>) -> Self {
        if let Some(user) = self.this_user() {
            user.linger = Some(DesiredLinger {
                value,
                reason: LingerReason::Declared(fixed_origin()),
            });
        }
        self
    }

    /// A file below the user's home.
    #[must_use]
    #[track_caller]
    pub fn file(mut self, path: &str, text: &str) -> Self {
        let path = HomePath::parse(path).expect("a test names a path below a home");
        let file = DesiredFile {
            declared_at: fixed_origin(),
            body: Body::Plain(text.into()),
            mode: None,
        };
        if let Some(user) = self.this_user() {
            user.files.insert(path, file);
        }
        self
    }

    /// A unit of ours with this text.
    #[must_use]
    #[track_caller]
    pub fn unit(self, name: &str, text: &str) -> Self {
        let body = Body::Plain(text.into());
        self.add(unit_name(name), Some(body), true)
    }

    /// Somebody else's unit: nothing is managed but what is written.
    #[must_use]
    #[track_caller]
    pub fn foreign_unit(self, name: &str) -> Self {
        self.add(unit_name(name), None, false)
    }

    /// An instance of the template of ours that was named before it.
    #[must_use]
    #[track_caller]
    pub fn instance(self, name: &str) -> Self {
        self.add(unit_name(name), None, true)
    }

    /// A drop-in of the unit.
    #[must_use]
    pub fn drop_in(self, name: &str, text: &str) -> Self {
        self.set(|unit| {
            unit.drop_ins
                .insert(name.to_owned(), Body::Plain(text.into()));
        })
    }

    /// Running or not, as written.
    #[must_use]
    pub fn with_running(self, wanted: Wanted) -> Self {
        self.set(|unit| unit.running = Some(wanted))
    }

    /// Enabled or not, as written.
    #[must_use]
    pub fn enabled(self, wanted: Wanted) -> Self {
        self.set(|unit| unit.enabled = Some(wanted))
    }

    /// Masked or not, as written.
    #[must_use]
    pub fn with_masked(self, masked: bool) -> Self {
        self.set(|unit| unit.masked = Some(masked))
    }

    /// What a change leads to.
    #[must_use]
    pub fn on_change(self, on_change: OnChange) -> Self {
        self.set(|unit| {
            unit.on_change = on_change;
            unit.on_change_said = true;
        })
    }

    /// The unit should not be there.
    #[must_use]
    pub fn marked_absent(self) -> Self {
        self.set(|unit| unit.presence = Presence::Absent)
    }

    /// A file whose change restarts the unit.
    #[must_use]
    pub fn restart_on(self, path: HostPathOrHome) -> Self {
        self.set(|unit| {
            unit.restart_on.insert(path);
        })
    }

    /// A file whose change reloads the unit.
    #[must_use]
    pub fn reload_on(self, path: HostPathOrHome) -> Self {
        self.set(|unit| {
            unit.reload_on.insert(path);
        })
    }

    /// What it comes to, every default filled in.
    pub fn build(self) -> Desired {
        let mut users = BTreeMap::new();
        for (name, draft) in &self.users {
            let units = self.finished_units(&Scope::User(name.clone()));
            users.insert(name.clone(), finish_user(draft, units));
        }
        Desired {
            units: self.finished_units(&Scope::System),
            manifest: self.manifest,
            host: self.host,
            users,
            linger_exclusive: self.linger_exclusive,
            policy: self.policy,
        }
    }

    fn add(mut self, name: UnitName, file: Option<Body>, ours: bool) -> Self {
        let draft = UnitDraft {
            presence: Presence::Present,
            file,
            ours,
            drop_ins: BTreeMap::new(),
            running: None,
            enabled: None,
            masked: None,
            on_change: OnChange::Restart,
            on_change_said: false,
            restart_on: BTreeSet::new(),
            reload_on: BTreeSet::new(),
        };
        self.units.insert((self.scope.clone(), name.clone()), draft);
        self.current = Some(name);
        self
    }

    fn set(mut self, change: impl FnOnce(&mut UnitDraft)) -> Self {
        let current = self.current.clone().map(|name| (self.scope.clone(), name));
        if let Some(unit) = current.and_then(|key| self.units.get_mut(&key)) {
            change(unit);
        }
        self
    }

    fn this_user(&mut self) -> Option<&mut UserDraft> {
        self.users.get_mut(self.scope.user()?)
    }
}

fn fixed_origin() -> Origin {
    Origin {
        file: "fleet.yaml".to_owned(),
        line: 1,
        column: 1,
    }
}
