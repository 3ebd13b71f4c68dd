//! Saved plans as far as no host is needed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::{Desk, TWO_HOSTS, said};

/// A plan that was made on real hosts, long ago.
const KEPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../abide-model/testdata/saved-plans/1.0-fleet.json"
);

const SECRET: &str = "version: 1\nname: s\nhosts: {h1: {address: 127.0.0.1, port: 9}}\n\
     groups:\n  all:\n    users:\n      app:\n        files:\n          key: {secret: {env: TOKEN}}\n";

fn plan(desk: &Desk) -> Value {
    let text = fs::read_to_string(desk.path().join("plan.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_saved_plan_is_shown_without_any_host_or_manifest() {
    let desk = Desk::empty();
    let text = desk.abide(&["show", KEPT]);
    assert_eq!(text.code, 0);
    for word in [
        "of the manifest shop",
        "restart",
        "web.service",
        "db1 not observed",
    ] {
        assert!(text.stdout.contains(word), "no `{word}` in {}", text.stdout);
    }
    let json = desk.abide(&["show", KEPT, "--json"]);
    let shown: Value = serde_json::from_str(&json.stdout).unwrap();
    let kept: Value = serde_json::from_str(&fs::read_to_string(KEPT).unwrap()).unwrap();
    assert_eq!(shown, kept);
    let md = desk.abide(&["show", KEPT, "--md"]);
    assert_eq!(md.code, 0);
    assert!(
        md.stdout.starts_with("<!-- abide:plan:shop -->"),
        "{}",
        md.stdout
    );
    assert!(md.stdout.contains(kept["digest"].as_str().unwrap()));
}

#[test]
fn an_old_plan_and_one_with_secrets_but_no_key_end_with_5() {
    let desk = Desk::empty();
    let old = desk.abide(&["apply", KEPT, "--max-age", "0d"]);
    assert_eq!(old.code, 5, "{old:?}");
    assert!(old.stderr.contains("has expired"), "{}", old.stderr);
    let keyless = desk.abide(&["apply", KEPT, "--max-age", "9999w"]);
    assert_eq!(keyless.code, 5, "{keyless:?}");
    assert!(
        keyless.stderr.contains("ABIDE_PLAN_KEY"),
        "{}",
        keyless.stderr
    );
    let stranger = said(
        desk.command(&["apply", KEPT, "--max-age", "9999w"])
            .env("ABIDE_PLAN_KEY", "another key of thirty-two bytes!!"),
    );
    assert_eq!(stranger.code, 5, "{stranger:?}");
    assert!(
        stranger.stderr.contains("sealed with another key"),
        "{}",
        stranger.stderr
    );
}

#[test]
fn no_plan_and_something_else_are_told_apart() {
    let desk = Desk::empty();
    desk.file("list.json", "[]");
    desk.file(
        "report.json",
        r#"{"kind": "plan", "format_version": "1.0"}"#,
    );
    for (name, code, why) in [
        ("none.json", 64, "cannot be read"),
        (".", 64, "not a regular file"),
        ("list.json", 5, "it is not a saved plan"),
        ("report.json", 5, "its kind is `plan`"),
    ] {
        for command in [
            &["apply", name][..],
            &["show", name],
            &["plan", "--check", name],
        ] {
            let said = desk.abide(command);
            assert_eq!(said.code, code, "{command:?} {said:?}");
            assert!(said.stderr.contains(why), "{}", said.stderr);
        }
    }
}

#[test]
fn flags_that_contradict_a_saved_plan_are_usage_errors() {
    let desk = Desk::with(TWO_HOSTS);
    for line in [
        &["apply", KEPT, "-f", "abide.yaml"][..],
        &["apply", KEPT, "--allow-removals", "3"],
        &["apply", "--skip-stale", "--yes"],
        &["apply", "--max-age", "1d", "--yes"],
        &["apply", "--expect-digest", "9zrf-yp00"],
        &["plan", "--check", KEPT, "-o", "x.json"],
        &["plan", "--max-age", "1d"],
        &["show", "--json"],
        &["show", KEPT, "--json", "--md"],
    ] {
        let said = desk.abide(line);
        assert_eq!(said.code, 64, "{line:?} {said:?}");
    }
}

#[test]
fn a_plan_that_cannot_be_written_ends_before_any_host_is_asked() {
    let desk = Desk::with(TWO_HOSTS);
    for path in ["no/such/directory/plan.json", "."] {
        let said = desk.abide(&["plan", "-o", path]);
        assert_eq!(said.code, 64, "{said:?}");
        assert!(!said.stderr.contains("refused"), "{}", said.stderr);
    }
}

#[test]
fn an_incomplete_plan_is_saved_and_says_so_for_its_owner_only() {
    // Nothing is said about the way to its hosts, which needs a seal.
    let desk = Desk::with(&TWO_HOSTS.replace("address: 127.0.0.1, port: 9, ", ""));
    desk.file("plan.json", "something older");
    let said = desk.abide(&["plan", "-o", "plan.json", "--group", "web"]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.stdout.contains("Saved plan.json, valid 24h."),
        "{}",
        said.stdout
    );
    let saved = plan(&desk);
    assert_eq!(
        (&saved["complete"], &saved["applyable"]),
        (&false.into(), &false.into())
    );
    assert_eq!(saved["selection"]["args"][0], "--group=web");
    assert_eq!(saved["seal"], Value::Null, "nothing in it needs one");
    let text = fs::read_to_string(desk.path().join("plan.json")).unwrap();
    assert_eq!(text, abide_model::canonical::text(&saved).unwrap() + "\n");
    let mode = fs::metadata(desk.path().join("plan.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(
        !desk.path().join(".local").exists(),
        "no key is made where none is needed"
    );
}

#[test]
fn a_plan_with_secrets_is_sealed_with_a_key_that_is_made_once() {
    let desk = Desk::with(SECRET);
    let save = || {
        let said = said(
            desk.command(&["plan", "-o", "plan.json"])
                .env("TOKEN", "c4n4ry"),
        );
        assert_eq!(said.code, 3, "{said:?}");
        let seal = plan(&desk)["seal"].clone();
        assert!(
            seal["digest"].is_string() && seal["key"].is_string(),
            "{seal}"
        );
        seal["key"].clone()
    };
    assert_eq!(save(), save());
    let key = desk.path().join(".local/state/abide/plan.key");
    assert_eq!(
        fs::metadata(key).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let text = fs::read_to_string(desk.path().join("plan.json")).unwrap();
    assert!(!text.contains("c4n4ry"));
}
