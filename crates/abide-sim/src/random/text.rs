//! Random texts of unit files. Two of them differ in a few ways that lead to different classes of change.

use abide_model::Scope;
use proptest::prelude::*;

/// The environment file that some units read, below the home.
pub(crate) const ENVIRONMENT: &str = ".config/app/env";

/// What a unit's text says, apart from what its type must say.
#[derive(Debug, Clone)]
pub struct UnitText {
    /// Its command line: a restart.
    pub version: u8,
    /// Its description: inert.
    pub note: u8,
    /// 1: with `Restart=always`: live.
    pub live: u8,
    /// 0: no `[Install]`; 1: started at boot; 2: wanted by another target and with an alias.
    pub install: u8,
    /// Whether it can reload.
    pub reload: bool,
    /// Whether it reads the environment file (which may be missing).
    pub environment: bool,
    /// Whether it requires `base.service`.
    pub requires_base: bool,
}

/// Texts of units.
pub fn unit_texts() -> impl Strategy<Value = UnitText> {
    (
        0..3u8,
        0..2u8,
        0..2u8,
        0..3u8,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(version, note, live, install, reload, environment, requires_base)| UnitText {
                version,
                note,
                live,
                install,
                reload,
                environment,
                requires_base,
            },
        )
}

impl UnitText {
    /// The unit file of this name in this scope.
    pub fn render(&self, name: &str, scope: &Scope) -> String {
        let (_, kind) = name.rsplit_once('.').unwrap_or_default();
        let mut text = format!("[Unit]\nDescription=note {}\n", self.note);
        if name == "app.service" && self.requires_base {
            text.push_str("Requires=base.service\nAfter=base.service\n");
        }
        let body = match kind {
            "timer" => format!("[Timer]\nOnCalendar=*:0{}\n", self.version),
            "path" => format!("[Path]\nPathExists=/run/v{}\n", self.version),
            "socket" => format!("[Socket]\nListenStream=/run/v{}.sock\n", self.version),
            "container" => format!("[Container]\nImage=img:{}\n", self.version),
            "service" => self.service(name, scope),
            _ => String::new(),
        };
        text.extend([body, self.install(name, kind, scope)]);
        text
    }

    fn service(&self, name: &str, scope: &Scope) -> String {
        let mut text = format!("[Service]\nExecStart=/bin/run -v{}\n", self.version);
        match name {
            "job.service" | "watch.service" => text.push_str("Type=oneshot\n"),
            "setup.service" => text.push_str("Type=oneshot\nRemainAfterExit=yes\n"),
            _ if self.live > 0 => text.push_str("Restart=always\n"),
            _ => {}
        }
        if self.reload {
            text.push_str("ExecReload=/bin/kill -HUP $MAINPID\n");
        }
        if self.environment && scope.user().is_some() {
            text.extend(["EnvironmentFile=-%h/", ENVIRONMENT, "\n"]);
        }
        text
    }

    fn install(&self, name: &str, kind: &str, scope: &Scope) -> String {
        let boot = match scope {
            Scope::System => "multi-user.target",
            Scope::User(_) => "default.target",
        };
        // An alias of a template's instance would be left behind by `disable`.
        let alias = match name.split_once('@') {
            None => format!("Alias=other-{name}\n"),
            Some(_) => String::new(),
        };
        match self.install {
            1 => format!("[Install]\nWantedBy={boot}\n"),
            2 if kind != "container" => format!("[Install]\nWantedBy={boot} other.target\n{alias}"),
            _ => String::new(),
        }
    }
}
