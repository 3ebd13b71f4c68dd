//! Drift of files: what an abide file became, by whom, and drop-ins that appear beside ours.

use abide_model::{FileKind, Finding, FindingKind, Ledger, LedgerFile, Observation};
use abide_sim::{SimHost, desired, path, scope, user};

use super::drift::{told, told_of, web};
use super::support::{WEB, as_declared, one, seen_file, seen_of, seen_unit, service, steps};
use crate::drift;

const FILE: &str = "/home/deploy/.config/systemd/user/web.service";
const DROP_IN: &str = "/home/deploy/.config/systemd/user/web.service.d/10-nice.conf";

/// What is found of the web service.
fn found(host: &SimHost) -> Vec<Finding> {
    let wanted = web("/bin/web");
    let drift = drift(&wanted, &host.observe(&wanted));
    let mut of = drift.resources.into_iter();
    of.find(|one| one.resource.to_string() == WEB)
        .map_or(Vec::new(), |one| one.findings)
}

#[test]
fn what_became_of_a_file_is_told_with_its_place_its_time_and_who_owns_it_now() {
    let mut host = as_declared(&web("/bin/web")).with_user("eve");
    host.write_file(&path(FILE), &service("/bin/other"), "eve");
    let now = host.observe(&web("/bin/web"));
    let Some(Observation::Known(deploy)) = now.scopes.get(&scope("user:deploy")) else {
        panic!()
    };
    let Observation::Known(file) = &deploy.files[&path(FILE)] else {
        panic!()
    };
    let edited = &found(&host)[0];
    assert_eq!(
        *edited,
        Finding {
            kind: FindingKind::File,
            text: "web.service was edited".to_owned(),
            path: Some(path(FILE)),
            since: Some(file.changed_at),
            by: Some("eve".to_owned()),
            evidence: Vec::new(),
        }
    );
}

#[test]
fn a_mask_and_another_link_in_place_of_a_file_are_told_apart() {
    let says = |target: &str| {
        let mut host = as_declared(&web("/bin/web"));
        host.write_link(&path(FILE), target, "deploy");
        found(&host)[0].text.clone()
    };
    assert_eq!(says("/dev/null"), "web.service was masked");
    assert_eq!(
        says("/opt/web.service"),
        "web.service was replaced by a symbolic link"
    );
}

#[test]
fn a_file_that_is_as_it_was_and_belongs_to_somebody_else_is_told() {
    let wanted = web("/bin/web");
    let says = |owner: &str| {
        let mut seen = as_declared(&wanted).observe(&wanted);
        seen_file(&mut seen, "user:deploy", FILE).owner = owner.to_owned();
        told_of(&wanted, &seen)
    };
    let theirs = "web.service belongs to somebody else now";
    assert_eq!(says("eve"), [format!("drifted {WEB}: {theirs}")]);
    // A number has no name there, and no answer proves nothing.
    for unnamed in ["deploy", "1001", ""] {
        let all = says(unnamed);
        assert!(all.iter().all(|line| !line.contains(theirs)), "{all:?}");
    }
}

#[test]
fn a_directory_in_place_of_a_file_is_told() {
    let wanted = web("/bin/web");
    let mut seen = as_declared(&wanted).observe(&wanted);
    let file = seen_file(&mut seen, "user:deploy", FILE);
    (file.kind, file.digest) = (FileKind::Directory, None);
    let all = told_of(&wanted, &seen);
    assert!(
        all[0].contains("web.service was replaced") && !all[0].contains("symbolic link"),
        "{all:?}"
    );
}

#[test]
fn a_drop_in_by_hand_is_told_with_its_place_its_time_and_whose_it_is() {
    let mut host = as_declared(&web("/bin/web"));
    host.write_file(&path(DROP_IN), "[Service]\nNice=5\n", "root");
    let mut seen = host.observe(&web("/bin/web"));
    let since = seen_file(&mut seen, "user:deploy", DROP_IN).changed_at;
    let added = found(&host);
    let added = added.iter().find(|one| one.kind == FindingKind::DropIn);
    assert_eq!(
        added,
        Some(&Finding {
            kind: FindingKind::DropIn,
            text: "10-nice.conf was added; an apply leaves it".to_owned(),
            path: Some(path(DROP_IN)),
            since: Some(since),
            by: Some("root".to_owned()),
            evidence: Vec::new(),
        })
    );
}

/// What drift tells of a host, and the notes of its plan, where this file stands that was written since the last apply.
fn with_file(at: &'static str, loaded: bool, link: Option<&str>) -> (Vec<String>, Vec<String>) {
    let wanted = web("/bin/web");
    let mut seen = as_declared(&wanted).observe(&wanted);
    let mut file = seen_file(&mut seen, "user:deploy", FILE).clone();
    file.changed_at = abide_model::Timestamp(u64::MAX);
    if let Some(target) = link {
        file.kind = FileKind::Symlink(target.to_owned());
    }
    let deploy = seen_of(&mut seen, "user:deploy");
    deploy.files.insert(path(at), Observation::Known(file));
    if loaded {
        seen_unit(&mut seen, WEB).drop_ins.push(path(at));
    }
    let plan = crate::plan(&wanted, &seen);
    assert!(
        plan.actions.is_empty() || plan.actions.len() == 1,
        "{plan:?}"
    );
    let notes = plan.notes.iter().map(|note| note.text.to_string());
    (told_of(&wanted, &seen), notes.collect())
}

#[test]
fn drop_ins_elsewhere_are_told_wherever_systemd_reads_them() {
    for (at, loaded) in [
        (
            "/home/deploy/.config/systemd/user.control/web.service.d/x.conf",
            true,
        ),
        (
            "/home/deploy/.config/systemd/user.control/web.service.d/x.conf",
            false,
        ),
        ("/run/user/1000/systemd/user/web.service.d/x.conf", true),
        ("/etc/systemd/user/web.service.d/x.conf", true),
        ("/home/deploy/.config/systemd/user/service.d/x.conf", true),
    ] {
        let (drift, notes) = with_file(at, loaded, None);
        let directory = path(at).parent_directory();
        let added = format!("x.conf was added in {directory}; an apply leaves it");
        assert!(
            drift.iter().any(|line| line.contains(&added)),
            "{at} {drift:?}"
        );
        let kept = format!("drop-in {at} is kept: it was written since the last apply");
        assert!(notes.contains(&kept), "{at} {notes:?}");
    }
    // For all services, and not read: nothing shows that it is for ours.
    let (drift, _) = with_file(
        "/home/deploy/.config/systemd/user/service.d/x.conf",
        false,
        None,
    );
    assert!(!is_added(&drift), "{drift:?}");
}

#[test]
fn a_unit_file_that_comes_before_ours_was_put_there_by_somebody() {
    for at in [
        "/home/deploy/.config/systemd/user.control/web.service",
        "/run/user/1000/systemd/transient/web.service",
    ] {
        let directory = path(at).parent_directory();
        for (link, what) in [(None, "was added"), (Some("/dev/null"), "was masked")] {
            let (drift, _) = with_file(at, false, link);
            let text = format!(
                "drifted user:deploy/web.service: web.service {what} in {directory}, which comes before ours"
            );
            assert!(
                drift.iter().any(|line| line.starts_with(&text)),
                "{at} {drift:?}"
            );
        }
    }
}

#[test]
fn a_mode_is_put_right_without_a_restart() {
    let wanted = one("web.service", &service("/bin/web"))
        .drop_in("10-nice.conf", "[Service]\nNice=5\n")
        .build();
    for (at, mode) in [
        (FILE, 0o000),
        (FILE, 0o666),
        (DROP_IN, 0o000),
        (DROP_IN, 0o664),
    ] {
        let mut seen = as_declared(&wanted).observe(&wanted);
        let file = seen_file(&mut seen, "user:deploy", at);
        file.mode = mode;
        let plan = crate::plan(&wanted, &seen);
        let steps = steps(&plan);
        assert!(
            steps.iter().any(|step| step.contains(path(at).file_name())),
            "{at} {mode:o}: {steps:?}"
        );
        assert!(
            !steps.iter().any(|step| step.contains("restart")),
            "{steps:?}"
        );
        let drift = told_of(&wanted, &seen);
        assert!(!drift.is_empty(), "{at} {mode:o}");
    }
}

/// Whether the drop-in is told as added by hand.
fn is_added(told: &[String]) -> bool {
    told.iter().any(|line| line.contains("was added"))
}

#[test]
fn a_drop_in_that_abide_wrote_and_somebody_edited_was_not_added() {
    let wanted = one("web.service", &service("/bin/web"))
        .drop_in("10-nice.conf", "[Service]\nNice=5\n")
        .build();
    let mut host = as_declared(&wanted);
    host.write_file(&path(DROP_IN), "[Service]\nNice=6\n", "deploy");
    let bare = web("/bin/web");
    for manifest in [&wanted, &bare] {
        let all = told(&host, manifest);
        assert!(!is_added(&all), "{all:?}");
        assert!(
            all.iter()
                .any(|line| line.contains("10-nice.conf was edited")),
            "{all:?}"
        );
    }
}

#[test]
fn a_drop_in_of_a_unit_that_is_not_ours_yet_was_not_added_to_ours() {
    let mut host = as_declared(&desired("h1").user("deploy").linger(Some(true)).build());
    host.write_file(&path(DROP_IN), "[Service]\nNice=5\n", "deploy");
    let all = told(&host, &web("/bin/web"));
    assert!(!all.is_empty() && !is_added(&all), "{all:?}");
}

#[test]
fn a_drop_in_that_the_manifest_declares_by_now_was_not_added() {
    let mut host = as_declared(&web("/bin/web"));
    host.write_file(&path(DROP_IN), "[Service]\nNice=5\n", "deploy");
    let wanted = one("web.service", &service("/bin/web"))
        .drop_in("10-nice.conf", "[Service]\nNice=5\n")
        .build();
    let all = told(&host, &wanted);
    assert!(!all.is_empty() && !is_added(&all), "{all:?}");
}

#[test]
fn a_drop_in_of_another_manifest_was_not_added_by_hand() {
    let mut host = as_declared(&web("/bin/web"));
    host.write_file(&path(DROP_IN), "[Service]\nNice=5\n", "deploy");
    let mut seen = host.observe(&web("/bin/web"));
    assert!(is_added(&told_of(&web("/bin/web"), &seen)));
    let mut other = Ledger::default();
    other.files.insert(
        path(DROP_IN),
        LedgerFile {
            scope: scope("user:deploy"),
            digest: None,
        },
    );
    let name = abide_model::ManifestName::parse("other").unwrap();
    seen.other_ledgers.insert(name, other);
    let all = told_of(&web("/bin/web"), &seen);
    assert!(!is_added(&all), "{all:?}");
}

#[test]
fn files_that_could_not_be_seen_say_why() {
    let wanted = web("/bin/web");
    let seen = as_declared(&wanted).observe(&wanted);
    let says = |deploy: Observation<abide_model::ObservedScope>| {
        let mut seen = seen.clone();
        seen.scopes.insert(scope("user:deploy"), deploy);
        told_of(&wanted, &seen)
    };
    let of_web = |all: Vec<String>| all.into_iter().find(|line| line.contains(WEB)).unwrap();
    let unknown = of_web(says(Observation::Unknown(
        abide_model::UnknownReason::from_text("no answer"),
    )));
    assert!(
        unknown.starts_with(&format!(
            "unknown {WEB}: web.service was not seen: no answer"
        )),
        "{unknown}"
    );
    let gone = of_web(says(Observation::Absent));
    assert!(
        gone.contains("web.service was not seen: its user is gone"),
        "{gone}"
    );
    let mut elsewhere = seen.clone();
    seen_of(&mut elsewhere, "user:deploy")
        .files
        .remove(&path(FILE));
    let unasked = of_web(told_of(&wanted, &elsewhere));
    assert!(
        unasked.contains("web.service was not seen: it was not looked at"),
        "{unasked}"
    );
}

#[test]
fn an_account_that_abide_made_and_somebody_removed_is_told() {
    let wanted = web("/bin/web");
    let mut seen = as_declared(&wanted).observe(&wanted);
    seen.users.insert(user("deploy"), Observation::Absent);
    seen.scopes
        .insert(scope("user:deploy"), Observation::Absent);
    let all = told_of(&wanted, &seen);
    assert!(
        all.iter()
            .any(|line| line.contains("the account deploy, which abide created, is gone")),
        "{all:?}"
    );
}
