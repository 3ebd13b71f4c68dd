//! Timers and paths.

use abide_model::ActiveState;
use abide_sim::{Edit, NameOrder};

use crate::{DAEMON, host, reload, show, unit, write};

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
    assert_eq!(host.runtime_of(&unit("a.path")).unwrap().sub, "running");
    host.edit(&Edit::Remove(unit("a.path")));
    reload(&mut host);
    assert_eq!(host.runtime_of(&unit("a.path")).unwrap().sub, "waiting");
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
    assert_eq!(host.runtime_of(&unit("a.timer")).unwrap().sub, "elapsed");
    host.clear_log();
    host.restart(&unit("a.timer")).unwrap();
    assert!(!host.log().contains(&"start system/a.service".to_owned()));
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
    let path = host.runtime_of(&unit("a.path")).unwrap();
    assert_eq!(
        (path.active, path.result),
        (ActiveState::Failed, "trigger-limit-hit")
    );
}

#[test]
fn a_timer_that_is_read_back_before_its_failed_unit_does_not_elapse_anew_at_a_daemon_reload() {
    let ends: Vec<ActiveState> = (0..6)
        .map(|order| {
            let mut host = host(257);
            host.hash_order = NameOrder(order);
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
fn a_timer_that_hears_of_its_unit_before_it_elapses_has_missed_the_moment_of_its_start() {
    let mut host = host(257);
    let text = "[Unit]\nOnSuccess=b.service\n[Timer]\nOnActiveSec=0\n";
    write(&mut host, "b.timer", text);
    write(&mut host, "b.service", DAEMON);
    host.start(&unit("b.timer")).unwrap();
    host.restart(&unit("b.timer")).unwrap();
    assert_eq!(show(&host, "b.timer").sub, "elapsed");
}
