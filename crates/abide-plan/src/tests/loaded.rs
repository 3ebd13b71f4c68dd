//! What shows that a manager has not read what stands on disk.

use abide_model::{Desired, LastLoad, Manager, Observation, Observed, Timestamp, Wanted};
use abide_sim::{Edit, SimHost, desired, path, scope, unit_ref};

use super::support::{
    WEB, as_declared, assert_converges, one, seen_file, seen_of, seen_unit, service, steps, told,
};

const FILE: &str = "/home/deploy/.config/systemd/user/web.service";
const DROP_IN: &str = "/home/deploy/.config/systemd/user/web.service.d/10-nice.conf";

fn wanted() -> Desired {
    one("web.service", &service("/bin/web"))
        .drop_in("10-nice.conf", "[Service]\nNice=5\n")
        .build()
}

/// The plan for a host as declared, seen with this change.
fn plan_of(wanted: &Desired, change: impl Fn(&mut Observed)) -> String {
    let mut seen = as_declared(wanted).observe(wanted);
    change(&mut seen);
    told(&crate::plan(wanted, &seen))
}

fn reload(evidence: &str) -> String {
    reload_for("web.service", evidence)
}

fn reload_for(unit: &str, evidence: &str) -> String {
    format!("1 manager user:deploy: daemon-reload <- reload owed: {unit}: {evidence}")
}

#[test]
fn a_unit_that_was_loaded_from_elsewhere_is_loaded_again() {
    let from = |at: Option<&'static str>| {
        plan_of(&wanted(), move |seen| {
            seen_unit(seen, WEB).fragment = at.map(path);
        })
    };
    let vendor = "/usr/lib/systemd/user/web.service";
    assert_eq!(from(Some(vendor)), reload(&format!("loaded from {vendor}")));
    assert_eq!(from(None), reload(&format!("{FILE} is not loaded")));
    assert_eq!(from(Some(FILE)), "");
}

#[test]
fn of_a_unit_that_is_not_loaded_nothing_is_compared() {
    let all = plan_of(&wanted(), |seen| {
        let unit = seen_unit(seen, WEB);
        unit.load = "bad-setting".to_owned();
        (unit.fragment, unit.drop_ins) = (None, Vec::new());
    });
    let named = "refused user:deploy/web.service (Impossible): it runs, and its manager could not start it again: its unit file is `bad-setting`";
    assert_eq!(all, named);
}

#[test]
fn a_drop_in_that_is_not_loaded_is_named_unless_it_holds_nothing() {
    let unloaded = |wanted: &Desired| plan_of(wanted, |seen| seen_unit(seen, WEB).drop_ins.clear());
    assert_eq!(
        unloaded(&wanted()),
        reload("drop-in 10-nice.conf is not loaded")
    );
    // systemd leaves out an empty drop-in: it only hides others of its name.
    let empty = one("web.service", &service("/bin/web")).drop_in("10-nice.conf", "");
    assert_eq!(unloaded(&empty.build()), "");
    // One of the same name in a place that comes first hides ours.
    let hidden = plan_of(&wanted(), |seen| {
        seen_unit(seen, WEB).drop_ins = vec![path("/etc/systemd/user/web.service.d/10-nice.conf")];
    });
    assert!(!hidden.contains("daemon-reload"), "{hidden}");
}

#[test]
fn an_empty_drop_in_of_an_instance_hides_its_templates() {
    let pool = "[Service]\nExecStart=/bin/pool %i\n";
    let with = |own: &str| {
        one("pool@.service", pool)
            .drop_in("10-nice.conf", "[Service]\nNice=1\n")
            .instance("pool@a.service")
            .drop_in(own, "")
            .build()
    };
    let unloaded = |own: &str| {
        plan_of(&with(own), |seen| {
            seen_unit(seen, "user:deploy/pool@a.service")
                .drop_ins
                .clear();
        })
    };
    assert_eq!(unloaded("10-nice.conf"), "");
    assert_eq!(
        unloaded("20-other.conf"),
        reload_for("pool@a.service", "drop-in 10-nice.conf is not loaded")
    );
}

#[test]
fn a_drop_in_that_is_loaded_and_gone_is_named() {
    let gone = "/home/deploy/.config/systemd/user/web.service.d/50-gone.conf";
    let all = plan_of(&wanted(), |seen| {
        seen_unit(seen, WEB).drop_ins.push(path(gone));
        seen_of(seen, "user:deploy")
            .files
            .insert(path(gone), Observation::Absent);
    });
    assert!(
        all.starts_with(&reload("drop-in 50-gone.conf is loaded and gone")),
        "{all}"
    );
}

/// What is owed where the manager loaded its units at one time, and the file changed at another.
fn with_times(loaded: u64, changed: u64) -> String {
    plan_of(&wanted(), move |seen| {
        let deploy = seen_of(seen, "user:deploy");
        deploy.manager = Manager::Up {
            last_load: LastLoad::At(Timestamp(loaded)),
        };
        for file in [FILE, DROP_IN] {
            seen_file(seen, "user:deploy", file).changed_at = Timestamp(1);
        }
        seen_file(seen, "user:deploy", FILE).changed_at = Timestamp(changed);
    })
}

#[test]
fn what_changed_after_the_last_load_is_not_loaded() {
    const SECOND: u64 = 1_000_000;
    let owed = reload("changed after the last reload");
    let at = 1_700_000_000 * SECOND;
    // To the microsecond, where the host can say so.
    assert_eq!(with_times(at + 5, at + 5), "");
    assert_eq!(with_times(at + 5, at + 4), "");
    assert!(with_times(at + 5, at + 6).starts_with(&owed));
    // In whole seconds, it may have been at any time within that second.
    assert_eq!(with_times(at, at + SECOND - 1), "");
    assert!(with_times(at, at + SECOND).starts_with(&owed));
}

/// What is owed where the manager does not tell when it loaded its units, but not after that time.
fn with_bound(bound: u64, changed: u64, need_reload: bool) -> String {
    plan_of(&wanted(), move |seen| {
        seen_of(seen, "user:deploy").manager = Manager::Up {
            last_load: LastLoad::NotAfter(Timestamp(bound)),
        };
        for file in [FILE, DROP_IN] {
            seen_file(seen, "user:deploy", file).changed_at = Timestamp(1);
        }
        seen_file(seen, "user:deploy", FILE).changed_at = Timestamp(changed);
        seen_unit(seen, WEB).need_reload = need_reload;
    })
}

#[test]
fn a_manager_that_does_not_tell_of_its_loads_is_reloaded_for_a_reason_and_not_for_ever() {
    let at = 1_700_000_000_000_005;
    assert_eq!(with_bound(at, at, false), "");
    assert!(with_bound(at, at, true).starts_with(&reload("NeedDaemonReload")));
    let owed = reload("changed after the last reload");
    assert!(with_bound(at, at + 1, false).starts_with(&owed));
}

#[test]
fn a_packages_unit_is_loaded_again_before_it_is_started_and_not_otherwise() {
    let vendor = "[Service]\nExecStart=/bin/x\n";
    let host = SimHost::new().with_vendor_unit(false, "nginx.service", vendor);
    let plan = |running: Wanted, stale: bool| {
        let wanted = desired("h1")
            .foreign_unit("nginx.service")
            .with_running(running)
            .build();
        let mut seen = host.observe(&wanted);
        seen_unit(&mut seen, "system/nginx.service").need_reload = stale;
        steps(&crate::plan(&wanted, &seen))
    };
    let start = "system/nginx.service: start";
    assert_eq!(plan(Wanted::Yes, false), [start]);
    assert_eq!(
        plan(Wanted::Yes, true),
        ["manager system: daemon-reload", start]
    );
    assert_eq!(plan(Wanted::No, true), Vec::<String>::new());
}

#[test]
fn a_drop_in_of_somebody_else_that_changed_after_the_last_load_is_not_loaded() {
    let mine = "/home/deploy/.config/systemd/user/web.service.d/50-mine.conf";
    let with = |changed: u64| {
        plan_of(&wanted(), move |seen| {
            let mut file = seen_file(seen, "user:deploy", DROP_IN).clone();
            for own in [FILE, DROP_IN] {
                seen_file(seen, "user:deploy", own).changed_at = Timestamp(1);
            }
            file.changed_at = Timestamp(changed);
            let deploy = seen_of(seen, "user:deploy");
            deploy.manager = Manager::Up {
                last_load: LastLoad::At(Timestamp(1_000_005)),
            };
            deploy.files.insert(path(mine), Observation::Known(file));
            seen_unit(seen, WEB).drop_ins.push(path(mine));
        })
    };
    assert_eq!(with(1_000_005), "");
    assert!(with(1_000_006).starts_with(&reload("changed after the last reload")));
}

#[test]
fn what_came_before_ours_and_is_gone_is_read_away_by_a_reload() {
    let before = [
        "/home/deploy/.config/systemd/user.control/web.service",
        "/run/user/1000/systemd/user.control/web.service",
        "/run/user/1000/systemd/transient/web.service",
    ];
    for place in before {
        let with = |load: &'static str, stands: bool| {
            plan_of(&wanted(), move |seen| {
                let file = seen_file(seen, "user:deploy", FILE).clone();
                let unit = seen_unit(seen, WEB);
                unit.fragment = Some(path(place));
                load.clone_into(&mut unit.load);
                if stands {
                    let deploy = seen_of(seen, "user:deploy");
                    deploy.files.insert(path(place), Observation::Known(file));
                }
            })
        };
        let refused = format!("{place} comes before our unit file");
        assert!(with("loaded", true).contains(&refused), "{place}");
        let gone = format!("{place}, which is loaded, is gone");
        for load in ["loaded", "masked"] {
            let told = with(load, false);
            assert!(told.starts_with(&reload(&gone)), "{load} {told}");
        }
    }
    // A run that the ledger does not tell of may be one of what came first.
    let started = |place: Option<&'static str>| {
        plan_of(&wanted(), move |seen| {
            let unit = seen_unit(seen, WEB);
            "0123456789abcdef0123456789abcdef".clone_into(&mut unit.invocation);
            unit.started_at = Some(Timestamp(u64::MAX));
            unit.fragment = Some(path(place.unwrap_or(FILE)));
        })
    };
    assert_eq!(started(None), "");
    let told = started(Some(before[0]));
    assert!(told.contains("web.service: restart"), "{told}");
    // Nothing is asked of these, so nothing shows that they are gone.
    let early = "/run/systemd/generator.early/web.service";
    let told = plan_of(&wanted(), |seen| {
        seen_unit(seen, WEB).fragment = Some(path(early));
    });
    assert!(told.contains("comes before our unit file"), "{told}");
}

#[test]
fn a_host_converges_once_what_came_before_ours_is_gone() {
    let wanted = wanted();
    let before = path("/home/deploy/.config/systemd/user.control/web.service");
    let drop_in = path("/home/deploy/.config/systemd/user.control/web.service.d/x.conf");
    for mask in [false, true] {
        let mut host = as_declared(&wanted);
        match mask {
            true => host.write_link(&before, "/dev/null", "deploy"),
            false => host.write_file(&before, &service("/bin/evil"), "deploy"),
        }
        host.edit(&Edit::DaemonReload(scope("user:deploy")));
        host.edit(&Edit::Stop(unit_ref(WEB)));
        host.edit(&Edit::Start(unit_ref(WEB)));
        let told = told(&crate::plan(&wanted, &host.observe(&wanted)));
        assert!(told.contains("comes before our unit file"), "{told}");
        host.remove_file(&before);
        assert_converges(&mut host, &wanted);
        assert!(host.is_up(&unit_ref(WEB)), "{mask}");
        assert!(host.runs_what_is_on_disk(&unit_ref(WEB)), "{mask}");
        // A drop-in there is named and kept.
        host.write_file(&drop_in, "[Service]\nNice=9\n", "deploy");
        let plan = crate::plan(&wanted, &host.observe(&wanted));
        let text = format!("drop-in {drop_in} is kept: it was written since the last apply");
        assert!(
            plan.notes.iter().any(|note| note.text.to_string() == text),
            "{plan:?}"
        );
    }
}

#[test]
fn a_source_that_is_not_there_is_no_reason_to_reload_for_ever_and_is_said() {
    let plan = |source: &'static str, missing: bool, fragment: Option<&'static str>| {
        let wanted = wanted();
        let mut seen = as_declared(&wanted).observe(&wanted);
        let unit = seen_unit(&mut seen, WEB);
        (unit.need_reload, unit.source_missing) = (true, missing);
        unit.source = Some(path(source));
        if let Some(fragment) = fragment {
            unit.fragment = Some(path(fragment));
        }
        crate::plan(&wanted, &seen)
    };
    let gone = plan("/etc/gone", true, None);
    assert_eq!(told(&gone), "");
    assert_eq!(gone.notes.len(), 1);
    assert!(
        gone.notes[0]
            .text
            .to_string()
            .contains("SourcePath=/etc/gone"),
        "{gone:?}"
    );
    let there = plan("/etc/there", false, None);
    assert_eq!(told(&there), reload("NeedDaemonReload"));
    assert!(there.notes.is_empty());
    // What a generator made of it goes with the reload.
    let generated = "/run/user/1000/systemd/generator/web.service";
    let generated = plan("/etc/gone", true, Some(generated));
    assert!(told(&generated).starts_with(&reload("NeedDaemonReload")));
}

#[test]
fn a_masked_unit_with_drop_ins_says_for_ever_that_it_is_not_loaded() {
    let mut masked = desired("h1")
        .user("deploy")
        .linger(Some(true))
        .foreign_unit("web.service")
        .drop_in("10-nice.conf", "[Service]\nNice=5\n")
        .build();
    let units = masked.users.values_mut();
    for unit in units.flat_map(|user| user.units.values_mut()) {
        unit.masked = Some(true);
    }
    let owes = |wanted: &Desired, load: &'static str, drop_ins: bool| {
        let all = plan_of(wanted, move |seen| {
            let unit = seen_unit(seen, WEB);
            unit.need_reload = true;
            load.clone_into(&mut unit.load);
            if load == "masked" {
                unit.fragment = Some(path("/run/systemd/user/web.service"));
            }
            unit.drop_ins = match drop_ins {
                true => vec![path(DROP_IN)],
                false => Vec::new(),
            };
        });
        all.contains("daemon-reload")
    };
    assert!(!owes(&masked, "masked", true));
    assert!(owes(&masked, "masked", false));
    assert!(owes(&wanted(), "loaded", true));
}
