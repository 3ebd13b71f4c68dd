//! The files that a manifest names: which path is meant, and what is in them. Each is read once a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use abide_model::Bytes;

use crate::codes;
use crate::finding::{Findings, Mistake};
use crate::located::Located;
use crate::text::{ManifestTexts, TextPlace};
use crate::{Files, LoadOptions, Unreadable};

/// The longest file that a manifest may name, in bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// All files that a manifest may name, in bytes.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// A file that was read.
#[derive(Debug, Clone)]
pub(crate) struct LocalFile {
    /// What is in it.
    pub(crate) bytes: Bytes,
    /// Its number among the texts, where it is text.
    pub(crate) text: Option<(u32, Arc<str>)>,
}

/// All files of a run.
pub(crate) struct Library<'a> {
    files: &'a dyn Files,
    options: &'a LoadOptions,
    held: BTreeMap<String, Result<LocalFile, Unreadable>>,
    /// How many bytes of files may still be read.
    left: usize,
}

impl<'a> Library<'a> {
    /// Files by way of `files`.
    pub(crate) fn new(files: &'a dyn Files, options: &'a LoadOptions) -> Self {
        Self {
            files,
            options,
            held: BTreeMap::new(),
            left: MOST_BYTES,
        }
    }

    /// Reads the file that a value names; what is wrong with it is a finding at the value.
    pub(crate) fn read(
        &mut self,
        named: Located<&String>,
        texts: &mut ManifestTexts,
        findings: &mut Findings,
    ) -> Option<LocalFile> {
        let path = self.path(named, texts, findings)?;
        let held = self.held.entry(path.clone()).or_insert_with(|| {
            let held = read(self.files, &path, self.left.min(MAX_BYTES), texts);
            if let Ok(held) = &held {
                self.left = self.left.saturating_sub(held.bytes.as_slice().len());
            }
            held
        });
        match held {
            Ok(held) => Some(held.clone()),
            Err(why) => {
                findings.push(unreadable_finding(named.at, &path, self.left, why));
                None
            }
        }
    }

    /// The path that a value names: beside the manifest file in which it stands, and not out of its directory.
    pub(crate) fn path(
        &self,
        named: Located<&String>,
        texts: &ManifestTexts,
        findings: &mut Findings,
    ) -> Option<String> {
        let base = texts.name(named.at.text);
        let directory = base.rsplit_once('/').map(|(directory, _)| directory);
        let below = self.relative_to_directory(directory.unwrap_or_default(), named.value);
        let path = below.as_deref().unwrap_or(named.value);
        match resolve(directory, path, self.options.allow_outside) {
            Ok(path) => Some(path),
            Err(wrong) => {
                findings.push(wrong.finding(named.at, named.value));
                None
            }
        }
    }
}

impl Library<'_> {
    /// An absolute path that leads into the manifest's directory, from there on.
    fn relative_to_directory(&self, directory: &str, path: &str) -> Option<String> {
        if !path.starts_with('/') {
            return None;
        }
        let roots = self.files.absolute_spellings(directory);
        let below = |root: &String| path.strip_prefix(root.as_str())?.strip_prefix('/');
        roots
            .iter()
            .find_map(below)
            .map(|path| path.trim_start_matches('/').to_owned())
    }
}

fn read(
    files: &dyn Files,
    path: &str,
    limit: usize,
    texts: &mut ManifestTexts,
) -> Result<LocalFile, Unreadable> {
    let bytes = files.read(path, limit)?;
    if bytes.len() > limit {
        return Err(Unreadable::TooLarge);
    }
    let text = std::str::from_utf8(&bytes).ok().map(Arc::<str>::from);
    Ok(LocalFile {
        text: text.map(|text| (texts.add(path, Arc::clone(&text)), text)),
        bytes: Bytes::new(bytes),
    })
}

fn unreadable_finding(at: TextPlace, path: &str, left: usize, why: &Unreadable) -> Mistake {
    let shown = path.escape_debug();
    match why {
        Unreadable::Missing => {
            let message = format!("there is no file `{shown}`");
            Mistake::new(codes::UNREADABLE, at, message)
                .with_label("no such file")
                .with_help("paths are relative to the manifest file in which they stand")
        }
        Unreadable::TooLarge if left < MAX_BYTES => {
            let message = format!(
                "with `{shown}` the files that this manifest names are larger than {} MiB",
                MOST_BYTES >> 20
            );
            Mistake::new(codes::TOO_MUCH, at, message).with_label("too much in all")
        }
        Unreadable::TooLarge => {
            let message = format!("`{shown}` is larger than {} MiB", MAX_BYTES / 1024 / 1024);
            Mistake::new(codes::UNFIT, at, message).with_label("too large")
        }
        Unreadable::Other(reason) => {
            let reason = abide_model::printable_text(reason);
            let message = format!("`{shown}` cannot be read: {reason}");
            Mistake::new(codes::UNREADABLE, at, message)
        }
    }
}

/// Why a path is refused.
#[derive(Debug, PartialEq, Eq)]
enum PathError {
    Empty,
    Tilde,
    Control,
    Absolute,
    Upwards,
}

impl PathError {
    fn finding(&self, at: TextPlace, path: &str) -> Mistake {
        let path = path.escape_debug();
        let outside = |message: String| {
            Mistake::new(codes::OUTSIDE, at, message)
                .with_label("outside")
                .with_help("move the file beside the manifest, or give `--allow-outside`")
        };
        match self {
            Self::Empty => Mistake::new(codes::BAD_VALUE, at, "a path is empty"),
            Self::Tilde => Mistake::new(
                codes::BAD_VALUE,
                at,
                format!("`~` is not expanded in `{path}`"),
            )
            .with_help("write the path relative to the manifest"),
            Self::Control => Mistake::new(
                codes::BAD_VALUE,
                at,
                format!("`{path}` has a control character"),
            ),
            Self::Absolute => outside(format!("`{path}` is not beside the manifest")),
            Self::Upwards => outside(format!("`{path}` leaves the manifest's directory")),
        }
    }
}

/// The path as it is opened, from the directory of the manifest file that names it.
fn resolve(directory: Option<&str>, path: &str, allow_outside: bool) -> Result<String, PathError> {
    if path.is_empty() {
        return Err(PathError::Empty);
    }
    if path.chars().any(char::is_control) {
        return Err(PathError::Control);
    }
    if path == "~" || path.starts_with("~/") {
        return Err(PathError::Tilde);
    }
    if path.starts_with('/') {
        let allowed = allow_outside.then(|| path.to_owned());
        return allowed.ok_or(PathError::Absolute);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_none_or(|last| *last == "..") => {
                if !allow_outside {
                    return Err(PathError::Upwards);
                }
                parts.push("..");
            }
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let below = parts.join("/");
    Ok(match directory {
        None => below,
        Some(directory) => format!("{directory}/{below}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_beside_the_manifest() {
        let inside = |path| resolve(Some("deploy"), path, false);
        assert_eq!(
            inside("units/a.service").as_deref(),
            Ok("deploy/units/a.service")
        );
        assert_eq!(inside("./x/../a").as_deref(), Ok("deploy/a"));
        assert_eq!(resolve(None, "a", false).as_deref(), Ok("a"));
        assert_eq!(resolve(Some(""), "a", false).as_deref(), Ok("/a"));
        assert_eq!(inside("../a"), Err(PathError::Upwards));
        assert_eq!(inside("x/../../a"), Err(PathError::Upwards));
        assert_eq!(inside("/etc/passwd"), Err(PathError::Absolute));
        assert_eq!(inside("~/a"), Err(PathError::Tilde));
        assert_eq!(inside("a\nb"), Err(PathError::Control));
        assert_eq!(inside(""), Err(PathError::Empty));
        let anywhere = |path| resolve(Some("deploy"), path, true);
        assert_eq!(anywhere("../../a").as_deref(), Ok("deploy/../../a"));
        assert_eq!(anywhere("/etc/a").as_deref(), Ok("/etc/a"));
    }
}
