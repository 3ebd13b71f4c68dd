//! The same change on many hosts is told once: blocks by what they say, sections by the hosts they are on.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use abide_model::{HostName, Report, ResourceId, Scope};

use crate::block::{self, Ages, Block, Step};
use crate::mark::{self, Mark};
use crate::options::TextOptions;
use crate::span::ActionSpan;

/// The hosts of one section.
pub(crate) type Hosts<'a> = BTreeSet<&'a HostName>;

/// Blocks that are the same on the same hosts.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    pub(crate) hosts: Hosts<'a>,
    pub(crate) blocks: Vec<(Block, Spans)>,
}

/// For each step since when it is so among the hosts.
pub(crate) type Spans = Vec<ActionSpan>;

/// What is said about each host.
pub(crate) type Blocks<'a> = BTreeMap<&'a HostName, Vec<(Block, Ages)>>;

/// Every block of every host that has a plan.
pub(crate) fn blocks_by_host<'a>(report: &'a Report, options: &TextOptions) -> Blocks<'a> {
    let planned = report.hosts.iter().filter_map(|(name, host)| {
        let now = host.facts.as_ref().map(|facts| facts.now);
        Some((name, block::plan_blocks(host.plan.as_ref()?, now, options)))
    });
    planned.collect()
}

/// Every block of a report, in sections: those of most hosts first, then by their hosts.
pub(crate) fn sections<'a>(blocks: &Blocks<'a>) -> Vec<Section<'a>> {
    let mut groups: BTreeMap<Block, (Hosts<'a>, Spans)> = BTreeMap::new();
    for (name, blocks) in blocks {
        for (block, ages) in blocks {
            let (hosts, spans) = groups.entry(block.clone()).or_default();
            hosts.insert(*name);
            widen_spans(spans, ages);
        }
    }
    let mut by_hosts: BTreeMap<Hosts<'a>, Vec<(Block, Spans)>> = BTreeMap::new();
    for (block, (hosts, spans)) in groups {
        by_hosts.entry(hosts).or_default().push((block, spans));
    }
    let mut sections: Vec<Section<'a>> = by_hosts
        .into_iter()
        .map(|(hosts, blocks)| Section { hosts, blocks })
        .collect();
    // The sort is stable: sections of as many hosts stay in the order of their names.
    sections.sort_by_key(|section| Reverse(section.hosts.len()));
    sections
}

/// More ways than this in which a resource changes are not shown each with its diff.
const MOST_VARIANTS: usize = 3;

/// The ways in which a resource changes, each with how many hosts share it.
type Variants = Vec<(Reverse<usize>, Block)>;

/// Where a resource changes differently on many hosts, keeps the diffs that most hosts share and takes the others away:
/// hosts that differ in nothing else are then told together.
pub(crate) fn fold_variants(blocks: &mut Blocks<'_>) {
    let mut counts: BTreeMap<Block, usize> = BTreeMap::new();
    for (block, _) in blocks.values().flatten() {
        *counts.entry(block.clone()).or_default() += 1;
    }
    let mut variants: BTreeMap<(ResourceId, Mark), Variants> = BTreeMap::new();
    for (block, count) in counts {
        let key = (block.resource.clone(), block.mark);
        variants
            .entry(key)
            .or_default()
            .push((Reverse(count), block));
    }
    let mut folded: BTreeSet<Block> = BTreeSet::new();
    for mut variants in variants.into_values() {
        if variants.len() > MOST_VARIANTS {
            variants.sort();
            folded.extend(
                variants
                    .into_iter()
                    .skip(MOST_VARIANTS - 1)
                    .map(|(_, block)| block),
            );
        }
    }
    for (block, _) in blocks.values_mut().flatten() {
        if folded.contains(block) {
            block.steps.iter_mut().for_each(fold_step);
        }
    }
}

fn fold_step(step: &mut Step) {
    if step.lines.is_empty() && step.content.is_empty() {
        return;
    }
    step.lines.clear();
    "(another diff on each host: --full shows them)".clone_into(&mut step.content);
}

fn widen_spans(spans: &mut Spans, ages: &[ActionSpan]) {
    spans.resize(ages.len(), ActionSpan::default());
    for (span, age) in spans.iter_mut().zip(ages) {
        *span = span.widened_by(*age);
    }
}

/// The managers that are told to read their files anew because this plan changes some, and on which hosts.
pub(crate) fn mere_reloads(report: &Report) -> BTreeMap<Scope, Hosts<'_>> {
    let mut all: BTreeMap<Scope, Hosts<'_>> = BTreeMap::new();
    for (name, host) in &report.hosts {
        let actions = host.plan.iter().flat_map(|plan| &plan.actions);
        for action in actions.filter(|action| mark::is_mere_reload(action)) {
            all.entry(action.resource.scope()).or_default().insert(name);
        }
    }
    all
}
