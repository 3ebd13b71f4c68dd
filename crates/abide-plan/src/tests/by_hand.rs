//! What somebody did on the host is told from a manifest that moved on.

use abide_model::{Cause, Desired, DesiredAccount, HandEdit, Observation, Wanted};
use abide_sim::{Edit, SimHost, desired, path, unit_ref, user};

use super::support::{as_declared, assert_converges, one, planned, service, steps};

const WEB: &str = "user:deploy/web.service";
const FILE: &str = "/home/deploy/.config/systemd/user/web.service";

fn web(command: &str) -> Desired {
    one("web.service", &service(command)).build()
}

/// What the plan says that somebody did.
fn edits(plan: &abide_model::Plan) -> Vec<HandEdit> {
    let causes = plan.actions.iter().flat_map(|action| &action.causes);
    causes
        .filter_map(|cause| match cause {
            Cause::ChangedOnHost { edit, .. } => Some(edit.clone()),
            _ => None,
        })
        .collect()
}

/// What a plan says after this edit of a host as declared; then it converges.
#[track_caller]
fn after(wanted: &Desired, edits_of_host: &[Edit]) -> Vec<HandEdit> {
    let mut host = as_declared(wanted);
    for edit in edits_of_host {
        host.edit(edit);
    }
    edits(&assert_converges(&mut host, wanted))
}

#[test]
fn a_manifest_that_moved_on_is_no_hand_edit() {
    let mut host = as_declared(&web("/bin/web"));
    let plan = assert_converges(&mut host, &web("/bin/web --new"));
    assert!(!plan.actions.is_empty() && edits(&plan).is_empty());
    let plan = assert_converges(
        &mut host,
        &one("web.service", &service("/bin/web --new"))
            .with_running(Wanted::No)
            .enabled(Wanted::No)
            .build(),
    );
    assert!(!plan.actions.is_empty() && edits(&plan).is_empty());
}

#[test]
fn an_edited_file_is_told_with_its_time_also_where_the_manifest_moved_on() {
    let mut host = as_declared(&web("/bin/web"));
    host.edit(&Edit::Write(unit_ref(WEB), service("/bin/other")));
    for wanted in [web("/bin/web"), web("/bin/web --new")] {
        let plan = planned(&host, &wanted);
        assert_eq!(edits(&plan), [HandEdit::Edited]);
        let write = &plan.actions[0];
        assert!(
            write
                .causes
                .iter()
                .any(|cause| matches!(cause, Cause::ChangedOnHost { at: Some(_), .. }))
        );
    }
    assert_converges(&mut host, &web("/bin/web"));
}

#[test]
fn a_removed_file_is_told() {
    let by_hand = [Edit::Remove(unit_ref(WEB))];
    assert_eq!(after(&web("/bin/web"), &by_hand), [HandEdit::Removed]);
}

#[test]
fn a_stop_is_told_and_a_start() {
    let stop = [Edit::Stop(unit_ref(WEB))];
    assert_eq!(after(&web("/bin/web"), &stop), [HandEdit::Stopped]);
    let stopped = one("web.service", &service("/bin/web"))
        .with_running(Wanted::No)
        .build();
    let start = [Edit::Start(unit_ref(WEB))];
    assert_eq!(after(&stopped, &start), [HandEdit::Started]);
}

#[test]
fn a_unit_that_abide_stopped_before_it_was_cut_was_stopped_by_nobody() {
    let old = "[Service]\nExecStart=/bin/web\n[Install]\nWantedBy=default.target\n";
    let first = one("web.service", old).on_change(abide_model::OnChange::StopStart);
    let second = one("web.service", &service("/bin/web --new"));
    let second = second.on_change(abide_model::OnChange::StopStart).build();
    let mut host = as_declared(&first.build());
    let whole = planned(&host, &second);
    assert_eq!(whole.actions[0].change, abide_model::Change::Stop);
    host.apply_until(&whole, 1);
    assert_eq!(edits(&planned(&host, &second)), []);
    assert_converges(&mut host, &second);
}

#[test]
fn a_unit_that_did_not_come_back_after_a_boot_was_stopped_by_nobody() {
    let wanted = one("web.service", "[Service]\nExecStart=/bin/web\n").build();
    let mut host = as_declared(&wanted);
    host.edit(&Edit::Reboot);
    let plan = assert_converges(&mut host, &wanted);
    assert!(!plan.actions.is_empty() && edits(&plan).is_empty());
}

#[test]
fn links_that_were_made_and_removed_are_told_apart_from_another_install_section() {
    let wanted = web("/bin/web");
    let made = "timers.target.wants/web.service".to_owned();
    let link = Edit::Link(unit_ref(WEB), made.clone());
    assert_eq!(
        after(&wanted, &[link]),
        [HandEdit::Linked([made.clone()].into())]
    );
    let ours = "default.target.wants/web.service".to_owned();
    assert_eq!(
        after(&wanted, &[Edit::Disable(unit_ref(WEB))]),
        [HandEdit::Unlinked([ours].into())]
    );
    let other = service("/bin/web").replace("default.target", "timers.target");
    let mut host = as_declared(&wanted);
    let plan = assert_converges(&mut host, &one("web.service", &other).build());
    assert_eq!(edits(&plan), []);
}

#[test]
fn a_mask_in_the_place_of_our_file_is_told() {
    let by_hand = [Edit::Remove(unit_ref(WEB)), Edit::Mask(unit_ref(WEB))];
    let mut host = as_declared(&web("/bin/web"));
    for edit in by_hand {
        host.edit(&edit);
    }
    let plan = assert_converges(&mut host, &web("/bin/web"));
    assert_eq!(edits(&plan), [HandEdit::Masked]);
    // The links stay.
    assert!(
        !steps(&plan).iter().any(|step| step.contains(": enable")),
        "{:?}",
        steps(&plan)
    );
}

#[test]
fn lingering_that_abide_enabled_and_is_off_is_told() {
    let by_hand = [Edit::DisableLinger(user("deploy"))];
    let told = after(&web("/bin/web"), &by_hand);
    assert_eq!(told, [HandEdit::LingerDisabled]);
}

#[test]
fn a_forgotten_daemon_reload_names_its_unit() {
    let wanted = one("web.service", &service("/bin/web"))
        .unit("api.service", &service("/bin/api"))
        .build();
    let mut host = as_declared(&wanted);
    // Written anew with the same text: nothing differs, and the manager has not read it.
    host.write_file(&path(FILE), &service("/bin/web"), "deploy");
    host.edit(&Edit::Write(
        unit_ref("user:deploy/api.service"),
        service("/bin/other"),
    ));
    let plan = assert_converges(&mut host, &wanted);
    let owed = plan.actions.iter().flat_map(|action| &action.causes);
    let owed: Vec<_> = owed
        .filter_map(|cause| match cause {
            Cause::ReloadOwed { unit, .. } => unit.clone(),
            _ => None,
        })
        .collect();
    assert_eq!(owed, ["web.service".parse().unwrap()]);
}

fn shell(shell: &str) -> Desired {
    let account = DesiredAccount {
        shell: Some(path(shell)),
        groups: Some(["docker".to_owned()].into()),
        ..DesiredAccount::default()
    };
    desired("h1").user("deploy").account(account).build()
}

#[test]
fn a_shell_that_was_changed_is_told_apart_from_a_new_one_in_the_manifest() {
    let host = as_declared(&shell("/bin/bash"));
    assert_eq!(edits(&planned(&host, &shell("/bin/zsh"))), []);
    let mut seen = host.observe(&shell("/bin/bash"));
    let Some(Observation::Known(found)) = seen.users.get_mut(&user("deploy")) else {
        panic!()
    };
    "/bin/sh".clone_into(&mut found.shell);
    let plan = crate::plan(&shell("/bin/bash"), &seen);
    let of_shell = HandEdit::AccountModified(["shell".to_owned()].into());
    assert_eq!(edits(&plan), [of_shell]);
    let Some(Observation::Known(found)) = seen.users.get_mut(&user("deploy")) else {
        panic!()
    };
    found.groups.clear();
    let plan = crate::plan(&shell("/bin/bash"), &seen);
    let told = crate::drift(&shell("/bin/bash"), &seen);
    assert_eq!(
        told.resources[0].class,
        abide_model::DriftClass::Drifted,
        "{told:?}"
    );
    let restored = crate::restore(&shell("/bin/bash"), &seen);
    assert_eq!(
        steps(&restored.plan),
        ["user deploy: modify groups  -> docker, shell /bin/sh -> /bin/bash"]
    );
    let restored = crate::restore(&shell("/bin/zsh"), &seen);
    assert_eq!(
        (steps(&restored.plan).len(), restored.drift.left.len()),
        (0, 1)
    );
    let of_both = HandEdit::AccountModified(["groups".to_owned(), "shell".to_owned()].into());
    assert_eq!(edits(&plan), [of_both]);
    assert_converges(&mut SimHost::new(), &shell("/bin/bash"));
}

#[test]
fn a_link_to_nowhere_in_the_place_of_a_drop_in_is_no_mask() {
    let wanted = one("web.service", &service("/bin/web"))
        .drop_in("10-nice.conf", "[Service]\nNice=5\n")
        .build();
    let mut host = as_declared(&wanted);
    host.write_link(
        &path(&format!("{FILE}.d/10-nice.conf")),
        "/dev/null",
        "deploy",
    );
    assert_eq!(edits(&planned(&host, &wanted)), [HandEdit::Replaced]);
}

#[test]
fn a_mask_in_the_place_of_our_file_is_told_with_its_time() {
    let mut host = as_declared(&web("/bin/web"));
    host.write_link(&path(FILE), "/dev/null", "deploy");
    let plan = planned(&host, &web("/bin/web"));
    let causes = plan.actions.iter().flat_map(|action| &action.causes);
    let mask = causes.into_iter().find_map(|cause| match cause {
        Cause::ChangedOnHost {
            edit: HandEdit::Masked,
            at,
        } => Some(at.is_some()),
        _ => None,
    });
    assert_eq!(mask, Some(true));
}

const NGINX: &str = "system/nginx.service";

/// A package's unit, running as declared and left so by abide, after this edit.
fn after_of_package(enabled: Wanted, by_hand: &Edit) -> Vec<HandEdit> {
    let vendor = "[Service]\nExecStart=/bin/x\n[Install]\nWantedBy=multi-user.target\n";
    let mut wanted = desired("h1")
        .foreign_unit("nginx.service")
        .with_running(Wanted::Yes)
        .enabled(enabled)
        .build();
    for unit in wanted.units.values_mut() {
        unit.masked = Some(false);
    }
    let mut host = SimHost::new().with_vendor_unit(false, "nginx.service", vendor);
    assert_converges(&mut host, &wanted);
    host.edit(by_hand);
    edits(&assert_converges(&mut host, &wanted))
}

#[test]
fn a_packages_unit_that_ran_was_masked_by_somebody() {
    let mask = Edit::Mask(unit_ref(NGINX));
    assert_eq!(
        after_of_package(Wanted::Unmanaged, &mask),
        [HandEdit::Masked]
    );
}

#[test]
fn a_packages_unit_that_abide_enabled_was_disabled_by_somebody() {
    let disable = Edit::Disable(unit_ref(NGINX));
    assert_eq!(
        after_of_package(Wanted::Yes, &disable),
        [HandEdit::Unlinked([].into())]
    );
}

#[test]
fn links_that_are_gone_are_told_also_where_the_manifest_moved_on() {
    let mut host = as_declared(&web("/bin/web"));
    host.edit(&Edit::Disable(unit_ref(WEB)));
    let plan = assert_converges(&mut host, &web("/bin/web --new"));
    let ours = "default.target.wants/web.service".to_owned();
    assert_eq!(edits(&plan), [HandEdit::Unlinked([ours].into())]);
}

#[test]
fn an_account_that_somebody_deleted_is_told() {
    let wanted = shell("/bin/bash");
    let mut seen = as_declared(&wanted).observe(&wanted);
    seen.users.insert(user("deploy"), Observation::Absent);
    let of_user = abide_sim::scope("user:deploy");
    seen.scopes.insert(of_user, Observation::Absent);
    assert_eq!(
        edits(&crate::plan(&wanted, &seen)),
        [HandEdit::AccountDeleted]
    );
}

#[test]
fn each_attribute_of_an_account_that_somebody_changed_is_told_and_no_other() {
    let account = DesiredAccount {
        uid: Some(4321),
        group: Some("app".to_owned()),
        groups: Some(["docker".to_owned(), "sudo".to_owned()].into()),
        home: Some(path("/srv/deploy")),
        shell: Some(path("/bin/bash")),
        comment: Some("web".to_owned()),
        ..DesiredAccount::default()
    };
    let wanted = desired("h1").user("deploy").account(account).build();
    let mut host = SimHost::new();
    assert_converges(&mut host, &wanted);
    let after = |change: fn(&mut abide_model::ObservedUser)| {
        let mut seen = host.observe(&wanted);
        let Some(Observation::Known(found)) = seen.users.get_mut(&user("deploy")) else {
            panic!()
        };
        change(found);
        edits(&crate::plan(&wanted, &seen))
    };
    let told = |attribute: &str| [HandEdit::AccountModified([attribute.to_owned()].into())];
    assert_eq!(after(|_| {}), []);
    assert_eq!(after(|found| found.uid = 99), told("uid"));
    assert_eq!(
        after(|found| "root".clone_into(&mut found.group)),
        told("group")
    );
    assert_eq!(
        after(|found| found.groups.retain(|group| group != "sudo")),
        told("groups")
    );
    assert_eq!(
        after(|found| found.home = path("/home/deploy")),
        told("home")
    );
    assert_eq!(
        after(|found| "/bin/sh".clone_into(&mut found.shell)),
        told("shell")
    );
    assert_eq!(
        after(|found| "other".clone_into(&mut found.comment)),
        told("comment")
    );
    // One of two groups is put back as it was left.
    let mut seen = host.observe(&wanted);
    if let Some(Observation::Known(found)) = seen.users.get_mut(&user("deploy")) {
        found.groups.retain(|group| group != "sudo");
    }
    let restored = crate::restore(&wanted, &seen);
    assert_eq!(
        (steps(&restored.plan).len(), restored.drift.left.len()),
        (1, 0)
    );
    // adduser(8) leaves empty parts behind the name.
    assert_eq!(after(|found| "web,,,".clone_into(&mut found.comment)), []);
}

#[test]
fn a_group_more_in_the_manifest_was_taken_away_by_nobody() {
    let in_groups = |groups: &[&str]| {
        let account = DesiredAccount {
            groups: Some(groups.iter().map(|group| (*group).to_owned()).collect()),
            ..DesiredAccount::default()
        };
        desired("h1").user("deploy").account(account).build()
    };
    let host = as_declared(&in_groups(&["docker"]));
    let plan = planned(&host, &in_groups(&["docker", "video"]));
    assert!(!plan.actions.is_empty() && edits(&plan).is_empty());
}
