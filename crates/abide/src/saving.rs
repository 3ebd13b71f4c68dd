//! From a run's plan to a file, and what a person reads about it.

use std::collections::BTreeMap;
use std::path::Path;

use abide_model::saved_plan::Making;
use abide_model::{
    FleetHost, HostName, PlanKey, PlannedManifest, Report, SavedPlan, UtcTime, printable_text,
};
use abide_report::document::{Document, DocumentFrame};
use abide_report::{Command, Moment, Summary, text, without_sensitive_contents};

use crate::args::Common;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::run::HostRun;
use crate::{clock, next, plan_file, plan_key, revision, selected};

/// Saves a run's plan and says how to go on.
pub(crate) async fn save(
    path: &Path,
    run: &HostRun,
    planned: &Report,
    (common, environment): (&Common, &Environment),
) -> Result<String, Failure> {
    let hosts = hosts(run);
    let key = key(&hosts, environment)?;
    let plan = make(run, &hosts, planned, key.as_ref(), common).await;
    plan_file::write(path, &plan)?;
    Ok(how_to_go_on(path, &plan, common))
}

async fn make(
    run: &HostRun,
    hosts: &BTreeMap<HostName, FleetHost>,
    planned: &Report,
    key: Option<&PlanKey>,
    common: &Common,
) -> SavedPlan {
    let summary = Summary::of_report(planned);
    let origin = &run.origin;
    let making = Making {
        abide_version: env!("CARGO_PKG_VERSION"),
        created_at: clock::current_utc(),
        valid_for: plan_file::VALID,
        manifest: PlannedManifest {
            name: run.manifest.clone(),
            digest: origin.digest,
            source: revision::find(&origin.folder).await,
        },
        selection: selected::of_run(run, common).1,
        summary: summary_numbers(&summary),
        complete: summary.is_complete(),
        applyable: summary.has_actions() && summary.refused == 0,
        diagnostics: &run.diagnostics,
        parallel: origin.parallel,
        rollout: origin.rollout.clone(),
        key,
    };
    SavedPlan::new(hosts, planned, making)
}

/// A plan to be shown, with nothing in its contents that looks like a secret. It cannot be applied: its checksum is
/// that of the whole one.
pub(crate) fn without_sensitive(mut plan: SavedPlan) -> SavedPlan {
    for host in &mut plan.hosts {
        host.plan = host.plan.as_ref().map(abide_report::without_sensitive);
        host.desired = without_sensitive_contents(&host.desired);
    }
    plan
}

/// The hosts as the manifest has them. What the command line says about connections is for this run only.
fn hosts(run: &HostRun) -> BTreeMap<HostName, FleetHost> {
    let connections = run.origin.connections.iter();
    let hosts = connections.filter_map(|(name, connection)| {
        let mut host = run.engine.fleet_host(name)?.clone();
        host.connection = connection.clone();
        Some((name.clone(), host))
    });
    hosts.collect()
}

/// The key, where the plan needs one or the surroundings want one.
fn key(
    hosts: &BTreeMap<HostName, FleetHost>,
    environment: &Environment,
) -> Result<Option<PlanKey>, Failure> {
    if SavedPlan::needs_key(hosts) {
        plan_key::existing_or_new(environment).map(Some)
    } else if environment.plan_key.is_some() {
        plan_key::existing_key(environment)
    } else {
        Ok(None)
    }
}

fn summary_numbers(summary: &Summary) -> BTreeMap<String, u64> {
    // Its members are all numbers.
    serde_json::to_value(summary)
        .and_then(serde_json::from_value)
        .unwrap_or_default()
}

fn how_to_go_on(path: &Path, plan: &SavedPlan, common: &Common) -> String {
    let shown = path.display();
    let apply = next::apply_file(path, common);
    let valid = valid_for(plan.created_at, plan.expires_at);
    format!(
        "Plan {}, sha256:{}\nSaved {shown}, valid {valid}. Apply exactly this: {apply}\n",
        plan.digest.spoken_form(),
        plan.digest,
    )
}

/// What a person reads about a merged plan, and where it was put.
pub(crate) fn merged_plan_text(path: Option<&Path>, plan: &SavedPlan) -> String {
    let hosts = plan.hosts.len();
    let hosts = if hosts == 1 {
        "1 host".to_owned()
    } else {
        format!("{hosts} hosts")
    };
    let named = format!(
        "Plan {}, sha256:{}\n",
        plan.digest.spoken_form(),
        plan.digest
    );
    let Some(path) = path else {
        return named;
    };
    let shown = path.display();
    format!(
        "{named}Saved {shown} for {hosts}, valid until {}. Apply exactly this: abide apply {shown}\n",
        plan.expires_at,
    )
}

fn valid_for(from: UtcTime, to: UtcTime) -> String {
    format!("{}h", to.duration_since(from).as_secs() / 3600)
}

/// What a person reads of a saved plan.
pub(crate) fn saved_plan_text(plan: &SavedPlan, options: &abide_report::TextOptions) -> String {
    let source = plan.manifest.source.as_ref().map(|source| {
        let dirty = if source.dirty {
            ", with changes that are in no commit"
        } else {
            ""
        };
        let short: String = printable_text(&source.rev).chars().take(12).collect();
        format!(" (commit {short}{dirty})")
    });
    let shard = plan.selection.shard;
    let shard = shard.map_or_else(String::new, |shard| format!(", shard {shard}"));
    let part = match (plan.selection.complete, plan.selection.args.is_empty()) {
        (true, _) => String::new(),
        (false, true) => ", a part of its hosts".to_owned(),
        (false, false) => format!(", only {}", printable_text(&plan.selection.args.join(" "))),
    };
    format!(
        "Plan {} of the manifest {}{}{part}{shard}\nMade {} by abide {}, valid until {}\nsha256:{}\n\n{}",
        plan.digest.spoken_form(),
        plan.manifest.name,
        source.unwrap_or_default(),
        plan.created_at,
        printable_text(&plan.abide_version),
        plan.expires_at,
        plan.digest,
        text::plan(&plan.report(), options)
    )
}

/// A saved plan as its run's report would have been.
pub(crate) fn document(plan: &SavedPlan) -> Document {
    let report = plan.report();
    let made = Moment(plan.created_at.unix_seconds().saturating_mul(1000));
    let frame = DocumentFrame {
        kind: Command::Plan,
        exit: Exit::of_report(&report, Exit::Done).into(),
        run: abide_report::document::DocumentRun {
            id: plan.checksum.short_form(),
            abide: plan.abide_version.clone(),
            started: made,
            ended: made,
            millis: 0,
            url: None,
            directory: None,
        },
        manifest: Some(plan.manifest.name.clone()),
        selected: Some((plan.manifest.digest, plan.selection.clone())),
        digest: Some(plan.digest),
        diagnostics: Vec::new(),
        failure: None,
    };
    Document::new(frame, &report)
}
