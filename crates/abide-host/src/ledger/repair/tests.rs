//! Ledgers of a home are asked for and mended by real shells.
#![expect(
    clippy::disallowed_methods,
    reason = "tests run the scripts in real shells and look at files"
)]

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use abide_model::{HostLedgers, LedgerTextFault, PlaceFault, PlaceKind};

use super::*;
use crate::ledger::ask;
use crate::testing::{Directory, shellcheck, shells};

const NONCE: &str = "n0nce0123456789abcdef";
const UNIT: &str = "unit user:ana a.service - - enabled";

/// A home with ledgers in it.
struct Home {
    directory: Directory,
    shell: Vec<&'static str>,
}

impl Home {
    fn new(shell: Vec<&'static str>) -> Self {
        let home = Self {
            directory: Directory::new("ledgers"),
            shell,
        };
        fs::create_dir_all(home.ledgers()).unwrap();
        fs::set_permissions(home.ledgers(), fs::Permissions::from_mode(0o700)).unwrap();
        home
    }

    fn ledgers(&self) -> PathBuf {
        self.directory.path().join(".local/state/abide/ledger")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.ledgers().join(name)
    }

    fn write(&self, name: &str, lines: &str) -> &Self {
        fs::write(self.path(name), lines).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
        self
    }

    fn run(&self, script: &str) -> Vec<u8> {
        let file = self.directory.path().join("script");
        fs::write(&file, script).unwrap();
        let output = Command::new(self.shell[0])
            .args(&self.shell[1..])
            .args(["-s", "--", "none", "ana", "1000"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.directory.path())
            .stdin(fs::File::open(&file).unwrap())
            .output()
            .unwrap();
        output.stdout
    }

    fn look(&self) -> HostLedgers {
        let answer = self.run(&ask::script(NONCE));
        ask::read(NONCE, &answer)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&answer)))
    }

    fn mend(&self, repair: &LedgerRepair) -> Repaired {
        let options = RepairOptions {
            nonce: NONCE.to_owned(),
            who: "ana@desk".to_owned(),
            url: String::new(),
            time_limit: Duration::from_secs(30),
        };
        let mut reader = RepairReader::new(repair, NONCE);
        let said = self.run(&script(repair, &options));
        for line in said.split(|byte| *byte == b'\n') {
            reader.line(line);
        }
        let told = reader.end();
        assert!(told.ended, "{}", String::from_utf8_lossy(&said));
        told
    }

    /// Repairs everything, and asserts that it worked. Returns where each thing is kept.
    fn repair(&self, keep_lines: bool) -> Vec<String> {
        let repair = self.look().repair(keep_lines);
        let told = self.mend(&repair);
        assert_eq!(told.failed, Vec::<String>::new());
        let kept = (0..repair.steps.len()).filter_map(|step| kept(&told.steps[&step]));
        let kept = kept.collect();
        assert!(self.look().is_good(), "{:?}", self.look());
        kept
    }
}

fn name(text: &str) -> abide_model::ManifestName {
    text.parse().unwrap()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn shellcheck_has_nothing_to_say() {
    shellcheck(&format!(
        "# shellcheck disable=SC2034,SC2154,SC2317 # functions are shared with other scripts\n{}",
        ask::script(NONCE)
    ));
    let repair = LedgerRepair {
        steps: vec![
            RepairStep::Directory(PlaceFault::Owner),
            RepairStep::InTheWay,
            RepairStep::SetAside {
                name: name("a"),
                fault: PlaceFault::Kind,
            },
            RepairStep::Readable { name: name("a") },
            RepairStep::Rewrite {
                name: name("a"),
                was: Digest::of_bytes(b""),
                ledger: abide_model::Ledger::default(),
            },
        ],
    };
    let options = RepairOptions {
        nonce: NONCE.to_owned(),
        who: "ana@desk".to_owned(),
        url: String::new(),
        time_limit: Duration::from_secs(30),
    };
    shellcheck(&script(&repair, &options));
}

#[test]
fn what_is_as_abide_writes_it_needs_nothing() {
    for shell in shells() {
        let home = Home::new(shell);
        home.write("a", &format!("abide-ledger 1\n{UNIT}\nend\n"));
        fs::write(home.path(".new"), "left over").unwrap();
        let seen = home.look();
        assert!(seen.is_good(), "{seen:?}");
        assert_eq!(seen.ledgers[&name("a")].ledger.units.len(), 1);
        assert_eq!(seen.repair(false).steps, Vec::new());
    }
}

#[test]
fn a_host_without_ledgers_needs_nothing() {
    for shell in shells() {
        let home = Home::new(shell);
        fs::remove_dir(home.ledgers()).unwrap();
        assert!(home.look().is_good());
    }
}

#[test]
fn valid_lines_stay_and_the_old_text_is_kept_where_nobody_reads_it_as_a_ledger() {
    for shell in shells() {
        let home = Home::new(shell);
        let old =
            format!("abide-ledger 1\nsurprise\n{UNIT}\nfile system /etc/passwd claimed\nuser a");
        home.write("a", &old)
            .write("b", &format!("abide-ledger 1\n{UNIT}\nend\n"));
        let seen = home.look();
        let found = &seen.ledgers[&name("a")];
        assert_eq!(found.text, Some(LedgerTextFault::Cut));
        let lines: Vec<usize> = found.findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [2, 4]);
        let kept = home.repair(false);
        assert_eq!(
            read(&home.path("a")),
            format!("abide-ledger 1\n{UNIT}\nend\n")
        );
        assert_eq!(kept.len(), 1);
        let copy = Path::new(&kept[0]);
        assert_eq!(read(copy), old);
        let file = copy.file_name().unwrap().to_string_lossy().into_owned();
        assert!(abide_model::ManifestName::parse(&file).is_err(), "{file}");
        assert_eq!(
            fs::metadata(copy).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn a_text_that_is_no_ledger_is_not_shown() {
    for shell in shells() {
        let home = Home::new(shell);
        home.write("a", &format!("root:secret:1\n{UNIT}\nbin:secret:2\n"));
        let found = home.look().ledgers.remove(&name("a")).unwrap();
        assert_eq!(found.text, Some(LedgerTextFault::NoLedger));
        assert!(!format!("{found:?}").contains("secret"), "{found:?}");
        assert_eq!(found.findings.len(), 2);
        home.repair(false);
        assert!(read(&home.path("a")).contains(UNIT));
    }
}

#[test]
fn what_a_newer_abide_wrote_is_left_alone() {
    let home = Home::new(vec!["sh"]);
    home.write("a", "abide-ledger 2\nwhatever\n");
    let seen = home.look();
    assert!(!seen.is_good());
    let repair = seen.repair(false);
    assert_eq!(repair.steps, Vec::new());
    assert!(!seen.is_mended_by(&repair));
}

#[test]
fn what_is_no_file_is_moved_aside_unopened() {
    for shell in shells() {
        let home = Home::new(shell);
        let made = Command::new("mkfifo").arg(home.path("pipe")).status();
        assert!(made.unwrap().success());
        let elsewhere = home.directory.path().join("elsewhere");
        fs::write(&elsewhere, "abide-ledger 1\nend\n").unwrap();
        symlink(&elsewhere, home.path("link")).unwrap();
        symlink("/nowhere/at/all", home.path("loose")).unwrap();
        fs::create_dir(home.path("folder")).unwrap();
        fs::create_dir(home.path(".new")).unwrap();
        fs::write(home.path("folder/x"), "x").unwrap();
        let seen = home.look();
        let kinds: Vec<PlaceKind> = seen.ledgers.values().map(|found| found.kind).collect();
        let expected = [
            PlaceKind::Directory,
            PlaceKind::Link,
            PlaceKind::Link,
            PlaceKind::Pipe,
        ];
        assert_eq!(kinds, expected);
        assert!(seen.in_the_way);
        let kept = home.repair(false);
        assert_eq!(kept.len(), 5, "{kept:?}");
        assert_eq!(read(&elsewhere), "abide-ledger 1\nend\n");
        assert!(
            fs::symlink_metadata(&kept[4])
                .unwrap()
                .file_type()
                .is_fifo()
        );
        assert!(home.look().ledgers.is_empty());
    }
}

#[test]
fn what_others_could_write_is_not_believed_unless_somebody_read_it() {
    for shell in shells() {
        let home = Home::new(shell);
        let text = format!("abide-ledger 1\n{UNIT}\nend\n");
        for (keep_lines, expected) in [(true, text.as_str()), (false, "abide-ledger 1\nend\n")] {
            home.write("a", &text);
            fs::set_permissions(home.path("a"), fs::Permissions::from_mode(0o666)).unwrap();
            assert_eq!(
                home.look().ledgers[&name("a")].file,
                Some(PlaceFault::Writable)
            );
            home.repair(keep_lines);
            assert_eq!(read(&home.path("a")), expected);
            let mode = fs::metadata(home.path("a")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        home.write("a", &text);
        fs::set_permissions(home.ledgers(), fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(home.look().directory_fault, Some(PlaceFault::Writable));
        home.repair(false);
        assert_eq!(read(&home.path("a")), "abide-ledger 1\nend\n");
    }
}

#[test]
fn a_directory_that_is_none_is_moved_aside() {
    for shell in shells() {
        let home = Home::new(shell);
        let elsewhere = home.directory.path().join("elsewhere");
        fs::rename(home.ledgers(), &elsewhere).unwrap();
        fs::write(elsewhere.join("a"), "untouched").unwrap();
        symlink(&elsewhere, home.ledgers()).unwrap();
        let seen = home.look();
        assert_eq!(seen.directory_fault, Some(PlaceFault::Kind));
        assert!(seen.ledgers.is_empty());
        home.repair(false);
        assert_eq!(read(&elsewhere.join("a")), "untouched");
        assert!(!home.ledgers().is_symlink());
    }
}

#[test]
fn what_changed_since_it_was_seen_is_left_as_it_is() {
    for shell in shells() {
        let home = Home::new(shell);
        home.write("a", "abide-ledger 1\nsurprise\nend\n");
        fs::create_dir(home.path("b")).unwrap();
        let repair = home.look().repair(false);
        let now = format!("abide-ledger 1\n{UNIT}\nend\n");
        fs::remove_dir(home.path("b")).unwrap();
        home.write("a", &now).write("b", &now);
        let told = home.mend(&repair);
        assert!(!told.steps.values().any(StepResult::is_done), "{told:?}");
        assert_eq!(
            (read(&home.path("a")), read(&home.path("b"))),
            (now.clone(), now)
        );
        let files = fs::read_dir(home.ledgers()).unwrap().count();
        assert_eq!(files, 2, "no copy is left");
    }
}

#[test]
fn what_is_too_large_is_moved_aside() {
    let home = Home::new(vec!["sh"]);
    let text = format!("abide-ledger 1\n{}end\n", "surprise\n".repeat(150_000));
    home.write("a", &text);
    assert_eq!(
        home.look().ledgers[&name("a")].file,
        Some(PlaceFault::Large)
    );
    let kept = home.repair(false);
    assert_eq!(kept.len(), 1);
}

#[test]
fn ledgers_that_do_not_all_fit_are_not_taken_for_broken() {
    let home = Home::new(vec!["sh"]);
    let unit = |number: usize| format!("unit user:ana a{number}.service - - enabled\n");
    let lines: String = (0..22_000).map(unit).collect();
    for ledger in ["a", "b", "c", "d"] {
        home.write(ledger, &format!("abide-ledger 1\n{lines}end\n"));
    }
    let seen = home.look();
    assert!(seen.ledgers[&name("a")].is_good());
    assert_eq!(seen.repair(false).steps, Vec::new());
}

#[test]
fn no_line_of_another_makes_a_step() {
    let repair = LedgerRepair {
        steps: vec![RepairStep::InTheWay],
    };
    let mut reader = RepairReader::new(&repair, NONCE);
    for line in [
        "mended 0 /x".to_owned(),
        format!("{NONCE} mended 1 /x"),
        format!("{NONCE} mended -1 /x"),
        format!("{NONCE} mended 0 {}\u{1b}[2J", "x".repeat(10_000)),
        format!("{NONCE} not-mended 0 too late"),
    ] {
        reader.line(line.as_bytes());
    }
    let told = reader.end();
    assert_eq!(told.steps.len(), 1);
    let kept = kept(&told.steps[&0]).unwrap();
    assert!(kept.len() <= 500 && !kept.contains('\u{1b}'));
}

/// Where the thing is kept that a step moved away.
fn kept(step: &StepResult) -> Option<String> {
    match step {
        StepResult::Mended { kept } => kept.clone(),
        StepResult::Failed { said } => panic!("{said}"),
    }
}
