use std::process::Command;

use proptest::prelude::*;

use super::*;

/// What each of these shells makes of the words: the arguments, each between brackets, one `printf` for all.
#[expect(
    clippy::disallowed_methods,
    reason = "the shell itself is the judge of quoting"
)]
fn as_arguments(shell: &[&str], words: &str) -> String {
    let script = format!("printf '[%s]' {words}");
    let output = Command::new(shell[0])
        .args(&shell[1..])
        .arg("-c")
        .arg(script)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn shells() -> Vec<Vec<&'static str>> {
    crate::testing::shells()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_shell_reads_back_what_was_quoted(
        texts in proptest::collection::vec("[ -~\n\t\u{e9}\u{1F600}'\"$`\\\\%*?!#~-]{0,24}", 1..6)
    ) {
        let expected = format!("[{}]", texts.join("]["));
        for shell in shells() {
            prop_assert_eq!(&as_arguments(&shell, &words(texts.iter().map(String::as_str))), &expected);
            let quoted: Vec<String> = texts.iter().map(|text| quote(text)).collect();
            prop_assert_eq!(&as_arguments(&shell, &quoted.join(" ")), &expected);
        }
    }
}

#[test]
fn a_pattern_matches_its_text_and_nothing_else() {
    let texts = [
        "a",
        r"CORP\svc",
        r"CORP\nina",
        "*",
        "a*",
        "[ab]",
        "?",
        r"\",
        r"\*",
        "a b",
        "it's",
        "",
        "$x",
        "a|b",
        "~",
        "!a",
        "#",
    ];
    for shell in shells() {
        for text in texts {
            let pattern = case_pattern(text);
            for other in texts {
                let script = format!(
                    "case {} in {pattern}) printf yes ;; *) printf no ;; esac",
                    quote(other)
                );
                let said = crate::testing::run(&shell, &[], script.as_bytes());
                let wanted = if text == other { "yes" } else { "no" };
                assert_eq!(
                    String::from_utf8(said).unwrap(),
                    wanted,
                    "{shell:?}: {script}"
                );
            }
            // A name in a list of names, as the scripts look for it.
            let script = format!(
                "name={0}; list={0}; case \" x $list y \" in *\" $name \"*) printf yes ;; esac; case \" x $list y \" in *\" $name. \"*) printf no ;; esac",
                quote(text)
            );
            let said = crate::testing::run(&shell, &[], script.as_bytes());
            assert_eq!(
                String::from_utf8(said).unwrap(),
                "yes",
                "{shell:?}: {script}"
            );
        }
    }
}

#[test]
fn names_and_paths_stay_readable() {
    assert_eq!(
        words([
            "/etc/systemd/system/a@b.service",
            "-x",
            "",
            "a b",
            "it's",
            "~",
            r"a\x2db"
        ]),
        r"/etc/systemd/system/a@b.service -x '' 'a b' 'it'\''s' '~' 'a\x2db'"
    );
}
