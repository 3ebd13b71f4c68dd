//! Lingering that comes and goes, and user managers that do not answer.

use super::case::Case;
use crate::support::World;

fn service(lines: &str) -> String {
    format!(
        "[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/sh -c 'echo stop >>%h/log'\n{lines}\n[Install]\nWantedBy=default.target\n"
    )
}

/// Whether lingering is recorded, and how the manager is.
fn linger(case: &Case, name: &str) -> [String; 2] {
    case.ask(|at| {
        at.root(&format!(
            "[ -e /var/lib/systemd/linger/{name} ] && printf 'on ' || printf 'off '
             systemctl show --value -p ActiveState \"user@$(id -u {name}).service\""
        ))
        .trim()
        .to_owned()
    })
}

#[test]
fn case_46_lingering_is_switched_on_before_the_units_and_nothing_waits() {
    let mut case = Case::user("c46");
    case.each(|at| {
        at.root("useradd -m c46");
    });
    assert_eq!(linger(&case, "c46"), ["off inactive"; 2]);
    case.unit("a.service", &service(""));
    case.plan().says_in_order(&[
        "linger",
        "enable",
        "needed by a.service",
        "a.service",
        "install",
    ]);
    case.converge();
    assert_eq!(linger(&case, "c46"), ["on active"; 2]);
    case.each(|at| {
        at.is("a.service", "active");
        // One start of the manager, and none that was tried again.
        let starts = at.root(
            "journalctl -q -o cat _PID=1 UNIT=\"user@$(id -u c46).service\" | grep -c '^Started' || true",
        );
        assert_eq!(starts.trim(), "1");
    });
    case.stays();
}

#[test]
fn case_47_a_lingering_user_whose_manager_failed_is_seen_as_lingering() {
    let mut case = Case::user("c47");
    case.unit("a.service", &service(""));
    case.also("    units:\n      c47-sys.service: {settle: {for: 0s}, content: \"[Service]\\nExecStart=/bin/sleep infinity\\n\"}\n");
    case.each(|at| {
        at.root(
            "useradd -m c47; dir=/etc/systemd/system/user@$(id -u c47).service.d; mkdir $dir
             printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n' >$dir/broken.conf; systemctl daemon-reload
             loginctl enable-linger c47; i=0
             until systemctl is-failed --quiet \"user@$(id -u c47).service\"; do i=$((i+1)); [ $i -lt 50 ]; sleep 0.1; done",
        );
    });
    case.plan()
        .says("start")
        .says("user manager")
        .does_not_say("enable lingering");
    case.apply().ends_with(1).says("user@").says("c47");
    case.each(|at| {
        at.root("systemctl is-active --quiet c47-sys.service");
        at.root("rm -r /etc/systemd/system/user@$(id -u c47).service.d; systemctl daemon-reload");
    });
    case.converge();
    case.each(|at| at.is("a.service", "active"));
    case.stays();
}

#[test]
fn case_48_lingering_ends_last_and_stays_where_somebody_else_needs_it() {
    let mut case = Case::user("c48");
    case.unit("a.service", &service(""));
    case.converge();
    assert_eq!(linger(&case, "c48"), ["on active"; 2]);
    case.without("a.service");
    // On the second host the user has enabled a unit of its own.
    case.world.fleet.sh_as(
        "h2",
        "c48",
        "export XDG_RUNTIME_DIR=/run/user/$(id -u)
         printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=default.target\\n' >~/.config/systemd/user/mine.service
         systemctl --user enable --now --quiet mine.service",
    );
    case.plan()
        .says_in_order(&["lingering stays on: mine.service"]);
    case.converge();
    let [first, second] = linger(&case, "c48");
    assert_eq!(second, "on active");
    // `disable-linger` stops the manager at once; the last words of its units were said before.
    assert!(
        ["off inactive", "off deactivating"].contains(&first.as_str()),
        "{first}"
    );
    case.each(|at| assert_eq!(at.root("cat ~c48/log"), "stop\n"));
    case.stays();
}

#[test]
fn case_49_a_bus_in_the_users_manager_makes_no_difference() {
    let world = World::new("userbus", &[("h1", "bookworm+userbus"), ("h2", "bookworm")]);
    let mut case = Case::on(world, "c49");
    case.unit("a.service", &service(""));
    // The same change of both is told once.
    case.plan().says("h1, h2\n").says("Plan: 6 to add");
    case.converge();
    case.each(|at| {
        at.is("a.service", "active");
        let bus = at.sh("[ -S $XDG_RUNTIME_DIR/bus ] && echo bus || echo none");
        assert_eq!(bus.trim(), if at.host == "h1" { "bus" } else { "none" });
    });
    case.unit("a.service", &service("Nice=1"));
    case.converge();
    case.each(|at| assert_eq!(at.show("a.service", "Nice"), "1"));
}
