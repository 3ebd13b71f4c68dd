//! In which order units are stopped and started, and what each step waits for.

use abide_model::{Action, Cause, Change, Plan, Wanted};
use abide_sim::{DesiredBuilder, Edit, desired, path, scope, unit_ref};

use super::support::{WEB, as_declared, assert_converges, one, planned, service, steps, told};

/// The one action that reads so.
#[track_caller]
fn step<'p>(plan: &'p Plan, text: &str) -> &'p Action {
    let at = steps(plan).iter().position(|one| one == text);
    let at = at.unwrap_or_else(|| panic!("no `{text}` in\n{}", told(plan)));
    &plan.actions[at]
}

/// Units of many kinds, each named against its turn.
fn kinds() -> DesiredBuilder {
    let mount = "[Mount]\nWhat=tmpfs\nWhere=/a\nType=tmpfs\n";
    desired("h1")
        .system()
        .unit("a.timer", "[Timer]\nOnCalendar=daily\nUnit=m.service\n")
        .unit("b.path", "[Path]\nPathExists=/b\nUnit=m.service\n")
        .unit("c.service", "[Service]\nExecStart=/bin/c\n")
        .unit("m.service", "[Service]\nExecStart=/bin/m\n")
        .with_running(Wanted::Yes)
        .unit(
            "n.socket",
            "[Socket]\nListenStream=/run/n\nService=m.service\n",
        )
        .unit("a.mount", mount)
        .unit("z.slice", "[Slice]\nCPUWeight=10\n")
        .with_running(Wanted::Yes)
        .unit("zz.target", "[Unit]\nDescription=z\n")
        .with_running(Wanted::Yes)
}

fn order(plan: &Plan, verb: &str) -> Vec<String> {
    let steps = steps(plan).into_iter();
    steps
        .filter_map(|step| {
            let unit = step.strip_prefix("system/")?;
            Some(unit.strip_suffix(&format!(": {verb}"))?.to_owned())
        })
        .collect()
}

#[test]
fn what_others_stand_on_starts_first_and_what_starts_others_comes_last() {
    let plan = planned(&abide_sim::SimHost::new(), &kinds().build());
    assert_eq!(
        order(&plan, "start"),
        [
            "a.mount",
            "z.slice",
            "zz.target",
            "n.socket",
            "c.service",
            "m.service",
            "a.timer",
            "b.path"
        ],
        "{}",
        told(&plan)
    );
}

#[test]
fn what_starts_others_stops_first_and_what_others_stand_on_comes_last() {
    let host = as_declared(&kinds().build());
    let mut none = desired("h1").build();
    none.policy.max_removals = abide_model::Share::Count(100);
    let plan = planned(&host, &none);
    assert_eq!(
        order(&plan, "stop"),
        [
            "a.timer",
            "b.path",
            "n.socket",
            "c.service",
            "m.service",
            "a.mount",
            "z.slice",
            "zz.target"
        ],
        "{}",
        told(&plan)
    );
}

#[test]
fn a_file_is_written_after_its_mask_is_taken_away() {
    let wanted = one("web.service", &service("/bin/web"));
    let masked = wanted.clone().with_masked(true).build();
    let plan = planned(&as_declared(&masked), &wanted.build());
    let unmask = step(&plan, &format!("{WEB}: unmask"));
    let write = step(
        &plan,
        "write /home/deploy/.config/systemd/user/web.service 0644",
    );
    assert!(write.after.contains(&unmask.id), "{}", told(&plan));
}

#[test]
fn a_drop_in_of_a_unit_that_stays_is_removed_whether_its_mask_goes_or_not() {
    let file = "/home/deploy/.config/systemd/user/web.service";
    let with = |drop_in: bool| {
        let wanted = one("web.service", &service("/bin/web"));
        match drop_in {
            true => wanted
                .drop_in("10-nice.conf", "[Service]\nNice=5\n")
                .build(),
            false => wanted.build(),
        }
    };
    let mut host = as_declared(&with(true));
    host.edit(&Edit::Stop(unit_ref(WEB)));
    host.write_link(&path(file), "/dev/null", "deploy");
    host.reload_manager(&scope("user:deploy")).unwrap();
    let plan = planned(&host, &with(false));
    let unmask = step(&plan, &format!("{WEB}: unmask"));
    let remove = step(&plan, &format!("remove {file}.d/10-nice.conf"));
    assert!(!remove.after.contains(&unmask.id), "{}", told(&plan));
    // A unit that goes is stopped and disabled before its files go.
    let mut none = desired("h1").user("deploy").linger(Some(true)).build();
    none.policy.max_removals = abide_model::Share::Count(100);
    let plan = planned(&as_declared(&with(true)), &none);
    let stop = step(&plan, &format!("{WEB}: stop"));
    let remove = step(&plan, &format!("remove {file}.d/10-nice.conf"));
    assert!(remove.after.contains(&stop.id), "{}", told(&plan));
}

#[test]
fn an_instance_is_restarted_after_its_templates_file_is_written_and_because_of_it() {
    let pool = |version: u8| {
        one(
            "pool@.service",
            &format!("[Service]\nExecStart=/bin/pool {version} %i\n"),
        )
        .instance("pool@a.service")
        .build()
    };
    let plan = planned(&as_declared(&pool(1)), &pool(2));
    let write = step(
        &plan,
        "write /home/deploy/.config/systemd/user/pool@.service 0644",
    );
    let restart = step(&plan, "user:deploy/pool@a.service: restart");
    assert!(restart.after.contains(&write.id), "{}", told(&plan));
    assert!(restart.causes.contains(&Cause::FollowsFrom(write.id)));
}

#[test]
fn what_requires_a_unit_starts_after_an_earlier_call_has_brought_that_up() {
    let with = |command: &str| {
        let app = "[Unit]\nRequires=base.service\nAfter=base.service\n[Service]\nExecStart=/bin/app\n[Install]\nWantedBy=default.target\n";
        one("base.service", &service(command)).unit("app.service", app)
    };
    let mut host = as_declared(&with("/bin/a").build());
    host.edit(&Edit::Stop(unit_ref("user:deploy/app.service")));
    let wanted = with("/bin/b").build();
    let plan = planned(&host, &wanted);
    let restart = step(&plan, "user:deploy/base.service: restart");
    let start = step(&plan, "user:deploy/app.service: start");
    assert!(start.after.contains(&restart.id), "{}", told(&plan));
    assert_converges(&mut host, &wanted);
    // In one call systemd itself keeps to the order.
    host.edit(&Edit::Stop(unit_ref("user:deploy/app.service")));
    host.edit(&Edit::Stop(unit_ref("user:deploy/base.service")));
    let plan = planned(&host, &wanted);
    let base = step(&plan, "user:deploy/base.service: start");
    let start = step(&plan, "user:deploy/app.service: start");
    assert!(!start.after.contains(&base.id), "{}", told(&plan));
}

#[test]
fn a_unit_that_is_gone_already_is_only_let_go_of() {
    let wanted = one("web.service", &service("/bin/web"))
        .linger(Some(true))
        .build();
    let mut host = as_declared(&wanted);
    host.edit(&Edit::Stop(unit_ref(WEB)));
    host.edit(&Edit::Disable(unit_ref(WEB)));
    host.remove_file(&path("/home/deploy/.config/systemd/user/web.service"));
    host.reload_manager(&scope("user:deploy")).unwrap();
    let none = desired("h1").user("deploy").linger(Some(true)).build();
    let plan = assert_converges(&mut host, &none);
    assert_eq!(steps(&plan), [format!("{WEB}: forget")]);
    assert_eq!(plan.actions[0].change, Change::Forget);
    assert_eq!(plan.actions[0].causes, [Cause::Undeclared]);
}

#[test]
fn an_instance_of_our_template_that_is_down_and_undeclared_is_only_let_go_of() {
    let with = |instance: bool| {
        let wanted = one("pool@.service", "[Service]\nExecStart=/bin/pool %i\n").linger(Some(true));
        match instance {
            true => wanted.instance("pool@a.service").build(),
            false => wanted.build(),
        }
    };
    let mut host = as_declared(&with(true));
    host.edit(&Edit::Stop(unit_ref("user:deploy/pool@a.service")));
    let plan = assert_converges(&mut host, &with(false));
    assert_eq!(steps(&plan), ["user:deploy/pool@a.service: forget"]);
}

#[test]
fn a_unit_that_is_to_be_masked_is_stopped_before_its_file_goes() {
    let wanted = one("web.service", &service("/bin/web"));
    let masked = wanted.clone().with_masked(true).build();
    let plan = planned(&as_declared(&wanted.build()), &masked);
    let stop = step(&plan, &format!("{WEB}: stop"));
    let remove = step(
        &plan,
        "remove /home/deploy/.config/systemd/user/web.service",
    );
    assert!(remove.after.contains(&stop.id), "{}", told(&plan));
}
