//! What every command that speaks to hosts begins with: the runtime, signals, the selected hosts with their secrets,
//! and an engine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use abide_engine::{Cancel, Engine, EngineOptions, Sink};
use abide_model::plan_digest::{host_digest, plan_digest};
use abide_model::{
    Connection, Diagnostic, Digest, Fleet, FleetHost, HostFacts, HostName, ManifestName, Report,
    Rollout, SavedPlan,
};

use crate::args::{Allowances, Common};
use crate::budgets;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::LocalDisk;
use crate::load::{LoadedManifest, Warnings};
use crate::progress::Progress;
use crate::secrets;
use crate::select::{Chosen, choose_hosts, select_saved};
use crate::shards::ShardPart;
use crate::signals::Signals;
use crate::ui::Ui;

/// Runs a command in a runtime of its own.
pub(crate) fn block_on(
    command: impl Future<Output = Result<Exit, Failure>>,
) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::local_error("the runtime", error))?;
    let ended = runtime.block_on(command);
    // A thread that still waits for an answer to a question must not keep the process.
    runtime.shutdown_background();
    ended
}

/// A run over the selected hosts.
pub(crate) struct HostRun {
    pub(crate) engine: Engine,
    pub(crate) signals: Signals,
    /// How many hosts were selected.
    pub(crate) size: usize,
    /// The manifest's name.
    pub(crate) manifest: ManifestName,
    /// What is odd in it.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The hosts.
    pub(crate) hosts: Vec<HostName>,
    /// What a plan of this run is saved with.
    pub(crate) origin: HostOrigin,
}

/// Where a run's hosts come from, as far as a saved plan tells it.
pub(crate) struct HostOrigin {
    /// The digest of all of the manifest that was read.
    pub(crate) digest: Digest,
    /// The directory of the manifest.
    pub(crate) folder: PathBuf,
    /// Whether all of its hosts are selected.
    pub(crate) whole: bool,
    /// The shard that these are.
    pub(crate) part: Option<ShardPart>,
    /// How each host is reached by the manifest alone.
    pub(crate) connections: BTreeMap<HostName, Connection>,
    /// How many hosts are worked on at once by the manifest alone.
    pub(crate) parallel: usize,
    /// In which waves.
    pub(crate) rollout: Rollout,
}

/// Which hosts a run is about.
#[derive(Clone, Copy)]
pub(crate) enum HostSelection<'a> {
    /// Those that the command line selects.
    Selected,
    /// Those of these that the manifest still has.
    Named(&'a BTreeSet<HostName>),
}

impl HostRun {
    /// Loads the manifest, selects hosts, resolves their secrets.
    pub(crate) async fn begin(
        common: &Common,
        allowances: &Allowances,
        warnings: Warnings,
        (ui, environment): (&Ui, &Environment),
    ) -> Result<Self, Failure> {
        Self::begin_with(
            common,
            allowances,
            (HostSelection::Selected, warnings),
            (ui, environment),
        )
        .await
    }

    /// The same with these hosts.
    pub(crate) async fn begin_with(
        common: &Common,
        allowances: &Allowances,
        (choice, warnings): (HostSelection<'_>, Warnings),
        (ui, environment): (&Ui, &Environment),
    ) -> Result<Self, Failure> {
        let signals = listen(ui)?;
        let manifest = LoadedManifest::to_contact(common, environment)?;
        let (fleet, diagnostics, digest) = manifest.fleet(ui, warnings)?;
        let (mut hosts, part) = match choice {
            HostSelection::Selected => {
                let Chosen { hosts, part } = choose_hosts(&fleet, &common.selection)?;
                (hosts, part)
            }
            HostSelection::Named(names) => {
                let all = fleet.hosts.clone().into_iter();
                let named = all.filter(|(name, _)| names.contains(name));
                (named.collect(), None)
            }
        };
        let whole = hosts.len() == fleet.hosts.len();
        resolve(&mut hosts, &manifest.disk, &signals).await?;
        for host in hosts.values_mut() {
            host.desired.policy.accept_broken = allowances.accept_broken;
        }
        if let Some(removals) = allowances.allow_removals {
            for host in hosts.values_mut() {
                host.desired.policy.allowed_removals = removals;
            }
        }
        let folder = manifest.directory_of_first_file();
        let from = (digest, folder, (whole, part));
        Ok(Self {
            diagnostics,
            ..Self::with_hosts(fleet, hosts, from, signals, (common, environment))
        })
    }

    /// Takes hosts, with their secrets, from a saved plan.
    pub(crate) async fn resume(
        common: &Common,
        saved: &SavedPlan,
        (ui, environment): (&Ui, &Environment),
    ) -> Result<Self, Failure> {
        let signals = listen(ui)?;
        let fleet = saved.fleet();
        let mut hosts = select_saved(saved, &common.selection)?.hosts;
        // Of a host on which nothing is done no secret is needed, and it may not be to be had any more.
        hosts.retain(|name, _| saved.host(name).is_some_and(|host| host.digest.is_some()));
        let disk = LocalDisk::for_saved_plan(&hosts, common, environment)?;
        resolve(&mut hosts, &disk, &signals).await?;
        let from = (saved.manifest.digest, PathBuf::new(), (false, None));
        Ok(Self::with_hosts(
            fleet,
            hosts,
            from,
            signals,
            (common, environment),
        ))
    }

    fn with_hosts(
        fleet: Fleet,
        mut hosts: BTreeMap<HostName, FleetHost>,
        (digest, folder, (whole, part)): (Digest, PathBuf, (bool, Option<ShardPart>)),
        signals: Signals,
        (common, environment): (&Common, &Environment),
    ) -> Self {
        let connection =
            |(name, host): (&HostName, &FleetHost)| (name.clone(), host.connection.clone());
        let origin = HostOrigin {
            digest,
            folder,
            whole,
            part,
            connections: hosts.iter().map(connection).collect(),
            parallel: fleet.parallel,
            rollout: fleet.rollout.clone(),
        };
        override_connections(&mut hosts, common);
        let parallel = common.run.parallel.unwrap_or(fleet.parallel);
        Self {
            signals,
            size: hosts.len(),
            manifest: fleet.name,
            diagnostics: Vec::new(),
            hosts: hosts.keys().cloned().collect(),
            origin,
            engine: Engine::new(
                hosts,
                engine_options(common, environment, parallel, fleet.rollout),
            ),
        }
    }

    /// The digest of what was planned.
    pub(crate) fn digest(&self, planned: &Report) -> Digest {
        let hosts = planned.hosts.iter().map(|(name, host)| {
            let identity = host.facts.as_ref().and_then(HostFacts::machine_identity);
            let digest = host.plan.as_ref().zip(self.engine.desired(name));
            (
                name,
                digest.and_then(|(plan, desired)| host_digest(plan, identity, desired)),
            )
        });
        plan_digest(hosts)
    }

    /// Waits for what the engine does, while its events are shown.
    pub(crate) async fn wait_with_progress<T>(
        &mut self,
        progress: Progress,
        work: impl AsyncFnOnce(&mut Engine, &Sink, &Cancel) -> T,
    ) -> T {
        let (events, received) = tokio::sync::mpsc::unbounded_channel();
        let showing = tokio::spawn(progress.show(received));
        let result = work(&mut self.engine, &events, &self.signals.cancel).await;
        drop(events);
        // Showing ends with the last event; should it have broken down, the result still counts.
        let _shown = showing.await;
        result
    }

    /// The same for what changes hosts.
    pub(crate) async fn change_with_progress<T>(
        &mut self,
        progress: Progress,
        work: impl AsyncFnOnce(&mut Engine, &Sink, &Cancel) -> T,
    ) -> T {
        self.signals.changes_begin();
        self.wait_with_progress(progress, work).await
    }

    /// Refuses to change hosts in waves of which these are only a part.
    pub(crate) fn keeps_budgets(&self) -> Result<(), Failure> {
        let Some(part) = &self.origin.part else {
            return Ok(());
        };
        budgets::check_shard(&self.origin.rollout, Some(part.shard), part.whole.by)
    }

    /// The exit code, where a signal did not decide it.
    pub(crate) fn exit(&self, exit: Exit) -> Exit {
        self.signals.exit().unwrap_or(exit)
    }
}

fn listen(ui: &Ui) -> Result<Signals, Failure> {
    Signals::listen(ui).map_err(|error| Failure::local_error("signals", error))
}

async fn resolve(
    hosts: &mut BTreeMap<HostName, FleetHost>,
    disk: &LocalDisk,
    signals: &Signals,
) -> Result<(), Failure> {
    tokio::select! {
        resolved = secrets::resolve(hosts, disk) => resolved,
        () = signals.cancel.at_least(abide_engine::Urgency::Finish) => {
            Err(Failure::without_message(signals.exit().unwrap_or(Exit::Interrupted)))
        }
    }
}

fn engine_options(
    common: &Common,
    environment: &Environment,
    parallel: usize,
    rollout: Rollout,
) -> EngineOptions {
    EngineOptions {
        parallel,
        rollout,
        timeout: common.run.timeout,
        runtime_dir: environment.runtime_dir.clone(),
        who: environment.who.clone(),
        job: environment
            .job
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        plan_name: String::new(),
        lock_timeout: std::time::Duration::ZERO,
        read_only: false,
        rehearse: false,
        stages: false,
    }
}

/// The command line wins over the manifest.
fn override_connections(hosts: &mut BTreeMap<HostName, FleetHost>, common: &Common) {
    for host in hosts.values_mut() {
        if let Some(timeout) = common.run.connect_timeout {
            host.connection.connect_timeout = timeout;
        }
        if let Some(file) = &common.run.ssh_config {
            host.connection.ssh_config = Some(file.to_string_lossy().into_owned());
        }
    }
}
