//! Paths in settings that systemd takes as they are: it expands `%h`, and neither `~` nor `$HOME`. An
//! `EnvironmentFile=~/…` is skipped without a word in the result of the start (systemd 252 and 257).

use super::{View, at_word};
use crate::codes;
use crate::work::Work;

/// Settings that hold one path, which may have a prefix such as `-`.
const KEYS: [(&str, &str); 15] = [
    ("Service", "EnvironmentFile"),
    ("Service", "WorkingDirectory"),
    ("Service", "RootDirectory"),
    ("Service", "PIDFile"),
    ("Service", "ReadWritePaths"),
    ("Service", "ReadOnlyPaths"),
    ("Service", "InaccessiblePaths"),
    ("Service", "LoadCredential"),
    ("Path", "PathExists"),
    ("Path", "PathExistsGlob"),
    ("Path", "PathChanged"),
    ("Path", "PathModified"),
    ("Path", "DirectoryNotEmpty"),
    ("Unit", "ConditionPathExists"),
    ("Unit", "AssertPathExists"),
];

/// `~/…` and `$HOME/…` where a path must stand.
pub(super) fn lint(view: &View<'_, '_>, work: &mut Work<'_>) {
    for (text, entry) in view.entries() {
        let (section, key) = (entry.section.as_str(), entry.key.as_str());
        if !KEYS.contains(&(section, key)) {
            continue;
        }
        let path = match key {
            "LoadCredential" => entry.value.split_once(':').map_or("", |(_, path)| path),
            _ => entry.value.trim_start_matches(['-', '+', '!', '|']),
        };
        // `WorkingDirectory=~` alone is the home directory (systemd.exec(5)).
        let home = ["~/", "$HOME/", "${HOME}/"]
            .iter()
            .find_map(|home| path.strip_prefix(home));
        if home.is_none() && !path.starts_with('$') {
            continue;
        }
        if !view.may_tell() {
            return;
        }
        let message = format!(
            "systemd takes `{}` as it is: neither `~` nor `$…` is expanded",
            path.escape_debug()
        );
        let finding = at_word(
            codes::NOT_EXPANDED,
            (text, entry),
            path,
            message,
            &work.texts,
        )
        .with_label("taken as it is");
        work.push(match home {
            Some(below) => finding.with_help(format!("write `%h/{}`", below.escape_debug())),
            None => finding.with_help("write an absolute path, or one that begins with `%h/`"),
        });
    }
}
