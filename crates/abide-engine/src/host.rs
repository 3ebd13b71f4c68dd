//! One host while it is worked on.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use abide_model::{
    Become, Declared, Event, FleetHost, HostFacts, HostName, HostOutcome, HostReport, Masks, Plan,
    Rollout, RootRoute, StaleFact,
};
use abide_plan::Runs;
use abide_transport::Session;
use tokio::sync::mpsc::UnboundedSender;

use crate::approved::Approved;

/// How hosts are worked on.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// How many at once.
    pub parallel: usize,
    /// In which waves they are changed.
    pub rollout: Rollout,
    /// Limit for each step on a host: an observation, an apply.
    pub timeout: Duration,
    /// A private directory of this user, for sockets.
    pub runtime_dir: Option<PathBuf>,
    /// `user@machine` of the controller, for locks.
    pub who: String,
    /// Where the job of a CI system that this run is part of can be seen, for locks; may be empty.
    pub job: String,
    /// The plan in its spoken form, for locks; empty where there is none to name.
    pub plan_name: String,
    /// How long a lock is waited for.
    pub lock_timeout: Duration,
    /// Nothing but probes is sent.
    pub read_only: bool,
    /// Hosts say what a boot would start.
    pub rehearse: bool,
    /// The host's systemd reads the unit files that a plan writes, for a moment in a private directory in memory. Who only looks
    /// writes nothing, not even there.
    pub stages: bool,
}

/// Where events go. Nobody needs to listen.
pub type Sink = UnboundedSender<Event>;

/// A host, its connection, and what is known about it so far.
#[derive(Debug)]
pub(crate) struct EngineHost {
    pub(crate) name: HostName,
    pub(crate) wanted: Arc<FleetHost>,
    pub(crate) session: Option<Session>,
    pub(crate) facts: Option<HostFacts>,
    /// What the manifest declares for it.
    pub(crate) declared: Vec<Declared>,
    pub(crate) plan: Option<Plan>,
    /// Which run of each unit there was when that was planned, or held against the host.
    pub(crate) runs: Runs,
    /// What was approved: nothing else is done then.
    pub(crate) approved: Option<Approved>,
    /// Facts of users' scopes that have moved since then: nothing is done in these scopes.
    pub(crate) left_alone: Vec<StaleFact>,
    /// Wall time spent on it so far.
    pub(crate) spent: Duration,
}

impl EngineHost {
    pub(crate) fn new(name: HostName, wanted: FleetHost) -> Self {
        Self {
            name,
            declared: abide_plan::declared(&wanted.desired, None),
            wanted: Arc::new(wanted),
            session: None,
            facts: None,
            plan: None,
            runs: Runs::default(),
            approved: None,
            left_alone: Vec::new(),
            spent: Duration::ZERO,
        }
    }

    /// The secrets that it is given, to be kept out of what it says.
    pub(crate) fn secret_masks(&self) -> Masks {
        Masks::from_bodies(self.wanted.desired.all_bodies().map(|(_, _, body)| body))
    }

    /// What came of it, as far as it came.
    pub(crate) fn report(&self, outcome: HostOutcome) -> HostReport {
        HostReport {
            outcome,
            facts: self.facts.clone(),
            declared: self.declared.clone(),
            plan: self.plan.clone(),
            steps: Vec::new(),
            surprises: Vec::new(),
            millis: saturating_millis(self.spent),
        }
    }

    /// How root was reached when it was observed last, or when its plan was made.
    fn known_root_route(&self) -> Option<&RootRoute> {
        let approved = self.approved.as_ref();
        let planned = approved.and_then(|approved| approved.root.as_ref());
        self.facts.as_ref().map(|facts| &facts.root).or(planned)
    }

    /// How to become root now: as before, once that is known. A host where root is lost on the way is not taken for one
    /// where nobody has it.
    pub(crate) fn r#become(&self) -> Become {
        let wanted = self.wanted.connection.r#become;
        match self.known_root_route() {
            Some(RootRoute::None(_)) | None => wanted,
            Some(root) => self.become_now(root),
        }
    }

    /// How to become root where it was reached like this.
    pub(crate) fn become_now(&self, root: &RootRoute) -> Become {
        match root {
            RootRoute::Sudo => Become::Sudo,
            RootRoute::Doas => Become::Doas,
            RootRoute::Run0 => Become::Run0,
            RootRoute::None(_) => Become::Never,
            RootRoute::Root => self.wanted.connection.r#become,
        }
    }

    /// The same for a script that was made for what is known of the host: where there was no root, it wants none.
    pub(crate) fn become_planned(&self) -> Become {
        match self.known_root_route() {
            Some(RootRoute::None(_)) => Become::Never,
            _ => self.r#become(),
        }
    }

    /// Whether there was a way to root that is known.
    pub(crate) fn had_root(&self) -> bool {
        self.known_root_route().is_some_and(RootRoute::is_root)
    }

    /// Lets a broken connection go.
    pub(crate) async fn disconnect(&mut self) {
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }
}

/// Tells what happens to one host, to whoever listens.
#[derive(Debug, Clone)]
pub(crate) struct Teller {
    host: HostName,
    sink: Sink,
    since: Instant,
}

impl Teller {
    /// Begins with a host.
    pub(crate) fn start(host: &HostName, sink: &Sink) -> Self {
        let teller = Self {
            host: host.clone(),
            sink: sink.clone(),
            since: Instant::now(),
        };
        teller.send_event(|host| Event::HostStart { host });
        teller
    }

    pub(crate) fn send_event(&self, event: impl FnOnce(HostName) -> Event) {
        // A run without listeners is fine.
        let _unheard = self.sink.send(event(self.host.clone()));
    }

    pub(crate) fn send_progress(&self, message: impl Into<String>) {
        let message = message.into();
        self.send_event(|host| Event::Progress { host, message });
    }

    pub(crate) fn send_notice(&self, message: impl Into<String>) {
        let message = message.into();
        self.send_event(|host| Event::Notice { host, message });
    }

    /// Ends with a host: adds the time to what was spent on it.
    pub(crate) fn finish_host(&self, report: &mut HostReport) {
        report.millis = report
            .millis
            .saturating_add(saturating_millis(self.since.elapsed()));
        self.send_event(|host| Event::HostDone {
            host,
            state: report.outcome.state(),
            reasons: report.outcome.reasons(),
            failed_units: report.outcome.failed_units().to_vec(),
            millis: report.millis,
        });
    }

    pub(crate) fn elapsed_time(&self) -> Duration {
        self.since.elapsed()
    }
}

fn saturating_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
