use proptest::prelude::*;

use super::*;

const SHA: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn sample() -> Ledger {
    let scope: Scope = "user:sidekiq".parse().unwrap();
    let file = |digest| LedgerFile {
        scope: scope.clone(),
        digest,
    };
    let unit = |name: &str| UnitRef::new(&scope, &UnitName::parse(name).unwrap());
    let left = |invocation: &str, config, enabled| LedgerUnit {
        invocation: invocation.to_owned(),
        config,
        enabled,
        claimed: false,
    };
    Ledger {
        files: [
            (
                HostPath::parse("/srv/side kiq/a%b\n.service").unwrap(),
                file(Some(SHA.parse().unwrap())),
            ),
            (HostPath::parse("/srv/new").unwrap(), file(None)),
        ]
        .into(),
        units: [
            (
                unit(r"a\x2db.service"),
                left("8d2a94d1efb743ab9cf6e17478d0bfe5", SHA.parse().ok(), true),
            ),
            (unit("b.timer"), left("", None, false)),
            (
                unit("c.timer"),
                LedgerUnit {
                    claimed: true,
                    ..left("", None, true)
                },
            ),
        ]
        .into(),
        users: ["sidekiq".parse().unwrap()].into(),
        lingers: ["sidekiq".parse().unwrap()].into(),
        attributes: [(
            "sidekiq".parse().unwrap(),
            [("comment", "Side kiq"), ("shell", "/bin/sh")]
                .map(|(field, value)| (field.to_owned(), value.to_owned()))
                .into(),
        )]
        .into(),
    }
}

#[test]
fn a_ledger_is_lines_of_plain_words() {
    insta::assert_snapshot!(write(&sample()), @r"
    abide-ledger 1
    user sidekiq
    linger sidekiq
    attribute sidekiq comment Side%20kiq
    attribute sidekiq shell /bin/sh
    file user:sidekiq /srv/new claimed
    file user:sidekiq /srv/side%20kiq/a%25b%0A.service ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
    unit user:sidekiq a%5Cx2db.service 8d2a94d1efb743ab9cf6e17478d0bfe5 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad enabled
    unit user:sidekiq b.timer - - -
    unit user:sidekiq c.timer - - enabled claimed
    end
    ");
}

#[test]
fn a_ledger_reads_what_it_writes() {
    assert_eq!(read(&write(&sample())), Ok(sample()));
    assert_eq!(read(&write(&Ledger::default())), Ok(Ledger::default()));
}

#[test]
fn what_is_no_whole_ledger_is_refused_with_its_line() {
    assert_eq!(read(""), Err(LedgerError::Version));
    assert_eq!(read("abide-ledger 2\nend\n"), Err(LedgerError::Version));
    assert_eq!(read("abide-ledger 1\nuser a\n"), Err(LedgerError::Cut));
    for line in [
        "user 0bad",
        "user a b",
        "file system relative claimed",
        "file system /a nodigest",
        "file nobody /a claimed",
        "unit system a.service zz - -",
        "unit system a.exe - - -",
        "unit system a.service - - maybe",
        "",
        "surprise",
    ] {
        let text = format!("abide-ledger 1\nuser a\n{line}\nend\n");
        assert_eq!(read(&text), Err(LedgerError::Line { number: 3 }), "{line}");
    }
}

proptest! {
    #[test]
    fn any_path_survives(part in "[^/\0]{1,40}") {
        prop_assume!(part != "." && part != "..");
        let mut ledger = Ledger::default();
        let path = HostPath::parse(&format!("/{part}")).unwrap();
        ledger.files.insert(path, LedgerFile { scope: Scope::System, digest: None });
        prop_assert_eq!(read(&write(&ledger)), Ok(ledger));
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        drop(read(&text));
        drop(read(&format!("abide-ledger 1\n{text}\nend\n")));
    }
}
