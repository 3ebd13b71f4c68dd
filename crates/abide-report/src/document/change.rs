//! The fleet-shaped diff: each change once, with all the hosts on which it is the same.

use std::collections::BTreeMap;

use abide_model::{HostName, ResourceId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::block::{Block, Step};
use crate::diff::DiffLine;
use crate::document::resource::DocumentRemark;
use crate::fleet::{Section, Spans};
use crate::hosts;
use crate::mark::Mark;
use crate::span::ActionSpan;
use crate::step;

/// A change of one resource that is the same on one or many hosts, or something that is said about it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SharedChange {
    /// The hosts, in order of their names.
    pub hosts: Vec<HostName>,
    /// The same for people: `web01-web38, db02`.
    pub hosts_text: String,
    /// What it is about.
    pub resource: ResourceId,
    /// Its name for people: `sidekiq.service`, `linger`, `user deploy`.
    pub name: String,
    /// Whose it is for people: `system`, `user deploy`; empty for an account.
    pub owner: String,
    /// What becomes of it.
    pub effect: Mark,
    /// What is done, in order.
    pub steps: Vec<ChangeStep>,
    /// How many seconds it must stay up afterwards without a restart, where it is watched.
    pub holds_seconds: Option<u64>,
    /// What is not done, and what to know.
    pub remarks: Vec<DocumentRemark>,
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangeStep {
    /// `install`, `write`, `restart`.
    pub verb: String,
    /// What it acts on, beyond the resource; may be empty.
    pub object: String,
    /// Why.
    pub why: String,
    /// Whether something that runs is interrupted by it: `interrupt` by a restart or reload, `remove` by a stop.
    pub interrupts: Option<Mark>,
    /// What it interrupts beside its unit, one clause each: `also restarts app.service (Requires=)`.
    pub brings: Vec<String>,
    /// A diff, line by line. A line begins with its sign: a space, `+` or `-`; `@` and `\` begin words about lines.
    pub diff: Vec<String>,
}

/// Where in a document's list each change stands, by the block that it was made from.
pub(super) type ChangePlaces<'b> = BTreeMap<&'b Block, usize>;

/// Every change, with the block it was made from.
pub(super) fn shared_changes(sections: Vec<Section<'_>>) -> Vec<(Block, SharedChange)> {
    let mut changes = Vec::new();
    for section in sections {
        let hosts: Vec<HostName> = section.hosts.iter().map(|host| (*host).clone()).collect();
        let text = hosts::name_ranges(section.hosts.iter().copied());
        for (block, spans) in section.blocks {
            let change = change(hosts.clone(), text.clone(), &block, &spans);
            changes.push((block, change));
        }
    }
    changes
}

fn change(hosts: Vec<HostName>, hosts_text: String, block: &Block, spans: &Spans) -> SharedChange {
    SharedChange {
        hosts,
        hosts_text,
        name: step::title(&block.resource),
        owner: step::owner_words(&block.resource),
        resource: block.resource.clone(),
        effect: block.mark,
        steps: block
            .steps
            .iter()
            .zip(spans)
            .map(|(step, span)| change_step(step, *span))
            .collect(),
        holds_seconds: block.holds,
        remarks: block
            .remarks
            .iter()
            .map(DocumentRemark::from_plan)
            .collect(),
    }
}

fn change_step(step: &Step, span: ActionSpan) -> ChangeStep {
    ChangeStep {
        verb: step.verb.to_owned(),
        object: step.object_words(),
        why: step.why.words(span),
        interrupts: step.interrupts,
        brings: step.brings.clone(),
        diff: step.lines.iter().map(unified_line).collect(),
    }
}

/// A line as `diff -u` writes it.
fn unified_line(line: &DiffLine) -> String {
    match line.kind.sign() {
        Some(sign) => format!("{sign}{}", line.text),
        None => line.text.clone(),
    }
}
