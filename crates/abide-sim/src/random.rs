//! Random manifests, hosts and hand edits over a small vocabulary, so that they often meet, for properties of plans.
//!
//! Every `Desired` is one that the manifest would accept, and one that a host can come to: nothing that must run
//! requires what must not, and whoever must run units may linger.
//!
//! ```no_run
//! use proptest::prelude::*;
//! proptest!(|(seed in abide_sim::random::hosts(), wanted in abide_sim::random::desired_states())| {
//!     let host = seed.build();
//!     let _seen = host.observe(&wanted);
//! });
//! ```

mod manifest;
mod text;

use abide_model::{Scope, UnitRef};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::edit::Edit;
use crate::host::SimHost;
use crate::place::{unit_name, user as user_name};

pub use manifest::desired_states;
pub use text::{UnitText, unit_texts};

/// Users of the vocabulary.
pub const USERS: [&str; 2] = ["deploy", "worker"];

/// Units that manifests declare and people edit, in every scope.
pub const UNITS: [&str; 15] = [
    "web.service",
    "app.service",
    "base.service",
    "setup.service",
    "job.service",
    "job.timer",
    "api.service",
    "api.socket",
    "watch.service",
    "watch.path",
    "pool@.service",
    "pool@a.service",
    "pool@b.service",
    "all.target",
    "box.container",
];

/// Units of packages in the system scope, and in that of every user.
pub const FOREIGN: [&str; 2] = ["nginx.service", "syncthing.service"];

/// A host before abide comes: what was done on it by hand since it was made.
#[derive(Debug, Clone)]
pub struct HostSeed {
    /// Its systemd.
    pub systemd: u32,
    /// What people did.
    pub edits: Vec<Edit>,
}

impl HostSeed {
    /// The host that comes of it.
    pub fn build(&self) -> SimHost {
        let text = |target| {
            format!(
                "[Service]\nExecStart=/usr/bin/foreign\nExecReload=/bin/true\n[Install]\nWantedBy={target}\n"
            )
        };
        let mut host = SimHost::new()
            .with_vendor_unit(false, FOREIGN[0], &text("multi-user.target"))
            .with_vendor_unit(true, FOREIGN[1], &text("default.target"));
        host.facts.systemd = self.systemd;
        host.edit_all(&self.edits);
        host.clear_log();
        host
    }
}

/// Hosts, from fresh ones to ones with a long history.
pub fn hosts() -> impl Strategy<Value = HostSeed> {
    let users = vec(any::<bool>(), USERS.len());
    (select(vec![252, 257]), users, edit_sequences()).prop_map(|(systemd, users, later)| {
        let there = USERS.iter().zip(users).filter(|(_, there)| *there);
        let mut edits: Vec<_> = there
            .map(|(user, _)| Edit::CreateUser(user_name(user)))
            .collect();
        edits.extend(later);
        HostSeed { systemd, edits }
    })
}

/// What people do to a host between two runs.
pub fn edit_sequences() -> impl Strategy<Value = Vec<Edit>> {
    vec(edit(), 0..12)
}

/// One thing that somebody does by hand.
pub fn edit() -> impl Strategy<Value = Edit> {
    let user = || select(USERS.to_vec()).prop_map(user_name);
    prop_oneof![
        4 => (units(), unit_texts()).prop_map(|(unit, text)| {
            let text = text.render(unit.unit.as_str(), &unit.scope);
            Edit::Write(unit, text)
        }),
        2 => (units(), select(vec!["10-ours.conf", "90-theirs.conf"]), 0..3u8)
            .prop_map(|(unit, name, version)| {
                Edit::DropIn(unit, name.to_owned(), format!("[Service]\nNice={version}\n"))
            }),
        1 => units().prop_map(Edit::Remove),
        1 => (units(), select(vec![0o600, 0o644, 0o755])).prop_map(|(unit, mode)| Edit::Chmod(unit, mode)),
        1 => (user(), 0..3u8).prop_map(|(user, version)| {
            Edit::HomeFile(user, text::ENVIRONMENT.to_owned(), format!("VERSION={version}\n"))
        }),
        3 => startable_units().prop_map(Edit::Start),
        3 => startable_units().prop_map(Edit::Stop),
        2 => startable_units().prop_map(Edit::Crash),
        2 => units().prop_map(Edit::Enable),
        2 => units().prop_map(Edit::Disable),
        1 => (startable_units(), select(vec!["default.target.wants", "stale.target.wants"]))
            .prop_map(|(unit, place)| {
                let link = format!("{place}/{}", unit.unit);
                Edit::Link(unit, link)
            }),
        1 => startable_units().prop_map(Edit::Mask),
        1 => startable_units().prop_map(Edit::Unmask),
        2 => scopes().prop_map(Edit::DaemonReload),
        1 => user().prop_map(Edit::CreateUser),
        2 => user().prop_map(Edit::EnableLinger),
        1 => user().prop_map(Edit::DisableLinger),
        1 => user().prop_map(Edit::LogIn),
        1 => user().prop_map(Edit::LogOut),
        1 => Just(Edit::Reboot),
    ]
}

fn scopes() -> impl Strategy<Value = Scope> {
    let users = USERS.map(|user| Scope::User(user_name(user)));
    select([vec![Scope::System], users.to_vec()].concat())
}

fn units() -> impl Strategy<Value = UnitRef> {
    let names = [UNITS.to_vec(), FOREIGN.to_vec()].concat();
    (scopes(), select(names)).prop_map(|(scope, name)| UnitRef::new(&scope, &unit_name(name)))
}

/// Units as systemd knows them: no templates, and what quadlets generate.
fn startable_units() -> impl Strategy<Value = UnitRef> {
    let startable = |unit: &UnitRef| !unit.unit.is_template();
    units()
        .prop_filter("a template cannot be started", startable)
        .prop_map(|unit| UnitRef::new(&unit.scope, &unit.unit.usually_loaded_as()))
}

#[cfg(test)]
mod tests;
