//! Quadlets with real containers: Podman 5.4 on systemd 257.

use crate::support::World;

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
        keys.push_str(&format!(
            "          {name}: {{source: {name}, settle: {{for: 1s}}}}\n"
        ));
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

/// What the generator reads, with its contents.
fn quadlets_on_host(world: &World) -> String {
    world.fleet.sh(
        "h1",
        "cd ~app/.config/containers/systemd && find . -type f | sort | while read -r f; do echo \"== $f\"; cat \"$f\"; done",
    )
}

/// Runs the script of `abide show --script` until just before this step; `false` where it has fewer.
fn cut_before(world: &World, step: usize) -> bool {
    let script = world.abide(&["show", "--script", "h1"]).ends_with(0).stdout;
    let steps = script
        .strip_prefix("# abide: ")
        .and_then(|rest| rest.split(' ').next()?.parse().ok())
        .unwrap_or(0);
    if step > steps {
        return false;
    }
    let place = "  tell begin \"$current\"\n";
    assert!(
        script.contains(place),
        "the script has no such place any more"
    );
    let deadly = script.replace(
        place,
        &format!("  [ \"$current\" != {step} ] || kill -9 $$\n{place}"),
    );
    let ran = world
        .fleet
        .exec_with("h1", "root", &["/bin/sh", "-s"], deadly.as_bytes());
    assert_eq!(ran.code, 137, "{}{}", ran.stdout, ran.stderr);
    true
}

#[test]
fn case_40_and_41_a_rootless_container_lives_from_its_first_plan_over_a_reboot_to_its_removal() {
    let Some(world) = World::fitting("quadlets-life", &[("h1", IMAGE)]) else {
        return;
    };
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
    world
        .plan()
        .ends_with(0)
        .does_not_say("restart")
        .says("1 to change");
    world.converge();
    assert_eq!(invocation(&world, "web.service"), before);
    assert_eq!(
        world.show("h1", "app", "web.service", "Description"),
        "The container"
    );

    // Without `[Install]` it does not come up at boot, and goes on running until then.
    let wanted =
        "ls /run/user/$(id -u app)/systemd/generator/default.target.wants 2>/dev/null || true";
    assert!(world.fleet.sh("h1", wanted).contains("web.service"));
    let uninstalled = container("2", "")
        .replace("A container", "The container")
        .replace("[Install]\nWantedBy=default.target\n", "");
    declare(
        &world,
        &[
            ("web.container", &uninstalled),
            ("other.container", &container("1", "")),
        ],
    );
    world
        .plan()
        .ends_with(0)
        .says("- WantedBy=default.target")
        .does_not_say("restart")
        .does_not_say("disable");
    world.converge();
    assert_eq!(invocation(&world, "web.service"), before);
    assert!(!world.fleet.sh("h1", wanted).contains("web.service"));

    // What is removed is stopped by its old definition: no container stays behind.
    declare(&world, &[("other.container", &container("1", ""))]);
    world.plan().says_in_order(&["stop", "remove"]);
    world.converge();
    assert_eq!(
        containers(&world, "app"),
        ["systemd-other localhost/box:1 running"]
    );
    assert!(!quadlets_on_host(&world).contains("web.container"));
    // Killed, it ended with an error; that is forgotten with it.
    assert_eq!(
        world.show("h1", "app", "web.service", "LoadState"),
        "not-found"
    );
}

#[test]
fn case_40_what_podman_does_not_understand_is_refused_before_anything_is_written() {
    let Some(world) = World::fitting("quadlets-refused", &[("h1", IMAGE), ("h2", "trixie")]) else {
        return;
    };
    let network = ("app.network", "[Network]\n");
    let in_network = container("1", "").replace("Network=none", "Network=app.network");
    declare(&world, &[("web.container", &in_network), network]);
    world.converge();
    let before = (
        quadlets_on_host(&world),
        invocation(&world, "web.service"),
        world.show("h1", "app", "", "UnitsLoadTimestampMonotonic"),
    );
    let unchanged = || {
        let now = (
            quadlets_on_host(&world),
            invocation(&world, "web.service"),
            world.show("h1", "app", "", "UnitsLoadTimestampMonotonic"),
        );
        assert_eq!(now, before);
    };

    declare(
        &world,
        &[
            ("web.container", &in_network.replace("Exec=", "Exce=")),
            ("new.container", &container("1", "")),
            network,
        ],
    );
    world
        .apply()
        .ends_with(1)
        .says("so nothing was changed")
        .says("unsupported key 'Exce' in group 'Container' in")
        .says("/home/app/.config/containers/systemd/web.container");
    unchanged();

    // A drop-in is read together with its quadlet.
    declare(&world, &[("web.container", &in_network), network]);
    world.file(
        "abide.yaml",
        &std::fs::read_to_string(world.path("abide.yaml"))
            .unwrap()
            .replace(
                "{source: web.container,",
                "{source: web.container, drop_ins: {10-x.conf: \"[Container]\\nNo=x\\n\"},",
            ),
    );
    world.apply().ends_with(1).says("unsupported key 'No'");
    unchanged();

    // What another quadlet needs cannot go.
    declare(&world, &[("web.container", &in_network)]);
    world.apply().ends_with(1).says("app.network");
    unchanged();

    // A host without Podman has nothing to make services with.
    declare(&world, &[("web.container", &in_network), network]);
    let manifest = std::fs::read_to_string(world.path("abide.yaml")).unwrap();
    world.manifest(&manifest.replace("{h1: {}}", "{h2: {}}"));
    world
        .plan()
        .says("the host has no Podman, which would make its service")
        .says("install Podman 4.4 or newer");
    world.apply().ends_with(1);
    let there = "ls -A ~app/.config/containers 2>/dev/null || true";
    assert!(!world.fleet.sh("h2", there).contains("systemd"));
}

#[test]
fn a_drop_in_of_a_quadlet_comes_into_effect_and_goes() {
    let Some(world) = World::fitting("quadlets-drop-in", &[("h1", IMAGE)]) else {
        return;
    };
    let with = |drop_ins: &str| {
        declare(&world, &[("web.container", &container("1", ""))]);
        let manifest = std::fs::read_to_string(world.path("abide.yaml")).unwrap();
        world.manifest(&manifest.replace(
            "{source: web.container,",
            &format!("{{source: web.container, drop_ins: {{{drop_ins}}},"),
        ));
        world.converge();
    };
    let environment = || {
        world.fleet.sh_as(
            "h1",
            "app",
            "export XDG_RUNTIME_DIR=/run/user/$(id -u)
             podman exec systemd-web /bin/busybox env | grep ^V= || true",
        )
    };
    with("10-v.conf: \"[Container]\\nEnvironment=V=1\\n\"");
    assert_eq!(environment(), "V=1\n");
    let before = invocation(&world, "web.service");
    with("10-v.conf: \"[Container]\\nEnvironment=V=1\\n[Unit]\\nDescription=Another\\n\"");
    assert_eq!(invocation(&world, "web.service"), before);
    assert_eq!(
        world.show("h1", "app", "web.service", "Description"),
        "Another"
    );
    with("10-v.conf: \"[Container]\\nEnvironment=V=2\\n\"");
    assert_eq!(environment(), "V=2\n");
    with("");
    assert_eq!(environment(), "");
    assert!(!quadlets_on_host(&world).contains("web.container.d"));
}

#[test]
fn case_42_networks_and_volumes_are_never_restarted_in_silence_and_pods_are_kept_together() {
    let Some(world) = World::fitting("quadlets-things", &[("h1", IMAGE)]) else {
        return;
    };
    let web = container("1", "Volume=data.volume:/data\n").replace("=none", "=app.network");
    let member = |version: &str| container(version, "Pod=p.pod\n").replace("Network=none\n", "");
    let declared = |subnet: &str, label: &str, version: &str| {
        declare(
            &world,
            &[
                ("app.network", &format!("[Network]\nSubnet={subnet}\n")),
                ("data.volume", &format!("[Volume]\nLabel=v={label}\n")),
                ("web.container", &web),
                ("p.pod", "[Pod]\n"),
                ("in.container", &member(version)),
            ],
        );
    };
    declared("10.98.1.0/24", "1", "1");
    world.converge();
    let units = ["app-network.service", "data-volume.service", "web.service"];
    let before = units.map(|unit| invocation(&world, unit));

    declared("10.98.2.0/24", "2", "1");
    let recreate = "needs to be recreated by hand";
    world
        .plan()
        .ends_with(0)
        .says(&format!("app.network {recreate}"))
        .says(&format!("data.volume {recreate}"))
        .says("0 to remove on 1 host; 2 restarts held back.");
    world.converge();
    assert_eq!(units.map(|unit| invocation(&world, unit)), before);
    world.plan().says(&format!("app.network {recreate}"));

    // As the plan says.
    world.fleet.sh_as(
        "h1",
        "app",
        "export XDG_RUNTIME_DIR=/run/user/$(id -u)
         systemctl --user stop web.service
         podman network rm systemd-app >/dev/null
         podman volume rm systemd-data >/dev/null
         systemctl --user restart app-network.service data-volume.service",
    );
    world.converge().does_not_say(recreate);
    world.assert_active("h1", "app", "web.service");
    let subnet = world.fleet.sh_as(
        "h1",
        "app",
        "export XDG_RUNTIME_DIR=/run/user/$(id -u)
         podman network inspect systemd-app --format '{{(index .Subnets 0).Subnet}}'",
    );
    assert_eq!(subnet.trim(), "10.98.2.0/24");

    // A network with another name is another network, for its container as well.
    let network = "[Network]\nSubnet=10.98.3.0/24\nNetworkName=front\n";
    world.file("app.network", network);
    world.converge();
    let network_of_web = world.fleet.sh_as(
        "h1",
        "app",
        "export XDG_RUNTIME_DIR=/run/user/$(id -u)
         podman inspect systemd-web --format '{{range $name, $network := .NetworkSettings.Networks}}{{$name}}{{end}}'",
    );
    assert_eq!(network_of_web.trim(), "front");

    // The pod would end with its only container, and the container could not start without it.
    let web_before = invocation(&world, "web.service");
    world.file("in.container", &member("2"));
    world
        .plan()
        .says("p-pod.service")
        .says("in.service is restarted");
    world.converge();
    assert_eq!(invocation(&world, "web.service"), web_before);
    assert!(containers(&world, "app").contains(&"systemd-in localhost/box:2 running".to_owned()));
}

#[test]
fn a_rootful_container_is_a_unit_of_the_system() {
    let Some(world) = World::fitting("quadlets-system", &[("h1", IMAGE)]) else {
        return;
    };
    let declared = |version: Option<&str>| {
        let units = version.map_or("{}".to_owned(), |version| {
            let text = container(version, "").replace("default.target", "multi-user.target");
            world.file("web.container", &text);
            "{web.container: {source: web.container}}".to_owned()
        });
        world.manifest(&format!(
            "version: 1\nname: quadlets\nhosts: {{h1: {{units: {units}}}}}\n"
        ));
        world.converge();
    };
    declared(Some("1"));
    assert_eq!(
        containers(&world, "root"),
        ["systemd-web localhost/box:1 running"]
    );
    let file = world.fleet.sh(
        "h1",
        "stat -c '%a %U' /etc/containers/systemd/web.container",
    );
    assert_eq!(file, "644 root\n");
    declared(Some("2"));
    assert_eq!(
        containers(&world, "root"),
        ["systemd-web localhost/box:2 running"]
    );
    world.file(
        "web.container",
        "[Container]\nImage=localhost/box:1\nNo=x\n",
    );
    world
        .apply()
        .ends_with(1)
        .says("unsupported key 'No' in group 'Container' in");
    assert_eq!(
        containers(&world, "root"),
        ["systemd-web localhost/box:2 running"]
    );
    declared(None);
    assert_eq!(containers(&world, "root"), Vec::<String>::new());
    let left = world.fleet.sh(
        "h1",
        "find /etc/containers/systemd -type f; systemctl list-units --failed --no-legend",
    );
    assert_eq!(left, "");
}

#[test]
fn a_run_that_is_cut_before_any_step_is_completed_by_the_next() {
    let Some(world) = World::fitting("quadlets-cut", &[("h1", IMAGE)]) else {
        return;
    };
    let declared = |version: usize| {
        let image = (version % 2 + 1).to_string();
        let web = container(&image, &format!("Environment=V={version}\n"));
        declare(
            &world,
            &[
                ("web.container", &web),
                ("other.container", &container("1", "")),
            ],
        );
        format!("systemd-web localhost/box:{image} running")
    };
    // From nothing, with the user itself; then from one version to the next.
    declared(0);
    assert!(cut_before(&world, 5));
    world.converge();
    let mut step = 1;
    loop {
        let running = declared(step);
        if !cut_before(&world, step) {
            break;
        }
        world.converge();
        assert!(
            containers(&world, "app").contains(&running),
            "cut before {step}"
        );
        step += 1;
    }
    assert!(step > 3, "{step}");
    // The same on the way out.
    step = 1;
    loop {
        declared(0);
        world.converge();
        declare(&world, &[("other.container", &container("1", ""))]);
        if !cut_before(&world, step) {
            break;
        }
        world.converge();
        assert_eq!(
            containers(&world, "app"),
            ["systemd-other localhost/box:1 running"]
        );
        step += 1;
    }
    assert!(step > 3, "{step}");
}
