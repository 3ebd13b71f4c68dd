//! `[Install]`: what starts a unit at boot must exist in its manager.

use abide_model::{UnitName, Wanted};
use abide_unit::{Entry, install_words, refused_links, specifier};

use super::system_only::is_system_only;
use super::{View, at_word};
use crate::codes;
use crate::schema::Choice;
use crate::wording::Wording;
use crate::work::Work;

const KEYS: [&str; 3] = ["WantedBy", "RequiredBy", "UpheldBy"];

/// A user unit that only targets of the system manager want never starts at boot.
pub(super) fn lint_user(view: &View<'_, '_>, work: &mut Work<'_>) {
    if wanted_by(view).any(|unit| !is_system_only(&unit)) {
        return;
    }
    for (text, entry, word) in words(view) {
        if !view.may_tell() {
            return;
        }
        let message =
            format!("`{word}` does not exist in a user manager, so this unit never starts at boot");
        let finding = at_word(
            codes::SYSTEM_TARGET,
            (text, entry),
            &word,
            message,
            &work.texts,
        )
        .with_label("a target of the system manager")
        .with_help(format!("write `{}=default.target`", entry.key));
        let enabled = view.unit.draft.written.enabled;
        work.push(
            match enabled.filter(|enabled| enabled.value == Choice::Yes) {
                Some(enabled) => finding.with_related_place(enabled.key, "to be enabled"),
                None => finding,
            },
        );
    }
}

/// `default.target` of the system manager is whatever an administrator made of it; another target beside it is enough. Podman
/// ships one text for both managers: `podman.service`, `podman-auto-update.timer` and so on.
pub(super) fn lint_system(view: &View<'_, '_>, work: &mut Work<'_>) {
    let name = &view.unit.draft.name;
    let is_podmans = ["podman", "netavark"].iter().any(|of| {
        let rest = name.prefix_name().strip_prefix(of);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    });
    if is_podmans
        || name.kind().is_quadlet()
        || wanted_by(view).any(|unit| unit != "default.target")
    {
        return;
    }
    for (text, entry, word) in words(view) {
        if !view.may_tell() {
            return;
        }
        let message = "`default.target` is what user units are wanted by";
        work.push(
            at_word(
                codes::DEFAULT_TARGET,
                (text, entry),
                &word,
                message,
                &work.texts,
            )
            .with_label("in a system unit")
            .with_help(format!("write `{}=multi-user.target`", entry.key)),
        );
    }
}

/// An alias of another type, or a template where the unit is none.
pub(super) fn lint_alias(view: &View<'_, '_>, work: &mut Work<'_>) {
    let name = &view.unit.draft.name;
    if view.unit.enabled.value != Wanted::Yes || name.kind().is_quadlet() {
        return;
    }
    let refused = refused_links(name, view.effective);
    if refused.is_empty() {
        return;
    }
    let entries = view.entries();
    let entries = entries.filter(|(_, entry)| entry.section == "Install" && entry.key == "Alias");
    for (text, entry) in entries {
        for word in install_words(&entry.key, &entry.value) {
            let alias = specifier::expand(name, None, &word);
            let alias = alias.and_then(|alias| UnitName::parse(&alias).ok());
            let Some(alias) = alias.filter(|alias| refused.contains(alias)) else {
                continue;
            };
            if !view.may_tell() {
                return;
            }
            let (message, label) = match alias.kind() == name.kind() {
                false => (
                    format!(
                        "a {} cannot have an alias that is a {}",
                        name.kind().name_suffix(),
                        alias.kind().name_suffix()
                    ),
                    format!("not a `.{}`", name.kind().name_suffix()),
                ),
                true => (
                    format!(
                        "`{alias}` cannot be an alias of `{name}`: a template's alias is a template, an instance's has its instance"
                    ),
                    "another instance".to_owned(),
                ),
            };
            let at = (text, entry);
            let finding = at_word(codes::ALIAS_REFUSED, at, &word, message, &work.texts);
            work.push(
                finding
                    .with_label(label)
                    .with_help("`systemctl enable` would fail; remove it, or name it otherwise"),
            );
        }
    }
}

fn wanted_by(view: &View<'_, '_>) -> impl Iterator<Item = String> {
    let effective = view.effective;
    KEYS.iter().flat_map(|key| {
        let values = effective.all_values("Install", key).into_iter();
        values.flat_map(|value| install_words(key, value))
    })
}

fn words<'u>(view: &View<'u, '_>) -> Vec<(&'u Wording, &'u Entry, String)> {
    view.entries()
        .filter(|(_, entry)| entry.section == "Install" && KEYS.contains(&entry.key.as_str()))
        .flat_map(|(text, entry)| {
            let words = install_words(&entry.key, &entry.value).into_iter();
            words.map(move |word| (text, entry, word))
        })
        .collect()
}
