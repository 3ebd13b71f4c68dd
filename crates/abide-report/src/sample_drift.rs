//! What a look for drift found, to render in tests.

use abide_model::{
    Drift, DriftClass, Finding, FindingKind, HostDrift, HostOutcome, LockHolder, Report,
    Suspension, Timestamp,
};

use crate::sample::{NOW, plan_of, report, unit, with_outcome, with_unreachable_host};

/// Something that was seen of a resource.
fn finding(kind: FindingKind, text: &str, since: Option<u64>) -> Finding {
    Finding {
        kind,
        text: text.to_owned(),
        path: None,
        since: since.map(Timestamp::from_secs),
        evidence: Vec::new(),
        by: None,
    }
}

fn drift(resource: &str, class: DriftClass, findings: Vec<Finding>) -> Drift {
    Drift {
        resource: unit(resource),
        class,
        findings,
    }
}

fn host_drift(resources: Vec<Drift>) -> HostDrift {
    HostDrift {
        resources,
        applied_at: Some(Timestamp::from_secs(NOW - 90_000)),
        busy: None,
        left: Vec::new(),
    }
}

/// A unit that runs something old, since then.
pub(crate) fn runs_old(text: &str, since: u64) -> Drift {
    let found = finding(FindingKind::RunningOld, text, Some(since));
    drift("user:deploy/a.service", DriftClass::Drifted, vec![found])
}

/// With a host on which this was found.
pub(crate) fn with_judged_host(report: Report, host: &str, resources: Vec<Drift>) -> Report {
    let outcome = HostOutcome::Judged(Box::new(host_drift(resources)));
    with_outcome(report, host, outcome)
}

/// Three hosts wait for the same rollout, one was edited by hand, and each other state is there once.
pub(crate) fn drifted_report() -> Report {
    let sidekiq = "user:deploy/sidekiq.service";
    let mut all = report(vec![
        plan_of("db1").with_changed_unit(NOW - 3600),
        plan_of("web1").with_changed_unit(NOW - 3600),
        plan_of("web2").with_changed_unit(NOW - 3600),
        plan_of("web3").with_changed_unit(NOW - 3600),
    ]);
    let waits = || {
        let text = "sidekiq.service is not what the manifest says";
        let found = finding(FindingKind::Manifest, text, None);
        drift(sidekiq, DriftClass::PendingRollout, vec![found])
    };
    for host in ["web1", "web2", "web3"] {
        all = with_judged_host(all, host, vec![waits()]);
    }
    let edited = finding(
        FindingKind::File,
        "sidekiq.service was edited",
        Some(NOW - 7200),
    );
    let stopped = finding(FindingKind::State, "it was stopped | by whom?", None);
    let edits = vec![
        drift(sidekiq, DriftClass::Drifted, vec![edited]),
        drift("system/nginx.service", DriftClass::Drifted, vec![stopped]),
    ];
    all = with_judged_host(all, "db1", edits);
    let right = finding(
        FindingKind::File,
        "sidekiq.service was edited",
        Some(NOW - 60),
    );
    let edits = vec![drift(sidekiq, DriftClass::HandEditedButRight, vec![right])];
    all = with_judged_host(all, "db2", edits);
    all = with_judged_host(all, "mail1", Vec::new());
    let busy = HostDrift {
        busy: Some(lock_holder()),
        ..host_drift(vec![waits()])
    };
    all = with_outcome(all, "web4", HostOutcome::Judged(Box::new(busy)));
    let suspension = Suspension {
        who: "bob@desk".to_owned(),
        since: Timestamp::from_secs(NOW - 600),
        until: Timestamp::from_secs(NOW + 7200),
        reason: "new disk".to_owned(),
    };
    let suspended = HostOutcome::Suspended {
        suspension,
        since_plan: false,
    };
    all = with_outcome(all, "web5", suspended);
    with_unreachable_host(with_unreachable_host(all, "web8"), "web9")
}

fn lock_holder() -> LockHolder {
    LockHolder {
        id: "7.8".to_owned(),
        who: "ana@desk".to_owned(),
        operation: "apply".to_owned(),
        plan: "k7f2-93qd".to_owned(),
        url: String::new(),
        since: Timestamp::from_secs(NOW - 30),
    }
}
