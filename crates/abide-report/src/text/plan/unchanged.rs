//! What is as declared, by name (`-v`): each list of resources once, with the hosts that have just these.

use std::collections::BTreeMap;

use abide_model::Report;

use crate::fleet::{Blocks, Hosts};
use crate::hosts;
use crate::layout::Page;
use crate::paint::Role;
use crate::step;

/// The resources that no block is about.
pub(super) fn write(page: &mut Page<'_>, report: &Report, blocks: &Blocks<'_>) {
    let all: Hosts<'_> = report.hosts.keys().collect();
    let mut lists: BTreeMap<Vec<String>, Hosts<'_>> = BTreeMap::new();
    for (name, blocks) in blocks {
        let Some(host) = report.hosts.get(*name) else {
            continue;
        };
        let clean = host.declared.iter().filter(|declared| {
            let mut told = blocks.iter().map(|(block, _)| &block.resource);
            !told.any(|resource| declared.is_meant_by(resource))
        });
        let names = clean.map(|declared| {
            let (title, whose) = (
                step::title(&declared.resource),
                step::owner_words(&declared.resource),
            );
            match whose.as_str() {
                "" => title,
                whose => format!("{title} ({whose})"),
            }
        });
        lists.entry(names.collect()).or_default().insert(*name);
    }
    for (names, on) in lists.iter().filter(|(names, _)| !names.is_empty()) {
        page.add_blank_line();
        let text = format!(
            "Unchanged on {}: {}.",
            hosts::names_among(on, &all),
            names.join(", ")
        );
        page.add_prose("", 0, &text, Some(Role::Quiet));
    }
}
