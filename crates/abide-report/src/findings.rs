//! What a look for drift found, fleet-shaped: each finding once, with all the hosts on which it is the same; what somebody
//! changed first.

use std::collections::BTreeMap;

use abide_model::{DriftClass, Finding, HostDrift, HostName, LockHolder, Timestamp, UtcTime};

use crate::words::one_line;

/// What the two columns mean.
pub(crate) const KEY: &str =
    "D: changed on the host since the last apply. M: differs from the manifest.";

/// One finding, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ToldFinding {
    /// Two columns: see [`DriftClass::column_marks`].
    pub(crate) sign: &'static str,
    /// The resource; empty where it is about the host.
    pub(crate) resource: String,
    /// What.
    pub(crate) text: String,
    /// By whom, and what shows it.
    more: Vec<String>,
    /// Since when, on the first host and on the last: it is the same thing although it did not happen in the same second.
    since: Option<(Timestamp, Timestamp)>,
}

impl ToldFinding {
    /// Something about a host as a whole.
    pub(crate) fn of_host(sign: &'static str, text: String) -> Self {
        Self {
            sign,
            resource: String::new(),
            text,
            more: Vec::new(),
            since: None,
        }
    }

    /// What it is, without since when.
    fn without_time(&self) -> Self {
        Self {
            since: self.since.map(|_| (Timestamp(0), Timestamp(0))),
            ..self.clone()
        }
    }

    /// The same thing on one more host.
    fn widen_since(&mut self, other: &Self) {
        if let (Some((first, last)), Some((from, to))) = (&mut self.since, other.since) {
            *first = (*first).min(from);
            *last = (*last).max(to);
        }
    }

    /// With all that is known in its text.
    fn with_full_text(self) -> Self {
        let since = self.since.map(|(first, last)| {
            let [first, last] =
                [first, last].map(|at| UtcTime::from_secs(at.unix_seconds()).to_string());
            match first == last {
                true => format!("since {first}"),
                false => format!("since {first} to {last}"),
            }
        });
        let more: Vec<String> = since.into_iter().chain(self.more.iter().cloned()).collect();
        let text = match more.as_slice() {
            [] => self.text.clone(),
            more => format!("{}  ({})", self.text, more.join(", ")),
        };
        Self { text, ..self }
    }

    /// Whether it is in one of the two columns, whose meaning is said below them.
    pub(crate) fn is_in_a_column(&self) -> bool {
        self.sign.contains(['D', 'M'])
    }

    fn rank(&self) -> usize {
        const ORDER: [&str; 5] = ["DM", "D ", " M", "? ", "- "];
        let place = ORDER.iter().position(|sign| *sign == self.sign);
        place.unwrap_or(ORDER.len())
    }
}

/// What was found on one host. While somebody changes it, what differs proves nothing.
pub(crate) fn found_on_host(drift: &HostDrift) -> Vec<ToldFinding> {
    let is_doubtful = drift.class() == DriftClass::Unknown;
    if let Some(holder) = drift.busy.as_ref().filter(|_| is_doubtful) {
        return vec![ToldFinding::of_host("? ", busy_reason(holder))];
    }
    let found = drift.resources.iter().flat_map(|one| {
        one.findings.iter().map(|finding| ToldFinding {
            sign: one.class.column_marks(),
            resource: one_line(&one.resource.to_string()),
            text: one_line(&finding.text),
            more: evidence_texts(one.class, finding),
            since: finding.since.map(|at| (at, at)),
        })
    });
    let left = drift.left.iter().map(|left| ToldFinding {
        sign: "  ",
        resource: one_line(&left.resource.to_string()),
        text: format!("not restored: {}", one_line(&left.reason)),
        more: Vec::new(),
        since: None,
    });
    found.chain(left).collect()
}

/// Why nothing is said of what differs on a host that somebody changes just now.
pub(crate) fn busy_reason(holder: &LockHolder) -> String {
    format!(
        "{} of {} runs there now: what differs may be its doing",
        one_line(&holder.operation),
        one_line(&holder.who)
    )
}

/// Each finding once with its hosts: first what somebody changed, then by the first host it is on.
pub(crate) fn shared_by_hosts<'a>(
    hosts: impl IntoIterator<Item = (&'a HostName, Vec<ToldFinding>)>,
) -> Vec<(ToldFinding, Vec<&'a HostName>)> {
    let mut all: Vec<(ToldFinding, Vec<&HostName>)> = Vec::new();
    let mut places: BTreeMap<ToldFinding, usize> = BTreeMap::new();
    for (name, found) in hosts {
        for one in found {
            let place = *places.entry(one.without_time()).or_insert(all.len());
            match all.get_mut(place) {
                Some((known, names)) => {
                    known.widen_since(&one);
                    if names.last() != Some(&name) {
                        names.push(name);
                    }
                }
                None => all.push((one, vec![name])),
            }
        }
    }
    all.sort_by_key(|(found, _)| found.rank());
    all.into_iter()
        .map(|(found, names)| (found.with_full_text(), names))
        .collect()
}

/// By whom it was done as far as there is evidence, and what is not known of it.
fn evidence_texts(class: DriftClass, finding: &Finding) -> Vec<String> {
    let by = finding
        .by
        .as_ref()
        .map(|by| format!("now owned by {}", one_line(by)));
    let evidence = finding.evidence.iter().map(|one| match one.at {
        // Of a finding without a time, the evidence has it.
        Some(at) if finding.since.is_none() => {
            let at = UtcTime::from_secs(at.unix_seconds());
            format!("{} at {at}", one_line(&one.text))
        }
        _ => one_line(&one.text),
    });
    let known: Vec<String> = by.into_iter().chain(evidence).collect();
    let asked = class.is_on_host() && finding.is_done();
    let is_empty = known.is_empty() && finding.since.is_none();
    let unknown = match (is_empty, finding.evidence.is_empty()) {
        (true, _) if asked => Some("since when and by whom: unknown"),
        (true, _) if class.is_on_host() => Some("since when: unknown"),
        (false, true) if asked && finding.by.is_none() => Some("by whom: unknown"),
        _ => None,
    };
    let unknown = unknown.map(str::to_owned);
    known.into_iter().chain(unknown).collect()
}
