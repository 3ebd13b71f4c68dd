use super::*;

/// What two versions of systemd say of their own settings: `systemd --dump-configuration-items`.
const DUMPS: [&str; 2] = [
    include_str!("../../testdata/configuration-items-252.txt"),
    include_str!("../../testdata/configuration-items-257.txt"),
];

fn dumped() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut items = Vec::new();
    for dump in DUMPS {
        let mut section = "";
        for line in dump.lines() {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']');
            } else if let Some((key, value)) = line.split_once('=') {
                items.push((section, key, value));
            }
        }
    }
    items
}

#[test]
fn the_table_is_sorted() {
    assert!(SCALARS.is_sorted());
}

#[test]
fn every_setting_in_the_table_is_one_of_systemds() {
    let items = dumped();
    for key in SCALARS {
        assert!(items.iter().any(|(_, known, _)| known == key), "{key}");
    }
}

#[test]
fn what_systemd_calls_one_value_is_one_and_what_it_calls_several_is_not() {
    let one = [
        "BOOLEAN",
        "SECONDS",
        "UNSIGNED",
        "SIGNAL",
        "MODE",
        "SERVICETYPE",
        "SLICE",
        "KILLMODE",
    ];
    let items = dumped();
    assert!(items.len() > 2000);
    for (section, key, value) in items {
        if value.contains("[...]") || matches!(value, "CONDITION" | "TIMER" | "ENVIRON" | "FILE") {
            // The mount flags of systemd 252 are printed as several and are one word.
            let one = key == "MountFlags";
            assert_eq!(
                repetition_rule(section, key) == Repeated::Last,
                one,
                "{section}.{key}"
            );
        } else if one.contains(&value) {
            assert_eq!(
                repetition_rule(section, key),
                Repeated::Last,
                "{section}.{key}"
            );
        }
    }
}

#[test]
fn every_dependency_that_systemd_lists_is_kept() {
    let old_names = ["PropagateReloadTo", "PropagateReloadFrom"];
    for (section, key, value) in dumped() {
        if section == "Unit" && value == "UNIT [...]" && !old_names.contains(&key) {
            assert_eq!(repetition_rule(section, key), Repeated::Kept, "{key}");
        }
    }
}

#[test]
fn keys_nobody_knows_count_every_assignment() {
    assert_eq!(repetition_rule("Service", "Frobnicate"), Repeated::All);
    assert_eq!(repetition_rule("Container", "Environment"), Repeated::All);
}
