//! What a look for drift found, fleet-shaped: each finding once, with all the hosts on which it is the same; what somebody
//! changed first.

use std::collections::BTreeMap;

use abide_model::{DriftClass, Finding, HostDrift, HostName, LockHolder, UtcTime};

use crate::words::one_line;

/// What the two columns mean.
pub(crate) const KEY: &str =
    "D: changed on the host since the last apply. M: differs from the manifest.";

/// One finding, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// Two columns: see [`DriftClass::columns`].
    pub(crate) sign: &'static str,
    /// The resource; empty where it is about the host.
    pub(crate) resource: String,
    /// What.
    pub(crate) text: String,
}

impl Found {
    /// Something about a host as a whole.
    pub(crate) fn of_host(sign: &'static str, text: String) -> Self {
        Self {
            sign,
            resource: String::new(),
            text,
        }
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
pub(crate) fn of(drift: &HostDrift) -> Vec<Found> {
    if let Some(holder) = drift.busy.as_ref().filter(|_| !drift.resources.is_empty()) {
        return vec![Found::of_host("? ", busy(holder))];
    }
    let found = drift.resources.iter().flat_map(|one| {
        one.findings.iter().map(|finding| Found {
            sign: one.class.columns(),
            resource: one_line(&one.resource.to_string()),
            text: said(one.class, finding),
        })
    });
    let left = drift.left.iter().map(|left| Found {
        sign: "  ",
        resource: one_line(&left.resource.to_string()),
        text: format!("not restored: {}", one_line(&left.reason)),
    });
    found.chain(left).collect()
}

/// Why nothing is said of what differs on a host that somebody changes just now.
pub(crate) fn busy(holder: &LockHolder) -> String {
    format!(
        "{} of {} runs there now: what differs may be its doing",
        one_line(&holder.operation),
        one_line(&holder.who)
    )
}

/// Each finding once with its hosts: first what somebody changed, then by the first host it is on.
pub(crate) fn shared<'a>(
    hosts: impl IntoIterator<Item = (&'a HostName, Vec<Found>)>,
) -> Vec<(Found, Vec<&'a HostName>)> {
    let mut all: Vec<(Found, Vec<&HostName>)> = Vec::new();
    let mut places: BTreeMap<Found, usize> = BTreeMap::new();
    for (name, found) in hosts {
        for one in found {
            let place = *places.entry(one.clone()).or_insert(all.len());
            match all.get_mut(place) {
                Some((_, names)) if names.last() == Some(&name) => {}
                Some((_, names)) => names.push(name),
                None => all.push((one, vec![name])),
            }
        }
    }
    all.sort_by_key(|(found, _)| found.rank());
    all
}

/// What was found, since when, and by whom as far as there is evidence.
fn said(class: DriftClass, finding: &Finding) -> String {
    let text = one_line(&finding.text);
    let more = more(class, finding);
    match more.as_slice() {
        [] => text,
        more => format!("{text}  ({})", more.join(", ")),
    }
}

fn more(class: DriftClass, finding: &Finding) -> Vec<String> {
    let since = finding
        .since
        .map(|at| format!("since {}", UtcTime::from_secs(at.secs())));
    let by = finding
        .by
        .as_ref()
        .map(|by| format!("now owned by {}", one_line(by)));
    let evidence = finding.evidence.iter().map(|one| match one.at {
        // Of a finding without a time, the evidence has it.
        Some(at) if finding.since.is_none() => {
            let at = UtcTime::from_secs(at.secs());
            format!("{} at {at}", one_line(&one.text))
        }
        _ => one_line(&one.text),
    });
    let known: Vec<String> = since.into_iter().chain(by).chain(evidence).collect();
    let asked = class.is_on_host() && finding.is_done();
    let unknown = match (known.is_empty(), finding.evidence.is_empty()) {
        (true, _) if asked => Some("since when and by whom: unknown"),
        (true, _) if class.is_on_host() => Some("since when: unknown"),
        (false, true) if asked && finding.by.is_none() => Some("by whom: unknown"),
        _ => None,
    };
    let unknown = unknown.map(str::to_owned);
    known.into_iter().chain(unknown).collect()
}
