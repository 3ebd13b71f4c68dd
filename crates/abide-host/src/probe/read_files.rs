//! Reads what stands at each path.

use std::collections::BTreeMap;

use abide_model::{
    Bytes, Digest, FileKind, HostPath, Observation, ObservedFile, Part, Plenty, Timestamp,
    UnknownReason, printable_text,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::ask::ScopeAsk;
use super::clock::date_time;
use super::frames::{Frame, Frames};
use super::room::{MOST_UNDECLARED, NAME, PATH, cut, printable_up_to};
use crate::{layout, percent};

/// Larger contents are not sent.
const LARGEST: usize = 1_048_576;

/// Every file of the answer. The lists of the answer have no names: they follow the order of the paths, so an
/// entry too few or too many makes all of them unknown.
pub(super) fn files(
    ask: &ScopeAsk,
    home: &HostPath,
    answer: &Frames<'_>,
) -> Result<BTreeMap<HostPath, Observation<ObservedFile>>, UnknownReason> {
    let declared: Vec<HostPath> = ask
        .files
        .iter()
        .map(|file| layout::resolve(&file.at, home))
        .collect();
    let Some(frame) = answer.get("files") else {
        return match declared.as_slice() {
            [] => Ok(BTreeMap::new()),
            _ => Err(UnknownReason::NoFiles),
        };
    };
    let most = declared.len().saturating_add(MOST_UNDECLARED);
    let entries = entries(frame, declared, most)?;
    let mut details = PathDetails::new(answer);
    let mut files = BTreeMap::new();
    for (index, (path, letter)) in entries.into_iter().enumerate() {
        let observation = details.next(letter, index.saturating_add(1));
        // The same path may be asked for twice, by a home and by its name: the first may have a content.
        if let Some(path) = path {
            files.entry(path).or_insert(observation);
        }
    }
    Ok(if details.has_exact_length() {
        files
    } else {
        let changed = || Observation::Unknown(UnknownReason::ChangedWhileRead);
        files.into_keys().map(|path| (path, changed())).collect()
    })
}

type PathEntry = (Option<HostPath>, char);

/// Path and letter of each line: declared paths have no name there, the others are percent-encoded.
fn entries(
    frame: &Frame<'_>,
    declared: Vec<HostPath>,
    most: usize,
) -> Result<Vec<PathEntry>, UnknownReason> {
    let mut declared = declared.into_iter();
    let mut entries = Vec::new();
    for line in frame.text_lines() {
        let (letter, name) = line.split_once(' ').unwrap_or((line, ""));
        let path = match declared.next() {
            Some(path) => Some(path),
            None => percent::decode(name).and_then(|path| HostPath::parse(&path).ok()),
        };
        if entries.len() >= most {
            return Err(UnknownReason::TooMany {
                what: Plenty::Files,
                most,
            });
        }
        let letter = letter.chars().next().unwrap_or('h');
        entries.push((path, letter));
    }
    match declared.next() {
        None => Ok(entries),
        Some(_) => Err(UnknownReason::CutShort(Part::Files)),
    }
}

/// The lists that say more about each path that is there, in its order.
struct PathDetails<'a> {
    answer: &'a Frames<'a>,
    stats: Box<dyn Iterator<Item = &'a str> + 'a>,
    digests: Box<dyn Iterator<Item = &'a str> + 'a>,
    missing: bool,
}

impl<'a> PathDetails<'a> {
    fn new(answer: &'a Frames<'a>) -> Self {
        let list = |name: &str| Box::new(answer.get(name).into_iter().flat_map(Frame::text_lines));
        Self {
            answer,
            stats: list("stat"),
            digests: list("sha256"),
            missing: false,
        }
    }

    /// Whether the lists were just as long as the paths needed.
    fn has_exact_length(&mut self) -> bool {
        !self.missing && self.stats.next().is_none() && self.digests.next().is_none()
    }

    fn next(&mut self, letter: char, number: usize) -> Observation<ObservedFile> {
        match letter {
            'a' => Observation::Absent,
            'f' | 'F' | 'l' | 'L' | 'd' | 'o' => self.existing_file(letter, number).map_or_else(
                || {
                    self.missing = true;
                    Observation::Unknown(UnknownReason::NoDescription)
                },
                Observation::Known,
            ),
            _ => Observation::Unknown(UnknownReason::NotSearchable),
        }
    }

    fn existing_file(&mut self, letter: char, number: usize) -> Option<ObservedFile> {
        let stat = Stat::read(self.stats.next()?)?;
        let digest = match letter {
            'f' | 'l' => Some(self.digests.next()?.parse::<Digest>().ok()?),
            _ => None,
        };
        let number = number.to_string();
        // What stands behind a link changes with the link itself.
        let behind = self
            .answer
            .frame_about("behind", &number)
            .and_then(|frame| Stat::read(frame.text_lines().next()?));
        let later = |of: fn(&Stat) -> Timestamp| {
            behind
                .as_ref()
                .map_or(of(&stat), |file| of(file).max(of(&stat)))
        };
        let (changed_at, written_at) =
            (later(|stat| stat.changed_at), later(|stat| stat.written_at));
        Some(ObservedFile {
            kind: self.kind(letter, &number),
            digest,
            size: stat.size,
            mode: stat.mode,
            owner: stat.owner,
            changed_at,
            written_at,
            content: digest.and_then(|digest| self.content(&number, digest)),
        })
    }

    fn kind(&self, letter: char, number: &str) -> FileKind {
        match letter {
            'f' | 'F' => FileKind::Regular,
            'l' | 'L' => FileKind::Symlink(self.target(number).unwrap_or_default()),
            'd' => FileKind::Directory,
            _ => FileKind::Other,
        }
    }

    fn target(&self, number: &str) -> Option<String> {
        let bytes = decode_base64(self.answer.frame_about("link", number)?)?;
        let text = String::from_utf8_lossy(&bytes);
        let target = text.strip_suffix('\n').unwrap_or(&text);
        Some(printable_text(cut(target, PATH)))
    }

    /// The content, where it is still the one that the digest is of.
    fn content(&self, number: &str, digest: Digest) -> Option<Bytes> {
        let bytes = decode_base64(self.answer.frame_about("content", number)?)?;
        let content = Bytes::new(bytes);
        (content.digest() == digest).then_some(content)
    }
}

fn decode_base64(frame: &Frame<'_>) -> Option<Vec<u8>> {
    // In base64, with a newline behind every 76 characters.
    if frame.size_in_bytes() > LARGEST.saturating_mul(3) / 2 {
        return None;
    }
    let text: String = frame.text_lines().collect();
    let bytes = STANDARD.decode(text).ok()?;
    (bytes.len() <= LARGEST).then_some(bytes)
}

/// A line of `stat -c '%f %s %u %z %y %U'`: raw mode, size, owner's id, last change, last change of the content, owner's
/// name.
struct Stat {
    mode: u32,
    size: u64,
    owner: String,
    changed_at: Timestamp,
    written_at: Timestamp,
}

impl Stat {
    fn read(line: &str) -> Option<Self> {
        // busybox 1.30 prints no zone, which is UTC's anyway.
        let line = line.replace(" +0000 ", " ");
        let words: Vec<&str> = line.splitn(8, ' ').collect();
        let [
            mode,
            size,
            uid,
            date,
            time,
            written_date,
            written_time,
            name,
        ] = words.as_slice()
        else {
            return None;
        };
        // UNKNOWN is what stat says of an id without a name.
        let owner = if *name == "UNKNOWN" { uid } else { name };
        Some(Self {
            mode: u32::from_str_radix(mode, 16).ok()? & 0o7777,
            size: size.parse().ok()?,
            owner: printable_up_to(owner, NAME),
            changed_at: date_time(&format!("{date} {time}"))?,
            written_at: date_time(&format!("{written_date} {written_time}"))?,
        })
    }
}
