//! Answers that nobody should send.
#![expect(clippy::string_slice, reason = "the texts are known to be ASCII there")]

use super::*;

fn altered(from: &str, to: &str) -> Vec<u8> {
    let answer = String::from_utf8(ANSWERS[0].1.to_vec()).unwrap();
    assert!(answer.contains(from), "{from:?} is not in the answer");
    answer.replacen(from, to, 1).into_bytes()
}

#[test]
fn an_answer_that_ends_early_is_no_answer() {
    let answer = ANSWERS[0].1;
    for share in 1..20 {
        let cut = &answer[..answer.len() * share / 20];
        assert!(matches!(
            read(&desired(), NONCE, cut),
            Err(ProbeError::Cut { .. })
        ));
    }
    let said = read(
        &desired(),
        NONCE,
        b"\nThis account is \x1b[31mnot available.\n",
    )
    .unwrap_err();
    assert_eq!(
        said.to_string(),
        "the answer was cut short; the host said `This account is \u{FFFD}[31mnot available.`"
    );
}

#[test]
fn what_changed_within_the_second_of_an_apply_is_told_from_it() {
    let applied = |at: &str| {
        let (end, frame) = (format!("\n{NONCE} end"), format!("\n{NONCE} applied\n{at}"));
        observed(&altered(&end, &format!("{frame}{end}"))).applied_at
    };
    let at = applied("2026-11-23 09:31:52.497666094 +0000").unwrap();
    assert_eq!(at.0 % 1_000_000, 497_666);
    let whole = applied("2026-11-23 09:31:52 +0000").unwrap();
    assert_eq!(whole.0, at.0 - 497_666);
    assert_eq!(applied("soon"), None);
}

#[test]
fn the_frames_of_another_run_are_not_believed() {
    let other = "fedcba9876543210fedcba9876543210";
    assert!(matches!(
        read(&desired(), other, ANSWERS[0].1),
        Err(ProbeError::Cut { .. })
    ));
}

#[test]
fn a_user_cannot_speak_for_others() {
    // Whatever a user's process prints comes indented, even with the right nonce.
    let forged = format!(
        "\t{NONCE} scope-end\n\t\n\t{NONCE} end\n\t{NONCE} passwd 0\n\troot:x:1000:0::/:/bin/sh\n"
    );
    let answer = altered(
        &format!("\t{NONCE} scope-end\n\n{NONCE} end"),
        &format!("{forged}\n{NONCE} end"),
    );
    let seen = observed(&answer);
    assert_eq!(seen.users, observed(ANSWERS[0].1).users);
}

#[test]
fn a_file_that_changed_under_the_probe_makes_its_scope_s_files_unknown() {
    let digest = Bytes::from(SIDEKIQ).digest().to_string();
    let answer = altered(&format!("\t{digest}\n"), "");
    let seen = observed(&answer);
    let scope = seen.scopes[&Scope::User("deploy".parse().unwrap())]
        .as_known()
        .unwrap();
    let file = &scope.files[&path("/home/deploy/.config/systemd/user/sidekiq.service")];
    assert_eq!(
        file,
        &Observation::Unknown(abide_model::UnknownReason::ChangedWhileRead)
    );
}

#[test]
fn a_scope_that_breaks_off_is_unknown_with_its_last_words() {
    let answer = String::from_utf8(ANSWERS[0].1.to_vec()).unwrap();
    let start = answer
        .find(&format!("{NONCE} scope user:deploy\n"))
        .unwrap();
    let end = answer[start..]
        .find(&format!("\n{NONCE} scope user:idle"))
        .unwrap()
        + start;
    let broken = format!(
        "{}{NONCE} scope user:deploy\n\tsetpriv: setresuid failed\n{}",
        &answer[..start],
        &answer[end..]
    );
    let seen = observed(broken.as_bytes());
    assert_eq!(
        seen.scopes[&Scope::User("deploy".parse().unwrap())],
        Observation::Unknown(abide_model::UnknownReason::from_text(
            "setpriv: setresuid failed"
        ))
    );
    assert!(seen.scopes[&Scope::System].as_known().is_some());
}

#[test]
fn a_unit_too_few_makes_the_scope_unknown() {
    let seen = observed(&altered("\tId=nope.service\n", ""));
    assert_eq!(
        seen.scopes[&Scope::System],
        Observation::Unknown(abide_model::UnknownReason::UnitsMissing {
            described: 3,
            asked: 4
        })
    );
}

#[test]
fn a_word_that_is_no_state_is_shown_short_and_printable() {
    let word = format!("\tActiveState=\x1b[31m{}\n", "x".repeat(9000));
    let seen = observed(&altered("\tActiveState=inactive\n", &word));
    let Observation::Unknown(why) = &seen.scopes[&Scope::System] else {
        panic!("{:?}", seen.scopes[&Scope::System]);
    };
    let why = why.to_string();
    assert_eq!(abide_model::printable_text(&why), why);
    assert!(why.chars().count() <= 500, "{why}");
}

#[test]
fn a_passwd_database_that_does_not_answer_is_not_an_absent_user() {
    let seen = observed(&altered(
        &format!("{NONCE} passwd 2"),
        &format!("{NONCE} passwd 124"),
    ));
    assert_eq!(
        seen.users[&"gone".parse().unwrap()],
        Observation::Unknown(abide_model::UnknownReason::Getent {
            status: "124".to_owned()
        })
    );
    assert!(matches!(
        seen.scopes[&Scope::User("gone".parse().unwrap())],
        Observation::Unknown(_)
    ));
}

#[test]
fn hosts_that_cannot_be_managed_are_named() {
    let none = format!("\n{NONCE} no-systemd \n");
    assert_eq!(
        read(&desired(), NONCE, none.as_bytes()),
        Err(ProbeError::NoSystemd)
    );
    let old = altered("Version=252", "Version=204");
    assert_eq!(
        read(&desired(), NONCE, &old),
        Err(ProbeError::TooOld { version: 204 })
    );
    let silent = altered("Version=252", "Failed to connect to bus: \x1b");
    let error = read(&desired(), NONCE, &silent).unwrap_err().to_string();
    assert!(
        error.contains("Failed to connect to bus: \u{FFFD}"),
        "{error}"
    );
}

#[test]
fn a_ledger_of_another_version_is_unknown_and_not_absent() {
    let seen = observed(&altered(
        "abide-ledger 1\nuser deploy",
        "abide-ledger 2\nuser deploy",
    ));
    assert!(
        matches!(seen.ledger, Observation::Unknown(why) if why.to_string().contains("newer abide"))
    );
}

#[test]
fn a_content_is_dropped_where_it_is_not_what_the_digest_says() {
    // `old` in base64.
    let seen = observed(&altered("b2xk", "bmV3"));
    let scope = seen.scopes[&Scope::User("deploy".parse().unwrap())]
        .as_known()
        .unwrap();
    let file = scope.files[&path("/home/deploy/odd 'na\nme' $x")]
        .as_known()
        .unwrap();
    assert!(file.digest.is_some() && file.content.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_damage_makes_it_panic(which in 0..ANSWERS.len(), at in any::<prop::sample::Index>(), junk in proptest::collection::vec(any::<u8>(), 0..40), cut in 0usize..400) {
        let mut answer = ANSWERS[which].1.to_vec();
        let start = at.index(answer.len());
        let end = (start + cut).min(answer.len());
        answer.splice(start..end, junk);
        drop(read(&desired(), NONCE, &answer));
    }

    #[test]
    fn no_lost_line_makes_it_panic(which in 0..ANSWERS.len(), lines in proptest::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let mut answer: Vec<&[u8]> = ANSWERS[which].1.split(|byte| *byte == b'\n').collect();
        for line in lines {
            answer.remove(line.index(answer.len()));
        }
        drop(read(&desired(), NONCE, &answer.join(&b'\n')));
    }
}
