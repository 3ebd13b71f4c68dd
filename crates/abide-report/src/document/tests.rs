use abide_model::{
    ActionId, Body, Change, Declared, FailedUnit, Origin, RefusalKind, ResourceId, SecretSource,
    StepOutcome, StepReport, WriteFile,
};
use serde_json::Value;

use super::*;
use crate::sample::{
    NOW, before_with_content, document, file, missing_causes, plan_of, report, scope, unit, user,
    with_outcome, with_unreachable_host,
};

fn parsed(report: &Report) -> Value {
    let text = document(Command::Plan, report).to_json();
    assert!(text.ends_with("}\n"), "{text}");
    serde_json::from_str(&text).unwrap()
}

fn declares(report: &mut Report, host: &str, resources: &[(ResourceId, u32)]) {
    let host = report.hosts.get_mut(&host.parse().unwrap()).unwrap();
    host.declared = resources
        .iter()
        .map(|(resource, line)| Declared {
            resource: resource.clone(),
            loaded_as: None,
            origin: Origin {
                file: "abide.yaml".to_owned(),
                line: *line,
                column: 3,
            },
        })
        .collect();
}

fn states(document: &Document, host: usize) -> Vec<(String, &'static str)> {
    let resources = document.hosts[host].resources.iter();
    resources
        .map(|resource| (resource.id.clone(), resource.state.word()))
        .collect()
}

#[test]
fn a_document_begins_with_its_format_and_counts_its_changes() {
    let all = with_unreachable_host(
        report(vec![plan_of("h1").with_changed_unit(NOW - 60)]),
        "h2",
    );
    let text = document(Command::Plan, &all).to_json();
    let head: Vec<_> = text.lines().take(17).collect();
    insta::assert_snapshot!(head.join("\n"), @r##"
    {
      "format": 1,
      "format_version": "1.0",
      "kind": "plan",
      "exit": {
        "code": 0,
        "reason": "done"
      },
      "run": {
        "id": "00000000-0000-4000-8000-000000000000",
        "abide": "0.1.0",
        "started": "2026-03-03T14:05:00.000Z",
        "ended": "2026-03-03T14:05:03.800Z",
        "millis": 3800,
        "url": null,
        "directory": null
      },
    "##);
    let document = parsed(&all);
    assert_eq!(document["summary"]["restarts"], 1);
    assert_eq!(
        document["hosts"][0]["plan"]["actions"][2]["change"],
        "restart"
    );
    assert_eq!(document["hosts"][1]["state"], "unknown");
    assert_eq!(
        document["hosts"][1]["reasons"][0],
        "connect timed out after 10s"
    );
    assert_eq!(document["host_states"]["unknown"], 1);
    assert_eq!(document["host_states"]["locked"], 0);
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let make = || {
        report(vec![
            plan_of("h2").with_changed_unit(NOW),
            plan_of("h1").with_new_user_and_unit("a", "/home/a"),
        ])
    };
    let json = || document(Command::Plan, &make()).to_json();
    assert_eq!(json(), json());
}

#[test]
fn the_same_change_of_many_hosts_is_in_the_document_once() {
    let hosts = (1..=40).map(|n| plan_of(&format!("web{n:02}")).with_changed_unit(NOW - n));
    let all = report(hosts.collect());
    let document = document(Command::Plan, &all);
    assert_eq!(document.changes.len(), 1);
    let change = &document.changes[0];
    assert_eq!(
        (change.hosts.len(), change.hosts_text.as_str()),
        (40, "web01-web40")
    );
    assert_eq!(
        change.steps[0].diff,
        [
            "@@ line 2, [Unit]",
            " Description=Background worker",
            " ",
            " [Service]",
            "-ExecStart=/srv/app/bin/sidekiq -c 10",
            "+ExecStart=/srv/app/bin/sidekiq -c 20",
            " Restart=on-failure",
            " RestartSec=1",
            " "
        ]
    );
    assert!(
        document
            .hosts
            .iter()
            .all(|host| host.resources[0].changes == [0])
    );
}

#[test]
fn no_document_holds_a_secret_or_what_was_in_its_place() {
    let secret = Change::WriteFile(WriteFile {
        path: "/home/a/.env".parse().unwrap(),
        purpose: abide_model::FilePurpose::Plain,
        body: Body::Secret {
            source: SecretSource::Command(abide_model::SecretCommand::new(vec!["sops".to_owned()])),
            bytes: Some("canary-new".into()),
        },
        mode: 0o600,
        before: before_with_content("canary-old"),
    });
    let with = |host: &str| {
        plan_of(host).with_action(
            file("user:a", "/home/a/.env"),
            secret.clone(),
            missing_causes(),
        )
    };
    let failed = HostOutcome::Failed {
        reasons: Vec::new(),
        residue: Some(Box::new(with("h1").0)),
        failed_units: Vec::new(),
    };
    let all = with_outcome(report(vec![with("h1")]), "h1", failed);
    let text = document(Command::Apply, &all).to_json();
    assert!(!text.contains("canary") && text.contains("sops"), "{text}");
    let digest = Digest::of_bytes(b"canary-old").to_string();
    assert!(!text.contains(&digest), "{text}");
    assert!(!text.contains(&"0".repeat(32)), "the machine id: {text}");
}

#[test]
fn what_is_declared_and_not_in_a_plan_is_clean_and_of_an_unseen_host_unknown() {
    let nginx = unit("system/nginx.service");
    let sidekiq = unit("user:deploy/sidekiq.service");
    let mut all = with_unreachable_host(
        report(vec![plan_of("h1").with_changed_unit(NOW - 60)]),
        "h2",
    );
    for host in ["h1", "h2"] {
        declares(&mut all, host, &[(nginx.clone(), 4), (sidekiq.clone(), 9)]);
    }
    let document = document(Command::Plan, &all);
    let named = |one: &str, other: &str| {
        let one = ("system/nginx.service".to_owned(), one.to_owned());
        let other = ("user:deploy/sidekiq.service".to_owned(), other.to_owned());
        vec![one, other]
    };
    let of = |host| -> Vec<(String, String)> {
        let states = states(&document, host).into_iter();
        states.map(|(id, state)| (id, state.to_owned())).collect()
    };
    assert_eq!(of(0), named("clean", "pending"));
    assert_eq!(of(1), named("unknown", "unknown"));
    let pending = &document.hosts[0].resources[1];
    let codes: Vec<_> = pending.reasons.iter().map(|reason| reason.code).collect();
    assert_eq!(
        codes,
        [ReasonCode::ContentDiffers, ReasonCode::RunningOldConfig]
    );
    assert_eq!(pending.origin.as_ref().unwrap().line, 9);
    assert_eq!(document.resource_states[&ResourceState::Unknown], 2);
}

#[test]
fn a_refused_manager_refuses_what_it_runs() {
    let sidekiq = unit("user:deploy/sidekiq.service");
    let refusing = plan_of("h1").with_refusal(
        ResourceId::Manager(scope("user:deploy")),
        RefusalKind::Unknown,
        "its manager does not answer",
        "",
    );
    let mut all = report(vec![refusing]);
    declares(&mut all, "h1", &[(sidekiq, 9)]);
    let document = document(Command::Plan, &all);
    assert_eq!(
        states(&document, 0),
        [
            ("user:deploy/sidekiq.service".to_owned(), "unknown"),
            ("manager user:deploy".to_owned(), "unknown"),
        ]
    );
}

#[test]
fn after_a_failed_apply_each_resource_says_how_it_ended() {
    let plan = plan_of("h1")
        .with_action(unit("system/a.service"), Change::Restart, missing_causes())
        .with_action(unit("system/b.service"), Change::Restart, missing_causes())
        .with_action(unit("system/c.service"), Change::Restart, missing_causes())
        .with_action(unit("system/d.service"), Change::Restart, missing_causes())
        .with_action(unit("system/e.service"), Change::Restart, missing_causes());
    let residue =
        plan_of("h1").with_action(unit("system/d.service"), Change::Restart, missing_causes());
    let failed = HostOutcome::Failed {
        reasons: vec![abide_model::FailReason::from_text("1 step failed")],
        residue: Some(Box::new(residue.0)),
        failed_units: vec![FailedUnit {
            unit: "system/e.service".parse().unwrap(),
            state: "failed (exit-code), 3 restarts".to_owned(),
            journal: vec!["boom".to_owned()],
        }],
    };
    let mut all = with_outcome(report(vec![plan]), "h1", failed);
    let host = all.hosts.get_mut(&"h1".parse().unwrap()).unwrap();
    let step = |id, outcome, message: &str| StepReport {
        action: ActionId(id),
        outcome,
        message: message.to_owned(),
    };
    host.steps = vec![
        step(1, StepOutcome::Ok, ""),
        step(2, StepOutcome::Failed, "Job failed"),
        step(4, StepOutcome::Ok, ""),
        step(5, StepOutcome::Ok, ""),
    ];
    let document = document(Command::Apply, &all);
    let words: Vec<_> = states(&document, 0)
        .into_iter()
        .map(|(_, state)| state)
        .collect();
    assert_eq!(words, ["changed", "failed", "skipped", "failed", "failed"]);
    let remarks = &document.hosts[0].resources[1].remarks;
    assert_eq!(remarks[0].text, "restart b.service: Job failed");
    assert_eq!(
        document.hosts[0].resources[4].remarks[0].text,
        "did not stay up: failed (exit-code), 3 restarts"
    );
    assert_eq!(document.hosts[0].failed_units[0].journal, ["boom"]);
}

#[test]
fn a_quadlets_service_is_the_quadlet() {
    let quadlet = unit("user:deploy/web.container");
    let plan = plan_of("h1").with_action(
        unit("user:deploy/web.service"),
        Change::Restart,
        missing_causes(),
    );
    let mut all = report(vec![plan]);
    declares(&mut all, "h1", &[(quadlet, 9)]);
    let host = all.hosts.get_mut(&"h1".parse().unwrap()).unwrap();
    host.declared[0].loaded_as = Some(unit("user:deploy/web.service"));
    assert_eq!(
        states(&document(Command::Plan, &all), 0),
        [("user:deploy/web.container".to_owned(), "pending")]
    );
}

#[test]
fn a_refused_plan_is_not_applyable() {
    let refusing = plan_of("h1").with_changed_unit(NOW).with_refusal(
        ResourceId::Linger(user("a")),
        RefusalKind::Impossible,
        "no",
        "",
    );
    let document = document(Command::Plan, &report(vec![refusing]));
    assert!(!document.applyable && document.complete);
}

#[test]
fn while_somebody_changes_a_host_what_differs_there_is_not_known_to_be_wrong() {
    let document = document(Command::Drift, &crate::sample_drift::drifted_report());
    let host = |name: &str| {
        let found = document
            .hosts
            .iter()
            .find(|host| host.host.as_str() == name);
        found.unwrap()
    };
    let busy = &host("web4").resources;
    assert_eq!(busy.len(), 1);
    assert_eq!(busy[0].state, ResourceState::Unknown);
    assert_eq!(busy[0].reasons.len(), 1);
    assert_eq!(busy[0].reasons[0].code, ReasonCode::Unobservable);
    assert!(busy[0].reasons[0].text.contains("ana@desk"));
    assert_eq!(host("web1").resources[0].state, ResourceState::Pending);
    assert_eq!(document.resource_states[&ResourceState::Unknown], 1);
}
