//! The apply script that a plan compiles to, and what it tells.
//!
//! One POSIX sh script a host, sent by standard input. It takes the lock, checks the plan's preconditions again,
//! stages and verifies the files, claims them in the ledger, acts in the plan's order with one systemctl call a verb,
//! has a gate that puts old files back, watches the units, and tells every step as it happens. It survives the loss of
//! its connection: it finishes, or puts back what it must (docs/change-classes.md, "The order on a host").

mod accounts;
mod events;
mod facts;
mod left;
mod quadlets;
mod stage;
mod steps;
pub(crate) mod verify;

use std::collections::BTreeSet;
use std::time::Duration;

use abide_model::{HostFacts, Plan, Precondition, Scope};

pub use events::{ApplyReader, HostEvent, largest_output};
pub(crate) use events::{lock_holder, suspension};

use crate::ledger;
use crate::quote::{quote, scope_word, word};

/// The fixed part: small functions, in the order in which they build on each other.
const FUNCTIONS: [&str; 15] = [
    include_str!("apply/events.sh"),
    crate::NAMES,
    crate::LOCK,
    include_str!("apply/scope.sh"),
    include_str!("apply/answers.sh"),
    include_str!("apply/files.sh"),
    include_str!("apply/units.sh"),
    include_str!("apply/restart.sh"),
    include_str!("apply/users.sh"),
    crate::STAGED,
    include_str!("apply/verify.sh"),
    include_str!("apply/quadlets.sh"),
    include_str!("apply/settle.sh"),
    include_str!("apply/ledger.sh"),
    include_str!("apply/run.sh"),
];

/// What one run of a script is told beside the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplyOptions {
    /// A word that nothing on the host can know; every line of this script's own begins with it.
    pub nonce: String,
    /// `user@machine` of the controller, for the lock.
    pub who: String,
    /// The plan in its spoken form, for the lock; empty where it has none.
    pub plan: String,
    /// Where the job of a CI system that this run is part of can be seen, for the lock; may be empty.
    pub url: String,
    /// How long the lock is waited for.
    pub lock_timeout: Duration,
    /// How long the run may take once it has the lock, beside watching its units.
    pub time_limit: Duration,
}

/// The script that carries out `plan` on the host with these facts.
///
/// Secrets are in it as they are: it may only travel by standard input.
pub fn script(plan: &Plan, facts: &HostFacts, options: &ApplyOptions) -> String {
    compile_script(plan, facts, options, Secrets::Sent)
}

/// The same script for a person to read: `(secret)` stands for every secret.
pub fn shown_script(plan: &Plan, facts: &HostFacts, options: &ApplyOptions) -> String {
    compile_script(plan, facts, options, Secrets::Hidden)
}

/// What stands in the place of secrets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrets {
    /// They themselves.
    Sent,
    /// A word.
    Hidden,
}

fn compile_script(
    plan: &Plan,
    facts: &HostFacts,
    options: &ApplyOptions,
    secrets: Secrets,
) -> String {
    let mut parts = vec![head_comment(plan)];
    for functions in FUNCTIONS {
        parts.push(functions.to_owned());
        parts.push("\n".to_owned());
    }
    parts.push("main() {\n".to_owned());
    parts.push(shared_variables(plan, facts, options));
    parts.push(format!(
        "\nlock_timeout={}\ntake_lock {} {} {}\nmake_work\nhas_lock=yes\ntrap clean_up EXIT\ncheck_suspension\n",
        options.lock_timeout.as_secs(),
        word(&options.who),
        quote(&options.plan),
        quote(&options.url)
    ));
    parts.push(facts::precondition_checks(plan));
    parts.push(stage::file_calls(plan, secrets));
    parts.push(verify::calls_by_scope(plan));
    parts.push(quadlets::dry_run_calls(plan));
    parts.push(claim(plan));
    parts.push("\n# The plan, in its order.\n".to_owned());
    parts.push(steps::action_calls(plan));
    parts.push(left::ledger_calls(plan));
    parts.push(watch_calls(plan));
    parts.push("end_run \"$outcome\"\n}\nmain \"$@\" </dev/null\n".to_owned());
    parts.concat()
}

fn head_comment(plan: &Plan) -> String {
    format!(
        "# abide: {} actions for {} of the manifest {}.\n\
         # A copy of this script that was cut does nothing: its last line begins it.\n\
         # shellcheck disable=SC2034,SC2154,SC2317 # variables are set by eval, functions called through `run`\n\n",
        plan.actions.len(),
        word(plan.host.as_str()),
        plan.manifest
    )
}

/// Where everything is, and the variables that the functions share.
fn shared_variables(plan: &Plan, facts: &HostFacts, options: &ApplyOptions) -> String {
    let (state, ledger, suspended) = if facts.root.is_root() {
        (
            "/run/abide",
            "/var/lib/abide/ledger",
            "/var/lib/abide/suspended",
        )
    } else {
        (
            "${XDG_STATE_HOME:-$HOME/.local/state}/abide",
            "$state/ledger",
            "$state/suspended",
        )
    };
    // A loss of the connection is survived; INT and TERM end what waits for systemd, and not the script.
    format!(
        "trap '' HUP INT PIPE\ntrap : TERM\nset -f\nexport LC_ALL=C TZ=UTC SYSTEMD_LOG_COLOR=0\ncd / || exit\numask 022\n\
         nonce={}\nsystemd={}\nrun_as={}\npatience={}\ntime_limit={}\nscope_limit={}\nuser_scopes={}\nstate={state}\nlock=$state/lock\nledger={ledger}/{}\nsuspended={suspended}\n\
         operation=apply\nhost={}\nown_id=$(id -u)\nnewline='\n'\nuser='' outcome=0 is_stale='' given_up='' unmade='' told_hung='' touched='' broken=''\n\
         tidied='' stopped='' gated='' watches=0 longest=0 pending='' watched_scopes=''\n\
         find_limiter\nbegin_time\n",
        word(&options.nonce),
        facts.systemd,
        word(&facts.run_as),
        systemctl_timeout_secs(plan),
        options.time_limit.as_secs(),
        scope_limit(plan, options),
        quote(&user_scopes(plan)),
        plan.manifest,
        word(plan.host.as_str()),
    )
}

/// How long systemctl is waited for, in seconds: a job may take the unit's own timeout, and a stop before it another.
fn systemctl_timeout_secs(plan: &Plan) -> u64 {
    let longest = plan
        .watches
        .iter()
        .map(|watch| watch.timeout.as_secs())
        .max();
    longest.unwrap_or(90).max(90).saturating_add(60)
}

/// What the processes of one user may take in all, in seconds: no one of them uses up the time of the others, and
/// systemctl can be waited for.
fn scope_limit(plan: &Plan, options: &ApplyOptions) -> u64 {
    let half = options.time_limit.as_secs() / 2;
    half.max(systemctl_timeout_secs(plan))
        .min(options.time_limit.as_secs().saturating_sub(20))
        .max(half)
}

/// The users' scopes in which something is done, behind each other.
fn user_scopes(plan: &Plan) -> String {
    let scopes = plan.actions.iter().map(|action| action.resource.scope());
    let checked = plan.preconditions.iter().filter_map(|fact| match fact {
        Precondition::File { scope, .. } => Some(scope.clone()),
        Precondition::Unit { unit, .. } => Some(unit.scope.clone()),
        Precondition::User { .. } | Precondition::Linger { .. } => None,
    });
    let watched = plan.watches.iter().map(|watch| watch.unit.scope.clone());
    let scopes: BTreeSet<Scope> = scopes.chain(checked).chain(watched).collect();
    let users = scopes.iter().filter(|scope| scope.user().is_some());
    let names: Vec<String> = users.map(ToString::to_string).collect();
    names.join(" ")
}

/// Before the first change the ledger names everything that is owned before or after. Without it nothing begins.
fn claim(plan: &Plan) -> String {
    let scopes = plan.actions.iter().map(|action| action.resource.scope());
    let scopes: BTreeSet<Scope> = scopes.collect();
    let scopes: Vec<String> = scopes.iter().map(scope_word).collect();
    format!(
        "\nend_without {}\n\
         claim_ledger <<'END_OF_LEDGER' || stop_here \"the ledger $ledger cannot be written, so nothing was changed\"\n\
         {}END_OF_LEDGER\n",
        scopes.join(" "),
        ledger::write(&plan.ledger_claim)
    )
}

/// A unit that this plan started has not been restarted yet; of others only restarts from now on count.
fn watch_calls(plan: &Plan) -> String {
    let mut lines = vec!["\n# They must stay up.\n".to_owned()];
    for watch in &plan.watches {
        let seconds = watch.hold.as_millis().div_ceil(1000);
        let restarts = if steps::has_new_run(plan, &watch.unit) {
            "0"
        } else {
            "''"
        };
        let starter = steps::start_or_reload_id(plan, &watch.unit);
        lines.push(format!(
            "watch {} {} {seconds} {} {restarts}{}\n",
            scope_word(&watch.unit.scope),
            word(watch.unit.unit.as_str()),
            watch.timeout.as_secs(),
            steps::id_arguments(starter.as_slice())
        ));
    }
    lines.push("settle\n".to_owned());
    lines.concat()
}

#[cfg(test)]
pub(crate) mod tests;
