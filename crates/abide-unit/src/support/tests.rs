use abide_model::UnitName;

use super::*;

fn unit(name: &str, text: &str) -> Effective {
    Effective::new(&UnitName::parse(name).unwrap(), text, &[])
}

fn said(name: &str, text: &str, systemd: u32) -> String {
    let all = ignored_settings(&unit(name, text), systemd);
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    all.join(", ")
}

#[test]
fn the_table_is_sorted_and_every_line_of_it_is_read() {
    let text = include_str!("../../data/settings.txt");
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("hosts "))
        .collect();
    let keys: Vec<(&str, &str)> = lines
        .iter()
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    assert!(keys.is_sorted());
    let sections: usize = lines
        .iter()
        .map(|line| line.split_whitespace().count() - 2)
        .sum();
    assert_eq!(TABLE.settings.len() + TABLE.words.len(), sections);
    assert_eq!(asked_releases(), [247, 249, 252, 254, 257, 262]);
    for known in TABLE.settings.values() {
        assert!(
            known.gone.is_none_or(|gone| gone > known.since),
            "{known:?}"
        );
        assert!((known.since == 0 || known.since > 206) && known.since <= 262);
    }
}

#[test]
fn what_two_releases_say_of_their_own_settings_is_in_the_table() {
    for (systemd, dump) in [
        (
            252,
            include_str!("../../testdata/configuration-items-252.txt"),
        ),
        (
            257,
            include_str!("../../testdata/configuration-items-257.txt"),
        ),
    ] {
        let mut has = BTreeSet::new();
        let mut section = "";
        for line in dump.lines() {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']');
            } else if let Some((key, _)) = line.split_once('=') {
                has.insert((section, key));
            }
        }
        for (section, key) in TABLE.settings.keys() {
            let known = setting_support(section, key, systemd) == Support::Known;
            assert_eq!(known, has.contains(&(*section, *key)), "{section}.{key}");
        }
        for (section, key) in has {
            assert!(known_setting(section, key).is_some(), "{section}.{key}");
        }
    }
}

#[test]
fn a_setting_is_ignored_before_it_came_and_known_from_then_on() {
    for (section, key, since) in [
        ("Unit", "Upholds", 249),
        ("Unit", "PropagatesStopTo", 249),
        ("Service", "ExecSearchPath", 250),
        ("Service", "ExitType", 250),
        ("Service", "RestartMode", 254),
        ("Service", "RestartSteps", 254),
        ("Install", "UpheldBy", 254),
        ("Service", "StateDirectory", 235),
        ("Unit", "ConditionMemory", 242),
    ] {
        let came = Support::Ignored(IgnoredWhy::CameWith { systemd: since });
        assert_eq!(setting_support(section, key, since - 1), came, "{key}");
        assert_eq!(
            setting_support(section, key, since),
            Support::Known,
            "{key}"
        );
        assert_eq!(setting_support(section, key, 219), came, "{key}");
    }
    for key in ["ExecStart", "Restart", "User"] {
        assert_eq!(setting_support("Service", key, 206), Support::Known);
    }
    assert_eq!(setting_support("Service", "X-Mine", 247), Support::Known);
}

#[test]
fn what_is_gone_is_ignored_again() {
    assert_eq!(setting_support("Service", "CPUShares", 257), Support::Known);
    assert_eq!(
        said(
            "a.service",
            "[Service]\nExecStart=/bin/a\nCPUShares=5\n",
            262
        ),
        "`CPUShares=` (gone since 262 or before)"
    );
}

#[test]
fn of_releases_newer_than_all_that_were_asked_nothing_is_said() {
    let text = "[Service]\nExecStart=/bin/a\nFrobnicate=yes\n";
    assert_eq!(
        said("a.service", text, 262),
        "`Frobnicate=` (there is no such setting in [Service])"
    );
    assert_eq!(said("a.service", text, 263), "");
}

#[test]
fn words_that_came_later_than_their_setting_are_told_with_it() {
    let text = "[Service]\nType=notify-reload\nExecStart=/bin/a\nRestartMode=debug\n";
    assert_eq!(
        said("a.service", text, 247),
        "`RestartMode=` (came with 254), `Type=notify-reload` (came with 253)"
    );
    assert_eq!(
        said("a.service", text, 254),
        "`RestartMode=debug` (came with 257)"
    );
    assert_eq!(said("a.service", text, 257), "");
    assert_eq!(
        said("a.service", "[Service]\nType=exec\nExecStart=/bin/a\n", 239),
        "`Type=exec` (came with 240)"
    );
}

#[test]
fn sections_that_systemd_does_not_read_are_not_looked_at() {
    let quadlet =
        "[Container]\nImage=a\nFrob=1\n[Service]\nRestartSteps=3\n[Install]\nUpheldBy=a.target\n";
    assert_eq!(
        said("a.container", quadlet, 247),
        "`RestartSteps=` (came with 254)"
    );
    let other = "[Timer]\nOnCalendar=daily\nFrob=1\n[X-Mine]\nA=1\n[Install]\nUpheldBy=a.target\n";
    assert_eq!(said("a.service", other, 247), "`UpheldBy=` (came with 254)");
    assert_eq!(
        said("a.target", "[Unit]\nUpholds=b.service\n", 247),
        "`Upholds=` (came with 249)"
    );
}

fn fault(name: &str, text: &str, systemd: u32) -> Option<String> {
    load_fault(&unit(name, text), systemd).map(|fault| fault.to_string())
}

fn service(lines: &str) -> String {
    format!("[Service]\n{lines}\n")
}

#[test]
fn a_command_that_a_release_cannot_read_keeps_the_unit_from_being_loaded() {
    let prefix = |setting: &str, prefix: char, since: u32| {
        Some(format!(
            "`{setting}=` begins with `{prefix}`, which came with {since}"
        ))
    };
    let shell = service("ExecStart=|echo");
    assert_eq!(
        fault("a.service", &shell, 257),
        prefix("ExecStart", '|', 258)
    );
    assert_eq!(fault("a.service", &shell, 258), None);
    let before = service("ExecStartPre=:/bin/a\nExecStart=/bin/a");
    assert_eq!(
        fault("a.service", &before, 241),
        prefix("ExecStartPre", ':', 242)
    );
    // A line that may fail is left out, and the unit loads.
    assert_eq!(
        fault(
            "a.service",
            &service("ExecStartPre=-:/bin/a\nExecStart=/bin/a"),
            241
        ),
        None
    );
    // But nothing is left where it was the only one.
    assert_eq!(
        fault("a.service", &service("ExecStart=-:/bin/a"), 241),
        prefix("ExecStart", ':', 242)
    );
    assert_eq!(
        fault("a.service", &service("ExecStart=+/bin/a"), 219),
        prefix("ExecStart", '+', 231)
    );
    assert!(
        fault("a.service", &service("ExecStart=sleep 5"), 237)
            .unwrap()
            .contains("239")
    );
    assert_eq!(
        fault("a.service", &service("ExecStart=@/bin/sleep sleep"), 237),
        None
    );
}

#[test]
fn a_unit_with_nothing_left_is_told_from_one_that_loads_with_less() {
    let oneshot = service("Type=oneshot\nExecStart=/bin/a\nRestart=on-failure");
    assert_eq!(
        fault("a.service", &oneshot, 239).as_deref(),
        Some("`Restart=` with `Type=oneshot` came with 244")
    );
    assert_eq!(fault("a.service", &oneshot, 244), None);
    let timer = "[Timer]\nOnClockChange=yes\n";
    assert_eq!(
        fault("a.timer", timer, 241).as_deref(),
        Some("it ignores `OnClockChange=` (came with 242), and without that nothing is left of it")
    );
    assert_eq!(fault("a.timer", timer, 247), None);
    assert_eq!(
        fault(
            "a.timer",
            "[Timer]\nOnClockChange=yes\nOnCalendar=daily\n",
            241
        ),
        None
    );
    // `Type=notify-reload` is taken for the default.
    assert_eq!(
        fault(
            "a.service",
            &service("Type=notify-reload\nExecStart=/bin/a"),
            247
        ),
        None
    );
}
