//! A saved plan on its way to be carried out: what is believed of it, and what of it is left to do.

use std::collections::BTreeMap;
use std::path::Path;

use abide_engine::Approved;
use abide_model::{HostName, HostOutcome, HostReport, PlanKey, Report, SavedPlan};

use crate::args::{Common, RunArgs};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::run::HostRun;
use crate::ui::Ui;
use crate::{plan_file, plan_key};

/// What a saved plan approves, host by host.
pub(crate) fn approved_hosts(saved: &SavedPlan) -> BTreeMap<HostName, Approved> {
    let hosts = saved.hosts.iter().filter_map(|host| {
        let approved = Approved {
            plan: host.plan.clone()?,
            identity: host.identity,
            root: host.facts.as_ref().map(|facts| facts.root.clone()),
            digest: host.digest,
            is_all: false,
        };
        host.digest.map(|_| (host.host.clone(), approved))
    });
    hosts.collect()
}

/// Begins a run that does what a saved plan says and nothing else. Nothing of the plan is run or opened before its
/// seal is known to be right: it names programs and files on this machine.
pub(crate) async fn begin(
    path: &Path,
    saved: &SavedPlan,
    common: &Common,
    (ui, environment): (&Ui, &Environment),
) -> Result<HostRun, Failure> {
    let key = seal(path, saved, &common.run, environment)?;
    let mut run = HostRun::resume(common, saved, (ui, environment)).await?;
    if let Some(key) = &key {
        secrets(path, saved, &run, key)?;
    }
    run.engine.approve(approved_hosts(saved));
    Ok(run)
}

/// The key, where the plan must have a seal: because it has secrets, because it says how hosts are reached, or because
/// a key is set for plans.
pub(crate) fn seal(
    path: &Path,
    saved: &SavedPlan,
    run: &RunArgs,
    environment: &Environment,
) -> Result<Option<PlanKey>, Failure> {
    let reason = match planned_route_reason(saved, run) {
        _ if saved.has_secrets() => "it has secrets".to_owned(),
        Some(settings) => settings,
        None if environment.plan_key.is_some() => format!("{} is set", plan_key::VARIABLE),
        None => return Ok(None),
    };
    let hint = format!(
        "plan and apply with the same key: as the same user on the same machine, or with the same {}",
        plan_key::VARIABLE
    );
    let Some(key) = plan_key::existing_key(environment)? else {
        let why = format!("{reason}, and the key that it was sealed with is not on this machine");
        return Err(plan_file::refuse(path, &why).with_hint(hint));
    };
    if saved.is_sealed_by(&key) {
        return Ok(Some(key));
    }
    let why = match &saved.seal {
        None => format!("{reason}, and it has no seal"),
        Some(seal) if seal.key == key.id() => {
            "it was changed after it was made: its seal is broken".to_owned()
        }
        Some(_) => format!("{reason}, and it was sealed with another key"),
    };
    Err(plan_file::refuse(path, &why).with_hint(hint))
}

/// What a plan says about the way to its hosts, of what the command line does not say instead. An `ssh_config` can name
/// programs, an address leads elsewhere, and none of it is part of the digest that is approved.
fn planned_route_reason(saved: &SavedPlan, run: &RunArgs) -> Option<String> {
    saved.hosts.iter().find_map(|host| {
        let mut settings = host.connection.route_settings();
        settings.retain(|setting| *setting != "ssh_config" || run.ssh_config.is_none());
        let said = settings.join(", ");
        (!settings.is_empty()).then(|| format!("it says how {} is reached ({said})", host.host))
    })
}

/// Refuses where a secret is not the one that was approved.
fn secrets(path: &Path, saved: &SavedPlan, run: &HostRun, key: &PlanKey) -> Result<(), Failure> {
    let others = run.hosts.iter().flat_map(|name| {
        let host = saved.host(name).zip(run.engine.desired(name));
        let others = host.map(|(host, desired)| host.other_secrets(desired, key));
        let others = others.unwrap_or_default();
        others
            .into_iter()
            .map(move |place| format!("{place} on {name}"))
    });
    let others: Vec<String> = others.collect();
    if others.is_empty() {
        return Ok(());
    }
    let why = format!(
        "the secret for {} is not the one that was planned",
        others.join(" and for ")
    );
    Err(plan_file::refuse(path, &why).with_hint("make a new plan"))
}

/// What is known of the plan's hosts before they are looked at again: what was found in planning, and that those which
/// this run leaves out are not begun.
pub(crate) fn report_before_observing(
    saved: &SavedPlan,
    chosen: impl Fn(&HostName) -> bool,
) -> Report {
    let mut report = saved.report();
    for (name, host) in &mut report.hosts {
        if !chosen(name) {
            host.outcome = HostOutcome::NotStarted;
            host.plan = None;
        } else if let HostOutcome::Unreachable { reason, .. } = &mut host.outcome {
            *reason = format!("the plan was made without it: {reason}");
        }
    }
    report
}

/// Where a plan is stale on one host, nothing is done on the others.
pub(crate) fn hold_back(report: &mut Report) {
    let waiting = |host: &&mut HostReport| host.outcome == HostOutcome::Pending;
    for host in report.hosts.values_mut().filter(waiting) {
        host.outcome = HostOutcome::NotStarted;
    }
}

/// Whether the plan is stale anywhere.
pub(crate) fn is_stale(report: &Report) -> bool {
    let mut hosts = report.hosts.values();
    hosts.any(|host| matches!(host.outcome, HostOutcome::Stale { .. }))
}

/// What the gate has found, in a line: `Plan k7f2-93qd holds on 39 of 40 hosts.`
pub(crate) fn gate_summary(saved: &SavedPlan, gated: &Report, hosts: usize) -> String {
    let holds = gated.hosts.iter().filter(|(name, host)| {
        let was_looked_at = saved.host(name).is_some_and(|host| host.digest.is_some());
        let fine = matches!(host.outcome, HostOutcome::Pending | HostOutcome::Unchanged);
        was_looked_at && fine
    });
    let holds = holds.count();
    let plural = if hosts == 1 { "host" } else { "hosts" };
    format!(
        "Plan {} holds on {holds} of {hosts} {plural}.",
        saved.digest.spoken_form()
    )
}
