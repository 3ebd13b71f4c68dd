//! Carries out a plan, action by action, as a host would.

use std::collections::BTreeMap;

use abide_model::{
    Action, ActionId, Before, Change, Held, Ledger, LedgerRead, Plan, Precondition, ResourceId,
    Scope, StepOutcome, StepReport, UnitRef, UserName, WriteFile,
};

use crate::disk::{DiskNode, NodeKind};
use crate::host::{SimHost, SimUser};
use crate::install::owner;
use crate::job::JobResult;
use crate::kind::JobKind;

impl SimHost {
    /// Carries out a whole plan: the claim, every action, the completed ledger. What follows from a failed action is
    /// skipped. In the completed ledger, whatever an action failed for stays as it was claimed.
    pub fn apply(&mut self, plan: &Plan) -> Vec<StepReport> {
        let reports = self.apply_until(plan, plan.actions.len());
        if !plan.actions.is_empty() {
            let ledger = self.ledger_after_run(plan, &reports);
            self.ledgers.insert(plan.manifest.clone(), ledger);
            self.applied.insert(plan.manifest.clone(), self.facts.now);
        }
        reports
    }

    /// Carries out the first `steps` actions and is cut off then: the claim is written, the completed ledger is not.
    pub fn apply_until(&mut self, plan: &Plan, steps: usize) -> Vec<StepReport> {
        let mut reports: Vec<StepReport> = Vec::new();
        if plan.actions.is_empty() {
            return reports;
        }
        let claim = plan.ledger_claim.clone();
        self.ledgers.insert(plan.manifest.clone(), claim);
        let mut actions = plan.actions.iter().take(steps).peekable();
        while let Some(action) = actions.next() {
            // Neighbours that restart are one systemctl call, which restarts each unit once (systemd-facts.md#one-call-one-restart).
            let mut call = vec![action];
            while let Some(next) = actions.next_if(|next| {
                action.change == Change::Restart
                    && next.change == Change::Restart
                    && next.resource.scope() == action.resource.scope()
                    && !call.iter().any(|earlier| next.after.contains(&earlier.id))
            }) {
                call.push(next);
            }
            let failed = |id: &ActionId| {
                reports
                    .iter()
                    .any(|report| report.action == *id && report.outcome != StepOutcome::Ok)
            };
            let (skipped, able): (Vec<&Action>, Vec<&Action>) = call
                .iter()
                .partition(|action| action.after.iter().any(failed));
            let mut done: BTreeMap<ActionId, (StepOutcome, String)> = skipped
                .iter()
                .map(|action| (action.id, (StepOutcome::Skipped, String::new())))
                .collect();
            for (action, job) in able.iter().zip(self.act_on_all(&able)) {
                let ended = match job {
                    Ok(()) => (StepOutcome::Ok, String::new()),
                    Err(why) => (StepOutcome::Failed, why.to_string()),
                };
                done.insert(action.id, ended);
            }
            let told = done.into_iter();
            reports.extend(told.map(|(action, (outcome, message))| StepReport {
                action,
                outcome,
                message,
            }));
        }
        reports
    }

    /// One call: a single action, or several restarts.
    fn act_on_all(&mut self, actions: &[&Action]) -> Vec<JobResult> {
        let allowed: Vec<JobResult> = actions
            .iter()
            .map(|action| self.check_permission(&action.resource))
            .collect();
        let restarted: Vec<UnitRef> = actions
            .iter()
            .filter(|action| action.change == Change::Restart)
            .filter_map(|action| match &action.resource {
                ResourceId::Unit(unit) => Some(unit.clone()),
                _ => None,
            })
            .collect();
        if restarted.len() == actions.len() && allowed.iter().all(Result::is_ok) {
            return self.ask(JobKind::Restart, &restarted);
        }
        actions
            .iter()
            .map(|action| self.carry_out_action(action))
            .collect()
    }

    /// The facts of a plan that no longer hold: it may not be carried out.
    pub fn stale_facts(&self, plan: &Plan) -> Vec<String> {
        let broken = plan
            .preconditions
            .iter()
            .filter(|fact| !self.is_precondition_met(fact));
        broken.map(|fact| format!("{fact:?}")).collect()
    }

    fn is_precondition_met(&self, fact: &Precondition) -> bool {
        match fact {
            Precondition::File { path, digest, .. } => {
                let node = self.disk.get(path);
                node.and_then(|node| Some(node.file()?.digest())) == *digest
                    && node.is_some() == digest.is_some()
            }
            Precondition::User { user, uid } => self.users.get(user).map(|user| user.uid) == *uid,
            Precondition::Linger { user, recorded } => {
                self.lingering.contains(user.as_str()) == *recorded
            }
            Precondition::Unit {
                unit,
                active,
                invocation,
            } => match self.runtime_of(unit) {
                Some(runtime) => runtime.active == *active && runtime.invocation == *invocation,
                None => *active == abide_model::ActiveState::Inactive && invocation.is_empty(),
            },
        }
    }

    fn ledger_after_run(&self, plan: &Plan, reports: &[StepReport]) -> Ledger {
        let mut ledger = plan.ledger_after.clone();
        let claim = &plan.ledger_claim;
        let failed = reports
            .iter()
            .filter(|report| report.outcome != StepOutcome::Ok);
        for action in failed.filter_map(|report| plan.action(report.action)) {
            match (&action.resource, written_path(action)) {
                (_, Some(path)) => {
                    let claimed = claim.files.get(path).cloned();
                    ledger
                        .files
                        .extend(claimed.map(|claimed| (path.clone(), claimed)));
                }
                (ResourceId::Unit(unit), None) => {
                    let claimed = claim.units.get(unit).cloned();
                    ledger
                        .units
                        .extend(claimed.map(|claimed| (unit.clone(), claimed)));
                }
                (ResourceId::User(user), None) if claim.users.contains(user) => {
                    ledger.users.insert(user.clone());
                }
                (ResourceId::Linger(user), None) if claim.lingers.contains(user) => {
                    ledger.lingers.insert(user.clone());
                }
                _ => {}
            }
        }
        for (unit, entry) in &mut ledger.units {
            let runs = self
                .runtime_of(unit)
                .filter(|runtime| runtime.active.is_up());
            entry.invocation = runs
                .map(|runtime| runtime.invocation.clone())
                .unwrap_or_default();
            for (path, read) in &mut entry.reads.files {
                // Nobody could look before.
                if *read == LedgerRead::default() && runs.is_some() {
                    let stands = match self.disk.get(path) {
                        None => Some(Held::Nothing),
                        Some(node) => node.file().map(|bytes| Held::Digest(bytes.digest())),
                    };
                    (read.run, read.left) = (stands, stands);
                }
            }
        }
        ledger
    }

    fn carry_out_action(&mut self, action: &Action) -> JobResult {
        self.check_permission(&action.resource)?;
        match (&action.resource, &action.change) {
            (_, Change::Adopt | Change::Record | Change::Forget) => Ok(()),
            (ResourceId::User(user), change) => self.act_on_user(user, change),
            (ResourceId::Linger(user), Change::EnableLinger) => self.enable_linger(user),
            (ResourceId::Linger(user), Change::DisableLinger) => self.disable_linger(user),
            (ResourceId::Manager(scope), change) => self.act_on_manager(scope, change),
            (resource, Change::WriteFile(write)) => self.write_as(&resource.scope(), write),
            (_, Change::RemoveFile { path, before, .. }) => self.remove_as_planned(path, before),
            (_, Change::SetMode { path, to, .. }) => self.set_mode(path, *to),
            (ResourceId::Unit(unit), change) => self.act_on_unit(unit, change),
            (resource, change) => Err(format!("{change:?} is nothing to do to {resource}").into()),
        }
    }

    /// Without root a login may only touch what is its own.
    fn check_permission(&self, resource: &ResourceId) -> JobResult {
        let own = match resource {
            ResourceId::Linger(user) => {
                *user == self.facts.login && self.facts.may_linger_itself == Some(true)
            }
            ResourceId::User(_) => false,
            resource => resource.scope().user() == Some(&self.facts.login),
        };
        if self.facts.root.is_root() || own {
            return Ok(());
        }
        Err("Access denied".into())
    }

    fn act_on_user(&mut self, name: &UserName, change: &Change) -> JobResult {
        match change {
            Change::CreateUser {
                uid,
                group,
                groups,
                home,
                shell,
                comment,
                system: _,
            } => {
                let usual = self.new_user(name);
                let user = SimUser {
                    uid: uid.unwrap_or(usual.uid),
                    group: group.clone().unwrap_or(usual.group),
                    groups: groups.clone(),
                    home: home.clone(),
                    home_exists: true,
                    shell: shell.as_ref().map_or(usual.shell, ToString::to_string),
                    comment: comment.clone().unwrap_or_default(),
                };
                self.create_user(name, user)
            }
            Change::ModifyUser(fields) => self.modify_user(name, fields),
            Change::DeleteUser {
                remove_home,
                end_processes,
            } => {
                if *end_processes {
                    self.end_processes(name);
                }
                self.delete_user(name, *remove_home)
            }
            change => Err(format!("{change:?} is nothing to do to a user").into()),
        }
    }

    fn act_on_manager(&mut self, scope: &Scope, change: &Change) -> JobResult {
        match (change, scope) {
            (Change::StartManager, Scope::User(user)) => self.start_user_manager(user),
            (Change::RestartManager, Scope::User(user)) => {
                self.stop_manager(scope);
                self.start_user_manager(user)
            }
            (Change::DaemonReload, scope) => self.reload_manager(scope),
            (change, _) => Err(format!("{change:?} is nothing to do to a manager").into()),
        }
    }

    fn act_on_unit(&mut self, unit: &UnitRef, change: &Change) -> JobResult {
        match change {
            Change::Enable { file: None, .. } => self.enable(unit),
            Change::Enable {
                add,
                remove,
                file: Some(file),
            } => {
                for link in add {
                    self.add_link(&unit.scope, link, file.as_str());
                }
                self.unlink(&unit.scope, remove);
                Ok(())
            }
            Change::Disable { remove } => {
                self.unlink(&unit.scope, remove);
                Ok(())
            }
            Change::Mask => self.mask(unit),
            Change::Unmask => {
                self.unlink(&unit.scope, &[unit.unit.to_string()].into());
                Ok(())
            }
            Change::ResetFailed => self.reset_failed(unit),
            // A unit that is not loaded does not run, and is not missed.
            Change::Stop if self.manager_is_up(&unit.scope) && self.runtime_of(unit).is_none() => {
                Ok(())
            }
            Change::Stop => self.stop(unit),
            Change::Start => self.start(unit),
            Change::Restart => self.restart(unit),
            Change::Reload => self.reload(unit),
            change => Err(format!("{change:?} is nothing to do to a unit").into()),
        }
    }

    fn write_as(&mut self, scope: &Scope, write: &WriteFile) -> JobResult {
        let bytes = write
            .body
            .bytes()
            .ok_or("the secret was not resolved")?
            .clone();
        if let Scope::User(name) = scope {
            let user = self
                .users
                .get(name)
                .ok_or_else(|| format!("there is no user {name}"))?;
            if !user.home_exists || !write.path.is_within(&user.home) {
                return Err(format!("{name} cannot write {}", write.path).into());
            }
        }
        let at = self.advance_second();
        let node = DiskNode::new(NodeKind::File(bytes), &owner(scope), write.mode, at);
        self.disk.insert(write.path.clone(), node);
        self.tell_paths(&write.path);
        Ok(())
    }

    fn remove_as_planned(&mut self, path: &abide_model::HostPath, before: &Before) -> JobResult {
        self.advance_second();
        match (self.disk.remove(path), before) {
            (None, Before::File { .. } | Before::Symlink(_)) => {
                Err(format!("{path} is not there").into())
            }
            _ => Ok(()),
        }
    }

    fn set_mode(&mut self, path: &abide_model::HostPath, mode: u32) -> JobResult {
        let at = self.advance_second();
        let node = self
            .disk
            .get_mut(path)
            .ok_or_else(|| format!("{path} is not there"))?;
        node.mode = mode;
        node.changed_at = at;
        Ok(())
    }
}

/// The file that an action writes or removes.
fn written_path(action: &Action) -> Option<&abide_model::HostPath> {
    match &action.change {
        Change::WriteFile(write) => Some(&write.path),
        Change::RemoveFile { path, .. } | Change::SetMode { path, .. } => Some(path),
        _ => None,
    }
}
