//! A large fleet loads in a time that a person waits.

use std::time::{Duration, Instant};

use abide_model::Fleet;

use crate::support::clean;

/// Ten times what an unoptimised build takes on a slow core.
const PATIENCE: Duration = Duration::from_secs(60);

fn load_in_time(text: &str) -> Fleet {
    let started = Instant::now();
    let fleet = clean(text);
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    fleet
}

/// A unit with its text, below `units:` of a user.
fn unit(name: usize) -> String {
    let lines = [
        "[Service]",
        "ExecStart=/bin/sleep infinity",
        "[Install]",
        "WantedBy=default.target",
    ];
    let text: Vec<_> = lines
        .iter()
        .map(|line| format!("              {line}\n"))
        .collect();
    format!(
        "          u{name}.service:\n            content: |\n{}",
        text.concat()
    )
}

fn units(count: usize) -> String {
    (0..count).map(unit).collect::<Vec<_>>().concat()
}

#[test]
fn twenty_thousand_written_units_load() {
    let host = |number: usize| {
        format!(
            "  h{number}:\n    users:\n      u:\n        units:\n{}",
            units(200)
        )
    };
    let hosts = (0..100).map(host).collect::<Vec<_>>().concat();
    let fleet = load_in_time(&format!("version: 1\nname: large\nhosts:\n{hosts}"));
    assert_eq!(fleet.hosts.len(), 100);
}

#[test]
fn a_thousand_hosts_with_twenty_units_of_a_group_load() {
    let host =
        |number: usize| format!("  h{number}: {{units: {{own.service: {{state: started}}}}}}\n");
    let hosts = (0..1000).map(host).collect::<Vec<_>>().concat();
    let group = format!(
        "groups:\n  all:\n    users:\n      u:\n        units:\n{}",
        units(20)
    );
    let fleet = load_in_time(&format!("version: 1\nname: large\nhosts:\n{hosts}{group}"));
    let units = |host: &abide_model::FleetHost| {
        let users = host.desired.users.values().map(|user| user.units.len());
        host.desired.units.len() + users.sum::<usize>()
    };
    assert_eq!(fleet.hosts.values().map(units).sum::<usize>(), 21_000);
}
