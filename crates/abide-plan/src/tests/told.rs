//! What a plan tells beside its steps: what to expect, and what it leaves alone.

use abide_sim::{SimHost, path};

use super::support::{WEB, as_declared, notes, one, planned, seen_of, seen_unit, service};

#[test]
fn a_timer_that_runs_already_is_not_foretold_to_fire() {
    let wanted = one(
        "job.service",
        "[Service]\nType=oneshot\nExecStart=/bin/job\n",
    )
    .unit(
        "job.timer",
        "[Timer]\nOnBootSec=5s\nPersistent=yes\n[Install]\nWantedBy=timers.target\n",
    )
    .build();
    let first = planned(&SimHost::new(), &wanted);
    assert!(
        notes(&first)
            .iter()
            .any(|note| note.contains("fires at once if a run was missed")),
        "{:?}",
        notes(&first)
    );
    let again = planned(&as_declared(&wanted), &wanted);
    assert_eq!(notes(&again), Vec::<String>::new());
}

#[test]
fn drop_ins_that_a_package_ships_are_not_told_as_foreign() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let host = as_declared(&wanted);
    let told_with = |drop_ins: &[&str]| {
        let mut seen = host.observe(&wanted);
        seen_unit(&mut seen, WEB).drop_ins = drop_ins.iter().map(|at| path(at)).collect();
        notes(&crate::plan(&wanted, &seen))
    };
    let shipped = [
        "/usr/lib/systemd/user/service.d/10-timeout.conf",
        "/lib/systemd/user/service.d/10-timeout.conf",
    ];
    assert_eq!(told_with(&shipped), Vec::<String>::new());
    let own = "/etc/systemd/user/service.d/20-site.conf";
    assert_eq!(
        told_with(&[own]),
        [format!("{WEB}: drop-ins that are not ours are kept: {own}")]
    );
}

#[test]
fn files_elsewhere_and_drop_ins_that_are_gone_are_not_told_as_foreign() {
    let wanted = one("web.service", &service("/bin/web"))
        .unit("other.service", &service("/bin/other"))
        .drop_in("10-nice.conf", "[Service]\nNice=5\n")
        .build();
    let host = as_declared(&wanted);
    let mut seen = host.observe(&wanted);
    let gone = path("/home/deploy/.config/systemd/user/web.service.d/50-gone.conf");
    seen_of(&mut seen, "user:deploy")
        .files
        .insert(gone, abide_model::Observation::Absent);
    assert_eq!(notes(&crate::plan(&wanted, &seen)), Vec::<String>::new());
}
