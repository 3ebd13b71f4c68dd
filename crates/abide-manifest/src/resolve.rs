//! What a host comes to, value by value, each with where it comes from (`abide show --resolved HOST`).

use std::fmt;

use abide_model::{HostPathOrHome, Origin, Wanted};

use crate::schema::unit::{UnitState, WrittenOnChange};
use crate::schema::user::{UserState, WrittenManagerRestart};
use crate::settled::{Settled, SettledHost, SettledUnit, SettledUser, ValueReason};
use crate::text::ManifestTexts;
use crate::value::duration_text;

/// One value of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Its path: `users.deploy.units."sidekiq.service".state`.
    pub path: String,
    /// The value, for people. A secret is only named.
    pub value: String,
    /// Where it is written; `None` for defaults.
    pub origin: Option<Origin>,
    /// Who says so: ``group `workers` ``, ``host `h1` ``, `the manifest`, or `default: …` with its reason.
    pub from: String,
}

/// Collects values below a path.
struct Listing<'t> {
    texts: &'t ManifestTexts,
    values: Vec<Resolved>,
}

/// Lists a host.
pub(crate) fn list(host: &SettledHost<'_>, texts: &ManifestTexts) -> Vec<Resolved> {
    let mut listing = Listing {
        texts,
        values: Vec::new(),
    };
    for (key, said) in &host.connection_said {
        listing.add("", key, said, &said.value);
    }
    for (name, said) in &host.vars {
        listing.add_declared("vars", name, said, said.value);
    }
    for (key, said) in [("exclusive", &host.exclusive), ("enforce", &host.enforce)] {
        if let Some(said) = said {
            listing.add_declared("linger", key, said, said.value);
        }
    }
    for (name, user) in &host.users {
        listing.user(&join("users", name.as_str()), user);
    }
    for (name, unit) in &host.units {
        listing.unit(&join("units", name.as_str()), unit);
    }
    listing.values
}

impl Listing<'_> {
    fn add<V>(
        &mut self,
        path: &str,
        key: &str,
        settled: &Settled<'_, V>,
        value: impl fmt::Display,
    ) {
        let (origin, from) = match &settled.why {
            ValueReason::Said { by, key, .. } => (Some(self.texts.origin_of(*key)), by.to_string()),
            ValueReason::Default(reason) => (None, format!("default: {reason}")),
        };
        self.values.push(Resolved {
            path: join(path, key),
            value: value.to_string(),
            origin,
            from,
        });
    }

    fn add_declared<V>(
        &mut self,
        path: &str,
        key: &str,
        said: &crate::precedence::Said<'_, V>,
        value: impl fmt::Display,
    ) {
        self.add(path, key, &Settled::declared(said, ()), value);
    }

    fn user(&mut self, path: &str, user: &SettledUser<'_>) {
        let state = match user.state.value {
            UserState::Present => "present",
            UserState::Absent => "absent",
        };
        self.add(path, "state", &user.state, state);
        if let Some(said) = &user.remove_home {
            self.add_declared(path, "remove_home", said, said.value);
        }
        if let Some(said) = &user.manager_restart {
            let word = match said.value {
                WrittenManagerRestart::Allow => "allow",
                WrittenManagerRestart::Never => "never",
            };
            self.add_declared(path, "manager_restart", said, word);
        }
        if let Some(said) = &user.end_processes {
            self.add_declared(path, "end_processes", said, said.value);
        }
        for (key, said) in &user.account_said {
            self.add(path, key, said, &said.value);
        }
        let linger = match user.linger.value {
            Some(true) => "true",
            Some(false) => "false",
            None => "unmanaged",
        };
        self.add(path, "linger", &user.linger, linger);
        for (name, file) in &user.files {
            let path = join(&join(path, "files"), name.as_str());
            self.add(
                &path,
                "content",
                &file.content.shown,
                &file.content.shown.value,
            );
            let mode = file
                .mode
                .value
                .map_or("unmanaged".to_owned(), |mode| format!("{mode:04o}"));
            self.add(&path, "mode", &file.mode, mode);
        }
        for (name, unit) in &user.units {
            self.unit(&join(&join(path, "units"), name.as_str()), unit);
        }
    }

    fn unit(&mut self, path: &str, unit: &SettledUnit<'_>) {
        if let Some(fragment) = &unit.draft.fragment {
            self.add(path, "content", &fragment.shown, &fragment.shown.value);
        }
        for (name, drop_in) in &unit.draft.drop_ins {
            let path = join(path, "drop_ins");
            self.add(&path, name, &drop_in.shown, &drop_in.shown.value);
        }
        self.add(path, "state", &unit.state, state(unit.state.value));
        self.add(
            path,
            "enabled",
            &unit.enabled,
            wanted_word(unit.enabled.value),
        );
        if let Some(masked) = unit.masked.value {
            self.add(path, "masked", &unit.masked, masked);
        }
        if !unit.is_present() {
            return;
        }
        self.add(
            path,
            "on_change",
            &unit.on_change,
            on_change(unit.on_change.value),
        );
        for (key, files) in [
            ("restart_on", &unit.restart_on),
            ("reload_on", &unit.reload_on),
        ] {
            for (file, settled) in files {
                self.add(path, key, settled, shown_path(file));
            }
        }
        let settle = join(path, "settle");
        self.add(&settle, "for", &unit.hold, duration_text(unit.hold.value));
        self.add(
            &settle,
            "timeout",
            &unit.timeout,
            duration_text(unit.timeout.value),
        );
    }
}

/// A key that has a dot or a quote is quoted, so that a path can be read.
fn join(path: &str, key: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@');
    let is_path_of_keys = matches!(path, "") && key.starts_with("connection.");
    let key = if key.chars().all(plain) || is_path_of_keys {
        key.to_owned()
    } else {
        format!("{key:?}")
    };
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}

fn state(state: UnitState) -> &'static str {
    match state {
        UnitState::Started => "started",
        UnitState::Stopped => "stopped",
        UnitState::Absent => "absent",
        UnitState::Unmanaged => "unmanaged",
    }
}

fn wanted_word(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Yes => "true",
        Wanted::No => "false",
        Wanted::Unmanaged => "unmanaged",
    }
}

fn on_change(on_change: WrittenOnChange) -> &'static str {
    match on_change {
        WrittenOnChange::Restart => "restart",
        WrittenOnChange::Reload => "reload",
        WrittenOnChange::StopStart => "stop-start",
        WrittenOnChange::None => "none",
    }
}

fn shown_path(path: &HostPathOrHome) -> String {
    match path {
        HostPathOrHome::Absolute(path) => path.to_string(),
        HostPathOrHome::Home(path) => format!("~/{path}"),
    }
}
