//! Whether a unit is started, stopped, restarted or reloaded, from what should run and what does.

use abide_model::{
    ActiveState, Cause, Field, Health, HostPath, LedgerUnit, NoteKind, NoteReason, NoteText,
    RefusalReason, UnitName, UnitNote, Wanted,
};

use super::Unit;
use super::enablement::{no_such_unit, starts_with_manager};
use super::owed::{Owed, owed_to_unit, wanted_config};
use super::replace;
use super::respond::{self, Response};
use super::sources::DiskConfiguration;
use crate::by_hand;
use crate::causes::{difference_cause, failure_cause, old_config, state};
use crate::crash_loop;
use crate::draft::Draft;
use crate::linger::{ManagerState, masked_manager};
use crate::refuse::Denied;

/// What the manager is asked to do with a unit once it has read the new files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// `systemctl start`
    Start,
    /// `systemctl restart`
    Restart,
    /// `systemctl reload`
    Reload,
}

/// Why a unit is stopped, started, restarted or reloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A fact.
    Fact(Cause),
    /// This plan changes its files, or its template's.
    OwnFiles,
    /// This plan writes a file that it reads.
    Wrote(HostPath),
    /// This plan stops that unit (or itself) before.
    StopOf(UnitName),
    /// This plan restarts that unit, and this one has to be restarted in the same call.
    RestartOf(UnitName),
    /// This plan starts its manager, and that starts the unit, or has stopped it before.
    ManagerStart,
}

impl From<Cause> for Reason {
    fn from(cause: Cause) -> Self {
        Self::Fact(cause)
    }
}

/// What is done with a unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Run {
    /// Why it is stopped while the old definition is loaded; empty: it is not.
    pub(crate) stop: Vec<Reason>,
    /// Its failure is forgotten.
    pub(crate) reset: bool,
    /// What is done after the daemon-reload, and why.
    pub(crate) then: Option<(Verb, Vec<Reason>)>,
    /// What is wrong with it, and nothing that abide does would change.
    pub(crate) trouble: Option<RefusalReason>,
    /// What a reviewer should know.
    pub(crate) notes: Vec<(NoteKind, NoteText)>,
    /// That it may run something old, where nothing is done for that.
    pub(crate) doubt: Option<NoteReason>,
}

impl Run {
    /// Whether anything is done.
    pub(crate) fn is_work(&self) -> bool {
        !self.stop.is_empty() || self.reset || self.then.is_some()
    }

    /// Whether it is stopped and stays so.
    pub(crate) fn stops_for_good(&self) -> bool {
        !self.stop.is_empty() && self.then.is_none()
    }

    /// Whether it is restarted only because another unit is.
    pub(crate) fn is_with_another(&self) -> bool {
        let mut reasons = self.then.iter().flat_map(|(_, reasons)| reasons);
        reasons.any(|reason| matches!(reason, Reason::RestartOf(_)))
    }

    fn with_note(kind: NoteKind, text: NoteText) -> Self {
        Self {
            notes: vec![(kind, text)],
            ..Self::default()
        }
    }
}

/// What is done with this unit. `loads` says whether its manager reads new files of it.
pub(crate) fn decide(unit: &Unit<'_>, draft: &Draft, loads: bool) -> Result<Run, Denied> {
    if unit.loaded.is_template() {
        return Ok(Run::default());
    }
    // A mask keeps it from being started; whether it runs is not managed.
    if unit.removal_cause().is_none()
        && unit.should_be_masked()
        && unit.wanted_running() == Wanted::Unmanaged
    {
        return Ok(Run::default());
    }
    let comes_up = comes_up(unit);
    if unit.removal_cause().is_some() || unit.should_be_masked() {
        return decide_removed(unit, comes_up);
    }
    if unit.wanted_running() == Wanted::No {
        return Ok(decide_stopped(unit, comes_up));
    }
    if let Some(run) = replace::run(unit) {
        return Ok(run);
    }
    if unit.seen.active.is_up() || comes_up {
        let run = decide_running(unit, draft, comes_up)?;
        if run.is_work() {
            return Ok(run);
        }
        if unit.seen.active.is_up() {
            let unwell = not_well(unit, loads);
            // A restart for another reason settles what it runs as well.
            return Ok(match unwell.is_work() {
                true => unwell,
                false => Run {
                    notes: run.notes,
                    doubt: run.doubt,
                    ..unwell
                },
            });
        }
    }
    match unit.wanted_running() {
        Wanted::Yes => decide_started(unit, loads),
        Wanted::No | Wanted::Unmanaged => Ok(Run::default()),
    }
}

/// Whether this plan starts the unit's manager, and that brings the unit up as it is on disk now.
pub(crate) fn comes_up(unit: &Unit<'_>) -> bool {
    // Of a user who is new nobody has looked yet at what is enabled for all users.
    let unseen = || {
        let somebody_elses = unit.view.seen.is_none() && !unit.ours;
        somebody_elses
            && unit
                .desired()
                .is_some_and(|unit| unit.running == Wanted::No)
    };
    unit.manager_starts() && (starts_with_manager(unit) || unseen())
}

fn decide_removed(unit: &Unit<'_>, comes_up: bool) -> Result<Run, Denied> {
    let cause = match unit.removal_cause() {
        Some(cause)
            if unit.ours || *cause == Cause::DeclaredAbsent || cause.is_another_service_name() =>
        {
            cause.clone()
        }
        Some(_) => return Ok(Run::default()),
        None => difference_cause(Field::Masked, "no", "yes"),
    };
    if unit.seen.active.is_up() && unit.seen.refuse_stop {
        return Err(Denied::for_reason(RefusalReason::RefusesToStop));
    }
    let stop = match (unit.seen.active.is_up(), comes_up) {
        (true, _) => vec![Reason::Fact(cause)],
        (false, true) => vec![Reason::Fact(cause), Reason::ManagerStart],
        (false, false) => Vec::new(),
    };
    Ok(Run {
        stop,
        reset: unit.seen.active == ActiveState::Failed,
        ..Run::default()
    })
}

fn decide_stopped(unit: &Unit<'_>, comes_up: bool) -> Run {
    let active = unit.seen.active;
    if active.is_up() && unit.seen.refuse_stop {
        return Run {
            trouble: Some(RefusalReason::RefusesToStop),
            ..Run::default()
        };
    }
    // For a moment before it is started again it is down (`dead-before-auto-restart`, since systemd 254).
    let is_up = active.is_up() || unit.seen.sub.contains("auto-restart");
    let stop = match (is_up, comes_up) {
        (true, _) => [state(active, ActiveState::Inactive)]
            .into_iter()
            .chain(by_hand::start_cause(unit))
            .map(Reason::Fact)
            .collect(),
        (false, true) => vec![Reason::ManagerStart],
        (false, false) => Vec::new(),
    };
    let notes = match is_unknown(unit) && stop.is_empty() {
        true => vec![(
            NoteKind::NoSuchUnit,
            NoteText::of_unit(&unit.loaded, UnitNote::NotThere),
        )],
        false => Vec::new(),
    };
    Run {
        stop,
        notes,
        ..Run::default()
    }
}

/// Whether the host has no such unit, of ours or of anybody.
fn is_unknown(unit: &Unit<'_>) -> bool {
    unit.seen.load == "not-found" && !unit.ours && unit.manager_up() && unit.files.is_empty()
}

/// A unit that runs, or that its manager is about to bring up with what is on disk now.
fn decide_running(unit: &Unit<'_>, draft: &Draft, comes_up: bool) -> Result<Run, Denied> {
    if unit.seen.transient && unit.ours && !comes_up {
        // A restart would keep the transient definition (systemd-facts.md#transient-units).
        return Ok(stop_start(
            vec![difference_cause(Field::FragmentPath, "transient", "the unit file").into()],
            unit,
        ));
    }
    let owed = owed_to_unit(unit, draft, comes_up);
    if owed.restart {
        let response = respond::to_restart(unit)?;
        let run = respond_with(unit, response, reasons(unit, &owed));
        let reset = run.then.is_some() && is_crash_looping(unit);
        return Ok(Run { reset, ..run });
    }
    let doubt = decide_may_be_old(unit, &owed)?;
    if owed.reload && !comes_up {
        let response = respond::to_reload(unit)?;
        let run = respond_with(unit, response, reasons(unit, &owed));
        return Ok(Run {
            doubt: doubt.doubt,
            ..run
        });
    }
    Ok(doubt)
}

/// What comes of it that nothing tells whether the unit runs something old: it is said, and where the manifest says
/// `on_change:`, that is done.
fn decide_may_be_old(unit: &Unit<'_>, owed: &Owed) -> Result<Run, Denied> {
    if owed.may_be_old.is_empty() {
        return Ok(Run::default());
    }
    let said = Run {
        doubt: Some(NoteReason::MayRunOld {
            unit: unit.loaded.clone(),
            files: owed.may_be_old.clone(),
        }),
        ..Run::default()
    };
    let decides = unit.desired().is_some_and(|unit| unit.on_change_said);
    Ok(match respond::to_restart(unit)? {
        Response::TakesEffect => Run::default(),
        Response::Held(_) => said,
        response if decides => {
            let cause = Cause::MayRunOld {
                files: owed.may_be_old.clone(),
            };
            respond_with(unit, response, vec![cause.into()])
        }
        Response::Reload | Response::Restart | Response::StopStart => said,
    })
}

/// A unit that runs what it should, as far as it runs.
fn not_well(unit: &Unit<'_>, loads: bool) -> Run {
    let named = |why| Run {
        trouble: Some(why),
        ..Run::default()
    };
    match unit.health() {
        Health::UpWithoutFile { load } if !loads => named(RefusalReason::CannotStartAgain { load }),
        health @ (Health::CrashLooping { .. } | Health::StartOverdue { .. })
            if unit.wanted_running() == Wanted::Yes =>
        {
            let by_hand = unit.seen.refuse_stop || respond::refuses_start(unit);
            match started_just_so(unit) || by_hand {
                true => named(RefusalReason::DoesNotStayUp { health }),
                false => Run {
                    reset: true,
                    then: Some((Verb::Restart, vec![Cause::Unhealthy { health }.into()])),
                    ..Run::default()
                },
            }
        }
        _ => Run::default(),
    }
}

/// Whether abide has started the unit with the configuration that it should have: the ledger says so, or that its last run
/// came no further than that.
fn started_just_so(unit: &Unit<'_>) -> bool {
    let config = wanted_config(unit);
    unit.ledger_entry()
        .is_some_and(|left| left.claimed || left.config == Some(config))
}

/// Whether the unit may meet its `StartLimitBurst=` before its turn comes: then nothing but `reset-failed` lets it start with its
/// new file (systemd-facts.md#start-limit).
fn is_crash_looping(unit: &Unit<'_>) -> bool {
    crash_loop::keeps_restarting(&unit.seen, unit.view.host.observed.facts.now)
}

fn respond_with(unit: &Unit<'_>, response: Response, reasons: Vec<Reason>) -> Run {
    let then = |verb| Run {
        then: Some((verb, reasons.clone())),
        ..Run::default()
    };
    match response {
        Response::TakesEffect => Run::default(),
        Response::Reload => then(Verb::Reload),
        Response::Restart => then(Verb::Restart),
        Response::StopStart => {
            let facts = |reason: &Reason| matches!(reason, Reason::Fact(_));
            stop_start(reasons.into_iter().filter(facts).collect(), unit)
        }
        Response::Held(text) => Run::with_note(NoteKind::PendingRestart, text),
    }
}

fn stop_start(stop: Vec<Reason>, unit: &Unit<'_>) -> Run {
    Run {
        stop,
        then: Some((
            Verb::Start,
            vec![Reason::StopOf(unit.loaded.clone()), Reason::OwnFiles],
        )),
        ..Run::default()
    }
}

fn reasons(unit: &Unit<'_>, owed: &Owed) -> Vec<Reason> {
    let own = owed.by_own_files.then_some(Reason::OwnFiles);
    let written = owed.by_files.iter().cloned().map(Reason::Wrote);
    let mut reasons: Vec<Reason> = own.into_iter().chain(written).collect();
    reasons.push(old_config(&unit.seen, owed.keys.clone()).into());
    reasons
}

fn decide_started(unit: &Unit<'_>, loads: bool) -> Result<Run, Denied> {
    if let Some(says) = held_back(unit, loads) {
        let text = NoteText::of_unit(&unit.loaded, says);
        return Ok(Run::with_note(NoteKind::Expect, text));
    }
    there_to_start(unit, loads)?;
    let failed_before = unit.seen.active == ActiveState::Failed;
    let mut why = match unit.manager_restarts() {
        true => vec![Reason::ManagerStart],
        false => vec![state(unit.seen.active, ActiveState::Active).into()],
    };
    if failed_before {
        why.push(failure_cause(&unit.seen, unit.health()).into());
    }
    if !unit.manager_restarts() {
        why.extend(by_hand::stop_cause(unit).map(Reason::Fact));
    }
    why.push(Reason::OwnFiles);
    let verb = match may_be_up_by_then(unit) {
        true => Verb::Restart,
        false => Verb::Start,
    };
    Ok(Run {
        reset: failed_before,
        then: Some((verb, why)),
        ..Run::default()
    })
}

/// Whether this plan starts the unit's manager while an old definition of the unit stands on disk: somebody else's unit
/// may pull it in with that. `systemctl restart` starts what does not run.
fn may_be_up_by_then(unit: &Unit<'_>) -> bool {
    unit.manager_starts()
        && match &unit.on_disk {
            DiskConfiguration::Nothing => false,
            DiskConfiguration::Unreadable => true,
            DiskConfiguration::Read(old) => old.restart_digest() != unit.wanted.restart_digest(),
        }
}

/// Why a unit that should run is left alone.
fn held_back(unit: &Unit<'_>, loads: bool) -> Option<UnitNote> {
    if unit.ends_by_itself() {
        // Every start would run it again (systemd-facts.md#oneshot-runs-again).
        return Some(UnitNote::Ends);
    }
    if respond::refuses_start(unit) {
        return Some(UnitNote::RefusesStart);
    }
    let held = unit.seen.active == ActiveState::Inactive && condition_failed(unit);
    if !held || loads {
        return None;
    }
    match (unit.seen.condition_now, &unit.seen.unmet) {
        // `systemctl start` looks again.
        (Some(true), _) => None,
        (Some(false), Some(unmet)) => Some(UnitNote::Unmet {
            condition: unmet.clone(),
        }),
        _ => Some(UnitNote::HeldByCondition),
    }
}

/// Whether a condition held the unit back at its last start. A manager forgets that together with the unit where nothing
/// refers to it; then the ledger tells that it was started just so, and did not run.
fn condition_failed(unit: &Unit<'_>) -> bool {
    let mut settings = unit.wanted.all_settings();
    let conditional =
        settings.any(|(section, key, _)| section == "Unit" && key.starts_with("Condition"));
    let started_in_vain =
        |left: &LedgerUnit| left.invocation.is_empty() && left.config == Some(wanted_config(unit));
    let forgotten =
        unit.seen.invocation.is_empty() && unit.ledger_entry().is_some_and(started_in_vain);
    !unit.seen.condition || conditional && forgotten
}

fn there_to_start(unit: &Unit<'_>, loads: bool) -> Result<(), Denied> {
    let no_manager = match (&unit.view.manager, unit.view.scope.user()) {
        (ManagerState::Down, Some(user)) => Some(user),
        _ => None,
    };
    if let Some(user) = no_manager {
        if let Some(why) = masked_manager(unit.view.host, user) {
            return Err(Denied::for_reason(why));
        }
        let reason =
            format!("it should run, and the manager of {user} does not: {user} does not linger");
        return Err(Denied::impossible_on_host(reason).with_help("declare `linger: true`"));
    }
    match unit.seen.load.as_str() {
        _ if !unit.manager_up() || unit.ours && loads => Ok(()),
        "not-found" if !unit.ours => Err(no_such_unit()),
        load @ ("bad-setting" | "error") => Err(Denied::impossible_on_host(format!(
            "its manager cannot load it: `{load}`"
        ))
        .with_help(format!("`systemctl status {}` says why", unit.loaded))),
        _ => Ok(()),
    }
}
