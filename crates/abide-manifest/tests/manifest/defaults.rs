//! What holds where nothing is written of a unit (the Rules of the language).

use std::time::Duration;

use abide_model::{Desired, DesiredUnit, LingerReason, Presence, UnitName, UserName, Wanted};

use crate::support::{clean, host, load_text, told};

/// A host whose user `u` has these units, each with its text.
fn with_units(units: &[(&str, &str)]) -> Desired {
    let written = |(name, text): &(&str, &str)| {
        let lines: Vec<_> = text
            .lines()
            .map(|line| format!("              {line}\n"))
            .collect();
        format!(
            "          {name}:\n            content: |\n{}",
            lines.concat()
        )
    };
    let units = units.iter().map(written).collect::<Vec<_>>().concat();
    let text = format!(
        "version: 1\nname: t\nhosts:\n  h1:\n    users:\n      u:\n        units:\n{units}"
    );
    host(&text, "h1")
}

fn unit<'d>(desired: &'d Desired, name: &str) -> &'d DesiredUnit {
    let user = UserName::parse("u").expect("a name");
    &desired.users[&user].units[&UnitName::parse(name).expect("a name")]
}

const INSTALL: &str = "[Install]\nWantedBy=default.target\n";

fn wants(desired: &Desired, name: &str) -> (Wanted, Wanted) {
    let unit = unit(desired, name);
    (unit.running, unit.enabled)
}

#[test]
fn a_unit_of_ours_runs_and_is_enabled_if_it_can_be() {
    let service = "[Service]\nExecStart=/bin/a\n";
    let desired = with_units(&[
        ("a.service", &format!("{service}{INSTALL}")),
        ("b.service", service),
    ]);
    assert_eq!(wants(&desired, "a.service"), (Wanted::Yes, Wanted::Yes));
    assert_eq!(
        wants(&desired, "b.service"),
        (Wanted::Yes, Wanted::Unmanaged)
    );
    assert_eq!(
        unit(&desired, "a.service").masked,
        Some(false),
        "nobody masked what we start"
    );
    assert_eq!(
        unit(&desired, "a.service").settle.hold,
        Duration::from_secs(2)
    );
}

#[test]
fn what_does_not_run_by_itself_is_left_alone() {
    let oneshot = "[Service]\nType=oneshot\nExecStart=/bin/a\n";
    let desired = with_units(&[
        ("a.service", oneshot),
        ("b.service", &format!("{oneshot}RemainAfterExit=yes\n")),
        ("c.slice", "[Slice]\nMemoryMax=1G\n"),
        ("d.target", &format!("[Unit]\nWants=a.service\n{INSTALL}")),
        (
            "e@.service",
            &format!("[Service]\nExecStart=/bin/a %i\n{INSTALL}"),
        ),
    ]);
    assert_eq!(wants(&desired, "a.service").0, Wanted::Unmanaged);
    assert_eq!(wants(&desired, "b.service").0, Wanted::Yes);
    assert_eq!(wants(&desired, "c.slice").0, Wanted::Unmanaged);
    assert_eq!(
        wants(&desired, "d.target"),
        (Wanted::Unmanaged, Wanted::Yes)
    );
    assert_eq!(
        wants(&desired, "e@.service"),
        (Wanted::Unmanaged, Wanted::Unmanaged)
    );
}

#[test]
fn what_a_declared_unit_triggers_is_left_to_it() {
    let service = "[Service]\nExecStart=/bin/a\n";
    let desired = with_units(&[
        (
            "a.timer",
            "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n",
        ),
        ("a.service", service),
        (
            "b.socket",
            "[Socket]\nListenStream=/run/b\nService=other.service\n",
        ),
        ("other.service", service),
        ("c.path", "[Path]\nPathExists=/run/c\n"),
        ("c.service", service),
        ("d.socket", "[Socket]\nListenStream=/run/d\nAccept=yes\n"),
        ("d@.service", service),
        ("free.service", service),
    ]);
    assert_eq!(wants(&desired, "a.timer"), (Wanted::Yes, Wanted::Yes));
    for triggered in ["a.service", "other.service", "c.service", "d@.service"] {
        assert_eq!(
            wants(&desired, triggered).0,
            Wanted::Unmanaged,
            "{triggered}"
        );
    }
    assert_eq!(wants(&desired, "free.service").0, Wanted::Yes);
}

#[test]
fn instances_run_with_the_text_of_their_template() {
    let text = "
version: 1
name: t
hosts:
  h1:
    users:
      u:
        units:
          w@.service:
            content: |
              [Service]
              ExecStart=/bin/w %i
              [Install]
              WantedBy=default.target
            on_change: stop-start
            settle: {for: 5s}
            instances:
              a: {}
              b: {state: stopped, enabled: false, on_change: none, drop_ins: {10.conf: '[Service]'}}
";
    let desired = host(text, "h1");
    let (a, b) = (unit(&desired, "w@a.service"), unit(&desired, "w@b.service"));
    assert_eq!(
        (a.running, a.enabled, a.is_ours()),
        (Wanted::Yes, Wanted::Yes, false)
    );
    assert_eq!((b.running, b.enabled), (Wanted::No, Wanted::No));
    assert_eq!(
        a.on_change,
        abide_model::OnChange::StopStart,
        "as its template"
    );
    assert_eq!(b.on_change, abide_model::OnChange::None, "as it says");
    assert_eq!(a.settle.hold, Duration::from_secs(5));
    assert_eq!((a.drop_ins.len(), b.drop_ins.len()), (0, 1));
    assert!(unit(&desired, "w@.service").is_ours());
}

#[test]
fn of_somebody_elses_unit_only_what_is_written_is_managed() {
    let text =
        "version: 1\nname: t\nhosts: {h1: {units: {a.service: {enabled: true}, b.service: {}}}}\n";
    let desired = host(text, "h1");
    let of = |name: &str| desired.units[&UnitName::parse(name).expect("a name")].clone();
    assert_eq!(
        (of("a.service").running, of("a.service").enabled),
        (Wanted::Unmanaged, Wanted::Yes)
    );
    assert_eq!(
        (of("b.service").running, of("b.service").masked),
        (Wanted::Unmanaged, None)
    );
}

#[test]
fn lingering_is_implied_by_the_first_unit_that_needs_it() {
    let of = |units: &str| {
        let text = format!(
            "version: 1\nname: t\nhosts: {{h1: {{users: {{u: {{units: {{{units}}}}}}}}}}}\n"
        );
        let user = UserName::parse("u").expect("a name");
        host(&text, "h1").users[&user].linger.clone()
    };
    let implied = |name: &str| LingerReason::ImpliedBy(UnitName::parse(name).expect("a name"));
    let runs =
        of("a.service: {state: stopped}, b.service: {state: started}, c.service: {state: started}");
    assert_eq!(
        (runs.value, runs.reason),
        (Some(true), implied("b.service"))
    );
    let enabled = of("a.service: {enabled: true}");
    assert_eq!(
        (enabled.value, enabled.reason),
        (Some(true), implied("a.service"))
    );
    for units in [
        "",
        "a.service: {state: stopped}",
        "a.service: {}",
        "a.service: {state: absent}",
    ] {
        let linger = of(units);
        assert_eq!(
            (linger.value, linger.reason),
            (None, LingerReason::Unasked),
            "{units}"
        );
    }
}

#[test]
fn a_masked_unit_gives_up_its_file() {
    let text = "version: 1\nname: t\nhosts: {h1: {units: {a.service: {masked: true, content: \"[Service]\\nExecStart=/bin/a\\n[Install]\\nWantedBy=multi-user.target\\n\"}}}}\n";
    let desired = host(text, "h1");
    let a = desired.units.values().next().expect("a unit");
    assert_eq!(
        (a.masked, a.running, a.enabled),
        (Some(true), Wanted::No, Wanted::No)
    );
    assert!(!a.is_ours(), "the mask takes the place of the file");
}

#[test]
fn absence_takes_everything_along() {
    let text = "version: 1\nname: t\nhosts: {h1: {users: {u: {state: absent, remove_home: true}}, units: {a.service: {state: absent, content: \"[Service]\\nExecStart=/bin/a\\n\"}}}}\n";
    let desired = host(text, "h1");
    let unit = desired.units.values().next().expect("a unit");
    assert_eq!((unit.presence, unit.is_ours()), (Presence::Absent, false));
    let user = desired.users.values().next().expect("a user");
    assert_eq!(
        (user.state, user.remove_home, user.linger.value),
        (Presence::Absent, true, Some(false))
    );
}

#[test]
fn the_fleet_has_its_usual_values() {
    let fleet = clean("version: 1\nname: t\nhosts: {h1: {}}\n");
    assert_eq!(
        (fleet.parallel, fleet.rollout),
        (32, abide_model::Rollout::default())
    );
    let host = fleet.hosts.values().next().expect("a host");
    assert_eq!(host.connection.connect_timeout, Duration::from_secs(10));
    assert_eq!(host.connection.via, abide_model::Via::Ssh);
    assert_eq!(host.desired.policy, abide_model::Policy::default());
    assert!(host.desired.linger_exclusive.is_none());
}

#[test]
fn a_quadlet_runs_and_is_never_enabled_by_hand() {
    let desired = with_units(&[
        ("web.container", &format!("[Container]\nImage=x\n{INSTALL}")),
        ("net.network", "[Network]\n"),
    ]);
    assert_eq!(
        wants(&desired, "web.container"),
        (Wanted::Yes, Wanted::Unmanaged)
    );
    assert_eq!(wants(&desired, "net.network").1, Wanted::Unmanaged);
}

#[test]
fn a_drop_in_can_bring_the_install_section() {
    let loaded = load_text(
        "
version: 1
name: t
hosts:
  h1:
    units:
      a.service:
        content: \"[Service]\\nExecStart=/bin/a\\n\"
        enabled: true
        drop_ins: {50-boot.conf: \"[Install]\\nWantedBy=multi-user.target\\n\"}
",
    );
    assert_eq!(told(&loaded), "");
}

#[test]
fn an_empty_unit_file_is_no_unit() {
    let loaded =
        load_text("version: 1\nname: t\nhosts: {h1: {units: {a.service: {content: ''}}}}\n");
    assert!(
        told(&loaded).starts_with("E0305 fleet.yaml:3:43 "),
        "{}",
        told(&loaded)
    );
}

#[test]
fn instances_of_a_quadlet_get_files_of_their_own() {
    let loaded = load_text(
        "
version: 1
name: t
hosts:
  h1:
    units:
      w@.container:
        content: \"[Container]\\nImage=i\\nExec=/bin/w %i\\n[Install]\\nWantedBy=multi-user.target\\n\"
        instances: {a: {}, b: {state: stopped}}
      w@c.container: {state: started}
",
    );
    assert_eq!(told(&loaded), "");
    let fleet = loaded.fleet.expect("a fleet");
    let host = fleet.hosts.values().next().expect("a host");
    let unit = |name: &str| &host.desired.units[&name.parse().expect("a name")];
    for (name, running) in [
        ("w@a.container", Wanted::Yes),
        ("w@b.container", Wanted::No),
        ("w@c.container", Wanted::Yes),
    ] {
        assert_eq!(unit(name).file, unit("w@.container").file, "{name}");
        assert_eq!(unit(name).running, running, "{name}");
    }
}

#[test]
fn an_empty_quadlet_is_told_what_to_write() {
    let loaded =
        load_text("version: 1\nname: t\nhosts: {h1: {units: {a.volume: {content: ''}}}}\n");
    assert!(told(&loaded).contains("`[Volume]`"), "{}", told(&loaded));
}
