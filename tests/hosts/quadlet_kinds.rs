//! Quadlets that are no plain containers, and what takes the place of a service: on Podman 5.4 and systemd 257.

use crate::fleet::{Podman, lacks, skip};
use crate::support::{World, worker};

const IMAGE: &str = "trixie+podman";

fn container(image: &str) -> String {
    format!(
        "[Container]\nImage={image}\nExec=/bin/sleep infinity\nStopSignal=KILL\nNetwork=none\n\n\
         [Install]\nWantedBy=default.target\n"
    )
}

/// A pod as Kubernetes describes it, with one container that needs no registry.
fn pod(version: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: kpod}}\nspec:\n  hostNetwork: true\n  \
         terminationGracePeriodSeconds: 0\n  containers:\n    - name: box\n      image: localhost/box:{version}\n      \
         imagePullPolicy: Never\n      command: [/bin/sleep, infinity]\n"
    )
}

/// One user `app` with these files below its home and these units: each a file beside the manifest, with more keys.
fn declare(world: &World, files: &[(&str, &str)], units: &[(&str, &str, &str)]) {
    let mut text = "version: 1\nname: kinds\nhosts: {h1: {}}\ngroups:\n  all:\n    users:\n      app:\n        linger: true\n"
        .to_owned();
    for (index, (path, content)) in files.iter().enumerate() {
        if index == 0 {
            text.push_str("        files:\n");
        }
        let name = path.rsplit('/').next().expect("a name");
        text.push_str(&format!("          {path}: {{source: {name}}}\n"));
        world.file(name, content);
    }
    for (index, (name, content, more)) in units.iter().enumerate() {
        if index == 0 {
            text.push_str("        units:\n");
        }
        text.push_str(&format!(
            "          {name}: {{source: {name}, settle: {{for: 1s}}{more}}}\n"
        ));
        world.file(name, content);
    }
    world.manifest(&text);
}

/// What runs as the user, each as `NAME IMAGE`, without the helpers of Podman.
fn running(world: &World) -> Vec<String> {
    let said = as_app(world, "podman ps --format '{{.Names}} {{.Image}}'");
    let lines = said.lines().filter(|line| !line.contains("podman-pause"));
    let mut lines: Vec<String> = lines.map(str::to_owned).collect();
    lines.sort();
    lines
}

fn as_app(world: &World, command: &str) -> String {
    let script = format!("export XDG_RUNTIME_DIR=/run/user/$(id -u); cd; {command} 2>/dev/null");
    world.fleet.sh_as("h1", "app", &script)
}

fn invocation(world: &World, unit: &str) -> String {
    world.show("h1", "app", unit, "InvocationID")
}

#[test]
fn a_pod_of_kubernetes_yaml_runs_is_restarted_with_its_yaml_and_goes() {
    if let Some(why) = lacks(IMAGE, Podman::KubePlay) {
        return skip(why);
    }
    let Some(world) = World::fitting("kind-kube", &[("h1", IMAGE)]) else {
        return;
    };
    let path = ".config/containers/systemd/pod.yaml";
    let kube = "[Kube]\nYaml=pod.yaml\n\n[Install]\nWantedBy=default.target\n";
    let by_yaml = ", restart_on: [~/.config/containers/systemd/pod.yaml]";
    let other = container("localhost/box:1");
    let declare_both = |version: &str| {
        declare(
            &world,
            &[(path, &pod(version))],
            &[("pod.kube", kube, by_yaml), ("other.container", &other, "")],
        );
    };
    declare_both("1");
    world.plan().ends_with(0).says("pod.kube");
    world.converge();
    let both = |version: &str| {
        [
            format!("kpod-box localhost/box:{version}"),
            "systemd-other localhost/box:1".to_owned(),
        ]
    };
    assert_eq!(running(&world), both("1"));

    let before = [
        invocation(&world, "pod.service"),
        invocation(&world, "other.service"),
    ];
    declare_both("2");
    world.plan().ends_with(0).says("restart");
    world.converge();
    assert_eq!(running(&world), both("2"));
    assert_ne!(invocation(&world, "pod.service"), before[0]);
    assert_eq!(invocation(&world, "other.service"), before[1]);

    declare(
        &world,
        &[(path, &pod("2"))],
        &[("other.container", &other, "")],
    );
    world.converge();
    assert_eq!(running(&world), ["systemd-other localhost/box:1"]);
}

#[test]
fn images_are_built_and_pulled_for_the_containers_that_use_them_and_stay_behind() {
    let Some(world) = World::fitting("kind-image", &[("h1", IMAGE)]) else {
        return;
    };
    declare(&world, &[], &[]);
    world.converge();
    // What a registry would send.
    as_app(
        &world,
        "podman save -q --format oci-archive -o box.tar localhost/box:2",
    );
    let containerfile = |label: &str| format!("FROM localhost/box:1\nLABEL x={label}\n");
    let build = "[Build]\nImageTag=localhost/built:1\nFile=/home/app/Containerfile\nSetWorkingDirectory=/home/app\nPull=never\n";
    let image = "[Image]\nImage=oci-archive:/home/app/box.tar\nImageTag=localhost/box:2\n";
    let (from_build, from_image) = (container("made.build"), container("got.image"));
    let units = [
        ("made.build", build, ""),
        ("got.image", image, ""),
        ("a.container", from_build.as_str(), ""),
        ("b.container", from_image.as_str(), ""),
    ];
    declare(&world, &[("Containerfile", &containerfile("1"))], &units);
    world.converge();
    assert_eq!(
        running(&world),
        ["systemd-a localhost/built:1", "systemd-b localhost/box:2"]
    );
    world.fleet.reboot("h1");
    for unit in ["a.service", "b.service"] {
        world.wait_until_active("h1", "app", unit);
    }
    world.assert_converged();

    // Another build is made when what uses it starts next, and the plan says so.
    let labelled = format!("{build}Label=y=2\n");
    let mut changed = units;
    changed[0].1 = &labelled;
    declare(&world, &[("Containerfile", &containerfile("1"))], &changed);
    world.plan().ends_with(0).says("builds its image again");
    world.converge();

    declare(&world, &[], &[]);
    let allowed = ["--allow-removals", "4"];
    world
        .abide(&["plan", allowed[0], allowed[1]])
        .ends_with(0)
        .says("the image localhost/built:1 stays");
    world
        .abide(&["apply", "--yes", allowed[0], allowed[1]])
        .ends_with(0);
    world.assert_converged();
    assert_eq!(running(&world), Vec::<String>::new());
    let images = as_app(&world, "podman images --format '{{.Repository}}:{{.Tag}}'");
    assert!(images.contains("localhost/built:1"), "{images}");
}

#[test]
fn an_image_that_cannot_be_pulled_fails_with_its_reason_and_is_tried_again() {
    let Some(world) = World::fitting("kind-fail", &[("h1", IMAGE)]) else {
        return;
    };
    declare(&world, &[], &[]);
    world.converge();
    as_app(
        &world,
        "podman save -q --format oci-archive -o box.tar localhost/box:2",
    );
    let user = container("got.image");
    let with = |image: &str| {
        let image = format!("[Image]\nImage={image}\nImageTag=localhost/box:2\n");
        declare(
            &world,
            &[],
            &[("got.image", &image, ""), ("b.container", &user, "")],
        );
    };
    with("oci-archive:/home/app/nothing.tar");
    let said = world.apply().ends_with(1).says("got-image.service");
    assert!(said.stdout.contains("nothing.tar"), "{}", said.stdout);
    world.plan().ends_with(0).says("it failed");
    with("oci-archive:/home/app/box.tar");
    world.converge();
    assert_eq!(running(&world), ["systemd-b localhost/box:2"]);
}

#[test]
fn a_quadlet_takes_the_place_of_a_service_of_its_name_and_gives_it_back() {
    let Some(world) = World::fitting("kind-replace", &[("h1", IMAGE)]) else {
        return;
    };
    let service = worker("");
    let service = [("web.service", service.as_str(), "")];
    let quadlet = container("localhost/box:1");
    let quadlet = [("web.container", quadlet.as_str(), "")];
    declare(&world, &[], &service);
    world.converge();
    for _ in 0..2 {
        declare(&world, &[], &quadlet);
        world
            .plan()
            .ends_with(0)
            .does_not_say("refused")
            .says("stop — web.service gives way to web.container");
        world.converge();
        assert_eq!(running(&world), ["systemd-web localhost/box:1"]);
        let links = "find .config/systemd/user -name 'web.service*' | wc -l";
        assert_eq!(as_app(&world, links).trim(), "0");
        assert_eq!(
            world.show("h1", "app", "web.service", "UnitFileState"),
            "generated"
        );

        declare(&world, &[], &service);
        world
            .plan()
            .ends_with(0)
            .does_not_say("refused")
            .says("stop — web.container gives way to web.service");
        world.converge();
        assert_eq!(running(&world), Vec::<String>::new());
        assert_eq!(
            world.show("h1", "app", "web.service", "UnitFileState"),
            "enabled"
        );
    }
    world.fleet.reboot("h1");
    world.wait_until_active("h1", "app", "web.service");
    world.assert_converged();
}

#[test]
fn an_artifact_is_refused_for_a_podman_without_them_and_its_service_is_made_by_one_with_them() {
    let hosts = [("h1", IMAGE), ("h2", "forky+podman")];
    let Some(world) = World::fitting("kind-artifact", &hosts) else {
        return;
    };
    let declare = |hosts: &str, artifact: &str| {
        world.file("data.artifact", artifact);
        // Nothing can be pulled here.
        world.manifest(&format!(
            "version: 1\nname: kinds\nhosts: {{{hosts}}}\ngroups:\n  all:\n    users:\n      app:\n        linger: true\n\
             \x20       units: {{data.artifact: {{source: data.artifact, state: stopped}}}}\n"
        ));
    };
    let artifact = "[Artifact]\nArtifact=localhost/data:1\n";
    if let Some(why) = lacks(IMAGE, Podman::BeforeArtifacts) {
        skip(&format!("that h1 refuses it: {why}"));
    } else {
        declare("h1: {}, h2: {}", artifact);
        world
            .plan()
            .ends_with(1)
            .says("`.artifact` quadlets came with Podman 5.7, and the host has 5.4");
    }

    declare("h2: {}", artifact);
    world.converge();
    let loaded = |unit: &str| world.show("h2", "app", unit, "LoadState");
    assert_eq!(loaded("data-artifact.service"), "loaded");
    declare("h2: {}", "[Artifact]\nArtifact=localhost/data:2\n");
    world.plan().ends_with(0).says("data.artifact");
    world.converge();
    world.manifest(
        "version: 1\nname: kinds\nhosts: {h2: {}}\ngroups: {all: {users: {app: {linger: true}}}}\n",
    );
    world
        .abide(&["apply", "--yes", "--allow-removals", "2"])
        .ends_with(0);
    world.assert_converged();
    assert_eq!(loaded("data-artifact.service"), "not-found");
}
