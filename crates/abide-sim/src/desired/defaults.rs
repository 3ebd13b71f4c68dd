//! The manifest's defaults (docs/reference/manifest.md), filled in where a test wrote nothing.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Body, DesiredFile, DesiredLinger, DesiredUnit, DesiredUser, HomePath, HostPathOrHome,
    LingerReason, Presence, Scope, Settle, UnitKind, UnitName, Wanted,
};
use abide_unit::{Effective, quadlet_service, specifier};

use super::{DesiredBuilder, UnitDraft, UserDraft, fixed_origin};

impl DesiredBuilder {
    pub(super) fn finished_units(&self, scope: &Scope) -> BTreeMap<UnitName, DesiredUnit> {
        let drafts: BTreeMap<&UnitName, &UnitDraft> = self
            .units
            .iter()
            .filter(|((of, _), _)| of == scope)
            .map(|((_, name), draft)| (name, draft))
            .collect();
        let files = scope.user().and_then(|user| self.users.get(user));
        let files = files.map(|user| &user.files);
        let effective: BTreeMap<_, _> = drafts
            .iter()
            .map(|(name, draft)| (*name, effective_config(name, draft, &drafts)))
            .collect();
        let present = effective.iter().filter(|(name, _)| {
            drafts
                .get(*name)
                .is_some_and(|draft| draft.presence == Presence::Present)
        });
        let triggered: BTreeSet<_> = present
            .filter_map(|(_, effective)| effective.triggers())
            .collect();
        let mut units = BTreeMap::new();
        for (name, draft) in drafts {
            if let Some(effective) = effective.get(name) {
                let mut unit = finish_unit(
                    name,
                    draft,
                    effective,
                    triggered.contains(&name.usually_loaded_as()),
                );
                if unit.presence == Presence::Present {
                    unit.restart_on
                        .extend(read_at_start(effective, files, &unit.reload_on));
                }
                units.insert(name.clone(), unit);
            }
        }
        units
    }
}

fn effective_config(
    name: &UnitName,
    draft: &UnitDraft,
    all: &BTreeMap<&UnitName, &UnitDraft>,
) -> Effective {
    let template = name.template();
    let template = template.as_ref().and_then(|template| all.get(template));
    let text = |body: &Option<Body>| {
        body.as_ref()
            .and_then(Body::text)
            .unwrap_or_default()
            .to_owned()
    };
    let fragment = template.map_or_else(|| text(&draft.file), |template| text(&template.file));
    let drop_ins = draft
        .drop_ins
        .iter()
        .chain(template.into_iter().flat_map(|t| &t.drop_ins));
    let drop_ins: Vec<_> = drop_ins
        .map(|(name, body)| (name.as_str(), body.text().unwrap_or_default()))
        .collect();
    Effective::new(name, &fragment, &drop_ins)
}

/// The manifest's defaults (docs/reference/manifest.md).
fn finish_unit(
    name: &UnitName,
    draft: &UnitDraft,
    effective: &Effective,
    is_triggered: bool,
) -> DesiredUnit {
    let is_absent = draft.presence == Presence::Absent;
    let is_masked = draft.masked == Some(true);
    let gives_way = is_absent || is_masked;
    let ends = effective.is_oneshot() && !effective.remains_after_exit();
    let has_no_run = matches!(name.kind(), UnitKind::Slice | UnitKind::Target);
    let left_alone = !draft.ours || is_triggered || name.is_template() || has_no_run || ends;
    let not_enabled_by_name = name.kind().is_quadlet() || name.is_template();
    let running = match draft.running {
        _ if is_absent => Wanted::No,
        Some(written) => written,
        None if is_masked => Wanted::No,
        None if left_alone => Wanted::Unmanaged,
        None => Wanted::Yes,
    };
    let enabled = match draft.enabled {
        Some(written) => written,
        None if gives_way => Wanted::No,
        None if draft.ours && effective.has_install() && !not_enabled_by_name => Wanted::Yes,
        None => Wanted::Unmanaged,
    };
    DesiredUnit {
        service: quadlet_service(effective).and_then(Result::ok),
        declared_at: fixed_origin(),
        presence: draft.presence,
        file: draft.file.clone().filter(|_| !gives_way),
        drop_ins: if gives_way {
            BTreeMap::new()
        } else {
            draft.drop_ins.clone()
        },
        running,
        enabled,
        masked: draft.masked.or((draft.ours && !is_absent).then_some(false)),
        on_change: draft.on_change,
        on_change_said: draft.on_change_said,
        restart_on: draft.restart_on.clone(),
        reload_on: draft.reload_on.clone(),
        settle: Settle::default(),
    }
}

/// Managed files below the home that the unit reads at its start.
fn read_at_start(
    effective: &Effective,
    files: Option<&BTreeMap<HomePath, DesiredFile>>,
    reloaded: &BTreeSet<HostPathOrHome>,
) -> BTreeSet<HostPathOrHome> {
    let environment = effective
        .environment_files()
        .into_iter()
        .map(|file| file.path);
    let credentials = effective
        .load_credentials()
        .into_iter()
        .map(|credential| credential.path);
    environment
        .chain(credentials)
        .filter_map(|path| specifier::expand(effective.unit(), None, path.strip_prefix("%h/")?))
        .filter_map(|path| HomePath::parse(&path).ok())
        .filter(|path| files.is_some_and(|files| files.contains_key(path)))
        .map(HostPathOrHome::Home)
        .filter(|path| !reloaded.contains(path))
        .collect()
}

pub(super) fn finish_user(
    draft: &UserDraft,
    units: BTreeMap<UnitName, DesiredUnit>,
) -> DesiredUser {
    let needs_it = units.iter().find(|(_, unit)| {
        unit.presence == Presence::Present
            && (unit.running == Wanted::Yes || unit.enabled == Wanted::Yes)
    });
    let (value, reason) = match (draft.state, needs_it) {
        (Presence::Absent, _) => (Some(false), LingerReason::Declared(fixed_origin())),
        (_, Some((unit, _))) => (Some(true), LingerReason::ImpliedBy(unit.clone())),
        (_, None) => (None, LingerReason::Unasked),
    };
    let written = draft
        .linger
        .clone()
        .filter(|_| draft.state == Presence::Present);
    DesiredUser {
        declared_at: fixed_origin(),
        state: draft.state,
        remove_home: draft.remove_home,
        end_processes: draft.end_processes,
        manager_restart: draft.manager_restart,
        account: draft.account.clone(),
        linger: written.unwrap_or(DesiredLinger { value, reason }),
        files: draft.files.clone(),
        units,
    }
}
