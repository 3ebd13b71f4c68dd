//! What a script lets into the ledger, in the shells of this machine.

use crate::quote::quote;
use crate::testing::{Directory, run, shells};

const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn claimed() -> String {
    let lines = format!(
        "abide-ledger 1\nuser ana\nlinger ana\nattribute ana comment \nattribute ana shell /bin/sh\n\
         file system /etc/systemd/system/a%5Cx2db.service.d/10.conf {DIGEST}\n\
         file user:ana /home/ana/.config/systemd/user/a.service claimed\n\
         unit system a.service - - enabled\nunit user:ana a@1.service 0123456789abcdef0123456789abcdef {DIGEST} - claimed\n"
    );
    let nina = r"CORP%5Cnina";
    format!(
        "{lines}linger {nina}\nfile user:{nina} /home/nina/.config/systemd/user/a.service claimed\n\
         unit user:{nina} a.service - {DIGEST} enabled\nreads user:{nina} a.service definition - {DIGEST}\nend\n"
    )
}

/// What the script says, and the ledger then.
fn written(shell: &[&str], at: &Directory, call: &str, text: &str) -> (String, String) {
    let place = at.path().join("ledgers/m");
    let script = format!(
        "set -f; export LC_ALL=C; newline='\n'; nonce=n; outcome=0; ledger={}\n{}\n{}\n\
         printf '%s' {} | {call} && echo written\n",
        quote(&place.display().to_string()),
        include_str!("../events.sh"),
        include_str!("../ledger.sh"),
        quote(text),
    );
    let said = String::from_utf8(run(shell, &[], script.as_bytes())).unwrap();
    let ledger = match std::fs::symlink_metadata(&place) {
        Ok(found) if found.is_file() => std::fs::read_to_string(&place).unwrap(),
        _ => String::new(),
    };
    (said, ledger)
}

fn claim(shell: &[&str], at: &Directory) {
    let done = written(shell, at, "claim_ledger", &claimed());
    assert_eq!(done, ("written\n".to_owned(), claimed()), "{shell:?}");
}

#[test]
fn every_kind_of_line_is_written() {
    for shell in shells() {
        let at = Directory::new("ledger");
        claim(&shell, &at);
        let done = written(&shell, &at, "complete_ledger", &claimed());
        assert_eq!(done, ("written\n".to_owned(), claimed()), "{shell:?}");
        let less = "abide-ledger 1\nlinger ana\nend\n";
        let done = written(&shell, &at, "complete_ledger", less);
        assert_eq!(done, ("written\n".to_owned(), less.to_owned()), "{shell:?}");
        let none = "abide-ledger 1\nend\n";
        let done = written(&shell, &at, "complete_ledger", none);
        assert_eq!(done, ("written\n".to_owned(), none.to_owned()), "{shell:?}");
    }
}

#[test]
fn a_line_that_was_not_claimed_or_has_another_form_is_left_out_and_told() {
    for shell in shells() {
        for planted in [
            "file system /etc/precious.conf claimed",
            "file system /etc/systemd/system/../precious.conf claimed",
            "file system /etc/systemd/system/other.service claimed",
            "file user:bob /home/bob/x claimed",
            "file user:ana /home/ana/.config/systemd/user/a.service no-digest",
            "unit system audit-victim.service - - enabled",
            "unit system a.service - - enabled more",
            "unit system a.service - -  enabled",
            "user root",
            "linger bob",
            "linger CORP%5Cbob",
            r"linger CORP\nina",
            "linger CORP%5C",
            "linger CORP%2Fnina",
            "linger CORP%5Cnina%5Cx",
            "surprise",
            "end",
            "",
            "surprise \u{1b}]0;owned\u{7}",
        ] {
            let at = Directory::new("ledger");
            claim(&shell, &at);
            let text = claimed().replace("linger ana\n", &format!("linger ana\n{planted}\n"));
            let (said, ledger) = written(&shell, &at, "complete_ledger", &text);
            assert_eq!(ledger, claimed(), "{shell:?} {planted:?}");
            assert!(said.contains("did not claim"), "{planted:?}: {said}");
            assert!(!said.contains(['\u{1b}', '\u{7}']), "{said:?}");
            assert!(!said.contains("written"), "{said}");
        }
    }
}

#[test]
fn an_attribute_that_is_about_to_change_is_written_where_the_controller_says_so() {
    for shell in shells() {
        let at = Directory::new("ledger");
        claim(&shell, &at);
        let home = "attribute ana home /srv/ana\n";
        let text = claimed().replace("attribute ana shell", &format!("{home}attribute ana shell"));
        let call = "complete_ledger 'attribute ana home'";
        let done = written(&shell, &at, call, &text);
        assert_eq!(done, ("written\n".to_owned(), text), "{shell:?}");
    }
}

#[test]
fn a_claim_with_a_line_of_another_form_changes_nothing() {
    for shell in shells() {
        let at = Directory::new("ledger");
        claim(&shell, &at);
        for text in [
            "abide-ledger 1\nfile system /etc/precious.conf claimed\nend\n",
            "abide-ledger 1\nuser ana\n",
            "abide-ledger 2\nend\n",
            "",
        ] {
            let (said, ledger) = written(&shell, &at, "claim_ledger", text);
            assert!(!said.contains("written"), "{shell:?} {text:?}: {said}");
            assert_eq!(ledger, claimed(), "{shell:?} {text:?}");
        }
    }
}

#[test]
fn what_stands_in_the_way_is_not_waited_for_nor_followed() {
    for shell in shells() {
        for (place, makes, says) in [
            ("m", "mkfifo m", "no regular file"),
            ("m", "mkdir m", "no regular file"),
            ("m", "ln -s ../other m", "no regular file"),
            (".new", "mkdir .new; touch .new/x", "in the way"),
            (".new", "mkfifo .new", "written"),
            (".new", "ln -s ../other .new", "written"),
        ] {
            let at = Directory::new("ledger");
            std::fs::write(at.path().join("other"), "other\n").unwrap();
            let here = quote(&at.path().display().to_string());
            run(
                &shell,
                &[],
                format!("mkdir {here}/ledgers; cd {here}/ledgers; {makes}\n").as_bytes(),
            );
            let (said, ledger) = written(&shell, &at, "claim_ledger", &claimed());
            assert!(said.contains(says), "{shell:?} {makes}: {said}");
            assert_eq!(at.read("other"), "other\n", "{shell:?} {makes}");
            let left = std::fs::symlink_metadata(at.path().join("ledgers").join(place));
            match says {
                "written" => {
                    assert_eq!(ledger, claimed());
                    assert!(left.is_err(), "{makes}");
                }
                _ => assert!(!left.unwrap().is_file(), "{makes}"),
            }
        }
    }
}
