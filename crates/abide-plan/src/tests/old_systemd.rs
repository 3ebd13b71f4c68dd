//! Hosts of older versions of systemd, which do not tell everything (docs/systemd-facts.md): EL7, Debian 9, EL8, Ubuntu 20.04
//! and 22.04.

use abide_model::{LastLoad, Manager, NoteKind, OnChange, RefusalReason, Timestamp};
use abide_sim::SimHost;
use abide_sim::random::{edit_sequences, hosts};
use proptest::prelude::*;

use super::properties::{cases, manifests};
use super::support::{
    WEB, as_declared, assert_converges, notes, one, refusals, seen_file, seen_of, seen_unit,
    service, steps, told, web,
};
use crate::plan;

const VERSIONS: [u32; 5] = [219, 232, 239, 245, 249];

fn versions() -> impl Strategy<Value = u32> {
    proptest::sample::select(VERSIONS.to_vec())
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn a_plan_for_an_old_systemd_leaves_nothing_to_do(
        version in versions(), seed in hosts(), first in manifests(), by_hand in edit_sequences(), second in manifests(),
    ) {
        let mut host = seed.build();
        host.facts.systemd = version;
        assert_converges(&mut host, &first);
        host.edit_all(&by_hand);
        assert_converges(&mut host, &second);
    }
}

fn old_host(version: u32) -> SimHost {
    let mut host = SimHost::new();
    host.facts.systemd = version;
    host
}

#[test]
fn a_change_restarts_once_and_nothing_goes_on_for_ever() {
    for version in VERSIONS {
        let mut host = old_host(version);
        assert_converges(&mut host, &web(&service("/bin/one")));
        let second = assert_converges(&mut host, &web(&service("/bin/two")));
        assert_eq!(
            steps(&second),
            super::support::rewritten("user:deploy/web.service: restart"),
            "{version}"
        );
        let said = "does not show when it read its units last";
        assert!(
            notes(&second).iter().any(|note| note.contains(said)),
            "{:?}",
            second.notes
        );
    }
}

#[test]
fn a_manager_that_shows_no_load_at_all_is_reloaded_where_it_says_so_and_not_otherwise() {
    let wanted = web(&service("/bin/one"));
    let file = "/home/deploy/.config/systemd/user/web.service";
    let with = |need_reload: bool, load: &str| {
        let mut seen = as_declared(&wanted).observe(&wanted);
        seen_of(&mut seen, "user:deploy").manager = Manager::Up {
            last_load: LastLoad::Unknown,
        };
        // Long after everything else.
        seen_file(&mut seen, "user:deploy", file).changed_at = Timestamp(seen.facts.now.0);
        let unit = seen_unit(&mut seen, WEB);
        unit.need_reload = need_reload;
        load.clone_into(&mut unit.load);
        if load == "not-found" {
            unit.fragment = None;
        }
        told(&plan(&wanted, &seen))
    };
    assert_eq!(with(false, "loaded"), "");
    let owed = "1 manager user:deploy: daemon-reload <- reload owed: web.service: ";
    assert!(with(true, "loaded").starts_with(&format!("{owed}NeedDaemonReload")));
    // It looked when there was no such file.
    let unseen = with(false, "not-found");
    assert!(
        unseen.starts_with(&format!("{owed}{file} is not loaded")),
        "{unseen}"
    );
}

#[test]
fn where_users_have_no_managers_their_units_are_refused_and_those_of_the_system_are_done() {
    let mut host = old_host(219);
    host.facts.user_managers = false;
    let wanted = one("web.service", &service("/bin/web"))
        .system()
        .unit("sys.service", "[Service]\nExecStart=/bin/sys\n")
        .build();
    let plan = assert_converges(&mut host, &wanted);
    let first = plan.refused.first().unwrap();
    assert_eq!(
        refusals(&plan),
        [
            "manager user:deploy: the host has systemd 219 without user@.service, so no manager would run units of a user"
        ]
    );
    assert_eq!(first.why.as_ref().map(RefusalReason::code), Some("R0201"));
    let steps = steps(&plan);
    assert!(
        steps.contains(&"system/sys.service: start".to_owned()),
        "{steps:?}"
    );
    assert!(
        !steps.iter().any(|step| step.contains("linger")),
        "{steps:?}"
    );
}

#[test]
fn what_only_upheld_by_would_enable_is_refused_before_254() {
    let upheld = |install: &str| {
        let text = format!("[Service]\nExecStart=/bin/web\n[Install]\n{install}");
        move |version: u32| {
            let plan = assert_converges(&mut old_host(version), &web(&text));
            (refusals(&plan), steps(&plan).join("\n"))
        }
    };
    let alone = upheld("UpheldBy=default.target\n");
    for version in [245, 249, 252, 253] {
        let (refused, _) = alone(version);
        let why = format!(
            "only `UpheldBy=` would enable it, which came with systemd 254, and the host has {version}"
        );
        assert_eq!(refused, [format!("{WEB}: {why}")]);
    }
    assert_eq!(alone(254).0, Vec::<String>::new());
    let (refused, steps) = upheld("WantedBy=default.target\nUpheldBy=default.target\n")(252);
    assert_eq!(refused, Vec::<String>::new());
    assert!(
        steps.contains("enable +default.target.wants/web.service\n"),
        "{steps}"
    );
}

#[test]
fn what_the_systemd_of_the_host_ignores_is_noted_where_the_unit_is_worked_on() {
    let text = "[Service]\nExecStart=/bin/web\nRestartMode=direct\n[Install]\nWantedBy=default.target\nUpheldBy=default.target\n";
    let noted = |version: u32| {
        let mut host = old_host(version);
        let plan = assert_converges(&mut host, &web(text));
        let again = plan_of(&web(text), &host);
        let told: Vec<String> = plan
            .notes
            .iter()
            .filter(|note| note.kind == NoteKind::Unsupported)
            .map(|note| format!("{} {}", note.resource, note.text))
            .collect();
        assert!(
            !again
                .notes
                .iter()
                .any(|note| note.kind == NoteKind::Unsupported),
            "{:?}",
            again.notes
        );
        assert_eq!(refusals(&plan), Vec::<String>::new());
        told
    };
    for version in [219, 232, 245, 249, 252] {
        assert_eq!(
            noted(version),
            [format!(
                "{WEB} systemd {version} ignores `UpheldBy=` (came with 254), `RestartMode=` (came with 254) (`abide explain N0801`)"
            )]
        );
    }
    assert_eq!(noted(254), Vec::<String>::new());
    assert_eq!(noted(263), Vec::<String>::new());
}

fn plan_of(wanted: &abide_model::Desired, host: &SimHost) -> abide_model::Plan {
    plan(wanted, &host.observe(wanted))
}

#[test]
fn what_the_systemd_of_the_host_would_not_load_is_refused_and_not_written() {
    let wanted = web("[Service]\nExecStart=|/bin/web\n[Install]\nWantedBy=default.target\n");
    let mut host = old_host(257);
    let plan = plan_of(&wanted, &host);
    assert_eq!(
        refusals(&plan),
        [format!(
            "{WEB}: systemd 257 would not load it: `ExecStart=` begins with `|`, which came with 258"
        )]
    );
    let why = plan
        .refused
        .first()
        .and_then(|refusal| refusal.why.as_ref());
    assert_eq!(why.map(RefusalReason::code), Some("R0801"));
    let written = steps(&plan).join("\n");
    assert!(!written.contains("web.service"), "{written}");
    // Red Hat's brings what came later.
    host.facts.os = "Red Hat Enterprise Linux 8.10 (Ootpa)".to_owned();
    assert_eq!(refusals(&plan_of(&wanted, &host)), Vec::<String>::new());
    assert_eq!(
        refusals(&plan_of(&wanted, &old_host(258))),
        Vec::<String>::new()
    );
}

#[test]
fn a_type_that_the_systemd_of_the_host_ignores_gives_it_no_way_to_reload() {
    let text = |more: &str| {
        format!(
            "[Service]\nType=notify-reload\nExecStart=/bin/web\n{more}\n[Install]\nWantedBy=default.target\n"
        )
    };
    let refused = |version: u32, more: &str| {
        let mut host = old_host(version);
        assert_converges(&mut host, &web(&text(more)));
        let wanted = one("web.service", &text(&format!("{more}\nEnvironment=A=1")))
            .on_change(OnChange::Reload)
            .build();
        let mut seen = host.observe(&wanted);
        // As 247 and 252 say of such a unit.
        seen_unit(&mut seen, WEB).can_reload = version >= 253 || !more.is_empty();
        refusals(&plan(&wanted, &seen)).join("\n")
    };
    assert!(refused(252, "").contains("it has no way to reload"));
    assert_eq!(refused(253, ""), "");
    assert_eq!(refused(252, "ExecReload=/bin/true"), "");
}
