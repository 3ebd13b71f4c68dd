//! Quadlets: what Podman's generator makes nothing of, as far as that is so for every version of it. What depends on the
//! version is found by a dry run on the host. Source: podman-systemd.unit(5).

use abide_model::{UnitKind, UnitName};
use abide_unit::{Entry, QUADLET_KEYS_UNTIL, quadlet_keys, quadlet_section, quadlet_service};

use super::{View, at_word, one_line_excerpt, quadlet_line};
use crate::codes;
use crate::finding::Mistake;
use crate::suggest::nearest_name;
use crate::wording::Wording;
use crate::work::Work;

/// Looks over the sections of a unit of any kind.
pub(super) fn lint(view: &View<'_, '_>, work: &mut Work<'_>) {
    misplaced_sections(view, work);
    if quadlet_line::is_read(view.texts) {
        missing_keys(view, work);
        unknown_keys(view, work);
        impossible_values(view, work);
    }
    service_name(view, work);
    unsupported_service_keys(view, work);
}

/// Podman warns of these (podman-systemd.unit(5)).
fn unsupported_service_keys(view: &View<'_, '_>, work: &mut Work<'_>) {
    if !view.unit.draft.name.kind().is_quadlet() {
        return;
    }
    for (text, entry) in view.entries() {
        if entry.section != "Service"
            || !["User", "Group", "DynamicUser"].contains(&entry.key.as_str())
        {
            continue;
        }
        if !view.may_tell() {
            return;
        }
        let message = format!(
            "Podman does not support `{}=` in the `[Service]` section of a quadlet",
            entry.key
        );
        let finding = at_word(
            codes::QUADLET_UNSUPPORTED,
            (text, entry),
            &entry.value,
            message,
            &work.texts,
        );
        work.push(finding.with_help("write `User=` into `[Container]`, or declare the quadlet under the user that it should run as"));
    }
}

/// The kinds of quadlets, each with its section.
fn sections() -> impl Iterator<Item = (UnitKind, &'static str)> {
    UnitKind::ALL
        .iter()
        .filter_map(|(kind, _)| Some((*kind, quadlet_section(*kind)?)))
}

/// A section of another kind of quadlet, or of one in what is none.
fn misplaced_sections(view: &View<'_, '_>, work: &mut Work<'_>) {
    let name = &view.unit.draft.name;
    let own = quadlet_section(name.kind());
    for (text, entry) in first_of_each_section(view) {
        let section = entry.section.as_str();
        let meant = sections().find(|(_, known)| known.eq_ignore_ascii_case(section));
        let Some((kind, known)) = meant.filter(|_| Some(section) != own) else {
            continue;
        };
        let shown = section.escape_debug();
        // Somebody's unit may well say anything in a section that systemd does not know.
        let (message, help) = match own {
            Some(own) if own == known => (
                format!("`[{shown}]` is no section of a quadlet"),
                format!("write `[{own}]`"),
            ),
            Some(own) => (
                format!("`[{shown}]` has no place in `{name}`"),
                format!(
                    "write `[{own}]`, or name the unit `{}`",
                    name.with_kind(kind)
                ),
            ),
            None if section == known && name.kind() == UnitKind::Service => (
                format!("`[{shown}]` has no place in `{name}`: systemd does not know it"),
                format!("name the unit `{}`", name.with_kind(kind)),
            ),
            None => continue,
        };
        let finding = at_word(
            codes::QUADLET_SECTION,
            (text, entry),
            &entry.key,
            message,
            &work.texts,
        );
        work.push(
            finding
                .with_label(format!("in `[{shown}]`"))
                .with_help(help),
        );
    }
}

fn first_of_each_section<'u>(
    view: &View<'u, '_>,
) -> impl Iterator<Item = (&'u Wording, &'u Entry)> {
    let mut seen = std::collections::BTreeSet::new();
    view.entries()
        .filter(move |(_, entry)| seen.insert(entry.section.clone()))
}

/// Podman makes no service without one of these.
fn missing_keys(view: &View<'_, '_>, work: &mut Work<'_>) {
    let draft = &view.unit.draft;
    let keys: &[&str] = match draft.name.kind() {
        UnitKind::Container => &["Image", "Rootfs"],
        UnitKind::Kube => &["Yaml"],
        UnitKind::Image => &["Image"],
        UnitKind::Build => &["ImageTag"],
        UnitKind::Artifact => &["Artifact"],
        _ => return,
    };
    let Some(section) = quadlet_section(draft.name.kind()) else {
        return;
    };
    let has = |key: &str| view.effective.last_value(section, key).is_some();
    let misplaced = sections()
        .filter(|(_, other)| *other != section)
        .any(|(_, other)| view.effective.sections().contains(other));
    if !draft.ours || !draft.is_known || keys.iter().any(|key| has(key)) || misplaced {
        return;
    }
    let shown: Vec<String> = keys.iter().map(|key| format!("`{key}=`")).collect();
    let message = format!(
        "`{}` has no {} in `[{section}]`, so Podman makes no service of it",
        draft.name,
        shown.join(" and no ")
    );
    work.push(
        Mistake::new(codes::QUADLET_SECTION, draft.key, message)
            .with_help(format!("add {}", shown.join(" or "))),
    );
}

/// Keys of which no Podman that abide knows makes a service.
fn unknown_keys(view: &View<'_, '_>, work: &mut Work<'_>) {
    let Some(own) = quadlet_section(view.unit.draft.name.kind()) else {
        return;
    };
    // An empty assignment counts as well.
    for (text, entry) in all_entries(view) {
        let section = entry.section.as_str();
        if section != own && section != "Quadlet"
            || quadlet_keys(section).any(|(key, _)| key == entry.key)
        {
            continue;
        }
        if !view.may_tell() {
            return;
        }
        let shown = one_line_excerpt(&entry.key);
        let message = format!(
            "`{shown}=` is no key of `[{section}]` that Podman knows, so it makes no service of this"
        );
        let help = match nearest_name(&entry.key, quadlet_keys(section).map(|(key, _)| key)) {
            Some(near) => format!(
                "did you mean `{near}`? (abide knows the keys of Podman until {QUADLET_KEYS_UNTIL})"
            ),
            None => format!("abide knows the keys of Podman until {QUADLET_KEYS_UNTIL}"),
        };
        let finding = at_word(
            codes::QUADLET_KEY,
            (text, entry),
            &entry.key,
            message,
            &work.texts,
        );
        work.push(finding.with_help(help));
    }
}

/// Every assignment, whether it still counts or not.
fn all_entries<'u>(view: &View<'u, '_>) -> impl Iterator<Item = (&'u Wording, &'u Entry)> {
    let texts = view.texts.iter();
    texts.flat_map(|(text, file)| file.entries.iter().map(|entry| (*text, entry)))
}

/// Values that Podman accepts in no version. Source: `ConvertContainer`, `ConvertKube` and `ConvertPod` in its
/// `pkg/systemd/quadlet/quadlet.go`.
fn impossible_values(view: &View<'_, '_>, work: &mut Work<'_>) {
    let kind = view.unit.draft.name.kind();
    // An empty assignment counts as well.
    let last = |section: &str, key: &str| {
        let entries = all_entries(view);
        entries
            .filter(|(_, entry)| entry.section == section && entry.key == key)
            .last()
    };
    let has =
        |key: &str| last("Container", key).filter(|(_, entry)| !entry.value.trim().is_empty());
    let types: &[&str] = match kind {
        UnitKind::Container => &["notify", "oneshot"],
        UnitKind::Kube => &["notify", "oneshot"],
        _ => return,
    };
    let allowed = [
        ("KillMode", &["mixed", "control-group"] as &[&str]),
        ("Type", types),
    ];
    for (key, values) in allowed {
        let Some((text, entry)) = last("Service", key) else {
            continue;
        };
        if values.contains(&entry.value.trim_end().trim_matches('"')) {
            continue;
        }
        let shown = one_line_excerpt(&entry.value);
        let message = format!("Podman makes no service of a quadlet with `{key}={shown}`");
        let finding = at_word(
            codes::QUADLET_SECTION,
            (text, entry),
            &entry.value,
            message,
            &work.texts,
        );
        work.push(finding.with_help(format!("remove it, or write `{}`", values.join("` or `"))));
    }
    if let (Some(_), Some((text, entry))) = (has("Image"), has("Rootfs")) {
        let message = "Podman makes no service of a quadlet with both `Image=` and `Rootfs=`";
        let finding = at_word(
            codes::QUADLET_SECTION,
            (text, entry),
            &entry.key,
            message,
            &work.texts,
        );
        work.push(finding.with_help("remove one of them"));
    }
}

/// What Podman would make a service of that nobody can start: it puts `.service` behind whatever stands there.
fn service_name(view: &View<'_, '_>, work: &mut Work<'_>) {
    let name = &view.unit.draft.name;
    let own = quadlet_section(name.kind());
    // An empty assignment counts as well.
    let named = all_entries(view)
        .filter(|(_, entry)| Some(entry.section.as_str()) == own && entry.key == "ServiceName");
    let Some((text, entry)) = named.last() else {
        return;
    };
    let shown = one_line_excerpt(&entry.value);
    let (message, help) = match quadlet_service(view.effective) {
        _ if entry.value.trim().is_empty() => (
            "an empty `ServiceName=` leaves the service of this quadlet without a name".to_owned(),
            "remove it, or write the name of the service without `.service`".to_owned(),
        ),
        // Podman makes one service by this name, whichever instance that is of.
        Some(_) if name.instance().is_some() => (
            format!("`ServiceName={shown}` gives all instances of `{name}` one service"),
            "remove it, and name the template after its services".to_owned(),
        ),
        Some(Ok(service)) if service.is_template() => (
            format!(
                "`ServiceName={shown}` makes a template of the service, which cannot be started"
            ),
            format!(
                "remove the `@`, or name the quadlet `{}{}`",
                service.without_suffix(),
                dotted_suffix(name)
            ),
        ),
        Some(Ok(service)) if service.without_suffix().ends_with(".service") => (
            format!("Podman adds `.service` to a name: this is the service `{service}`"),
            format!(
                "write `ServiceName={}`",
                service.without_suffix().trim_end_matches(".service")
            ),
        ),
        Some(Err(error)) => (
            format!("`ServiceName={shown}` does not name a service: {error}"),
            "write the name of the service without `.service`; specifiers are not replaced"
                .to_owned(),
        ),
        Some(Ok(_)) | None => return,
    };
    let finding = at_word(
        codes::QUADLET_SERVICE_NAME,
        (text, entry),
        &entry.value,
        message,
        &work.texts,
    );
    work.push(finding.with_help(help));
}

/// The type of a unit with its dot.
fn dotted_suffix(name: &UnitName) -> String {
    format!(".{}", name.kind().name_suffix())
}
