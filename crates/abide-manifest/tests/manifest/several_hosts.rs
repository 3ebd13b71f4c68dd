//! What is wrong with a declaration of a group, and so of some hosts only.

use std::fmt::Write as _;

use crate::support::{load_text, told};

const GROUP: &str = "version: 1\nname: t\ngroups:\n  web:\n    units:\n      a.service: {template: true, content: \"[Service]\\nExecStart=${bin}/a\\n\"}\nhosts:\n";

fn said(hosts: &str) -> String {
    told(&load_text(&format!("{GROUP}{hosts}")))
}

#[test]
fn what_is_wrong_on_some_hosts_of_a_group_is_told_once_with_these_hosts() {
    let said = said(
        "  h1: {groups: [web], vars: {bin: /bin}}\n  h2: {groups: [web]}\n  h3: {groups: [web], vars: {bin: opt}}\n  h4: {groups: [web]}\n  h5: {}\n",
    );
    assert_eq!(said.matches("no variable `bin`").count(), 1, "{said}");
    assert!(said.contains("it is so on h2, h4\n"), "{said}");
    assert!(
        said.contains("E0507") && said.contains("it is so on h3\n"),
        "{said}"
    );
}

#[test]
fn what_is_wrong_on_all_hosts_of_a_group_or_with_one_host_names_none() {
    let all = said("  h1: {groups: [web]}\n  h2: {groups: [web]}\n  h3: {}\n");
    assert!(
        all.contains("E0208") && !all.contains("it is so on"),
        "{all}"
    );
    let one = told(&load_text(
        "version: 1\nname: t\nhosts:\n  h1: {units: {a.service: {content: \"[Service]\\nExecStart=bin/a\\n\"}}}\n  h2: {}\n",
    ));
    assert!(
        one.contains("E0507") && !one.contains("it is so on"),
        "{one}"
    );
}

#[test]
fn of_many_hosts_a_few_are_named() {
    let mut hosts = "  z: {groups: [web], vars: {bin: /bin}}\n".to_owned();
    for host in 0..10_000 {
        let _infallible = writeln!(hosts, "  h{host}: {{groups: [web]}}");
    }
    let said = said(&hosts);
    assert!(said.contains("and 9995 more hosts"), "{said}");
    assert!(said.len() < 1000, "{} bytes", said.len());
}
