//! A second question to a host that has drifted: who may have done it. The journal's lines of sudo, and the package
//! that a path belongs to.
//!
//! It costs nothing where nothing has drifted, for then nothing is asked. Nothing is written. What comes back names who
//! ran which program on which unit or path, and no other argument: a command line may hold secrets.

use std::collections::BTreeSet;

use abide_model::{Drift, Evidence, EvidenceKind, Finding, HostDrift, HostPath, Timestamp};

use crate::probe::{COMMON, Frames};
use crate::quote::word;

mod sudo;

const EVIDENCE: &str = include_str!("evidence/evidence.sh");

/// More paths than this are not asked about.
const MOST_PATHS: usize = 64;
/// How long before a change whoever made it may have begun: an editor was open meanwhile.
const BEFORE: u64 = 15 * 60 * 1_000_000;
/// Lines are written a little later than what they are about.
const AFTER: u64 = 5 * 1_000_000;
/// So close to a file's change its package was unpacked.
const UNPACKED: u64 = 120 * 1_000_000;
/// The script asks for so many lines of the journal.
const MOST_LINES: usize = 2000;
/// More clues for one finding say no more.
const MOST_CLUES: usize = 3;

/// The script that asks for evidence about what was found; `None` where there is nothing to ask. `nonce` as for
/// [`probe::script`](crate::probe::script).
pub fn script(drift: &HostDrift, now: Timestamp, nonce: &str) -> Option<String> {
    let spans: Vec<TimeSpan> = findings_to_attribute(drift)
        .map(|(_, one)| TimeSpan::of_finding(drift, one, now))
        .collect();
    let from = spans.iter().map(|span| span.from).min()?;
    let to = spans.iter().map(|span| span.to).max()?;
    let paths = paths(drift).into_iter().map(|path| word(path.as_str()));
    let paths: Vec<String> = paths.map(|path| format!(" {path}")).collect();
    Some(
        [
            "# abide: who may have changed what differs. It reads and changes nothing.\nmain() {\n"
                .to_owned(),
            format!("nonce={}\n", word(nonce)),
            format!(
                "from={}\nto={}\n\n",
                from.unix_seconds(),
                to.unix_seconds().saturating_add(1)
            ),
            COMMON.to_owned(),
            EVIDENCE.to_owned(),
            format!("\nevidence{} </dev/null\n}}\nmain\n", paths.concat()),
        ]
        .concat(),
    )
}

/// Adds to each finding what the host answered to [`script`] with the same `drift` and `nonce`. Nothing in the answer
/// is trusted, and an answer that means nothing adds nothing.
pub fn read(drift: &mut HostDrift, now: Timestamp, nonce: &str, answer: &[u8]) {
    let frames = Frames::of_answer(answer, nonce);
    let asked: Vec<HostPath> = paths(drift).into_iter().cloned().collect();
    let lines: Vec<sudo::SudoLine> = frames
        .get("sudo")
        .into_iter()
        .flat_map(|frame| frame.text_lines().take(MOST_LINES))
        .filter_map(sudo::SudoLine::parse)
        .collect();
    let outer = drift.clone();
    for one in &mut drift.resources {
        let (class, resource) = (one.class, one.resource.clone());
        let wanted = one
            .findings
            .iter_mut()
            .filter(|one| class.is_on_host() && one.is_done());
        for finding in wanted {
            let span = TimeSpan::of_finding(&outer, finding, now);
            let place = asked
                .iter()
                .position(|path| Some(path) == finding.path.as_ref());
            let package = place.and_then(|place| frames.frame_about("package", &place.to_string()));
            let text = package.and_then(|frame| frame.text_lines().next());
            finding
                .evidence
                .extend(text.and_then(|text| package_evidence(text, finding.since)));
            let about = sudo::About::of_resource(&resource, finding.path.as_ref());
            finding
                .evidence
                .extend(sudo_evidence(&lines, &about, &span));
        }
    }
}

/// Findings that somebody is to be found for. While abide itself changes the host, that is nobody else.
fn findings_to_attribute(drift: &HostDrift) -> impl Iterator<Item = (&Drift, &Finding)> {
    let idle = drift.busy.is_none().then_some(drift);
    let all = idle.into_iter().flat_map(|drift| &drift.resources);
    let on_host = all.filter(|one| one.class.is_on_host());
    on_host.flat_map(|one| {
        let findings = one.findings.iter().filter(|found| found.is_done());
        findings.map(move |found| (one, found))
    })
}

/// The paths that packages are asked for, each once. To dpkg-query(1) some characters mean a pattern.
fn paths(drift: &HostDrift) -> BTreeSet<&HostPath> {
    let paths = findings_to_attribute(drift).filter_map(|(_, found)| found.path.as_ref());
    let plain = paths.filter(|path| !path.as_str().contains(['*', '?', '[', '\\', '\n']));
    plain.take(MOST_PATHS).collect()
}

/// When it must have happened.
struct TimeSpan {
    from: Timestamp,
    to: Timestamp,
    /// Whether that is known, and not just since the last apply.
    is_known: bool,
}

impl TimeSpan {
    fn of_finding(drift: &HostDrift, finding: &Finding, now: Timestamp) -> Self {
        match finding.since {
            Some(since) => Self {
                from: Timestamp(since.0.saturating_sub(BEFORE)),
                to: Timestamp(since.0.saturating_add(AFTER)),
                is_known: true,
            },
            None => Self {
                from: drift.applied_at.unwrap_or(now),
                to: now,
                is_known: false,
            },
        }
    }
}

/// What sudo logged in that time about that, else shells that were opened in it.
fn sudo_evidence(
    lines: &[sudo::SudoLine],
    about: &sudo::About<'_>,
    span: &TimeSpan,
) -> Vec<Evidence> {
    let within = |line: &&sudo::SudoLine| (span.from..=span.to).contains(&line.at);
    let told = |words: &dyn Fn(&sudo::SudoLine) -> Option<String>| -> Vec<Evidence> {
        let mut found: Vec<Evidence> = lines
            .iter()
            .filter(within)
            .filter_map(|line| {
                Some(Evidence {
                    kind: EvidenceKind::Sudo,
                    text: format!("sudo by {}: {}", line.who, words(line)?),
                    at: Some(line.at),
                })
            })
            .collect();
        let surplus = found.len().saturating_sub(MOST_CLUES);
        found.drain(..surplus);
        found
    };
    let direct = told(&|line| line.words_about(about));
    match direct.is_empty() && span.is_known {
        true => told(&sudo::SudoLine::opened_shell),
        false => direct,
    }
}

/// What a package's line says: its name, and when it was unpacked.
fn package_evidence(text: &str, since: Option<Timestamp>) -> Option<Evidence> {
    let (name, at) = text.split_once(' ')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_');
    if name.is_empty() || name.len() > 100 || !name.chars().all(plain) {
        return None;
    }
    let at = at.trim().parse().ok().map(Timestamp::from_secs);
    let then = at
        .zip(since)
        .is_some_and(|(at, since)| at.0.abs_diff(since.0) <= UNPACKED);
    Some(Evidence {
        kind: EvidenceKind::Package,
        text: match then {
            true => format!("package {name}, which it belongs to, was installed or upgraded then"),
            false => format!("it belongs to package {name}"),
        },
        at: at.filter(|_| then),
    })
}

#[cfg(test)]
mod tests;
