//! Files below users' homes that belong to no unit.

use abide_model::{
    Cause, Change, DesiredFile, Field, FilePurpose, HostPath, LedgerFile, NoteKind, NoteText,
    ResourceId,
};

use crate::draft::{Draft, DraftStep, Phase};
use crate::file::{self, DeclaredFile, FileVerdict};
use crate::ledger::digest_of;
use crate::obstacles;
use crate::places::LedgerPlace;
use crate::refuse::Denied;
use crate::scope::ScopeView;

/// Writes the declared files of a scope, and removes ours that nothing declares.
pub(crate) fn draft(view: &ScopeView<'_>, draft: &mut Draft) {
    let user = view.scope.user();
    let declared = user.and_then(|name| Some((view.host.home(name), view.host.declared(name)?)));
    if let Some((home, user)) = declared {
        for (below, desired) in &user.files {
            draft_file(view, draft, &home.join(below), desired);
        }
    }
    for (path, _) in undeclared(view) {
        remove(view, draft, path);
    }
}

/// Files of the ledger that belong to no unit and that nothing declares.
fn undeclared<'a>(view: &ScopeView<'a>) -> Vec<(&'a HostPath, &'a LedgerFile)> {
    let files = view.host.ledger.files.iter();
    files
        .filter(|(_, file)| file.scope == view.scope)
        .filter(|(path, _)| view.places.classify(path) == LedgerPlace::Plain)
        .filter(|(path, _)| view.host.managed_file(path).is_none())
        .collect()
}

fn draft_file(view: &ScopeView<'_>, draft: &mut Draft, path: &HostPath, desired: &DesiredFile) {
    let wanted = DeclaredFile {
        path,
        purpose: FilePurpose::Plain,
        body: &desired.body,
        mode: desired.mode,
    };
    let verdict = file::verdict_for_declared(view, &wanted)
        .and_then(|verdict| check_permitted(view, verdict))
        .and_then(|verdict| {
            obstacles::may_write(view, draft, [&verdict])?;
            Ok(verdict)
        });
    let Some(verdict) = verdict_or_refuse(view, draft, path, verdict) else {
        return;
    };
    let left = LedgerFile {
        scope: view.scope.clone(),
        digest: Some(digest_of(&desired.body)),
    };
    draft.ledger.files.insert(path.clone(), left);
    let cause = crate::causes::difference_cause(Field::Ledger, "not ours", "ours");
    add_step(view, draft, path, verdict, (Change::Adopt, cause));
}

fn remove(view: &ScopeView<'_>, draft: &mut Draft, path: &HostPath) {
    let verdict = file::verdict_for_removal(view, path, FilePurpose::Plain, &Cause::Undeclared);
    let verdict = verdict.and_then(|verdict| check_permitted(view, verdict));
    let kept = !view.host.desired.policy.prune;
    if kept
        && verdict
            .as_ref()
            .is_ok_and(|verdict| verdict.change().is_some())
    {
        draft.note(resource(view, path), NoteKind::Orphan, NoteText::Orphan);
        return;
    }
    if let Some(verdict) = verdict_or_refuse(view, draft, path, verdict) {
        draft.ledger.files.remove(path);
        add_step(
            view,
            draft,
            path,
            verdict,
            (Change::Forget, Cause::Undeclared),
        );
    }
}

fn check_permitted(view: &ScopeView<'_>, verdict: FileVerdict) -> Result<FileVerdict, Denied> {
    match verdict.change().is_none() || view.host.may_change(&view.scope) {
        true => Ok(verdict),
        false => Err(Denied::impossible_on_host(format!(
            "changing it needs root, and {}",
            view.host.without_root()
        ))),
    }
}

fn verdict_or_refuse(
    view: &ScopeView<'_>,
    draft: &mut Draft,
    path: &HostPath,
    verdict: Result<FileVerdict, Denied>,
) -> Option<FileVerdict> {
    match verdict {
        Ok(verdict) => Some(verdict),
        Err(denied) => {
            draft.refuse(denied.into_refusal(resource(view, path)));
            None
        }
    }
}

fn add_step(
    view: &ScopeView<'_>,
    draft: &mut Draft,
    path: &HostPath,
    verdict: FileVerdict,
    (claim, claimed): (Change, Cause),
) {
    let resource = resource(view, path);
    let step = match verdict {
        FileVerdict::Same => return,
        FileVerdict::Adopt | FileVerdict::Forget => {
            DraftStep::new(Phase::Claims, resource, claim).with_cause(claimed)
        }
        FileVerdict::Do(change, causes) => {
            let removes = matches!(*change, Change::RemoveFile { .. });
            let account = view.account_after.iter().filter(|_| !removes);
            DraftStep::new(Phase::Files, resource, *change)
                .because_all(causes)
                .after_steps(view.files_after.iter().chain(account).copied())
        }
    };
    draft.add(step);
}

fn resource(view: &ScopeView<'_>, path: &HostPath) -> ResourceId {
    ResourceId::File {
        scope: view.scope.clone(),
        path: path.clone(),
    }
}
