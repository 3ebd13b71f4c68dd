//! Asks a host whose plan starts units whether these have what they need: a second question over the connection that is
//! there, and none where nothing is started. What it does not answer stays unknown.

use std::time::Duration;

use abide_host::inputs;
use abide_model::Observed;
use abide_transport::Session;

use crate::host::{Host, Options};
use crate::nonce;
use crate::script::{self, Limits};

/// Each user has a few seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// Adds what was seen, where there is something to look at.
pub(crate) async fn add(
    session: &Session,
    host: &Host,
    observed: &mut Observed,
    options: &Options,
) {
    if observed.suspension().is_some() {
        return;
    }
    let looks = abide_plan::looks(&host.wanted.desired, observed);
    let Ok(nonce) = nonce::fresh() else { return };
    let Some(text) = inputs::script(&looks, &nonce) else {
        return;
    };
    let limits = Limits {
        timeout: options.timeout.min(PATIENCE),
        output: inputs::LARGEST_ANSWER,
        read_only: options.read_only,
    };
    let way = host.become_now(&observed.facts.root);
    if let Ok((_, answer)) = script::ask(session, way, &text, limits).await {
        observed.inputs = inputs::read(&looks, &nonce, &answer);
    }
}
