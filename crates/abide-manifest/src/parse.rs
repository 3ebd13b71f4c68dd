//! Manifest text to the schema's types, or the mistakes of shape in it.
//!
//! What is found to be wrong is set aside and the rest is read on, so that one run tells of several mistakes. What the
//! values mean is not looked at.

use crate::Source;
use crate::codes;
use crate::documents;
use crate::finding::{Findings, Mistake};
use crate::node::{ByteRange, Node, Shape};
use crate::read::read;
use crate::schema::WrittenManifest;
use crate::text::{ManifestTexts, TextPlace};
use crate::yaml::{self, YamlErrorKind};

/// The longest manifest file, in bytes: a hundred times what 20 000 units need in practice fits many files.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// One is right; of what is wrong with many, the first few tell enough.
const MAX_DOCUMENTS: usize = 10;
/// A file with more mistakes of shape than this is another kind of file.
const MAX_MISTAKES: usize = 30;

/// Reads every source. Where any has a mistake of shape, the rest is still read, to be told about.
pub(crate) fn parse(
    sources: &[Source],
    texts: &mut ManifestTexts,
    findings: &mut Findings,
) -> Vec<WrittenManifest> {
    let mut manifests = Vec::new();
    for source in sources {
        let text = texts.add(&source.name, source.text.as_str().into());
        if source.text.len() > MAX_BYTES {
            let message = format!("a manifest file may have {MAX_BYTES} bytes at most");
            findings.push(Mistake::new(
                codes::TOO_LARGE,
                TextPlace::new(text, 0, 0),
                message,
            ));
            continue;
        }
        manifests.extend(parse_file(text, &source.text, findings));
    }
    manifests
}

/// A manifest is one document. Mistakes inside a document matter more than its being one too many.
fn parse_file(text: u32, source: &str, findings: &mut Findings) -> Option<WrittenManifest> {
    let documents = documents::split(source);
    let mut manifests: Vec<_> = documents
        .iter()
        .take(MAX_DOCUMENTS)
        .filter_map(|bytes| parse_document(text, source, *bytes, findings))
        .collect();
    if let [_, second, ..] = documents.as_slice()
        && !manifests.is_empty()
    {
        let message = format!(
            "a manifest is one document, and this file holds {}",
            documents.len()
        );
        let marker = TextPlace::new(text, second.start, second.start + "---".len());
        findings.push(
            Mistake::new(codes::SEVERAL_DOCUMENTS, marker, message)
                .with_label("another document begins")
                .with_help("write one file for each and load them together: `-f a.yaml -f b.yaml`"),
        );
    }
    manifests.pop()
}

fn parse_document(
    text: u32,
    source: &str,
    bytes: ByteRange,
    findings: &mut Findings,
) -> Option<WrittenManifest> {
    let document = source.get(bytes.start..bytes.end).unwrap_or_default();
    let mut tree = match yaml::parse(document) {
        Ok(tree) => tree,
        Err(error) => {
            let mut place = error.bytes;
            place.shift_by(bytes.start);
            findings.push(not_yaml(
                &error,
                TextPlace::new(text, place.start, place.end),
            ));
            return None;
        }
    };
    tree.shift_places(bytes.start);
    if !check_version(&tree, text, findings) {
        return None;
    }
    let duplicates = report_duplicates(&mut tree, text, findings);
    let manifest = read_patiently(tree, text, source, findings)?;
    (!duplicates).then_some(manifest)
}

/// Every `secret: {command: …}` of a manifest file, for a saved plan: that has only the digest of the one that it stands
/// for. What is wrong with the file does not matter.
pub fn secret_commands(text: &str) -> Vec<Vec<String>> {
    let documents = documents::split(text);
    let parts = documents
        .iter()
        .filter_map(|bytes| text.get(bytes.start..bytes.end));
    let trees = parts.filter_map(|document| yaml::parse(document).ok());
    let mut found = Vec::new();
    trees.for_each(|tree| collect_commands(&tree, &mut found));
    found
}

fn collect_commands(tree: &Node, found: &mut Vec<Vec<String>>) {
    match &tree.shape {
        Shape::Map(entries) => {
            for (key, node) in entries {
                if key.name == "secret" {
                    found.extend(command(node));
                }
                collect_commands(node, found);
            }
        }
        Shape::List(items) => items.iter().for_each(|item| collect_commands(item, found)),
        Shape::Nothing | Shape::Flag(_) | Shape::Number(_) | Shape::Text(_) => {}
    }
}

fn command(secret: &Node) -> Option<Vec<String>> {
    let Shape::Map(entries) = &secret.shape else {
        return None;
    };
    let [(key, node)] = entries.as_slice() else {
        return None;
    };
    let Shape::List(words) = &node.shape else {
        return None;
    };
    let word = |word: &Node| match &word.shape {
        Shape::Text(text) => Some(text.clone()),
        _ => None,
    };
    words
        .iter()
        .map(word)
        .collect::<Option<_>>()
        .filter(|_| key.name == "command")
}

fn not_yaml(error: &yaml::YamlError, at: TextPlace) -> Mistake {
    let code = match error.kind {
        YamlErrorKind::Syntax => codes::SYNTAX,
        YamlErrorKind::Unwelcome => codes::NOT_IN_MANIFESTS,
        YamlErrorKind::TooLarge => codes::TOO_LARGE,
    };
    let finding = Mistake::new(code, at, error.message.as_str());
    match error.kind {
        YamlErrorKind::Unwelcome => {
            finding.with_help("write the value out; what hosts have in common belongs into a group")
        }
        YamlErrorKind::Syntax | YamlErrorKind::TooLarge => finding,
    }
}

fn report_duplicates(tree: &mut Node, text: u32, findings: &mut Findings) -> bool {
    let place = |bytes: ByteRange| TextPlace::new(text, bytes.start, bytes.end);
    let duplicates = tree.take_duplicates();
    for (first, again) in &duplicates {
        if findings.is_full() {
            break;
        }
        let name = again.name.escape_debug();
        let message = format!("`{name}` stands twice in one map");
        findings.push(
            Mistake::new(codes::DUPLICATE_KEY, place(again.bytes), message)
                .with_label("again here")
                .with_related_place(place(first.bytes), "first here")
                .with_help("remove one of the two, or put what they say together"),
        );
    }
    !duplicates.is_empty()
}

/// Reads the tree; a part that does not fit is told, taken out, and the rest is tried again.
fn read_patiently(
    mut tree: Node,
    text: u32,
    source: &str,
    findings: &mut Findings,
) -> Option<WrittenManifest> {
    if tree.shape == Shape::Nothing {
        let empty = Mistake::new(
            codes::MISSING_KEY,
            TextPlace::new(text, 0, 0),
            "the manifest is empty",
        );
        findings
            .push(empty.with_help(
                "begin with `version: 1` and `name: …`; `abide init` writes an example",
            ));
        return None;
    }
    let mut mistakes = 0;
    loop {
        let misfit = match read(&tree, text, source) {
            Ok(manifest) if mistakes == 0 => return Some(manifest),
            Ok(_) => return None,
            Err(misfit) => misfit,
        };
        let culprit = misfit.bytes_at_fault();
        // What is missing after something was taken out may be what was taken out.
        if culprit.is_some() || mistakes == 0 {
            findings.push(misfit.finding(text));
        }
        mistakes += 1;
        match culprit {
            Some(bytes) if mistakes < MAX_MISTAKES && tree.remove(bytes) => {}
            _ => return None,
        }
    }
}

/// A later version may have other keys, so nothing else is said about a manifest of one.
fn check_version(tree: &Node, text: u32, findings: &mut Findings) -> bool {
    let Shape::Map(entries) = &tree.shape else {
        return true;
    };
    let version = entries.iter().find(|(key, _)| key.name == "version");
    let Some((_, value)) = version else {
        return true;
    };
    let Shape::Number(Some(number)) = value.shape else {
        return true;
    };
    if number != 1 {
        let message = format!("version {number} of the manifest language is not known");
        let at = TextPlace::new(text, value.bytes.start, value.bytes.end);
        findings.push(
            Mistake::new(codes::VERSION, at, message)
                .with_help("write `version: 1`, or use a later abide"),
        );
    }
    number == 1
}

#[cfg(test)]
mod tests;
