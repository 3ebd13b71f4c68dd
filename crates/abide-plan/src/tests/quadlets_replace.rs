//! A unit in the place of another of its name: a service becomes a quadlet, a quadlet becomes a service.

use super::support::{
    as_declared, assert_converges, lines, one, planned, refusals, service, steps,
};

const WEB: &str = "[Container]\nImage=img:1\n[Install]\nWantedBy=default.target\n";

#[test]
fn a_service_that_becomes_a_quadlet_of_its_name_is_stopped_and_gives_way_and_back() {
    let as_service = one("web.service", &service("/bin/web"))
        .drop_in("10-nice.conf", "[Service]\nNice=5\n")
        .linger(Some(true))
        .build();
    let as_container = one("web.container", WEB).linger(Some(true)).build();
    let mut host = as_declared(&as_service);
    let plan = assert_converges(&mut host, &as_container);
    assert_eq!(refusals(&plan), Vec::<String>::new());
    assert_eq!(
        steps(&plan),
        lines(
            "user:deploy/web.service: stop
             user:deploy/web.service: disable -default.target.wants/web.service
             remove /home/deploy/.config/systemd/user/web.service
             remove /home/deploy/.config/systemd/user/web.service.d/10-nice.conf
             write /home/deploy/.config/containers/systemd/web.container 0644
             manager user:deploy: daemon-reload
             user:deploy/web.service: start"
        )
    );
    let plan = assert_converges(&mut host, &as_service);
    assert_eq!(
        steps(&plan),
        lines(
            "user:deploy/web.service: stop
             remove /home/deploy/.config/containers/systemd/web.container
             write /home/deploy/.config/systemd/user/web.service 0644
             write /home/deploy/.config/systemd/user/web.service.d/10-nice.conf 0644
             user:deploy/web.service: enable +default.target.wants/web.service
             manager user:deploy: daemon-reload
             user:deploy/web.service: start"
        )
    );
}

#[test]
fn a_service_that_becomes_a_quadlet_converges_after_a_cut_before_any_step() {
    let as_service = one("web.service", &service("/bin/web"))
        .linger(Some(true))
        .build();
    let as_container = one("web.container", WEB).linger(Some(true)).build();
    for (first, second) in [(&as_service, &as_container), (&as_container, &as_service)] {
        let host = as_declared(first);
        let whole = planned(&host, second);
        for step in 0..whole.actions.len() {
            let mut cut = host.clone();
            cut.apply_until(&whole, step);
            assert_converges(&mut cut, second);
        }
    }
}

#[test]
fn what_nothing_prunes_is_in_the_way_of_a_quadlet_of_its_name() {
    let policy = abide_model::Policy {
        prune: false,
        ..abide_model::Policy::default()
    };
    let host = as_declared(&one("web.service", &service("/bin/web")).build());
    let wanted = one("web.container", WEB)
        .policy(policy)
        .linger(Some(true))
        .build();
    let plan = planned(&host, &wanted);
    assert!(
        refusals(&plan)[0].contains("comes before the web.service that Podman makes of it"),
        "{:?}",
        refusals(&plan)
    );
}
