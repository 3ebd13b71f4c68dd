//! Contradictions within one unit.

use abide_model::{HostPath, UnitKind};
use abide_unit::escape;

use crate::codes;
use crate::finding::Mistake;
use crate::precedence::Said;
use crate::schema::Choice;
use crate::schema::unit::{UnitState, WrittenOnChange};
use crate::settled::SettledUnit;
use crate::text::TextPlace;
use crate::value::duration_text;
use crate::work::Work;

/// Checks one unit; `is_user` says whether it is a unit of a user's manager.
pub(crate) fn check(unit: &SettledUnit<'_>, is_user: bool, work: &mut Work<'_>) {
    masked_and_wanted(unit, work);
    absent_and_wanted(unit, work);
    no_install(unit, is_user, work);
    quadlet_enabled(unit, is_user, work);
    cannot_reload(unit, work);
    no_template(unit, work);
    bare_template(unit, work);
    mount_name(unit, work);
    no_such_file_type(unit, work);
    settle_timeout_too_short(unit, work);
    no_effect(unit, work);
}

/// What asks for a unit to run or to be enabled: the key, and its words.
fn start_and_enable_keys(unit: &SettledUnit<'_>) -> Vec<(TextPlace, &'static str)> {
    let written = &unit.draft.written;
    let started = written
        .state
        .filter(|state| state.value == UnitState::Started);
    let enabled = written
        .enabled
        .filter(|enabled| enabled.value == Choice::Yes);
    let started = started.map(|said| (said.key, "to be started"));
    let enabled = enabled.map(|said| (said.key, "to be enabled"));
    started.into_iter().chain(enabled).collect()
}

fn is_masked<'u, 'm>(unit: &'u SettledUnit<'m>) -> Option<&'u Said<'m, bool>> {
    unit.draft
        .written
        .masked
        .as_ref()
        .filter(|masked| masked.value)
}

fn masked_and_wanted(unit: &SettledUnit<'_>, work: &mut Work<'_>) {
    let (Some(masked), wishes) = (is_masked(unit), start_and_enable_keys(unit)) else {
        return;
    };
    if wishes.is_empty() {
        return;
    }
    let message = format!("`{}` is masked and cannot start", unit.draft.name);
    let finding = Mistake::new(codes::MASKED_AND_WANTED, masked.key, message).with_label("masked");
    let finding = wishes.into_iter().fold(finding, |finding, (at, label)| {
        finding.with_related_place(at, label)
    });
    work.push(finding.with_help("remove `masked: true`, or what asks for the unit"));
}

fn absent_and_wanted(unit: &SettledUnit<'_>, work: &mut Work<'_>) {
    let written = &unit.draft.written;
    let Some(absent) = written
        .state
        .filter(|state| state.value == UnitState::Absent)
    else {
        return;
    };
    let enabled = written
        .enabled
        .filter(|enabled| enabled.value == Choice::Yes);
    let enabled = enabled.map(|said| (said.key, "to be enabled"));
    let masked = is_masked(unit).map(|said| (said.key, "to be masked"));
    for (at, label) in enabled.into_iter().chain(masked) {
        let message = format!(
            "`{}` is absent, and something is wanted of it",
            unit.draft.name
        );
        work.push(
            Mistake::new(codes::ABSENT_AND_WANTED, at, message)
                .with_label(label)
                .with_related_place(absent.key, "absent")
                .with_help("remove one of the two"),
        );
    }
}

fn no_install(unit: &SettledUnit<'_>, is_user: bool, work: &mut Work<'_>) {
    let draft = &unit.draft;
    let asks = draft
        .written
        .enabled
        .filter(|enabled| enabled.value == Choice::Yes);
    let (Some(asks), Some(effective)) = (asks, &draft.effective) else {
        return;
    };
    let name = &draft.name;
    if !draft.is_known || name.kind().is_quadlet() || name.is_template() || effective.has_install()
    {
        return;
    }
    let target = boot_target(is_user);
    if !effective.all_values("Install", "Also").is_empty() {
        let at = format!(
            "`{name}` only names other units to enable (`Also=`), so nothing would start it at boot"
        );
        work.push(
            Mistake::new(codes::NO_INSTALL, asks.key, at)
                .with_label("cannot be enabled")
                .with_help(format!(
                    "declare those units as enabled, or add `WantedBy={target}` to this one"
                )),
        );
        return;
    }
    let at = format!("`{name}` has no `[Install]` section, so nothing would start it at boot");
    work.push(
        Mistake::new(codes::NO_INSTALL, asks.key, at)
            .with_label("cannot be enabled")
            .with_help(format!(
                "add `[Install]` and `WantedBy={target}` to the unit, or remove `enabled`"
            )),
    );
}

/// What the manager reaches at boot.
fn boot_target(is_user: bool) -> &'static str {
    if is_user {
        "default.target"
    } else {
        "multi-user.target"
    }
}

fn quadlet_enabled(unit: &SettledUnit<'_>, is_user: bool, work: &mut Work<'_>) {
    let Some(enabled) = unit.draft.written.enabled else {
        return;
    };
    if unit.draft.name.kind().is_quadlet() && enabled.value != Choice::Unmanaged {
        let message = format!(
            "`{}` is a quadlet: its `[Install]` section enables it",
            unit.draft.name
        );
        work.push(
            Mistake::new(codes::QUADLET_ENABLED, enabled.key, message)
                .with_label("`systemctl enable` refuses generated units")
                .with_help(format!(
                    "remove `enabled`; `[Install]` with `WantedBy={}` in the quadlet starts it at boot",
                    boot_target(is_user)
                )),
        );
    }
}

fn cannot_reload(unit: &SettledUnit<'_>, work: &mut Work<'_>) {
    let draft = &unit.draft;
    let able = draft
        .effective
        .as_ref()
        .is_none_or(abide_unit::Effective::can_reload);
    if !draft.is_known || able {
        return;
    }
    let on_change = draft
        .written
        .on_change
        .filter(|said| said.value == WrittenOnChange::Reload);
    let reload_on = draft
        .written
        .reload_on
        .filter(|said| !said.value.is_empty());
    let keys = on_change
        .map(|said| said.key)
        .into_iter()
        .chain(reload_on.map(|said| said.key));
    for key in keys {
        let message = format!("`{}` has no way to reload", draft.name);
        work.push(Mistake::new(codes::CANNOT_RELOAD, key, message).with_help(
            "add `ExecReload=` to the unit (or `Type=notify-reload`), or let it restart",
        ));
    }
}

fn no_template(unit: &SettledUnit<'_>, work: &mut Work<'_>) {
    let name = &unit.draft.name;
    let Some(key) = unit.draft.instances.filter(|_| !name.is_template()) else {
        return;
    };
    let message = format!("`{name}` is not a template and has no instances");
    let suffix = name.kind().name_suffix();
    work.push(
        Mistake::new(codes::NO_TEMPLATE, key, message).with_help(format!(
            "a template is named `{}@.{suffix}`",
            name.prefix_name()
        )),
    );
}

fn bare_template(unit: &SettledUnit<'_>, work: &mut Work<'_>) {
    let draft = &unit.draft;
    if !draft.name.is_template() {
        return;
    }
    let state = draft
        .written
        .state
        .filter(|state| matches!(state.value, UnitState::Started | UnitState::Stopped));
    let enabled = draft
        .written
        .enabled
        .filter(|enabled| enabled.value == Choice::Yes);
    let default = draft
        .effective
        .as_ref()
        .and_then(|effective| effective.last_value("Install", "DefaultInstance"));
    let enabled = enabled.filter(|_| draft.is_known && default.is_none());
    let keys = state
        .map(|said| said.key)
        .into_iter()
        .chain(enabled.map(|said| said.key));
    for key in keys {
        let message = format!("`{}` is a template: only its instances run", draft.name);
        work.push(
            Mistake::new(codes::BARE_TEMPLATE, key, message)
                .with_help("name them under `instances: {NAME: {}}`; each can have a `state` and `enabled` of its own"),
        );
    }
}

fn mount_name(unit: &SettledUnit<'_>, work: &mut Work<'_>) {
    let draft = &unit.draft;
    let section = match draft.name.kind() {
        UnitKind::Mount => "Mount",
        UnitKind::Automount => "Automount",
        _ => return,
    };
    let said = draft
        .effective
        .as_ref()
        .and_then(|effective| effective.last_value(section, "Where"));
    let Some(path) = said.filter(|path| !path.contains('%')) else {
        return;
    };
    let trimmed = if path.len() > 1 {
        path.trim_end_matches('/')
    } else {
        path
    };
    let expected =
        HostPath::parse(trimmed).and_then(|path| escape::mount_unit(&path, draft.name.kind()));
    let help = match expected {
        Ok(expected) if expected == draft.name => return,
        Ok(expected) => format!("name the unit `{expected}`"),
        Err(_) => "`Where=` is an absolute path".to_owned(),
    };
    let message = format!(
        "a unit that mounts `{}` cannot be named `{}`",
        path.escape_debug(),
        draft.name
    );
    let at = crate::lint::place_of(draft, section, "Where", path, work).unwrap_or(draft.key);
    work.push(
        Mistake::new(codes::MOUNT_NAME, at, message)
            .with_related_place(draft.key, "its name")
            .with_help(help),
    );
}

fn no_such_file_type(unit: &SettledUnit<'_>, work: &mut Work<'_>) {
    let kind = unit.draft.name.kind();
    if unit.draft.ours && kind == UnitKind::Scope {
        let message = format!("there are no unit files of type `.{}`", kind.name_suffix());
        work.push(
            Mistake::new(codes::NO_SUCH_FILE_TYPE, unit.draft.key, message)
                .with_label("not from a file"),
        );
    }
}

fn settle_timeout_too_short(unit: &SettledUnit<'_>, work: &mut Work<'_>) {
    let (hold, timeout) = (unit.hold.value, unit.timeout.value);
    let Some(at) = unit
        .timeout
        .why
        .declared_at()
        .or_else(|| unit.hold.why.declared_at())
    else {
        return;
    };
    if timeout < hold {
        let message = format!(
            "`{}` must be up within {} and stay up for {}",
            unit.draft.name,
            duration_text(timeout),
            duration_text(hold)
        );
        work.push(
            Mistake::new(codes::SETTLE, at, message).with_help("let `timeout` be the longer one"),
        );
    }
}

fn no_effect(unit: &SettledUnit<'_>, work: &mut Work<'_>) {
    let written = &unit.draft.written;
    let none = written
        .on_change
        .filter(|said| said.value == WrittenOnChange::None);
    let files = written.restart_on.filter(|said| !said.value.is_empty());
    if let (Some(none), Some(files)) = (none, files) {
        let message = "`restart_on` has no effect: `on_change: none` never restarts";
        work.push(
            Mistake::new(codes::NO_EFFECT, files.key, message)
                .with_label("no effect")
                .with_related_place(none.key, "never restarts")
                .with_help("remove `restart_on`, or write `on_change: restart`"),
        );
    }
}
