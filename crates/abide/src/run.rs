//! What every command that speaks to hosts begins with: the runtime, signals, the selected hosts with their secrets,
//! and an engine.

use std::collections::BTreeMap;

use abide_engine::{Cancel, Engine, Options, Sink};
use abide_model::{Diagnostic, FleetHost, HostName, ManifestName, Rollout};

use crate::args::{Allowances, Common};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::Manifest;
use crate::progress::Progress;
use crate::secrets;
use crate::select::select;
use crate::signals::Signals;
use crate::ui::Ui;

/// Runs a command in a runtime of its own.
pub(crate) fn block_on(
    command: impl Future<Output = Result<Exit, Failure>>,
) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::here("the runtime", error))?;
    let ended = runtime.block_on(command);
    // A thread that still waits for an answer to a question must not keep the process.
    runtime.shutdown_background();
    ended
}

/// A run over the selected hosts.
pub(crate) struct Run {
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
}

impl Run {
    /// Loads the manifest, selects hosts, resolves their secrets.
    pub(crate) async fn begin(
        common: &Common,
        allowances: &Allowances,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let signals = Signals::listen(ui).map_err(|error| Failure::here("signals", error))?;
        let manifest = Manifest::of(common)?;
        let (fleet, diagnostics) = manifest.fleet(ui)?;
        let mut hosts = select(&fleet, &common.selection)?;
        tokio::select! {
            resolved = secrets::resolve(&mut hosts, &manifest.disk) => resolved?,
            () = signals.cancel.at_least(abide_engine::Urgency::Finish) => {
                return Err(Failure::silent(signals.exit().unwrap_or(Exit::Interrupted)));
            }
        }
        override_connections(&mut hosts, common);
        if let Some(removals) = allowances.allow_removals {
            for host in hosts.values_mut() {
                host.desired.policy.allowed_removals = removals;
            }
        }
        let parallel = common.run.parallel.unwrap_or(fleet.parallel);
        Ok(Self {
            signals,
            size: hosts.len(),
            manifest: fleet.name,
            diagnostics,
            hosts: hosts.keys().cloned().collect(),
            engine: Engine::new(hosts, options(common, environment, parallel, fleet.rollout)),
        })
    }

    /// Waits for what the engine does, while its events are shown.
    pub(crate) async fn shown<T>(
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

    /// The exit code, where a signal did not decide it.
    pub(crate) fn exit(&self, exit: Exit) -> Exit {
        self.signals.exit().unwrap_or(exit)
    }
}

fn options(
    common: &Common,
    environment: &Environment,
    parallel: usize,
    rollout: Rollout,
) -> Options {
    Options {
        parallel,
        rollout,
        timeout: common.run.timeout,
        runtime_dir: environment.runtime_dir.clone(),
        who: environment.who.clone(),
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
