//! What a reviewer must not miss: what goes, what stops, what is refused, what nobody could see.

use std::collections::BTreeMap;

use abide_model::{HostName, HostState, Severity};

use crate::document::{Document, HostEntry, RemarkKind, SharedChange};
use crate::hosts;
use crate::mark::Mark;
use crate::markdown::escape::{code, escaped_prose};
use crate::surprise;
use crate::words::count;

/// Warnings that are said one by one; of more, the number.
const MOST: usize = 25;

/// The warnings as one alert; `None` where there is nothing to warn of.
pub(super) fn alert_block(document: &Document) -> Option<String> {
    let mut all: Vec<String> = Vec::new();
    all.extend(document.changes.iter().flat_map(of_change));
    all.extend(of_hosts(&document.hosts));
    all.extend(of_surprises(&document.hosts));
    all.extend(of_manifest(document));
    if all.is_empty() {
        return None;
    }
    let left = all.len().saturating_sub(MOST);
    all.truncate(MOST);
    if left > 0 {
        all.push(format!("… and {left} more"));
    }
    let lines: Vec<String> = all.iter().map(|text| format!("> - {text}\n")).collect();
    Some(format!("> [!WARNING]\n{}", lines.concat()))
}

fn of_change(change: &SharedChange) -> Vec<String> {
    let on = hosts_of_change(change);
    let mut said = Vec::new();
    if change.effect == Mark::Remove {
        said.push(format!("{} is **removed** on {on}", name(change)));
    } else if change
        .steps
        .iter()
        .any(|step| step.interrupts == Some(Mark::Remove))
        && !change.steps.iter().any(|step| step.verb == "start")
    {
        said.push(format!("{} is **stopped** on {on}", name(change)));
    }
    for remark in &change.remarks {
        let text = escaped_prose(&remark.text);
        match remark.kind {
            RemarkKind::Refused | RemarkKind::Unknown => {
                said.push(format!("{} on {on}: **{text}**", name(change)));
            }
            _ => {}
        }
    }
    said
}

pub(super) fn name(change: &SharedChange) -> String {
    match change.owner.as_str() {
        "" => code(&change.name),
        owner => format!("{} ({})", code(&change.name), escaped_prose(owner)),
    }
}

/// The hosts of a change: by name, counted where there are many.
pub(super) fn hosts_of_change(change: &SharedChange) -> String {
    let names = escaped_prose(&change.hosts_text);
    match change.hosts.len() {
        0..=2 => names,
        many => format!("{names} ({})", count(many, "host")),
    }
}

/// Hosts that could not be planned, each reason once. What failed in an apply is told at length below.
fn of_hosts(all: &[HostEntry]) -> Vec<String> {
    let mut by_reason: BTreeMap<(HostState, String), Vec<&HostName>> = BTreeMap::new();
    for host in all {
        if let Some(why) = host_obstacle(host) {
            by_reason
                .entry((host.state, why))
                .or_default()
                .push(&host.host);
        }
    }
    let said = by_reason.into_iter().map(|((state, why), names)| {
        let names = escaped_prose(&hosts::name_ranges(names));
        let why = match why.as_str() {
            "" => String::new(),
            why => format!(": {}", escaped_prose(why)),
        };
        format!("**{names}** {}{why}", state.display_word())
    });
    said.collect()
}

fn host_obstacle(host: &HostEntry) -> Option<String> {
    if host.drift.is_some() {
        // It was seen; the table of findings tells of it.
        return None;
    }
    match host.state {
        HostState::Clean
        | HostState::Drifted
        | HostState::Pending
        | HostState::Changed
        | HostState::Failed => None,
        HostState::Locked => Some(host.lock.as_ref().map_or(String::new(), |holder| {
            format!("by {} ({})", holder.who, holder.operation)
        })),
        HostState::Unknown
        | HostState::Stale
        | HostState::Suspended
        | HostState::NotStarted
        | HostState::Interrupted => Some(host.reasons.join("; ")),
    }
}

/// Where a forecast was wrong, each once.
fn of_surprises(all: &[HostEntry]) -> Vec<String> {
    let mut said: BTreeMap<String, Vec<&HostName>> = BTreeMap::new();
    for host in all {
        for one in &host.surprises {
            let hosts = said.entry(surprise::mismatch_sentence(one)).or_default();
            hosts.push(&host.host);
        }
    }
    let said = said.into_iter().map(|(text, names)| {
        let names = escaped_prose(&hosts::name_ranges(names));
        format!("**{names}**: {}", escaped_prose(&text))
    });
    said.collect()
}

fn of_manifest(document: &Document) -> Vec<String> {
    let said = document.diagnostics.iter().map(|found| {
        let word = match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let place = &found.span.origin;
        format!(
            "{} {word} {}: {}",
            code(&format!("{}:{}", place.file, place.line)),
            found.code,
            escaped_prose(&found.message)
        )
    });
    said.collect()
}
