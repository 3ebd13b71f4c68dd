//! What is done with a running unit that is owed a restart: the rules of docs/change-classes.md, one small function
//! for each kind that differs.

use abide_model::{NoteText, OnChange, UnitKind, UnitNote};
use abide_unit::support::knows_word;

use super::{Unit, quadlet};
use crate::refuse::Denied;

/// What is done with a running unit whose configuration changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Response {
    /// Nothing: the daemon-reload, or its next run, takes the new configuration.
    TakesEffect,
    /// It is reloaded.
    Reload,
    /// It is restarted.
    Restart,
    /// It is stopped with the old definition and started with the new one.
    StopStart,
    /// It is left as it is, and the plan says why.
    Held(NoteText),
}

/// What this unit's kind, its manager and the manifest make of an owed restart.
pub(crate) fn to_restart(unit: &Unit<'_>) -> Result<Response, Denied> {
    let response = match unit.name.kind() {
        UnitKind::Service | UnitKind::Build if unit.ends_by_itself() => Response::TakesEffect,
        UnitKind::Path
        | UnitKind::Slice
        | UnitKind::Target
        | UnitKind::Scope
        | UnitKind::Device => {
            // A path watches anew with the reload. Stopping a slice stops its members, restarting
            // a target restarts its members.
            Response::TakesEffect
        }
        UnitKind::Socket | UnitKind::Timer | UnitKind::Automount => {
            held_or(unit, Response::StopStart)
        }
        UnitKind::Mount => held_or(unit, mount_response(unit)),
        UnitKind::Network | UnitKind::Volume if !quadlet::is_renamed(unit) => {
            Response::Held(quadlet::recreate_text(unit))
        }
        UnitKind::Service
        | UnitKind::Swap
        | UnitKind::Container
        | UnitKind::Pod
        | UnitKind::Kube
        | UnitKind::Network
        | UnitKind::Volume
        | UnitKind::Image
        | UnitKind::Build
        | UnitKind::Artifact => service(unit)?,
    };
    Ok(manual_stop(unit, response))
}

/// What comes of an owed reload.
pub(crate) fn to_reload(unit: &Unit<'_>) -> Result<Response, Denied> {
    let response = match on_change(unit) {
        OnChange::None => held_response(unit),
        OnChange::Restart | OnChange::Reload | OnChange::StopStart => reload(unit)?,
    };
    Ok(response)
}

fn service(unit: &Unit<'_>) -> Result<Response, Denied> {
    Ok(match on_change(unit) {
        OnChange::Restart => Response::Restart,
        OnChange::StopStart => Response::StopStart,
        OnChange::Reload => reload(unit)?,
        OnChange::None => held_response(unit),
    })
}

/// Of its own accord a reload never becomes a restart: the manifest asked for no interruption.
fn reload(unit: &Unit<'_>) -> Result<Response, Denied> {
    let can = match unit.ours {
        // Of a type that the host's systemd does not know nothing is left.
        true => unit.wanted.can_reload() && (knows_type(unit) || unit.seen.can_reload),
        false => unit.seen.can_reload || unit.wanted.can_reload(),
    };
    match can {
        true => Ok(Response::Reload),
        false => Err(Denied::impossible_on_host(
            "it should be reloaded, and it has no way to reload",
        )
        .with_help("give it `ExecReload=`, or write `on_change: restart`")),
    }
}

/// Whether the host's systemd knows the type of a service.
fn knows_type(unit: &Unit<'_>) -> bool {
    let of_type = unit.wanted.last_value("Service", "Type");
    let systemd = unit.view.host.observed.facts.systemd;
    let other_way = unit.wanted.last_value("Service", "ExecReload").is_some();
    other_way || of_type.is_none_or(|word| knows_word("Service", "Type", word, systemd))
}

/// Mounts that a running system stands on are only ever mounted again with new options (nixpkgs, `-.mount`).
fn mount_response(unit: &Unit<'_>) -> Response {
    match unit.loaded.as_str() {
        "-.mount" | "usr.mount" | "home.mount" | "var.mount" => {
            Response::Held(NoteText::of_unit(&unit.loaded, UnitNote::InUse))
        }
        _ => Response::Restart,
    }
}

fn on_change(unit: &Unit<'_>) -> OnChange {
    unit.desired()
        .map_or(OnChange::Restart, |unit| unit.on_change)
}

fn held_or(unit: &Unit<'_>, response: Response) -> Response {
    match on_change(unit) {
        OnChange::None => held_response(unit),
        OnChange::Restart | OnChange::Reload | OnChange::StopStart => response,
    }
}

fn held_response(unit: &Unit<'_>) -> Response {
    Response::Held(NoteText::of_unit(&unit.loaded, UnitNote::Held))
}

/// A unit that refuses to be stopped by hand (as loaded) or started by hand (as it will be) refuses a restart too;
/// systemctl would fail with 4 (systemd-facts.md#refuse-manual).
fn manual_stop(unit: &Unit<'_>, response: Response) -> Response {
    let interrupts = matches!(response, Response::Restart | Response::StopStart);
    let key = if unit.seen.refuse_stop {
        "RefuseManualStop"
    } else if refuses_start(unit) {
        "RefuseManualStart"
    } else {
        return response;
    };
    match interrupts {
        true => Response::Held(NoteText::of_unit(
            &unit.loaded,
            UnitNote::HeldBySetting { key },
        )),
        false => response,
    }
}

/// Whether it may not be started by hand, as it will be configured.
pub(crate) fn refuses_start(unit: &Unit<'_>) -> bool {
    let configured = unit.wanted.boolean_value("Unit", "RefuseManualStart");
    match unit.ours {
        true => configured.unwrap_or(false),
        false => configured.unwrap_or(unit.seen.refuse_start),
    }
}
