use abide_model::{Code, Origin as Place};

use super::*;
use crate::sample::*;

fn span(file: &str, text: &str, what: &str) -> Span {
    let start = text.find(what).unwrap();
    let before = &text[..start];
    Span {
        origin: Place {
            file: file.to_owned(),
            line: u32::try_from(before.matches('\n').count()).unwrap() + 1,
            column: u32::try_from(before.chars().rev().take_while(|c| *c != '\n').count()).unwrap()
                + 1,
        },
        start,
        end: start + what.len(),
    }
}

const FLEET: &str = "version: 1\nname: shop\nhosts:\n  h1: {groups: [workerz]}\ngroups:\n  workers:\n    units: {}\n";

fn unknown_group() -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: Code("E0301"),
        message: "host `h1` is in group `workerz`, which nobody declares".to_owned(),
        span: span("fleet.yaml", FLEET, "workerz"),
        label: "no such group".to_owned(),
        also: vec![(
            span("fleet.yaml", FLEET, "workers"),
            "the nearest one".to_owned(),
        )],
        help: Some("did you mean `workers`?".to_owned()),
    }
}

#[test]
fn look() {
    let texts = [("fleet.yaml".to_owned(), FLEET.to_owned())].into();
    println!("{}", plain(&render(&[unknown_group()], &texts, &narrow())));
    println!(
        "{}",
        plain(&render(
            &[unknown_group()],
            &BTreeMap::new(),
            &Options {
                unicode: false,
                ..narrow()
            }
        ))
    );
    let mut d = unknown_group();
    d.span.start = 5000;
    d.span.end = 4000;
    println!("{}", plain(&render(&[d], &texts, &narrow())));
}
