use abide_model::UnitName;

use super::{InputKind, Needs};
use crate::Effective;

fn needs(text: &str) -> Needs {
    let unit = UnitName::parse("a.service").unwrap();
    Needs::of_unit(&Effective::new(&unit, text, &[]))
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
        "RootImage=/srv/root.img",
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

/// What a unit of another kind needs.
fn named_of(unit: &str, text: &str) -> Vec<String> {
    let unit = UnitName::parse(unit).unwrap();
    let needs = Needs::of_unit(&Effective::new(&unit, text, &[]));
    let inputs = needs.inputs.into_iter();
    inputs
        .map(|input| format!("{}={}", input.setting, input.text))
        .collect()
}

#[test]
fn sockets_need_their_programs_and_accounts_and_timers_nothing() {
    let none = Vec::<String>::new();
    assert_eq!(
        named_of("a.socket", "[Socket]\nListenStream=/run/a\nUser=app\n"),
        none
    );
    assert_eq!(
        named_of("a.timer", "[Timer]\nOnCalendar=daily\nExecStartPre=/x\n"),
        none
    );
    assert_eq!(
        named_of(
            "a.socket",
            "[Socket]\nExecStartPre=/opt/a\nExecStartPre=-/opt/b\nExecStartPost=/opt/c\nSocketUser=app\nSocketGroup=33\n"
        ),
        ["ExecStartPre=/opt/a", "SocketUser=app"]
    );
    assert_eq!(
        named_of(
            "a.socket",
            "[Socket]\nExecStartPre=/bin/mkdir /x\nExecStartPost=/opt/c\n"
        ),
        ["ExecStartPre=/bin/mkdir", "ExecStartPost=/opt/c"]
    );
}

#[test]
fn each_program_of_a_start_is_needed_that_nothing_before_it_may_make() {
    let start = "ExecStart=/opt/run";
    for (lines, needed) in [
        // What is started beside the service begins at once, the next one may wait for it.
        (
            "ExecStartPost=/opt/a\nExecStartPost=/opt/b",
            vec!["ExecStart=/opt/run", "ExecStartPost=/opt/a"],
        ),
        ("ExecStartPost=-/opt/a", vec!["ExecStart=/opt/run"]),
        (
            "ExecStartPost=+/opt/a",
            vec!["ExecStart=/opt/run", "ExecStartPost=!/opt/a"],
        ),
        (
            "Type=exec\nExecStartPost=/opt/a",
            vec!["ExecStart=/opt/run", "ExecStartPost=/opt/a"],
        ),
        // One that is ready first may have made it.
        (
            "Type=notify\nExecStartPost=/opt/a",
            vec!["ExecStart=/opt/run"],
        ),
        (
            "Type=forking\nExecStartPost=/opt/a",
            vec!["ExecStart=/opt/run"],
        ),
        (
            "ExecStartPre=/bin/sh -c x\nExecStartPost=/opt/a",
            vec!["ExecStartPre=/bin/sh"],
        ),
        (
            "ExecStartPre=/bin/mkdir /x\nExecStartPre=/opt/a",
            vec!["ExecStartPre=/bin/mkdir", "ExecStartPre=/opt/a"],
        ),
        // It may ask for what is missing.
        (
            "ExecCondition=/bin/test -x /opt/run",
            vec!["ExecCondition=/bin/test"],
        ),
        ("ExecCondition=-/opt/no", vec![]),
        // These fail no start.
        (
            "ExecStop=/opt/a\nExecStopPost=/opt/b\nExecReload=/opt/c",
            vec!["ExecStart=/opt/run"],
        ),
    ] {
        assert_eq!(named(&format!("{start}\n{lines}")), needed, "{lines}");
    }
    assert_eq!(
        named(
            "Type=oneshot\nExecStart=/bin/true\nExecStart=/opt/a\nExecStart=/opt/b\nExecStartPost=/opt/c"
        ),
        ["ExecStart=/bin/true", "ExecStart=/opt/a"]
    );
}

#[test]
fn what_is_looked_for_in_another_root_is_told_apart() {
    let of = |text: &str| {
        let needs = needs(&format!("[Service]\n{text}\n"));
        let in_root = needs.inputs.iter().filter(|input| input.in_root);
        let in_root: Vec<String> = in_root.map(|input| input.text.clone()).collect();
        (needs.root, in_root)
    };
    let root = Some("/srv/r".to_owned());
    let both = vec!["/bin/run".to_owned(), "/w".to_owned()];
    let run = "ExecStart=/bin/run\nWorkingDirectory=/w";
    assert_eq!(of(&format!("RootDirectory=/srv/r\n{run}")), (root, both));
    for more in [
        "BindPaths=/srv/a:/opt",
        "RootDirectoryStartOnly=yes",
        "TemporaryFileSystem=/opt",
        "ExtensionDirectories=/srv/e",
    ] {
        let (root, in_root) = of(&format!("RootDirectory=/srv/r\n{more}\n{run}"));
        assert_eq!((root, in_root.len()), (None, 0), "{more}");
    }
    assert_eq!(of(&format!("RootImage=/srv/r.img\n{run}")), (None, vec![]));
    assert_eq!(
        named("RootImage=/srv/r.img\nExecStart=/bin/run"),
        ["RootImage=!/srv/r.img"]
    );
    assert_eq!(
        named("RootDirectory=/srv/r\nExecStart=/bin/run"),
        ["ExecStart=/bin/run", "RootDirectory=!/srv/r"]
    );
}

#[test]
fn the_path_of_programs_is_known_or_not() {
    let path = |text: &str| needs(&format!("[Service]\nExecStart=/bin/run\n{text}\n")).path;
    let set = |path: &str| super::PathVariable::Set(path.to_owned());
    assert_eq!(path(""), super::PathVariable::OfManager);
    assert_eq!(
        path("Environment=GEM_PATH=/x A=1"),
        super::PathVariable::OfManager
    );
    assert_eq!(
        path("Environment=A=1 PATH=/opt/bin:/bin"),
        set("/opt/bin:/bin")
    );
    assert_eq!(
        path("Environment=PATH=%h/bin:/bin\nExecSearchPath=/x"),
        set("%h/bin:/bin")
    );
    assert_eq!(
        path("ExecSearchPath=/x:/y\nExecSearchPath=/z"),
        set("/x:/y:/z")
    );
    for unknown in [
        "EnvironmentFile=-/etc/x",
        "Environment=\"PATH=/opt/a b\"",
        "Environment=PATH=/a PATH=/b",
        "Environment=PATH=/a\nEnvironment=PATH=/b",
        "UnsetEnvironment=PATH",
        "PassEnvironment=LANG PATH",
    ] {
        assert_eq!(path(unknown), super::PathVariable::Unknown, "{unknown}");
    }
}

#[test]
fn what_podman_reads_for_quadlets_is_needed() {
    assert_eq!(
        named_of(
            "a.kube",
            "[Kube]\nYaml=app.yaml\nConfigMap=/etc/a.map\nConfigMap=b.map\n[Service]\nExecStop=/x\n"
        ),
        [
            "[Kube] Yaml=app.yaml",
            "[Kube] ConfigMap=/etc/a.map",
            "[Kube] ConfigMap=b.map"
        ]
    );
    assert_eq!(
        named_of("a.kube", "[Kube]\nYaml=https://example.org/a.yaml\n"),
        Vec::<String>::new()
    );
    assert_eq!(
        named_of(
            "a.build",
            "[Build]\nFile=/srv/Containerfile\nSetWorkingDirectory=/srv/app\n"
        ),
        [
            "[Build] File=/srv/Containerfile",
            "[Build] SetWorkingDirectory=/srv/app"
        ]
    );
    for text in [
        "File=https://example.org/Containerfile",
        "File=Containerfile\nSetWorkingDirectory=unit",
        "SetWorkingDirectory=file",
    ] {
        assert_eq!(
            named_of("a.build", &format!("[Build]\n{text}\n")),
            Vec::<String>::new()
        );
    }
    assert_eq!(
        named_of(
            "a.pod",
            "[Pod]\nVolume=/srv/a:/a\nVolume=data.volume:/b\nVolume=plain:/c\nVolume=./d:/d\n"
        ),
        ["[Pod] Volume=/srv/a", "[Pod] Volume=./d"]
    );
    assert_eq!(
        named_of(
            "a.container",
            "[Container]\nEnvironmentFile=a.env\nMount=type=bind,source=/srv/a,target=/a\nMount=type=tmpfs,target=/b\n\
             Mount=type=volume,source=b.volume,destination=/c\n"
        ),
        [
            "[Container] EnvironmentFile=a.env",
            "[Container] Mount=/srv/a"
        ]
    );
    assert_eq!(
        named_of(
            "a.container",
            "[Container]\nVolume=/a:/a\n[Service]\nExecStartPre=/opt/pre\n"
        ),
        ["ExecStartPre=/opt/pre"]
    );
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
        let needs = Needs::of_unit(&Effective::new(&unit, text, &[]));
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
            "[Container] EnvironmentFile=rel.env",
            "[Container] Volume=/srv/c",
            "[Container] Volume=%h/x"
        ]
    );
    let made = of(&format!("{text}ExecStartPre=/bin/mkdir -p /srv/c\n"));
    assert_eq!(
        made,
        ["EnvironmentFile=/etc/s.env", "ExecStartPre=/bin/mkdir"]
    );
}
