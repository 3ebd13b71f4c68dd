use abide_model::WriteFile;

use super::*;

fn shown_of(text: &str, is_unit: bool) -> String {
    let purpose = match is_unit {
        true => FilePurpose::DropIn,
        false => FilePurpose::Plain,
    };
    let mut shown = Bytes::from(text);
    hide(None, Some(&mut shown), purpose);
    shown.as_text().unwrap().to_owned()
}

#[test]
fn values_of_keys_that_look_secret_are_hidden_in_units() {
    for (line, shows) in [
        (
            "Environment=DB_PASSWORD=canary",
            "Environment=DB_PASSWORD=(hidden)",
        ),
        (
            "Environment=A=1 \"API_KEY=ca nary\" B=2",
            "Environment=A=1 \"API_KEY=(hidden)\" B=2",
        ),
        (
            "Environment='PRIVATE_KEY=ca\\'nary' A=b",
            "Environment='PRIVATE_KEY=(hidden)' A=b",
        ),
        (
            "Environment=A=1 \\\n  GITHUB_TOKEN=canary \\\n  C=3",
            "Environment=A=1 \\\n  GITHUB_TOKEN=(hidden) \\\n  C=3",
        ),
        (
            "# Environment=MY_SECRET=canary",
            "# Environment=MY_SECRET=(hidden)",
        ),
        (
            "Environment = X_PASS=canary",
            "Environment = X_PASS=(hidden)",
        ),
        (
            "Environment=DATABASE_URL=postgres://app:canary@db/app",
            "Environment=DATABASE_URL=postgres://app:(hidden)@db/app",
        ),
        ("SetCredential=key:canary:x", "SetCredential=key:(hidden)"),
        (
            "ExecStart=/bin/x --url https://u:canary@h/ --y",
            "ExecStart=/bin/x --url https://u:(hidden)@h/ --y",
        ),
    ] {
        assert_eq!(
            shown_of(&format!("[Service]\n{line}\nNice=5\n"), true),
            format!("[Service]\n{shows}\nNice=5\n")
        );
    }
}

#[test]
fn what_holds_no_secret_is_shown_as_it_is() {
    for line in [
        "Environment=PATH=/usr/bin MONKEY=1 COMPASS=n",
        "Environment=DB_PASSWORD_FILE=/run/secrets/db TOKEN_PATH=%d/token",
        "Environment=DB_PASSWORD=",
        "Environment=URL=https://example.org/a@b:c",
        "LoadCredential=token:/etc/token",
        "Description=Tokens: who has the password=x",
        "ExecStart=/bin/x a=b",
        "Environment=\"unfinished",
    ] {
        let text = format!("[Service]\n{line}\n");
        assert_eq!(shown_of(&text, true), text);
    }
    for text in [
        "a: b\nKEY=1\n# a comment: with a colon\nx",
        "",
        "=\n:\n",
        "Hot tea: yes",
    ] {
        assert_eq!(shown_of(text, false), text);
    }
}

#[test]
fn values_are_hidden_in_other_files() {
    for (text, shows) in [
        (
            "A=1\nDB_PASSWORD=canary\nB=2\n",
            "A=1\nDB_PASSWORD=(hidden)\nB=2\n",
        ),
        (
            "export API_TOKEN='can\nary' # why\nB=2\n",
            "export API_TOKEN=(hidden)\nB=2\n",
        ),
        ("  password: canary\n", "  password: (hidden)\n"),
        (
            "{\n\"client_secret\": \"canary\",\n",
            "{\n\"client_secret\": (hidden)\n",
        ),
        (
            "a\n-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----\nb\n",
            "a\n(hidden)\nb\n",
        ),
        (
            "url=redis://:canary@h:1/0\n",
            "url=redis://:(hidden)@h:1/0\n",
        ),
        ("PASSWORD=\"canary", "PASSWORD=(hidden)"),
    ] {
        assert_eq!(shown_of(text, false), shows);
    }
}

fn written(old: &str, new: &str, purpose: FilePurpose) -> Change {
    Change::WriteFile(WriteFile {
        path: "/etc/x".parse().unwrap(),
        purpose,
        body: Body::Plain(new.into()),
        mode: 0o644,
        before: Before::File {
            digest: None,
            content: Some(old.into()),
            mode: 0o644,
        },
    })
}

#[test]
fn a_hidden_value_that_changes_is_told_to_and_one_that_stays_is_not() {
    let change = written(
        "A_TOKEN=canary1\nB_TOKEN=canary2\nC=1\n",
        "A_TOKEN=canary1\nB_TOKEN=canary3\nD_TOKEN=canary2\nC=2\n",
        FilePurpose::Plain,
    );
    let shown = change_without_sensitive(&change);
    assert_eq!(
        shown,
        written(
            "A_TOKEN=(hidden)\nB_TOKEN=(hidden)\nC=1\n",
            "A_TOKEN=(hidden)\nB_TOKEN=(hidden, changed)\nD_TOKEN=(hidden)\nC=2\n",
            FilePurpose::Plain,
        )
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_taken_apart_and_put_together_again(text in "[ \n\\\\='\":@/#A-Pa-p_]{0,60}(Environment=)?[ \n\\\\='\":@/A-PTOKENa-p_]{0,60}", is_unit: bool) {
        let whole: String = pieces_of_text(&text, is_unit)
            .iter()
            .map(|piece| match piece {
                TextPiece::Plain(text) | TextPiece::Secret { value: text, .. } => text.as_str(),
            })
            .collect();
        proptest::prop_assert_eq!(whole, text);
    }
}
