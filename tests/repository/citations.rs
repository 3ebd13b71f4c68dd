//! Facts, documents and tests that are cited are there.

use std::collections::BTreeSet;

use crate::files::{Text, root, texts};

/// What stands between `before` and the first character that cannot belong to what is cited.
fn cited<'a>(text: &'a str, before: &str, belongs: fn(char) -> bool) -> Vec<&'a str> {
    text.match_indices(before)
        .map(|(at, _)| {
            let rest = &text[at + before.len()..];
            let end = rest.find(|letter| !belongs(letter)).unwrap_or(rest.len());
            rest[..end].trim_end_matches('.')
        })
        .collect()
}

/// The anchors of a document, as web sites that show Markdown make them.
fn anchors(markdown: &str) -> BTreeSet<String> {
    markdown
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
                .map(|letter| if letter == ' ' { '-' } else { letter })
                .collect()
        })
        .collect()
}

fn facts() -> String {
    std::fs::read_to_string(root().join("docs/systemd-facts.md")).unwrap()
}

#[test]
fn every_fact_that_is_cited_is_there() {
    let known = anchors(&facts());
    let mut astray = Vec::new();
    let mut seen = 0;
    for text in texts(&[".rs", ".sh", ".md"]) {
        let belongs =
            |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        for fact in cited(&text.content, concat!("systemd-facts.md", "#"), belongs) {
            seen += 1;
            if !known.contains(fact) {
                astray.push(format!("{}: {fact}", text.path));
            }
        }
    }
    assert!(
        astray.is_empty(),
        "cited and not there:\n{}",
        astray.join("\n")
    );
    assert!(seen > 40, "only {seen} citations were found");
}

#[test]
fn every_test_that_a_fact_names_is_there() {
    let facts = facts();
    let names: BTreeSet<String> = texts(&[".rs"])
        .iter()
        .flat_map(|text| {
            let belongs = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            cited(&text.content, "fn ", belongs)
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    let mut astray = Vec::new();
    let mut shown = 0;
    for section in facts.split("\n#### ").skip(1) {
        let heading = section.lines().next().unwrap_or_default();
        let Some((_, by)) = section.split_once("Shown by:") else {
            astray.push(format!("{heading}: nothing shows it"));
            continue;
        };
        let by = by.split("\n\n").next().unwrap_or_default();
        for name in by
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| name.contains('_') && !name.contains('/'))
        {
            shown += 1;
            let there = match name.strip_suffix('…') {
                Some(beginning) => names.iter().any(|known| known.starts_with(beginning)),
                None => names.contains(name),
            };
            if !there {
                astray.push(format!("{heading}: {name}"));
            }
        }
    }
    assert!(
        astray.is_empty(),
        "tests that are not there:\n{}",
        astray.join("\n")
    );
    assert!(shown > 40, "only {shown} tests were found");
}

#[test]
fn every_document_that_is_cited_is_there() {
    let mut astray = Vec::new();
    let mut seen = 0;
    for text in texts(&[".rs", ".sh", ".md", "Makefile", ".toml"]) {
        let belongs = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
        for path in cited(&text.content, "docs/", belongs) {
            if path.strip_suffix(".md").is_none() || text.path == "CHANGELOG.md" {
                continue;
            }
            seen += 1;
            if !root().join("docs").join(path).is_file() {
                astray.push(format!("{}: docs/{path}", text.path));
            }
        }
        for number in cited(&text.content, "decision ", |letter| letter.is_ascii_digit()) {
            if number.len() == 4 && !decision(number) {
                astray.push(format!("{}: decision {number}", text.path));
            }
        }
    }
    assert!(
        astray.is_empty(),
        "cited and not there:\n{}",
        astray.join("\n")
    );
    assert!(seen > 40, "only {seen} citations were found");
}

fn decision(number: &str) -> bool {
    std::fs::read_dir(root().join("docs/decisions"))
        .unwrap()
        .any(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_string_lossy()
                .starts_with(number)
        })
}

#[test]
fn every_link_within_the_documents_leads_somewhere() {
    let mut astray = Vec::new();
    let mut seen = 0;
    for text in texts(&[".md"]) {
        for link in links(&text) {
            seen += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = match path {
                "" => root().join(&text.path),
                path => root().join(&text.path).parent().unwrap().join(path),
            };
            let whole = match file.is_dir() {
                true => anchor.is_empty(),
                false => std::fs::read_to_string(&file)
                    .is_ok_and(|there| anchor.is_empty() || anchors(&there).contains(anchor)),
            };
            if !whole {
                astray.push(format!("{}: {link}", text.path));
            }
        }
    }
    assert!(
        astray.is_empty(),
        "links that lead nowhere:\n{}",
        astray.join("\n")
    );
    assert!(seen > 100, "only {seen} links were found");
}

fn links(text: &Text) -> Vec<&str> {
    text.content
        .match_indices("](")
        .filter_map(|(at, _)| {
            let rest = &text.content[at + 2..];
            rest.find(')').map(|end| &rest[..end])
        })
        .filter(|link| !link.contains("://") && !link.starts_with("mailto:") && !link.contains(' '))
        .collect()
}
