use super::*;
use proptest::prelude::*;

fn entries(text: &str) -> Vec<(u32, String)> {
    let entry = |e: Entry| (e.line, format!("[{}] {}={}", e.section, e.key, e.value));
    UnitFile::parse(text)
        .entries
        .into_iter()
        .map(entry)
        .collect()
}

fn problems(text: &str) -> Vec<(u32, ProblemKind)> {
    let problems = UnitFile::parse(text).problems;
    problems.into_iter().map(|p| (p.line, p.kind)).collect()
}

#[test]
fn the_example_of_the_manual_is_read_as_the_manual_says() {
    // systemd.syntax(7), example 2 and its surroundings.
    let text = "[Section A]\nKeyOne=value 1\nKeyTwo=value 2\n\n# a comment\n\n[Section B]\n\
                Setting=\"something\" \"some thing\" \"…\"\nKeyTwo=value 2 \\\n       value 2 continued\n\n\
                [Section C]\nKeyThree=value 3\\\n# this line is ignored\n; this line is ignored too\n       \
                value 3 continued\n";
    let expected = [
        (2, "[Section A] KeyOne=value 1"),
        (3, "[Section A] KeyTwo=value 2"),
        (8, "[Section B] Setting=\"something\" \"some thing\" \"…\""),
        (9, "[Section B] KeyTwo=value 2         value 2 continued"),
        (13, "[Section C] KeyThree=value 3        value 3 continued"),
    ];
    assert_eq!(
        entries(text),
        expected.map(|(line, e)| (line, e.to_owned()))
    );
    assert_eq!(problems(text), []);
}

#[test]
fn an_escaped_backslash_continues_nothing() {
    assert_eq!(
        entries("[S]\nA=x\\\\\nB=y\\\\\\\nz\n"),
        [
            (2, "[S] A=x\\\\".to_owned()),
            (3, "[S] B=y\\\\ z".to_owned())
        ]
    );
}

#[test]
fn white_space_line_ends_and_a_byte_order_mark_mean_nothing() {
    let text = "\u{feff}  [Service] \r\n\tExecStart = /bin/a  b \\\r\n c\r\n   # note\r\nX=";
    let expected = [
        (2, "[Service] ExecStart=/bin/a  b   c"),
        (5, "[Service] X="),
    ];
    assert_eq!(
        entries(text),
        expected.map(|(line, e)| (line, e.to_owned()))
    );
}

#[test]
fn a_file_that_ends_in_a_continuation_still_counts() {
    assert_eq!(entries("[S]\nA=x\\"), [(2, "[S] A=x".to_owned())]);
}

#[test]
fn what_systemd_skips_is_listed_with_its_line() {
    let text = "early=1\njunk\n[Service\n[Service]\nno equals\n=value\nA=b=c\n";
    assert_eq!(
        problems(text),
        [
            (1, ProblemKind::OutsideSection),
            (2, ProblemKind::OutsideSection),
            (3, ProblemKind::BadHeader),
            (5, ProblemKind::NoAssignment),
            (6, ProblemKind::NoKey),
        ]
    );
    assert_eq!(entries(text), [(7, "[Service] A=b=c".to_owned())]);
}

#[test]
fn sections_are_listed_also_where_they_are_empty() {
    let file = UnitFile::parse("[Install]\n[Unit]\n");
    assert_eq!(
        file.sections,
        [("Install".to_owned(), 1), ("Unit".to_owned(), 2)]
    );
}

#[test]
fn booleans_are_systemds() {
    assert_eq!(parse_boolean("Yes"), Some(true));
    assert_eq!(parse_boolean("off"), Some(false));
    assert_eq!(parse_boolean("maybe"), None);
}

proptest! {
    #[test]
    fn no_text_is_refused_and_every_line_is_within_the_file(text in "[\\[\\]=#; \\\\\na-cé\r]{0,80}") {
        let file = UnitFile::parse(&text);
        let last = u32::try_from(text.split('\n').count()).unwrap();
        let lines = file.entries.iter().map(|e| e.line).chain(file.problems.iter().map(|p| p.line));
        for line in lines {
            prop_assert!((1..=last).contains(&line));
        }
        for entry in file.entries {
            prop_assert!(!entry.key.is_empty() && entry.value == trim_whitespace(&entry.value));
        }
    }

    #[test]
    fn what_is_written_line_by_line_is_read_back(pairs in prop::collection::vec(("[A-Z][a-z]{0,5}", "[a-z/%$\"' =]{0,9}"), 0..9)) {
        let lines: Vec<_> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let read = UnitFile::parse(&format!("[Service]\n{}", lines.join("\n"))).entries;
        let read: Vec<_> = read.into_iter().map(|e| (e.key, e.value)).collect();
        let written: Vec<_> = pairs.into_iter().map(|(k, v)| (k, trim_whitespace(&v).to_owned())).collect();
        prop_assert_eq!(read, written);
    }
}

fn quadlet(text: &str) -> Vec<(u32, String)> {
    let entry = |e: Entry| (e.line, format!("[{}] {}={}", e.section, e.key, e.value));
    let entries = UnitFile::parse_quadlet(text).entries;
    entries.into_iter().map(entry).collect()
}

fn quadlet_problems(text: &str) -> (bool, Vec<(u32, ProblemKind)>) {
    let file = UnitFile::parse_quadlet(text);
    let problems = file.problems.into_iter();
    (file.refused, problems.map(|p| (p.line, p.kind)).collect())
}

#[test]
fn a_quadlet_is_read_as_podman_reads_it() {
    for (text, exec) in [
        ("Exec=a\\\nb", "ab"),
        ("Exec=a \\ \t\r\n   b  \n", "a b"),
        ("Exec=a \\\u{a0}\nb\n", "a b"),
        ("Exec=a \\\n\n\n b\n", "a b"),
        ("Exec=a \\\n# c \\\n  ; d\nb\n", "a b"),
        ("Exec=a\\\\\nb\n", "a\\b"),
        ("Exec\u{c} = \u{b}a b \n", "a b"),
        // What a line takes in is a part of it, whatever it looks like.
        ("Exec=a \\\n[Service]\n", "a [Service]"),
        // A backslash at the end of all goes.
        ("Exec=a \\\n", "a "),
        ("Exec=a\\\\", "a\\"),
        ("\\\nExec=a\n", "a"),
    ] {
        let all = quadlet(&format!("[Container]\n{text}"));
        let line = if text.starts_with('\\') { 3 } else { 2 };
        assert_eq!(
            all,
            [(line, format!("[Container] Exec={exec}"))],
            "{text:?}"
        );
    }
    let twice = quadlet("[Container] \t\nA=1\n[Service]\nB=\n[Container]\nA=2\n");
    assert_eq!(
        twice
            .into_iter()
            .map(|(_, entry)| entry)
            .collect::<Vec<_>>(),
        ["[Container] A=1", "[Service] B=", "[Container] A=2"]
    );
}

#[test]
fn podman_refuses_a_file_for_what_systemd_skips() {
    use ProblemKind::{
        BadHeader, EndsInBackslash, NoAssignment, NoKey, OtherBefore54, OutsideSection, Unfinished,
    };
    for (text, refused, problem) in [
        ("a", true, (2, NoAssignment)),
        ("=a", true, (2, NoKey)),
        ("[a", true, (2, BadHeader)),
        ("[]", true, (2, BadHeader)),
        ("[a[b]", true, (2, BadHeader)),
        ("[a]b=c", true, (2, BadHeader)),
        ("[Service]\\\nA=b\n", true, (2, BadHeader)),
        ("A=b \\\n\n# c\n", false, (2, Unfinished)),
        ("A=b\\\\", false, (2, EndsInBackslash)),
    ] {
        let (is, problems) = quadlet_problems(&format!("[Container]\n{text}"));
        assert_eq!((is, problems.last()), (refused, Some(&problem)), "{text:?}");
    }
    assert_eq!(
        quadlet_problems("A=b\n[Container]\n"),
        (true, vec![(1, OutsideSection)])
    );
    assert_eq!(
        quadlet_problems("\u{feff}[Container]\n"),
        (true, vec![(1, NoAssignment)])
    );
    let older = "; a\n# b\n[Container]\nA=\\\n\n# c\nd\n";
    let lines = [1, 5, 6].map(|line| (line, OtherBefore54));
    assert_eq!(quadlet_problems(older), (false, lines.to_vec()));
    for fine in [
        "",
        "\n",
        "# a",
        "[Container]",
        "[Container]\nA=b\\",
        "[Container]\n\\",
    ] {
        assert_eq!(quadlet_problems(fine), (false, vec![]), "{fine:?}");
    }
}

proptest! {
    #[test]
    fn any_quadlet_is_read_and_every_line_is_one_that_there_is(text in "[\\PC\n\t\r\\\\=\\[\\]#; ]{0,80}") {
        let lines = u32::try_from(text.split('\n').count()).unwrap();
        let file = UnitFile::parse_quadlet(&text);
        for line in file.entries.iter().map(|e| e.line).chain(file.problems.iter().map(|p| p.line)) {
            prop_assert!((1..=lines).contains(&line));
        }
    }
}
