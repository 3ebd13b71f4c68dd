//! `docs/systemd-facts.md`: a row for everything that is asked of systemd, and what a host says that has less to tell.

use abide_model::{LastLoad, ObservedScope};

use super::*;

const TABLE: &str = include_str!("../../../../../docs/systemd-facts.md");

/// Every script that runs on a host.
const SCRIPTS: [&str; 24] = [
    COMMON,
    HOST,
    SCOPE,
    crate::LOCK,
    include_str!("../../staged.sh"),
    include_str!("../../evidence/evidence.sh"),
    include_str!("../../follow_up/texts.sh"),
    include_str!("../../inputs/elsewhere.sh"),
    include_str!("../../inputs/inputs.sh"),
    include_str!("../../inputs/searched.sh"),
    include_str!("../../last_words/last_words.sh"),
    include_str!("../../order.sh"),
    include_str!("../../apply/answers.sh"),
    include_str!("../../apply/events.sh"),
    include_str!("../../apply/files.sh"),
    include_str!("../../apply/ledger.sh"),
    include_str!("../../apply/quadlets.sh"),
    include_str!("../../apply/restart.sh"),
    include_str!("../../apply/run.sh"),
    include_str!("../../apply/scope.sh"),
    include_str!("../../apply/settle.sh"),
    include_str!("../../apply/units.sh"),
    include_str!("../../apply/users.sh"),
    include_str!("../../apply/verify.sh"),
];

/// The properties of the table, each with the version that it came with.
fn properties() -> BTreeMap<&'static str, u32> {
    let rows = TABLE.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.strip_suffix('`')?;
        let is_one = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let name = is_one.then_some(name)?;
        Some((name, cells.next()?.parse().ok()?))
    });
    rows.collect()
}

/// Lines that a shell acts on.
fn code() -> impl Iterator<Item = &'static str> {
    let lines = SCRIPTS.iter().flat_map(|script| script.lines());
    lines.filter(|line| !line.trim_start().starts_with('#'))
}

/// Whether a word is a list of properties: `Id,ActiveState`, behind `-p`, in a variable of that name, or for `show`.
fn asked(line: &str) -> impl Iterator<Item = &str> {
    let behind = |mark: &str| line.split(mark).skip(1).collect::<Vec<_>>();
    let mut lists = behind(" -p ");
    lists.extend(behind("properties="));
    for rest in behind("show \"$") {
        lists.extend(rest.split_once("\" ").map(|(_, rest)| rest));
    }
    lists.into_iter().flat_map(|list| {
        let list = list.trim_start_matches('"');
        let end = list.find([' ', '"', ';']).unwrap_or(list.len());
        let names = list.get(..end).unwrap_or_default().split(',');
        names.filter(|name| name.starts_with(|first: char| first.is_ascii_uppercase()))
    })
}

#[test]
fn every_property_that_is_asked_for_has_a_row() {
    let rows = properties();
    let names: BTreeSet<&str> = code().flat_map(asked).collect();
    assert!(names.len() > 40, "{names:?}");
    for name in &names {
        assert!(
            rows.contains_key(name),
            "docs/systemd-facts.md has no row for the property {name}"
        );
    }
    // And the other way round.
    for row in rows.keys() {
        assert!(names.contains(row), "nothing asks for the property {row}");
    }
}

#[test]
fn every_flag_of_systemds_tools_has_a_row() {
    let tools = [
        "systemctl",
        "systemd-analyze",
        "journalctl",
        "loginctl",
        "ctl ",
    ];
    let lines = code().filter(|line| tools.iter().any(|tool| line.contains(tool)));
    let steps = include_str!("../../apply/steps.rs").lines();
    for line in lines.chain(steps.filter(|line| line.contains("loginctl"))) {
        let words = line.split(|c: char| c.is_whitespace() || "\"'()".contains(c));
        for flag in words.filter(|word| word.len() > 2 && word.starts_with("--")) {
            let flag = flag.split('=').next().unwrap_or(flag);
            assert!(
                TABLE.contains(&format!("`{flag}`")),
                "docs/systemd-facts.md has no row for {flag}: {line}"
            );
        }
    }
}

/// What a host of this version would have answered: the answer of 247 without what came later. Without `since 230`, where
/// the directories of a user's generators are, nothing shows the loads of users' managers.
fn answer_of(version: u32) -> Vec<u8> {
    let rows = properties();
    let answer = include_str!("../testdata/247-sudo");
    let told = |line: &&str| {
        let (name, _) = line.trim_start().split_once('=').unwrap_or_default();
        rows.get(name).is_none_or(|since| *since <= version)
    };
    let lines: Vec<&str> = answer.lines().filter(told).collect();
    let mut text = lines.join("\n") + "\n";
    text = text.replace("Version=247.3-7+deb11u5", &format!("Version={version}"));
    // What the unit began to start with is asked for since there was a host to capture.
    text = text.replace(
        "\n\tActiveEnterTimestampMonotonic=",
        "\n\tInactiveExitTimestampMonotonic=4121816117\n\tActiveEnterTimestampMonotonic=",
    );
    if version < 230 {
        let (before, user) = text.split_once("scope user:deploy").unwrap();
        let kept = user
            .lines()
            .filter(|line| !line.contains("RuntimeDirectoryChanged="));
        text = format!(
            "{before}scope user:deploy{}\n",
            kept.collect::<Vec<_>>().join("\n")
        );
    }
    text.into_bytes()
}

fn of_deploy(observed: &Observed) -> &ObservedScope {
    let scope = Scope::User("deploy".parse().unwrap());
    observed.scopes[&scope].as_known().unwrap()
}

#[test]
fn an_older_host_is_read_and_what_it_does_not_tell_is_not_made_up() {
    for version in [219, 232, 239, 245, 249] {
        let observed = observed(&answer_of(version));
        assert_eq!(observed.facts.systemd, version);
        let deploy = of_deploy(&observed);
        let Manager::Up { last_load } = deploy.manager else {
            panic!("{version}: {:?}", deploy.manager)
        };
        match version {
            219 => assert_eq!(last_load, LastLoad::Unknown, "{version}"),
            _ => assert!(matches!(last_load, LastLoad::NotAfter(_)), "{version}"),
        }
        let sidekiq = &deploy.units[&UnitName::parse("sidekiq.service").unwrap()];
        // A run has a name of its own on every version, in the form that ledgers have.
        assert!(
            crate::ledger::is_invocation(&sidekiq.invocation),
            "{version}: {}",
            sidekiq.invocation
        );
        let made_up = sidekiq.invocation == "bd62d85c2e4440cb00000000f5adec35";
        assert_eq!(made_up, version < 232, "{version}: {}", sidekiq.invocation);
        assert_eq!(sidekiq.active, ActiveState::Active, "{version}");
        assert!(
            sidekiq.started_at.is_some_and(|at| at.0 % 1_000_000 != 0),
            "{version}"
        );
    }
}

#[test]
fn the_apply_script_names_a_run_as_the_probe_does() {
    let script = format!(
        "{}\nread() {{ boot=bd62d85c-2e44-40cb-b0cb-de06c3379ce9; }}\nrun_since 4121816117; echo \"$run\"; run_since 0; echo \"$run\"; run_since; echo \"$run\"",
        include_str!("../../apply/answers.sh")
    );
    for shell in shells() {
        let said = crate::testing::run(&shell, &[], script.as_bytes());
        assert_eq!(
            String::from_utf8_lossy(&said),
            "bd62d85c2e4440cb00000000f5adec35\n\n\n",
            "{shell:?}"
        );
    }
}

#[test]
fn a_host_without_user_managers_is_known_by_their_unit() {
    let answer = String::from_utf8(answer_of(219)).unwrap();
    assert!(observed(answer.as_bytes()).facts.user_managers);
    let without = answer.replace(
        "Id=user@1500.service\nActiveState=inactive",
        "Id=user@1500.service\nActiveState=inactive\nLoadState=not-found",
    );
    assert!(!observed(without.as_bytes()).facts.user_managers);
}

#[test]
fn what_a_manager_needs_and_is_masked_for_good_is_known() {
    let answer = String::from_utf8(answer_of(219)).unwrap();
    let managers = "Id=user@1500.service\nActiveState=inactive";
    let masked = |more: &str| {
        let with = answer.replace(managers, &format!("{managers}\n\n{more}"));
        let seen = observed(with.as_bytes());
        let users = seen.users.values().filter_map(Observation::as_known);
        let masked = users.filter_map(|user| user.linger.masked.clone());
        masked.map(|unit| unit.to_string()).collect::<BTreeSet<_>>()
    };
    let unit = |id: &str, load: &str, state: &str| {
        format!("Id={id}\nActiveState=inactive\nLoadState={load}\nUnitFileState={state}")
    };
    let none = BTreeSet::<String>::new();
    assert_eq!(masked(&unit("user-1500.slice", "loaded", "")), none);
    assert_eq!(masked(&unit("user-1501.slice", "masked", "masked")), none);
    assert_eq!(
        masked(&unit("user.slice", "masked", "masked-runtime")),
        none
    );
    for id in [
        "user-runtime-dir@1500.service",
        "user-1500.slice",
        "user.slice",
        "systemd-logind.service",
    ] {
        assert_eq!(
            masked(&unit(id, "masked", "masked")),
            BTreeSet::from([id.to_owned()])
        );
    }
}

/// Those of 247 colour what they complain of, in a pipe too, and a line that begins so is not read for what it is.
#[test]
fn programs_of_systemd_are_told_to_use_no_colours() {
    let lines = || code().filter(|line| line.contains("LC_ALL=C"));
    assert!(lines().count() > 3);
    for line in lines() {
        assert!(line.contains("SYSTEMD_LOG_COLOR=0"), "{line}");
    }
}
