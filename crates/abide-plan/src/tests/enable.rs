//! Links: what starts at boot, and what no longer does.

use abide_model::{Desired, InputLook, InputSeen, Interpreter, Runner, Wanted};
use abide_sim::{Edit, SimHost, desired, path, scope, unit_ref};

use super::support::{
    as_declared, assert_converges, from_to, lines, one, planned, refusals, steps,
};
use crate::{input_looks, plan};

const FILE: &str = "write /home/deploy/.config/systemd/user/web.service 0644";

fn installed(install: &str) -> Desired {
    one(
        "web.service",
        &format!("[Service]\nExecStart=/bin/web\n[Install]\n{install}"),
    )
    .build()
}

#[test]
fn case_11_a_changed_wanted_by_makes_new_links_and_restarts_nothing() {
    let (first, second) = (
        installed("WantedBy=a.target\n"),
        installed("WantedBy=b.target\n"),
    );
    assert_eq!(
        from_to(&first, &second),
        [
            FILE,
            "user:deploy/web.service: enable +b.target.wants/web.service -a.target.wants/web.service",
            "manager user:deploy: daemon-reload",
        ]
    );
}

#[test]
fn case_12_a_removed_alias_and_one_made_by_hand_go() {
    let (first, second) = (
        installed("WantedBy=a.target\nAlias=www.service\n"),
        installed("WantedBy=a.target\n"),
    );
    let expected = "user:deploy/web.service: enable -www.service";
    assert_eq!(
        from_to(&first, &second),
        [FILE, expected, "manager user:deploy: daemon-reload"]
    );
    let mut host = as_declared(&second);
    host.edit(&Edit::Link(
        unit_ref("user:deploy/web.service"),
        "www.service".to_owned(),
    ));
    let plan = assert_converges(&mut host, &second);
    assert_eq!(
        steps(&plan),
        [expected, "manager user:deploy: daemon-reload"]
    );
}

#[test]
fn case_13_a_removed_install_section_takes_its_links_along() {
    let first = installed("WantedBy=a.target\n");
    let second = one("web.service", "[Service]\nExecStart=/bin/web\n").build();
    assert_eq!(
        second
            .users
            .values()
            .next()
            .unwrap()
            .units
            .values()
            .next()
            .unwrap()
            .enabled,
        Wanted::Unmanaged
    );
    let expected = "user:deploy/web.service: disable -a.target.wants/web.service";
    assert_eq!(
        from_to(&first, &second),
        [FILE, expected, "manager user:deploy: daemon-reload"]
    );
    // Cut before the links went: only the ledger knows that they were ours.
    let mut host = as_declared(&first);
    let whole = planned(&host, &second);
    host.apply_until(&whole, 1);
    assert_eq!(
        steps(&assert_converges(&mut host, &second)),
        [expected, "manager user:deploy: daemon-reload"]
    );
}

#[test]
fn case_14_a_missing_link_is_made_again_and_nothing_restarts() {
    let wanted = installed("WantedBy=a.target b.target\n");
    let mut host = as_declared(&wanted);
    host.remove_file(&path(
        "/home/deploy/.config/systemd/user/a.target.wants/web.service",
    ));
    assert_eq!(
        steps(&assert_converges(&mut host, &wanted)),
        [
            "user:deploy/web.service: enable +a.target.wants/web.service",
            "manager user:deploy: daemon-reload"
        ]
    );
}

#[test]
fn a_unit_that_should_not_be_enabled_loses_its_links_and_keeps_running() {
    let wanted = one(
        "web.service",
        "[Service]\nExecStart=/bin/web\n[Install]\nWantedBy=a.target\n",
    );
    let disabled = wanted.clone().enabled(Wanted::No).build();
    assert_eq!(
        from_to(&wanted.build(), &disabled),
        [
            "user:deploy/web.service: disable -a.target.wants/web.service",
            "manager user:deploy: daemon-reload"
        ]
    );
}

#[test]
fn a_template_with_a_default_instance_is_enabled_as_that_instance() {
    let template = "[Service]\nExecStart=/bin/pool %i\n[Install]\nWantedBy=default.target\nDefaultInstance=main\n";
    let wanted = one("pool@.service", template).enabled(Wanted::Yes).build();
    let plan = assert_converges(&mut SimHost::new(), &wanted);
    let enable = "user:deploy/pool@.service: enable +default.target.wants/pool@main.service";
    assert!(
        steps(&plan).contains(&enable.to_owned()),
        "{:?}",
        steps(&plan)
    );
}

#[test]
fn upheld_by_is_left_out_where_systemd_does_not_know_it() {
    let wanted = installed("WantedBy=a.target\nUpheldBy=b.target\n");
    for (systemd, links) in [
        (252, "+a.target.wants/web.service"),
        (
            257,
            "+a.target.wants/web.service +b.target.upholds/web.service",
        ),
    ] {
        let mut host = SimHost::new();
        host.facts.systemd = systemd;
        let plan = assert_converges(&mut host, &wanted);
        let enable = format!("user:deploy/web.service: enable {links}");
        assert!(
            steps(&plan).contains(&enable),
            "{systemd}: {:?}",
            steps(&plan)
        );
    }
}

#[test]
fn an_alias_that_is_taken_is_refused() {
    let wanted = desired("h1")
        .unit(
            "web.service",
            "[Service]\nExecStart=/bin/web\n[Install]\nAlias=www.service\n",
        )
        .build();
    let mut host = SimHost::new().with_vendor_unit(
        false,
        "nginx.service",
        "[Service]\nExecStart=/bin/x\n[Install]\nAlias=www.service\n",
    );
    host.enable(&unit_ref("system/nginx.service")).unwrap();
    host.reload_manager(&scope("system")).unwrap();
    let plan = planned(&host, &wanted);
    assert_eq!(
        refusals(&plan),
        [
            "system/web.service: its alias www.service is taken there: it names /usr/lib/systemd/system/nginx.service"
        ]
    );
}

const OTHERS: &str = "[Service]\nExecStart=/bin/x\n[Install]\nAlias=www.service\n";

#[test]
fn an_alias_that_another_unit_gets_by_the_same_plan_is_refused() {
    let wanted = desired("h1")
        .foreign_unit("nginx.service")
        .enabled(Wanted::Yes)
        .foreign_unit("apache.service")
        .enabled(Wanted::Yes)
        .unit("web.service", OTHERS)
        .build();
    let host = SimHost::new()
        .with_vendor_unit(false, "nginx.service", OTHERS)
        .with_vendor_unit(false, "apache.service", OTHERS);
    assert_eq!(
        refusals(&planned(&host, &wanted)),
        [
            "system/nginx.service: its alias www.service is to be an alias of apache.service too",
            "system/web.service: its alias www.service is to be an alias of apache.service too"
        ]
    );
}

#[test]
fn an_alias_that_is_a_declared_unit_is_refused() {
    let wanted = desired("h1")
        .foreign_unit("nginx.service")
        .enabled(Wanted::Yes)
        .unit("www.service", "[Service]\nExecStart=/bin/x\n")
        .enabled(Wanted::No);
    let host = SimHost::new().with_vendor_unit(false, "nginx.service", OTHERS);
    let refused =
        ["system/nginx.service: its alias www.service is the name of a unit that is declared too"];
    assert_eq!(refusals(&planned(&host, &wanted.build())), refused);

    let foreign = desired("h1")
        .foreign_unit("nginx.service")
        .enabled(Wanted::Yes)
        .foreign_unit("www.service")
        .with_running(Wanted::Yes)
        .build();
    let host = host.with_vendor_unit(false, "www.service", "[Service]\nExecStart=/bin/sleep 9\n");
    assert_eq!(refusals(&planned(&host, &foreign)), refused);
}

#[test]
fn an_alias_may_be_the_name_of_what_goes_by_the_same_plan() {
    let before = desired("h1").unit("www.service", "[Service]\nExecStart=/bin/x\n");
    let mut host = as_declared(&before.enabled(Wanted::No).build());
    let wanted = desired("h1").unit("web.service", OTHERS).build();
    assert_converges(&mut host, &wanted);
}

#[test]
fn an_alias_whose_name_a_file_has_is_refused() {
    let wanted = desired("h1").unit("web.service", OTHERS).build();
    let mut observed = SimHost::new().observe(&wanted);
    let file = path("/etc/systemd/system/www.service");
    let look = InputLook::Path {
        runner: Runner::Root,
        path: file,
    };
    assert!(input_looks(&wanted, &observed).contains(&look));
    let seen = InputSeen::File {
        readable: true,
        executable: false,
        interpreter: Interpreter::Fine,
    };
    observed.inputs.insert(look, seen);
    assert_eq!(
        refusals(&plan(&wanted, &observed)),
        [
            "system/web.service: its alias www.service is taken there: /etc/systemd/system/www.service is a file"
        ]
    );
}

#[test]
fn foreign_units_that_cannot_be_enabled_are_refused() {
    let wanted = desired("h1")
        .foreign_unit("nginx.service")
        .enabled(Wanted::Yes)
        .build();
    let missing = planned(&SimHost::new(), &wanted);
    assert_eq!(
        refusals(&missing),
        ["system/nginx.service: there is no such unit on the host"]
    );
    let host =
        SimHost::new().with_vendor_unit(false, "nginx.service", "[Service]\nExecStart=/bin/x\n");
    let fixed = planned(&host, &wanted);
    assert_eq!(
        refusals(&fixed),
        [
            "system/nginx.service: it is static: it has no [Install] section of its own and cannot be enabled"
        ]
    );
}

#[test]
fn case_25_a_masked_unit_is_stopped_disabled_and_removed_first_and_stays_masked() {
    let wanted = desired("h1").unit(
        "web.service",
        "[Service]\nExecStart=/bin/web\n[Install]\nWantedBy=multi-user.target\n",
    );
    let masked = wanted.clone().with_masked(true).build();
    let mut host = as_declared(&wanted.build());
    assert_eq!(
        steps(&assert_converges(&mut host, &masked)),
        lines(
            "system/web.service: stop
            system/web.service: disable -multi-user.target.wants/web.service
            remove /etc/systemd/system/web.service
            system/web.service: mask
            manager system: daemon-reload"
        )
    );
    assert!(planned(&host, &masked).is_empty());
}

#[test]
fn a_masked_unit_with_a_drop_in_of_somebody_else_is_reloaded_once() {
    // systemd 252 says `NeedDaemonReload=yes` of it for ever.
    for systemd in [252, 257] {
        let mut host = SimHost::new();
        host.facts.systemd = systemd;
        host.edit(&Edit::DropIn(
            unit_ref("system/web.service"),
            "10-site.conf".to_owned(),
            "[Service]\nNice=5\n".to_owned(),
        ));
        let masked = desired("h1")
            .foreign_unit("web.service")
            .with_masked(true)
            .build();
        assert_converges(&mut host, &masked);
        assert!(planned(&host, &masked).is_empty(), "systemd {systemd}");
    }
}

#[test]
fn case_26_a_masked_unit_that_should_run_is_unmasked_first() {
    let wanted = desired("h1").unit(
        "web.service",
        "[Service]\nExecStart=/bin/web\n[Install]\nWantedBy=multi-user.target\n",
    );
    let masked = wanted.clone().with_masked(true).build();
    let mut host = as_declared(&masked);
    assert_eq!(
        steps(&assert_converges(&mut host, &wanted.build())),
        lines(
            "system/web.service: unmask
            write /etc/systemd/system/web.service 0644
            system/web.service: enable +multi-user.target.wants/web.service
            manager system: daemon-reload
            system/web.service: start"
        )
    );
}

#[test]
fn a_file_that_is_not_ours_is_in_the_way_of_a_mask() {
    let mut host = SimHost::new();
    host.edit(&Edit::Write(
        unit_ref("system/web.service"),
        "[Service]\nExecStart=/bin/x\n".to_owned(),
    ));
    host.reload_manager(&scope("system")).unwrap();
    let wanted = desired("h1")
        .foreign_unit("web.service")
        .with_masked(true)
        .build();
    assert_eq!(
        refusals(&planned(&host, &wanted)),
        [
            "system/web.service: /etc/systemd/system/web.service stands where the mask would be, and is not ours"
        ]
    );
}
