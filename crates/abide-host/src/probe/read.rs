//! Reads a whole answer: which frames there must be, and what follows for users and scopes that did not answer.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Desired, HostFacts, Ledger, LedgerFinding, ManifestName, Observation, Observed, ObservedScope,
    ObservedUser, PlaceFault, Scope, UnknownReason, UserName,
};

use super::ask::Ask;
use super::clock::Clock;
use super::frames::Frames;
use super::room;
use super::{ProbeError, read_host, read_scope, read_users};
use crate::ledger;

pub(super) fn observed(
    desired: &Desired,
    nonce: &str,
    answer: &[u8],
) -> Result<Observed, ProbeError> {
    let frames = Frames::of_answer(answer, nonce);
    if frames.get("no-systemd").is_some() {
        return Err(ProbeError::NoSystemd);
    }
    if frames.get("no-timeout").is_some() {
        return Err(ProbeError::NoTimeout);
    }
    if frames.get("end").is_none() {
        return Err(ProbeError::Cut { said: frames.stray });
    }
    let (facts, clock) = read_host::facts(&frames)?;
    let mut ledgers = ProbedLedgers::read(desired, &frames);
    let lingering = read_users::lingering_names(&frames);
    let asked = asked_users(desired, ledgers.own.as_known(), &lingering, &facts);
    let users = read_users::users(&frames, &asked, &lingering);
    ledgers.at_home(&users);
    let scopes = Scopes {
        desired,
        nonce,
        frames: &frames,
        facts: &facts,
        clock,
        users: &users,
    }
    .read(ledgers.own.as_known());
    Ok(Observed {
        lock: read_host::lock(&frames, "lock"),
        stale_lock: read_host::lock(&frames, "stale-lock"),
        suspended: read_host::suspension(&frames),
        applied_at: read_host::applied_at(&frames),
        lingering: Observation::Known(lingering),
        facts,
        users,
        scopes,
        ledger: ledgers.own,
        ledger_findings: ledgers.findings,
        other_ledgers: ledgers.others,
        unread_ledgers: ledgers.unread,
        inputs: BTreeMap::new(),
    })
}

/// What the ledgers of the host say.
struct ProbedLedgers {
    own: Observation<Ledger>,
    findings: Vec<LedgerFinding>,
    others: BTreeMap<ManifestName, Ledger>,
    unread: BTreeMap<ManifestName, UnknownReason>,
    contents: ledger::Contents,
}

impl ProbedLedgers {
    fn read(desired: &Desired, frames: &Frames<'_>) -> Self {
        let mut ledgers = Self {
            own: Observation::Absent,
            findings: Vec::new(),
            others: BTreeMap::new(),
            unread: BTreeMap::new(),
            contents: ledger::Contents::default(),
        };
        for frame in frames.frames_named("ledger").take(room::MOST_LEDGERS) {
            let Ok(name) = ManifestName::parse(frame.word(1)) else {
                continue;
            };
            let entries = frame.lines().count();
            let contents = match frame.word(2) {
                "" if entries > most_entries(desired) => Err(UnknownReason::LedgerLines(entries)),
                "" => ledger::read(&frame.body_text())
                    .map_err(|error| UnknownReason::NotUnderstood(error.to_string())),
                fault => Err(why_unbelievable(fault)),
            };
            match contents {
                Ok(contents) if name == desired.manifest => {
                    ledgers.own = Observation::Known(contents.ledger.clone());
                    ledgers.contents = contents;
                }
                Err(why) if name == desired.manifest => ledgers.own = Observation::Unknown(why),
                Ok(contents) => {
                    ledgers.others.insert(name, contents.ledger);
                }
                Err(why) => {
                    ledgers.unread.insert(name, why);
                }
            }
        }
        if let Some(frame) = frames.get("no-ledgers") {
            ledgers.own = Observation::Unknown(why_unbelievable(frame.word(1)));
        }
        ledgers
    }

    /// What lies outside of its user's home is nobody's entry.
    fn at_home(&mut self, users: &BTreeMap<UserName, Observation<ObservedUser>>) {
        if let Observation::Known(ledger) = &mut self.own {
            let known = |name: &UserName| Some(&users.get(name)?.as_known()?.home);
            self.contents.at_home(known);
            *ledger = std::mem::take(&mut self.contents.ledger);
            self.findings = std::mem::take(&mut self.contents.findings);
        }
    }
}

/// Why a ledger, or their directory, is none that can be believed.
fn why_unbelievable(fault: &str) -> UnknownReason {
    match fault.strip_prefix("directory-") {
        Some(fault) => UnknownReason::LedgerDirectory(PlaceFault::of_word(fault)),
        None => UnknownReason::LedgerPlace(PlaceFault::of_word(fault)),
    }
}

/// Entries that a ledger may have: a few for everything that is declared, and what was declared before.
fn most_entries(desired: &Desired) -> usize {
    let users = desired.users.values();
    let of_users = users.map(|user| user.files.len().saturating_add(user.units.len()));
    let declared = of_users.fold(desired.units.len(), usize::saturating_add);
    declared
        .saturating_mul(8)
        .saturating_add(room::MOST_UNDECLARED)
}

/// Everybody the answer must speak about.
fn asked_users(
    desired: &Desired,
    ledger: Option<&Ledger>,
    lingering: &BTreeSet<String>,
    facts: &HostFacts,
) -> BTreeSet<UserName> {
    let mut asked: BTreeSet<UserName> = desired.users.keys().cloned().collect();
    asked.extend(
        lingering
            .iter()
            .filter_map(|name| UserName::parse(name).ok()),
    );
    asked.insert(facts.login.clone());
    if let Some(ledger) = ledger {
        asked.extend(ledger.users.iter().chain(&ledger.lingers).cloned());
        asked.extend(ledger_scopes(ledger).filter_map(|scope| scope.user().cloned()));
    }
    asked
}

fn ledger_scopes(ledger: &Ledger) -> impl Iterator<Item = Scope> + '_ {
    let files = ledger.files.values().map(|file| file.scope.clone());
    files.chain(ledger.units.keys().map(|unit| unit.scope.clone()))
}

struct Scopes<'a> {
    desired: &'a Desired,
    nonce: &'a str,
    frames: &'a Frames<'a>,
    facts: &'a HostFacts,
    clock: Clock,
    users: &'a BTreeMap<UserName, Observation<ObservedUser>>,
}

impl Scopes<'_> {
    fn read(&self, ledger: Option<&Ledger>) -> BTreeMap<Scope, Observation<ObservedScope>> {
        let mut ask = Ask::new(self.desired, &BTreeSet::new());
        let declared = ask.scopes.len();
        for scope in ledger.into_iter().flat_map(ledger_scopes) {
            ask.scopes.entry(scope).or_default();
        }
        ask.scopes
            .into_iter()
            .map(|(scope, ask)| {
                let observation = self.scope(&scope, &ask, declared);
                (scope, observation)
            })
            .collect()
    }

    fn scope(
        &self,
        scope: &Scope,
        ask: &super::ask::ScopeAsk,
        declared: usize,
    ) -> Observation<ObservedScope> {
        let user = match scope.user().map(|name| self.users.get(name)) {
            None => None,
            Some(Some(Observation::Known(user))) => Some(user),
            Some(Some(Observation::Absent)) => return Observation::Absent,
            Some(Some(Observation::Unknown(why))) => return Observation::Unknown(why.clone()),
            Some(None) => return Observation::Unknown(UnknownReason::NotAskedFor),
        };
        let Some(frame) = self.frames.frame_about("scope", &scope.to_string()) else {
            return Observation::Unknown(self.why_silent());
        };
        let answer = Frames::within_scope(frame, self.nonce);
        let room = ask.item_counts().answer_bytes(declared);
        if answer.get("scope-end").is_none() && frame.size_in_bytes() >= room {
            return Observation::Unknown(UnknownReason::TooLong(room >> 10));
        }
        match read_scope::scope(ask, user, &answer, self.clock) {
            Ok(scope) => Observation::Known(scope),
            Err(why) => Observation::Unknown(why),
        }
    }

    fn why_silent(&self) -> UnknownReason {
        match &self.facts.root {
            abide_model::RootRoute::None(why) => UnknownReason::NeedsRoot { why: why.clone() },
            _ => UnknownReason::NoWayToUser,
        }
    }
}
