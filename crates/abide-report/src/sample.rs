//! Plans and reports to render in tests.

use std::collections::BTreeSet;

use abide_model::{
    Action, ActionId, Before, Body, Bytes, Cause, Change, Code, Declared, Diagnostic, Disruption,
    Effect, Event, FailedUnit, FilePurpose, HostFacts, HostOutcome, HostReport, HostState, Ledger,
    Note, NoteKind, Origin, Plan, Refusal, RefusalKind, Report, ResourceId, RootRoute, Scope,
    SecretSource, Severity, Span, StepOutcome, StepReport, Timestamp, UnitRef, UserName, WriteFile,
};

use crate::document::{Command, Document, DocumentFrame, DocumentRun, RunExit};
use crate::{Moment, TextOptions};

/// Without ANSI styles, so that snapshots can be read.
pub(crate) fn without_styles(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('\u{1b}') {
        out.push_str(head);
        rest = tail.split_once('m').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

pub(crate) fn narrow_options() -> TextOptions {
    TextOptions {
        width: 80,
        ..TextOptions::default()
    }
}

pub(crate) fn user(name: &str) -> UserName {
    name.parse().unwrap()
}

pub(crate) fn scope(name: &str) -> Scope {
    name.parse().unwrap()
}

/// `user:deploy/sidekiq.service`.
pub(crate) fn unit(text: &str) -> ResourceId {
    ResourceId::Unit(text.parse::<UnitRef>().unwrap())
}

pub(crate) fn file(scope_text: &str, path: &str) -> ResourceId {
    ResourceId::File {
        scope: scope(scope_text),
        path: path.parse().unwrap(),
    }
}

pub(crate) const SIDEKIQ: &str = "[Unit]\nDescription=Background worker\n\n[Service]\n\
    ExecStart=/srv/app/bin/sidekiq -c 10\nRestart=on-failure\nRestartSec=1\n\n[Install]\n\
    WantedBy=default.target\n";

pub(crate) fn before_with_content(content: &str) -> Before {
    let content = Bytes::from(content);
    Before::File {
        digest: Some(content.digest()),
        content: Some(content),
        mode: 0o644,
    }
}

pub(crate) fn write(path: &str, purpose: FilePurpose, before: Before, after: &str) -> Change {
    Change::WriteFile(WriteFile {
        path: path.parse().unwrap(),
        purpose,
        body: Body::Plain(after.into()),
        mode: 0o644,
        before,
    })
}

pub(crate) fn enable(links: &[&str]) -> Change {
    Change::Enable {
        add: links.iter().map(|&link| link.to_owned()).collect(),
        remove: BTreeSet::new(),
        file: None,
    }
}

pub(crate) fn from(id: u32) -> Vec<Cause> {
    vec![Cause::FollowsFrom(ActionId(id))]
}

pub(crate) fn missing_causes() -> Vec<Cause> {
    vec![Cause::Missing]
}

pub(crate) struct Building(pub(crate) Plan);

pub(crate) fn plan_of(host: &str) -> Building {
    Building(Plan {
        host: host.parse().unwrap(),
        manifest: "shop".parse().unwrap(),
        actions: Vec::new(),
        refused: Vec::new(),
        notes: Vec::new(),
        unchanged: 0,
        preconditions: Vec::new(),
        watches: Vec::new(),
        forecast: Vec::new(),
        services: std::collections::BTreeMap::new(),
        ledger_claim: Ledger::default(),
        ledger_after: Ledger::default(),
    })
}

impl Building {
    pub(crate) fn with_action(
        mut self,
        resource: ResourceId,
        change: Change,
        causes: Vec<Cause>,
    ) -> Self {
        let id = ActionId(u32::try_from(self.0.actions.len()).unwrap() + 1);
        let after = causes
            .iter()
            .filter_map(|cause| match cause {
                Cause::FollowsFrom(id) => Some(*id),
                _ => None,
            })
            .collect();
        self.0.actions.push(Action {
            id,
            resource,
            change,
            causes,
            after,
        });
        self
    }

    pub(crate) fn with_refusal(
        mut self,
        resource: ResourceId,
        kind: RefusalKind,
        reason: &str,
        help: &str,
    ) -> Self {
        let help = (!help.is_empty()).then(|| help.to_owned());
        self.0.refused.push(Refusal {
            resource,
            reason: reason.to_owned(),
            why: None,
            help,
            kind,
        });
        self
    }

    pub(crate) fn notes(mut self, resource: ResourceId, kind: NoteKind, text: &str) -> Self {
        self.0.notes.push(Note {
            why: None,
            resource,
            kind,
            text: abide_model::NoteText::from_text(text),
        });
        self
    }

    pub(crate) fn with_unchanged(mut self, n: usize) -> Self {
        self.0.unchanged = n;
        self
    }

    /// A host where nothing of this is yet: user, lingering, manager, unit.
    pub(crate) fn with_new_user_and_unit(self, name: &str, home: &str) -> Self {
        let owner = scope(&format!("user:{name}"));
        let sidekiq = unit(&format!("user:{name}/sidekiq.service"));
        let path = format!("{home}/.config/systemd/user/sidekiq.service");
        let needed = Cause::LingerNeeded {
            unit: "sidekiq.service".parse().unwrap(),
        };
        self.with_action(
            ResourceId::User(user(name)),
            Change::CreateUser {
                uid: None,
                group: None,
                groups: BTreeSet::new(),
                home: home.parse().unwrap(),
                shell: None,
                comment: None,
                system: true,
            },
            missing_causes(),
        )
        .with_action(
            ResourceId::Linger(user(name)),
            Change::EnableLinger,
            vec![needed],
        )
        .with_action(
            ResourceId::Manager(owner.clone()),
            Change::StartManager,
            from(2),
        )
        .with_action(
            sidekiq.clone(),
            write(&path, FilePurpose::Unit, Before::Absent, SIDEKIQ),
            missing_causes(),
        )
        .with_action(
            sidekiq.clone(),
            enable(&["default.target.wants/sidekiq.service"]),
            missing_causes(),
        )
        .with_action(ResourceId::Manager(owner), Change::DaemonReload, from(4))
        .with_action(sidekiq, Change::Start, missing_causes())
    }

    /// An action's effect beside its own unit: `ACTION EFFECT UNIT` through a unit and its setting.
    pub(crate) fn with_disruption(
        mut self,
        action: u32,
        effect: Effect,
        unit: &str,
        (setting, through): (&str, &str),
    ) -> Self {
        self.0.forecast.push(Disruption {
            action: ActionId(action),
            unit: unit.parse().unwrap(),
            effect,
            through: through.parse().unwrap(),
            setting: setting.to_owned(),
        });
        self
    }

    /// A restart that takes others along.
    pub(crate) fn with_dependents(self) -> Self {
        let by = |setting| (setting, "sidekiq.service");
        self.with_changed_unit(1_764_000_000)
            .with_disruption(3, Effect::Stop, "user:deploy/old.service", by("Conflicts="))
            .with_disruption(
                3,
                Effect::Restart,
                "user:deploy/app.service",
                by("Requires="),
            )
            .with_disruption(
                3,
                Effect::Restart,
                "user:deploy/web.service",
                ("PartOf=", "app.service"),
            )
    }

    /// A changed `ExecStart=` of a running unit.
    pub(crate) fn with_changed_unit(self, since: u64) -> Self {
        let sidekiq = unit("user:deploy/sidekiq.service");
        let path = "/home/deploy/.config/systemd/user/sidekiq.service";
        let after = SIDEKIQ.replace("-c 10", "-c 20");
        let differs = Cause::Differs {
            field: abide_model::Field::Content,
            observed: "1".to_owned(),
            desired: "2".to_owned(),
        };
        let old = Cause::RunningOldConfig {
            since: Some(Timestamp::from_secs(since)),
            keys: vec!["ExecStart=".to_owned()],
        };
        self.with_action(
            sidekiq.clone(),
            write(
                path,
                FilePurpose::Unit,
                before_with_content(SIDEKIQ),
                &after,
            ),
            vec![differs],
        )
        .with_action(
            ResourceId::Manager(scope("user:deploy")),
            Change::DaemonReload,
            from(1),
        )
        .with_action(sidekiq, Change::Restart, vec![old])
    }
}

/// A clock of every sample host.
pub(crate) const NOW: u64 = 1_000_000_000;

pub(crate) fn facts(host: &str) -> HostFacts {
    HostFacts {
        hostname: host.to_owned(),
        os: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        machine_id: "0".repeat(32),
        systemd: 252,
        boot_id: "b".to_owned(),
        booted_at: Timestamp::from_secs(NOW - 86_400),
        now: Timestamp::from_secs(NOW),
        login: user("root"),
        login_uid: 0,
        root: RootRoute::Root,
        run_as: "setpriv".to_owned(),
        system_state: "running".to_owned(),
        may_linger_itself: None,
        user_managers: true,
        podman: None,
    }
}

pub(crate) fn report(plans: Vec<Building>) -> Report {
    let mut report = Report::default();
    for Building(plan) in plans {
        let outcome = if plan.is_empty() {
            HostOutcome::Unchanged
        } else {
            HostOutcome::Pending
        };
        let host = HostReport {
            outcome,
            facts: Some(facts(plan.host.as_str())),
            declared: Vec::new(),
            steps: Vec::new(),
            surprises: Vec::new(),
            millis: 400,
            plan: Some(plan.clone()),
        };
        report.hosts.insert(plan.host.clone(), host);
    }
    report
}

pub(crate) fn with_outcome(mut report: Report, host: &str, outcome: HostOutcome) -> Report {
    let host = report
        .hosts
        .entry(host.parse().unwrap())
        .or_insert(HostReport {
            outcome: HostOutcome::NotStarted,
            facts: None,
            declared: Vec::new(),
            plan: None,
            steps: Vec::new(),
            surprises: Vec::new(),
            millis: 0,
        });
    host.outcome = outcome;
    report
}

pub(crate) fn with_unreachable_host(report: Report, host: &str) -> Report {
    with_outcome(
        report,
        host,
        HostOutcome::Unreachable {
            reason: "connect timed out after 10s".to_owned(),
            help: Some(format!("check that `ssh {host} true` works")),
        },
    )
}

pub(crate) fn frame_of_command(kind: Command) -> DocumentFrame {
    DocumentFrame {
        kind,
        exit: RunExit {
            code: 0,
            reason: "done",
        },
        run: DocumentRun {
            id: "00000000-0000-4000-8000-000000000000".to_owned(),
            abide: "0.1.0".to_owned(),
            started: Moment(1_772_546_700_000),
            ended: Moment(1_772_546_703_800),
            millis: 3800,
            url: None,
            directory: None,
        },
        manifest: Some("shop".parse().unwrap()),
        selected: None,
        digest: None,
        diagnostics: Vec::new(),
        failure: None,
    }
}

pub(crate) fn document(kind: Command, report: &Report) -> Document {
    Document::new(frame_of_command(kind), report)
}

/// A fleet on which something of everything happened.
#[expect(clippy::too_many_lines, reason = "something of everything")]
pub(crate) fn report_of_everything() -> Report {
    let secret = Change::WriteFile(WriteFile {
        path: "/home/deploy/.env".parse().unwrap(),
        purpose: FilePurpose::Plain,
        body: Body::Secret {
            source: SecretSource::Env("TOKEN".to_owned()),
            bytes: None,
        },
        mode: 0o600,
        before: Before::Symlink("/etc/passwd".to_owned()),
    });
    let binary = Change::WriteFile(WriteFile {
        path: "/home/deploy/bin".parse().unwrap(),
        purpose: FilePurpose::Plain,
        body: Body::Plain(Bytes::new(vec![0, 255])),
        mode: 0o755,
        before: Before::Absent,
    });
    let full = plan_of("h1")
        .with_new_user_and_unit("a", "/home/a")
        .with_changed_unit(NOW - 60)
        .with_action(
            file("user:deploy", "/home/deploy/.env"),
            secret,
            missing_causes(),
        )
        .with_action(
            file("user:deploy", "/home/deploy/bin"),
            binary,
            missing_causes(),
        )
        .with_refusal(
            unit("system/x.service"),
            RefusalKind::Guard,
            "no",
            "allow it",
        )
        .notes(
            unit("system/y.service"),
            NoteKind::PendingRestart,
            "waits for a restart",
        );
    let failed = HostOutcome::Failed {
        reasons: vec![abide_model::FailReason::from_text("1 step failed")],
        residue: Some(Box::new(plan_of("h2").with_changed_unit(NOW - 60).0)),
        failed_units: vec![failed_unit()],
    };
    let all = report(vec![
        full,
        plan_of("h2").with_changed_unit(NOW - 60),
        plan_of("h3").with_changed_unit(NOW - 7200),
        plan_of("h4"),
    ]);
    let mut all = with_unreachable_host(with_outcome(all, "h2", failed), "h5");
    let host = all.hosts.get_mut(&"h2".parse().unwrap()).unwrap();
    host.steps = vec![StepReport {
        action: ActionId(3),
        outcome: StepOutcome::Failed,
        message: "Job failed".to_owned(),
    }];
    for host in all.hosts.values_mut() {
        host.declared = [
            ("system/nginx.service", 4),
            ("user:deploy/sidekiq.service", 9),
        ]
        .map(|(name, line)| Declared {
            resource: unit(name),
            loaded_as: None,
            origin: origin_at_line(line),
        })
        .to_vec();
    }
    all
}

pub(crate) fn origin_at_line(line: u32) -> Origin {
    Origin {
        file: "abide.yaml".to_owned(),
        line,
        column: 3,
    }
}

pub(crate) fn warning_diagnostic() -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        code: Code("W0201"),
        message: "a user's unit is wanted by a system target".to_owned(),
        span: Span {
            origin: origin_at_line(7),
            start: 10,
            end: 20,
        },
        label: "here".to_owned(),
        also: Vec::new(),
        help: Some("write `default.target`".to_owned()),
    }
}

/// One of each event that the engine tells.
pub(crate) fn engine_events() -> Vec<Event> {
    let host = || "h1".parse().unwrap();
    let done = |outcome| Event::ActionDone {
        host: host(),
        action: ActionId(3),
        outcome,
        message: "said".to_owned(),
    };
    vec![
        Event::HostStart { host: host() },
        Event::ObserveDone {
            host: host(),
            actions: 3,
        },
        Event::ActionStart {
            host: host(),
            action: ActionId(99),
        },
        done(StepOutcome::Ok),
        done(StepOutcome::Failed),
        Event::Progress {
            host: host(),
            message: "reconnecting".to_owned(),
        },
        Event::HostDone {
            host: host(),
            state: HostState::Failed,
            reasons: vec!["sidekiq.service did not stay up".to_owned()],
            failed_units: vec![failed_unit()],
            millis: 12,
        },
    ]
}

fn failed_unit() -> FailedUnit {
    FailedUnit {
        unit: "user:deploy/sidekiq.service".parse().unwrap(),
        state: "failed (exit-code), 3 restarts".to_owned(),
        journal: vec!["boom".to_owned()],
    }
}
