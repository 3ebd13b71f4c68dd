//! What a unit needs at its start, by what the host answered about it. How it is asked is shown on real hosts
//! (`tests/hosts/inputs.rs`).

use abide_model::{
    HostPath, InputLook, InputSeen, Inputs, Interpreter, Observed, Plan, Runner, UnitName, UnitRef,
};
use abide_sim::{SimHost, desired, scope};
use proptest::prelude::*;

use super::support::{as_declared, told};
use crate::{input_looks, plan};

fn service(lines: &str) -> String {
    format!("[Service]\n{lines}\n[Install]\nWantedBy=multi-user.target\n")
}

fn system(text: &str) -> abide_model::Desired {
    desired("h1").system().unit("web.service", text).build()
}

fn at(runner: &Runner, path: &str) -> InputLook {
    InputLook::Path {
        runner: runner.clone(),
        path: HostPath::parse(path).unwrap(),
    }
}

/// The codes that a plan tells, of refusals and notes.
pub(super) fn codes(plan: &Plan) -> Vec<&'static str> {
    let refused = plan
        .refused
        .iter()
        .filter_map(|one| Some(one.why.as_ref()?.code()));
    let notes = plan
        .notes
        .iter()
        .filter_map(|note| Some(note.why.as_ref()?.code()));
    refused.chain(notes).collect()
}

const FINE: InputSeen = InputSeen::File {
    readable: true,
    executable: true,
    interpreter: Interpreter::Fine,
};

/// A host on which the service runs as it was, and what is wanted of it now with these answers.
fn changed(lines: &str, answers: &[(InputLook, InputSeen)]) -> Plan {
    let host = as_declared(&system(&service("ExecStart=/bin/old")));
    planned_with(&host, lines, answers)
}

fn planned_with(host: &SimHost, lines: &str, answers: &[(InputLook, InputSeen)]) -> Plan {
    let wanted = system(&service(lines));
    let mut observed: Observed = host.observe(&wanted);
    observed.inputs = answers.iter().cloned().collect::<Inputs>();
    plan(&wanted, &observed)
}

#[test]
fn a_running_unit_is_refused_by_what_was_seen_and_a_new_one_is_noted() {
    let root = Runner::Root;
    let file = |executable, interpreter| InputSeen::File {
        readable: true,
        executable,
        interpreter,
    };
    let unreadable = InputSeen::File {
        readable: false,
        executable: false,
        interpreter: Interpreter::Fine,
    };
    let directory = |searchable| InputSeen::Directory { searchable };
    let cases = [
        ("ExecStart=/opt/run", "/opt/run", InputSeen::Absent, true),
        ("ExecStart=/opt/run", "/opt/run", directory(true), true),
        (
            "ExecStart=/opt/run",
            "/opt/run",
            file(false, Interpreter::Fine),
            true,
        ),
        (
            "ExecStart=/opt/run",
            "/opt/run",
            file(true, Interpreter::Missing),
            true,
        ),
        (
            "ExecStart=/opt/run",
            "/opt/run",
            file(true, Interpreter::NoFormat),
            true,
        ),
        ("ExecStart=/opt/run", "/opt/run", FINE, false),
        ("ExecStart=-/opt/run", "/opt/run", InputSeen::Absent, false),
        (
            "ExecStart=/bin/new\nEnvironmentFile=/etc/e",
            "/etc/e",
            InputSeen::Absent,
            true,
        ),
        (
            "ExecStart=/bin/new\nEnvironmentFile=/etc/e",
            "/etc/e",
            unreadable,
            true,
        ),
        (
            "ExecStart=/bin/new\nEnvironmentFile=-/etc/e",
            "/etc/e",
            InputSeen::Absent,
            false,
        ),
        (
            "ExecStart=/bin/new\nEnvironmentFile=/etc/d/*.env",
            "/etc/d",
            InputSeen::Absent,
            true,
        ),
        (
            "ExecStart=/bin/new\nEnvironmentFile=/etc/d/*.env",
            "/etc/d",
            directory(true),
            false,
        ),
        (
            "ExecStart=/bin/new\nWorkingDirectory=/srv/w",
            "/srv/w",
            directory(false),
            true,
        ),
        (
            "ExecStart=/bin/new\nWorkingDirectory=/srv/w",
            "/srv/w",
            FINE,
            true,
        ),
        (
            "ExecStart=/bin/new\nWorkingDirectory=/srv/w",
            "/srv/w",
            directory(true),
            false,
        ),
        (
            "ExecStart=/bin/new\nReadWritePaths=/srv/w",
            "/srv/w",
            InputSeen::Absent,
            true,
        ),
        (
            "ExecStart=/bin/new\nReadWritePaths=-/srv/w",
            "/srv/w",
            InputSeen::Absent,
            false,
        ),
        (
            "ExecStart=/bin/new\nBindPaths=/srv/w:/x",
            "/srv/w",
            InputSeen::Absent,
            true,
        ),
        (
            "ExecStart=/bin/new\nStandardOutput=append:/srv/w/log",
            "/srv/w",
            InputSeen::Absent,
            true,
        ),
        (
            "ExecStart=/bin/new\nStandardOutput=append:/srv/w/log",
            "/srv/w",
            directory(true),
            false,
        ),
        (
            "ExecStart=/bin/new\nStateDirectory=w\nWorkingDirectory=/var/lib/w",
            "/var/lib/w",
            InputSeen::Absent,
            false,
        ),
        (
            "ExecStart=/bin/new\nWorkingDirectory=/srv/w\nExecStartPre=-/bin/mkdir /srv/w",
            "/srv/w",
            InputSeen::Absent,
            true,
        ),
        (
            "ExecStart=/home/x/run\nProtectHome=yes",
            "/home/x/run",
            FINE,
            true,
        ),
        (
            "ExecStart=/home/x/run\nProtectHome=read-only",
            "/home/x/run",
            FINE,
            false,
        ),
    ];
    for (lines, path, seen, is_broken) in cases {
        let answers = [(at(&root, path), seen)];
        let plan = changed(lines, &answers);
        let wanted: &[&str] = if is_broken { &["R0401"] } else { &[] };
        assert_eq!(codes(&plan), wanted, "{lines}\n{}", told(&plan));
        let fresh = planned_with(&SimHost::new(), lines, &answers);
        let wanted: &[&str] = if is_broken { &["N0401"] } else { &[] };
        assert_eq!(codes(&fresh), wanted, "{lines}\n{}", told(&fresh));
    }
}

#[test]
fn a_service_that_only_a_started_timer_starts_is_noted() {
    let wanted = desired("h1")
        .system()
        .unit(
            "job.timer",
            "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n",
        )
        .unit(
            "job.service",
            "[Service]\nType=oneshot\nExecStart=/opt/job\n",
        )
        .with_running(abide_model::Wanted::Unmanaged)
        .build();
    let mut observed = SimHost::new().observe(&wanted);
    assert!(input_looks(&wanted, &observed).contains(&at(&Runner::Root, "/opt/job")));
    observed.inputs = Inputs::from([(at(&Runner::Root, "/opt/job"), InputSeen::Absent)]);
    let plan = plan(&wanted, &observed);
    assert_eq!(codes(&plan), ["N0401"], "{}", told(&plan));
}

#[test]
fn texts_that_systemd_would_not_load_are_refused_and_what_it_ignores_is_noted() {
    let unit = UnitRef::new(&scope("system"), &UnitName::parse("web.service").unwrap());
    let seen = |refused: Option<&str>, ignored: usize| InputSeen::Text {
        refused: refused.map(str::to_owned),
        ignored: (0..ignored)
            .map(|n| format!("web.service:{n}: Unknown key"))
            .collect(),
        held: vec![
            "web.service: Failed to create web.service/start: Unit web.service not found."
                .to_owned(),
        ],
    };
    let look = || InputLook::Text(unit.clone());
    let plan = changed(
        "ExecStart=/bin/new",
        &[(look(), seen(Some("Refusing."), 1))],
    );
    assert_eq!(codes(&plan), ["R0411", "N0403"], "{}", told(&plan));
    let plan = changed("ExecStart=/bin/new", &[(look(), seen(None, 9))]);
    assert_eq!(codes(&plan), ["N0403"; 6], "{}", told(&plan));
    assert!(
        plan.notes
            .iter()
            .any(|note| note.text.to_string().contains("and 3 more"))
    );
}

#[test]
fn what_is_missing_in_another_root_is_certain_only_where_it_was_seen() {
    let inside = |path: &str| InputLook::Inside {
        root: HostPath::parse("/srv/r").unwrap(),
        path: HostPath::parse(path).unwrap(),
    };
    let root = "RootDirectory=/srv/r";
    for (lines, answers, is_broken) in [
        (
            "ExecStart=/bin/run",
            vec![(inside("/bin/run"), InputSeen::Absent)],
            true,
        ),
        (
            "ExecStart=/bin/run",
            vec![(inside("/bin/run"), InputSeen::Present)],
            false,
        ),
        ("ExecStart=/bin/run", vec![], false),
        // What is there outside of it does not count.
        (
            "ExecStart=/bin/run",
            vec![(at(&Runner::Root, "/bin/run"), InputSeen::Absent)],
            false,
        ),
        (
            "ExecStart=/bin/run\nWorkingDirectory=/w",
            vec![(inside("/w"), InputSeen::Absent)],
            true,
        ),
        // These come with the unit, and with the kernel.
        (
            "ExecStart=/bin/run\nStateDirectory=w\nWorkingDirectory=/var/lib/w",
            vec![(inside("/var/lib/w"), InputSeen::Absent)],
            false,
        ),
        (
            "ExecStart=/proc/1/exe",
            vec![(inside("/proc/1/exe"), InputSeen::Absent)],
            false,
        ),
        (
            "ExecStart=/bin/run",
            vec![(at(&Runner::Root, "/srv/r"), InputSeen::Absent)],
            true,
        ),
        // Environment files are read outside.
        (
            "ExecStart=/bin/run\nEnvironmentFile=/etc/e",
            vec![(inside("/etc/e"), InputSeen::Absent)],
            false,
        ),
    ] {
        let plan = changed(&format!("{root}\n{lines}"), &answers);
        let wanted: &[&str] = if is_broken { &["R0401"] } else { &[] };
        assert_eq!(codes(&plan), wanted, "{lines} {answers:?}\n{}", told(&plan));
    }
}

#[test]
fn a_bare_name_is_missing_in_another_root_where_no_directory_of_it_has_it() {
    let inside = |path: &str| InputLook::Inside {
        root: HostPath::parse("/srv/r").unwrap(),
        path: HostPath::parse(path).unwrap(),
    };
    let root = "RootDirectory=/srv/r";
    let all = [
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
    ];
    let absent = |dir: &&str| (inside(&format!("{dir}/run")), InputSeen::Absent);
    let mut answers: Vec<_> = all.iter().map(absent).collect();
    assert_eq!(
        codes(&changed(&format!("{root}\nExecStart=run"), &answers)),
        ["R0401"]
    );
    answers.pop();
    assert!(codes(&changed(&format!("{root}\nExecStart=run"), &answers)).is_empty());
}

#[test]
fn a_script_is_broken_whose_program_env_does_not_find() {
    use abide_model::EnvSearch;
    let by_env = |search: EnvSearch| InputLook::ByEnv {
        runner: Runner::Root,
        path: HostPath::parse("/opt/run").unwrap(),
        search,
    };
    let missing = || InputSeen::NotByEnv {
        name: "ruby".to_owned(),
    };
    let with = |lines: &str, search: EnvSearch, seen: InputSeen| {
        let answers = [
            (at(&Runner::Root, "/opt/run"), FINE),
            (by_env(search), seen),
        ];
        codes(&changed(&format!("ExecStart=/opt/run\n{lines}"), &answers))
    };
    let none = Vec::<&str>::new();
    let path = || EnvSearch::Path("/opt/bin:/bin".to_owned());
    assert_eq!(with("", EnvSearch::OfSystem, missing()), ["R0401"]);
    assert_eq!(with("", EnvSearch::OfSystem, InputSeen::Present), none);
    assert_eq!(
        with("Environment=PATH=/opt/bin:/bin", path(), missing()),
        ["R0401"]
    );
    // Another PATH was asked about, or nobody knows which it is.
    assert_eq!(with("Environment=PATH=/opt/bin", path(), missing()), none);
    assert_eq!(
        with("EnvironmentFile=-/etc/e", EnvSearch::OfSystem, missing()),
        none
    );
}

/// Any answer, also one that does not fit its question.
fn any_seen() -> impl Strategy<Value = InputSeen> {
    prop_oneof![
        Just(InputSeen::Absent),
        Just(InputSeen::Present),
        Just(InputSeen::Other),
        Just(FINE),
        any::<bool>().prop_map(|searchable| InputSeen::Directory { searchable }),
        Just(InputSeen::Hidden {
            by: HostPath::parse("/").unwrap()
        }),
        Just(InputSeen::Owned {
            by: "other".to_owned()
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_may_be_missing_is_never_missed(seen in any_seen()) {
        let lines = "ExecStart=-/opt/a\nEnvironmentFile=-/opt/b\nWorkingDirectory=-/opt/c\nReadWritePaths=-/opt/d";
        let answers: Vec<_> = ["/opt/a", "/opt/b", "/opt/c", "/opt/d"]
            .map(|path| (at(&Runner::Root, path), seen.clone()))
            .into_iter()
            .collect();
        prop_assert_eq!(codes(&changed(lines, &answers)), Vec::<&str>::new());
    }

    #[test]
    fn any_answer_is_refused_or_leaves_the_plan_as_it_is(seen in proptest::collection::vec(any_seen(), 4)) {
        let lines = "ExecStart=/opt/a\nEnvironmentFile=/opt/b\nWorkingDirectory=/opt/c\nStandardOutput=append:/opt/d/log";
        let paths = ["/opt/a", "/opt/b", "/opt/c", "/opt/d"];
        let answers: Vec<_> = paths.into_iter().map(|path| at(&Runner::Root, path)).zip(seen).collect();
        let without = changed(lines, &[]);
        let with = changed(lines, &answers);
        prop_assert!(with.actions == without.actions || codes(&with) == ["R0401"]);
    }
}
