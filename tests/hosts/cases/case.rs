//! One case: a manifest with a few units in one scope, and both hosts to look at.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use super::shell::Shell;
use crate::support::{Said, World};

const HOSTS: [&str; 2] = ["h1", "h2"];

/// A manifest of its own name for one scope of both hosts.
pub struct Case {
    shells: [Mutex<Option<Shell>>; 2],
    pub world: World,
    name: &'static str,
    /// Else of the system scope.
    of_user: bool,
    user_keys: Vec<String>,
    units: BTreeMap<String, Unit>,
    policy: String,
    also: String,
}

#[derive(Default)]
struct Unit {
    text: Option<String>,
    keys: String,
}

/// One host of a case.
pub struct At<'c> {
    case: &'c Case,
    pub host: &'static str,
}

impl Case {
    /// Units of a user of this name.
    pub fn user(name: &'static str) -> Self {
        Self::on(World::used(), name)
    }

    /// Units of a user of this name, on these hosts.
    pub fn on(world: World, name: &'static str) -> Self {
        Self {
            shells: Default::default(),
            world,
            name,
            of_user: true,
            user_keys: Vec::new(),
            units: BTreeMap::new(),
            policy: String::new(),
            also: String::new(),
        }
    }

    /// Units of the system; their names have to be the case's own.
    pub fn system(name: &'static str) -> Self {
        Self {
            of_user: false,
            ..Self::user(name)
        }
    }

    /// A unit with this text. What [`Case::keys`] said about it stays.
    pub fn unit(&mut self, name: &str, text: &str) -> &mut Self {
        self.units.entry(name.to_owned()).or_default().text = Some(text.to_owned());
        self
    }

    /// What the manifest says about a unit beside its text, as a YAML flow mapping without its braces.
    pub fn keys(&mut self, name: &str, keys: &str) -> &mut Self {
        keys.clone_into(&mut self.units.entry(name.to_owned()).or_default().keys);
        self
    }

    /// The unit is no longer declared.
    pub fn without(&mut self, name: &str) -> &mut Self {
        self.units.remove(name);
        self
    }

    /// What the manifest says about the user beside its units, one key a call.
    pub fn user_key(&mut self, key: &str) -> &mut Self {
        let name = key.split(':').next().unwrap_or(key);
        self.user_keys.retain(|other| !other.starts_with(name));
        self.user_keys.push(key.to_owned());
        self
    }

    /// The manifest no longer says this about the user.
    pub fn without_user_key(&mut self, name: &str) -> &mut Self {
        self.user_keys.retain(|other| !other.starts_with(name));
        self
    }

    /// More below `groups.all`, indented by four columns.
    pub fn also(&mut self, text: &str) -> &mut Self {
        text.clone_into(&mut self.also);
        self
    }

    /// The `policy` of the manifest, as a YAML flow mapping without its braces.
    pub fn policy(&mut self, keys: &str) -> &mut Self {
        keys.clone_into(&mut self.policy);
        self
    }

    /// Writes the manifest and its files.
    pub fn write(&self) -> &World {
        let mut units = String::new();
        let indent = if self.of_user { "          " } else { "      " };
        for (name, unit) in &self.units {
            let mut keys = Vec::new();
            if !unit.keys.contains("settle:") {
                keys.push("settle: {for: 0s}".to_owned());
            }
            if let Some(text) = &unit.text {
                self.world.file(&format!("units/{name}"), text);
                keys.push(format!("source: {:?}", format!("units/{name}")));
            }
            if !unit.keys.is_empty() {
                keys.push(unit.keys.clone());
            }
            let _ = writeln!(units, "{indent}{name:?}: {{{}}}", keys.join(", "));
        }
        let mut text = format!(
            "version: 1\nname: {}\nhosts: {{h1: {{}}, h2: {{}}}}\npolicy: {{{}}}\ngroups:\n  all:\n",
            self.name, self.policy
        );
        let none = if self.units.is_empty() { " {}" } else { "" };
        if self.of_user {
            let _ = writeln!(text, "    users:\n      {}:", self.name);
            for key in &self.user_keys {
                let _ = writeln!(text, "        {key}");
            }
            let _ = writeln!(text, "        units:{none}\n{units}");
        } else {
            let _ = writeln!(text, "    units:{none}\n{units}");
        }
        text.push_str(&self.also);
        self.world.manifest(&text);
        &self.world
    }

    /// Applies, as the beginning of a case: abide itself has seen that nothing is left to do.
    #[track_caller]
    pub fn begin(&self) {
        self.apply().ends_with(0);
    }

    /// Applies, and asserts that the next plan is empty.
    #[track_caller]
    pub fn converge(&self) -> Said {
        self.write().converge()
    }

    #[track_caller]
    pub fn plan(&self) -> Said {
        self.write().plan()
    }

    #[track_caller]
    pub fn apply(&self) -> Said {
        self.write().apply()
    }

    /// Nothing is to be done, and the managers were not even reloaded for it.
    #[track_caller]
    pub fn stays(&self) {
        let before = self.loaded_at();
        self.write().assert_converged();
        self.apply().ends_with(0);
        assert_eq!(self.loaded_at(), before, "a manager was reloaded");
    }

    /// Does something on both hosts.
    pub fn each(&self, look: impl Fn(&At<'_>) + Sync) {
        self.ask(look);
    }

    /// Asks both hosts something, at the same time.
    pub fn ask<T: Send>(&self, look: impl Fn(&At<'_>) -> T + Sync) -> [T; 2] {
        let [first, second] = HOSTS.map(|host| At { case: self, host });
        std::thread::scope(|scope| {
            let second = scope.spawn(|| look(&second));
            let first = look(&first);
            match second.join() {
                Ok(second) => [first, second],
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    /// Asks both hosts for one property of a unit.
    pub fn show(&self, unit: &str, property: &str) -> [String; 2] {
        self.ask(|at| at.show(unit, property))
    }

    /// When the managers last read their units; nothing where they do not run.
    pub fn loaded_at(&self) -> [String; 2] {
        // systemd 247 tells by its directory only.
        self.ask(|at| {
            at.sh(
                r#"ctl show --value -p UnitsLoadTimestampMonotonic 2>/dev/null | grep . && exit
                [ "$(id -u)" = 0 ] && run=/run/systemd || run=/run/user/$(id -u)/systemd
                stat -c %y "$run" 2>/dev/null || true"#,
            )
        })
    }

    /// The runs that units are in.
    pub fn runs(&self, units: &[&str]) -> [Vec<String>; 2] {
        self.ask(|at| {
            units
                .iter()
                .map(|unit| at.show(unit, "InvocationID"))
                .collect()
        })
    }
}

impl At<'_> {
    /// The host's place in what [`Case::ask`] returns.
    pub fn number(&self) -> usize {
        usize::from(self.host == "h2")
    }

    /// A script as root; it may not fail.
    #[track_caller]
    pub fn root(&self, script: &str) -> String {
        self.run("root", script)
    }

    /// Forgets failures and counts of starts; a user may not be there.
    pub fn reset_failed(&self) {
        let name = self.case.name;
        self.root(&match self.case.of_user {
            false => "systemctl reset-failed".to_owned(),
            true => format!(
                "uid=$(id -u {name}) && runuser -u {name} -- env XDG_RUNTIME_DIR=/run/user/$uid \
                 systemctl --user reset-failed 2>/dev/null || true"
            ),
        });
    }

    /// A script as the scope's user (root for the system's); it may not fail. `ctl` is systemctl of that manager.
    #[track_caller]
    pub fn sh(&self, script: &str) -> String {
        let (user, scope) = match self.case.of_user {
            true => (self.case.name, "--user"),
            false => ("root", "--system"),
        };
        self.run(
            user,
            &format!("ctl() {{ systemctl {scope} \"$@\"; }}\n{script}"),
        )
    }

    #[track_caller]
    fn run(&self, user: &str, script: &str) -> String {
        let mut shell = self.case.shells[self.number()]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let shell = shell.get_or_insert_with(|| Shell::on(&self.case.world.fleet, self.host));
        let (said, code) = shell.run(user, script);
        assert_eq!(
            code, 0,
            "a script on {} as {user}\n{script}\n{said}",
            self.host
        );
        said
    }

    /// One property of a unit, as its manager says; of the manager itself where `unit` is empty.
    #[track_caller]
    pub fn show(&self, unit: &str, property: &str) -> String {
        let of = if unit.is_empty() {
            String::new()
        } else {
            format!("-- '{unit}'")
        };
        let said = self.sh(&format!("ctl show --value -p {property} {of}"));
        said.trim().to_owned()
    }

    /// The directory of the scope's unit files.
    pub fn dir(&self) -> String {
        match self.case.of_user {
            true => format!("/home/{}/.config/systemd/user", self.case.name),
            false => "/etc/systemd/system".to_owned(),
        }
    }

    /// Everything below the directory of unit files whose path names this, sorted.
    pub fn standing(&self, name: &str) -> Vec<String> {
        let script = format!(
            "cd {} 2>/dev/null || exit 0; find . ! -type d -path '*{name}*' | sed 's|^./||' | sort",
            self.dir()
        );
        self.root(&script).lines().map(str::to_owned).collect()
    }

    /// Asserts the state of a unit.
    #[track_caller]
    pub fn is(&self, unit: &str, state: &str) {
        let now = self.show(unit, "ActiveState");
        assert_eq!(now, state, "{unit} on {}", self.host);
    }

    /// Waits until a unit is in a state that systemd brings it to by itself, at most 10 seconds.
    #[track_caller]
    pub fn becomes(&self, unit: &str, state: &str) {
        let begin = std::time::Instant::now();
        while self.show(unit, "ActiveState") != state && begin.elapsed().as_secs() < 10 {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        self.is(unit, state);
    }

    /// What units of the case wrote to `log` in the home, one word a line; then the log is emptied.
    pub fn log(&self) -> Vec<String> {
        let said = self.sh("cat log 2>/dev/null || true; rm -f log");
        said.lines().map(str::to_owned).collect()
    }
}
