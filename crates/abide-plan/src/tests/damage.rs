//! Ledgers with lines that are not believed: they cost those lines, and nothing is removed or made by mistake.

use abide_model::{
    DriftClass, LedgerFault, LedgerFinding, NoteKind, Observation, Observed, RefusalKind,
};
use abide_sim::{SimHost, desired, path, unit_ref};

use super::support::{as_declared, one, service, steps, told};
use crate::{drift, plan};

const CONF: &str = "/home/deploy/app.conf";

fn damaged(mut seen: Observed) -> Observed {
    seen.ledger_findings = vec![LedgerFinding {
        line: 3,
        text: "file system /etc/precious.conf claimed".to_owned(),
        fault: LedgerFault::Meaningless,
    }];
    seen
}

#[test]
fn a_line_that_is_not_believed_is_named_and_no_refusal() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let host = as_declared(&wanted);
    let seen = damaged(host.observe(&wanted));
    let plan = plan(&wanted, &seen);
    assert_eq!(told(&plan), "");
    let notes: Vec<_> = plan
        .notes
        .iter()
        .map(|note| (note.kind, note.text.to_string()))
        .collect();
    assert_eq!(
        notes,
        [
            (
                NoteKind::Ledger,
                "the ledger of test: line 3, `file system /etc/precious.conf claimed`: it means nothing; it leads to nothing"
                    .to_owned()
            ),
            (
                NoteKind::Ledger,
                "what these lines may have owned counts as not ours; `abide ledger repair h1` takes them out, as does the next apply that changes something there"
                    .to_owned()
            ),
        ]
    );
    assert_eq!(
        drift(&wanted, &seen).class(),
        DriftClass::HandEditedButRight
    );
}

#[test]
fn of_many_lines_a_few_are_named() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let mut seen = damaged(as_declared(&wanted).observe(&wanted));
    let finding = seen.ledger_findings[0].clone();
    seen.ledger_findings = vec![finding; 100];
    for (line, finding) in (2..).zip(&mut seen.ledger_findings) {
        finding.line = line;
    }
    let notes = plan(&wanted, &seen).notes;
    assert_eq!(notes.len(), 7);
    assert!(
        notes[5]
            .text
            .to_string()
            .ends_with("95 more lines of the same kind"),
        "{}",
        notes[5].text
    );
}

#[test]
fn what_a_lost_line_owned_is_adopted_or_replaced_and_never_removed() {
    let declared = desired("h1").user("deploy").file("app.conf", "a\n").build();
    let host = as_declared(&declared);
    let lose = |mut seen: Observed| {
        let Observation::Known(ledger) = &mut seen.ledger else {
            panic!("a ledger");
        };
        ledger.files.remove(&path(CONF));
        damaged(seen)
    };
    let same = plan(&declared, &lose(host.observe(&declared)));
    assert_eq!(steps(&same), ["file /home/deploy/app.conf: adopt"]);
    let other = desired("h1").user("deploy").file("app.conf", "b\n").build();
    let replaced = told(&plan(&other, &lose(host.observe(&other))));
    assert!(
        replaced.contains("write /home/deploy/app.conf"),
        "{replaced}"
    );
    assert!(replaced.contains("ledger not ours -> ours"), "{replaced}");
    let nothing = desired("h1").user("deploy").build();
    let plan = plan(&nothing, &lose(host.observe(&nothing)));
    assert_eq!(steps(&plan), [""; 0]);
}

#[test]
fn a_unit_that_only_a_ledger_names_is_neither_stopped_nor_disabled() {
    let host = SimHost::new().with_vendor_unit(false, "victim.service", &service("/bin/x"));
    let wanted = desired("h1").build();
    let mut host = host;
    host.write_file(
        &path("/etc/systemd/system/other.service"),
        &service("/bin/y"),
        "root",
    );
    let mut seen = host.observe(&wanted);
    let mut ledger = abide_model::Ledger::default();
    for name in ["system/victim.service", "system/other.service"] {
        let left = abide_model::LedgerUnit {
            invocation: String::new(),
            config: None,
            enabled: true,
            claimed: false,
            reads: abide_model::LedgerReads::default(),
        };
        ledger.units.insert(unit_ref(name), left);
    }
    seen.ledger = Observation::Known(ledger);
    let plan = plan(&wanted, &seen);
    for step in steps(&plan) {
        assert!(step.ends_with(": forget"), "{step}");
    }
}

#[test]
fn a_ledger_of_somebody_else_that_cannot_be_read_is_named() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let mut seen = as_declared(&wanted).observe(&wanted);
    let other = "other".parse().unwrap();
    seen.unread_ledgers.insert(
        other,
        abide_model::UnknownReason::from_text("it is no regular file"),
    );
    let plan = plan(&wanted, &seen);
    assert_eq!(told(&plan), "");
    assert_eq!(plan.notes.len(), 1);
    let note = plan.notes[0].text.to_string();
    assert!(note.contains("`abide ledger repair h1`"), "{note}");
}

#[test]
fn a_ledger_that_cannot_be_read_at_all_is_unknown_with_what_to_do() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let mut seen = as_declared(&wanted).observe(&wanted);
    seen.ledger = Observation::Unknown(abide_model::UnknownReason::from_text(
        "it is no regular file",
    ));
    let plan = plan(&wanted, &seen);
    assert_eq!(plan.refused.len(), 1);
    assert_eq!(plan.refused[0].kind, RefusalKind::Unknown);
    let help = plan.refused[0].help.as_deref().unwrap();
    assert!(help.contains("`abide ledger repair h1`"), "{help}");
    assert!(plan.actions.is_empty());
}
