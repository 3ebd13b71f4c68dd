//! Why an action is in a plan, in few words for the line that names it.

use abide_model::{Action, Before, Cause, Change, FilePurpose, Plan, WriteFile};

use crate::paint::Symbols;
use crate::step::{name, or_none};
use crate::words::{list, one_line};

/// Why a file is written whose content differs.
pub(crate) const CONTENT_DIFFERS: &str = "content differs";

/// The causes of an action, joined; of many, the first three and how many more.
pub(crate) fn words(action: &Action, plan: &Plan, symbols: Symbols) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in &action.causes {
        let words = cause_words(cause, action, plan, symbols);
        if !said.contains(&words) {
            said.push(words);
        }
    }
    if said.len() > 4 {
        let more = said.split_off(3).len();
        said.push(format!("{more} more"));
    }
    list(&said)
}

fn cause_words(cause: &Cause, action: &Action, plan: &Plan, symbols: Symbols) -> String {
    match cause {
        Cause::Missing => missing(&action.change).to_owned(),
        Cause::Differs {
            field,
            observed,
            desired,
        } => match action.change {
            // What it changes says what differs.
            Change::ModifyUser(_) | Change::SetMode { .. } => "as declared".to_owned(),
            _ => differs(field, observed, desired, symbols),
        },
        Cause::DeclaredAbsent => "declared absent".to_owned(),
        Cause::Undeclared => "no longer declared".to_owned(),
        Cause::LingerNeeded { unit } => {
            format!("needed by {unit}, which would stop at logout and stay off after a boot")
        }
        Cause::FollowsFrom(id) => plan
            .action(*id)
            .map_or_else(|| format!("step {id}"), |earlier| follows(earlier, action)),
        Cause::ReloadOwed { evidence } => one_line(evidence),
        Cause::RunningOldConfig { keys, .. } if keys.is_empty() => {
            "it runs an old configuration".to_owned()
        }
        Cause::RunningOldConfig { keys, .. } => {
            let keys: Vec<String> = keys.iter().map(|key| one_line(key)).collect();
            format!("it runs with an old {}", list(&keys))
        }
        Cause::Failed { result } => format!("it failed ({})", one_line(result)),
    }
}

fn missing(change: &Change) -> &'static str {
    match change {
        Change::CreateUser { .. } => "no such user",
        Change::EnableLinger => "lingering is off",
        Change::Enable { .. } => "not enabled",
        Change::Start | Change::StartManager | Change::Restart => "not running",
        Change::Mask => "not masked",
        _ => "not there",
    }
}

fn differs(field: &str, observed: &str, desired: &str, symbols: Symbols) -> String {
    match field {
        "content" => CONTENT_DIFFERS.to_owned(),
        "ActiveState" | "enabled" => format!("it is {}", one_line(observed)),
        "links" => "its links differ".to_owned(),
        "linger" => format!("declared {}", one_line(desired)),
        field => format!(
            "{} {} {} {}",
            one_line(field),
            or_none(observed),
            symbols.arrow,
            or_none(desired)
        ),
    }
}

/// What an earlier action did, as the reason of a later one.
fn follows(earlier: &Action, later: &Action) -> String {
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
