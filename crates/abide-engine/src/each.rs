//! Works on many hosts at once, within bounds.

use std::collections::BTreeMap;
use std::sync::Arc;

use abide_model::HostName;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::cancel::{Cancel, Urgency};
use crate::host::EngineHost;

/// What became of a host's turn.
#[derive(Debug)]
pub(crate) enum Turn<T> {
    /// It had its turn.
    Had(EngineHost, T),
    /// The run ended before.
    Missed(EngineHost),
    /// Its task broke down: a bug of abide, which must not hide the other hosts.
    Broken(String),
}

/// Gives each host its turn, in their order, at most `parallel` at once. After an end is asked for, no host begins.
pub(crate) async fn for_each_host<T, F, W>(
    hosts: Vec<EngineHost>,
    parallel: usize,
    cancel: &Cancel,
    work: W,
) -> BTreeMap<HostName, Turn<T>>
where
    T: Send + 'static,
    F: Future<Output = (EngineHost, T)> + Send,
    W: Fn(EngineHost) -> F + Clone + Send + Sync + 'static,
{
    let permits = Arc::new(Semaphore::new(parallel.max(1)));
    let mut tasks = JoinSet::new();
    let mut names = BTreeMap::new();
    let mut turns = BTreeMap::new();
    for host in hosts {
        let name = host.name.clone();
        // Here and not in the tasks: they would have their turns in any order.
        let permit = tokio::select! {
            biased;
            () = cancel.at_least(Urgency::Finish) => None,
            permit = Arc::clone(&permits).acquire_owned() => permit.ok(),
        };
        let Some(permit) = permit else {
            turns.insert(name, Turn::Missed(host));
            continue;
        };
        let work = work.clone();
        let span = tracing::info_span!("host", %name);
        let turn = async move {
            let (host, result) = work(host).await;
            drop(permit);
            Turn::Had(host, result)
        };
        let task = tasks.spawn(turn.instrument(span));
        names.insert(task.id(), name);
    }
    while let Some(ended) = tasks.join_next_with_id().await {
        let (id, turn) = match ended {
            Ok(ended) => ended,
            Err(error) => (error.id(), Turn::Broken(error.to_string())),
        };
        if let Some(name) = names.remove(&id) {
            turns.insert(name, turn);
        }
    }
    turns
}

#[cfg(test)]
mod tests;
