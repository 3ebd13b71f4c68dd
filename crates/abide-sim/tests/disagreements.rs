//! What the comparison with real hosts (tests/differential) once showed to be otherwise than it was simulated. Each was
//! seen on systemd 252 and 257, where it does not say which.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test stops where a host is not as it should be"
)]

use abide_model::{ActiveState, ObservedUnit, UnitRef};
use abide_sim::{Edit, Order, SimHost, desired, path, scope, unit_ref};

const DAEMON: &str = "[Service]\nExecStart=/bin/daemon\n";
const CONFIG: &str = "/etc/systemd/system";

fn host(systemd: u32) -> SimHost {
    let mut host = SimHost::new();
    host.facts.systemd = systemd;
    host
}

fn unit(name: &str) -> UnitRef {
    unit_ref(&format!("system/{name}"))
}

fn write(host: &mut SimHost, name: &str, text: &str) {
    host.edit(&Edit::Write(unit(name), text.to_owned()));
}

fn drop_in(host: &mut SimHost, name: &str, text: &str) {
    let edit = Edit::DropIn(unit(name), "10-a.conf".to_owned(), text.to_owned());
    host.edit(&edit);
}

fn link(host: &mut SimHost, name: &str, target: &str) {
    host.write_link(&path(&format!("{CONFIG}/{name}")), target, "root");
}

fn reload(host: &mut SimHost) {
    host.reload_manager(&scope("system")).unwrap();
}

fn show(host: &SimHost, name: &str) -> ObservedUnit {
    let seen = host.observe(&desired("h1").foreign(name).build());
    let system = seen.scopes[&scope("system")].known().unwrap();
    system.units[&unit(name).unit].clone()
}

fn state(host: &SimHost, name: &str) -> (String, ActiveState) {
    let seen = show(host, name);
    (seen.load, seen.active)
}

fn is_known(host: &SimHost, name: &str) -> bool {
    let known = host.in_memory(&scope("system"));
    known.contains_key(&unit(name).unit)
}

fn links(host: &SimHost) -> Vec<String> {
    host.links(&scope("system")).into_iter().collect()
}

#[test]
fn a_link_to_a_unit_of_another_type_is_no_name_of_it() {
    let mut host = host(257);
    write(&mut host, "t.target", "[Unit]\nDescription=x\n");
    link(&mut host, "al.service", "t.target");
    assert_eq!(show(&host, "al.service").load, "not-found");
}

#[test]
fn enable_fails_for_an_alias_that_cannot_be_after_it_made_the_other_links() {
    let mut host = host(257);
    let text = "[Timer]\nOnBootSec=1h\n[Install]\nWantedBy=timers.target\nAlias=al.service\n";
    write(&mut host, "a.timer", text);
    assert!(host.enable(&unit("a.timer")).is_err());
    assert_eq!(links(&host), ["timers.target.wants/a.timer"]);
}

#[test]
fn enable_fails_for_an_alias_whose_place_is_taken_unless_a_newer_systemd_finds_it_broken() {
    let text = format!("{DAEMON}[Install]\nAlias=al.service\n");
    for (systemd, to, works) in [
        (252, "b.service", false),
        (257, "b.service", false),
        (252, "gone.service", false),
        (257, "gone.service", true),
    ] {
        let mut host = host(systemd);
        write(&mut host, "a.service", &text);
        write(&mut host, "b.service", DAEMON);
        link(&mut host, "al.service", to);
        let enabled = host.enable(&unit("a.service"));
        assert_eq!(enabled.is_ok(), works, "{systemd} {to}");
    }
}

#[test]
fn a_template_without_an_instance_cannot_be_enabled_for_a_plain_unit() {
    let mut host = host(257);
    let text = format!("{DAEMON}[Install]\nWantedBy=default.target\n");
    write(&mut host, "t@.service", &text);
    assert!(host.enable(&unit("t@.service")).is_err());
    host.enable(&unit("t@1.service")).unwrap();
}

#[test]
fn an_alias_cannot_be_enabled_and_is_disabled_with_its_unit() {
    let mut host = host(257);
    let text = format!("{DAEMON}[Install]\nWantedBy=default.target\nAlias=al.service\n");
    write(&mut host, "a.service", &text);
    host.enable(&unit("a.service")).unwrap();
    assert!(host.enable(&unit("al.service")).is_err());
    link(
        &mut host,
        "default.target.wants/al.service",
        "../al.service",
    );
    host.disable(&unit("al.service")).unwrap();
    assert!(links(&host).is_empty());
}

#[test]
fn a_slice_without_a_file_cannot_be_disabled() {
    assert!(host(252).disable(&unit("s.slice")).is_err());
}

#[test]
fn a_link_in_wants_that_leads_to_an_empty_file_wants_nothing() {
    let mut host = host(257);
    write(&mut host, "a.service", "");
    link(&mut host, "default.target.wants/a.service", "../a.service");
    reload(&mut host);
    assert!(!is_known(&host, "a.service"));
}

#[test]
fn a_process_that_fails_at_once_did_so_before_it_was_killed() {
    let mut host = host(257);
    for (name, ties) in [
        ("a.service", ""),
        ("b.service", "[Unit]\nRequires=d.service\n"),
    ] {
        let text = format!("{ties}[Service]\nExecStart=/bin/false\n");
        write(&mut host, name, &text);
    }
    let text = format!("[Unit]\nBindsTo=a.service\n{DAEMON}");
    write(&mut host, "d.service", &text);
    host.start(&unit("b.service")).unwrap();
    assert_eq!(show(&host, "b.service").active, ActiveState::Failed);
}

#[test]
fn that_a_program_is_missing_is_noticed_after_others_have_run() {
    let mut host = host(257);
    write(
        &mut host,
        "b.service",
        "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    );
    let text = "[Unit]\nBindsTo=b.service\n[Service]\nExecStart=/bin/missing\n";
    write(&mut host, "a.service", text);
    host.start(&unit("a.service")).unwrap();
    let seen = show(&host, "a.service");
    assert_eq!(seen.active, ActiveState::Inactive, "it was killed before");
}

#[test]
fn unmask_removes_an_empty_file_and_the_links_to_it() {
    let mut host = host(257);
    write(&mut host, "a.service", "");
    link(&mut host, "default.target.wants/a.service", "../a.service");
    host.unmask(&unit("a.service"));
    assert_eq!(show(&host, "a.service").load, "not-found");
    assert!(links(&host).is_empty());
}

#[test]
fn beside_a_file_that_cannot_be_read_to_its_end_nothing_is_looked_at() {
    let mut host = host(257);
    for (name, text, load) in [
        ("a.service", "[Service\nExecStart=/bin/a\n", "error"),
        ("b.service", "[Service]\nExecStart=no/path\n", "bad-setting"),
    ] {
        write(&mut host, name, text);
        drop_in(&mut host, name, "[Unit]\nDescription=x\n");
        link(&mut host, "al.service", name);
        let seen = show(&host, name);
        assert_eq!((&*seen.load, seen.drop_ins.len()), (load, 0));
        let alias = show(&host, "al.service");
        assert_eq!(alias.id.as_str(), "al.service", "it has no other name");
    }
    write(&mut host, "a.timer", "[Timer\nOnBootSec=1h\n");
    assert!(!show(&host, "a.timer").relations.contains_key("Triggers"));
}

#[test]
fn drop_ins_of_a_masked_unit_count_on_252_only_and_are_always_outdated_there() {
    for (systemd, counts) in [(252, true), (257, false)] {
        let mut host = host(systemd);
        link(&mut host, "a.service", "/dev/null");
        drop_in(&mut host, "a.service", "[Service]\nExecReload=/bin/true\n");
        reload(&mut host);
        let seen = show(&host, "a.service");
        assert_eq!(
            (seen.drop_ins.len(), seen.can_reload, seen.need_reload),
            (usize::from(counts), counts, counts)
        );
    }
}

#[test]
fn a_loaded_unit_takes_no_further_name_before_a_daemon_reload() {
    let mut host = host(257);
    write(&mut host, "a.service", DAEMON);
    host.start(&unit("a.service")).unwrap();
    link(&mut host, "al.service", "a.service");
    let seen = show(&host, "al.service");
    assert_eq!((&*seen.load, seen.id.as_str()), ("error", "al.service"));
    assert!(host.start(&unit("al.service")).is_err());
    reload(&mut host);
    let seen = show(&host, "al.service");
    assert_eq!((&*seen.load, seen.id.as_str()), ("loaded", "a.service"));
}

#[test]
fn a_mask_makes_systemctl_of_257_ask_about_the_unit_and_so_it_is_loaded() {
    for (systemd, load) in [(252, "not-found"), (257, "masked")] {
        let mut host = host(systemd);
        let text = format!("[Unit]\nWants=b.service\n{DAEMON}");
        write(&mut host, "a.service", &text);
        host.start(&unit("a.service")).unwrap();
        host.mask(&unit("b.service")).unwrap();
        let loaded = &host.in_memory(&scope("system"))[&unit("b.service").unit];
        assert_eq!(loaded.load, load);
    }
}

#[test]
fn a_unit_that_was_not_found_is_looked_for_again_when_it_is_shown() {
    let mut host = host(257);
    write(
        &mut host,
        "a.service",
        &format!("[Unit]\nWants=b.service\n{DAEMON}"),
    );
    host.start(&unit("a.service")).unwrap();
    let loaded = &host.in_memory(&scope("system"))[&unit("b.service").unit];
    assert_eq!(loaded.load, "not-found");
    write(&mut host, "b.service", DAEMON);
    assert_eq!(show(&host, "b.service").load, "loaded");
}

#[test]
fn a_file_that_is_back_while_its_unit_runs_cannot_be_read_before_a_daemon_reload() {
    let mut host = host(257);
    write(&mut host, "a.service", DAEMON);
    host.start(&unit("a.service")).unwrap();
    host.edit(&Edit::Remove(unit("a.service")));
    reload(&mut host);
    write(&mut host, "a.service", DAEMON);
    assert!(host.start(&unit("a.service")).is_err());
    let running = |load: &str| (load.to_owned(), ActiveState::Active);
    assert_eq!(state(&host, "a.service"), running("error"));
    reload(&mut host);
    assert_eq!(state(&host, "a.service"), running("loaded"));
}

#[test]
fn a_unit_whose_end_starts_another_stays_known() {
    let mut host = host(257);
    write(
        &mut host,
        "a.service",
        &format!("[Unit]\nOnSuccess=b.service\n{DAEMON}"),
    );
    write(&mut host, "b.service", DAEMON);
    host.start(&unit("a.service")).unwrap();
    host.stop(&unit("a.service")).unwrap();
    assert!(is_known(&host, "a.service") && host.is_up(&unit("b.service")));
    // Until something happens to what it names.
    host.stop(&unit("b.service")).unwrap();
    assert!(!is_known(&host, "a.service"));
}

#[test]
fn the_end_by_a_signal_is_a_failure_for_a_oneshot_and_none_for_what_is_no_service_any_more() {
    for (text, active) in [
        (
            Some("[Service]\nType=oneshot\nExecStart=/bin/true\n"),
            ActiveState::Failed,
        ),
        (Some(""), ActiveState::Inactive),
        (None, ActiveState::Inactive),
    ] {
        let mut host = host(257);
        write(&mut host, "a.service", DAEMON);
        host.start(&unit("a.service")).unwrap();
        match text {
            Some(text) => write(&mut host, "a.service", text),
            None => host.edit(&Edit::Remove(unit("a.service"))),
        }
        reload(&mut host);
        host.stop(&unit("a.service")).unwrap();
        assert_eq!(show(&host, "a.service").active, active, "{text:?}");
    }
}

#[test]
fn a_timer_whose_file_is_gone_fails_at_the_daemon_reload() {
    let mut host = host(257);
    write(&mut host, "a.service", DAEMON);
    write(&mut host, "a.timer", "[Timer]\nOnActiveSec=1h\n");
    host.start(&unit("a.timer")).unwrap();
    host.edit(&Edit::Remove(unit("a.timer")));
    reload(&mut host);
    assert_eq!(show(&host, "a.timer").active, ActiveState::Failed);
}

#[test]
fn a_path_whose_file_is_gone_waits_while_its_unit_runs() {
    let mut host = host(257);
    write(&mut host, "a.service", DAEMON);
    write(&mut host, "a.path", "[Path]\nPathChanged=/run/x\n");
    host.start(&unit("a.service")).unwrap();
    host.start(&unit("a.path")).unwrap();
    assert_eq!(host.runtime(&unit("a.path")).unwrap().sub, "running");
    host.edit(&Edit::Remove(unit("a.path")));
    reload(&mut host);
    assert_eq!(host.runtime(&unit("a.path")).unwrap().sub, "waiting");
}

#[test]
fn a_daemon_reload_counts_on_active_sec_anew() {
    let mut host = host(257);
    write(
        &mut host,
        "a.service",
        "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    );
    let text = "[Timer]\nOnActiveSec=0\nOnUnitInactiveSec=1h\n";
    write(&mut host, "a.timer", text);
    host.start(&unit("a.timer")).unwrap();
    host.clear_log();
    reload(&mut host);
    assert_eq!(host.log()[0], "start system/a.service");
}

#[test]
fn a_timer_that_elapsed_at_boot_does_not_elapse_again_when_it_is_restarted() {
    let mut host = host(257);
    write(
        &mut host,
        "a.service",
        "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    );
    write(&mut host, "a.timer", "[Timer]\nOnBootSec=1ms\n");
    host.start(&unit("a.timer")).unwrap();
    assert_eq!(host.runtime(&unit("a.timer")).unwrap().sub, "elapsed");
    host.clear_log();
    host.restart(&unit("a.timer")).unwrap();
    assert!(!host.log().contains(&"start system/a.service".to_owned()));
}

#[test]
fn a_daemon_reload_starts_again_what_is_upheld_and_failed_where_it_forgets_the_limit() {
    for (systemd, again) in [(252, true), (257, false)] {
        let mut host = host(systemd);
        write(
            &mut host,
            "a.service",
            &format!("[Unit]\nUpholds=b.service\n{DAEMON}"),
        );
        write(&mut host, "b.service", "[Service]\nExecStart=/bin/false\n");
        host.start(&unit("a.service")).unwrap();
        let failed = host.runtime(&unit("b.service")).unwrap().active;
        assert_eq!(failed, ActiveState::Failed);
        host.clear_log();
        reload(&mut host);
        let starts = host
            .log()
            .iter()
            .filter(|line| *line == "start system/b.service");
        assert_eq!(starts.count() > 0, again, "{systemd}");
    }
}

#[test]
fn every_unit_that_is_upheld_is_started() {
    let mut host = host(257);
    let text = format!("[Unit]\nUpholds=b.service c.service\n{DAEMON}");
    write(&mut host, "a.service", &text);
    for name in ["b.service", "c.service"] {
        write(
            &mut host,
            name,
            "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
        );
    }
    host.start(&unit("a.service")).unwrap();
    for name in ["b.service", "c.service"] {
        host.stop(&unit(name)).unwrap();
        assert!(host.is_up(&unit(name)), "{name}");
    }
}

#[test]
fn on_failure_hears_of_a_crash_that_is_followed_by_a_restart_only_since_254() {
    for (systemd, hears) in [(252, false), (257, true)] {
        let mut host = host(systemd);
        let text =
            "[Unit]\nOnFailure=b.service\n[Service]\nRestart=on-failure\nExecStart=/bin/daemon\n";
        write(&mut host, "a.service", text);
        write(&mut host, "b.service", DAEMON);
        host.fail_on_start(&unit("a.service"), true);
        host.start(&unit("a.service")).unwrap();
        let mut starts = host.log().iter().filter(|line| line.starts_with("start "));
        let heard = starts.position(|line| line == "start system/b.service");
        assert_eq!(heard == Some(1), hears, "{systemd}");
    }
}

#[test]
fn a_path_whose_unit_is_skipped_fires_until_it_has_fired_too_often() {
    let mut host = host(257);
    let text = format!("[Unit]\nConditionPathExists=/nowhere\n{DAEMON}");
    write(&mut host, "a.service", &text);
    write(
        &mut host,
        "a.path",
        "[Path]\nPathExists=/etc/systemd/system/a.path\n",
    );
    host.start(&unit("a.path")).unwrap();
    let path = host.runtime(&unit("a.path")).unwrap();
    assert_eq!(
        (path.active, path.result),
        (ActiveState::Failed, "trigger-limit-hit")
    );
}

#[test]
fn units_that_start_each_other_for_ever_leave_a_manager_without_rest() {
    let mut host = host(252);
    let requisite = "[Unit]\nOnFailure=b.service\nRequisite=gone.service\nAfter=gone.service\n";
    write(&mut host, "a.service", &format!("{requisite}{DAEMON}"));
    write(
        &mut host,
        "b.service",
        &format!("[Unit]\nRequires=a.service\nAfter=a.service\n{DAEMON}"),
    );
    write(
        &mut host,
        "gone.service",
        "[Unit]\nConditionPathExists=/nowhere\n[Service]\nExecStart=/bin/x\n",
    );
    assert!(host.start(&unit("b.service")).is_err());
    assert!(host.restless);
}

#[test]
fn a_timer_that_is_read_back_before_its_failed_unit_does_not_elapse_anew_at_a_daemon_reload() {
    let ends: Vec<ActiveState> = (0..6)
        .map(|order| {
            let mut host = host(257);
            host.hash_order = Order(order);
            let timer = "[Timer]\nOnActiveSec=0\nOnUnitInactiveSec=1h\n";
            write(&mut host, "job.timer", timer);
            write(
                &mut host,
                "job.service",
                "[Service]\nType=oneshot\nExecStart=/bin/false\n",
            );
            host.start(&unit("job.timer")).unwrap();
            write(&mut host, "job.service", "");
            reload(&mut host);
            show(&host, "job.timer").active
        })
        .collect();
    assert!(ends.contains(&ActiveState::Failed), "{ends:?}");
    assert!(ends.contains(&ActiveState::Active), "{ends:?}");
}

#[test]
fn what_depends_on_the_order_of_hash_tables_ends_one_way_or_the_other() {
    // The start of a.service wants and cannot stand b.service. Which of the two jobs of b.service goes is decided when
    // either unit's come up.
    let ends = |order| {
        let mut host = host(252);
        host.hash_order = Order(order);
        write(
            &mut host,
            "a.service",
            &format!("[Unit]\nWants=b.service\nBefore=b.service\n{DAEMON}"),
        );
        write(
            &mut host,
            "b.service",
            &format!("[Unit]\nConflicts=a.service\n{DAEMON}"),
        );
        host.start(&unit("b.service")).unwrap();
        host.start(&unit("a.service")).unwrap();
        host.is_up(&unit("b.service"))
    };
    let ends: Vec<bool> = (0..16).map(ends).collect();
    assert!(ends.contains(&true) && ends.contains(&false), "{ends:?}");
}

#[test]
fn a_unit_that_is_shown_is_looked_for_again_and_others_know_what_it_says() {
    let mut host = host(252);
    write(
        &mut host,
        "c.service",
        "[Unit]\nAfter=a.service\n[Service]\nExecStart=/bin/c\n",
    );
    host.start(&unit("c.service")).unwrap();
    write(
        &mut host,
        "a.service",
        "[Unit]\nRequires=c.service\n[Service]\nExecStart=/bin/a\n",
    );
    let required_by = |host: &SimHost| show(host, "c.service").relations.get("RequiredBy").cloned();
    assert_eq!(required_by(&host).unwrap_or_default().len(), 0);
    host.show(&unit("a.service"));
    assert_eq!(required_by(&host).unwrap_or_default().len(), 1);
}

#[test]
fn a_masked_unit_that_is_loaded_has_no_other_names() {
    for systemd in [252, 257] {
        let mut host = host(systemd);
        write(&mut host, "b.service", "");
        link(&mut host, "al.service", "b.service");
        let text = "[Unit]\nAfter=b.service\n[Service]\nExecStart=/bin/c\n";
        write(&mut host, "c.service", text);
        host.start(&unit("c.service")).unwrap();
        let alias = show(&host, "al.service");
        assert_eq!(
            (alias.id.as_str(), alias.load.as_str()),
            ("al.service", "error")
        );
        assert!(alias.need_reload);
    }
}

#[test]
fn a_link_that_leads_to_a_mask_is_masked_already() {
    let mut host = host(252);
    link(&mut host, "b.service", "/dev/null");
    link(&mut host, "al.service", "b.service");
    host.mask(&unit("al.service")).unwrap();
    assert_eq!(links(&host), ["al.service", "b.service"]);
}

#[test]
fn a_reload_runs_every_command_and_fails_with_the_first_that_does() {
    let mut host = host(257);
    let text = "[Service]\nExecStart=/bin/daemon\nExecReload=/bin/false\n";
    write(&mut host, "b.service", text);
    drop_in(&mut host, "b.service", "[Service]\nExecReload=/bin/true\n");
    host.start(&unit("b.service")).unwrap();
    assert!(host.reload(&unit("b.service")).is_err());
}

#[test]
fn a_unit_that_names_a_missing_one_makes_its_manager_look_again_when_it_is_shown() {
    let mut host = host(252);
    write(
        &mut host,
        "a.service",
        "[Unit]\nBefore=c.service\n[Service]\nExecStart=/bin/a\n",
    );
    let text = "[Unit]\nBefore=c.service\n[Service]\nExecStart=/bin/b\n";
    write(&mut host, "b.service", text);
    host.start(&unit("b.service")).unwrap();
    write(
        &mut host,
        "c.service",
        "[Unit]\nBindsTo=b.service\n[Service]\nExecStart=/bin/c\n",
    );
    host.show(&unit("a.service"));
    let bound = show(&host, "b.service").relations.get("BoundBy").cloned();
    assert_eq!(bound.unwrap_or_default().len(), 1);
    assert!(!is_known(&host, "a.service"), "nothing keeps it");
}

#[test]
fn what_cannot_be_read_is_disabled_on_252_only() {
    for (systemd, left) in [(252, 0), (257, 1)] {
        let mut host = host(systemd);
        let text = format!("{DAEMON}[Install]\nWantedBy=multi-user.target\n");
        write(&mut host, "c.service", &text);
        host.enable(&unit("c.service")).unwrap();
        write(&mut host, "c.service", "[Service\n");
        assert_eq!(host.disable(&unit("c.service")).is_ok(), left == 0);
        assert_eq!(links(&host).len(), left);
    }
}

#[test]
fn a_unit_is_looked_at_again_when_one_is_forgotten_that_named_it() {
    for systemd in [252, 257] {
        let mut host = host(systemd);
        let text = "[Unit]\nOnSuccess=s.slice\n[Service]\nExecStart=/bin/true\n";
        write(&mut host, "a.service", text);
        let text = format!("[Unit]\nBindsTo=a.service\n{DAEMON}");
        write(&mut host, "c.service", &text);
        host.start(&unit("c.service")).unwrap();
        assert!(!is_known(&host, "c.service"));
        assert!(!is_known(&host, "a.service"), "nothing names it any more");
    }
}

#[test]
fn a_unit_that_failed_to_start_stays_known_if_what_it_would_start_then_was_about_to_start() {
    let mut host = host(252);
    write(&mut host, "d.service", DAEMON);
    let text = "[Unit]\nBindsTo=d.service\nOnFailure=d.service\n[Path]\nPathChanged=/run/p\n";
    write(&mut host, "c.path", text);
    assert!(host.restart(&unit("c.path")).is_err());
    assert!(is_known(&host, "c.path"));
    assert_eq!(
        state(&host, "c.service"),
        ("not-found".to_owned(), ActiveState::Inactive)
    );
}

#[test]
fn a_slice_cannot_fail_and_names_nothing_to_start_then() {
    let mut host = host(252);
    let text = "[Unit]\nOnFailure=a.service\n[Install]\nWantedBy=multi-user.target\n";
    write(&mut host, "s.slice", text);
    host.enable(&unit("s.slice")).unwrap();
    reload(&mut host);
    assert!(is_known(&host, "s.slice"));
    assert!(!is_known(&host, "a.service"));
}

#[test]
fn beside_a_unit_whose_other_name_is_taken_nothing_is_looked_at() {
    for systemd in [252, 257] {
        let mut host = host(systemd);
        write(&mut host, "b.service", DAEMON);
        link(&mut host, "al.service", "b.service");
        drop_in(&mut host, "a.service", "[Service]\nExecReload=/bin/true\n");
        host.start(&unit("al.service")).unwrap();
        write(&mut host, "a.service", DAEMON);
        link(&mut host, "al.service", "a.service");
        assert!(!show(&host, "a.service").can_reload);
    }
}

#[test]
fn restarts_are_counted_anew_when_an_automatic_one_is_replaced_by_another() {
    let mut host = host(257);
    let text = "[Unit]\nRequisite=b.service\n[Service]\nRestart=on-failure\nExecStart=/bin/false\n";
    write(&mut host, "a.service", text);
    let text = format!("[Unit]\nPartOf=a.service\n{DAEMON}");
    write(&mut host, "b.service", &text);
    host.restart(&unit("b.service")).unwrap();
    host.restart(&unit("a.service")).unwrap();
    assert_eq!(show(&host, "a.service").restarts, 1);
}

#[test]
fn an_alias_of_nothing_is_disabled_on_252_only() {
    for (systemd, left) in [(252, 0), (257, 1)] {
        let mut host = host(systemd);
        link(&mut host, "al.service", "b.service");
        assert_eq!(host.disable(&unit("al.service")).is_ok(), left == 0);
        assert_eq!(links(&host).len(), left);
    }
}

#[test]
fn a_link_that_cannot_be_an_alias_is_not_disabled_and_goes_with_reenable_on_252_only() {
    for (systemd, left) in [(252, 0), (257, 1)] {
        let mut host = host(systemd);
        link(&mut host, "al.service", "x@2.service");
        assert!(host.disable(&unit("al.service")).is_err());
        assert_eq!(links(&host).len(), 1);
        assert!(host.reenable(&unit("al.service")).is_err());
        assert_eq!(links(&host).len(), left);
    }
}

#[test]
fn a_job_that_nobody_asks_for_any_more_may_still_contradict_another_of_its_unit() {
    for systemd in [252, 257] {
        let mut host = host(systemd);
        let text = format!("[Unit]\nRequires=c.path\nConflicts=u.target\n{DAEMON}");
        write(&mut host, "a.service", &text);
        let text = "[Unit]\nWants=a.service\nPartOf=c.service\n[Path]\nPathExists=/run/p\n";
        write(&mut host, "c.path", text);
        let text = format!("[Unit]\nPartOf=u.target\nWants=c.path\n{DAEMON}");
        write(&mut host, "c.service", &text);
        host.start(&unit("c.service")).unwrap();
        let refused = host.restart(&unit("c.path")).unwrap_err();
        assert!(refused.contains("conflicting jobs for a.service"));
    }
}

#[test]
fn what_a_slice_would_start_if_it_could_fail_is_read_all_the_same() {
    let mut host = host(252);
    write(&mut host, "s.slice", "[Unit]\nOnFailure=c.service\n");
    write(&mut host, "b.service", "[Unit]\nOnSuccess=s.slice\n");
    write(&mut host, "c.service", "[Unit]\nWants=b.service\n");
    host.start(&unit("s.slice")).unwrap();
    assert!(!is_known(&host, "c.service"));
    assert!(is_known(&host, "b.service"));
}

#[test]
fn mask_and_unmask_ask_about_the_unit_and_what_it_names_is_read_again() {
    for systemd in [252, 257] {
        let mut host = host(systemd);
        write(&mut host, "a.socket", "Alias=al.service\n");
        let text = "[Service]\nExecStart=/bin/false\n";
        write(&mut host, "a.service", text);
        host.start(&unit("a.service")).unwrap();
        host.edit(&Edit::Remove(unit("a.service")));
        reload(&mut host);
        write(&mut host, "a.service", "");
        host.unmask(&unit("a.socket"));
        assert_eq!(
            state(&host, "a.service"),
            ("masked".to_owned(), ActiveState::Failed),
            "a mask needs no slice, as other files do"
        );
    }
}

#[test]
fn a_timer_that_hears_of_its_unit_before_it_elapses_has_missed_the_moment_of_its_start() {
    let mut host = host(257);
    let text = "[Unit]\nOnSuccess=b.service\n[Timer]\nOnActiveSec=0\n";
    write(&mut host, "b.timer", text);
    write(&mut host, "b.service", DAEMON);
    host.start(&unit("b.timer")).unwrap();
    host.restart(&unit("b.timer")).unwrap();
    assert_eq!(show(&host, "b.timer").sub, "elapsed");
}
