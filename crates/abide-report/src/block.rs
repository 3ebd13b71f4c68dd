//! All that a plan says about one resource of one host, in a form that can be compared across hosts.

use std::collections::BTreeMap;

use abide_model::{
    Action, ActionId, Change, Note, NoteKind, Plan, Refusal, RefusalKind, ResourceId, Timestamp,
    UserName,
};

use crate::brings;
use crate::diff::{self, Shown};
use crate::mark::{self, Mark};
use crate::options::{TextOptions, Verbosity};
use crate::paint::Symbols;
use crate::sensitive;
use crate::span::ActionSpan;
use crate::step;
use crate::summary::by_resource;
use crate::why::ShownCause;
use crate::words::one_line;

/// What a plan says about one resource. Equal blocks of several hosts are shown once; what differs between
/// them without meaning, how long a unit has run, stands beside it in [`Ages`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Block {
    /// Whose it is: the system's things first, then each user's together.
    owner: Option<UserName>,
    /// What it is about.
    pub(crate) resource: ResourceId,
    /// What becomes of it.
    pub(crate) mark: Mark,
    /// What is done, in order.
    pub(crate) steps: Vec<Step>,
    /// Where it is watched afterwards: how many seconds it must stay up without a restart.
    pub(crate) holds: Option<u64>,
    /// What is not done, and what to know.
    pub(crate) remarks: Vec<Remark>,
}

/// For each step since when it is so.
pub(crate) type Ages = Vec<ActionSpan>;

/// One action.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step {
    /// Whether something that runs is interrupted by it, and how that is marked.
    pub(crate) interrupts: Option<Mark>,
    pub(crate) verb: &'static str,
    pub(crate) object: String,
    /// A few words about content, in the place of a diff or beside it; may be empty.
    pub(crate) content: String,
    /// The action's number in its plan, where it is asked for: it keeps hosts apart that are else alike.
    pub(crate) number: Option<ActionId>,
    pub(crate) why: ShownCause,
    /// What it interrupts beside its unit, one clause each.
    pub(crate) brings: Vec<String>,
    /// A diff.
    pub(crate) lines: Vec<diff::DiffLine>,
}

impl Step {
    /// What it acts on, and the words about content.
    pub(crate) fn object_words(&self) -> String {
        let parts = [self.object.as_str(), &self.content];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }
}

/// A refusal or a note.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Remark {
    pub(crate) mark: Mark,
    pub(crate) text: String,
    pub(crate) help: Option<String>,
    /// Whether it is told where nothing is done about its resource, too.
    by_itself: bool,
}

/// The blocks of one host's plan. `now` is the host's clock when it was observed.
pub(crate) fn plan_blocks(
    plan: &Plan,
    now: Option<Timestamp>,
    options: &TextOptions,
) -> Vec<(Block, Ages)> {
    let mut remarks = remarks_by_resource(plan);
    let mut blocks = Vec::new();
    for (resource, actions) in by_resource(plan) {
        let ages = actions
            .iter()
            .map(|action| ActionSpan::of_action(action, now))
            .collect();
        let block = Block {
            owner: owner(&resource),
            mark: mark::of_resource(&resource, &actions, plan),
            steps: actions
                .iter()
                .map(|action| step_of(action, plan, options))
                .collect(),
            holds: hold_seconds(&resource, plan),
            remarks: remarks.remove(&resource).unwrap_or_default(),
            resource,
        };
        blocks.push((block, ages));
    }
    let told = remarks
        .into_iter()
        .filter(|(_, remarks)| is_told(remarks, options));
    blocks.extend(told.map(|(resource, remarks)| (remarks_only(resource, remarks), Vec::new())));
    blocks
}

/// How many notes [`plan_blocks`] leaves out: they are about things that abide leaves alone, on every run the same.
pub(crate) fn left_out_note_count(plan: &Plan, options: &TextOptions) -> usize {
    let mut remarks = remarks_by_resource(plan);
    remarks.retain(|_, remarks| !is_told(remarks, options));
    for resource in by_resource(plan).keys() {
        remarks.remove(resource);
    }
    remarks.values().map(Vec::len).sum()
}

fn is_told(remarks: &[Remark], options: &TextOptions) -> bool {
    options.verbosity >= Verbosity::Verbose || remarks.iter().any(|remark| remark.by_itself)
}

fn owner(resource: &ResourceId) -> Option<UserName> {
    match resource {
        ResourceId::User(user) | ResourceId::Linger(user) => Some(user.clone()),
        ResourceId::Manager(scope) | ResourceId::File { scope, .. } => scope.user().cloned(),
        ResourceId::Unit(unit) => unit.scope.user().cloned(),
    }
}

fn step_of(action: &Action, plan: &Plan, options: &TextOptions) -> Step {
    let symbols = Symbols::for_options(options);
    let change = match options.show_sensitive {
        true => action.change.clone(),
        false => sensitive::change_without_sensitive(&action.change),
    };
    let shown = match &change {
        Change::WriteFile(write) => diff::of_write(write, options),
        Change::RemoveFile { before, .. } => diff::of_removal(before, options),
        _ => Shown::default(),
    };
    Step {
        interrupts: match action.change {
            Change::Restart | Change::Reload => Some(Mark::Interrupt),
            Change::Stop => Some(Mark::Remove),
            _ => None,
        },
        verb: step::change_verb(&action.change),
        object: step::change_object(action, symbols),
        content: shown.words,
        number: (options.verbosity == Verbosity::Verbose).then_some(action.id),
        why: ShownCause::of_action(action, plan, symbols),
        brings: brings::effect_clauses(action, plan),
        lines: shown.lines,
    }
}

fn hold_seconds(resource: &ResourceId, plan: &Plan) -> Option<u64> {
    let ResourceId::Unit(unit) = resource else {
        return None;
    };
    let watch = plan.watches.iter().find(|watch| watch.unit == *unit)?;
    Some(watch.hold.as_secs())
}

fn remarks_by_resource(plan: &Plan) -> BTreeMap<ResourceId, Vec<Remark>> {
    let mut all: BTreeMap<ResourceId, Vec<Remark>> = BTreeMap::new();
    for refusal in &plan.refused {
        let about = all.entry(refusal.resource.clone()).or_default();
        about.push(refusal_remark(refusal));
    }
    for note in &plan.notes {
        let about = all.entry(note.resource.clone()).or_default();
        about.push(note_remark(note));
    }
    all
}

fn refusal_remark(refusal: &Refusal) -> Remark {
    let (mark, word) = match refusal.kind {
        RefusalKind::Unknown => (Mark::Unknown, "unknown"),
        RefusalKind::Guard | RefusalKind::Impossible => (Mark::Refused, "refused"),
    };
    Remark {
        mark,
        text: format!("{word}: {}", one_line(&refusal.reason)),
        help: refusal.help.as_deref().map(one_line),
        by_itself: true,
    }
}

fn note_remark(note: &Note) -> Remark {
    Remark {
        mark: Mark::Note,
        text: one_line(&note.text.to_string()),
        help: None,
        by_itself: note.kind != NoteKind::Foreign,
    }
}

fn remarks_only(resource: ResourceId, remarks: Vec<Remark>) -> Block {
    let worst = |mark: Mark| remarks.iter().any(|remark| remark.mark == mark);
    let mark = match () {
        () if worst(Mark::Refused) => Mark::Refused,
        () if worst(Mark::Unknown) => Mark::Unknown,
        () => Mark::Note,
    };
    Block {
        owner: owner(&resource),
        resource,
        mark,
        steps: Vec::new(),
        holds: None,
        remarks,
    }
}
