//! Asks a host that has drifted who may have done it: a second question over the connection that is there. What it does
//! not answer stays unknown, and what was found stays found.

use std::time::Duration;

use abide_host::evidence;
use abide_model::{HostDrift, HostOutcome, HostReport};

use crate::cancel::{Cancel, Urgency};
use crate::host::{EngineHost, EngineOptions};
use crate::nonce;
use crate::script::{self, Limits};

/// More is not read.
const LARGEST_ANSWER: usize = 1 << 20;
/// A journal and a package database answer within that, or not at all.
const PATIENCE: Duration = Duration::from_secs(60);

/// Adds evidence to what was found, where there is something to ask.
pub(crate) async fn add(
    host: &EngineHost,
    report: &mut HostReport,
    options: &EngineOptions,
    stop: &Cancel,
) {
    let HostOutcome::Judged(drift) = &mut report.outcome else {
        return;
    };
    tokio::select! {
        () = ask(host, drift, options) => {}
        () = stop.at_least(Urgency::Finish) => {}
    }
}

async fn ask(host: &EngineHost, drift: &mut HostDrift, options: &EngineOptions) {
    let (Some(session), Some(facts), Ok(nonce)) = (&host.session, &host.facts, nonce::random_hex())
    else {
        return;
    };
    let Some(text) = evidence::script(drift, facts.now, &nonce) else {
        return;
    };
    let limits = Limits {
        timeout: options.timeout.min(PATIENCE),
        output: LARGEST_ANSWER,
        read_only: options.read_only,
    };
    let asked = script::ask(session, host.become_planned(), &text, limits);
    if let Ok((_, answer)) = asked.await {
        evidence::read(drift, facts.now, &nonce, &answer);
    }
}
