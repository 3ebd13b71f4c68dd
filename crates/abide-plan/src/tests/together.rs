//! Services beside each other: one that requires another, and one that has two names.

use abide_model::{Change, OnChange, Wanted};
use abide_sim::{SimHost, desired, scope, unit_ref};

use super::support::{
    as_declared, assert_converges, from_to, lines, one, planned, refusals, service, steps,
};

#[test]
fn case_38_each_is_restarted_once_and_systemd_is_called_once() {
    let both = |version: u8| {
        let base = one("base.service", &service(&format!("/bin/base {version}")));
        let app = format!(
            "[Unit]\nRequires=base.service\nAfter=base.service\n{}",
            service(&format!("/bin/app {version}"))
        );
        base.unit("app.service", &app).build()
    };
    let mut host = as_declared(&both(1));
    host.clear_log();
    let plan = assert_converges(&mut host, &both(2));
    let restarts: Vec<_> = steps(&plan)
        .into_iter()
        .filter(|step| step.ends_with("restart"))
        .collect();
    assert_eq!(
        restarts,
        [
            "user:deploy/app.service: restart",
            "user:deploy/base.service: restart"
        ]
    );
    // An edge between the two would split the one call, and that restarts the dependent twice (systemd-facts.md#one-call-one-restart).
    let ids: Vec<_> = plan
        .actions
        .iter()
        .filter(|a| a.change == Change::Restart)
        .map(|a| a.id)
        .collect();
    let edges = plan.actions.iter().flat_map(|action| &action.after);
    assert!(!edges.into_iter().any(|id| ids.contains(id)));
}

#[test]
fn case_38_a_dependent_that_a_stop_takes_along_is_started_again() {
    let both = |version: u8| {
        let base = one("base.service", &service(&format!("/bin/base {version}")))
            .on_change(OnChange::StopStart);
        let app = format!("[Unit]\nRequires=base.service\n{}", service("/bin/app"));
        base.unit("app.service", &app).build()
    };
    assert_eq!(
        from_to(&both(1), &both(2)),
        lines(
            "user:deploy/base.service: stop
            write /home/deploy/.config/systemd/user/base.service 0644
            manager user:deploy: daemon-reload
            user:deploy/app.service: start
            user:deploy/base.service: start"
        )
    );
}

#[test]
fn case_52_an_alias_stands_for_its_unit() {
    let vendor =
        "[Service]\nExecStart=/bin/x\n[Install]\nAlias=www.service\nWantedBy=multi-user.target\n";
    let mut host = SimHost::new().with_vendor_unit(false, "nginx.service", vendor);
    host.enable(&unit_ref("system/nginx.service")).unwrap();
    host.reload_manager(&scope("system")).unwrap();
    let alias = desired("h1")
        .foreign_unit("www.service")
        .with_running(Wanted::Yes)
        .build();
    let canonical = desired("h1")
        .foreign_unit("nginx.service")
        .with_running(Wanted::Yes)
        .build();
    let expected = steps(&planned(&host, &canonical));
    assert_eq!(steps(&planned(&host, &alias)), expected);
    assert_eq!(expected, ["system/nginx.service: start"]);
    let both = desired("h1")
        .foreign_unit("www.service")
        .with_running(Wanted::Yes);
    let both = both
        .foreign_unit("nginx.service")
        .with_running(Wanted::Yes)
        .build();
    let plan = assert_converges(&mut host, &both);
    assert_eq!(
        refusals(&plan),
        ["system/www.service: it is an alias of nginx.service, which is declared too"]
    );
}
