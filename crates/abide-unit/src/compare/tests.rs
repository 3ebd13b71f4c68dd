use super::*;
use abide_model::UnitName;
use proptest::prelude::*;

fn effective(name: &str, text: &str) -> Effective {
    Effective::new(&UnitName::parse(name).unwrap(), text, &[])
}

const WEB: &str = "[Unit]\nDescription=web\nAfter=network.target\n\n[Service]\nExecStartPre=/a\nExecStartPre=/b\n\
                   ExecStart=/bin/web\nRestart=always\n\n[Install]\nWantedBy=default.target\n";

fn class(from: &str, to: &str) -> ChangeClass {
    let (old, new) = (
        effective("web.service", WEB),
        effective("web.service", &WEB.replace(from, to)),
    );
    assert!(WEB.contains(from), "{from}");
    compare(&old, &new).class()
}

#[test]
fn a_change_is_as_bad_as_its_worst_setting() {
    assert_eq!(class("After", "# a comment\nAfter"), ChangeClass::None);
    assert_eq!(
        class("Description=web", "Description = web"),
        ChangeClass::None
    );
    assert_eq!(
        class(
            "ExecStart=/bin/web\nRestart=always",
            "Restart=always\nExecStart=/bin/web"
        ),
        ChangeClass::None
    );
    assert_eq!(
        class("Description=web", "Description=the web"),
        ChangeClass::Inert
    );
    assert_eq!(class("always", "on-failure"), ChangeClass::Live);
    assert_eq!(class("default.target", "app.target"), ChangeClass::Install);
    assert_eq!(class("/bin/web", "/bin/web -v"), ChangeClass::Restart);
    assert_eq!(
        class(
            "ExecStartPre=/a\nExecStartPre=/b",
            "ExecStartPre=/b\nExecStartPre=/a"
        ),
        ChangeClass::Restart
    );
    assert_eq!(
        class("[Install]\nWantedBy=default.target\n", ""),
        ChangeClass::Install
    );
}

#[test]
fn what_differs_is_named() {
    let new = WEB
        .replace("always", "no")
        .replace("ExecStartPre=/b\n", "Nice=5\n");
    let difference = compare(
        &effective("web.service", WEB),
        &effective("web.service", &new),
    );
    assert_eq!(
        difference.keys_of_class(ChangeClass::Restart),
        ["ExecStartPre=", "Nice="]
    );
    assert_eq!(difference.keys_of_class(ChangeClass::Live), ["Restart="]);
    assert!(difference.has_changes_in("Service") && !difference.has_changes_in("Unit"));
}

#[test]
fn addresses_of_a_socket_in_another_order_are_other_file_descriptors() {
    let old = effective("a.socket", "[Socket]\nListenStream=1\nListenDatagram=2\n");
    let new = effective("a.socket", "[Socket]\nListenDatagram=2\nListenStream=1\n");
    assert_eq!(
        compare(&old, &new).keys_of_class(ChangeClass::Restart),
        ["Listen*="]
    );
    assert_ne!(old.restart_digest(), new.restart_digest());
}

/// Texts over few names, so that two of them are often equal or nearly so.
fn texts() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "Description",
        "After",
        "ConditionHost",
        "Restart",
        "MemoryMax",
        "User",
        "ExecStart",
        "WantedBy",
        "ListenStream",
        "ListenDatagram",
        "OnCalendar",
        "Unit",
        "Options",
        "What",
        "X-Note",
        "Odd",
    ]);
    let assignment =
        (key, prop::sample::select(vec!["", "a", "b"])).prop_map(|(k, v)| format!("{k}={v}\n"));
    let header = prop::sample::select(vec![
        "Unit", "Service", "Socket", "Timer", "Mount", "Install", "X-Own", "Odd", "",
    ]);
    let line = prop_oneof![4 => assignment, 1 => header.prop_map(|name| format!("[{name}]\n"))];
    prop::collection::vec(line, 0..7).prop_map(|lines| format!("[Service]\n{}", lines.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_digest_changes_exactly_where_a_restart_is_owed(
        kind in prop::sample::select(vec!["service", "socket", "timer", "path", "mount", "target", "slice", "container"]),
        old in texts(),
        new in texts(),
    ) {
        let name = format!("x.{kind}");
        let (old, new) = (effective(&name, &old), effective(&name, &new));
        let restart = compare(&old, &new).class() == ChangeClass::Restart;
        prop_assert_eq!(restart, old.restart_digest() != new.restart_digest());
        prop_assert_eq!(compare(&old, &new).class(), compare(&new, &old).class());
        prop_assert_eq!(compare(&old, &old).class(), ChangeClass::None);
    }

    #[test]
    fn a_drop_in_that_repeats_the_fragment_after_clearing_it_changes_nothing_restarted(value in "[a-z]{1,4}") {
        let unit = UnitName::parse("x.service").unwrap();
        let fragment = format!("[Service]\nExecStart=/{value}\n");
        let repeated = format!("[Service]\nExecStart=\nExecStart=/{value}\n");
        let merged = Effective::new(&unit, &fragment, &[("1.conf", &repeated)]);
        prop_assert_eq!(merged.restart_digest(), Effective::new(&unit, &fragment, &[]).restart_digest());
    }
}
