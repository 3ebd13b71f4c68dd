//! A run over a fleet.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use abide_host::ledger::repair::Repaired;
use abide_host::order::LockOrder;
use abide_model::plan_digest::host_digest;
use abide_model::{
    Desired, Event, FailReason, FleetHost, HostFacts, HostLedgers, HostName, HostOutcome,
    HostReport, LedgerRepair, Observed, Plan, Report,
};

use crate::apply;
use crate::approved::Approved;
use crate::cancel::{Cancel, Urgency};
use crate::drift::drift_one;
use crate::each::{Turn, for_each_host};
use crate::gate::{check_one, gate_one, look};
use crate::host::{EngineHost, EngineOptions, Sink, Teller};
use crate::ledgers::{self, LedgersError};
use crate::observe::{Unseen, observe};
use crate::order::{self, Undone};
use crate::waves::{is_enough, waves};

/// What hosts are looked at for.
#[derive(Debug, Clone, Copy)]
enum Look {
    Plan,
    Gate { skip_stale: bool },
    Check,
    Drift { fix: bool },
}

/// Hosts, and what is known about them. Connections live as long as the engine.
#[derive(Debug)]
pub struct Engine {
    options: Arc<EngineOptions>,
    hosts: BTreeMap<HostName, EngineHost>,
    planned: Report,
}

impl Engine {
    /// An engine for these hosts; nothing happens yet.
    pub fn new(hosts: BTreeMap<HostName, FleetHost>, options: EngineOptions) -> Self {
        let hosts = hosts
            .into_iter()
            .map(|(name, wanted)| (name.clone(), EngineHost::new(name, wanted)))
            .collect();
        Self {
            options: Arc::new(options),
            hosts,
            planned: Report::default(),
        }
    }

    /// Observes every host; changes nothing. An interruption of any urgency ends it at once.
    pub async fn observe(
        &mut self,
        events: &Sink,
        cancel: &Cancel,
    ) -> BTreeMap<HostName, Result<Observed, Unseen>> {
        let (options, events, stop) = (Arc::clone(&self.options), events.clone(), cancel.clone());
        let work = move |mut host: EngineHost| {
            let (options, events, stop) = (Arc::clone(&options), events.clone(), stop.clone());
            async move {
                let teller = Teller::start(&host.name, &events);
                let seen = tokio::select! {
                    seen = observe(&mut host, &options) => seen,
                    () = stop.at_least(Urgency::Finish) => Err(Unseen::Cancelled),
                };
                let outcome = match &seen {
                    Ok(_) => HostOutcome::Unchanged,
                    Err(why) => why.host_outcome(),
                };
                teller.finish_host(&mut host.report(outcome));
                host.spent += teller.elapsed_time();
                (host, seen)
            }
        };
        let turns = for_each_host(self.take_all(), self.options.parallel, cancel, work).await;
        let seen = turns.into_iter().map(|(name, turn)| {
            let seen = match turn {
                Turn::Had(host, seen) => self.keep(host, seen),
                Turn::Missed(host) => self.keep(host, Err(Unseen::Cancelled)),
                Turn::Broken(why) => Err(Unseen::Broken(why)),
            };
            (name, seen)
        });
        seen.collect()
    }

    /// Observes and plans every host; changes nothing. An interruption of any urgency ends it at once.
    pub async fn plan(&mut self, events: &Sink, cancel: &Cancel) -> Report {
        let hosts = self.take_all();
        let report = self.look_at(hosts, Look::Plan, events, cancel).await;
        self.planned = report.clone();
        report
    }

    /// From now on nothing but probes is sent to hosts.
    pub fn only_look(&mut self) {
        Arc::make_mut(&mut self.options).read_only = true;
    }

    /// From now on hosts are asked what a boot would start.
    pub fn rehearse_boots(&mut self) {
        Arc::make_mut(&mut self.options).rehearse = true;
    }

    /// Names the plan, for whoever meets its lock.
    pub fn name_plan(&mut self, name: String) {
        Arc::make_mut(&mut self.options).plan_name = name;
    }

    /// Locks are waited for this long.
    pub fn wait_for_locks(&mut self, timeout: Duration) {
        Arc::make_mut(&mut self.options).lock_timeout = timeout;
    }

    /// Observes every host and judges it for drift. With `fix`, what restores hosts is what [`Engine::apply`] does then.
    /// Changes nothing itself.
    pub async fn drift(&mut self, fix: bool, events: &Sink, cancel: &Cancel) -> Report {
        let hosts = self.take_all();
        let report = self
            .look_at(hosts, Look::Drift { fix }, events, cancel)
            .await;
        self.planned = report.clone();
        report
    }

    /// Carries an order to every host.
    pub async fn order(
        &mut self,
        order: &LockOrder,
        events: &Sink,
        cancel: &Cancel,
    ) -> BTreeMap<HostName, Result<String, Undone>> {
        let (options, events, stop) = (Arc::clone(&self.options), events.clone(), cancel.clone());
        let order = Arc::new(order.clone());
        let work = move |mut host: EngineHost| {
            let (options, events, stop) = (Arc::clone(&options), events.clone(), stop.clone());
            let order = Arc::clone(&order);
            async move {
                let done = order::carry_out(&mut host, &order, &options, &events, &stop).await;
                (host, done)
            }
        };
        let turns = for_each_host(self.take_all(), self.options.parallel, cancel, work).await;
        let done = turns.into_iter().map(|(name, turn)| {
            let done = match turn {
                Turn::Had(host, done) => self.keep(host, done),
                Turn::Missed(host) => self.keep(host, Err(Unseen::Cancelled.into())),
                Turn::Broken(why) => Err(Unseen::Broken(why).into()),
            };
            (name, done)
        });
        done.collect()
    }

    /// Looks at the ledgers of every host; changes nothing.
    pub async fn ledgers(
        &mut self,
        events: &Sink,
        cancel: &Cancel,
    ) -> BTreeMap<HostName, Result<HostLedgers, LedgersError>> {
        let (options, events, stop) = (Arc::clone(&self.options), events.clone(), cancel.clone());
        let work = move |mut host: EngineHost| {
            let (options, events, stop) = (Arc::clone(&options), events.clone(), stop.clone());
            async move {
                let seen = ledgers::look(&mut host, &options, &events, &stop).await;
                (host, seen)
            }
        };
        let turns = for_each_host(self.take_all(), self.options.parallel, cancel, work).await;
        self.ledger_answers(turns)
    }

    /// Repairs the ledgers of these hosts, each as it is said.
    pub async fn mend_ledgers(
        &mut self,
        repairs: BTreeMap<HostName, LedgerRepair>,
        events: &Sink,
        cancel: &Cancel,
    ) -> BTreeMap<HostName, Result<Repaired, LedgersError>> {
        let (options, events, stop) = (Arc::clone(&self.options), events.clone(), cancel.clone());
        let hosts: Vec<EngineHost> = repairs
            .keys()
            .filter_map(|name| self.hosts.remove(name))
            .collect();
        let repairs = Arc::new(repairs);
        let work = move |mut host: EngineHost| {
            let (options, events, stop) = (Arc::clone(&options), events.clone(), stop.clone());
            let repairs = Arc::clone(&repairs);
            async move {
                let done = match repairs.get(&host.name) {
                    Some(repair) => {
                        ledgers::carry_out_repair(&mut host, repair, &options, &events, &stop).await
                    }
                    None => Err(Unseen::Cancelled.into()),
                };
                (host, done)
            }
        };
        let turns = for_each_host(hosts, self.options.parallel, cancel, work).await;
        self.ledger_answers(turns)
    }

    /// What came of the ledgers of each host.
    fn ledger_answers<T>(
        &mut self,
        turns: BTreeMap<HostName, Turn<Result<T, LedgersError>>>,
    ) -> BTreeMap<HostName, Result<T, LedgersError>> {
        let answers = turns.into_iter().map(|(name, turn)| {
            let answer = match turn {
                Turn::Had(host, answer) => self.keep(host, answer),
                Turn::Missed(host) => self.keep(host, Err(Unseen::Cancelled.into())),
                Turn::Broken(why) => Err(Unseen::Broken(why).into()),
            };
            (name, answer)
        });
        answers.collect()
    }

    /// Says what was approved for these hosts.
    pub fn approve(&mut self, approved: BTreeMap<HostName, Approved>) {
        for (name, approved) in approved {
            if let Some(host) = self.hosts.get_mut(&name) {
                host.approved = Some(approved);
            }
        }
    }

    /// Approves the plans of [`Engine::plan`] as they are.
    pub fn approve_planned(&mut self) {
        for host in self.hosts.values_mut() {
            let identity = host.facts.as_ref().and_then(HostFacts::machine_identity);
            let plan = host.plan.clone().filter(|plan| !plan.actions.is_empty());
            let root = host.facts.as_ref().map(|facts| facts.root.clone());
            host.approved = plan.map(|plan| Approved {
                root,
                digest: host_digest(&plan, identity, &host.wanted.desired),
                plan,
                identity,
                is_all: true,
            });
        }
    }

    /// Observes every host for which something was approved, and sees what is left of that: pending, unchanged or
    /// stale. What is left is what [`Engine::apply`] does. Changes nothing. With `skip_stale` a host on which only users'
    /// own facts have moved is pending as well: all but the scopes of these users is left to do there.
    pub async fn gate(&mut self, skip_stale: bool, events: &Sink, cancel: &Cancel) -> Report {
        let all = self.take_all();
        let (gated, others): (Vec<EngineHost>, Vec<EngineHost>) =
            all.into_iter().partition(|host| host.approved.is_some());
        for host in others {
            self.hosts.insert(host.name.clone(), host);
        }
        let report = self
            .look_at(gated, Look::Gate { skip_stale }, events, cancel)
            .await;
        self.planned.hosts.extend(report.hosts.clone());
        report
    }

    /// Observes and plans every host, and sees whether its plan is still the approved one: unchanged, or stale with the
    /// reasons. Changes nothing.
    pub async fn check(&mut self, events: &Sink, cancel: &Cancel) -> Report {
        let hosts = self.take_all();
        self.look_at(hosts, Look::Check, events, cancel).await
    }

    async fn look_at(
        &mut self,
        hosts: Vec<EngineHost>,
        how: Look,
        events: &Sink,
        cancel: &Cancel,
    ) -> Report {
        if !matches!(how, Look::Drift { .. }) {
            Arc::make_mut(&mut self.options).stages = true;
        }
        let (options, events, stop) = (Arc::clone(&self.options), events.clone(), cancel.clone());
        let work = move |mut host: EngineHost| {
            let (options, events, stop) = (Arc::clone(&options), events.clone(), stop.clone());
            async move {
                let report = match how {
                    Look::Plan => plan_one(&mut host, &options, &events, &stop).await,
                    Look::Gate { skip_stale } => {
                        gate_one(&mut host, skip_stale, &options, &events, &stop).await
                    }
                    Look::Check => check_one(&mut host, &options, &events, &stop).await,
                    Look::Drift { fix } => {
                        drift_one(&mut host, fix, &options, &events, &stop).await
                    }
                };
                (host, report)
            }
        };
        let turns = for_each_host(hosts, self.options.parallel, cancel, work).await;
        Report {
            hosts: self.host_reports(turns),
        }
    }

    /// Carries out the plans of [`Engine::plan`] (which it makes first where there are none), wave by wave, and
    /// verifies each host. The first interruption begins no further host, the second leaves at once.
    pub async fn apply(&mut self, events: &Sink, cancel: &Cancel) -> Report {
        if self.planned.hosts.is_empty() {
            let _made = self.plan(events, cancel).await;
        }
        let mut report = self.planned.clone();
        let rollout = self.options.rollout.clone();
        let mut failed = 0;
        for wave in waves(&self.to_change(), &rollout) {
            let ends = cancel.current_urgency() > Urgency::None || is_enough(failed, &rollout);
            let done = if ends {
                self.not_started(&wave)
            } else {
                self.change(&wave, events, cancel).await
            };
            failed += done
                .values()
                .filter(|host| is_failure(&host.outcome))
                .count();
            report.hosts.extend(done);
        }
        report
    }

    /// A host as it was given to [`Engine::new`].
    pub fn fleet_host(&self, host: &HostName) -> Option<&FleetHost> {
        self.hosts.get(host).map(|host| &*host.wanted)
    }

    /// What a host should be.
    pub fn desired(&self, host: &HostName) -> Option<&Desired> {
        self.hosts.get(host).map(|host| &host.wanted.desired)
    }

    /// The script that an apply of the last plan, as it is `shown`, would run on a host, for people: without secrets, and
    /// with a word in the place of the random one. `None` where nothing would be run.
    pub fn script(&self, host: &HostName, shown: impl Fn(&Plan) -> Plan) -> Option<String> {
        let host = self.hosts.get(host)?;
        let plan = host.plan.as_ref().filter(|plan| !plan.actions.is_empty())?;
        let options = apply::apply_options("NONCE".to_owned(), &self.options);
        Some(abide_host::apply::shown_script(
            &shown(plan),
            host.facts.as_ref()?,
            &options,
        ))
    }

    /// Ends every connection.
    pub async fn close(&mut self) {
        for host in self.hosts.values_mut() {
            host.disconnect().await;
        }
    }

    /// Hosts whose plan has actions.
    fn to_change(&self) -> Vec<HostName> {
        let hosts = self.hosts.values();
        hosts
            .filter(|host| {
                host.plan
                    .as_ref()
                    .is_some_and(|plan| !plan.actions.is_empty())
            })
            .map(|host| host.name.clone())
            .collect()
    }

    async fn change(
        &mut self,
        names: &[HostName],
        events: &Sink,
        cancel: &Cancel,
    ) -> BTreeMap<HostName, HostReport> {
        let hosts = names
            .iter()
            .filter_map(|name| self.hosts.remove(name))
            .collect();
        let (options, events, stop) = (Arc::clone(&self.options), events.clone(), cancel.clone());
        let work = move |mut host: EngineHost| {
            let (options, events, stop) = (Arc::clone(&options), events.clone(), stop.clone());
            async move {
                let report = apply::change(&mut host, &options, &events, &stop).await;
                (host, report)
            }
        };
        let turns = for_each_host(hosts, self.options.parallel, cancel, work).await;
        self.host_reports(turns)
    }

    fn not_started(&self, names: &[HostName]) -> BTreeMap<HostName, HostReport> {
        let hosts = names.iter().filter_map(|name| self.hosts.get(name));
        hosts
            .map(|host| (host.name.clone(), host.report(HostOutcome::NotStarted)))
            .collect()
    }

    fn take_all(&mut self) -> Vec<EngineHost> {
        std::mem::take(&mut self.hosts).into_values().collect()
    }

    fn keep<T>(&mut self, host: EngineHost, result: T) -> T {
        self.hosts.insert(host.name.clone(), host);
        result
    }

    fn host_reports(
        &mut self,
        turns: BTreeMap<HostName, Turn<HostReport>>,
    ) -> BTreeMap<HostName, HostReport> {
        let reports = turns.into_iter().map(|(name, turn)| {
            let report = match turn {
                Turn::Had(host, report) => self.keep(host, report),
                Turn::Missed(host) => {
                    let report = host.report(HostOutcome::NotStarted);
                    self.keep(host, report)
                }
                Turn::Broken(why) => internal_error_report(&why),
            };
            (name, report)
        });
        reports.collect()
    }
}

async fn plan_one(
    host: &mut EngineHost,
    options: &EngineOptions,
    events: &Sink,
    stop: &Cancel,
) -> HostReport {
    look(host, options, events, stop, |host, observed, teller| {
        let plan = abide_plan::plan(&host.wanted.desired, &observed);
        let actions = plan.actions.len();
        tracing::debug!(
            actions,
            refused = plan.refused.len(),
            notes = plan.notes.len(),
            "planned"
        );
        teller.send_event(|host| Event::ObserveDone { host, actions });
        if let Some(holder) = &observed.lock {
            teller.send_notice(format!(
                "{} of {} runs there now: what differs may be its doing",
                holder.operation, holder.who
            ));
        }
        let outcome = if plan.is_empty() {
            HostOutcome::Unchanged
        } else {
            HostOutcome::Pending
        };
        host.declared = abide_plan::declared(&host.wanted.desired, Some(&observed));
        host.runs = abide_plan::Runs::of_observed(&observed);
        host.facts = Some(observed.facts);
        host.plan = Some(plan);
        outcome
    })
    .await
}

/// Whether a host counts against `max_failures`.
fn is_failure(outcome: &HostOutcome) -> bool {
    match outcome {
        HostOutcome::Unchanged
        | HostOutcome::Pending
        | HostOutcome::Changed
        | HostOutcome::Judged(_)
        | HostOutcome::Suspended { .. }
        | HostOutcome::NotStarted => false,
        HostOutcome::Failed { .. }
        | HostOutcome::Unreachable { .. }
        | HostOutcome::Locked(_)
        | HostOutcome::Stale { .. }
        | HostOutcome::Interrupted => true,
    }
}

fn internal_error_report(why: &str) -> HostReport {
    HostReport {
        outcome: HostOutcome::Failed {
            reasons: vec![FailReason::Abide {
                error: why.to_owned(),
            }],
            residue: None,
            failed_units: Vec::new(),
        },
        facts: None,
        declared: Vec::new(),
        plan: None,
        steps: Vec::new(),
        surprises: Vec::new(),
        millis: 0,
    }
}
