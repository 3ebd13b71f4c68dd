//! Quadlets that containers share: networks, volumes, pods, images.

use abide_model::Desired;

use super::support::{as_declared, assert_converges, from_to, lines, notes, one, planned, steps};

/// A network and a container in it.
fn in_network(network: &str) -> Desired {
    one("app.network", &format!("[Network]\n{network}"))
        .unit(
            "web.container",
            "[Container]\nImage=img:1\nNetwork=app.network\n",
        )
        .unit("other.container", "[Container]\nImage=img:1\n")
        .build()
}

#[test]
fn a_network_with_another_name_is_made_and_its_containers_are_restarted() {
    let plan_to = |network: &str| {
        let mut host = as_declared(&in_network(""));
        assert_converges(&mut host, &in_network(network))
    };
    let renamed = plan_to("NetworkName=front\n");
    assert_eq!(
        steps(&renamed),
        lines(
            "write /home/deploy/.config/containers/systemd/app.network 0644
            manager user:deploy: daemon-reload
            user:deploy/app-network.service: restart
            user:deploy/web.service: restart"
        )
    );
    // The usual name, written out.
    assert_eq!(
        steps(&plan_to("NetworkName=systemd-app\n")),
        lines(
            "write /home/deploy/.config/containers/systemd/app.network 0644
            manager user:deploy: daemon-reload"
        )
    );
}

#[test]
fn a_cut_run_that_renamed_a_network_is_completed() {
    let (old, new) = (in_network(""), in_network("NetworkName=front\n"));
    let host = as_declared(&old);
    let plan = planned(&host, &new);
    for done in 0..plan.actions.len() {
        let mut host = host.clone();
        host.apply_until(&plan, done);
        let rest = assert_converges(&mut host, &new);
        assert!(
            steps(&rest).contains(&"user:deploy/web.service: restart".to_owned()),
            "after {done} steps: {:?}",
            steps(&rest)
        );
    }
}

#[test]
fn a_build_is_not_run_for_its_own_sake() {
    let build = |file: &str| {
        one(
            "app.build",
            &format!("[Build]\nImageTag=localhost/app\nFile={file}\n"),
        )
        .linger(Some(true))
        .build()
    };
    assert_eq!(
        from_to(&build("/a"), &build("/b")),
        lines(
            "write /home/deploy/.config/containers/systemd/app.build 0644
            manager user:deploy: daemon-reload"
        )
    );
}

const POD: &str = "user:deploy/p-pod.service";

/// A pod with these containers, each with a version.
fn in_pod(pod: &str, containers: &[(&str, u32)]) -> Desired {
    let pod = one("p.pod", &format!("[Pod]\n{pod}"));
    let add = |wanted: abide_sim::DesiredBuilder, (name, version): &(&str, u32)| {
        let text = format!("[Container]\nImage=img:{version}\nPod=p.pod\n");
        wanted.unit(&format!("{name}.container"), &text)
    };
    containers.iter().fold(pod, add).build()
}

/// The steps from one pod to another that are no files and no reload.
fn verbs(from: &Desired, to: &Desired) -> Vec<String> {
    let mut steps = from_to(from, to);
    steps.retain(|step| step.starts_with("user:deploy/"));
    steps
}

#[test]
fn a_pod_that_would_end_with_its_last_container_is_restarted_with_it() {
    let one = |version| in_pod("", &[("a", version)]);
    assert_eq!(
        verbs(&one(1), &one(2)),
        ["user:deploy/a.service: restart", &format!("{POD}: restart")]
    );
    let both = |a, b| in_pod("", &[("a", a), ("b", b)]);
    // Another container keeps the pod up.
    assert_eq!(
        verbs(&both(1, 1), &both(2, 1)),
        ["user:deploy/a.service: restart"]
    );
    assert_eq!(
        verbs(&both(1, 1), &both(2, 2)),
        [
            "user:deploy/a.service: restart",
            "user:deploy/b.service: restart",
            &format!("{POD}: restart")
        ]
    );
    // One goes, the other one is restarted.
    assert_eq!(
        verbs(&both(1, 1), &one(2)),
        [
            "user:deploy/b.service: stop",
            "user:deploy/a.service: restart",
            &format!("{POD}: restart")
        ]
    );
    // Whatever its name.
    let late = |version| in_pod("", &[("zz", version)]);
    assert_eq!(
        verbs(&late(1), &late(2)),
        [
            "user:deploy/zz.service: restart",
            &format!("{POD}: restart")
        ]
    );
    // A pod that does not end by itself.
    let stays = |version| in_pod("ExitPolicy=continue\n", &[("a", version)]);
    assert_eq!(
        verbs(&stays(1), &stays(2)),
        ["user:deploy/a.service: restart"]
    );
}

#[test]
fn a_pod_whose_last_container_goes_is_started_again() {
    let started = [
        "user:deploy/a.service: stop".to_owned(),
        format!("{POD}: stop"),
        format!("{POD}: start"),
    ];
    assert_eq!(verbs(&in_pod("", &[("a", 1)]), &in_pod("", &[])), started);
    // Both go: the pod is only stopped.
    let nothing = abide_sim::desired("h1")
        .user("deploy")
        .linger(Some(true))
        .build();
    assert_eq!(
        verbs(&in_pod("", &[("a", 1)]), &nothing),
        ["user:deploy/a.service: stop", &format!("{POD}: stop")]
    );
}

#[test]
fn what_podman_made_stays_and_the_plan_says_so() {
    let with = |network: &str, volume: &str| {
        one("app.network", &format!("[Network]\n{network}"))
            .unit("data.volume", &format!("[Volume]\n{volume}"))
            .linger(Some(true))
            .build()
    };
    let told = |to: &Desired| {
        let mut host = as_declared(&with("", ""));
        notes(&assert_converges(&mut host, to))
    };
    let stays = [
        "user:deploy/app-network.service: the network systemd-app stays: `podman network rm systemd-app` would remove it",
        "user:deploy/data-volume.service: the volume systemd-data and what is in it stay: `podman volume rm systemd-data` would remove both",
    ];
    assert_eq!(
        told(
            &abide_sim::desired("h1")
                .user("deploy")
                .linger(Some(true))
                .build()
        ),
        stays
    );
    assert_eq!(told(&with("NetworkName=a\n", "VolumeName=b\n")), stays);
    let host = as_declared(&with("", ""));
    let recreate = notes(&planned(&host, &with("Subnet=10.0.0.0/24\n", "Label=a\n")));
    assert_eq!(
        recreate[0],
        "user:deploy/app-network.service: app.network needs to be recreated by hand, for a restart leaves the network \
         systemd-app as it is: stop what uses it, `podman network rm systemd-app`, restart app-network.service"
    );
    assert!(
        recreate[1].contains("`podman volume rm systemd-data`"),
        "{recreate:?}"
    );
}

#[test]
fn an_image_is_pulled_again_and_a_build_runs_with_its_container() {
    let with = |image: &str, file: &str| {
        one(
            "app.image",
            &format!("[Image]\nImage={image}\nImageTag=app\n"),
        )
        .unit(
            "own.build",
            &format!("[Build]\nImageTag=own\nFile={file}\n"),
        )
        .linger(Some(true))
        .build()
    };
    let mut host = as_declared(&with("a:1", "/a"));
    let plan = assert_converges(&mut host, &with("a:2", "/b"));
    assert_eq!(
        notes(&plan),
        [
            "user:deploy/app-image.service: restarting app-image.service pulls the image again",
            "user:deploy/own-build.service: own-build.service builds its image again when a container that uses it starts next"
        ]
    );
    assert!(steps(&plan).contains(&"user:deploy/app-image.service: restart".to_owned()));
}

#[test]
fn an_image_and_a_build_that_only_read_otherwise_pull_and_build_nothing() {
    let with = |description: &str| {
        let head = format!("[Unit]\nDescription={description}\n");
        one("app.image", &format!("{head}[Image]\nImage=a:1\n"))
            .unit(
                "own.build",
                &format!("{head}[Build]\nImageTag=own\nFile=/a\n"),
            )
            .linger(Some(true))
            .build()
    };
    let plan = assert_converges(&mut as_declared(&with("a")), &with("b"));
    assert_eq!(notes(&plan), Vec::<String>::new());
}

#[test]
fn an_image_that_is_left_as_it_is_is_not_pulled_again() {
    let with = |image: &str| {
        one(
            "app.image",
            &format!("[Image]\nImage={image}\nImageTag=app\n"),
        )
        .linger(Some(true))
        .on_change(abide_model::OnChange::None)
        .build()
    };
    let plan = assert_converges(&mut as_declared(&with("a:1")), &with("a:2"));
    assert!(
        notes(&plan)
            .iter()
            .all(|note| !note.contains("pulls the image again")),
        "{:?}",
        notes(&plan)
    );
    assert!(!notes(&plan).is_empty());
}
