//! Quadlets whose services have names of their own (`ServiceName=`): Podman 5.4 on systemd 257, and the newest on 262.

use crate::support::{Said, World, worker};

const HOSTS: [(&str, &str); 2] = [("h1", "trixie+podman"), ("h2", "forky+podman")];

fn container(service: &str, more: &str) -> String {
    format!(
        "[Container]\nImage=localhost/box:1\nExec=/bin/sleep infinity\nStopSignal=KILL\n{service}{more}\n\
         [Install]\nWantedBy=default.target\n"
    )
}

/// Where, and with what policy.
const BOTH: &str = "hosts: {h1: {}, h2: {}}\n";

fn declare(world: &World, head: &str, units: &[(&str, &str)]) {
    let mut keys = String::new();
    for (name, text) in units {
        keys.push_str(&format!(
            "          {name}: {{source: {name}, settle: {{for: 1s}}}}\n"
        ));
        world.file(name, text);
    }
    if units.is_empty() {
        keys.push_str("          {}\n");
    }
    world.manifest(&format!(
        "version: 1\nname: named\n{head}groups:\n  all:\n    users:\n      app:\n\
         \x20       linger: true\n        units:\n{keys}"
    ));
}

fn containers(world: &World, host: &str) -> Vec<String> {
    let said = world.fleet.sh_as(
        host,
        "app",
        "export XDG_RUNTIME_DIR=/run/user/$(id -u)
         podman ps -a --format '{{.Names}} {{.State}}' 2>/dev/null | grep -v podman-pause || true",
    );
    let mut lines: Vec<String> = said.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn load_and_state(world: &World, host: &str, unit: &str) -> [String; 2] {
    ["LoadState", "ActiveState"].map(|property| world.show(host, "app", unit, property))
}

fn gone() -> [String; 2] {
    ["not-found", "inactive"].map(str::to_owned)
}

fn apply(world: &World) -> Said {
    world
        .abide(&["apply", "--yes", "--allow-removals", "9"])
        .ends_with(0)
}

#[test]
fn a_quadlet_names_its_service_and_keeps_it_until_it_names_another() {
    let Some(world) = World::fitting("service-name", &HOSTS) else {
        return;
    };
    let names = ["h1", "h2"];
    // The container has one name, whatever its service is called: two services of it would be in each other's way.
    let named =
        |service: &str| container(&format!("ServiceName={service}\n"), "ContainerName=box\n");
    declare(&world, BOTH, &[("web.container", &named("front"))]);
    world
        .plan()
        .ends_with(0)
        .says("web.container")
        .says("front.service")
        .does_not_say("web.service");
    world.converge();
    for host in names {
        assert_eq!(containers(&world, host), ["box running"], "{host}");
        world.assert_active(host, "app", "front.service");
        assert_eq!(
            load_and_state(&world, host, "web.service"),
            gone(),
            "{host}"
        );
    }
    world.abide(&["drift"]).ends_with(0);
    world
        .abide(&["status", "--exit-code"])
        .ends_with(0)
        .says("2 up");

    // Nobody logs in, and it comes back.
    for host in names {
        world.fleet.reboot(host);
        world.wait_until_active(host, "app", "front.service");
    }
    world.assert_converged();
    world.abide(&["status"]).ends_with(0).says("yes");

    // Stopped by hand: that is found, and put right.
    let by_hand = "export XDG_RUNTIME_DIR=/run/user/$(id -u); systemctl --user stop front.service";
    world.fleet.sh_as("h2", "app", by_hand);
    world.abide(&["drift"]).ends_with(2).says("front.service");
    world.abide(&["status", "--exit-code"]).ends_with(2);
    world
        .plan()
        .ends_with(0)
        .says("front.service")
        .says("start");
    world.converge();
    world.assert_active("h2", "app", "front.service");

    // Another image of its own text restarts it by its name.
    let before = world.show("h1", "app", "front.service", "InvocationID");
    let text = named("front").replace("box:1", "box:2");
    declare(&world, BOTH, &[("web.container", &text)]);
    world.plan().ends_with(0).says("restart");
    world.converge();
    assert_ne!(
        world.show("h1", "app", "front.service", "InvocationID"),
        before
    );

    // Another name: the old service is stopped by its old definition and is gone, also where nothing is pruned.
    let text = named("back").replace("box:1", "box:2");
    declare(
        &world,
        "hosts: {h1: {}, h2: {}}\npolicy: {prune: false}\n",
        &[("web.container", &text)],
    );
    world
        .plan()
        .ends_with(0)
        .says_in_order(&["front.service", "stop"])
        .says("back.service");
    world.converge();
    for host in names {
        assert_eq!(containers(&world, host), ["box running"], "{host}");
        world.assert_active(host, "app", "back.service");
        assert_eq!(
            load_and_state(&world, host, "front.service"),
            gone(),
            "{host}"
        );
    }
    world.abide(&["drift"]).ends_with(0);

    // Without a name it has the usual one.
    let text = container("", "ContainerName=box\n");
    declare(&world, BOTH, &[("web.container", &text)]);
    world.converge();
    for host in names {
        world.assert_active(host, "app", "web.service");
        assert_eq!(
            load_and_state(&world, host, "back.service"),
            gone(),
            "{host}"
        );
    }

    // The name passes on to another quadlet.
    declare(&world, BOTH, &[("other.container", &named("web"))]);
    apply(&world);
    world.assert_converged();
    for host in names {
        assert_eq!(containers(&world, host), ["box running"], "{host}");
        let source = world.show(host, "app", "web.service", "SourcePath");
        assert!(source.ends_with("/other.container"), "{source}");
    }

    // What is removed is stopped first, whatever it is called.
    declare(&world, BOTH, &[("other.container", &named("last"))]);
    world.converge();
    declare(&world, BOTH, &[]);
    world
        .plan()
        .says_in_order(&["last.service", "stop"])
        .says("remove");
    apply(&world);
    world.assert_converged();
    for host in names {
        assert_eq!(containers(&world, host), [""; 0], "{host}");
        for unit in ["last.service", "web.service"] {
            assert_eq!(load_and_state(&world, host, unit), gone(), "{host}");
        }
    }
}

#[test]
fn pods_and_networks_name_their_services_and_are_found_by_those_that_use_them() {
    let Some(world) = World::fitting("service-kinds", &HOSTS[..1]) else {
        return;
    };
    let member =
        |image: &str| container("ServiceName=front\n", "Pod=app.pod\n").replace("box:1", image);
    let pod =
        "[Pod]\nServiceName=together\nNetwork=app.network\n\n[Install]\nWantedBy=default.target\n";
    let network = "[Network]\nServiceName=lan\n";
    let volume = "[Volume]\nServiceName=disk\n";
    let reader = worker("").replace(
        "[Service]",
        "[Unit]\nRequires=front.service\nAfter=front.service\n[Service]",
    );
    let declared = |image: &str| {
        declare(
            &world,
            "hosts: {h1: {}}\n",
            &[
                ("app.pod", pod),
                ("app.network", network),
                ("data.volume", volume),
                ("web.container", &member(image)),
                ("reader.service", &reader),
            ],
        );
    };
    declared("box:1");
    world.converge();
    for host in ["h1"] {
        for unit in [
            "together.service",
            "front.service",
            "lan.service",
            "disk.service",
            "reader.service",
        ] {
            world.assert_active(host, "app", unit);
        }
    }
    world.abide(&["drift"]).ends_with(0);
    // A pod whose only container is restarted is restarted with it; what requires that comes back.
    declared("box:2");
    world
        .plan()
        .ends_with(0)
        .says("front.service")
        .says("together.service");
    world.converge();
    for host in ["h1"] {
        for unit in ["together.service", "front.service", "reader.service"] {
            world.assert_active(host, "app", unit);
        }
    }
}

#[test]
fn a_drop_in_of_somebody_else_that_names_the_service_is_told_before_anything_is_written() {
    let Some(world) = World::fitting("foreignname", &HOSTS) else {
        return;
    };
    for host in ["h1", "h2"] {
        world.fleet.sh(host, "useradd -m -s /bin/sh app");
        world.fleet.sh_as(
            host,
            "app",
            "mkdir -p ~/.config/containers/systemd/web.container.d; printf '[Container]\\nServiceName=theirs\\n' >~/.config/containers/systemd/web.container.d/10.conf",
        );
    }
    declare(&world, BOTH, &[("web.container", &container("", ""))]);
    world
        .abide(&["apply", "--yes"])
        .ends_with(1)
        .says("it makes no web.service of them, but theirs.service: a drop-in that is not of the manifest says ServiceName=");
    for host in ["h1", "h2"] {
        let files = world.fleet.sh(host, "ls ~app/.config/containers/systemd");
        assert_eq!(files, "web.container.d\n", "{host}");
        world.fleet.sh(
            host,
            "rm -r ~app/.config/containers/systemd/web.container.d",
        );
    }
    world.converge();
}
