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
    assert_eq!(
        got,
        [
            "EnvironmentFile=!/etc/b",
            "EnvironmentFile=!/etc/c.d/*.env",
            "LoadCredential=!/etc/x"
        ]
    );
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

#[test]
fn what_is_mounted_or_opened_must_be_there_unless_it_may_be_missing() {
    assert_eq!(
        named(
            "ReadWritePaths=/srv/a -/srv/b +/srv/c\nInaccessiblePaths=-/srv/d\nReadOnlyPaths=\"/srv/e f\""
        ),
        ["ReadWritePaths=!/srv/a", "ReadWritePaths=!/srv/c"]
    );
    assert_eq!(
        named("BindPaths=/srv/a:/x:rbind -/srv/b:/y\nReadWritePaths=/x"),
        ["BindPaths=!/srv/a"]
    );
    assert_eq!(
        named(
            "StandardOutput=append:/srv/log/a\nStandardError=journal\nStandardInput=file:/srv/in"
        ),
        ["StandardInput=!/srv/in", "StandardOutput=!/srv/log/a"]
    );
    for other in [
        "RootDirectory=/srv/r",
        "TemporaryFileSystem=/srv",
        "ExecStartPre=+/bin/mkdir -p /srv/a",
    ] {
        let got = named(&format!("{other}\nReadWritePaths=/srv/a"));
        assert!(
            !got.contains(&"ReadWritePaths=!/srv/a".to_owned()),
            "{other}"
        );
    }
}

#[test]
fn a_pattern_needs_the_directory_that_it_begins_in() {
    let got = needs(
        "[Service]\nEnvironmentFile=/etc/a/*.env\nEnvironmentFile=/etc/*/b.env\nEnvironmentFile=-/etc/c/*.env\n",
    );
    let got: Vec<_> = got
        .inputs
        .iter()
        .map(|input| (input.text.as_str(), input.kind))
        .collect();
    assert_eq!(
        got,
        [
            ("/etc/a/*.env", InputKind::Inside),
            ("/etc/*", InputKind::Inside)
        ]
    );
}

#[test]
fn homes_are_hidden_where_nothing_opens_them() {
    let hides =
        |text: &str| needs(&format!("[Service]\nExecStart=/home/app/run\n{text}\n")).hides_homes;
    for text in ["ProtectHome=yes", "ProtectHome=tmpfs", "ProtectHome=true"] {
        assert!(hides(text), "{text}");
        for opened in [
            "BindPaths=/home/app",
            "ReadWritePaths=/home/app",
            "ExecStartPre=+/bin/true",
        ] {
            assert!(!hides(&format!("{text}\n{opened}")), "{text} {opened}");
        }
    }
    for text in ["", "ProtectHome=no", "ProtectHome=read-only"] {
        assert!(!hides(text), "{text}");
    }
}

#[test]
fn a_container_needs_what_podman_reads_and_mounts() {
    let of = |text: &str| {
        let unit = UnitName::parse("c.container").unwrap();
        let needs = Needs::of(&Effective::new(&unit, text, &[]));
        needs
            .inputs
            .into_iter()
            .map(|input| format!("{}={}", input.setting, input.text))
            .collect::<Vec<_>>()
    };
    let text = "[Container]\nImage=x\nEnvironmentFile=/etc/c.env\nEnvironmentFile=rel.env\nVolume=/srv/c:/c:ro\nVolume=data:/d\n\
                Volume=c.volume:/e\nVolume=/anonymous\nVolume=%h/x:/x\n[Service]\nEnvironmentFile=/etc/s.env\n";
    assert_eq!(
        of(text),
        [
            "EnvironmentFile=/etc/s.env",
            "[Container] EnvironmentFile=/etc/c.env",
            "[Container] Volume=/srv/c",
            "[Container] Volume=%h/x"
        ]
    );
    let made = of(&format!("{text}ExecStartPre=/bin/mkdir -p /srv/c\n"));
    assert_eq!(made, ["EnvironmentFile=/etc/s.env"]);
}
