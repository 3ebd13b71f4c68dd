//! Managed files that a unit reads belong to its configuration.

use std::collections::BTreeSet;

use abide_model::{DesiredUnit, HomePath, HostPath, HostPathOrHome, UserName};

use crate::support::{host, load_text, told};

fn home(path: &str) -> HostPathOrHome {
    HostPathOrHome::Home(HomePath::parse(path).expect("a path"))
}

fn absolute(path: &str) -> HostPathOrHome {
    HostPathOrHome::Absolute(HostPath::parse(path).expect("a path"))
}

fn manifest(unit: &str, more: &str) -> String {
    format!(
        "
version: 1
name: t
hosts:
  h1:
    users:
      u:
        home: /srv/u
        files: {{.config/env: {{content: A=1}}, a.env: {{content: A=1}}}}
        units:
          w@a.service: {{state: stopped, {more} drop_ins: {{10.conf: \"[Service]\\n{unit}\\n\"}}}}
    units:
      s.service: {{drop_ins: {{10.conf: \"[Service]\\n{unit}\\n\"}}}}
"
    )
}

fn user_unit(unit: &str, more: &str) -> DesiredUnit {
    let desired = host(&manifest(unit, more), "h1");
    let user = &desired.users[&UserName::parse("u").expect("a name")];
    user.units.values().next().expect("a unit").clone()
}

#[test]
fn a_managed_file_that_is_read_at_start_restarts_the_unit() {
    for unit in [
        "EnvironmentFile=%h/.config/env",
        "EnvironmentFile=-%h/.config/env",
        "EnvironmentFile=%E/env",
        "EnvironmentFile=/srv/u/.config/env",
        "LoadCredential=x:%h/.config/env",
        "LoadCredentialEncrypted=x:/srv/u/.config/env",
    ] {
        assert_eq!(
            user_unit(unit, "").restart_on,
            BTreeSet::from([home(".config/env")]),
            "{unit}"
        );
    }
    assert_eq!(
        user_unit("EnvironmentFile=%h/%i.env", "").restart_on,
        BTreeSet::from([home("a.env")])
    );
}

#[test]
fn managed_files_that_a_pattern_or_a_directory_names_restart_the_unit() {
    for (unit, read) in [
        ("EnvironmentFile=-%h/*.env", "a.env"),
        ("EnvironmentFile=/srv/u/[a-c].env", "a.env"),
        ("EnvironmentFile=%h/.conf*/e?v", ".config/env"),
        ("LoadCredential=x:%h/.config", ".config/env"),
    ] {
        assert_eq!(
            user_unit(unit, "").restart_on,
            BTreeSet::from([home(read)]),
            "{unit}"
        );
    }
    let desired = host(&manifest("EnvironmentFile=/srv/*/a.env", ""), "h1");
    let unit = desired.units.values().next().expect("a unit");
    assert_eq!(unit.restart_on, BTreeSet::from([absolute("/srv/u/a.env")]));
    for unit in [
        "EnvironmentFile=%h/*",
        "EnvironmentFile=",
        "LoadCredential=x:/",
    ] {
        assert!(
            !user_unit(unit, "")
                .restart_on
                .contains(&home(".config/env")),
            "{unit}"
        );
    }
}

#[test]
fn other_files_are_nobodys_business() {
    for unit in [
        "EnvironmentFile=%h/other",
        "EnvironmentFile=/etc/env",
        "LoadCredential=x",
        "Environment=A=%h/.config/env",
    ] {
        assert_eq!(user_unit(unit, "").restart_on, BTreeSet::new(), "{unit}");
    }
}

#[test]
fn a_file_that_reloads_a_unit_does_not_restart_it() {
    let unit = user_unit(
        "EnvironmentFile=%h/.config/env",
        "reload_on: [~/.config/env],",
    );
    assert_eq!(unit.reload_on, BTreeSet::from([home(".config/env")]));
    assert_eq!(unit.restart_on, BTreeSet::new());
}

#[test]
fn written_paths_are_absolute_or_below_the_home() {
    let unit = user_unit(
        "",
        "restart_on: [/etc/x, '~/y', '%h/z', /srv/u/.config/env],",
    );
    let expected = [
        absolute("/etc/x"),
        home("y"),
        home("z"),
        home(".config/env"),
    ];
    assert_eq!(
        unit.restart_on,
        BTreeSet::from(expected),
        "a managed file is known by its place in the home"
    );
    let wrong = load_text(&manifest("", "restart_on: [etc/x],"));
    assert!(
        told(&wrong).contains("E0305 fleet.yaml:11:54 `etc/x`"),
        "{}",
        told(&wrong)
    );
}

#[test]
fn a_system_unit_can_read_a_users_file() {
    let desired = host(&manifest("EnvironmentFile=/srv/u/.config/env", ""), "h1");
    let unit = desired.units.values().next().expect("a unit");
    assert_eq!(
        unit.restart_on,
        BTreeSet::from([absolute("/srv/u/.config/env")])
    );
}

#[test]
fn files_beside_a_quadlet_are_part_of_it() {
    let text = |unit: &str, lines: &str| {
        format!(
            "version: 1\nname: t\nhosts:\n  h1:\n    users:\n      u:\n        files:\n          \
             .config/containers/systemd/a.yml: {{content: A=1}}\n          other: {{content: A=1}}\n        \
             units:\n          {unit}: {{content: \"{lines}\"}}\n"
        )
    };
    let beside = BTreeSet::from([home(".config/containers/systemd/a.yml")]);
    for (unit, lines) in [
        ("a.kube", "[Kube]\\nYaml=a.yml\\n"),
        ("a.kube", "[Kube]\\nYaml=./a.yml\\n"),
        ("a.kube", "[Kube]\\nYaml=/x.yml\\nConfigMap=a.yml\\n"),
        (
            "a.kube",
            "[Kube]\\nYaml=%h/.config/containers/systemd/a.yml\\n",
        ),
        (
            "a.container",
            "[Container]\\nImage=i\\nEnvironmentFile=a.yml\\n",
        ),
    ] {
        let desired = host(&text(unit, lines), "h1");
        let user = &desired.users[&UserName::parse("u").expect("a name")];
        let unit = user.units.values().next().expect("a unit");
        assert_eq!(unit.restart_on, beside, "{lines}");
    }
}
