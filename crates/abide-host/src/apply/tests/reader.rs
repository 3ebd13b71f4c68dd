//! What a script tells is believed only behind the nonce, and only as far as the plan goes.

use proptest::prelude::*;

use abide_model::Masks;

use super::*;

fn reader() -> ApplyReader {
    let app = ResourceId::Linger("app".parse().unwrap());
    let plan = plan_of(vec![(app, Change::EnableLinger, vec![])]);
    let masks = Masks::from_bodies([&secret("correct horse\n")]);
    ApplyReader::new(&plan, "n0nce", masks)
}

#[test]
fn only_lines_behind_the_nonce_are_believed() {
    let mut reader = reader();
    assert_eq!(reader.line(b"other done 1 ok"), []);
    assert_eq!(reader.line(b"n0nce"), []);
    assert_eq!(
        reader.line(b"n0nce done 99 ok"),
        [],
        "not an action of the plan"
    );
    assert_eq!(
        reader.line(b"n0nce begin 1"),
        [HostEvent::Start(ActionId(1))]
    );
    assert_eq!(
        reader.line(b"n0nce done 1 failed a\x1b[31mb"),
        [HostEvent::Done {
            action: ActionId(1),
            outcome: StepOutcome::Failed,
            message: "a\u{FFFD}[31mb".into()
        }]
    );
}

#[test]
fn a_secret_is_hidden_in_every_text_that_a_line_brings() {
    let secret = "correct horse";
    for line in [
        format!("n0nce unit system/a.service {secret}"),
        format!("n0nce locked who={secret}\tplan={secret}\turl={secret}"),
        format!("n0nce waiting 5 operation={secret}\tid={secret}"),
        format!("n0nce suspended who={secret}\treason={secret}"),
    ] {
        let mut reader = reader();
        let mut events = reader.line(line.as_bytes());
        events.extend(reader.line(b"n0nce end 1"));
        assert_eq!(events.len(), 1, "{line}");
        assert!(!format!("{events:?}").contains(secret), "{events:?}");
    }
}

#[test]
fn a_failed_unit_is_complete_with_its_journal() {
    let mut reader = reader();
    assert_eq!(
        reader.line(b"n0nce unit user:app/a.service failed (exit-code)"),
        []
    );
    assert_eq!(reader.line(b"n0nce journal out of cheese"), []);
    assert_eq!(reader.line(b"somebody else's line"), []);
    let next = reader.line(b"n0nce unit system/b.service failed (signal)");
    let [HostEvent::UnitFailed(unit)] = next.as_slice() else {
        panic!("{next:?}")
    };
    assert_eq!(
        (unit.state.as_str(), unit.journal.as_slice()),
        ("failed (exit-code)", &["out of cheese".to_owned()][..])
    );
    let last = reader.line(b"n0nce progress the host is slow");
    let [HostEvent::UnitFailed(unit), HostEvent::Progress(_)] = last.as_slice() else {
        panic!("{last:?}")
    };
    assert_eq!(unit.unit.unit.as_str(), "b.service");
}

#[test]
fn a_lock_is_told_with_its_holder() {
    let line = b"n0nce locked who=ana@laptop\toperation=apply\tsince=1795426729\tpid=7\t";
    let told = reader().line(line);
    let [HostEvent::Locked(holder)] = told.as_slice() else {
        panic!("it is a lock: {told:?}")
    };
    assert_eq!(
        (holder.who.as_str(), holder.operation.as_str()),
        ("ana@laptop", "apply")
    );
    assert_eq!(holder.since, Timestamp::from_secs(1_795_426_729));
}

proptest! {
    #[test]
    fn no_line_makes_it_panic(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..8)) {
        let mut reader = reader();
        for line in lines {
            reader.line(&line);
            for kind in ["begin ", "done ", "unit ", "journal ", "locked ", ""] {
                let mut told = format!("n0nce {kind}").into_bytes();
                told.extend(&line);
                reader.line(&told);
            }
        }
    }
}

#[test]
fn a_secret_that_a_service_prints_is_not_passed_on() {
    let mut reader = reader();
    let said = [
        reader.line(b"n0nce done 1 failed bad line: correct horse"),
        reader.line(b"n0nce failed cannot use correct horse"),
        reader.line(b"n0nce unit user:app/a.service failed (exit-code)"),
        reader.line(b"n0nce journal no login with correct horse"),
        reader.line(b"n0nce progress correct horse"),
    ];
    let said = format!("{said:?}");
    assert!(!said.contains("horse"), "{said}");
    assert!(said.contains("no login with (secret)"), "{said}");
}

#[test]
fn a_host_that_tells_without_end_fills_no_report() {
    let mut reader = reader();
    let long = "<".repeat(60_000);
    let mut bytes = 0;
    let mut events = 0;
    let mut tell = |line: String| {
        for event in reader.line(line.as_bytes()) {
            events += 1;
            bytes += format!("{event:?}").len();
        }
    };
    for number in 0..3_000 {
        tell("n0nce begin 1".to_owned());
        tell("n0nce done 1 failed again".to_owned());
        tell(format!("n0nce failed {long}"));
        tell(format!("n0nce stale {long}"));
        tell(format!("n0nce unit user:app/a{number}.service failed"));
        for _ in 0..3 {
            tell(format!("n0nce journal {long}"));
        }
    }
    assert!(events < 5_000, "{events} events");
    assert!(bytes < 600_000, "{bytes} bytes");
}

#[test]
fn of_a_long_journal_it_is_said_how_much_is_left_out() {
    let mut reader = reader();
    reader.line(b"n0nce unit user:app/a.service failed (exit-code)");
    for number in 0..50 {
        reader.line(format!("n0nce journal line {number}").as_bytes());
    }
    let told = reader.line(b"n0nce end");
    let [HostEvent::UnitFailed(unit)] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(unit.journal.len(), 41);
    assert_eq!(unit.journal.last().unwrap(), "… 10 more lines left out");
}
