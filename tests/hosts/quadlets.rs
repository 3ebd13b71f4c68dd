//! Quadlets with real containers: Podman 5.4 on systemd 257.

use crate::support::{Said, World};

const IMAGE: &str = "trixie+podman";

/// A container that sleeps and ends at once when it is told to.
fn container(version: &str, more: &str) -> String {
    format!(
        "[Unit]\nDescription=A container\n\n[Container]\nImage=localhost/box:{version}\n\
         Exec=/bin/sleep infinity\nStopSignal=KILL\nNetwork=none\n{more}\n[Install]\nWantedBy=default.target\n"
    )
}

/// One user `app` with these units, each a key of `units` and a file beside the manifest.
fn declare(world: &World, units: &[(&str, &str)]) {
    let mut keys = String::new();
    for (name, text) in units {
        keys.push_str(&format!("          {name}: {{source: {name}}}\n"));
        world.file(name, text);
    }
    world.manifest(&format!(
        "version: 1\nname: quadlets\nhosts: {{h1: {{}}}}\ngroups:\n  all:\n    users:\n      app:\n\
         \x20       linger: true\n        units:\n{keys}"
    ));
}

fn invocation(world: &World, unit: &str) -> String {
    world.show("h1", "app", unit, "InvocationID")
}

/// The containers of a user, running or not, each as `NAME IMAGE`.
fn containers(world: &World, user: &str) -> Vec<String> {
    let said = world.fleet.sh_as(
        "h1",
        user,
        "export XDG_RUNTIME_DIR=/run/user/$(id -u)
         podman ps -a --format '{{.Names}} {{.Image}} {{.State}}' 2>/dev/null",
    );
    let mut lines: Vec<String> = said.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn quadlets_on_host(world: &World) -> String {
    world.fleet.sh(
        "h1",
        "cd ~app/.config/containers/systemd && find . -type f | sort | while read -r f; do echo \"== $f\"; cat \"$f\"; done",
    )
}

/// `plan` ended well and nothing is restarted by it.
fn restarts_nothing(said: Said) -> Said {
    said.ends_with(0).does_not_say("restart")
}

#[test]
fn a_rootless_container_lives_from_its_first_plan_over_a_reboot_to_its_removal() {
    let world = World::new("quadlets-life", &[("h1", IMAGE)]);
    declare(
        &world,
        &[
            ("web.container", &container("1", "")),
            ("other.container", &container("1", "")),
        ],
    );
    world
        .plan()
        .ends_with(0)
        .says("web.container")
        .says("web.service");
    world.converge();
    assert_eq!(
        containers(&world, "app"),
        [
            "systemd-other localhost/box:1 running",
            "systemd-web localhost/box:1 running"
        ]
    );
    assert_eq!(
        world.show("h1", "app", "web.service", "UnitFileState"),
        "generated"
    );

    // Nobody logs in, and both come back.
    world.fleet.reboot("h1");
    for unit in ["web.service", "other.service"] {
        world.wait_until_active("h1", "app", unit);
    }
    world.assert_converged();

    // Another image restarts exactly that container.
    let before = [
        invocation(&world, "web.service"),
        invocation(&world, "other.service"),
    ];
    declare(
        &world,
        &[
            ("web.container", &container("2", "")),
            ("other.container", &container("1", "")),
        ],
    );
    world
        .plan()
        .ends_with(0)
        .says("restart")
        .says("Image=")
        .does_not_say("other");
    world.converge();
    assert_ne!(invocation(&world, "web.service"), before[0]);
    assert_eq!(invocation(&world, "other.service"), before[1]);
    assert_eq!(
        containers(&world, "app"),
        [
            "systemd-other localhost/box:1 running",
            "systemd-web localhost/box:2 running"
        ]
    );

    // Another description restarts nothing.
    let before = invocation(&world, "web.service");
    declare(
        &world,
        &[
            (
                "web.container",
                &container("2", "").replace("A container", "The container"),
            ),
            ("other.container", &container("1", "")),
        ],
    );
    restarts_nothing(world.plan()).says("1 to change");
    world.converge();
    assert_eq!(invocation(&world, "web.service"), before);
    assert_eq!(
        world.show("h1", "app", "web.service", "Description"),
        "The container"
    );

    // What is removed is stopped by its old definition: no container stays behind.
    declare(&world, &[("other.container", &container("1", ""))]);
    world.plan().says_in_order(&["stop", "remove"]);
    world.converge();
    assert_eq!(
        containers(&world, "app"),
        ["systemd-other localhost/box:1 running"]
    );
    assert!(!quadlets_on_host(&world).contains("web.container"));
    assert_eq!(
        world.show("h1", "app", "web.service", "LoadState"),
        "not-found"
    );
}
