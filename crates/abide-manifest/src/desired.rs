//! What was settled, as the plan takes it.

use std::collections::BTreeMap;

use abide_model::{
    Body, Desired, DesiredFile, DesiredLinger, DesiredUnit, DesiredUser, FleetHost, HomePath,
    LingerExclusive, LingerReason, ManifestName, OnChange, Policy, Presence, Settle, UnitName,
    Wanted,
};

use crate::schema;
use crate::schema::unit::UnitState;
use crate::schema::user::{UserState, WrittenManagerRestart};
use crate::settled::{
    LingerWhy, SettledFile, SettledHost, SettledUnit, SettledUser, SourcedContent,
};
use crate::text::ManifestTexts;

/// One host of the fleet.
pub(crate) fn host(
    host: SettledHost<'_>,
    manifest: &ManifestName,
    policy: &Policy,
    texts: &ManifestTexts,
) -> FleetHost {
    let exclusive = host.exclusive.filter(|said| *said.value);
    let desired = Desired {
        manifest: manifest.clone(),
        host: host.name,
        linger_exclusive: exclusive.map(|said| LingerExclusive {
            enforce: host.enforce.is_some_and(|said| *said.value),
            declared_at: texts.origin_of(said.key),
        }),
        users: host
            .users
            .into_iter()
            .map(|(name, settled)| (name, user(settled, texts)))
            .collect(),
        units: units(host.units, texts),
        policy: policy.clone(),
    };
    FleetHost {
        groups: host.groups.into_iter().collect(),
        connection: host.connection,
        desired,
    }
}

fn user(user: SettledUser<'_>, texts: &ManifestTexts) -> DesiredUser {
    let is_absent = user.state.value == UserState::Absent;
    DesiredUser {
        declared_at: texts.origin_of(user.key),
        state: if is_absent {
            Presence::Absent
        } else {
            Presence::Present
        },
        remove_home: is_absent && user.remove_home.is_some_and(|said| *said.value),
        manager_restart: user.manager_restart.map(|said| match said.value {
            WrittenManagerRestart::Allow => abide_model::ManagerRestart::Allow,
            WrittenManagerRestart::Never => abide_model::ManagerRestart::Never,
        }),
        end_processes: is_absent && user.end_processes.is_some_and(|said| *said.value),
        account: user.account,
        linger: DesiredLinger {
            value: user.linger.value,
            reason: match user.linger_reason {
                LingerWhy::Declared(at) => LingerReason::Declared(texts.origin_of(at)),
                LingerWhy::Other(reason) => reason,
            },
        },
        files: if is_absent {
            BTreeMap::new()
        } else {
            files(user.files, texts)
        },
        units: if is_absent {
            BTreeMap::new()
        } else {
            units(user.units, texts)
        },
    }
}

fn files(
    files: BTreeMap<HomePath, SettledFile<'_>>,
    texts: &ManifestTexts,
) -> BTreeMap<HomePath, DesiredFile> {
    let file = |file: SettledFile<'_>| DesiredFile {
        declared_at: texts.origin_of(file.key),
        body: file.content.body,
        mode: file.mode.value,
    };
    files
        .into_iter()
        .map(|(path, settled)| (path, file(settled)))
        .collect()
}

fn units(
    units: BTreeMap<UnitName, SettledUnit<'_>>,
    texts: &ManifestTexts,
) -> BTreeMap<UnitName, DesiredUnit> {
    units
        .into_iter()
        .map(|(name, settled)| (name, unit(settled, texts)))
        .collect()
}

fn unit(unit: SettledUnit<'_>, texts: &ManifestTexts) -> DesiredUnit {
    // A mask is a link in the place of the unit file: where it is wanted, ours gives way.
    let gives_way = !unit.is_present() || unit.masked.value == Some(true);
    let draft = unit.draft;
    let service = draft.service();
    let bodies = |content: SourcedContent<'_>| content.body;
    let drop_ins: BTreeMap<String, Body> = draft
        .drop_ins
        .into_iter()
        .map(|(name, content)| (name.to_owned(), bodies(content)))
        .collect();
    DesiredUnit {
        declared_at: texts.origin_of(draft.key),
        presence: match unit.state.value {
            UnitState::Absent => Presence::Absent,
            UnitState::Started | UnitState::Stopped | UnitState::Unmanaged => Presence::Present,
        },
        file: draft.fragment.map(bodies).filter(|_| !gives_way),
        drop_ins: if gives_way { BTreeMap::new() } else { drop_ins },
        running: match unit.state.value {
            UnitState::Started => Wanted::Yes,
            UnitState::Stopped | UnitState::Absent => Wanted::No,
            UnitState::Unmanaged => Wanted::Unmanaged,
        },
        enabled: unit.enabled.value,
        masked: unit.masked.value,
        on_change: match unit.on_change.value {
            schema::unit::WrittenOnChange::Restart => OnChange::Restart,
            schema::unit::WrittenOnChange::Reload => OnChange::Reload,
            schema::unit::WrittenOnChange::StopStart => OnChange::StopStart,
            schema::unit::WrittenOnChange::None => OnChange::None,
        },
        on_change_said: unit.on_change.why.declared_by().is_some(),
        restart_on: unit.restart_on.into_keys().collect(),
        reload_on: unit.reload_on.into_keys().collect(),
        settle: Settle {
            hold: unit.hold.value,
            timeout: unit.timeout.value,
        },
        service,
    }
}
