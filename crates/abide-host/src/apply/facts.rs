//! The plan's preconditions as calls: one question a scope. What is already as the plan makes it is not stale.

use std::collections::BTreeMap;

use abide_model::{
    ActiveState, Before, Change, Digest, HostPath, Plan, Precondition, ResourceId, Scope, UserName,
};

use crate::quote::{scope_word, word};

/// The checks of all preconditions, and the end of the script where one does not hold.
pub(super) fn precondition_checks(plan: &Plan) -> String {
    let mut files: BTreeMap<&Scope, Vec<String>> = BTreeMap::new();
    let mut runs: BTreeMap<&Scope, Vec<String>> = BTreeMap::new();
    let mut lines = vec!["\n# Facts that this plan stands on.\n".to_owned()];
    for fact in &plan.preconditions {
        match fact {
            Precondition::User { user, uid } => lines.push(user_check(user, *uid)),
            Precondition::Linger { user, recorded } => {
                lines.push(linger_check(plan, user, *recorded));
            }
            Precondition::File {
                scope,
                path,
                digest,
            } => files
                .entry(scope)
                .or_default()
                .extend(file_words(plan, path, *digest)),
            // A unit that is down or flapping has no run to protect.
            Precondition::Unit {
                unit,
                active: ActiveState::Active,
                invocation,
            } if !invocation.is_empty() => runs.entry(&unit.scope).or_default().push(format!(
                "{} {}",
                word(unit.unit.as_str()),
                word(invocation)
            )),
            Precondition::Unit { .. } => {}
        }
    }
    lines.extend(calls_by_scope("expect_files", files));
    lines.extend(calls_by_scope("expect_runs", runs));
    lines.push("if [ -n \"$is_stale\" ]; then end_run 1; fi\n".to_owned());
    lines.concat()
}

fn calls_by_scope<'a>(
    name: &'a str,
    of: BTreeMap<&'a Scope, Vec<String>>,
) -> impl Iterator<Item = String> + 'a {
    of.into_iter()
        .filter(|(_, words)| !words.is_empty())
        .map(move |(scope, words)| {
            let words = words.join(" \\\n  ");
            format!("{name} {} \\\n  {words}\n", scope_word(scope))
        })
}

fn user_check(user: &UserName, uid: Option<u32>) -> String {
    let planned = uid.map_or_else(|| "absent".to_owned(), |uid| uid.to_string());
    format!("expect_user {} {planned}\n", word(user.as_str()))
}

fn linger_check(plan: &Plan, user: &UserName, recorded: bool) -> String {
    let planned = if recorded { "on" } else { "off" };
    let target = plan
        .actions
        .iter()
        .find_map(|action| match &action.resource {
            ResourceId::Linger(of) if of == user => match action.change {
                Change::EnableLinger => Some("on"),
                Change::DisableLinger => Some("off"),
                _ => None,
            },
            _ => None,
        });
    format!(
        "expect_linger {} {planned} {}\n",
        word(user.as_str()),
        target.unwrap_or(planned)
    )
}

/// Path, planned and target state of a file. `None` where nothing is known that it must be: a secret before this
/// plan, a directory.
fn file_words(plan: &Plan, path: &HostPath, digest: Option<Digest>) -> Option<String> {
    let mut target = None;
    let mut before = None;
    for action in &plan.actions {
        match &action.change {
            Change::WriteFile(write) if write.path == *path => {
                target = write.body.bytes().map(|bytes| bytes.digest().to_string());
                before = Some(&write.before);
            }
            Change::RemoveFile {
                path: removed,
                before: there,
                ..
            } if removed == path => {
                target = Some("absent".to_owned());
                before = Some(there);
            }
            _ => {}
        }
    }
    let planned = match (digest, before) {
        (Some(digest), _) => digest.to_string(),
        (None, Some(Before::Symlink(_))) => "symlink".to_owned(),
        (None, Some(Before::File { .. })) => return None,
        (None, Some(Before::Absent) | None) => "absent".to_owned(),
    };
    let target = target.unwrap_or_else(|| planned.clone());
    Some(format!("{} {planned} {target}", word(path.as_str())))
}
