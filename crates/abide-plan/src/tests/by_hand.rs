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
            .running(Wanted::No)
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
        .running(Wanted::No)
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
    // `systemctl unmask` takes the links along.
    assert!(
        steps(&plan).iter().any(|step| step.contains(": enable")),
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
