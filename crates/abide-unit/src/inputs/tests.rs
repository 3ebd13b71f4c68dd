use abide_model::UnitName;

use super::{InputKind, Needs};
use crate::Effective;

fn needs(text: &str) -> Needs {
    let unit = UnitName::parse("a.service").unwrap();
    Needs::of(&Effective::new(&unit, text, &[]))
}

/// What is needed, as `Setting=text`, with `!` for what the manager uses itself.
fn named(text: &str) -> Vec<String> {
    let service = format!("[Service]\n{text}\n");
    let named = needs(&service).inputs.into_iter().map(|input| {
        let manager = if input.by_manager { "!" } else { "" };
        format!("{}={manager}{}", input.setting, input.text)
    });
    named.collect()
}

#[test]
fn a_program_is_the_first_word_without_prefixes_and_quotes() {
    for (line, program) in [
        ("/opt/app/run --flag", "/opt/app/run"),
        ("@/opt/app/run name", "/opt/app/run"),
        (":/opt/app/run $X", "/opt/app/run"),
        ("\"/opt/my app/run\" x", "/opt/my app/run"),
        ("sh -c true", "sh"),
        ("!!/opt/app/run", "/opt/app/run"),
        ("+/opt/app/run", "!/opt/app/run"),
        ("!/opt/app/run", "!/opt/app/run"),
        ("%h/run", "%h/run"),
    ] {
        let got = named(&format!("ExecStart={line}"));
        assert_eq!(got, [format!("ExecStart={program}")], "{line}");
    }
    for line in ["-/opt/app/run", "|echo x", "/opt/$X/run", "/opt/a\\x20b"] {
        assert!(named(&format!("ExecStart={line}")).is_empty(), "{line}");
    }
}

#[test]
fn what_may_make_or_hide_the_program_leaves_it_out() {
    for before in [
        "ExecStartPre=/usr/bin/install -m 755 /x /run/x",
        "ExecStartPre=/bin/sh -c 'cp a b'",
        "ExecCondition=/bin/true",
        "RootDirectory=/srv/root",
        "BindPaths=/srv/a:/opt",
        "TemporaryFileSystem=/opt",
    ] {
        let got = named(&format!("{before}\nExecStart=/opt/run"));
        assert!(!got.contains(&"ExecStart=/opt/run".to_owned()), "{before}");
    }
    let got = named("ExecStartPre=/bin/mkdir -p /run/x\nExecStart=/opt/run");
    assert_eq!(got, ["ExecStartPre=/bin/mkdir", "ExecStart=/opt/run"]);
}

#[test]
fn files_and_directories_that_may_be_missing_are_left_out() {
    let got = named(
        "WorkingDirectory=-/srv/a\nEnvironmentFile=-/etc/a\nEnvironmentFile=/etc/b\nEnvironmentFile=/etc/c.d/*.env\n\
         LoadCredential=x:/etc/x\nLoadCredential=y:other\nLoadCredential=z\nLoadCredential=w:/etc/w\nSetCredential=w:text",
    );
    assert_eq!(got, ["EnvironmentFile=!/etc/b", "LoadCredential=!/etc/x"]);
    assert_eq!(
        named("WorkingDirectory=/srv/a\nEnvironmentFile=/a\nEnvironmentFile=\nWorkingDirectory=~"),
        ["WorkingDirectory=~"]
    );
}

#[test]
fn accounts_are_needed_by_name_and_not_where_systemd_makes_them() {
    assert_eq!(
        named("User=app\nGroup=33\nSupplementaryGroups=adm video"),
        [
            "User=!app",
            "SupplementaryGroups=!adm",
            "SupplementaryGroups=!video"
        ]
    );
    assert!(named("User=app\nDynamicUser=yes").is_empty());
}

#[test]
fn other_ways_to_come_by_a_path_are_known() {
    let got = needs(
        "[Unit]\nRequiresMountsFor=/srv/data\nConditionPathExists=|!/opt/app\nConditionHost=x\n\
         [Service]\nStateDirectory=app:link other\nPrivateTmp=yes\nExecStart=/bin/true\n",
    );
    assert_eq!(got.elsewhere, ["/srv/data", "/tmp", "/var/tmp"]);
    assert_eq!(got.guards, ["/opt/app"]);
    assert!(got.conditional);
    let made: Vec<&str> = got.made.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(made, ["app", "link", "other"]);
    assert!(got.inputs.iter().all(|i| i.kind == InputKind::Program));
}

#[test]
fn units_that_are_no_services_need_nothing() {
    let unit = UnitName::parse("a.socket").unwrap();
    let socket = Effective::new(&unit, "[Socket]\nListenStream=/run/a\nUser=app\n", &[]);
    assert_eq!(Needs::of(&socket), Needs::default());
}
