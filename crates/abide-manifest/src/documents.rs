//! Takes a text apart into its YAML documents, so that each is judged although a manifest is only one.

use crate::node::ByteRange;

/// The documents of a text by their bytes, in order. A document marker stands at the beginning of a line, in quotes
/// and block texts too (YAML 1.2.2, rule c-forbidden), so lines are all there is to know.
pub(crate) fn split(text: &str) -> Vec<ByteRange> {
    let mut documents = Vec::new();
    let mut start = 0;
    let mut at = 0;
    let mut filled = false;
    for line in text.split_inclusive('\n') {
        let ends = is_marker(line, "...");
        if is_marker(line, "---") || ends {
            // What stands before the first marker and is only comments or directives belongs to what follows.
            if filled {
                documents.push(ByteRange { start, end: at });
                start = at;
            }
            filled = !ends;
        } else {
            filled |= !is_idle(line);
        }
        at += line.len();
    }
    if filled || documents.is_empty() {
        documents.push(ByteRange { start, end: at });
    }
    documents
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

fn is_idle(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}').trim();
    line.is_empty() || line.starts_with('#') || line.starts_with('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        split(text)
            .iter()
            .map(|part| text.get(part.start..part.end).unwrap())
            .collect()
    }

    #[test]
    fn documents_are_found_by_their_markers() {
        assert_eq!(parts("a: 1\n"), ["a: 1\n"]);
        assert_eq!(parts("# c\n---\na: 1\n"), ["# c\n---\na: 1\n"]);
        assert_eq!(parts("%YAML 1.2\n---\na: 1\n"), ["%YAML 1.2\n---\na: 1\n"]);
        assert_eq!(
            parts("a: 1\n--- # x\nb: 2\n"),
            ["a: 1\n", "--- # x\nb: 2\n"]
        );
        assert_eq!(parts("a: 1\n...\n"), ["a: 1\n"]);
        assert_eq!(parts("a: |\n  ---\n  x\n"), ["a: |\n  ---\n  x\n"]);
        assert_eq!(parts(""), [""]);
    }
}
