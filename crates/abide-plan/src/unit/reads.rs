//! What the run that a unit is in has of each thing that units read at their start: its definition (unit file with
//! drop-ins), and every file of `restart_on`.
//!
//! Three things tell, in this order (docs/decisions/0023):
//!
//! 1. the ledger, where it names this very run;
//! 2. times: what last changed before the unit started was read as it stands. A ctime cannot be set back, so it proves
//!    that nothing changed since. That it is later proves nothing: `touch`, `chmod` and `chown` move it too;
//! 3. the ledger's digest of what stood there when it was written, for runs that began after that: where the same
//!    stands there now, that was read, unless somebody wrote it since: then it may have been changed, read and put back;
//!    where something else does, it changed since, and by its time after the start.
//!
//! Where none of them does, it is not settled.

use abide_model::{
    Digest, FileKind, Held, HostPath, LastLoad, LedgerFile, LedgerRead, LedgerReads, LedgerUnit,
    ObservedFile, Timestamp,
};

use super::Unit;
use super::reload;
use super::respond::{self, Response};
use super::sources::{DiskConfiguration, Trigger};
use crate::causes::names;
use crate::ledger::{config_digest, is_secret, secret};
use crate::linger::ManagerState;

/// One thing that a unit reads at its start.
#[derive(Debug, Clone)]
pub(crate) struct ReadPart<'u> {
    /// The file; `None`: its definition.
    pub(crate) path: Option<&'u HostPath>,
    /// What should be there; `None`: nobody could read what stands there, and nobody declares it.
    pub(crate) wanted: Option<Held>,
    /// What is there, where anybody could read it.
    pub(crate) on_disk: Option<Held>,
    /// What the run has of it.
    pub(crate) run: RunKnowledge,
}

/// What a run has of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunKnowledge {
    /// What stands there.
    OnDisk,
    /// This.
    Has(Held),
    /// An older one than stands there.
    Old,
    /// What stood there when the ledger was written, unless it changed twice about the start.
    Likely(Held),
    /// Nothing tells.
    Unsettled,
}

/// How a run is against what it should have of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunVerdict {
    /// It has that.
    Right,
    /// It has something else.
    Old,
    /// Nothing tells which.
    MayBeOld,
}

impl ReadPart<'_> {
    /// How the run is against what it should have.
    pub(crate) fn run_verdict(&self) -> RunVerdict {
        let is_right = |has: Held| match self.wanted == Some(has) {
            true => RunVerdict::Right,
            false => RunVerdict::Old,
        };
        match self.run {
            RunKnowledge::OnDisk if self.is_changed_by_plan() => RunVerdict::Old,
            RunKnowledge::OnDisk => RunVerdict::Right,
            // Nobody could read it: what the run has of it cannot be compared.
            RunKnowledge::Has(_) | RunKnowledge::Likely(_) if self.wanted.is_none() => {
                RunVerdict::MayBeOld
            }
            RunKnowledge::Has(has) => is_right(has),
            RunKnowledge::Old => RunVerdict::Old,
            RunKnowledge::Likely(has) => match is_right(has) {
                // It was changed and is put back: the run may have been started in between.
                RunVerdict::Right => RunVerdict::MayBeOld,
                old => old,
            },
            RunKnowledge::Unsettled if self.is_changed_by_plan() => RunVerdict::Old,
            RunKnowledge::Unsettled => RunVerdict::MayBeOld,
        }
    }

    /// What the run has of it, for the ledger.
    pub(crate) fn held_by_run(&self) -> Option<Held> {
        match self.run {
            RunKnowledge::OnDisk => self.on_disk,
            RunKnowledge::Has(has) => Some(has),
            RunKnowledge::Old | RunKnowledge::Likely(_) | RunKnowledge::Unsettled => None,
        }
    }

    /// Whether this plan makes something else of it.
    fn is_changed_by_plan(&self) -> bool {
        self.wanted != self.on_disk
    }
}

/// Everything that the unit reads at its start. Where its manager is about to start it, it reads what stands there.
pub(crate) fn parts_at_start<'u>(unit: &'u Unit<'_>, starts_by_itself: bool) -> Vec<ReadPart<'u>> {
    let whole = match starts_by_itself {
        true => Some(WholeDigest::OnDisk),
        false => as_a_whole(unit),
    };
    let run = |wanted: Option<Held>, by_itself: &dyn Fn() -> RunKnowledge| match (whole, wanted) {
        (Some(WholeDigest::OnDisk), _) => RunKnowledge::OnDisk,
        (Some(WholeDigest::Wanted), Some(wanted)) => RunKnowledge::Has(wanted),
        (Some(WholeDigest::Wanted), None) | (None, _) => by_itself(),
    };
    let wanted_definition = Some(wanted_definition(unit));
    let definition = ReadPart {
        path: None,
        wanted: wanted_definition,
        on_disk: definition_on_disk(unit),
        run: run(wanted_definition, &|| definition_in_run(unit)),
    };
    let files = unit.restart_on.iter().map(|one| match one.is_secret() {
        true => ReadPart {
            path: Some(&one.path),
            wanted: wanted_content(one),
            on_disk: match content_changes(one) {
                true => Some(Held::Nothing),
                false => wanted_content(one),
            },
            run: match starts_by_itself {
                true => RunKnowledge::OnDisk,
                false if content_changes(one) => RunKnowledge::Old,
                false => secret_file(unit, one),
            },
        },
        false => ReadPart {
            path: Some(&one.path),
            wanted: wanted_content(one),
            on_disk: on_disk(one),
            run: run(wanted_content(one), &|| file(unit, one)),
        },
    });
    [definition].into_iter().chain(files).collect()
}

/// What the run of the unit has of everything, for the ledger, and what is left there.
pub(crate) fn this_run(unit: &Unit<'_>) -> LedgerReads {
    let parts = parts_at_start(unit, false);
    ledger_reads(&parts, |part: &ReadPart<'_>| ReadPart::held_by_run(part))
}

/// The same of a run that has everything as it should be.
pub(crate) fn wanted_run(unit: &Unit<'_>) -> LedgerReads {
    ledger_reads(&parts_at_start(unit, false), |part| part.wanted)
}

/// The same of a unit that does not run.
pub(crate) fn no_run(unit: &Unit<'_>) -> LedgerReads {
    ledger_reads(&parts_at_start(unit, false), |_| None)
}

/// Files that the unit's run has read and of which its ledger has nothing, in words. Nothing would tell their next change from
/// a `touch`.
pub(crate) fn unrecorded_files(unit: &Unit<'_>) -> Option<String> {
    let left = unit.ledger_entry();
    // A ledger of an older abide says it of all as a whole, and after a cut every change restarts.
    let told = |left: &LedgerUnit| left.claimed || is_as_a_whole(left) && left.config.is_some();
    let is_read = unit.seen.active.is_up()
        && matches!(respond::to_restart(unit), Ok(response) if response != Response::TakesEffect);
    let may_be = unit.view.host.may_change(&unit.view.scope) && unit.desired().is_some();
    if left.is_some_and(told) || !is_read || !may_be {
        return None;
    }
    let recorded =
        |file: &&Trigger<'_>| left.is_some_and(|left| left.reads.files.contains_key(&file.path));
    // Nobody knew that it is read before the manager was up.
    let asked = unit.restart_on.iter().filter(|file| !file.unasked);
    let unrecorded = asked.filter(|file| !recorded(file));
    let paths: Vec<&HostPath> = unrecorded.map(|file| &file.path).collect();
    (!paths.is_empty()).then(|| names(paths, 3))
}

fn ledger_reads(
    parts: &[ReadPart<'_>],
    run: impl Fn(&ReadPart<'_>) -> Option<Held>,
) -> LedgerReads {
    let mut reads = LedgerReads::default();
    for part in parts {
        let read = LedgerRead {
            run: run(part),
            left: part.wanted,
        };
        match part.path {
            Some(path) => {
                reads.files.insert(path.clone(), read);
            }
            None => reads.definition = Some(read),
        }
    }
    reads
}

/// The configuration that the unit runs as a whole, where all of it is known.
pub(crate) fn running_config(unit: &Unit<'_>) -> Option<Digest> {
    let parts = parts_at_start(unit, false);
    let mut has = Vec::new();
    let told = |path: &HostPath| {
        let mut files = unit.restart_on.iter();
        files.any(|file| file.path == *path && !file.is_secret())
    };
    for part in &parts {
        match part.path {
            Some(path) if told(path) => has.push((path, digest(part.held_by_run()?))),
            Some(_) | None => {}
        }
    }
    let definition = parts.iter().find(|part| part.path.is_none())?;
    Some(config_digest(digest(definition.held_by_run()?)?, has))
}

/// What should be in a file, where anybody knows.
pub(crate) fn wanted_content(file: &Trigger<'_>) -> Option<Held> {
    if file.is_secret() {
        return Some(Held::Digest(secret()));
    }
    match file.body.and_then(|body| body.bytes()) {
        Some(bytes) => Some(Held::Digest(bytes.digest())),
        None => on_disk(file),
    }
}

/// The digest of what the unit's definition should be.
pub(crate) fn wanted_definition(unit: &Unit<'_>) -> Held {
    Held::Digest(unit.wanted.restart_digest())
}

/// Whether somebody writes to the file what does not stand there: a chown is put right by writing it as well.
pub(crate) fn content_changes(file: &Trigger<'_>) -> bool {
    let wanted = file.body.and_then(|body| body.bytes());
    let found = file.found.and_then(|found| found.digest);
    wanted.is_some_and(|bytes| found != Some(bytes.digest()))
}

fn on_disk(file: &Trigger<'_>) -> Option<Held> {
    match file.found {
        // In the scope of a user that is to be made nobody could look.
        None if !file.looked_at => None,
        None => Some(Held::Nothing),
        Some(found) => match (found.digest, &found.kind) {
            (Some(digest), _) => Some(Held::Digest(digest)),
            // To a directory, as a deployment has for its current release.
            (None, FileKind::Symlink(target)) => {
                Some(Held::Digest(Digest::of_bytes(target.as_bytes())))
            }
            (None, _) => None,
        },
    }
}

fn definition_on_disk(unit: &Unit<'_>) -> Option<Held> {
    let effective = unit.on_disk.known_effective();
    effective.map(|effective| Held::Digest(effective.restart_digest()))
}

/// How the ledger says that the unit was left, and whether it names the run that the unit is in.
fn recorded_run<'a>(unit: &Unit<'a>) -> Option<(&'a LedgerUnit, bool)> {
    let invocation = unit.seen.invocation.as_str();
    let left = unit.ledger_entry()?;
    Some((
        left,
        !invocation.is_empty() && left.invocation == invocation,
    ))
}

/// What a ledger says that has one digest of all that the run read.
#[derive(Debug, Clone, Copy)]
enum WholeDigest {
    OnDisk,
    Wanted,
}

/// A ledger from before it told each thing by itself has a digest of all of them: where what stands there, or what should,
/// comes to the same, that is what the run has.
fn as_a_whole(unit: &Unit<'_>) -> Option<WholeDigest> {
    let (left, is_this_run) = recorded_run(unit)?;
    let config = left.config.filter(|_| is_as_a_whole(left))?;
    let told = || unit.restart_on.iter().filter(|file| !file.is_secret());
    let stands = definition_on_disk(unit).and_then(digest);
    let files = told().map(|file| (&file.path, file.found.and_then(|found| found.digest)));
    let stands = stands.map(|definition| config_digest(definition, files));
    if stands == Some(config) && (is_this_run || !left.claimed) {
        return Some(WholeDigest::OnDisk);
    }
    (is_this_run && super::owed::wanted_config(unit) == config).then_some(WholeDigest::Wanted)
}

fn is_as_a_whole(left: &LedgerUnit) -> bool {
    left.reads.definition.is_none()
}

pub(crate) fn digest(held: Held) -> Option<Digest> {
    match held {
        Held::Digest(digest) => Some(digest),
        Held::Nothing => None,
    }
}

/// What the ledger says of one thing: what this very run has of it, and what was left there, before this run began or
/// while it was.
struct ToldReads {
    run: Option<Held>,
    left: Option<Held>,
    is_this_run: bool,
    /// Where nothing else tells: a run that abide itself was cut in, or that its ledger knows to be another, is old.
    else_: RunKnowledge,
}

fn told_of(unit: &Unit<'_>, read: Option<LedgerRead>, is_cut: bool) -> ToldReads {
    let recorded = recorded_run(unit);
    let is_this_run = recorded.is_some_and(|(_, is_this_run)| is_this_run);
    let read = read.unwrap_or_default();
    let left = recorded.map(|(left, _)| left);
    let is_other = left.is_some_and(|left| is_as_a_whole(left) && left.config.is_some());
    let is_cut = is_cut || left.is_some_and(|left| left.claimed);
    ToldReads {
        run: read.run.filter(|_| is_this_run),
        left: read.left.filter(|_| left.is_some()),
        is_this_run,
        else_: match is_other || is_cut {
            true => RunKnowledge::Old,
            false => RunKnowledge::Unsettled,
        },
    }
}

/// What the run has of the unit's definition.
fn definition_in_run(unit: &Unit<'_>) -> RunKnowledge {
    let files = unit.files.iter().chain(&unit.template_files);
    let is_cut = files.map(|file| &file.path).any(|path| cut(unit, path));
    let read = unit.ledger_entry().and_then(|left| left.reads.definition);
    let told = told_of(unit, read, is_cut);
    if let Some(has) = told.run {
        return RunKnowledge::Has(has);
    }
    if reload::vanished_file(unit).is_some() || unit.on_disk == DiskConfiguration::Nothing {
        return RunKnowledge::Old;
    }
    let on_disk = definition_on_disk(unit);
    let changed = definition_changed(unit);
    match read_before_start(unit, changed) {
        Read::Certainly => return RunKnowledge::OnDisk,
        Read::Likely if told.left.is_some() || told.else_ == RunKnowledge::Unsettled => {
            return RunKnowledge::OnDisk;
        }
        Read::Likely | Read::No => {}
    }
    run_after_change(&told, on_disk, definition_rewritten(unit))
}

/// What the run has of what changed after it began, by its time.
fn run_after_change(told: &ToldReads, on_disk: Option<Held>, is_rewritten: bool) -> RunKnowledge {
    match (told.left, on_disk) {
        (Some(left), Some(found)) if left == found && !told.is_this_run && !is_rewritten => {
            RunKnowledge::OnDisk
        }
        // Something else may have stood there when this run began.
        (Some(left), Some(found)) if left == found && !told.is_this_run => told.else_,
        // It did not change since the ledger was written, and this run was there before.
        (Some(left), Some(found)) if left == found => told.else_,
        (Some(_), Some(_)) if told.is_this_run && told.else_ == RunKnowledge::Old => {
            RunKnowledge::Old
        }
        (Some(left), Some(_)) => RunKnowledge::Likely(left),
        (Some(_), None) | (None, _) => told.else_,
    }
}

/// Whether the unit started with the definition as it stands: a manager reads it at a daemon-reload.
enum Read {
    Certainly,
    /// It changed before the start, and was read; whether before the start nobody knows, for only the last reload is told.
    Likely,
    No,
}

fn read_before_start(unit: &Unit<'_>, changed: Option<Timestamp>) -> Read {
    let (Some(started), ManagerState::Up { last_load }) =
        (unit.seen.started_at, &unit.view.manager)
    else {
        return Read::No;
    };
    let Some(changed) = changed else {
        return Read::Certainly;
    };
    let is_told = matches!(last_load, LastLoad::At(_));
    let is_read = last_load.may_have_read(changed) && (is_told || !reload::says_so(unit));
    if changed >= started || !is_read {
        return Read::No;
    }
    let booted = unit.view.host.observed.facts.booted_at;
    let is_before_start = match last_load {
        LastLoad::At(at) | LastLoad::NotAfter(at) => *at <= started,
        LastLoad::Unknown => true,
    };
    match is_before_start || changed < booted && booted <= started {
        true => Read::Certainly,
        false => Read::Likely,
    }
}

/// Whether somebody wrote the file since the ledger says what it held: the same as before, or something else and then the
/// same. `chmod` and `chown` write nothing. A time that was set back is believed, or every copy that keeps its times would
/// be a doubt.
fn was_rewritten(unit: &Unit<'_>, found: &ObservedFile) -> bool {
    let applied = unit.view.host.observed.applied_at;
    applied.is_none_or(|applied| found.written_at > applied)
}

/// The same of the unit's definition: a manager that has read nothing since has what was left there.
fn definition_rewritten(unit: &Unit<'_>) -> bool {
    let applied = unit.view.host.observed.applied_at;
    let has_read = match &unit.view.manager {
        ManagerState::Up {
            last_load: LastLoad::At(at) | LastLoad::NotAfter(at),
        } => applied.is_none_or(|applied| *at > applied),
        _ => true,
    };
    let files = unit.files.iter().chain(&unit.template_files);
    let mut standing = files.filter(|file| file.is_regular_file());
    has_read && standing.any(|file| file.found.is_some_and(|found| was_rewritten(unit, found)))
}

/// When one of the unit's files, or its template's, last changed.
pub(crate) fn definition_changed(unit: &Unit<'_>) -> Option<Timestamp> {
    let files = unit.files.iter().chain(&unit.template_files);
    let standing = files.filter(|file| file.is_regular_file());
    let changed = standing.filter_map(|file| file.found);
    changed.map(|found| found.changed_at).max()
}

/// What the run has of a file that is no secret.
fn file(unit: &Unit<'_>, file: &Trigger<'_>) -> RunKnowledge {
    if on_disk(file).is_none() {
        return match newer_than_run(unit, file) {
            true => RunKnowledge::Unsettled,
            false => RunKnowledge::OnDisk,
        };
    }
    let reads = unit.ledger_entry().map(|left| &left.reads);
    let read = reads.and_then(|reads| reads.files.get(&file.path));
    let told = told_of(unit, read.copied(), cut(unit, &file.path));
    if let Some(has) = told.run {
        return RunKnowledge::Has(has);
    }
    match file.found {
        Some(_) if !newer_than_run(unit, file) => RunKnowledge::OnDisk,
        Some(found) => run_after_change(&told, on_disk(file), was_rewritten(unit, found)),
        // Nobody knows since when it is gone.
        None => match told.left {
            Some(Held::Digest(_)) if told.is_this_run => RunKnowledge::Old,
            Some(Held::Digest(_)) => RunKnowledge::Unsettled,
            Some(Held::Nothing) | None => RunKnowledge::OnDisk,
        },
    }
}

/// What the run has of a secret that stands there as declared. The ledger has no digest of it, for it could be guessed
/// from: only that this run has it.
fn secret_file(unit: &Unit<'_>, file: &Trigger<'_>) -> RunKnowledge {
    let as_declared = RunKnowledge::Has(Held::Digest(secret()));
    let recorded = recorded_run(unit);
    let reads = recorded.and_then(|(left, _)| left.reads.files.get(&file.path));
    let is_this_run = recorded.is_some_and(|(_, is_this_run)| is_this_run);
    let was_secret = recorded_file(unit, &file.path).is_some_and(is_secret);
    let is_cut = recorded.is_some_and(|(left, _)| left.claimed) || cut(unit, &file.path);
    let whole = recorded.is_some_and(|(left, _)| is_as_a_whole(left) && !left.claimed);
    let told = whole || reads.is_some_and(|read| read.run.is_some());
    match is_this_run && was_secret && told {
        true => as_declared,
        false if file.found.is_some() && !newer_than_run(unit, file) => RunKnowledge::OnDisk,
        false if is_cut => RunKnowledge::Old,
        false => RunKnowledge::Unsettled,
    }
}

/// Whether the file is newer than the unit's run.
fn newer_than_run(unit: &Unit<'_>, file: &Trigger<'_>) -> bool {
    match (file.found, unit.seen.started_at) {
        (Some(found), Some(started)) => found.changed_at >= started,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

fn recorded_file<'a>(unit: &Unit<'a>, path: &HostPath) -> Option<&'a LedgerFile> {
    unit.view.host.ledger.files.get(path)
}

/// Whether a run of abide that wrote this file was cut before it could finish.
pub(crate) fn cut(unit: &Unit<'_>, path: &HostPath) -> bool {
    recorded_file(unit, path).is_some_and(|file| file.digest.is_none())
}
