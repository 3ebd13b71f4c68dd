//! Which links make a unit start at boot, and which of them come and go.
//!
//! The links themselves are compared: `is-enabled` says `enabled` whatever links there are (systemd-facts.md#enablement-is-cached).
//! Only of units whose file nobody showed us is `UnitFileState` believed.

use std::collections::BTreeSet;

use abide_model::{
    Cause, Field, FilePurpose, HostPath, Link, ObservedScope, RefusalReason, UnitName, Wanted,
};
use abide_unit::{
    Effective, LinkKind, install_links, install_words, refused_links, specifier,
    units_enabled_together,
};

use super::Unit;
use super::mask::{self, Mask, keeps_links};
use super::replace;
use super::sources::{DiskConfiguration, SourceFile};
use crate::by_hand;
use crate::causes::{difference_cause, safe_host_text};
use crate::linger::ManagerState;
use crate::refuse::Denied;

/// The first systemd whose `systemctl enable` knows `UpheldBy=` (NEWS).
const UPHELD_BY: u32 = 254;

/// What is to be done about a unit's links.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Links {
    pub(crate) add: BTreeSet<String>,
    pub(crate) remove: BTreeSet<String>,
    /// It is enabled, whatever links that takes.
    pub(crate) enable: bool,
    /// The unit file that links lead to; `None` where only the host knows which links come.
    pub(crate) file: Option<HostPath>,
    /// Units of `Also=` that nobody declares, and that stay as they are.
    pub(crate) also: BTreeSet<UnitName>,
    pub(crate) why: Vec<Cause>,
}

impl Links {
    /// Whether anything is to be done.
    pub(crate) fn is_work(&self) -> bool {
        !self.why.is_empty()
    }
}

/// What makes the unit's links as declared, once its mask is so.
pub(crate) fn decide(unit: &Unit<'_>, mask: Mask) -> Result<Links, Denied> {
    let links = decide_links(unit, links_of(unit))?;
    if mask == Mask::Leave && !links.enable && keeps_links(unit) {
        return Ok(Links::default());
    }
    Ok(links)
}

fn decide_links(unit: &Unit<'_>, present: BTreeSet<String>) -> Result<Links, Denied> {
    let Some(desired) = unit.desired() else {
        return Ok(match unit.removal_cause() {
            Some(cause) if unit.ours || *cause == Cause::DeclaredAbsent => {
                all_go(present, cause.clone())
            }
            _ => Links::default(),
        });
    };
    if unit.should_be_masked() {
        return Ok(all_go(
            present,
            difference_cause(Field::Masked, "no", "yes"),
        ));
    }
    if unit.name.kind().is_quadlet() {
        // Its generator reads `[Install]`; `systemctl enable` always fails (systemd-facts.md#generated-units).
        return Ok(match unit.replaces.is_empty() {
            true => Links::default(),
            false => all_go(present, replace::cause(unit)),
        });
    }
    match desired.enabled {
        Wanted::Yes if unit.ours => ours_enabled(unit, present),
        Wanted::Yes => foreign_enabled(unit, &present),
        Wanted::No => links_to_disable(unit, present),
        Wanted::Unmanaged => Ok(left_over(unit, present)),
    }
}

fn ours_enabled(unit: &Unit<'_>, present: BTreeSet<String>) -> Result<Links, Denied> {
    if !unit.wanted.has_install() {
        return Err(Denied::impossible_on_host(
            "it has no [Install] section and cannot be enabled",
        )
        .with_help("give it `WantedBy=`, or declare `enabled: false`"));
    }
    let asked = asked_for(unit, &unit.wanted)?;
    let wanted = &asked.links;
    if wanted.is_empty() && !asked.is_all {
        return foreign_enabled(unit, &present);
    }
    // Links of a template's default instance bear the instance's name. An alias that leads elsewhere is another unit's.
    let present: BTreeSet<String> = scope_links(unit.view.seen)
        .filter(|link| link.path.contains('/') || names(link, &unit.loaded))
        .map(|link| link.path.clone())
        .filter(|link| wanted.contains(link))
        .chain(present)
        .collect();
    let add: BTreeSet<String> = wanted.difference(&present).cloned().collect();
    let stale = present.difference(wanted).cloned();
    let remove: BTreeSet<String> = stale.filter(|_| asked.is_all).collect();
    let why = match (add.is_empty(), remove.is_empty(), present.is_empty()) {
        (true, true, _) => Vec::new(),
        (_, _, true) => vec![difference_cause(Field::Enabled, "disabled", "enabled")],
        _ => vec![difference_cause(
            Field::Links,
            joined_links(&present),
            joined_links(wanted),
        )],
    };
    let by_hand = by_hand::links(unit, &add, &remove);
    let why: Vec<Cause> = why.into_iter().chain(by_hand).collect();
    Ok(Links {
        enable: !why.is_empty(),
        add,
        remove,
        why,
        ..asked.links_of_file(own_file(unit))
    })
}

/// What an `[Install]` section asks for on this host.
struct Asked {
    links: BTreeSet<String>,
    /// Whether these are all: a specifier that only the host expands hides some.
    is_all: bool,
    /// Units that nobody declares and that would be enabled along with it.
    also: BTreeSet<UnitName>,
}

impl Asked {
    /// Where links lead to this file, or `systemctl enable` makes them, for nobody else knows which.
    fn links_of_file(&self, file: Option<HostPath>) -> Links {
        Links {
            file: file.filter(|_| self.is_all),
            also: self.also.clone(),
            ..Links::default()
        }
    }
}

/// The links that `systemctl enable` would make on this host for the unit itself.
fn asked_for(unit: &Unit<'_>, wanted: &Effective) -> Result<Asked, Denied> {
    let systemd = unit.view.host.observed.facts.systemd;
    let upholds = systemd >= UPHELD_BY;
    let all = install_links(&unit.loaded, wanted);
    let nothing_else = !all.is_empty() && all.iter().all(|link| link.kind == LinkKind::Upholds);
    if nothing_else && !upholds {
        return Err(Denied::for_reason(RefusalReason::UpheldByUnknown {
            systemd,
        }));
    }
    let links: Vec<_> = all
        .into_iter()
        .filter(|link| upholds || link.kind != LinkKind::Upholds)
        .collect();
    let is_all = all_known(unit, wanted);
    let also = units_enabled_together(&unit.loaded, wanted);
    let refused = refused_links(&unit.loaded, wanted);
    if links.is_empty() && is_all && !refused.is_empty() {
        return Err(Denied::for_reason(RefusalReason::RefusedNames {
            names: refused,
        }));
    }
    if links.is_empty() && is_all && !also.is_empty() {
        return Err(Denied::for_reason(RefusalReason::OnlyEnablesOthers {
            also,
        }));
    }
    if !is_all && !also.is_empty() {
        return Err(Denied::for_reason(RefusalReason::LinksUnknown { also }));
    }
    let declared = unit.view.host.units(&unit.view.scope);
    let is_declared = |name: &UnitName| declared.is_some_and(|units| units.contains_key(name));
    Ok(Asked {
        links: links.into_iter().map(|link| link.path).collect(),
        is_all,
        also: also.into_iter().filter(|name| !is_declared(name)).collect(),
    })
}

/// The unit file that is ours: its own, or its template's.
fn own_file(unit: &Unit<'_>) -> Option<HostPath> {
    let mut files = unit.files.iter().chain(&unit.template_files);
    let file = files.find(|file| file.purpose == FilePurpose::Unit);
    file.map(|file| file.path.clone())
}

/// Where a link of this name leads that is not the unit's own.
pub(crate) fn other_link_target(unit: &Unit<'_>, alias: &str) -> Option<String> {
    let mut links = scope_links(unit.view.seen);
    let link = links.find(|link| link.path == alias && !names(link, &unit.loaded))?;
    Some(link.target.clone())
}

/// Whether all links follow from the file: a specifier that only the host expands hides some.
fn all_known(unit: &Unit<'_>, wanted: &Effective) -> bool {
    let keys = ["Alias", "WantedBy", "RequiredBy", "UpheldBy"];
    let mut values = keys
        .iter()
        .flat_map(|key| wanted.all_values("Install", key));
    values.all(|value| specifier::expand(&unit.loaded, None, value).is_some())
}

fn links_to_disable(unit: &Unit<'_>, present: BTreeSet<String>) -> Result<Links, Denied> {
    if let Some(link) = at_runtime(unit) {
        return Err(Denied::for_reason(RefusalReason::EnabledAtRuntime { link }));
    }
    if let Some(link) = global_link(unit) {
        return Err(Denied::for_reason(RefusalReason::EnabledForAllUsers {
            link,
        }));
    }
    if !present.is_empty() {
        return Ok(all_go(
            present,
            difference_cause(Field::Enabled, "enabled", "disabled"),
        ));
    }
    let state = unit.seen.file_state.as_str();
    if !unit.ours && matches!(state, "enabled" | "enabled-runtime") {
        let reason = format!(
            "it is `{state}` outside the configuration directory, where disabling it has no effect"
        );
        return Err(Denied::impossible_on_host(reason)
            .with_help("declare `masked: true` to keep it from starting"));
    }
    match wanted_anyway(unit) {
        Some(by) => Err(Denied::for_reason(RefusalReason::StartsAnyway {
            by,
            source: unit.seen.source.clone(),
        })),
        None => Ok(Links::default()),
    }
}

/// The target of every boot that wants a unit of others although nothing is linked in the configuration directory: a generator
/// or a package made it so.
fn wanted_anyway(unit: &Unit<'_>) -> Option<UnitName> {
    let state = unit.seen.file_state.as_str();
    if unit.ours || !matches!(state, "static" | "generated" | "indirect") {
        return None;
    }
    let relations = ["WantedBy", "RequiredBy"].iter();
    let mut by = relations
        .filter_map(|relation| unit.seen.relations.get(*relation))
        .flatten();
    let at_boot = |by: &&UnitName| match unit.view.scope.user() {
        Some(_) => at_start(by.as_str()),
        None => at_start(by.as_str()) || by.as_str() == "multi-user.target",
    };
    by.find(at_boot).cloned()
}

/// A link that `systemctl enable --runtime` made.
fn at_runtime(unit: &Unit<'_>) -> Option<HostPath> {
    let mut links = links_elsewhere(unit);
    links
        .find(|link| link.as_str().starts_with("/run/"))
        .cloned()
}

/// A link that `systemctl --global enable` made.
fn global_link(unit: &Unit<'_>) -> Option<HostPath> {
    let mut links = links_elsewhere(unit).filter(|link| link.as_str().starts_with("/etc/"));
    links.next().cloned()
}

fn links_elsewhere<'u>(unit: &'u Unit<'_>) -> impl Iterator<Item = &'u HostPath> {
    let links = unit.view.seen.into_iter();
    let links = links.flat_map(|scope| &scope.links_elsewhere);
    links.filter(|link| link.file_name() == unit.loaded.as_str())
}

/// A unit that was ours to enable and has lost its `[Install]` section keeps no links that nothing declares.
fn left_over(unit: &Unit<'_>, present: BTreeSet<String>) -> Links {
    let old = unit.on_disk.known_effective();
    let had_install = old.is_some_and(Effective::has_install);
    let by_us = unit.ledger_entry().is_some_and(|left| left.enabled);
    let lost = unit.ours && !unit.wanted.has_install() && (had_install || by_us);
    match lost {
        true => all_go(
            present,
            difference_cause(Field::Install, "present", "absent"),
        ),
        false => Links::default(),
    }
}

fn foreign_enabled(unit: &Unit<'_>, present: &BTreeSet<String>) -> Result<Links, Denied> {
    if !present.is_empty() {
        return Ok(Links::default());
    }
    let install = unit
        .view
        .seen
        .and_then(|seen| seen.installs.get(&unit.loaded))
        // What 247 calls the file of a masked unit: the one behind the mask is not known.
        .filter(|install| install.file.as_str() != mask::NOWHERE);
    let asked = match install {
        Some(install) => asked_for(unit, &Effective::new(&unit.loaded, &install.text, &[]))?,
        None => Asked {
            links: BTreeSet::new(),
            is_all: false,
            also: BTreeSet::new(),
        },
    };
    let enable = |state: &str| Links {
        enable: true,
        add: asked.links.clone(),
        why: [difference_cause(Field::Enabled, state, "enabled")]
            .into_iter()
            .chain(by_hand::disable_cause(unit))
            .collect(),
        ..asked.links_of_file(install.map(|install| its_file(unit, &install.file)))
    };
    if !matches!(unit.view.manager, ManagerState::Up { .. }) {
        // Its manager cannot be asked yet.
        return Ok(enable("disabled"));
    }
    match unit.seen.file_state.as_str() {
        "enabled" => Ok(Links::default()),
        state @ ("disabled" | "enabled-runtime" | "linked" | "linked-runtime") => Ok(enable(state)),
        // The mask is taken away first; a mask that stays was refused.
        "masked" | "masked-runtime" => Ok(enable("masked")),
        "" => Err(no_such_unit()),
        "static" | "generated" if wanted_anyway(unit).is_some() => Ok(Links::default()),
        "generated" if script_of(unit).is_some() => Err(not_enabled(unit)),
        state @ ("static" | "generated" | "transient") => Err(Denied::impossible_on_host(format!(
            "it is {state}: it has no [Install] section of its own and cannot be enabled"
        ))
        .with_help("leave `enabled` out; another unit has to pull it in")),
        "indirect" => Err(Denied::impossible_on_host(
            "it only names other units to enable (`Also=`)",
        )
        .with_help("declare those units as enabled")),
        state => Err(Denied::impossible_on_host(format!(
            "its unit file is `{}`",
            safe_host_text(state)
        ))),
    }
}

/// The script of System V init that a unit was made of.
fn script_of(unit: &Unit<'_>) -> Option<HostPath> {
    let source = unit.seen.source.clone();
    source.filter(|path| path.as_str().contains("/init.d/"))
}

fn not_enabled(unit: &Unit<'_>) -> Denied {
    match script_of(unit) {
        Some(source) => Denied::for_reason(RefusalReason::ScriptNotEnabled { source }),
        None => no_such_unit(),
    }
}

/// The file of a unit that is not ours. A link in the configuration directory is what an alias must lead to: the name of what is
/// behind it may be another one.
fn its_file(unit: &Unit<'_>, found: &HostPath) -> HostPath {
    let name = unit.loaded.template();
    let name = name.as_ref().unwrap_or(&unit.loaded);
    let is_linked = |link: &Link| link.path == name.as_str() && link.target != mask::NOWHERE;
    let linked = scope_links(unit.view.seen).any(is_linked);
    let own = unit.view.places.unit(name).ok().filter(|_| linked);
    own.unwrap_or_else(|| found.clone())
}

/// A foreign unit that is not there.
pub(crate) fn no_such_unit() -> Denied {
    Denied::impossible_on_host("there is no such unit on the host")
        .with_help("install what brings it, or give the unit a `source`")
}

fn all_go(remove: BTreeSet<String>, cause: Cause) -> Links {
    Links {
        why: match remove.is_empty() {
            true => Vec::new(),
            false => vec![cause],
        },
        remove,
        ..Links::default()
    }
}

fn joined_links(links: &BTreeSet<String>) -> String {
    let links: Vec<&str> = links.iter().map(String::as_str).collect();
    safe_host_text(&links.join(" "))
}

/// The links that enable or name the unit; of a template that goes, those of all its instances.
pub(crate) fn links_of(unit: &Unit<'_>) -> BTreeSet<String> {
    let goes = unit.removal_cause().is_some() && unit.loaded.is_template();
    scope_links(unit.view.seen)
        .filter(|link| names(link, &unit.loaded) || goes && is_instance(link, &unit.loaded))
        .map(|link| link.path.clone())
        .collect()
}

fn scope_links(seen: Option<&ObservedScope>) -> impl Iterator<Item = &Link> {
    seen.into_iter().flat_map(|scope| &scope.links)
}

/// Whether this link enables the unit, or is another name of it.
fn names(link: &Link, unit: &UnitName) -> bool {
    match link.path.split_once('/') {
        Some((_, name)) => name == unit.as_str(),
        None => pointed_to(link) == unit.as_str() && link.path != unit.as_str(),
    }
}

/// Whether `systemctl disable` of the template takes this link along: one that bears the name of an instance, wherever it
/// leads, or one that leads to the template's file, whatever its name (`remove_marked_symlinks_fd` of install.c; systemd 252
/// and 257 do both).
fn is_instance(link: &Link, template: &UnitName) -> bool {
    let Some((_, name)) = link.path.split_once('/') else {
        return false;
    };
    let unit = UnitName::parse(name).ok();
    let of = unit.and_then(|unit| unit.template());
    of.as_ref() == Some(template) || pointed_to(link) == template.as_str()
}

fn pointed_to(link: &Link) -> &str {
    link.target.rsplit('/').next().unwrap_or_default()
}

/// Whether a user manager that starts brings this unit up by itself: it hangs from a target of its start.
pub(crate) fn starts_with_manager(unit: &Unit<'_>) -> bool {
    let linked = || {
        let mut links = scope_links(unit.view.seen).filter(|_| leads_somewhere(unit));
        links.any(|link| {
            let (dir, name) = link.path.split_once('/').unwrap_or_default();
            let target = dir.rsplit_once('.').map_or("", |(target, _)| target);
            name == unit.loaded.as_str() && at_start(target)
        })
    };
    // `systemctl --global enable` makes its links in /etc/systemd/user.
    let by_all = || {
        let mut links = links_elsewhere(unit).filter(|_| leads_somewhere(unit));
        links.any(|link| {
            let dir = link.parent_directory();
            let target = dir
                .file_name()
                .rsplit_once('.')
                .map_or("", |(target, _)| target);
            at_start(target)
        })
    };
    unit.view.scope.user().is_some() && (linked() || generated_at_start(unit) || by_all())
}

/// Whether there is a unit file behind a link. The link's name counts and not where it points (load-dropin.c), so another's
/// unit may be a package's.
fn leads_somewhere(unit: &Unit<'_>) -> bool {
    let mut files = unit.files.iter().chain(&unit.template_files);
    let stands =
        |file: &SourceFile<'_>| file.purpose == FilePurpose::Unit && file.is_regular_file();
    !unit.ours || files.any(stands)
}

/// The targets that a user manager reaches when it starts.
fn at_start(target: &str) -> bool {
    const AT_START: &[&str] = &[
        "default.target",
        "basic.target",
        "sockets.target",
        "timers.target",
        "paths.target",
    ];
    AT_START.contains(&target)
}

/// A quadlet that stands on disk is enabled by its generator.
fn generated_at_start(unit: &Unit<'_>) -> bool {
    let by = |on_disk: &Effective| {
        let keys = ["WantedBy", "RequiredBy"].into_iter();
        let mut targets = keys.flat_map(|key| {
            let values = on_disk.all_values("Install", key).into_iter();
            values.flat_map(move |value| install_words(key, value))
        });
        targets.any(|target| at_start(&target))
    };
    unit.name.kind().is_quadlet()
        && unit.on_disk != DiskConfiguration::Nothing
        && unit.on_disk.known_effective().is_none_or(by)
}
