//! Names say what they give: a function's name of one word is one that everybody knows, and a type's name stands for one thing.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{Text, root, texts};

/// How many words may be the whole name of a function.
const MOST_WORDS: usize = 250;
/// Of a hundred names of types, how many may stand for more than one type.
const MOST_SHARED: usize = 5;

/// The sources of the crates without their tests.
fn sources() -> Vec<Text> {
    let mut all = texts(&[".rs"]);
    all.retain(|text| {
        let is_source = text.path.starts_with("crates/") && text.path.contains("/src/");
        let is_test = text.path.contains("/tests/") || text.path.ends_with("/tests.rs");
        is_source && !is_test && !text.path.ends_with("testing.rs")
    });
    for text in &mut all {
        if let Some(tests) = text.content.find("#[cfg(test)]\nmod tests {") {
            text.content.truncate(tests);
        }
    }
    all
}

/// What is named behind each of these keywords, outside of comments.
fn named<'a>(text: &'a str, keywords: &[&str]) -> Vec<&'a str> {
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let lines = text.lines().filter(is_code);
    lines
        .flat_map(|line| {
            let words: Vec<&str> = line
                .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .filter(|word| !word.is_empty())
                .collect();
            let names = words.windows(2).filter_map(|pair| {
                let &[keyword, name] = pair else { return None };
                keywords.contains(&keyword).then_some(name)
            });
            names.collect::<Vec<_>>()
        })
        .collect()
}

/// Whether a function of this name is declared there.
fn is_declared(text: &str, name: &str) -> bool {
    ["(", "<"]
        .iter()
        .any(|end| text.contains(&format!("fn {name}{end}")))
}

/// The words of `one-word-names`, without its comments.
fn known_words() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("tests/repository/one-word-names")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .flat_map(|line| line.split_whitespace().map(str::to_owned))
        .collect()
}

#[test]
fn a_function_has_a_name_of_one_word_only_where_everybody_knows_the_word() {
    let known = known_words();
    assert!(known.len() <= MOST_WORDS, "{} words", known.len());
    let mut used = BTreeSet::new();
    let mut unknown = Vec::new();
    for text in sources() {
        for name in named(&text.content, &["fn"]) {
            // `fn` of a type (`fn(&str) -> String`) names nothing.
            if !name.contains('_') && is_declared(&text.content, name) {
                used.insert(name.to_owned());
                if !known.contains(name) {
                    unknown.push(format!("{}: {name}", text.path));
                }
            }
        }
    }
    assert!(
        unknown.is_empty(),
        "say what these give (or add the word to tests/repository/one-word-names):\n{}",
        unknown.join("\n")
    );
    let unused: Vec<_> = known.difference(&used).collect();
    assert!(unused.is_empty(), "no function is called {unused:?}");
    assert!(used.len() > 100, "only {} were found", used.len());
}

#[test]
fn a_name_of_a_type_stands_for_one_type() {
    let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for text in sources() {
        // A type within a trait's implementation has its name from the trait.
        let lines = text.content.lines();
        let outside = lines
            .filter(|line| !line.trim_start().starts_with("type ") || line.starts_with("type "));
        let outside: Vec<&str> = outside.collect();
        for name in named(&outside.join("\n"), &["struct", "enum", "trait", "type"]) {
            if name.starts_with(char::is_uppercase) {
                places
                    .entry(name.to_owned())
                    .or_default()
                    .insert(text.path.clone());
            }
        }
    }
    let shared: Vec<_> = places.iter().filter(|(_, files)| files.len() > 1).collect();
    assert!(places.len() > 300, "only {} were found", places.len());
    assert!(
        shared.len() * 100 < places.len() * MOST_SHARED,
        "{} of {} names stand for more than one type: {shared:#?}",
        shared.len(),
        places.len()
    );
}
