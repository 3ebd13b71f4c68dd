use abide_model::{Code, Origin as Place};

use super::*;
use crate::sample::{narrow_options, without_styles};

const FLEET: &str = "version: 1\nname: shop\nhosts:\n  h1: {groups: [workerz]}\ngroups:\n  workers:\n    units: {}\n";

fn span(file: &str, text: &str, what: &str) -> Span {
    let start = text.find(what).unwrap();
    let (before, _) = text.split_at(start);
    let column = before.chars().rev().take_while(|c| *c != '\n').count();
    Span {
        origin: Place {
            file: file.to_owned(),
            line: u32::try_from(before.matches('\n').count()).unwrap() + 1,
            column: u32::try_from(column).unwrap() + 1,
        },
        start,
        end: start + what.len(),
    }
}

fn texts(all: &[(&str, &str)]) -> BTreeMap<String, String> {
    all.iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

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
fn a_mistake_points_at_its_bytes_and_says_what_to_write() {
    let said = render(
        &[unknown_group()],
        &texts(&[("fleet.yaml", FLEET)]),
        &narrow_options(),
    );
    insta::assert_snapshot!(without_styles(&said), @r##"
    error[E0301]: host `h1` is in group `workerz`, which nobody declares
      ╭▸ fleet.yaml:4:17
      │
    4 │   h1: {groups: [workerz]}
      │                 ━━━━━━━ no such group
    5 │ groups:
    6 │   workers:
      │   ─────── the nearest one
      │
      ╰ help: did you mean `workers`?

    1 error. More about it: abide explain E0301
    "##);
}

#[test]
fn ascii_is_enough() {
    let options = TextOptions {
        unicode: false,
        ..narrow_options()
    };
    let said = render(
        &[unknown_group()],
        &texts(&[("fleet.yaml", FLEET)]),
        &options,
    );
    assert!(said.is_ascii(), "{said}");
}

#[test]
fn a_place_in_another_file_has_a_snippet_of_its_own() {
    let more = "groups:\n  workers: {}\n";
    let mut duplicate = unknown_group();
    duplicate.also = vec![(
        span("more.yaml", more, "workers"),
        "first declared here".to_owned(),
    )];
    let texts = texts(&[("fleet.yaml", FLEET), ("more.yaml", more)]);
    insta::assert_snapshot!(without_styles(&render(&[duplicate], &texts, &narrow_options())), @r##"
    error[E0301]: host `h1` is in group `workerz`, which nobody declares
      ╭▸ fleet.yaml:4:17
      │
    4 │   h1: {groups: [workerz]}
      │                 ━━━━━━━ no such group
      │
      ⸬  more.yaml:2:3
      │
    2 │   workers: {}
      │   ─────── first declared here
      │
      ╰ help: did you mean `workers`?

    1 error. More about it: abide explain E0301
    "##);
}

#[test]
fn without_the_text_the_place_is_named() {
    let mut elsewhere = unknown_group();
    elsewhere.also = vec![(span("more.yaml", "x", "x"), String::new())];
    insta::assert_snapshot!(without_styles(&render(&[elsewhere], &BTreeMap::new(), &narrow_options())), @r##"
    error[E0301]: host `h1` is in group `workerz`, which nobody declares
     ╭▸ fleet.yaml:4:17
     ⸬  more.yaml:1:1
     ╰ help: did you mean `workers`?

    1 error. More about it: abide explain E0301
    "##);
}

#[test]
fn a_mistake_that_many_places_share_is_shown_once_with_their_lines() {
    let hosts: Vec<String> = (1..=30)
        .map(|host| format!("web{host}: {{groups: [workerz]}}\n"))
        .collect();
    let text = hosts.concat();
    let at = |line: usize| {
        let mut one = unknown_group();
        one.also = Vec::new();
        one.message = "no group `workerz` is declared".to_owned();
        one.span = span("fleet.yaml", &text, &format!("web{line}: "));
        one
    };
    let texts = texts(&[("fleet.yaml", &text)]);
    let many: Vec<Diagnostic> = (1..=30).map(at).collect();
    let said = without_styles(&render(&many, &texts, &narrow_options()));
    assert_eq!(said.matches("no group `workerz`").count(), 1, "{said}");
    let lines =
        "the same at 29 more places, lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and 17 more";
    let said = said.replace('\n', " ");
    assert!(
        said.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains(lines),
        "{said}"
    );
    assert!(said.contains("30 errors. More about it"), "{said}");
    // A few are shown each.
    let few = without_styles(&render(&many[..3], &texts, &narrow_options()));
    assert_eq!(few.matches("no group `workerz`").count(), 3, "{few}");
}

#[test]
fn diagnostics_come_by_place_and_are_counted() {
    let mut warning = unknown_group();
    warning.severity = Severity::Warning;
    warning.code = Code("W0400");
    warning.span = span("fleet.yaml", FLEET, "name");
    let both = [unknown_group(), warning, unknown_group()];
    let said = without_styles(&render(
        &both,
        &texts(&[("fleet.yaml", FLEET)]),
        &narrow_options(),
    ));
    assert!(said.starts_with("warning[W0400]"), "{said}");
    assert!(
        said.ends_with("2 errors, 1 warning. More about each: abide explain CODE, say E0301\n"),
        "{said}"
    );
    assert_eq!(render(&[], &BTreeMap::new(), &narrow_options()), "");
}

#[test]
fn a_span_that_fits_no_text_is_shown_as_well_as_can_be() {
    let text = "näme: x\n";
    for (start, end) in [
        (0, 0),
        (2, 3),
        (2, 2),
        (8, 8),
        (9, 9),
        (5000, 4000),
        (7, 5000),
    ] {
        let mut odd = unknown_group();
        odd.also = Vec::new();
        odd.span.start = start;
        odd.span.end = end;
        let said = without_styles(&render(
            &[odd],
            &texts(&[("fleet.yaml", text)]),
            &narrow_options(),
        ));
        assert!(said.contains("no such group"), "{start}..{end}: {said}");
    }
    let said = without_styles(&render(
        &[unknown_group()],
        &texts(&[("fleet.yaml", "")]),
        &narrow_options(),
    ));
    assert!(said.contains("E0301"), "{said}");
}

#[test]
fn what_a_manifest_holds_cannot_act_on_the_terminal() {
    let text = "name: \u{1b}[2J\u{202e}x\u{7}\n".to_owned() + &"y".repeat(50_000);
    let mut evil = unknown_group();
    evil.also = Vec::new();
    evil.message = text.clone();
    evil.label = text.clone();
    evil.help = Some(text.clone());
    evil.span.origin.file = "\u{1b}[2Jfleet.yaml".to_owned();
    let said = render(
        &[evil.clone()],
        &texts(&[("\u{1b}[2Jfleet.yaml", &text)]),
        &narrow_options(),
    );
    let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!without_styles(&said).contains(acts), "{said:?}");
    assert!(
        !said.contains("[2J\u{1b}") && said.len() < 5000,
        "{}",
        said.len()
    );
}

/// U+009B begins a control sequence as `ESC [` does; found by the fuzz target `manifest`.
#[test]
fn a_line_with_control_characters_beyond_ascii_is_shown_without_them() {
    let text = "a\u{9b}31m\u{200f}\u{202e}b\u{7f}\u{1b}: é 1\n";
    let mut found = unknown_group();
    found.span = span("fleet.yaml", text, "1\n");
    found.also = Vec::new();
    let said = without_styles(&render(
        &[found],
        &texts(&[("fleet.yaml", text)]),
        &narrow_options(),
    ));
    assert_eq!(printable_text(&said), said, "{said:?}");
    assert!(said.contains(": é 1"), "{said}");
}
