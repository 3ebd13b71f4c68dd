//! As whom abide connects: each route does what it can, and refuses the rest in words before any change.

use crate::support::{World, worker};

const UNITS: &str = "
    users:
      app:
        units:
          a.service: {source: a.service}
";

#[test]
fn root_and_a_user_with_sudo_or_doas_do_the_same() {
    let hosts = [
        ("h1", "bookworm+nosudo"),
        ("h2", "trixie"),
        ("h3", "bookworm+doas"),
    ];
    let Some(world) = World::fitting("roots", &hosts) else {
        return;
    };
    world.file("a.service", &worker("")).manifest(&format!(
        "
version: 1
name: routes
hosts:
  h1: {{connection: {{user: root}}}}
  h2: {{connection: {{user: deploy, become: sudo}}}}
  h3: {{connection: {{user: deploy}}}}
groups:
  all:{UNITS}"
    ));
    world.converge();
    for host in ["h1", "h2", "h3"] {
        world.assert_active(host, "app", "a.service");
        let owner = world.fleet.sh(
            host,
            "stat -c %U ~app/.config ~app/.config/systemd/user/a.service",
        );
        assert_eq!(
            owner, "app\napp\n",
            "files of the user are the user's on {host}"
        );
    }
}

/// Hosts where `app` exists and may log in, and the manifest connects as `app` without root.
fn own_user(name: &str, images: [&str; 2]) -> World {
    let world = World::new(name, &[("h1", images[0]), ("h2", images[1])]);
    for host in ["h1", "h2"] {
        world.fleet.sh(host, "useradd -m -s /bin/sh app");
        world.fleet.authorize(host, "app");
    }
    world.file("a.service", &worker("")).manifest(&format!(
        "
version: 1
name: own
connection: {{user: app, become: never}}
hosts: {{h1: {{}}, h2: {{}}}}
groups:
  all:{UNITS}"
    ));
    world
}

#[test]
fn a_user_without_root_manages_itself_and_lingers_where_polkit_allows_it() {
    let world = own_user("polkit", ["bookworm+polkit", "trixie+polkit"]);
    world.converge();
    for host in ["h1", "h2"] {
        world.fleet.reboot(host);
        world.wait_until_active(host, "app", "a.service");
    }
    world.assert_converged();
}

#[test]
fn a_user_without_root_is_told_before_any_change_that_it_may_not_linger() {
    let world = own_user("nopolkit", ["bookworm", "trixie"]);
    let said = world.plan();
    assert_ne!(said.code, 0, "{}", said.stdout);
    said.says("linger").says("loginctl enable-linger app");
    let said = world.apply();
    assert_ne!(said.code, 0, "{}", said.stdout);
    for host in ["h1", "h2"] {
        assert_eq!(
            world
                .fleet
                .sh(host, "ls /var/lib/systemd/linger 2>/dev/null || true"),
            ""
        );
    }

    // Once an admin has enabled lingering, the user manages its units alone.
    for host in ["h1", "h2"] {
        world.fleet.sh(host, "loginctl enable-linger app");
    }
    world.converge();
    for host in ["h1", "h2"] {
        world.assert_active(host, "app", "a.service");
        let owned = world.fleet.sh(
            host,
            "ls ~app/.local/state/abide/ledger; ls /var/lib/abide 2>/dev/null || true",
        );
        assert_eq!(owned, "own\n", "the ledger is the user's own");
    }
}

#[test]
fn without_root_what_needs_it_is_refused_and_nothing_of_it_is_tried() {
    let world = own_user("needsroot", ["bookworm+polkit", "trixie+polkit"]);
    world.manifest(
        "
version: 1
name: own
connection: {user: app, become: never}
hosts: {h1: {}, h2: {}}
groups:
  all:
    users:
      app: {units: {a.service: {source: a.service}}}
      other: {units: {a.service: {source: a.service}}}
    units:
      sys.service: {content: \"[Service]\\nExecStart=/bin/sleep infinity\\n\"}
",
    );
    let said = world.plan();
    assert_ne!(said.code, 0);
    said.says("other").says("sys.service").says("root");
    world.apply();
    for host in ["h1", "h2"] {
        let nothing = world.fleet.sh(
            host,
            "getent passwd other || true; ls /etc/systemd/system/sys.service 2>/dev/null || true",
        );
        assert_eq!(nothing, "", "on {host}");
    }
}

#[test]
fn sudo_that_wants_a_password_is_named_and_other_hosts_are_done() {
    let world = World::both("sudopw");
    world.fleet.sh(
        "h1",
        "rm -f /etc/sudoers.d/*; echo 'deploy ALL=(ALL) ALL' >/etc/sudoers.d/deploy",
    );
    world.file("a.service", &worker("")).manifest(&format!(
        "
version: 1
name: sudopw
connection: {{user: deploy, become: sudo}}
hosts: {{h1: {{}}, h2: {{}}}}
groups:
  all:{UNITS}"
    ));
    let said = world.apply();
    let said = said.ends_with(3);
    said.says("password").says("NOPASSWD");
    world.assert_active("h2", "app", "a.service");
}
