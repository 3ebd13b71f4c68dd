//! What went wrong on a host, each failure told once however many hosts share it.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    FailReason, FailedUnit, HostName, HostOutcome, HostReport, Plan, Report, StepOutcome,
    StepReport,
};

use crate::layout::Page;
use crate::mark::{self, Mark};
use crate::options::TextOptions;
use crate::paint::{Role, Symbols};
use crate::span::ActionSpan;
use crate::text::outcome;
use crate::why::ShownCause;
use crate::words::one_line;
use crate::{hosts, step};

/// Steps still to do that are named; of more, the number.
const MOST_LEFT: usize = 10;
/// Journal lines that are shown of a unit; of more, the last.
const MOST_JOURNAL: usize = 20;

/// What a failure comes to, comparable across hosts. Journals differ on each and are shown of the first.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Trouble {
    text: String,
    /// It was left out as somebody asked for: nothing went wrong.
    skipped: bool,
    /// Where there are several.
    reasons: Vec<String>,
    units: Vec<(String, String)>,
    steps: Vec<(Mark, String)>,
    left: Vec<String>,
}

/// The troubles of all hosts.
pub(super) fn write(page: &mut Page<'_>, report: &Report) {
    let mut all: BTreeMap<Trouble, Vec<(&HostName, &HostReport)>> = BTreeMap::new();
    for (name, host) in &report.hosts {
        if let Some(trouble) = host_trouble(host, page.options) {
            all.entry(trouble).or_default().push((name, host));
        }
    }
    for (trouble, hosts) in all {
        page.add_blank_line();
        write_trouble(page, &trouble, &hosts);
    }
}

fn host_trouble(host: &HostReport, options: &TextOptions) -> Option<Trouble> {
    let now = host.facts.as_ref().map(|facts| facts.now);
    let text = outcome::ending_clause(&host.outcome, now);
    let plan = host.plan.iter();
    match &host.outcome {
        HostOutcome::Failed {
            residue,
            failed_units,
            reasons,
        } => Some(Trouble {
            text: if reasons.len() == 1 {
                text
            } else {
                "failed".to_owned()
            },
            reasons: several_reasons(reasons),
            skipped: false,
            units: failed_units.iter().map(unit_words).collect(),
            steps: bad_steps(host),
            left: residue
                .iter()
                .flat_map(|plan| remaining_actions(plan, options))
                .collect(),
        }),
        // Facts are long, and each is one to look at.
        HostOutcome::Stale { facts } => Some(Trouble {
            text: "stale, nothing was written".to_owned(),
            reasons: facts
                .iter()
                .map(|fact| one_line(&fact.to_string()))
                .collect(),
            ..Trouble::default()
        }),
        HostOutcome::Unreachable { .. }
        | HostOutcome::Locked(_)
        | HostOutcome::Suspended { .. } => Some(Trouble {
            text,
            skipped: is_skipped(host),
            ..Trouble::default()
        }),
        HostOutcome::Pending => Some(Trouble {
            text,
            left: plan
                .flat_map(|plan| remaining_actions(plan, options))
                .collect(),
            ..Trouble::default()
        }),
        HostOutcome::Unchanged | HostOutcome::Changed if !is_fine(host) => Some(Trouble {
            text: format!("{text}, and not everything could be done there"),
            reasons: plan.flat_map(|plan| refusal_texts(plan, options)).collect(),
            ..Trouble::default()
        }),
        HostOutcome::Unchanged
        | HostOutcome::Changed
        | HostOutcome::Judged(_)
        | HostOutcome::NotStarted
        | HostOutcome::Interrupted => None,
    }
}

/// Whether the host is as the manifest says in all of it: nothing was refused.
pub(super) fn is_fine(host: &HostReport) -> bool {
    let refused = host.plan.iter().any(|plan| !plan.refused.is_empty());
    matches!(host.outcome, HostOutcome::Changed | HostOutcome::Unchanged) && !refused
}

/// Whether it is suspended, and was so when it was planned: then nothing was to be done there.
pub(super) fn is_skipped(host: &HostReport) -> bool {
    matches!(
        host.outcome,
        HostOutcome::Suspended {
            since_plan: false,
            ..
        }
    )
}

fn several_reasons(reasons: &[FailReason]) -> Vec<String> {
    match reasons {
        [_] => Vec::new(),
        many => many
            .iter()
            .map(|reason| one_line(&reason.to_string()))
            .collect(),
    }
}

fn unit_words(failed: &FailedUnit) -> (String, String) {
    let whose = step::scope_words(&failed.unit.scope);
    let unit = format!("{} ({whose})", failed.unit.unit);
    (unit, one_line(&failed.state))
}

/// Steps that were not done or were undone, each with what the host said or why it was left out.
fn bad_steps(host: &HostReport) -> Vec<(Mark, String)> {
    let clause = |step: &StepReport| {
        host.plan
            .as_ref()
            .and_then(|plan| plan.action(step.action))
            .map_or_else(|| format!("step {}", step.action), step::action_clause)
    };
    host.steps
        .iter()
        .filter_map(|step| {
            let said = match one_line(&step.message) {
                said if said.is_empty() => said,
                said => format!(": {said}"),
            };
            match step.outcome {
                StepOutcome::Ok => None,
                StepOutcome::Failed => {
                    Some((Mark::Refused, format!("failed: {}{said}", clause(step))))
                }
                StepOutcome::Skipped => {
                    let because = blamed_step(host, step).unwrap_or(said);
                    Some((Mark::Note, format!("skipped: {}{because}", clause(step))))
                }
                StepOutcome::Restored => {
                    Some((Mark::Note, format!("put back: {}{said}", clause(step))))
                }
            }
        })
        .collect()
}

/// The failed step that a skipped one waited for.
fn blamed_step(host: &HostReport, skipped: &StepReport) -> Option<String> {
    let plan = host.plan.as_ref()?;
    let mut waiting = plan.action(skipped.action)?.after.clone();
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        let action = plan.action(id)?;
        let failed = |step: &StepReport| step.action == id && step.outcome == StepOutcome::Failed;
        if host.steps.iter().any(failed) {
            return Some(format!(
                ", because it follows `{}`",
                step::action_clause(action)
            ));
        }
        waiting.extend(&action.after);
    }
    None
}

fn remaining_actions(plan: &Plan, options: &TextOptions) -> Vec<String> {
    let symbols = Symbols::for_options(options);
    let told = plan
        .actions
        .iter()
        .filter(|action| !mark::is_mere_reload(action));
    let actions = told.map(|action| {
        let why = ShownCause::of_action(action, plan, symbols).words(ActionSpan::default());
        format!("{} {} {why}", step::action_clause(action), symbols.dash)
    });
    actions.chain(refusal_texts(plan, options)).collect()
}

fn refusal_texts(plan: &Plan, options: &TextOptions) -> Vec<String> {
    let symbols = Symbols::for_options(options);
    let refused = plan.refused.iter().map(|refusal| {
        let help = refusal.help.as_deref().map(one_line);
        let help = help.map_or_else(String::new, |help| format!(" (help: {help})"));
        let about = step::name(&refusal.resource);
        format!(
            "{about} {} refused: {}{help}",
            symbols.dash,
            one_line(&refusal.reason)
        )
    });
    refused.collect()
}

fn write_trouble(page: &mut Page<'_>, trouble: &Trouble, on: &[(&HostName, &HostReport)]) {
    let names = Role::Head.paint_text(&hosts::name_ranges(on.iter().map(|(name, _)| *name)));
    let lead = match trouble.skipped {
        true => Role::Quiet.paint_text(&format!("{} ", page.symbols.dot)),
        false => Role::Wrong.paint_text(&format!("{} ", page.symbols.bad)),
    };
    page.add_prose(&lead, 2, &format!("{names} {}", trouble.text), None);
    let help = on
        .first()
        .and_then(|(_, host)| outcome::help_text(&host.outcome));
    if let Some(help) = help {
        page.add_prose("  help: ", 8, &help, None);
    }
    for reason in &trouble.reasons {
        page.add_remark(4, Mark::Refused, reason, None);
    }
    let journals: Vec<&FailedUnit> = on
        .first()
        .map(|(_, host)| failed_units(host))
        .unwrap_or_default();
    for (index, (unit, state)) in trouble.units.iter().enumerate() {
        page.line(&format!("    {}  {state}", Role::Head.paint_text(unit)));
        if let Some(failed) = journals.get(index) {
            write_journal(page, failed, on);
        }
    }
    for (mark, text) in &trouble.steps {
        page.add_remark(4, *mark, text, None);
    }
    write_left(page, &trouble.left);
}

fn failed_units(host: &HostReport) -> Vec<&FailedUnit> {
    match &host.outcome {
        HostOutcome::Failed { failed_units, .. } => failed_units.iter().collect(),
        _ => Vec::new(),
    }
}

fn write_journal(page: &mut Page<'_>, failed: &FailedUnit, on: &[(&HostName, &HostReport)]) {
    let bar = page.symbols.bar;
    if let (Some((name, _)), true) = (on.first(), on.len() > 1 && !failed.journal.is_empty()) {
        page.line(&Role::Quiet.paint_text(&format!("      {bar} on {name}:")));
    }
    let skipped = if page.options.full {
        0
    } else {
        failed.journal.len().saturating_sub(MOST_JOURNAL)
    };
    for line in failed.journal.iter().skip(skipped) {
        page.line(&format!(
            "      {} {}",
            Role::Quiet.paint_text(bar),
            one_line(line)
        ));
    }
}

fn write_left(page: &mut Page<'_>, left: &[String]) {
    if left.is_empty() {
        return;
    }
    page.line("    still to do:");
    let most = if page.options.full {
        left.len()
    } else {
        MOST_LEFT
    };
    for text in left.iter().take(most) {
        page.add_prose("      ", 6, text, None);
    }
    if left.len() > most {
        let more = format!("{} {} more (--full)", page.symbols.cut, left.len() - most);
        page.line(&format!("      {}", Role::Quiet.paint_text(&more)));
    }
}
