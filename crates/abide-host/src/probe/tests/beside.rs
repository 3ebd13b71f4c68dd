//! Units that nobody declares and that go along with declared ones: which are asked about, in how many calls.
#![expect(clippy::string_slice, reason = "the texts are known to be ASCII there")]

use super::*;
use crate::testing::run;

/// A scope whose systemctl is this table: what each unit's block says.
fn asked(units: &str, table: &str) -> Vec<(Vec<String>, String)> {
    let script = format!(
        "{COMMON}{SCOPE}
nonce={NONCE} limiter=none manager=--user stamps=--no-pager units='{units}' also= patterns=
known=$newline along= pulled=
ask() {{
  shift 5
  printf 'CALL %s\\n' \"$*\"
  for name do
    case $name in
{table}
      *) set -- 'LoadState=loaded' 'ActiveState=active' ;;
    esac
    printf 'Id=%s\\n' \"$name\"
    printf '%s\\n' \"$@\" ''
  done
}}
unit_states"
    );
    let mut answers = Vec::new();
    for shell in shells() {
        let said = run(&shell, &[], script.as_bytes());
        let said = String::from_utf8(said).unwrap();
        let calls = said.lines().filter_map(|line| line.strip_prefix("CALL "));
        answers.push((calls.map(str::to_owned).collect::<Vec<_>>(), said.clone()));
    }
    assert!(!answers.is_empty());
    answers
}

fn calls(units: &str, table: &str) -> Vec<String> {
    let mut all: Vec<Vec<String>> = asked(units, table)
        .into_iter()
        .map(|(calls, _)| calls)
        .collect();
    all.dedup();
    assert_eq!(all.len(), 1, "the shells differ: {all:?}");
    all.swap_remove(0)
}

#[test]
fn where_all_are_declared_nothing_more_is_asked() {
    assert_eq!(
        calls(
            "db.service\napp.service",
            "db.service) set -- RequiredBy=app.service 'Requires=sysinit.target system.slice' Conflicts=shutdown.target ActiveState=active ;;
             app.service) set -- Requires=db.service Wants=network-online.target ActiveState=active ;;"
        ),
        ["db.service app.service"]
    );
}

#[test]
fn what_goes_along_is_asked_about_and_what_goes_along_with_that() {
    assert_eq!(
        calls(
            "db.service",
            "db.service) set -- RequiredBy=app.service 'ConsistsOf=a.service b.target' ActiveState=active ;;
             app.service) set -- RequiredBy=web.service Requires=db.service ActiveState=active ;;"
        ),
        ["db.service", "app.service a.service b.target", "web.service"]
    );
}

#[test]
fn of_a_unit_that_is_down_only_what_it_pulls_in_counts() {
    assert_eq!(
        calls(
            "db.service",
            "db.service) set -- RequiredBy=app.service 'Wants=cache.service x.mount' ActiveState=inactive ;;"
        ),
        ["db.service", "cache.service"]
    );
}

#[test]
fn there_is_an_end_to_it() {
    let table: Vec<String> = (0..9)
        .map(|n| {
            format!(
                "u{n}.service) set -- RequiredBy=u{}.service ActiveState=active ;;",
                n + 1
            )
        })
        .collect();
    assert_eq!(calls("u0.service", &table.join("\n")).len(), 5);
    let many: Vec<String> = (0..400).map(|n| format!("m{n}.service")).collect();
    let table = format!(
        "u.service) set -- 'RequiredBy={}' ActiveState=active ;;",
        many.join(" ")
    );
    let all = calls("u.service", &table);
    assert_eq!(all[1].split(' ').count(), 256);
}

#[test]
fn names_that_no_unit_has_are_not_passed_on() {
    assert_eq!(
        calls(
            "db.service",
            "db.service) set -- 'RequiredBy=a\\x2db.service $(id) *.service ;x -- é.service' ActiveState=active ;;"
        ),
        ["db.service", "a\\x2db.service --"]
    );
}

#[test]
fn the_answer_is_read_and_kept_apart_from_what_is_declared() {
    let answer = altered_with_beside(
        "Id=app.service\n\tActiveState=active\n\tInvocationID=00000000000000000000000000000077\n\tRequires=sidekiq.service\n\n\tId=broken.service\n\tActiveState=odd\n",
    );
    let seen = observed(&answer);
    let scope = seen.scopes[&Scope::User("deploy".parse().unwrap())]
        .as_known()
        .unwrap()
        .clone();
    let names: Vec<&str> = scope.beside.keys().map(UnitName::as_str).collect();
    assert_eq!(names, ["app.service"]);
    assert_eq!(
        scope.beside.values().next().unwrap().invocation,
        "00000000000000000000000000000077"
    );
    assert!(!scope.units.contains_key(&"app.service".parse().unwrap()));
    // A unit that is asked for is not beside itself.
    let answer = altered_with_beside("Id=sidekiq.service\n\tActiveState=failed\n");
    let seen = observed(&answer);
    let scope = seen.scopes[&Scope::User("deploy".parse().unwrap())]
        .as_known()
        .unwrap()
        .clone();
    assert!(scope.beside.is_empty());
}

fn altered_with_beside(block: &str) -> Vec<u8> {
    let answer = String::from_utf8(ANSWERS[0].1.to_vec()).unwrap();
    let from = format!("{NONCE} scope user:deploy\n");
    let at = answer.find(&from).unwrap();
    let end = at + answer[at..].find(&format!("\t{NONCE} show")).unwrap();
    format!(
        "{}\t{NONCE} beside\n\t{block}\n{}",
        &answer[..end],
        &answer[end..]
    )
    .into_bytes()
}

#[test]
fn what_a_plan_interrupted_is_asked_about_again() {
    let unit = |name: &str| UnitRef {
        scope: Scope::User("deploy".parse().unwrap()),
        unit: name.parse().unwrap(),
    };
    let elsewhere = UnitRef {
        scope: Scope::User("nobody".parse().unwrap()),
        ..unit("elsewhere.service")
    };
    let also = BTreeSet::from([unit("web.service"), unit("app.service"), elsewhere]);
    let script = script_with(&desired(), &also, false, NONCE);
    assert!(script.contains("\nalso='app.service web.service'\n"));
    assert!(!script.contains("elsewhere.service"));
}
