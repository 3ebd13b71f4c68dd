//! A unit that restarts along with another one of the call is restarted once.

use super::local::{Host, on_hosts};
use super::*;

/// What `systemctl show` says of a unit in this run.
fn shown(run: u32, more: &str) -> String {
    let state = "LoadState=loaded\nDropInPaths=\nActiveState=active\nSubState=running\nResult=success\nNRestarts=0\n";
    format!("{state}InvocationID={run:032}\n{more}")
}

/// A plan that restarts these units.
fn restarts(host: &Host, units: &[&str]) -> Plan {
    let restart = |name: &&str| (host.unit(name), Change::Restart, vec![]);
    plan_of(units.iter().map(restart).collect())
}

const BOTH_DONE: &str = "begin 1\nbegin 2\ndone 1 ok \ndone 2 ok \nend\n";

#[test]
fn units_that_have_nothing_to_do_with_each_other_are_one_call() {
    on_hosts(|host, shell| {
        let told = host.apply(shell, &restarts(host, &["app.service", "base.service"]));
        assert_eq!(told, (BOTH_DONE.to_owned(), 0), "{shell:?}");
        assert_eq!(host.calls(), ["restart -- app.service base.service"]);
    });
}

#[test]
fn what_restarted_along_with_another_is_not_asked_for() {
    let ties = ["RequiredBy", "RequisiteOf", "BoundBy", "ConsistsOf"];
    on_hosts(|host, shell| {
        for tie in ties {
            host.put("calls", "");
            host.put(
                "show.base.service",
                &shown(1, &format!("{tie}=x.service app.service\n")),
            );
            host.put("show.app.service", &shown(2, ""));
            host.put("next", &shown(3, ""));
            host.put("on.restart", "cp \"$at/next\" \"$at/show.app.service\"");
            let told = host.apply(shell, &restarts(host, &["app.service", "base.service"]));
            assert_eq!(told, (BOTH_DONE.to_owned(), 0), "{tie} {shell:?}");
            assert_eq!(host.calls(), ["restart -- base.service"], "{tie} {shell:?}");
        }
    });
}

#[test]
fn what_is_still_on_its_way_is_waited_for() {
    on_hosts(|host, shell| {
        host.put("show.base.service", &shown(1, "RequiredBy=app.service\n"));
        host.put("show.app.service", &shown(2, ""));
        host.put("next", &shown(2, "Job=77\n"));
        host.put("last", &shown(3, "Job=\n"));
        host.put("on.restart", "cp \"$at/next\" \"$at/show.app.service\"");
        host.put("on.start", "cp \"$at/last\" \"$at/show.app.service\"");
        let told = host.apply(shell, &restarts(host, &["app.service", "base.service"]));
        assert_eq!(told, (BOTH_DONE.to_owned(), 0), "{shell:?}");
        assert_eq!(
            host.calls(),
            ["restart -- base.service", "start -- app.service"]
        );
    });
}

#[test]
fn what_did_not_restart_along_is_asked_for_after_all() {
    let stays = [
        // It was not taken along.
        (shown(2, ""), shown(2, "")),
        // It was only stopped.
        (
            shown(2, ""),
            shown(0, "").replace("ActiveState=active", "ActiveState=inactive"),
        ),
        // A job that was waited for left it as it was.
        (shown(2, "Job=77\n"), shown(2, "")),
    ];
    on_hosts(|host, shell| {
        for (next, last) in &stays {
            host.put("calls", "");
            host.put(
                "show.base.service",
                &shown(1, "PropagatesStopTo=app.service\n"),
            );
            host.put("show.app.service", &shown(2, ""));
            host.put("next", next);
            host.put("last", last);
            let twice = "if [ -e \"$at/once\" ]; then :; else cp \"$at/next\" \"$at/show.app.service\"; : >\"$at/once\"; fi";
            host.put(
                "on.restart",
                if next.contains("Job") {
                    twice
                } else {
                    "cp \"$at/last\" \"$at/show.app.service\""
                },
            );
            host.put("on.start", "cp \"$at/last\" \"$at/show.app.service\"");
            let told = host.apply(shell, &restarts(host, &["app.service", "base.service"]));
            assert_eq!(told, (BOTH_DONE.to_owned(), 0), "{shell:?}");
            let mut expected = vec!["restart -- base.service", "restart -- app.service"];
            if next.contains("Job") {
                expected.insert(1, "start -- app.service");
            }
            assert_eq!(host.calls(), expected, "{shell:?}");
        }
    });
}

#[test]
fn what_fails_when_it_restarts_along_is_told_and_not_tried_again() {
    on_hosts(|host, shell| {
        host.put("show.base.service", &shown(1, "BoundBy=app.service\n"));
        host.put("show.app.service", &shown(2, ""));
        let failed = shown(3, "")
            .replace("active\nSub", "failed\nSub")
            .replace("success", "exit-code");
        host.put("next", &failed);
        host.put("on.restart", "cp \"$at/next\" \"$at/show.app.service\"");
        let told = host.apply(shell, &restarts(host, &["app.service", "base.service"]));
        let expected = "begin 1\nbegin 2\n\
            done 1 failed app.service restarted along with another unit and failed (exit-code)\n\
            done 2 ok \nend\n";
        assert_eq!(told, (expected.to_owned(), 1), "{shell:?}");
        assert_eq!(host.calls(), ["restart -- base.service"]);
    });
}

#[test]
fn of_a_circle_the_first_one_leads() {
    on_hosts(|host, shell| {
        host.put("show.a.service", &shown(1, "ConsistsOf=b.service\n"));
        host.put("show.b.service", &shown(2, "ConsistsOf=a.service\n"));
        host.put("next", &shown(3, ""));
        host.put("on.restart", "cp \"$at/next\" \"$at/show.b.service\"");
        let told = host.apply(shell, &restarts(host, &["a.service", "b.service"]));
        assert_eq!(told, (BOTH_DONE.to_owned(), 0), "{shell:?}");
        assert_eq!(host.calls(), ["restart -- a.service"]);
    });
}
