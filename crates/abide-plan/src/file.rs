//! One file: whether it is as declared, and what makes it so.
//!
//! Who may write it and what follows from it is decided by whoever asks.

use abide_model::{
    Before, Body, Cause, Change, Field, FileKind, FilePurpose, HostPath, ManifestName, Observation,
    ObservedFile, Scope, UnknownReason, WriteFile,
};

use crate::by_hand;
use crate::causes::{difference_cause, safe_host_text};
use crate::ledger::is_secret;
use crate::refuse::Denied;
use crate::scope::ScopeView;

/// Permission bits of a new file that says nothing else.
const READABLE: u32 = 0o644;
/// Permission bits of a new secret that says nothing else.
const PRIVATE: u32 = 0o600;
/// Without it not even its owner reads a file.
const OWNER_READS: u32 = 0o400;
/// What is left of a file's bits where a secret that says nothing else takes its place.
const FOR_OWNER: u32 = 0o700;

/// A declared file.
#[derive(Debug)]
pub(crate) struct DeclaredFile<'a> {
    pub(crate) path: &'a HostPath,
    pub(crate) purpose: FilePurpose,
    pub(crate) body: &'a Body,
    /// Permission bits, where they are managed.
    pub(crate) mode: Option<u32>,
}

/// What is to be done about a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FileVerdict {
    /// It is as it should be and ours.
    Same,
    /// It is as it should be, and becomes ours.
    Adopt,
    /// This is done, for these reasons.
    Do(Box<Change>, Vec<Cause>),
    /// It should be gone, and is: the ledger lets go of it.
    Forget,
}

impl FileVerdict {
    /// The change on the host, where there is one.
    pub(crate) fn change(&self) -> Option<&Change> {
        match self {
            Self::Do(change, _) => Some(change),
            Self::Same | Self::Adopt | Self::Forget => None,
        }
    }
}

/// What makes this file as declared.
pub(crate) fn verdict_for_declared(
    view: &ScopeView<'_>,
    wanted: &DeclaredFile<'_>,
) -> Result<FileVerdict, Denied> {
    if let Some(other) = view.host.file_owner(wanted.path) {
        return Err(owned_by(view, other, wanted.path));
    }
    let Some(bytes) = wanted.body.bytes() else {
        return Err(Denied::not_seen(format!(
            "the secret for {} was not resolved",
            wanted.path
        )));
    };
    let Some(found) = find_on_host(view, wanted.path)? else {
        let mode = new_mode(wanted);
        let causes = with_hand_edit(view, wanted.path, None, Cause::Missing);
        return Ok(write(wanted, Before::Absent, mode, causes));
    };
    let because = |cause| {
        let mut causes = with_hand_edit(view, wanted.path, Some(found), cause);
        causes.extend(lost_or_foreign(view, wanted.path));
        causes
    };
    let before = state_before(found, wanted.body.is_secret(), wanted.path)?;
    let digest = bytes.digest();
    let mode = wanted.mode.unwrap_or(match wanted.body.is_secret() {
        // Nobody could read it then, nor see whether it is as it should be.
        _ if found.mode & OWNER_READS == 0 => new_mode(wanted),
        // Whatever stood there may have been for everybody to read.
        true => found.mode & FOR_OWNER,
        false => found.mode,
    });
    let differs_in = if found.kind != FileKind::Regular {
        Some(difference_cause(Field::Kind, "symbolic link", "file"))
    } else if found.digest != Some(digest) {
        let observed = found.digest.map(|digest| digest.short_form());
        Some(match wanted.body.is_secret() {
            true => difference_cause(Field::Content, "(secret)", "(secret)"),
            false => difference_cause(
                Field::Content,
                observed.unwrap_or_else(|| "unreadable".into()),
                digest.short_form(),
            ),
        })
    } else {
        // Only a file of its own user is safe from others, and root's may be unreadable for it.
        wrong_owner(view, found)
            .map(|owner| difference_cause(Field::Owner, safe_host_text(&found.owner), owner))
    };
    Ok(match differs_in {
        Some(cause) if found.kind == FileKind::Regular => {
            write(wanted, before, mode, because(cause))
        }
        Some(cause) => write(wanted, before, new_mode(wanted), because(cause)),
        None if mode != found.mode => set_mode(wanted, found.mode, mode),
        None if view.host.ledger.files.contains_key(wanted.path) => FileVerdict::Same,
        // What this login may not change it cannot own either.
        None if !view.host.may_change(&view.scope) => FileVerdict::Same,
        None => FileVerdict::Adopt,
    })
}

/// What makes this file go.
pub(crate) fn verdict_for_removal(
    view: &ScopeView<'_>,
    path: &HostPath,
    purpose: FilePurpose,
    cause: &Cause,
) -> Result<FileVerdict, Denied> {
    if let Some(other) = view.host.file_owner(path) {
        return Err(owned_by(view, other, path));
    }
    let Some(found) = find_on_host(view, path)? else {
        return Ok(match view.host.ledger.files.contains_key(path) {
            true => FileVerdict::Forget,
            false => FileVerdict::Same,
        });
    };
    // The manifest no longer says that it was a secret: the ledger does, and what only its owner may read is not shown.
    let recorded = view.host.ledger.files.get(path);
    let secret = recorded.is_some_and(is_secret) || found.mode.trailing_zeros() >= 6;
    let change = Change::RemoveFile {
        path: path.clone(),
        purpose,
        before: state_before(found, secret, path)?,
    };
    let causes = with_hand_edit(view, path, Some(found), cause.clone());
    Ok(FileVerdict::Do(Box::new(change), causes))
}

/// The cause, and that somebody changed the file since abide wrote it.
fn with_hand_edit(
    view: &ScopeView<'_>,
    path: &HostPath,
    found: Option<&ObservedFile>,
    cause: Cause,
) -> Vec<Cause> {
    let place = view.places.classify(path);
    let by_hand = by_hand::file(view.host, path, &place, found);
    [cause].into_iter().chain(by_hand).collect()
}

/// Where lines of the ledger are not believed, what stands there may have been abide's or anybody's.
fn lost_or_foreign(view: &ScopeView<'_>, path: &HostPath) -> Option<Cause> {
    let damaged = !view.host.observed.ledger_findings.is_empty();
    let foreign = !view.host.ledger.files.contains_key(path);
    (damaged && foreign).then(|| difference_cause(Field::Ledger, "not ours", "ours"))
}

fn owned_by(view: &ScopeView<'_>, other: &ManifestName, path: &HostPath) -> Denied {
    owned_by_another(view, other, path.as_str())
}

/// Two manifests may share a host, but nothing on it.
pub(crate) fn owned_by_another(view: &ScopeView<'_>, other: &ManifestName, what: &str) -> Denied {
    let ours = &view.host.desired.manifest;
    Denied::by_guard(format!(
        "{what} belongs to manifest {other}, and manifest {ours} names it too"
    ))
    .with_help(format!(
        "remove it from one of the two manifests; {other} has to be applied to let go of it"
    ))
}

/// The file that stands there; `None` where nothing does.
pub(crate) fn find_on_host<'a>(
    view: &ScopeView<'a>,
    path: &HostPath,
) -> Result<Option<&'a ObservedFile>, Denied> {
    let Some(scope) = view.seen else {
        return Ok(None);
    };
    match scope.files.get(path) {
        Some(Observation::Known(found)) => Ok(Some(found)),
        Some(Observation::Absent) => Ok(None),
        Some(Observation::Unknown(why)) => Err(unseen_refusal(path, why)),
        None => Err(unseen_refusal(path, &UnknownReason::NotLookedAt)),
    }
}

fn unseen_refusal(path: &HostPath, why: &UnknownReason) -> Denied {
    let why = safe_host_text(&why.to_string());
    Denied::not_seen(format!("{path} could not be seen: {why}"))
}

fn state_before(found: &ObservedFile, secret: bool, path: &HostPath) -> Result<Before, Denied> {
    match &found.kind {
        FileKind::Regular if secret => Ok(Before::File {
            digest: None,
            content: None,
            mode: found.mode,
        }),
        FileKind::Regular => Ok(Before::File {
            digest: found.digest,
            content: found.content.clone(),
            mode: found.mode,
        }),
        FileKind::Symlink(target) => Ok(Before::Symlink(safe_host_text(target))),
        FileKind::Directory => Err(Denied::impossible_on_host(format!("{path} is a directory"))
            .with_help("move it away; abide never replaces a directory")),
        FileKind::Other => Err(
            Denied::impossible_on_host(format!("{path} is no regular file"))
                .with_help("move it away; abide replaces only files and symbolic links"),
        ),
    }
}

fn new_mode(wanted: &DeclaredFile<'_>) -> u32 {
    wanted.mode.unwrap_or_else(|| usual_mode(wanted.body))
}

/// Permission bits of what says nothing else.
pub(crate) fn usual_mode(body: &Body) -> u32 {
    match body.is_secret() {
        true => PRIVATE,
        false => READABLE,
    }
}

/// The owner it should have, where it has another.
fn wrong_owner(view: &ScopeView<'_>, found: &ObservedFile) -> Option<String> {
    let (name, number) = match &view.scope {
        Scope::System => ("root".to_owned(), Some(0)),
        Scope::User(user) => {
            let uid = view.host.user(user).as_known().map(|user| user.uid);
            (user.to_string(), uid)
        }
    };
    let owner = found.owner.as_str();
    let right =
        owner.is_empty() || owner == name || number.is_some_and(|uid| owner == uid.to_string());
    (!right).then_some(name)
}

fn write(wanted: &DeclaredFile<'_>, before: Before, mode: u32, causes: Vec<Cause>) -> FileVerdict {
    let change = Change::WriteFile(WriteFile {
        path: wanted.path.clone(),
        purpose: wanted.purpose,
        body: wanted.body.clone(),
        mode,
        before,
    });
    FileVerdict::Do(Box::new(change), causes)
}

fn set_mode(wanted: &DeclaredFile<'_>, from: u32, to: u32) -> FileVerdict {
    let change = Change::SetMode {
        path: wanted.path.clone(),
        from,
        to,
    };
    FileVerdict::Do(
        Box::new(change),
        vec![difference_cause(
            Field::Mode,
            format!("{from:04o}"),
            format!("{to:04o}"),
        )],
    )
}
