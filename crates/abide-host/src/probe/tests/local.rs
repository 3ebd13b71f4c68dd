//! The script in the shells of this machine, as far as it goes without systemd.

use super::*;
use crate::testing::run;

#[test]
fn a_script_that_was_cut_on_the_way_does_nothing() {
    let script = script(&desired(), NONCE);
    for shell in shells() {
        for share in 1..12 {
            let cut = &script.as_bytes()[..script.len() * share / 12];
            let said = run(&shell, &["none", "deploy", "1000", "why"], cut);
            assert_eq!(
                String::from_utf8_lossy(&said),
                "",
                "{shell:?} with {share}/12"
            );
        }
    }
}

#[test]
fn odd_names_are_decoded_and_encoded_as_we_do() {
    let names = [
        "plain",
        "a b",
        "x\n",
        "\n\n",
        "-n",
        "%41",
        "it's \"$HOME\" \\ `id`",
        "äöü",
        "*",
    ];
    let mut script = format!("{COMMON}{SCOPE}");
    for name in names {
        let word = quote(name);
        let encoded = crate::percent::encode(name);
        script.push_str(&format!(
            "decode '{encoded}'; [ \"$decoded\" = {word} ] || echo {word} is not decoded\nencode {word}; decode \"$encoded\"; [ \"$decoded\" = {word} ] || echo {word} is not encoded\n"
        ));
    }
    for shell in shells() {
        let said = run(&shell, &[], script.as_bytes());
        assert_eq!(String::from_utf8_lossy(&said), "", "{shell:?}");
    }
}

#[test]
fn names_with_a_backslash_are_written_as_logind_and_ledgers_write_them() {
    let at = crate::testing::Directory::new("linger");
    for name in [
        r"CORP\\nina",
        "ana",
        "svc@corp.example",
        r"a\x2ab",
        r"a\\b\\c",
        "1",
        "a b",
    ] {
        std::fs::write(at.path().join(name), "").unwrap();
    }
    let ledger = at.path().join("ledger");
    std::fs::write(
        &ledger,
        "abide-ledger 1\nlinger CORP%5Cnina\nfile user:CORP%5Cbob /x claimed\nunit user:CORP%5Cbob a.service - - -\nend\n",
    )
    .unwrap();
    let here = at.path().display().to_string();
    let functions = format!("{COMMON}{}{HOST}", crate::NAMES);
    let script = format!(
        r#"{}
nonce=x; own_ledger={}
lingering; set -f; printf '%s\n' $lingers
ledger_users; ledger_words unit 'user:CORP\bob'
for name in 'CORP\nina' ana; do linger_record "$name"; printf '%s\n' "$record"; done"#,
        functions.replace("/var/lib/systemd/linger/*", &format!("{here}/*")),
        quote(&ledger.display().to_string()),
    );
    let names = "CORP\\nina\nana\nledger\nsvc@corp.example\n";
    let wanted = format!(
        "\nx linger\n{names}{names}CORP\\bob\nCORP\\nina\na.service\n{}\n/var/lib/systemd/linger/ana\n",
        UserName::parse(r"CORP\nina").unwrap().linger_record()
    );
    for shell in shells() {
        let said = run(&shell, &[], script.as_bytes());
        assert_eq!(String::from_utf8_lossy(&said), wanted, "{shell:?}");
    }
}

#[test]
fn the_script_with_such_a_name_is_what_a_shell_accepts() {
    let mut desired = desired();
    let user = desired.users.values().next().unwrap().clone();
    let name = UserName::parse(r"CORP\nina").unwrap();
    desired.users.insert(name, user);
    let script = script(&desired, NONCE);
    shellcheck(&script);
    for line in script.lines().filter(|line| line.contains(r"CORP\nina")) {
        let before = line.split_once("CORP").unwrap().0;
        assert_eq!(before.matches('\'').count() % 2, 1, "{line}");
    }
}

#[test]
fn absence_is_certain_only_below_a_directory_that_may_be_searched() {
    let script = format!(
        "{COMMON}{SCOPE}\nfor path in /nowhere/at/all /etc/passwd/x /etc/nothing-here; do kind_of $path; printf %s $kind; done"
    );
    for shell in shells() {
        let said = run(&shell, &[], script.as_bytes());
        assert_eq!(String::from_utf8_lossy(&said), "aaa", "{shell:?}");
    }
}

#[test]
fn only_files_that_can_be_read_have_a_digest() {
    let directory = crate::testing::Directory::new("digests");
    let names = "masked file piped absent dir link pipe broken";
    let script = format!(
        "{COMMON}{SCOPE}\nlimiter=none; cd {}
        [ -e file ] || {{ printf x >file; ln -s file link; ln -s /dev/null masked; ln -s nowhere broken
          mkfifo pipe; ln -s pipe piped; mkdir dir; }}
        kinds=; for path in {names}; do kind_of $PWD/$path; kinds=$kinds$kind; done
        echo $kinds; digests_of {names}",
        directory.path().display()
    );
    let of_x = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    for shell in shells() {
        let said = run(&shell, &[], script.as_bytes());
        // The file, and the link to it.
        assert_eq!(
            String::from_utf8_lossy(&said),
            format!("LfLadloL\n{of_x}\n{of_x}\n"),
            "{shell:?}"
        );
    }
}
