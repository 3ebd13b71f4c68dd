//! The commands that need neither a host nor a manifest.

use std::process::Command;

use crate::Desk;

#[test]
fn init_writes_a_manifest_that_is_valid_and_never_overwrites() {
    let desk = Desk::empty();
    let said = desk.abide(&["init"]);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""));
    assert_eq!(desk.abide(&["validate"]).code, 0);

    desk.file("abide.yaml", "mine");
    let said = desk.abide(&["init"]);
    assert_eq!(said.code, 1);
    assert!(
        said.stderr.contains("abide.yaml is there already"),
        "{}",
        said.stderr
    );
    assert_eq!(
        std::fs::read_to_string(desk.path().join("abide.yaml")).unwrap(),
        "mine"
    );
    let files = std::fs::read_dir(desk.path()).unwrap().count();
    assert_eq!(files, 1, "no temporary file is left");
    assert_eq!(desk.abide(&["init", "none/abide.yaml"]).code, 1);
}

#[test]
fn the_published_schemas_are_the_ones_that_are_printed() {
    for (line, file) in [
        (&["schema"][..], "abide"),
        (&["schema", "plan"], "plan"),
        (&["schema", "report"], "report"),
        (&["schema", "events"], "events"),
    ] {
        let said = Desk::empty().abide(line);
        assert_eq!(said.code, 0);
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas");
        let published = std::fs::read_to_string(format!("{directory}/{file}.schema.json")).unwrap();
        assert!(
            said.stdout == published,
            "schemas/{file}.schema.json is not what {line:?} prints"
        );
    }
}

#[test]
fn every_code_of_a_diagnostic_is_explained() {
    let desk = Desk::with("version: 1\nname: x\nhosts: {h1: {unitz: {}}}\n");
    let said = desk.abide(&["validate", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let code = document["diagnostics"][0]["code"].as_str().unwrap();
    let said = desk.abide(&["explain", &code.to_lowercase()]);
    assert_eq!(said.code, 0);
    assert!(said.stdout.len() > 100, "{}", said.stdout);
}

#[test]
fn completions_are_printed_and_bash_accepts_them() {
    let desk = Desk::empty();
    for shell in ["bash", "zsh", "fish"] {
        let said = desk.abide(&["completions", shell]);
        assert!(
            said.code == 0 && said.stdout.contains("completions"),
            "{shell}"
        );
    }
    let script = desk.file("abide.bash", &desk.abide(&["completions", "bash"]).stdout);
    let status = Command::new("bash").arg("-n").arg(script).status().unwrap();
    assert!(status.success());
}

#[test]
fn manual_pages_are_written() {
    let desk = Desk::empty();
    assert_eq!(desk.abide(&["man", "."]).code, 0);
    for page in ["abide.1", "abide-plan.1", "abide-apply.1"] {
        assert!(desk.path().join(page).exists(), "{page}");
    }
}
