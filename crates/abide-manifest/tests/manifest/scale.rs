//! A large fleet loads in a time that a person waits.

use std::fmt::Write as _;
use std::time::Duration;

use crate::support::clean;

/// Twenty thousand units, each written out, two hundred to a host.
#[test]
fn twenty_thousand_written_units_load() {
    let mut text = "version: 1\nname: large\nhosts:\n".to_owned();
    for host in 0..100 {
        let _ = writeln!(text, "  h{host}:\n    users:\n      u:\n        units:");
        for unit in 0..200 {
            let _ = write!(
                text,
                "          u{unit}.service:\n            content: |\n              [Service]\n              ExecStart=/bin/u{host}\n              [Install]\n              WantedBy=default.target\n            settle: {{for: 5s}}\n"
            );
        }
    }
    let started = std::time::Instant::now();
    assert_eq!(clean(&text).hosts.len(), 100);
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );
}

/// A thousand hosts with twenty units each come from one group; another thousand units are written out.
#[test]
fn a_thousand_hosts_load() {
    let mut text =
        "version: 1\nname: large\ngroups:\n  all:\n    users:\n      u:\n        units:\n"
            .to_owned();
    for unit in 0..20 {
        let _ = write!(
            text,
            "          u{unit}.service:\n            content: |\n              [Service]\n              ExecStart=/bin/u{unit}\n              [Install]\n              WantedBy=default.target\n"
        );
    }
    text.push_str("hosts:\n");
    for host in 0..1000 {
        let _ = writeln!(
            text,
            "  h{host}: {{units: {{own{host}.service: {{state: started}}}}}}"
        );
    }
    let started = std::time::Instant::now();
    let fleet = clean(&text);
    let units: usize = fleet
        .hosts
        .values()
        .map(|host| {
            host.desired.units.len()
                + host
                    .desired
                    .users
                    .values()
                    .map(|user| user.units.len())
                    .sum::<usize>()
        })
        .sum();
    assert_eq!(units, 21_000);
    // Ten times what an unoptimised build takes on one slow core.
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );
}
