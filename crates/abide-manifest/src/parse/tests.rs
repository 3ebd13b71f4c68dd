use super::*;

fn told(name: &str, text: &str) -> Vec<String> {
    let source = Source {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let mut texts = ManifestTexts::default();
    let mut findings = Findings::default();
    parse(&[source], &mut texts, &mut findings);
    findings
        .into_diagnostics(&texts)
        .into_iter()
        .map(|d| format!("{} {} {}", d.code, d.span.origin, d.message))
        .collect()
}

#[test]
fn several_mistakes_of_shape_are_told_in_one_run() {
    let text = "version: one\nname: x\nhots: {}\nhosts:\n  h1: {prt: 22, groups: a}\n  h1: {}\n";
    assert_eq!(
        told("f", text),
        [
            "E0104 f:1:10 `version` must be a whole number, not the text `one`",
            "E0103 f:3:1 unknown key `hots`",
            "E0103 f:5:8 unknown key `prt`",
            "E0104 f:5:25 `groups` must be a list, not the text `a`",
            "E0102 f:6:3 `h1` stands twice in one map",
        ]
    );
}

#[test]
fn a_second_document_is_an_error_where_the_documents_are_right() {
    let right = "version: 1\nname: x\n";
    assert_eq!(
        told("f", &format!("{right}---\n{right}")),
        ["E0109 f:3:1 a manifest is one document, and this file holds 2"]
    );
    let both = told("f", &format!("{right}---\nversion: 1\n"));
    assert_eq!(both.len(), 2, "{both:?}");
    assert_eq!(
        told("f", "version: 1\n---\nname: x\n").len(),
        2,
        "the mistakes inside say enough"
    );
}

#[test]
fn places_in_a_later_document_are_those_of_the_file() {
    assert_eq!(
        told("f", "é: 1\n---\nversion: 1\nnam: x\n"),
        [
            "E0103 f:1:1 unknown key `é`",
            "E0103 f:4:1 unknown key `nam`",
        ]
    );
}

#[test]
fn an_empty_manifest_and_another_version_are_told() {
    assert_eq!(
        told("f", "# nothing\n"),
        ["E0105 f:1:1 the manifest is empty"]
    );
    assert_eq!(
        told("f", "version: 2\nname: x\nfleet: {}\n"),
        ["E0110 f:1:10 version 2 of the manifest language is not known"]
    );
}
