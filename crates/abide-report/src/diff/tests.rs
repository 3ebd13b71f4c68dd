use abide_model::SecretSource;

use super::*;
use crate::sample::before_with_content;

fn shown(before: Before, after: &str, options: &TextOptions) -> String {
    let write = WriteFile {
        path: "/etc/systemd/system/a.service".parse().unwrap(),
        purpose: FilePurpose::Unit,
        body: Body::Plain(after.into()),
        mode: 0o644,
        before,
    };
    show(&of_write(&write, options))
}

fn show(shown: &Shown) -> String {
    let lines: Vec<String> = shown.lines.iter().map(DiffLine::signed_text).collect();
    format!("{}\n{}", shown.words, lines.join("\n"))
}

fn numbered(count: usize, change: usize) -> String {
    let line = |n| {
        let mark = if n % change == 0 { " changed" } else { "" };
        format!("line {n}{mark}\n")
    };
    (1..=count).map(line).collect()
}

#[test]
fn a_change_is_a_unified_diff_with_its_section() {
    let old = "[Unit]\nDescription=a\n\n\n\n[Service]\nType=exec\nUser=a\nGroup=a\nExecStart=/bin/a\nNice=1";
    let new = old.replace("/bin/a", "/bin/b") + "\n";
    insta::assert_snapshot!(shown(before_with_content(old), &new, &TextOptions::default()), @r##"

    @@ line 7, [Service]
      Type=exec
      User=a
      Group=a
    - ExecStart=/bin/a
    - Nice=1
    \ no newline at the end
    + ExecStart=/bin/b
    + Nice=1
    "##);
}

#[test]
fn fewer_lines_of_context_can_be_asked_for() {
    let options = TextOptions {
        context: 0,
        ..TextOptions::default()
    };
    insta::assert_snapshot!(shown(before_with_content("a\nb\nc\n"), "a\nB\nc\n", &options), @r##"

    @@ line 2
    - b
    + B
    "##);
}

#[test]
fn a_long_diff_is_folded_unless_all_is_asked_for() {
    let (old, new) = (numbered(300, 1000), numbered(300, 10));
    let folded = shown(before_with_content(&old), &new, &TextOptions::default());
    assert!(
        folded.ends_with("more lines of this diff (--full shows them)"),
        "{folded}"
    );
    assert_eq!(folded.lines().count(), 37, "{folded}");
    let full = TextOptions {
        full: true,
        ..TextOptions::default()
    };
    let whole = shown(before_with_content(&old), &new, &full);
    assert!(
        whole.contains("line 290 changed") && !whole.contains('…'),
        "{whole}"
    );
}

#[test]
fn a_huge_file_is_not_compared_by_line() {
    let said = shown(
        before_with_content(&numbered(9000, 2)),
        &numbered(9000, 3),
        &TextOptions::default(),
    );
    assert_eq!(said, "(9000 lines) → (9000 lines), too long for a diff\n");
}

#[test]
fn a_short_new_file_is_shown_and_a_long_one_counted() {
    let said = |text: &str| shown(Before::Absent, text, &TextOptions::default());
    assert_eq!(
        said("[Service]\nNice=1\n"),
        "(2 lines)\n+ [Service]\n+ Nice=1"
    );
    assert_eq!(said(&numbered(7, 10)), "(7 lines)\n");
    assert_eq!(said(""), "(empty)\n");
}

#[test]
fn a_secret_is_never_shown() {
    let write = |before| WriteFile {
        path: "/home/a/.env".parse().unwrap(),
        purpose: FilePurpose::Plain,
        body: Body::Secret {
            source: SecretSource::Env("TOKEN".to_owned()),
            bytes: Some("canary-new".into()),
        },
        mode: 0o600,
        before,
    };
    let full = TextOptions {
        full: true,
        ..TextOptions::default()
    };
    let changed = show(&of_write(&write(before_with_content("canary-old")), &full));
    assert_eq!(changed, "(secret, changed)\n");
    assert_eq!(
        show(&of_write(&write(Before::Absent), &full)),
        "(secret, new)\n"
    );
}

#[test]
fn what_is_no_text_is_measured() {
    let before = Before::File {
        digest: None,
        content: Some(Bytes::new(vec![0, 255, 7])),
        mode: 0o644,
    };
    let said = shown(before, "text\n", &TextOptions::default());
    assert_eq!(said, "(binary, 3 bytes) → (1 line)\n");
    let nul = shown(Before::Absent, "a\0b", &TextOptions::default());
    assert_eq!(nul, "(binary, 3 bytes)\n");
}

#[test]
fn content_that_did_not_come_along_is_told_by_digest() {
    let before = Before::File {
        digest: Some(Digest::of_bytes(b"old")),
        content: None,
        mode: 0o644,
    };
    let said = shown(before, "new", &TextOptions::default());
    insta::assert_snapshot!(said, @r##"(content differs: sha256 cba06b5736fa → 11507a0e2f5e)"##);
}

#[test]
fn a_symbolic_link_is_said_to_be_replaced() {
    let before = Before::Symlink("/etc/\u{1b}[31mshadow".to_owned());
    insta::assert_snapshot!(shown(before, "[Service]\n", &TextOptions::default()), @r##"
    (1 line) instead of a symbolic link to /etc/�[31mshadow
    + [Service]
    "##);
}

#[test]
fn lines_of_a_host_cannot_act_on_the_terminal() {
    let old = format!(
        "a\u{1b}]0;evil\u{7}\r\n\u{202e}drowssap\n{}\n",
        "x".repeat(100_000)
    );
    let write = WriteFile {
        path: "/home/a/x".parse().unwrap(),
        purpose: FilePurpose::Plain,
        body: Body::Plain("b\n".into()),
        mode: 0o644,
        before: before_with_content(&old),
    };
    let said = show(&of_write(&write, &TextOptions::default()));
    assert!(
        !said.contains(['\u{1b}', '\r', '\u{7}', '\u{202e}']),
        "{said}"
    );
    assert!(
        said.len() < 1000 && said.contains("(+99800 characters)"),
        "{said}"
    );
}

#[test]
fn a_removed_file_is_counted_and_shown_in_full() {
    let before = before_with_content("a\nb\n");
    assert_eq!(
        show(&of_removal(&before, &TextOptions::default())),
        "(2 lines)\n"
    );
    let full = TextOptions {
        full: true,
        ..TextOptions::default()
    };
    assert_eq!(show(&of_removal(&before, &full)), "(2 lines)\n- a\n- b");
}
