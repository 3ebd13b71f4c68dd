//! What is said of a boot: by the host's systemd, and by `abide status`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::USER;
use super::ways::{Asked, Kind};
use crate::support::World;

/// What the host's systemd says that a boot would start, asked by the test itself, and which units are in cycles.
pub(super) fn rehearsed(
    world: &World,
    host: &str,
    user: bool,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let said = match user {
        true => world.fleet.sh_as(
            host,
            USER,
            // Before 252 it would put its socket in the place of the running manager's (docs/systemd-facts.md).
            "runtime=/run/user/$(id -u); version=$(systemctl --version | sed -n '1s/^systemd \\([0-9]*\\).*/\\1/p')
             [ \"$version\" -ge 252 ] || runtime=/dev/null
             XDG_RUNTIME_DIR=$runtime /lib/systemd/systemd --user --test --no-pager 2>&1",
        ),
        false => world.fleet.sh_as(
            host,
            "nobody",
            "/lib/systemd/systemd --system --test --no-pager 2>&1",
        ),
    };
    let starts = said
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Action: ")?.strip_suffix(" start"))
        .filter_map(|line| line.split(' ').next())
        .map(ToOwned::to_owned);
    let about_cycles =
        |line: &&str| line.contains("ordering cycle") || line.contains("Found dependency on");
    let cycles = said
        .lines()
        .filter(about_cycles)
        .flat_map(str::split_whitespace)
        .map(|word| {
            word.trim_end_matches(':')
                .trim_end_matches("/start")
                .to_owned()
        });
    (starts.collect(), cycles.collect())
}

/// What status says of each unit of a host: `yes`, `no`, `by` or `unknown`, and all of it.
pub(super) fn boots(world: &World) -> BTreeMap<(String, bool, String), (String, String)> {
    let said = world.abide(&["status", "--json"]).ends_with(0);
    let answer: Value = serde_json::from_str(&said.stdout).expect("a document");
    let mut boots = BTreeMap::new();
    for host in answer["hosts"].as_array().expect("hosts") {
        for unit in host["units"].as_array().expect("units") {
            let boot = &unit["boot"];
            let word = match boot {
                Value::String(word) => word.clone(),
                Value::Object(fields) => fields.keys().next().expect("a word").clone(),
                other => other.to_string(),
            };
            let key = (
                host["host"].as_str().expect("a name").to_owned(),
                unit["user"].is_string(),
                unit["unit"].as_str().expect("a name").to_owned(),
            );
            boots.insert(key, (word, boot.to_string()));
        }
    }
    boots
}

pub(super) fn declare(world: &World, asked: &[Asked]) {
    let units = |user: bool| {
        let units = asked.iter().filter(|one| one.user == user);
        let units: BTreeSet<&str> = units.map(|one| one.unit.as_str()).collect();
        units
            .into_iter()
            .map(|unit| format!("      {unit}: {{state: unmanaged}}\n"))
            .collect::<String>()
    };
    world.manifest(&format!(
        "version: 1\nname: boot\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    units:\n{}    users:\n      {USER}:\n        \
         linger: unmanaged\n        units:\n{}",
        units(false),
        units(true).replace("      bt", "          bt"),
    ));
}

/// Whether the answer of status is right, where `starts` says what a boot starts.
pub(super) fn is_right(
    one: &Asked,
    (said, whole): (&str, &str),
    cycles: &BTreeSet<String>,
    starts: impl Fn(&str) -> bool,
) -> bool {
    let started = starts(&one.unit);
    match (one.way.kind, said) {
        (Kind::Cycle, said) => said == "unknown" || said == "no",
        // Which of them is dropped differs from boot to boot.
        (_, "unknown") => cycles.contains(&one.unit),
        (_, "no") if whole.contains("dropped") || whole.contains("in_cycle") => {
            cycles.contains(&one.unit)
        }
        (Kind::Runtime, said) => said == "no",
        (_, "yes") => started,
        (_, "no") => !started,
        (_, "by") => {
            let trigger: Value = serde_json::from_str(whole).expect("a value");
            !started && starts(trigger["by"].as_str().expect("a name"))
        }
        _ => false,
    }
}
