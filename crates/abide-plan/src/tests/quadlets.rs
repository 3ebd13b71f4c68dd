//! Quadlets: the file is one unit, what runs is another.

use abide_model::Desired;

use super::support::{from_to, lines, notes, one, planned, steps};

fn web(image: &str, rest: &str) -> Desired {
    one("web.container", &format!("[Unit]\nDescription=x{rest}\n[Container]\nImage={image}\n[Install]\nWantedBy=default.target\n"))
        .linger(Some(true))
        .build()
}

const FILE: &str = "write /home/deploy/.config/containers/systemd/web.container 0644";

#[test]
fn a_quadlet_is_written_loaded_and_started_as_its_service_and_never_enabled() {
    let plan = planned(
        &abide_sim::SimHost::new().with_user("deploy"),
        &web("img:1", ""),
    );
    assert_eq!(
        steps(&plan),
        lines(
            "linger deploy: enable-linger
            manager user:deploy: start-manager
            write /home/deploy/.config/containers/systemd/web.container 0644
            manager user:deploy: daemon-reload
            user:deploy/web.service: start"
        )
    );
}

#[test]
fn case_40_another_image_restarts_and_another_description_does_not() {
    let reload = "manager user:deploy: daemon-reload";
    assert_eq!(
        from_to(&web("img:1", ""), &web("img:2", "")),
        [FILE, reload, "user:deploy/web.service: restart"]
    );
    assert_eq!(
        from_to(&web("img:1", ""), &web("img:1", "y")),
        [FILE, reload]
    );
}

#[test]
fn case_41_a_removed_quadlet_is_stopped_before_its_file_goes() {
    let without = abide_sim::desired("h1")
        .user("deploy")
        .linger(Some(true))
        .build();
    assert_eq!(
        from_to(&web("img:1", ""), &without),
        lines(
            "user:deploy/web.service: stop
            remove /home/deploy/.config/containers/systemd/web.container
            manager user:deploy: daemon-reload"
        )
    );
}

#[test]
fn case_42_a_changed_network_is_not_restarted_in_silence() {
    let network =
        |subnet: &str| one("app.network", &format!("[Network]\nSubnet={subnet}\n")).build();
    let mut host = super::support::as_declared(&network("10.0.0.0/24"));
    let plan = super::support::assert_converges(&mut host, &network("10.1.0.0/24"));
    assert_eq!(
        steps(&plan),
        [
            "write /home/deploy/.config/containers/systemd/app.network 0644",
            "manager user:deploy: daemon-reload"
        ]
    );
    assert!(
        notes(&plan)[0].contains("has to be made anew by hand"),
        "{:?}",
        notes(&plan)
    );
}
