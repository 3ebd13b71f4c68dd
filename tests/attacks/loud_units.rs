//! Units that print without end and fail: their words go into the reports.

use crate::attack::{Promise, attack};
use crate::support::World;
use std::fmt::Write as _;

#[test]
fn units_that_print_megabytes_and_fail_make_no_large_reports() {
    let _attack = attack(
        "forty units print megabytes that grow when they are escaped, and fail",
        Promise::BoundedAnswer,
    );
    let world = World::used();
    let line = "<".repeat(1000);
    world.file(
        "units/loud.service",
        &format!(
            "[Service]\nExecStart=/bin/sh -c 'yes \"{line}\" | head -n 2000; exit 1'\n[Install]\nWantedBy=default.target\n"
        ),
    );
    let mut units = String::new();
    for number in 0..40 {
        writeln!(
            units,
            "          loud{number}.service: {{source: units/loud.service}}"
        )
        .expect("a string");
    }
    world.manifest(&format!(
        "version: 1\nname: loud\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n      loud:\n        units:\n{units}"
    ));
    let kinds = ["html", "md", "json", "junit"];
    let reports = kinds.map(|kind| format!("{kind}=out.{kind}"));
    let mut arguments = vec!["apply", "--yes"];
    for report in &reports {
        arguments.extend(["--report", report]);
    }
    let said = world.abide(&arguments).ends_with(1);
    assert!(said.stdout.len() < 1_000_000, "{}", said.stdout.len());
    for kind in kinds {
        let report = std::fs::read(world.path(&format!("out.{kind}"))).expect("a report");
        assert!(
            report.len() < 2_000_000,
            "{kind} has {} bytes",
            report.len()
        );
        if kind == "html" {
            let text = String::from_utf8_lossy(&report);
            assert!(text.contains("&lt;&lt;&lt;"), "what they said is not there");
        }
    }
    world.manifest("version: 1\nname: loud\nhosts: {h1: {}, h2: {}}\ngroups: {all: {users: {loud: {state: absent, remove_home: true, end_processes: true}}}}\n");
    world
        .abide(&["apply", "--yes", "--allow-removals", "100"])
        .ends_with(0);
}
