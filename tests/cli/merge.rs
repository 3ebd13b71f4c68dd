//! Plans and reports of shards that are made apart and put together, as far as no host is needed.

use serde_json::Value;

use crate::{Desk, TWO_HOSTS};

/// Plans every shard; none of the hosts answers, so each plan is incomplete, but a plan.
fn shards(desk: &Desk, count: u32) -> Vec<String> {
    let plan = |index: u32| {
        let name = format!("{index}.json");
        let shard = format!("--shard={index}/{count}");
        let said = desk.abide(&["plan", &shard, "-o", &name]);
        assert!(matches!(said.code, 0 | 3), "{said:?}");
        name
    };
    (1..=count).map(plan).collect()
}

fn read(desk: &Desk, name: &str) -> Value {
    let text = std::fs::read_to_string(desk.path().join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn all_shards_together_are_the_plan_of_the_whole() {
    let desk = Desk::with(TWO_HOSTS);
    // Four shards of two hosts: two at least are empty.
    let parts = shards(&desk, 4);
    let mut line = vec!["merge", "-o", "merged.json"];
    line.extend(parts.iter().rev().map(String::as_str));
    let merged = desk.abide(&line);
    assert_eq!(merged.code, 0, "{merged:?}");
    assert!(
        merged.stdout.contains("Saved merged.json for 2 hosts"),
        "{}",
        merged.stdout
    );
    assert_eq!(desk.abide(&["plan", "-o", "whole.json"]).code, 3);
    let (merged, whole) = (read(&desk, "merged.json"), read(&desk, "whole.json"));
    for member in [
        "digest",
        "summary",
        "selection",
        "complete",
        "applyable",
        "errored",
        "manifest",
    ] {
        assert_eq!(merged[member], whole[member], "{member}");
    }
    assert_eq!(desk.abide(&["show", "merged.json"]).code, 0);
}

#[test]
fn the_plan_of_an_empty_shard_is_valid_and_applying_it_is_a_success() {
    let desk = Desk::with(TWO_HOSTS);
    let parts = shards(&desk, 4);
    let empty = parts.iter().find(|name| {
        let hosts = read(&desk, name)["hosts"].as_array().unwrap().len();
        hosts == 0
    });
    let empty = empty.unwrap();
    assert_eq!(read(&desk, empty)["applyable"], false);
    for line in [
        &["apply", empty][..],
        &["plan", "--check", empty],
        &["show", empty],
    ] {
        let said = desk.abide(line);
        assert_eq!(said.code, 0, "{line:?}: {said:?}");
    }
}

#[test]
fn what_is_missing_is_named_and_nothing_is_written() {
    let desk = Desk::with(TWO_HOSTS);
    shards(&desk, 3);
    for (files, why) in [
        (&["1.json", "3.json"][..], "shard 2/3 is missing"),
        (&["2.json"], "the shards 1/3, 3/3 are missing"),
        (
            &["1.json", "1.json", "2.json", "3.json"],
            "shard 1/3 is there twice",
        ),
    ] {
        let said = desk.abide(&[&["merge", "-o", "out.json"][..], files].concat());
        assert_eq!(said.code, 5, "{said:?}");
        assert!(said.stderr.contains(why), "{}", said.stderr);
        assert!(!desk.path().join("out.json").exists());
    }
    desk.file("abide.yaml", &TWO_HOSTS.replace("started", "stopped"));
    let _planned = desk.abide(&["plan", "--shard", "2/3", "-o", "2.json"]);
    let said = desk.abide(&["merge", "1.json", "2.json", "3.json", "-o", "out.json"]);
    assert_eq!(said.code, 5, "{said:?}");
    assert!(
        said.stderr
            .contains("1.json and 2.json do not belong together: the manifest"),
        "{}",
        said.stderr
    );
    let unsharded = desk.abide(&["plan", "-o", "whole.json"]);
    assert_eq!(unsharded.code, 3);
    let said = desk.abide(&["merge", "whole.json", "-o", "out.json"]);
    assert_eq!(said.code, 5);
    assert!(
        said.stderr.contains("made without --shard"),
        "{}",
        said.stderr
    );
    assert_eq!(desk.abide(&["merge", "-o", "out.json"]).code, 64);
    assert_eq!(desk.abide(&["merge", "1.json"]).code, 64);
}

/// What the same command reports in shards, and as one run; no host answers.
fn reports(desk: &Desk, command: &[&str], count: u32) -> Vec<String> {
    let run = |more: &[&str], name: &str| {
        let report = format!("json={name}");
        let said = desk.abide(&[command, more, &["--report", &report]].concat());
        assert!(matches!(said.code, 0 | 3), "{said:?}");
    };
    run(&[], "whole.json");
    let shard = |index: u32| {
        let name = format!("{index}.json");
        run(&["--shard", &format!("{index}/{count}")], &name);
        name
    };
    (1..=count).map(shard).collect()
}

#[test]
fn the_reports_of_all_shards_are_the_report_of_the_run_in_one_piece() {
    for command in [&["drift"][..], &["plan"], &["apply", "--yes"]] {
        let desk = Desk::with(TWO_HOSTS);
        let parts = reports(&desk, command, 3);
        let mut line = vec!["merge", "-o", "all.json", "--report", "md=all.md"];
        line.extend(parts.iter().rev().map(String::as_str));
        let said = desk.abide(&line);
        // That the whole is incomplete is no failure of putting it together.
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.stdout.contains("db1, web1"), "{said:?}");
        let (all, whole) = (read(&desk, "all.json"), read(&desk, "whole.json"));
        for (member, value) in whole.as_object().unwrap() {
            match member.as_str() {
                // A digest is of a plan that can be applied; plans are merged for that.
                "run" | "digest" => {}
                "hosts" => assert_eq!(without_time(&all["hosts"]), without_time(value)),
                _ => assert_eq!(all[member], *value, "{member} of {command:?}"),
            }
        }
        assert_eq!(all["exit"]["code"], 3);
        let markdown = std::fs::read_to_string(desk.path().join("all.md")).unwrap();
        assert!(markdown.contains("**db1, web1** unknown"), "{markdown}");
    }
}

fn without_time(hosts: &Value) -> Value {
    let mut hosts = hosts.clone();
    for host in hosts.as_array_mut().unwrap() {
        host["millis"] = Value::Null;
    }
    hosts
}

#[test]
fn reports_that_are_not_all_of_one_run_are_refused() {
    let desk = Desk::with(TWO_HOSTS);
    reports(&desk, &["drift"], 2);
    let _planned = desk.abide(&["plan", "--shard", "1/2", "--report", "json=plan.json"]);
    let _planned = desk.abide(&["plan", "--shard", "1/2", "-o", "saved.json"]);
    let nobody = ["plan", "--host", "nobody", "--report", "json=failed.json"];
    assert_eq!(desk.abide(&nobody).code, 4);
    for (files, why) in [
        (&["2.json"][..], "shard 1/2 is missing"),
        (
            &["plan.json", "2.json"],
            "one is of `abide plan`, the other of `abide drift`",
        ),
        (&["whole.json", "2.json"], "made without --shard"),
        (
            &["1.json", "saved.json"],
            "saved.json is no report to merge",
        ),
        (&["saved.json", "1.json"], "it is not a saved plan"),
        (
            &["failed.json", "2.json"],
            "its run ended before hosts were selected",
        ),
        (&["abide.yaml"], "it is not JSON"),
        (&["none.json"], "none.json"),
    ] {
        let said = desk.abide(&[&["merge", "-o", "out.json"][..], files].concat());
        assert_eq!(said.code, 5, "{files:?}: {said:?}");
        assert!(said.stderr.contains(why), "{files:?}: {}", said.stderr);
        assert!(!desk.path().join("out.json").exists());
    }
}
