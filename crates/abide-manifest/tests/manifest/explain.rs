//! Every code has its explanation, and what the explanation shows is true: its wrong manifests get this code and no
//! other, its right ones get none. So each code has a test.

use std::collections::BTreeSet;

use abide_manifest::{LoadOptions, Loaded, Source, codes, explain, load};

use crate::support::{Shelf, told};

/// A fenced block: the words behind its language, and its text.
struct Block {
    language: String,
    words: Vec<String>,
    text: String,
}

fn blocks(explanation: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in explanation.lines() {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(info) => {
                let mut words = info.split_whitespace().map(str::to_owned);
                blocks.push(Block {
                    language: words.next().unwrap_or_default(),
                    words: words.collect(),
                    text: String::new(),
                });
                open = true;
            }
            None if open => {
                let block = blocks.last_mut().expect("an open block");
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    blocks
}

/// Explanations leave out what every manifest has.
fn complete(snippet: &str) -> String {
    // What is too long would be tiresome to read.
    let snippet = &snippet
        .replace(
            "VALUE",
            &"x".repeat(if snippet.contains("VARIABLES") {
                2000
            } else {
                5
            }),
        )
        .replace("VARIABLES", &"${v}".repeat(1000));
    if snippet.contains("version:") {
        return snippet.to_owned();
    }
    format!("version: 1\nname: example\n{snippet}")
}

fn shelf(blocks: &[Block]) -> Shelf {
    let mut shelf = Shelf::default();
    for block in blocks.iter().filter(|block| block.language == "ini") {
        let bytes = match block.words.get(1).map(String::as_str) {
            Some("!") => vec![0xFF],
            _ => block.text.clone().into_bytes(),
        };
        shelf.0.insert(block.words[0].clone(), bytes);
    }
    shelf
}

fn load_all(code: &str, snippets: &[&str], files: &Shelf) -> Loaded {
    let source = |(number, text): (usize, &&str)| Source {
        name: format!("{number}.yaml"),
        text: complete(text),
    };
    let sources: Vec<_> = snippets.iter().enumerate().map(source).collect();
    let options = LoadOptions {
        // Whose manifest it is matters for one code only.
        allow_commands: code != "E0306",
        ..LoadOptions::default()
    };
    load(&sources, files, &options)
}

fn told_codes(loaded: &Loaded) -> BTreeSet<&str> {
    loaded
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code.0)
        .collect()
}

#[test]
fn every_explanation_is_true() {
    let untrue: Vec<_> = codes().flat_map(|code| judge(code.0)).collect();
    assert!(untrue.is_empty(), "{}", untrue.join("\n"));
}

/// What is not true in an explanation.
fn judge(code: &str) -> Vec<String> {
    let explanation = explain(code).expect("an explanation");
    let blocks = blocks(explanation);
    let files = shelf(&blocks);
    let yaml = |kind: &str| -> Vec<&Block> {
        let of_kind = |block: &&Block| block.language == "yaml" && block.words[0] == kind;
        blocks.iter().filter(of_kind).collect()
    };
    let mut untrue = Vec::new();
    let cases = cases(&yaml("wrong"));
    if cases.is_empty() || !explanation.starts_with("# ") || explanation.len() < 150 {
        untrue.push(format!("{code} explains too little"));
    }
    for case in cases {
        let loaded = load_all(code, &case, &files);
        let is_error = loaded.fleet.is_none();
        if told_codes(&loaded) != BTreeSet::from([code]) || is_error != code.starts_with('E') {
            untrue.push(format!("{code}: {}\n{}", case.join("---\n"), told(&loaded)));
        }
    }
    for right in yaml("right") {
        let loaded = load_all(code, &[&right.text], &files);
        if !loaded.diagnostics.is_empty() {
            untrue.push(format!(
                "{code}, write instead: {}\n{}",
                right.text,
                told(&loaded)
            ));
        }
    }
    untrue
}

/// Each wrong block is a case, unless one has a file name: then they are files of one manifest.
fn cases<'b>(wrong: &[&'b Block]) -> Vec<Vec<&'b str>> {
    let texts = wrong.iter().map(|block| block.text.as_str());
    if wrong.iter().any(|block| block.words.len() > 1) {
        vec![texts.collect()]
    } else {
        texts.map(|text| vec![text]).collect()
    }
}

#[test]
fn codes_are_found_by_their_name_whatever_its_case() {
    assert!(explain("e0201").is_some());
    assert_eq!(explain("E9999"), None);
    let all: Vec<_> = codes()
        .map(|code| code.0.trim_start_matches(['E', 'W']))
        .collect();
    let numbers: BTreeSet<_> = all.iter().collect();
    assert_eq!(all.len(), numbers.len(), "a number has one meaning");
}

/// Every manifest that an explanation says to write, with its code.
pub(crate) fn right_snippets() -> Vec<(String, String)> {
    let of_code = |code: abide_model::Code| {
        let blocks = blocks(explain(code.0).expect("an explanation"));
        let right = blocks
            .into_iter()
            .filter(|block| block.words.first().is_some_and(|word| word == "right"));
        right.map(move |block| (code.to_string(), complete(&block.text)))
    };
    codes().flat_map(of_code).collect()
}
