//! Plans of shards that are made apart and put together, as far as no host is needed.

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
