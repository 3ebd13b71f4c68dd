//! Why an action is in a plan, in few words for the line that names it.

use std::collections::BTreeSet;

use abide_model::{
    Action, Before, Cause, Change, Field, FilePurpose, HandEdit, HostPath, Plan, WriteFile,
};

use crate::moment::time_or_range;
use crate::paint::Symbols;
use crate::span::ActionSpan;
use crate::step::{name, or_none};
use crate::words::{list, one_line, running_time};

/// Why a file is written whose content differs.
const CONTENT_DIFFERS: &str = "content differs";

/// The causes of an action in words. That a unit runs an old configuration stands apart, and so does what somebody did by
/// hand: since when differs between hosts that are told of together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ShownCause {
    causes: Vec<String>,
    /// `with the old ExecStart=`.
    old: Option<String>,
    /// `edited on the host since abide wrote it`.
    by_hand: Option<String>,
}

impl ShownCause {
    /// Why this action is in this plan.
    pub(crate) fn of_action(action: &Action, plan: &Plan, symbols: Symbols) -> Self {
        let old = action.causes.iter().find_map(old_config);
        let by_hand = list(&action.causes.iter().filter_map(by_hand).collect::<Vec<_>>());
        let by_hand = Some(by_hand).filter(|words| !words.is_empty());
        let old_or_down = old.is_some() || action.causes.iter().any(is_down);
        let failed =
            |cause: &Cause| matches!(cause, Cause::Failed { .. } | Cause::Unhealthy { .. });
        let how = action.causes.iter().any(failed);
        let implied = |cause: &Cause| {
            how && is_state(cause)
                || old_or_down && is_file(cause, action, plan)
                || by_hand.is_some() && is_difference(cause)
        };
        let mut causes: Vec<String> = Vec::new();
        for cause in action.causes.iter().filter(|cause| !implied(cause)) {
            let words = cause_words(cause, action, plan, symbols);
            if let Some(words) = words.filter(|words| !causes.contains(words)) {
                causes.push(words);
            }
        }
        if causes.len() > 4 {
            let more = causes.split_off(3).len();
            causes.push(format!("{more} more"));
        }
        Self {
            causes,
            old,
            by_hand,
        }
    }

    /// The causes, joined, with how long the unit has run and when somebody changed it.
    pub(crate) fn words(&self, span: ActionSpan) -> String {
        let old = self.old.as_ref().map(|old| match running_time(span.up) {
            Some(up) => format!("up {up} {old}"),
            None => format!("it runs {old}"),
        });
        let by_hand = self
            .by_hand
            .as_ref()
            .map(|words| match time_or_range(span.at) {
                Some(when) => format!("{words} ({when})"),
                None => words.clone(),
            });
        let causes = self.causes.iter().cloned();
        let all: Vec<String> = by_hand.into_iter().chain(old).chain(causes).collect();
        list(&all)
    }

    /// Whether all it says is that a file's content differs, which a diff says better.
    pub(crate) fn is_content(&self) -> bool {
        self.old.is_none() && self.by_hand.is_none() && self.causes == [CONTENT_DIFFERS]
    }
}

/// Each cause of an action in words.
pub(crate) fn causes_in_words(
    action: &Action,
    plan: &Plan,
    symbols: Symbols,
) -> Vec<(Cause, String)> {
    let words = |cause: &Cause| match cause {
        Cause::RunningOldConfig { .. } => Some(format!("it runs {}", old_config(cause)?)),
        Cause::ChangedOnHost { at, .. } => {
            let words = by_hand(cause)?;
            Some(match time_or_range(at.map(|at| (at, at))) {
                Some(when) => format!("{words} ({when})"),
                None => words,
            })
        }
        _ => cause_words(cause, action, plan, symbols),
    };
    action
        .causes
        .iter()
        .filter_map(|cause| Some((cause.clone(), words(cause)?)))
        .collect()
}

fn old_config(cause: &Cause) -> Option<String> {
    let Cause::RunningOldConfig { keys, .. } = cause else {
        return None;
    };
    let mut keys: Vec<String> = keys.iter().map(|key| one_line(key)).collect();
    if keys.is_empty() {
        return Some("with an older configuration".to_owned());
    }
    if keys.len() > 4 {
        let more = keys.split_off(3).len();
        keys.push(format!("{more} more"));
    }
    Some(format!("with the old {}", list(&keys)))
}

/// What somebody did, to be read behind what an action changes.
fn by_hand(cause: &Cause) -> Option<String> {
    let Cause::ChangedOnHost { edit, .. } = cause else {
        return None;
    };
    let named = |names: &BTreeSet<String>| {
        let names: Vec<String> = names.iter().map(|name| one_line(name)).collect();
        list(&names)
    };
    Some(match edit {
        HandEdit::Edited => "edited on the host since abide wrote it".to_owned(),
        HandEdit::Removed => "removed on the host since abide wrote it".to_owned(),
        HandEdit::Replaced => "replaced on the host since abide wrote it".to_owned(),
        HandEdit::GivenAway => "given to another owner since abide wrote it".to_owned(),
        HandEdit::Masked => "masked on the host since abide left it".to_owned(),
        HandEdit::Linked(made) if made.len() == 1 => {
            "a link made by hand, [Install] does not ask for it".to_owned()
        }
        HandEdit::Linked(_) => "links made by hand, [Install] does not ask for them".to_owned(),
        HandEdit::Unlinked(_) => "disabled on the host since abide enabled it".to_owned(),
        HandEdit::Stopped => "it ran when abide left it, and was stopped since".to_owned(),
        HandEdit::Started => "it did not run when abide left it, and was started since".to_owned(),
        HandEdit::LingerDisabled => "switched off since abide enabled it".to_owned(),
        HandEdit::AccountModified(fields) => {
            format!("{} changed on the host since abide set it", named(fields))
        }
        HandEdit::AccountDeleted => "deleted on the host since abide created it".to_owned(),
    })
}

/// What differs goes without saying where it is told how that came to be; of an owner it does not.
fn is_difference(cause: &Cause) -> bool {
    match cause {
        Cause::Missing => true,
        Cause::Differs { field, .. } => *field != Field::Owner,
        _ => false,
    }
}

/// That it is in another state than it should be.
fn is_state(cause: &Cause) -> bool {
    matches!(
        cause,
        Cause::Differs {
            field: Field::ActiveState,
            ..
        }
    )
}

/// Whether the unit does not run, which is reason enough to start it.
fn is_down(cause: &Cause) -> bool {
    match cause {
        Cause::Missing | Cause::Failed { .. } | Cause::Unhealthy { .. } => true,
        Cause::Differs { field, .. } => *field == Field::ActiveState,
        _ => false,
    }
}

/// Whether it follows from a write of a unit file or drop-in: of a start, any; else of the unit's own, which its old
/// configuration implies.
fn is_file(cause: &Cause, action: &Action, plan: &Plan) -> bool {
    let Cause::FollowsFrom(id) = cause else {
        return false;
    };
    plan.action(*id).is_some_and(|earlier| {
        let own = earlier.resource == action.resource || action.change == Change::Start;
        own && matches!(earlier.change, Change::WriteFile(_))
    })
}

fn cause_words(cause: &Cause, action: &Action, plan: &Plan, symbols: Symbols) -> Option<String> {
    Some(match cause {
        Cause::Missing => missing_words(&action.change).to_owned(),
        Cause::Differs {
            field,
            observed,
            desired,
        } => match action.change {
            // What it changes says what differs.
            Change::ModifyUser(_) | Change::SetMode { .. } => "as declared".to_owned(),
            _ => difference_words(field, observed, desired, symbols),
        },
        Cause::DeclaredAbsent => "declared absent".to_owned(),
        Cause::Undeclared => "no longer declared".to_owned(),
        Cause::LingerNeeded { unit } => {
            format!("needed by {unit} to survive logout and to start at boot")
        }
        Cause::FollowsFrom(id) => plan.action(*id).map_or_else(
            || format!("step {id}"),
            |earlier| earlier_action_words(earlier, action),
        ),
        Cause::ReloadOwed { evidence, unit } => {
            let what = unit
                .as_ref()
                .map_or("its files".to_owned(), ToString::to_string);
            format!("none since {what} changed ({})", one_line(evidence))
        }
        Cause::RunningOldConfig { .. } | Cause::ChangedOnHost { .. } => return None,
        Cause::MayRunOld { files } => may_run_old(files),
        Cause::Unhealthy { health } => format!("it is {}", one_line(&health.to_string())),
        Cause::Failed { result } => format!("it failed ({})", one_line(result)),
    })
}

fn may_run_old(files: &[HostPath]) -> String {
    let files: Vec<String> = files.iter().map(|path| one_line(path.as_str())).collect();
    let what = match files.as_slice() {
        [] => "configuration".to_owned(),
        files => list(files),
    };
    format!("it may run an old {what}, and `on_change` is declared")
}

fn missing_words(change: &Change) -> &'static str {
    match change {
        Change::CreateUser { .. } => "no such user",
        Change::EnableLinger => "lingering is off",
        Change::Enable { .. } => "not enabled",
        Change::Start | Change::StartManager | Change::Restart => "not running",
        Change::Mask => "not masked",
        _ => "not there",
    }
}

fn difference_words(field: &Field, observed: &str, desired: &str, symbols: Symbols) -> String {
    match field {
        Field::Content => CONTENT_DIFFERS.to_owned(),
        Field::ActiveState | Field::Enabled => format!("it is {}", one_line(observed)),
        Field::Links => "its links differ".to_owned(),
        Field::UnitFile => format!("{} gives way to {}", one_line(observed), one_line(desired)),
        Field::Kind => format!("it is no {}", one_line(desired)),
        Field::RestartOn => format!("`restart_on` names {}", one_line(desired)),
        Field::Linger => format!("declared {}", one_line(desired)),
        Field::Account(_)
        | Field::FragmentPath
        | Field::ManagerGroups
        | Field::Install
        | Field::Ledger
        | Field::Masked
        | Field::Mode
        | Field::Owner
        | Field::ServiceName
        | Field::Wants
        | Field::Unit(_)
        | Field::Other(_) => format!(
            "{} {} {} {}",
            one_line(field.word()),
            or_none(observed),
            symbols.arrow,
            or_none(desired)
        ),
    }
}

/// What an earlier action did, as the reason of a later one.
fn earlier_action_words(earlier: &Action, later: &Action) -> String {
    let same = earlier.resource == later.resource;
    let subject = if same {
        "it".to_owned()
    } else {
        name(&earlier.resource)
    };
    match &earlier.change {
        Change::CreateUser { .. } => format!("{subject} is new"),
        Change::ModifyUser(_) => format!("{subject} changes"),
        Change::DeleteUser { .. } => format!("{subject} goes"),
        Change::EnableLinger => "lingering is enabled".to_owned(),
        Change::DisableLinger => "lingering is disabled".to_owned(),
        Change::StartManager => "its manager is started".to_owned(),
        Change::RestartManager => "its manager is restarted".to_owned(),
        Change::WriteFile(write) => file_follows(write, earlier, same),
        Change::SetMode { path, .. } => format!("mode of {} changes", one_line(path.file_name())),
        Change::RemoveFile { path, .. } => format!("{} goes", one_line(path.file_name())),
        Change::DaemonReload => "after the daemon-reload".to_owned(),
        Change::Enable { .. } => format!("{subject} is enabled"),
        Change::Disable { .. } => format!("{subject} is disabled"),
        Change::Mask => format!("{subject} is masked"),
        Change::Unmask => format!("{subject} is unmasked"),
        Change::ResetFailed => format!("{subject} failed before"),
        Change::Stop => format!("{subject} is stopped for this"),
        Change::Start => format!("{subject} is started"),
        Change::Restart => format!("{subject} is restarted"),
        Change::Reload => format!("{subject} is reloaded"),
        Change::Record => format!("what {subject} reads is recorded"),
        Change::Adopt | Change::Forget => format!("{subject} is adopted"),
    }
}

fn file_follows(write: &WriteFile, earlier: &Action, same: bool) -> String {
    let new = write.before == Before::Absent;
    let ends = if new { "is new" } else { "changes" };
    match write.purpose {
        FilePurpose::Unit if same => format!("its unit file {ends}"),
        FilePurpose::Unit => format!("{} {ends}", name(&earlier.resource)),
        FilePurpose::DropIn => format!("drop-in {} {ends}", one_line(write.path.file_name())),
        FilePurpose::Plain => format!("{} {ends}", one_line(write.path.as_str())),
    }
}
