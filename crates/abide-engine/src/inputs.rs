//! Asks a host once more where its plan wants to know more, or where units are in trouble: a second question over the connection
//! that is there, and none where there is nothing to ask. What it does not answer stays unknown.

use std::collections::BTreeSet;
use std::time::Duration;

use abide_host::follow_up::{self, FollowUp};
use abide_model::Observed;
use abide_transport::Session;

use crate::host::{EngineHost, EngineOptions};
use crate::nonce;
use crate::room;
use crate::script::{self, Limits};

/// Each user has a few seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// Adds what was seen, where there is something to look at.
pub(crate) async fn add(
    session: &Session,
    host: &EngineHost,
    observed: &mut Observed,
    options: &EngineOptions,
) {
    let desired = &host.wanted.desired;
    let planned = observed.suspension().is_none();
    let looks = if planned {
        abide_plan::input_looks(desired, observed)
    } else {
        BTreeSet::new()
    };
    let plan = (options.stages && !looks.is_empty()).then(|| abide_plan::plan(desired, observed));
    let asked = FollowUp::new(&looks, plan.as_ref());
    let Ok(nonce) = nonce::random_hex() else {
        return;
    };
    let Some(text) = asked.script(observed, &nonce) else {
        return;
    };
    let limits = Limits {
        timeout: options.timeout.min(PATIENCE),
        output: follow_up::LARGEST_ANSWER,
        read_only: options.read_only,
    };
    let _room = room::reserve_memory(limits.output).await;
    let way = host.become_now(&observed.facts.root);
    if let Ok((_, answer)) = script::ask(session, way, &text, limits).await {
        asked.read(observed, &nonce, &answer, &host.secret_masks());
    }
}
