use super::*;
use crate::node::{Node, Shape};

/// The text of the only value of a document.
fn value(texts: &mut ManifestTexts, yaml: &str) -> Wording {
    let number = texts.add("f.yaml", yaml.into());
    let tree = crate::yaml::parse(yaml).unwrap();
    let Shape::Map(entries) = tree.shape else {
        panic!()
    };
    let (
        key,
        Node {
            bytes,
            shape: Shape::Text(value),
        },
    ) = &entries[0]
    else {
        panic!()
    };
    let place = |bytes: crate::node::ByteRange| TextPlace::new(number, bytes.start, bytes.end);
    Wording::in_value(Located {
        value,
        at: place(*bytes),
        key: place(key.bytes),
    })
}

fn at(yaml: &str, line: u32, word: &str) -> String {
    let mut texts = ManifestTexts::default();
    let wording = value(&mut texts, yaml);
    let place = wording.place_of_word(&texts, line, word);
    format!("{} {:?}", texts.origin_of(place), texts.text_at(place))
}

#[test]
fn a_line_of_a_block_text_is_found_in_the_manifest() {
    let block = "content: | # a service\n  [Service]\n  # é\n\n    User=User\n  ExecStart=sleep 1\nnext: 1\n";
    assert_eq!(at(block, 1, ""), "f.yaml:2:3 \"[Service]\"");
    assert_eq!(
        at(block, 4, "User"),
        "f.yaml:5:10 \"User\"",
        "the value rather than the key"
    );
    assert_eq!(at(block, 5, "sleep"), "f.yaml:6:13 \"sleep\"");
    assert_eq!(
        at("content: |2-\n\n\n    a=b\n  c=d", 3, "b"),
        "f.yaml:4:7 \"b\""
    );
    assert_eq!(
        at("content: |2-\n\n\n    a=b\n  c=d", 4, "d"),
        "f.yaml:5:5 \"d\""
    );
}

#[test]
fn other_styles_are_searched_or_taken_as_a_whole() {
    let quoted = r#"content: "[Service]\nUser=x\nGroup=x\n""#;
    assert_eq!(at(quoted, 2, "x"), "f.yaml:1:27 \"x\"");
    assert_eq!(
        at("content: >\n  a=b\n\n  c=d\n", 2, "d"),
        "f.yaml:4:5 \"d\""
    );
    let twice = r#"content: "a=b\na=b\n""#;
    assert_eq!(
        at(twice, 1, "b"),
        "f.yaml:1:10 \"\\\"a=b\\\\na=b\\\\n\\\"\""
    );
    assert_eq!(at("content: a=b", 1, "b"), "f.yaml:1:12 \"b\"");
}

#[test]
fn a_line_of_a_file_is_found_in_the_file() {
    let mut texts = ManifestTexts::default();
    let text: Arc<str> = "[Unit]\r\nAfter=a b\r\n".into();
    let file = texts.add("units/a.service", Arc::clone(&text));
    let wording = Wording::in_file(TextPlace::default(), file, text);
    let place = wording.place_of_word(&texts, 2, "b");
    assert_eq!(texts.origin_of(place).to_string(), "units/a.service:2:9");
}

#[test]
fn a_filled_in_text_keeps_the_places_of_its_lines() {
    let mut texts = ManifestTexts::default();
    let wording = value(&mut texts, "content: |\n  [Service]\n  User=${who}\n");
    let at = |wording: &Wording| {
        texts
            .text_at(wording.place_of_word(&texts, 2, "me"))
            .to_owned()
    };
    assert_eq!(
        at(&wording
            .clone()
            .with_filled_text("[Service]\nUser=me\n".into())),
        "User=${who}"
    );
    let longer = wording
        .clone()
        .with_filled_text("[Service]\nUser=me\nGroup=me\n".into());
    assert_eq!(at(&longer), texts.text_at(wording.at));
    let reference = wording.place_of_bytes(&texts, 15..21);
    assert_eq!(texts.origin_of(reference).to_string(), "f.yaml:3:8");
}
