//! Asks a host for all of its ledgers as they stand, for whoever looks at them or repairs them.

use std::collections::BTreeMap;

use abide_model::{
    Digest, FoundLedger, HostLedgers, HostPath, ManifestName, PlaceFault, PlaceKind, UserName,
};

use crate::ledger;
use crate::probe::{Frame, Frames, LEDGERS_ROOM, MOST_LEDGERS, NAME, printable_up_to};
use crate::quote::word;

const ASK: &str = include_str!("ask.sh");

/// What comes beside the ledgers: homes of users, and a few words for each ledger.
const BESIDE: usize = 2 << 20;

/// Why an answer says nothing: a whole clause for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Nothing there could be limited in time.
    #[error("it has no timeout(1) as coreutils and busybox have it")]
    NoTimeout,
    /// The answer ends before its end.
    #[error("the answer was cut short")]
    Cut,
}

/// The script that asks. It reads and changes nothing, and runs as the probe does ([`crate::probe::script`]).
pub fn script(nonce: &str) -> String {
    format!(
        "main() {{\nexport LC_ALL=C TZ=UTC SYSTEMD_LOG_COLOR=0\ncd / || exit\nnonce={}\nledgers_room={LEDGERS_ROOM}\n{}\nshow_ledgers \"$1\" \"${{4-}}\"\n}}\nmain \"$@\" </dev/null\n",
        word(nonce),
        [
            crate::probe::COMMON,
            crate::NAMES,
            ledger::EACH,
            crate::PLACES,
            ASK
        ]
        .concat()
    )
}

/// How many bytes a host may answer.
pub fn largest_answer() -> usize {
    LEDGERS_ROOM.saturating_add(BESIDE)
}

/// Reads the answer. Nothing in it is trusted: what does not have its form is not there, and what did not come whole is said to
/// be so.
pub fn read(nonce: &str, answer: &[u8]) -> Result<HostLedgers, AskError> {
    let frames = Frames::of_answer(answer, nonce);
    if frames.get("no-timeout").is_some() {
        return Err(AskError::NoTimeout);
    }
    if frames.get("end").is_none() {
        return Err(AskError::Cut);
    }
    let homes = homes_by_user(&frames);
    let directory = frames
        .get("directory")
        .and_then(|frame| frame.text_lines().next());
    let mut ledgers = BTreeMap::new();
    for frame in frames.frames_named("ledger").take(MOST_LEDGERS) {
        if let Ok(name) = ManifestName::parse(frame.word(1)) {
            ledgers
                .entry(name)
                .or_insert_with(|| found_ledger(frame, &homes));
        }
    }
    let count = frames.get("count");
    let count = count.and_then(|frame| frame.word(1).parse::<usize>().ok());
    let unread = count.unwrap_or_default().saturating_sub(ledgers.len());
    let fault = frames.get("directory-fault");
    Ok(HostLedgers {
        directory: printable_up_to(directory.unwrap_or("an unknown place"), NAME),
        directory_fault: fault.map(|frame| PlaceFault::of_word(frame.word(1))),
        in_the_way: frames.get("in-the-way").is_some(),
        ledgers,
        unread,
    })
}

fn found_ledger(frame: &Frame<'_>, homes: &BTreeMap<UserName, HostPath>) -> FoundLedger {
    let fault = match frame.word(2) {
        "ok" => None,
        word => Some(PlaceFault::of_word(word)),
    };
    let mut found = FoundLedger {
        kind: kind(frame.word(5)),
        file: fault,
        text: None,
        ledger: abide_model::Ledger::default(),
        findings: Vec::new(),
        more: 0,
        digest: None,
    };
    if frame.word(3) != "text" {
        return found;
    }
    let Some(bytes) = bytes_of_size(frame.bytes(), frame.word(4)) else {
        found.file = Some(PlaceFault::Unseen);
        return found;
    };
    let (mut contents, text) = ledger::read_leniently(&String::from_utf8_lossy(bytes));
    contents.at_home(|name| homes.get(name));
    FoundLedger {
        text,
        ledger: contents.ledger,
        findings: contents.findings,
        more: contents.more,
        digest: Some(Digest::of_bytes(bytes)),
        ..found
    }
}

/// All of a file of this size: a frame's newline may have come behind it.
fn bytes_of_size<'a>(bytes: &'a [u8], size: &str) -> Option<&'a [u8]> {
    let size: usize = size.parse().ok()?;
    match bytes.len().checked_sub(size)? {
        0 => Some(bytes),
        1 if bytes.ends_with(b"\n") => bytes.get(..size),
        _ => None,
    }
}

/// From a raw mode in hexadecimal digits, as stat(1) prints it; the first says the type (inode(7)).
fn kind(mode: &str) -> PlaceKind {
    let digits = mode.len().checked_sub(3).and_then(|end| mode.get(..end));
    match digits {
        Some("8") => PlaceKind::Regular,
        Some("4") => PlaceKind::Directory,
        Some("a") => PlaceKind::Link,
        Some("1") => PlaceKind::Pipe,
        Some("c") => PlaceKind::Socket,
        Some("2" | "6") => PlaceKind::Device,
        _ => PlaceKind::Unknown,
    }
}

/// The homes of the users that the answer tells of.
fn homes_by_user(frames: &Frames<'_>) -> BTreeMap<UserName, HostPath> {
    let lines = frames.get("passwd").into_iter().flat_map(Frame::text_lines);
    let home = |line: &str| {
        let mut fields = line.split(':');
        let name = UserName::parse(fields.next()?).ok()?;
        let home = fields.nth(4)?;
        let home = home.trim_end_matches('/');
        let home = HostPath::parse(if home.is_empty() { "/" } else { home }).ok()?;
        Some((name, home))
    };
    lines.filter_map(home).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = "n0nce0123456789abcdef";

    fn answer(text: &str) -> HostLedgers {
        let text = text.replace("NONCE", NONCE);
        read(NONCE, text.as_bytes()).unwrap()
    }

    #[test]
    fn an_answer_that_is_not_whole_says_nothing() {
        for text in [
            "",
            "NONCE directory\n/x\n",
            "NONCE ledger a ok text 0 8180\n",
        ] {
            let text = text.replace("NONCE", NONCE);
            assert_eq!(read(NONCE, text.as_bytes()), Err(AskError::Cut));
        }
        let text = format!("\n{NONCE} no-timeout\n");
        assert_eq!(read(NONCE, text.as_bytes()), Err(AskError::NoTimeout));
    }

    #[test]
    fn what_does_not_have_its_form_is_not_there_or_not_known() {
        let seen = answer(
            "\nNONCE directory\n/x\u{1b}[2J\n\nNONCE ledger ../evil ok text 0 8180\n\nNONCE ledger a ok text 9 8180\nabide\n\
             \nNONCE ledger b ok text -1 8180\nabide\n\nNONCE ledger c whatever none 1 zzzz\n\nNONCE ledger a kind none 0 1180\n\
             \nNONCE count 99999999999999999999999\n\nNONCE end\n",
        );
        assert!(!seen.directory.contains('\u{1b}'));
        let names: Vec<&str> = seen.ledgers.keys().map(ManifestName::as_str).collect();
        assert_eq!(names, ["a", "b", "c"]);
        for found in seen.ledgers.values() {
            assert_eq!((found.file, found.digest), (Some(PlaceFault::Unseen), None));
        }
        // Nothing is done about what is not known.
        assert_eq!(seen.repair(true).steps, Vec::new());
        assert!(!seen.is_mended_by(&seen.repair(true)));
    }

    #[test]
    fn of_very_many_ledgers_a_few_are_read_and_the_others_counted() {
        let one = |number: usize| format!("\nNONCE ledger m{number} kind none 0 1180\n");
        let all: String = (0..10_000).map(one).collect();
        let seen = answer(&format!("{all}\nNONCE count 10000\n\nNONCE end\n"));
        assert_eq!(seen.ledgers.len(), MOST_LEDGERS);
        assert_eq!(seen.unread, 10_000 - MOST_LEDGERS);
        assert!(!seen.is_good());
    }

    #[test]
    fn a_file_outside_of_its_users_home_is_no_valid_line() {
        let text = "abide-ledger 1\nfile user:ana /home/bob/x claimed\nfile user:ana /home/ana/x claimed\nend\n";
        let seen = answer(&format!(
            "\nNONCE ledger a ok text {} 8180\n{text}\nNONCE passwd\nana:x:1000:1000::/home/ana:/bin/sh\n\nNONCE end\n",
            text.len()
        ));
        let found = seen.ledgers.values().next().unwrap();
        assert_eq!(found.ledger.files.len(), 1);
        assert_eq!(found.findings[0].line, 2);
    }
}
