//! What tests of plans share: a plan as text, and what every plan must be.

use std::collections::BTreeSet;

use abide_model::{
    Action, Cause, Change, Desired, Observation, Observed, ObservedFile, ObservedScope,
    ObservedUnit, Plan, StepOutcome,
};
use abide_sim::{DesiredBuilder, SimHost, desired, path, scope, unit_ref};

use crate::{Runs, find_surprises, plan};

/// A plan as a person would sum it up: one line an action, its causes behind it.
pub(super) fn told(plan: &Plan) -> String {
    let mut lines: Vec<String> = plan.actions.iter().map(line).collect();
    lines.extend(plan.refused.iter().map(|refusal| {
        format!(
            "refused {} ({:?}): {}",
            refusal.resource, refusal.kind, refusal.reason
        )
    }));
    lines.join("\n")
}

/// A plan without its causes.
pub(super) fn steps(plan: &Plan) -> Vec<String> {
    plan.actions.iter().map(step).collect()
}

fn line(action: &Action) -> String {
    let causes: Vec<String> = action.causes.iter().map(cause).collect();
    format!("{} {} <- {}", action.id, step(action), causes.join("; "))
}

fn step(action: &Action) -> String {
    let what = match &action.change {
        Change::CreateUser { home, .. } => format!("create (home {home})"),
        Change::ModifyUser(fields) => {
            let fields = fields
                .iter()
                .map(|f| format!("{} {} -> {}", f.field.word(), f.from, f.to));
            format!("modify {}", fields.collect::<Vec<_>>().join(", "))
        }
        Change::DeleteUser {
            remove_home,
            end_processes,
        } => {
            let processes = if *end_processes {
                ", with processes"
            } else {
                ""
            };
            format!("delete (with home: {remove_home}{processes})")
        }
        Change::EnableLinger => "enable-linger".to_owned(),
        Change::DisableLinger => "disable-linger".to_owned(),
        Change::StartManager => "start-manager".to_owned(),
        Change::RestartManager => "restart-manager".to_owned(),
        Change::WriteFile(write) => format!("write {} {:04o}", write.path, write.mode),
        Change::SetMode { path, from, to } => format!("chmod {path} {from:04o} -> {to:04o}"),
        Change::RemoveFile { path, .. } => format!("remove {path}"),
        Change::Enable { add, remove, .. } => format!("enable{}", links(add, remove)),
        Change::Disable { remove } => format!("disable{}", links(&BTreeSet::new(), remove)),
        Change::Mask => "mask".to_owned(),
        Change::Unmask => "unmask".to_owned(),
        Change::DaemonReload => "daemon-reload".to_owned(),
        Change::ResetFailed => "reset-failed".to_owned(),
        Change::Stop => "stop".to_owned(),
        Change::Start => "start".to_owned(),
        Change::Restart => "restart".to_owned(),
        Change::Reload => "reload".to_owned(),
        Change::Adopt => "adopt".to_owned(),
        Change::Record => "record".to_owned(),
        Change::Forget => "forget".to_owned(),
    };
    match &action.change {
        Change::WriteFile(_) | Change::SetMode { .. } | Change::RemoveFile { .. } => what,
        _ => format!("{}: {what}", action.resource),
    }
}

fn links(add: &BTreeSet<String>, remove: &BTreeSet<String>) -> String {
    let add = add.iter().map(|link| format!(" +{link}"));
    add.chain(remove.iter().map(|link| format!(" -{link}")))
        .collect()
}

fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Missing => "missing".to_owned(),
        Cause::Differs {
            field,
            observed,
            desired,
        } => format!("{} {observed} -> {desired}", field.word()),
        Cause::DeclaredAbsent => "declared absent".to_owned(),
        Cause::Undeclared => "undeclared".to_owned(),
        Cause::LingerNeeded { unit } => format!("{unit} must run"),
        Cause::FollowsFrom(id) => format!("#{id}"),
        Cause::ReloadOwed {
            evidence,
            unit: Some(unit),
        } => format!("reload owed: {unit}: {evidence}"),
        Cause::ReloadOwed { evidence, .. } => format!("reload owed: {evidence}"),
        Cause::ChangedOnHost { edit, .. } => format!("by hand: {edit:?}"),
        Cause::RunningOldConfig { keys, .. } => format!("runs old {}", keys.join(" ")),
        Cause::MayRunOld { files } => {
            let files: Vec<String> = files.iter().map(ToString::to_string).collect();
            format!("may run old {}", files.join(" "))
        }
        Cause::Unhealthy { health } => format!("is {health}"),
        Cause::Failed { result } => format!("failed: {result}"),
    }
}

/// What is true of every plan, whatever is wanted and whatever is there.
#[track_caller]
pub(super) fn assert_sound(plan: &Plan) {
    for (index, action) in plan.actions.iter().enumerate() {
        assert_eq!(
            action.id.0 as usize,
            index + 1,
            "ids count the actions\n{}",
            told(plan)
        );
        assert!(
            !action.causes.is_empty(),
            "{} has no cause\n{}",
            action.id,
            told(plan)
        );
        let earlier = action.causes.iter().filter_map(|cause| match cause {
            Cause::FollowsFrom(id) => Some(id),
            _ => None,
        });
        for id in earlier.chain(&action.after) {
            assert!(
                *id < action.id,
                "{} stands on the later {id}\n{}",
                action.id,
                told(plan)
            );
        }
    }
    let mut reloaded = BTreeSet::new();
    for action in plan
        .actions
        .iter()
        .filter(|action| action.change == Change::DaemonReload)
    {
        assert!(
            reloaded.insert(action.resource.scope()),
            "reloaded twice\n{}",
            told(plan)
        );
    }
    let refused: BTreeSet<_> = plan
        .refused
        .iter()
        .map(|refusal| &refusal.resource)
        .collect();
    for action in &plan.actions {
        assert!(
            !refused.contains(&action.resource),
            "{} is refused and acted on\n{}",
            action.resource,
            told(plan)
        );
    }
}

/// Carries out the plan for what is wanted and says what it was; the next plan must be empty.
#[track_caller]
pub(super) fn assert_converges(host: &mut SimHost, wanted: &Desired) -> Plan {
    let seen = host.observe(wanted);
    let first = plan(wanted, &seen);
    assert_sound(&first);
    assert_eq!(
        host.stale_facts(&first),
        Vec::<String>::new(),
        "stale at once\n{}",
        told(&first)
    );
    let reports = host.apply(&first);
    for report in &reports {
        assert_eq!(
            report.outcome,
            StepOutcome::Ok,
            "{}: {}\n{}",
            report.action,
            report.message,
            told(&first)
        );
    }
    assert_foretold(host, wanted, &first, &Runs::of_observed(&seen));
    let second = plan(wanted, &host.observe(wanted));
    assert_eq!(
        steps(&second),
        Vec::<String>::new(),
        "after\n{}\n\nthe next plan is\n{}",
        told(&first),
        told(&second)
    );
    first
}

/// What happened to units beside those that a plan names is what it foretold.
#[track_caller]
pub(super) fn assert_foretold(host: &SimHost, wanted: &Desired, plan: &Plan, before: &Runs) {
    let wrong = came_otherwise(host, wanted, plan, before);
    assert!(
        wrong.is_empty(),
        "it came otherwise: {wrong:#?}\nforetold {:#?}\n{}",
        foretold(plan),
        told(plan)
    );
}

/// Where the forecast was wrong, each as `UNIT: HAPPENED, not FORETOLD`.
pub(super) fn came_otherwise(
    host: &SimHost,
    wanted: &Desired,
    plan: &Plan,
    before: &Runs,
) -> Vec<String> {
    let after = Runs::of_observed(&host.observe_with(wanted, before.undeclared_units()));
    let wrong = find_surprises(plan, before, &after).into_iter();
    wrong
        .map(|one| format!("{}: {:?}, not {:?}", one.unit, one.happened, one.forecast))
        .collect()
}

/// What is foretold, each as `NUMBER: EFFECT UNIT (SETTING of UNIT)`.
pub(super) fn foretold(plan: &Plan) -> Vec<String> {
    let all = plan.forecast.iter();
    all.map(|one| {
        format!(
            "{}: {:?} {} ({} {})",
            one.action, one.effect, one.unit, one.setting, one.through
        )
    })
    .collect()
}

/// A service of a user that starts at boot.
pub(super) fn service(command: &str) -> String {
    format!("[Service]\nExecStart={command}\n[Install]\nWantedBy=default.target\n")
}

/// The service that most tests are about.
pub(super) const WEB: &str = "user:deploy/web.service";

/// A manifest with only that service.
pub(super) fn web(text: &str) -> Desired {
    one("web.service", text).build()
}

/// The steps after a change of that service's file: it is written and loaded, and then?
pub(super) fn rewritten(then: &str) -> Vec<String> {
    lines(&format!(
        "write /home/deploy/.config/systemd/user/web.service 0644
        manager user:deploy: daemon-reload
        {then}"
    ))
}

/// The steps that lead from one manifest to another, on a host that was as the first one says.
#[track_caller]
pub(super) fn from_to(first: &Desired, second: &Desired) -> Vec<String> {
    let mut host = as_declared(first);
    steps(&assert_converges(&mut host, second))
}

/// A host as this manifest says.
#[track_caller]
pub(super) fn as_declared(wanted: &Desired) -> SimHost {
    let mut host = SimHost::new();
    assert_converges(&mut host, wanted);
    host
}

/// A manifest with one unit of the user `deploy`.
pub(super) fn one(name: &str, text: &str) -> DesiredBuilder {
    desired("h1").user("deploy").unit(name, text)
}

/// What was seen of a scope, for changing it.
#[track_caller]
pub(super) fn seen_of<'s>(seen: &'s mut Observed, name: &str) -> &'s mut ObservedScope {
    match seen.scopes.get_mut(&scope(name)) {
        Some(Observation::Known(scope)) => scope,
        other => panic!("{name}: {other:?}"),
    }
}

/// What was seen of a unit, for changing it.
#[track_caller]
pub(super) fn seen_unit<'s>(seen: &'s mut Observed, unit: &str) -> &'s mut ObservedUnit {
    let unit = unit_ref(unit);
    let scope = seen_of(seen, &unit.scope.to_string());
    scope.units.get_mut(&unit.unit).unwrap()
}

/// What was seen of a file, for changing it.
#[track_caller]
pub(super) fn seen_file<'s>(seen: &'s mut Observed, of: &str, at: &str) -> &'s mut ObservedFile {
    match seen_of(seen, of).files.get_mut(&path(at)) {
        Some(Observation::Known(file)) => file,
        other => panic!("{at}: {other:?}"),
    }
}

/// The plan, without carrying it out.
pub(super) fn planned(host: &SimHost, wanted: &Desired) -> Plan {
    let plan = plan(wanted, &host.observe(wanted));
    assert_sound(&plan);
    plan
}

/// What is refused, each as `RESOURCE: REASON`.
pub(super) fn refusals(plan: &Plan) -> Vec<String> {
    let refused = plan.refused.iter();
    refused
        .map(|refusal| format!("{}: {}", refusal.resource, refusal.reason))
        .collect()
}

/// What is noted, each as `RESOURCE: TEXT`.
pub(super) fn notes(plan: &Plan) -> Vec<String> {
    let notes = plan.notes.iter();
    notes
        .map(|note| format!("{}: {}", note.resource, note.text))
        .collect()
}

/// The lines of a text, for comparing with [`steps`].
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}
