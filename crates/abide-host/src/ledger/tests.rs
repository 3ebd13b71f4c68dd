use proptest::prelude::*;

use super::*;

const SHA: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn reads() -> LedgerReads {
    let digest = Some(Held::Digest(SHA.parse().unwrap()));
    let read = |run, left| LedgerRead { run, left };
    LedgerReads {
        definition: Some(read(None, digest)),
        files: [
            (HostPath::parse("/definition").unwrap(), read(digest, None)),
            (
                HostPath::parse("/etc/a b").unwrap(),
                read(digest, Some(Held::Nothing)),
            ),
        ]
        .into(),
    }
}

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
        reads: LedgerReads::default(),
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
            (
                unit("b.timer"),
                LedgerUnit {
                    reads: reads(),
                    ..left("", None, false)
                },
            ),
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
    reads user:sidekiq b.timer definition - ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
    reads user:sidekiq b.timer /definition ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad -
    reads user:sidekiq b.timer /etc/a%20b ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad none
    unit user:sidekiq c.timer - - enabled claimed
    end
    ");
}

#[test]
fn a_ledger_reads_what_it_writes() {
    for ledger in [sample(), Ledger::default()] {
        let contents = read(&write(&ledger)).unwrap();
        assert_eq!(contents.ledger, ledger);
        assert_eq!(contents.findings, []);
    }
}

#[test]
fn a_user_with_a_backslash_is_a_plain_word_in_every_line() {
    let text = write(&sample()).replace("sidekiq", "CORP%5Cnina");
    let contents = read(&text).unwrap();
    assert_eq!(contents.findings, []);
    assert_eq!(
        contents.ledger.lingers,
        [r"CORP\nina".parse().unwrap()].into()
    );
    assert_eq!(write(&contents.ledger), text);
    // In one way only.
    for other in [r"CORP\nina", "CORP%5cnina", "%43ORP%5Cnina"] {
        let text = text.replace("CORP%5Cnina", other);
        assert_eq!(read(&text).unwrap().ledger, Ledger::default(), "{other}");
    }
}

#[test]
fn what_is_no_whole_ledger_is_refused() {
    for text in [
        "",
        "\n",
        "abide-ledger 2\nend\n",
        "abide-ledger 10\nend\n",
        "xabide-ledger 1\nend\n",
    ] {
        assert_eq!(read(text), Err(LedgerError::Version), "{text:?}");
    }
    for text in [
        "abide-ledger 1",
        "abide-ledger 1\n",
        "abide-ledger 1\nuser a\n",
        "abide-ledger 1\nuser a\nend",
        "abide-ledger 1\nuser a\nbackend\n",
        "abide-ledger 1\nuser a\nend\n\n",
    ] {
        assert_eq!(read(text), Err(LedgerError::Cut), "{text:?}");
        assert_eq!(read_leniently(text).1, Some(LedgerTextFault::Cut));
    }
    let (cut, _) = read_leniently("abide-ledger 1\nuser a\nfile system /etc/systemd/system/a.serv");
    assert_eq!(cut.ledger.users.len(), 1);
    assert_eq!(cut.findings, []);
}

#[test]
fn a_text_without_its_head_is_no_ledger_and_one_of_another_version_is_nobodys() {
    for text in ["", "\n", "abide-ledger\n", "abide-ledger x\n", "root:x:0\n"] {
        assert_eq!(
            read_leniently(text).1,
            Some(LedgerTextFault::NoLedger),
            "{text:?}"
        );
    }
    for text in ["abide-ledger 2", "abide-ledger 12\nuser a\nend\n"] {
        let (contents, fault) = read_leniently(text);
        assert_eq!(fault, Some(LedgerTextFault::Newer), "{text:?}");
        assert_eq!(contents, Contents::default());
    }
    let (contents, _) = read_leniently("password\nuser a\nend\n");
    assert_eq!(contents.ledger.users.len(), 1);
    assert_eq!(contents.findings.len(), 1);
    assert_eq!(contents.findings[0].text, "");
}

fn faults(lines: &str) -> Vec<(usize, LedgerFault)> {
    let text = format!("abide-ledger 1\nuser a\n{lines}\nuser b\nend\n");
    let contents = read(&text).unwrap();
    assert!(
        contents.ledger.users.len() >= 2,
        "{lines:?}: the others stand"
    );
    let findings = contents.findings.into_iter();
    findings
        .map(|finding| (finding.line, finding.fault))
        .collect()
}

#[test]
fn a_line_that_abide_would_not_write_costs_that_line() {
    for line in [
        "user 0bad",
        "user a b",
        "user",
        " user c",
        "user c ",
        "user\tc",
        "linger ..",
        "attribute a shell",
        "attribute a shell /bin/sh x",
        "file system relative claimed",
        "file system /etc/systemd/system/../a.service claimed",
        "file system /etc/systemd/system/a.service nodigest",
        "file system /etc/systemd/system/a.service claimed claimed",
        "file system /etc/systemd/system/%61.service claimed",
        "file system %2Fetc/systemd/system/a.service claimed",
        "file user:a /home/a/%0a claimed",
        "file user:a /home/a/%00 claimed",
        "file nobody /a claimed",
        "unit system a.service zz - -",
        "unit system a.service 0123 - -",
        "unit system a.service 0123456789ABCDEF0123456789ABCDEF - -",
        "unit system a.exe - - -",
        "unit system a.service - - maybe",
        "unit system a.service - - - claimed claimed",
        "unit system a.service - - enabled\r",
        // No line of this unit came before.
        "reads system a.service definition - -",
        "reads system a.service definition -",
        "reads system a.service definition - - -",
        "",
        "end",
        "abide-ledger 1",
        "surprise",
        "\u{1b}[2J",
        "unit system \u{fffd}.service - - -",
    ] {
        assert_eq!(faults(line), [(3, LedgerFault::Meaningless)], "{line:?}");
    }
    let text = "abide-ledger 1\n\u{1b}]0;owned\u{7} \u{202e}\nend\n";
    let shown = read(text).unwrap().findings[0].to_string();
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
}

#[test]
fn the_second_of_two_lines_about_the_same_is_not_believed() {
    for line in [
        "user a",
        "linger c\nlinger c",
        "file user:a /home/a/x claimed\nfile user:b /home/a/x claimed",
        "unit system a.service - - -\nunit system a.service - - enabled",
    ] {
        let found = faults(line);
        let [(_, fault)] = found.as_slice() else {
            panic!("{line}: {found:?}");
        };
        assert_eq!(*fault, LedgerFault::Twice, "{line}");
    }
}

#[test]
fn what_abide_cannot_own_is_no_entry() {
    for line in [
        "file system /etc/precious.conf claimed",
        "file system /etc/systemd/system/sub/a.service claimed",
        "user root",
    ] {
        let found = faults(line);
        assert!(
            matches!(found.as_slice(), [(3, LedgerFault::NotOwnable(_))]),
            "{line}: {found:?}"
        );
    }
    let text =
        "abide-ledger 1\nfile user:a /home/b/x claimed\nfile user:a /home/a/x claimed\nend\n";
    let mut contents = read(text).unwrap();
    let home = HostPath::parse("/home/a").unwrap();
    contents.at_home(|_| Some(&home));
    assert_eq!(contents.ledger.files.len(), 1);
    assert_eq!(contents.findings.len(), 1);
    assert_eq!(contents.findings[0].line, 2);
}

#[test]
fn findings_without_end_are_not_kept() {
    let text = format!("abide-ledger 1\n{}end\n", "x\n".repeat(100_000));
    assert_eq!(read(&text).unwrap().findings.len(), MOST_FINDINGS);
}

proptest! {
    #[test]
    fn any_path_survives(part in "[^/\0]{1,40}") {
        prop_assume!(part != "." && part != "..");
        let mut ledger = Ledger::default();
        let path = HostPath::parse(&format!("/{part}")).unwrap();
        let scope = "user:a".parse().unwrap();
        ledger.files.insert(path, LedgerFile { scope, digest: None });
        prop_assert_eq!(read(&write(&ledger)).unwrap().ledger, ledger);
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        drop(read(&text));
        drop(read(&format!("abide-ledger 1\n{text}\nend\n")));
    }

    #[test]
    fn what_a_repair_writes_is_a_ledger_with_nothing_wrong(text in any::<String>(), head in any::<bool>()) {
        let text = if head { format!("abide-ledger 1\n{text}") } else { text };
        let (kept, _) = read_leniently(&text);
        let again = read(&write(&kept.ledger)).unwrap();
        prop_assert_eq!(again.findings, vec![]);
        prop_assert_eq!(again.ledger, kept.ledger);
    }
}

#[test]
fn what_a_unit_reads_is_about_a_unit_that_the_ledger_has_and_said_once() {
    let after_unit = |line: &str| {
        let faults = faults(&format!("unit system a.service - - -\n{line}"));
        faults.into_iter().map(|(_, fault)| fault).next()
    };
    for right in [
        "reads system a.service definition - -",
        "reads system a.service /definition none -",
        &format!("reads system a.service /etc/a%20b {SHA} none"),
    ] {
        assert_eq!(after_unit(right), None, "{right:?}");
        let twice = after_unit(&format!("{right}\n{right}"));
        assert_eq!(twice, Some(LedgerFault::Twice), "{right:?}");
    }
    for wrong in [
        "reads system b.service definition - -",
        "reads user:a a.service definition - -",
        "reads system a.service etc/a - -",
        "reads system a.service %2Fetc/a - -",
        "reads system a.service /etc/../a - -",
        "reads system a.service /etc/a - claimed",
        "reads system a.service /etc/a abc -",
        "reads system a.service /etc/a -",
    ] {
        let fault = after_unit(wrong);
        assert_eq!(fault, Some(LedgerFault::Meaningless), "{wrong:?}");
    }
}
