use super::*;

fn at(text: &str, bytes: ByteRange) -> &str {
    text.get(bytes.start..bytes.end).unwrap_or("?")
}

fn error(text: &str) -> (YamlErrorKind, String) {
    let error = parse(text).unwrap_err();
    (error.kind, error.message)
}

fn entries(node: &Node) -> &[(MapKey, Node)] {
    match &node.shape {
        Shape::Map(entries) => entries,
        other => panic!("not a map: {other:?}"),
    }
}

#[test]
fn every_key_and_value_knows_its_bytes() {
    let text =
        "é: {a: 1, 'b c': \"x\\ty\"}\nlist:\n  - on\n  - 0600\ntext: |\n  one\n\n  two\nend: 'x'\n";
    let node = parse(text).unwrap();
    let [flow, list, block, end] = entries(&node) else {
        panic!()
    };
    assert_eq!((at(text, flow.0.bytes), flow.0.name.as_str()), ("é", "é"));
    let [a, b] = entries(&flow.1) else { panic!() };
    assert_eq!((at(text, a.0.bytes), at(text, a.1.bytes)), ("a", "1"));
    assert_eq!(
        (at(text, b.0.bytes), at(text, b.1.bytes)),
        ("'b c'", "\"x\\ty\"")
    );
    let Shape::List(items) = &list.1.shape else {
        panic!()
    };
    assert_eq!(
        items
            .iter()
            .map(|item| at(text, item.bytes))
            .collect::<Vec<_>>(),
        ["on", "0600"]
    );
    assert_eq!(
        items[0].shape,
        Shape::Text("on".into()),
        "YAML 1.2 knows true and false only"
    );
    assert!(matches!(items[1].shape, Shape::Number(_)));
    assert_eq!(block.1.shape, Shape::Text("one\n\ntwo\n".into()));
    assert_eq!(
        at(text, block.1.bytes),
        "one\n\n  two\n",
        "from its first letter on"
    );
    assert_eq!(at(text, end.1.bytes), "'x'");
}

#[test]
fn repeated_keys_are_kept_for_the_caller() {
    let mut node = parse("a: 1\nb: {c: 1, c: 2}\na: 3\n").unwrap();
    let duplicates = node.take_duplicates();
    let names: Vec<_> = duplicates
        .iter()
        .map(|(_, again)| again.name.as_str())
        .collect();
    assert_eq!(names, ["c", "a"]);
    assert_eq!(entries(&node).len(), 2);
}

#[test]
fn what_manifests_do_without_is_refused_by_name() {
    for text in ["a: &x 1", "a: *x", "a: {<<: {b: 1}}", "a: !thing 1"] {
        assert_eq!(
            error(text).0,
            YamlErrorKind::Unwelcome,
            "{text}: {:?}",
            error(text)
        );
    }
    let bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n";
    assert_eq!(error(bomb).0, YamlErrorKind::Unwelcome);
}

#[test]
fn depth_is_bounded() {
    let deep = format!("a: {}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(error(&deep).0, YamlErrorKind::TooLarge);
    let steps: Vec<_> = (0..200).map(|n| " ".repeat(n) + "k:\n").collect();
    let steps = steps.concat();
    assert_eq!(error(&steps).0, YamlErrorKind::TooLarge);
}

#[test]
fn syntax_errors_are_said_in_words() {
    for (text, words) in [
        ("a: \"b\nc: 1\n", "quote"),
        ("a: {b: 1\nc: 2\n", "`{`"),
        ("a: [1, 2\n", "`["),
        ("a:\n\tb: 1\n", "tab"),
        ("a: b: c\n", "colon"),
    ] {
        let (kind, message) = error(text);
        assert_eq!(kind, YamlErrorKind::Syntax, "{text}");
        assert!(message.contains(words), "{text:?}: {message}");
    }
}

#[test]
fn an_error_points_at_its_letter() {
    for (text, letter) in [
        ("é: 1\nb: [1,\nc: 2\n", "["),
        ("a: 1\n b: 2\n", ":"),
        ("a: @x", "@"),
        ("a: 'it's'", "s"),
        ("? {a: 1}\n: b", "{"),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(at(text, error.bytes), letter, "{text:?}: {error:?}");
    }
}
