use super::*;

fn unit(name: &str) -> UnitName {
    UnitName::parse(name).unwrap()
}

fn effective(name: &str, fragment: &str, drop_ins: &[(&str, &str)]) -> Effective {
    Effective::new(&unit(name), fragment, drop_ins)
}

#[test]
fn drop_ins_apply_by_file_name_whatever_their_order() {
    let drop_ins = [
        ("20-b.conf", "[Service]\nUser=b\nExecStartPre=/b\n"),
        ("10-a.conf", "[Service]\nUser=a\nExecStartPre=/a\n"),
    ];
    let merged = effective(
        "x.service",
        "[Service]\nUser=root\nExecStart=/x\n",
        &drop_ins,
    );
    assert_eq!(merged.last_value("Service", "User"), Some("b"));
    assert_eq!(merged.all_values("Service", "User"), ["b"]);
    assert_eq!(merged.all_values("Service", "ExecStartPre"), ["/a", "/b"]);
    let reversed: Vec<_> = drop_ins.into_iter().rev().collect();
    assert_eq!(
        effective(
            "x.service",
            "[Service]\nUser=root\nExecStart=/x\n",
            &reversed
        ),
        merged
    );
}

#[test]
fn the_more_specific_drop_in_of_a_name_hides_the_other() {
    let merged = effective(
        "x@a.service",
        "",
        &[
            ("10.conf", "[Service]\nUser=instance\n"),
            ("10.conf", "[Service]\nUser=template\n"),
        ],
    );
    assert_eq!(merged.all_values("Service", "User"), ["instance"]);
}

#[test]
fn what_is_not_called_conf_is_no_drop_in() {
    let merged = effective(
        "x.service",
        "",
        &[
            ("README", "[Service]\nUser=a\n"),
            (".a.conf", "[Service]\nUser=b\n"),
        ],
    );
    assert_eq!(merged.all_settings().count(), 0);
}

#[test]
fn an_empty_assignment_clears_a_list() {
    let merged = effective(
        "x.service",
        "[Service]\nExecStart=/old\nEnvironment=A=1\n",
        &[("10.conf", "[Service]\nExecStart=\nExecStart=/new\n")],
    );
    assert_eq!(merged.all_values("Service", "ExecStart"), ["/new"]);
    assert_eq!(merged.all_values("Service", "Environment"), ["A=1"]);
}

#[test]
fn an_empty_assignment_clears_conditions_and_times_of_every_kind() {
    let timer = effective(
        "x.timer",
        "[Timer]\nOnCalendar=daily\nOnBootSec=1\nUnit=y.service\n",
        &[("10.conf", "[Timer]\nOnCalendar=\nOnUnitActiveSec=5\n")],
    );
    let keys: Vec<_> = timer.all_settings().map(|(_, key, _)| key).collect();
    assert_eq!(keys, ["OnUnitActiveSec", "Unit"]);
    let unit = effective(
        "x.service",
        "[Unit]\nConditionPathExists=/a\nAssertPathExists=/b\nConditionHost=c\nConditionUser=\n",
        &[],
    );
    let keys: Vec<_> = unit.all_settings().map(|(_, key, _)| key).collect();
    assert_eq!(keys, ["AssertPathExists"]);
}

#[test]
fn dependencies_cannot_be_taken_back() {
    let merged = effective(
        "x.service",
        "[Unit]\nAfter=a.service\n",
        &[("1.conf", "[Unit]\nAfter=\nAfter=b.service\n")],
    );
    assert_eq!(
        merged.all_values("Unit", "After"),
        ["a.service", "b.service"]
    );
}

#[test]
fn an_empty_scalar_gives_the_default_back() {
    let merged = effective(
        "x.service",
        "[Service]\nExecStart=/x\nType=forking\nType=\n",
        &[],
    );
    assert_eq!(
        (merged.last_value("Service", "Type"), merged.service_type()),
        (None, "simple")
    );
}

#[test]
fn the_type_of_a_service_is_what_systemd_takes() {
    for (name, text, expected) in [
        ("x.service", "[Service]\nExecStart=/x\n", "simple"),
        ("x.service", "[Service]\nExecStop=/x\n", "oneshot"),
        (
            "x.service",
            "[Service]\nExecStart=/x\nBusName=a.b\n",
            "dbus",
        ),
        ("x.container", "[Container]\nImage=x\n", "notify"),
        ("x.network", "[Network]\n", "oneshot"),
        ("x.timer", "", ""),
    ] {
        assert_eq!(
            effective(name, text, &[]).service_type(),
            expected,
            "{name} {text}"
        );
    }
    assert!(effective("x.volume", "[Volume]\n", &[]).remains_after_exit());
    assert!(
        !effective("x.service", "[Service]\nType=oneshot\nExecStart=/x\n", &[])
            .remains_after_exit()
    );
}

#[test]
fn a_reload_needs_a_way_to_reload() {
    let can = |name, text| effective(name, text, &[]).can_reload();
    assert!(can(
        "x.service",
        "[Service]\nExecStart=/x\nExecReload=/bin/kill -HUP $MAINPID\n"
    ));
    assert!(can(
        "x.service",
        "[Service]\nType=notify-reload\nExecStart=/x\n"
    ));
    assert!(can("srv.mount", "[Mount]\nWhat=/dev/x\n"));
    assert!(!can(
        "x.service",
        "[Service]\nExecStart=/x\nExecReload=/a\nExecReload=\n"
    ));
}

#[test]
fn files_that_are_read_at_start_are_named() {
    let text = "[Service]\nExecStart=/x\nEnvironmentFile=-%h/.config/x\nEnvironmentFile=/etc/x\n\
                LoadCredential=token:/etc/token\nLoadCredential=shared\n";
    let merged = effective("x.service", text, &[]);
    let files: Vec<_> = merged
        .environment_files()
        .into_iter()
        .map(|f| (f.path, f.optional))
        .collect();
    assert_eq!(
        files,
        [
            ("%h/.config/x".to_owned(), true),
            ("/etc/x".to_owned(), false)
        ]
    );
    let credentials: Vec<_> = merged
        .load_credentials()
        .into_iter()
        .map(|c| (c.id, c.path))
        .collect();
    assert_eq!(
        credentials,
        [
            ("token".to_owned(), "/etc/token".to_owned()),
            ("shared".to_owned(), "shared".to_owned())
        ]
    );
}

#[test]
fn a_trigger_starts_what_it_names_or_its_namesake() {
    for (name, text, expected) in [
        ("a.timer", "[Timer]\nOnCalendar=daily\n", Some("a.service")),
        ("a.timer", "[Timer]\nUnit=b.service\n", Some("b.service")),
        (
            "a@x.timer",
            "[Timer]\nUnit=b@%i.service\n",
            Some("b@x.service"),
        ),
        ("a@x.timer", "", Some("a@x.service")),
        ("a.path", "[Path]\nPathExists=/a\n", Some("a.service")),
        ("a.socket", "[Socket]\nListenStream=1\n", Some("a.service")),
        ("a.socket", "[Socket]\nAccept=yes\n", Some("a@.service")),
        ("srv-a.automount", "", Some("srv-a.mount")),
        ("a.service", "[Timer]\nUnit=b.service\n", None),
    ] {
        assert_eq!(
            effective(name, text, &[]).triggers(),
            expected.map(unit),
            "{name}"
        );
    }
}

#[test]
fn only_a_section_that_says_something_can_be_installed() {
    let has = |text| effective("x.service", text, &[]).has_install();
    assert!(has("[Install]\nWantedBy=default.target\n") && has("[Install]\nAlias=x.timer\n"));
    assert!(!has("[Install]\n") && !has("[Install]\nDefaultInstance=a\n"));
    assert!(!has("[Install]\nAlso=x.timer\n"));
    assert!(!has("[Install]\nWantedBy=default.target\nWantedBy=\n"));
}

#[test]
fn what_ends_by_itself_is_a_oneshot_and_nothing_else_is() {
    let oneshot = effective("x.service", "[Service]\nType=oneshot\nExecStart=/x\n", &[]);
    assert!(oneshot.is_oneshot());
    let simple = effective("x.service", "[Service]\nExecStart=/x\n", &[]);
    assert!(!simple.is_oneshot());
    assert_eq!(effective("x.pod", "[Pod]\n", &[]).service_type(), "forking");
}

#[test]
fn either_way_of_a_container_to_reload_is_enough() {
    for way in ["ReloadCmd=/reload", "ReloadSignal=SIGHUP"] {
        let text = format!("[Container]\nImage=i\n{way}\n");
        assert!(effective("x.container", &text, &[]).can_reload(), "{way}");
    }
}

#[test]
fn sections_are_those_that_say_something() {
    let merged = effective(
        "x.service",
        "[Unit]\n[Service]\nExecStart=/x\n",
        &[("10-a.conf", "[Install]\nWantedBy=default.target\n")],
    );
    let sections: Vec<&str> = merged.sections().into_iter().collect();
    assert_eq!(sections, ["Install", "Service"]);
}

#[test]
fn the_last_default_instance_counts() {
    let text = "[Install]\nDefaultInstance=a\nDefaultInstance=b\n";
    let merged = effective("x@.service", text, &[]);
    assert_eq!(merged.all_values("Install", "DefaultInstance"), ["b"]);
}

#[test]
fn a_quadlet_is_merged_as_podman_merges_it() {
    let base = "[Container]\nImage=a\nExec=b\n";
    let quadlet = |text: &str, drop_ins: &[(&str, &str)]| effective("x.container", text, drop_ins);
    // A drop-in that Podman refuses is left out, a hidden one is read.
    let refused = quadlet(base, &[("1.conf", "[Container]\nExec=c\nd\n")]);
    assert_eq!(refused.last_value("Container", "Exec"), Some("b"));
    let hidden = quadlet(base, &[(".1.conf", "[Container]\nExec=c\n")]);
    assert_eq!(hidden.last_value("Container", "Exec"), Some("c"));
    // What is assigned nothing is not what is not there: `ReadOnly=` is `--read-only=false`.
    let digest = |more: &str| quadlet(&format!("{base}{more}"), &[]).restart_digest();
    assert_ne!(digest("ReadOnly=\n"), digest(""));
    assert_ne!(digest("ReadOnly=\n"), digest("RunInit=\n"));
    assert_eq!(
        digest("ReadOnly=\nReadOnly=yes\n"),
        digest("ReadOnly=yes\n")
    );
    assert_eq!(digest("[Unit]\nDescription=\n"), digest(""));
    let service = |text: &str| effective("x.service", text, &[]).restart_digest();
    assert_eq!(service("[Service]\nUser=\n"), service("[Service]\n"));
    // How it is written does not count.
    assert_eq!(
        digest("Entrypoint=a\\\n\nb # c\n"),
        digest("\n# d\nEntrypoint = ab # c")
    );
}
