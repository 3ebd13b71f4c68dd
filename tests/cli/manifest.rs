//! How manifests are found, merged and checked.

use crate::{Desk, TWO_HOSTS};

#[test]
fn a_valid_manifest_says_so() {
    let said = Desk::with(TWO_HOSTS).abide(&["validate"]);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""));
    assert_eq!(said.stderr, "The manifest `cli` is valid: 2 hosts.\n");
}

#[test]
fn a_directory_and_several_files_are_one_fleet() {
    let desk = Desk::empty();
    desk.file("fleet/a.yaml", TWO_HOSTS);
    desk.file("fleet/notes.txt", "not a manifest");
    desk.file("more.yaml", "version: 1\nname: cli\nhosts: {extra: {}}\n");
    let said = desk.abide(&["validate", "-f", "fleet", "-f", "more.yaml"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(said.stderr, "The manifest `cli` is valid: 3 hosts.\n");
    desk.file("again.yaml", "version: 1\nname: cli\nhosts: {web1: {}}\n");
    let said = desk.abide(&["-f", "fleet", "validate", "--file", "again.yaml"]);
    assert_eq!(said.code, 65, "a host in two files: {said:?}");
    assert!(
        said.stdout.contains("fleet/a.yaml") && said.stdout.contains("again.yaml"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_manifest_may_come_by_standard_input() {
    let desk = Desk::empty();
    let said = crate::said(
        desk.command(&["validate", "-f", "-"])
            .write_stdin(TWO_HOSTS),
    );
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn what_cannot_be_read_is_named() {
    let desk = Desk::empty();
    std::fs::create_dir(desk.path().join("empty")).unwrap();
    std::fs::write(desk.path().join("latin1.yaml"), b"name: caf\xe9\n").unwrap();
    for (file, why) in [
        ("none.yaml", "none.yaml: No such file"),
        ("empty", "there is no *.yaml file in empty"),
        ("latin1.yaml", "latin1.yaml: it is not UTF-8"),
        ("/dev/zero", "/dev/zero: it is not a regular file"),
    ] {
        let said = desk.abide(&["validate", "-f", file]);
        assert_eq!(said.code, 65, "{said:?}");
        assert!(said.stderr.contains(why), "{}", said.stderr);
    }
}

#[test]
fn files_outside_the_manifests_directory_need_a_flag() {
    let desk = Desk::empty();
    desk.file("unit.service", "[Service]\nExecStart=/bin/sleep 1\n");
    desk.file(
        "fleet/abide.yaml",
        "version: 1\nname: x\nhosts: {h1: {units: {a.service: {source: ../unit.service}}}}\n",
    );
    desk.file(
        "fleet/link.yaml",
        "version: 1\nname: x\nhosts: {h1: {units: {a.service: {source: link.service}}}}\n",
    );
    std::os::unix::fs::symlink("../unit.service", desk.path().join("fleet/link.service")).unwrap();
    for file in ["fleet/abide.yaml", "fleet/link.yaml"] {
        let said = desk.abide(&["validate", "-f", file]);
        assert_eq!(said.code, 65, "{said:?}");
        let said = desk.abide(&["validate", "-f", file, "--allow-outside"]);
        assert_eq!(said.code, 0, "{said:?}");
    }
}

#[test]
fn resolved_values_say_where_they_come_from() {
    let said = Desk::with(TWO_HOSTS).abide(&["show", "--resolved", "web1"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.stdout.contains("nginx.service") && said.stdout.contains("abide.yaml:"),
        "{}",
        said.stdout
    );
}
