use abide_model::{FilePurpose, ResourceId, SecretSource, WriteFile};
use serde_json::Value;

use super::*;
use crate::sample::{
    NOW, file, missing, plan_of, present, report, unreachable, user, with_outcome,
};

const PENDING: Exit = Exit {
    code: 0,
    reason: "pending",
};

fn parsed(text: &str) -> Value {
    assert!(text.ends_with("}\n"), "{text}");
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_plan_document_begins_with_its_format_and_counts_its_changes() {
    let all = unreachable(report(vec![plan_of("h1").changed(NOW - 60)]), "h2");
    let text = plan(&all, PENDING);
    let head: Vec<_> = text.lines().take(10).collect();
    insta::assert_snapshot!(head.join("\n"), @r##"
    {
      "format": 1,
      "format_version": "1.0",
      "kind": "plan",
      "exit": {
        "code": 0,
        "reason": "pending"
      },
      "complete": false,
      "applyable": true,
    "##);
    let document = parsed(&text);
    assert_eq!(document["summary"]["restarts"], 1);
    assert_eq!(
        document["hosts"][0]["plan"]["actions"][2]["change"],
        "restart"
    );
    assert_eq!(document["hosts"][1]["outcome"], "unreachable");
    assert_eq!(
        document["hosts"][1]["reasons"][0],
        "connect timed out after 10s"
    );
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let make = || {
        report(vec![
            plan_of("h2").changed(NOW),
            plan_of("h1").greenfield("a", "/home/a"),
        ])
    };
    assert_eq!(plan(&make(), PENDING), plan(&make(), PENDING));
}

#[test]
fn a_plan_in_a_document_reads_back_as_the_plan() {
    let all = report(vec![plan_of("h1").greenfield("a", "/home/a")]);
    let document = parsed(&plan(&all, PENDING));
    let read: Plan = serde_json::from_value(document["hosts"][0]["plan"].clone()).unwrap();
    assert_eq!(
        Some(&read),
        all.hosts.values().next().unwrap().plan.as_ref()
    );
}

#[test]
fn no_document_holds_a_secret_or_what_was_in_its_place() {
    let secret = Change::WriteFile(WriteFile {
        path: "/home/a/.env".parse().unwrap(),
        purpose: FilePurpose::Plain,
        body: Body::Secret {
            source: SecretSource::Command(vec!["sops".to_owned()]),
            bytes: Some("canary-new".into()),
        },
        mode: 0o600,
        before: present("canary-old"),
    });
    let with =
        |host: &str| plan_of(host).does(file("user:a", "/home/a/.env"), secret.clone(), missing());
    let failed = HostOutcome::Failed {
        reasons: Vec::new(),
        residue: Some(Box::new(with("h1").0)),
        failed_units: Vec::new(),
    };
    let all = with_outcome(report(vec![with("h1")]), "h1", failed);
    for text in [plan(&all, PENDING), super::report(&all, PENDING)] {
        assert!(!text.contains("canary") && text.contains("sops"), "{text}");
        let digest = abide_model::Digest::of(b"canary-old").to_string();
        assert!(!text.contains(&digest), "{text}");
    }
}

#[test]
fn every_outcome_is_one_word() {
    let all = report(vec![plan_of("h1")]);
    let all = with_outcome(all, "h1", HostOutcome::NotStarted);
    assert_eq!(
        parsed(&super::report(&all, PENDING))["hosts"][0]["outcome"],
        "not_started"
    );
}

#[test]
fn a_refused_plan_is_not_applyable() {
    let refusing = plan_of("h1").changed(NOW).refuses(
        ResourceId::Linger(user("a")),
        abide_model::RefusalKind::Impossible,
        "no",
        "",
    );
    let document = parsed(&plan(&report(vec![refusing]), PENDING));
    assert_eq!(
        (&document["applyable"], &document["complete"]),
        (&false.into(), &true.into())
    );
}
