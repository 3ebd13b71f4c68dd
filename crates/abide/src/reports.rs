//! `--report KIND=PATH`: where reports go, and that each is there whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use abide_report::{Document, html, junit, markdown, prometheus, sarif};
use clap::{Args, ValueEnum as _};

use crate::failure::Failure;
use crate::files;

/// What programs and other tools get of a run.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reports")]
pub(crate) struct ReportArgs {
    /// Write a report as well: json, md, html, junit, sarif, prom; repeatable, `-` is standard output
    #[arg(long, value_name = "KIND=PATH", value_parser = target)]
    pub(crate) report: Vec<Target>,
}

/// A report that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    kind: ReportKind,
    /// `None`: standard output.
    path: Option<PathBuf>,
}

/// Which report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ReportKind {
    Json,
    Md,
    Html,
    Junit,
    Sarif,
    Prom,
}

/// Why a text is no `KIND=PATH`. `Display` is one clause that says what to write.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum TargetError {
    #[error("write KIND=PATH, say md=plan.md; kinds: {}", kind_names())]
    NoKind,
    #[error("`{kind}` is no kind of report; kinds: {}", kind_names())]
    UnknownKind { kind: String },
    #[error("the path is missing; `-` is standard output")]
    NoPath,
}

/// Reads `KIND=PATH`.
fn target(text: &str) -> Result<Target, TargetError> {
    let (kind, path) = text.split_once('=').ok_or(TargetError::NoKind)?;
    let kind = ReportKind::from_str(kind, false).map_err(|_error| TargetError::UnknownKind {
        kind: kind.to_owned(),
    })?;
    match path {
        "" => Err(TargetError::NoPath),
        "-" => Ok(Target { kind, path: None }),
        path => Ok(Target {
            kind,
            path: Some(PathBuf::from(path)),
        }),
    }
}

fn kind_names() -> String {
    let names = ReportKind::value_variants()
        .iter()
        .filter_map(|kind| Some(kind.to_possible_value()?.get_name().to_owned()));
    names.collect::<Vec<_>>().join(", ")
}

impl ReportArgs {
    /// Whether a report goes to standard output, in the place of the text for people.
    pub(crate) fn is_answer(&self) -> bool {
        self.report.iter().any(|target| target.path.is_none())
    }

    /// Looks whether every report can be written and has a place of its own, before anything is done on a host.
    pub(crate) fn check(&self, events: bool) -> Result<(), Failure> {
        let mut seen: Vec<&Option<PathBuf>> = Vec::new();
        for target in &self.report {
            if seen.contains(&&target.path) {
                let name = target
                    .path
                    .as_deref()
                    .map_or("-".into(), Path::to_string_lossy);
                return Err(Failure::usage_error(format!("two reports go to `{name}`")));
            }
            seen.push(&target.path);
            if let Some(path) = &target.path {
                probe(path).map_err(|error| {
                    Failure::usage_error(format!(
                        "the report {} cannot be written: {error}",
                        path.display()
                    ))
                })?;
            }
        }
        if events && self.is_answer() {
            return Err(
                Failure::usage_error("--json and a report on standard output would mix")
                    .with_hint("give the report a file"),
            );
        }
        Ok(())
    }

    /// Writes every report. Each is tried; the failures come back.
    pub(crate) fn write(&self, document: &Document) -> Vec<Failure> {
        let tried = self.report.iter().filter_map(|target| {
            let path = target.path.as_ref()?;
            let earlier = earlier_content(path);
            let text = target.kind.render(document, earlier.as_deref());
            write_report(path, text.as_bytes()).err()
        });
        tried.collect()
    }

    /// The report that goes to standard output.
    pub(crate) fn report_for_stdout(&self, document: &Document) -> Option<String> {
        let target = self.report.iter().find(|target| target.path.is_none())?;
        Some(target.kind.render(document, None))
    }
}

impl ReportKind {
    /// The report. `earlier` is what the file held before.
    fn render(self, document: &Document, earlier: Option<&str>) -> String {
        match self {
            Self::Json => document.to_json(),
            Self::Md => markdown::render(document),
            Self::Html => html::render(document),
            Self::Junit => junit::render(document),
            Self::Sarif => sarif::render(document),
            Self::Prom => prometheus::render(document, earlier),
        }
    }
}

/// Puts a report at this path, whole or not at all.
pub(crate) fn write_report(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replace(path, bytes)
        .map_err(|error| Failure::local_error(format!("the report {}", path.display()), error))
}

/// Largest earlier report that is read.
const LARGEST: usize = 64 << 20;

/// What a file held, where it can be read.
fn earlier_content(path: &Path) -> Option<String> {
    let bytes = files::read(path, LARGEST).ok()??;
    String::from_utf8(bytes).ok()
}

/// Fails where a file could not be put at this path.
fn probe(path: &Path) -> io::Result<()> {
    match report_place(path)? {
        ReportTarget::Stream(_) => Ok(()),
        ReportTarget::File(path) => make_temporary_file(&path).map(drop),
    }
}

/// Puts a file in the place of the one at this path: a reader finds the old one or the new one, never half of it.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match report_place(path)? {
        ReportTarget::Stream(path) => fs::OpenOptions::new()
            .write(true)
            .open(path)?
            .write_all(bytes),
        ReportTarget::File(path) => {
            let mut file = make_temporary_file(&path)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        }
    }
}

/// Where a report really goes.
enum ReportTarget {
    /// A regular file, there or to come; links resolved, so that a link stays one.
    File(PathBuf),
    /// A pipe or a device, as `>(command)` and /dev/stderr are: nothing can be put in its place.
    Stream(PathBuf),
}

fn report_place(path: &Path) -> io::Result<ReportTarget> {
    match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(ReportTarget::File(path.to_owned()))
        }
        Err(error) => Err(error),
        Ok(found) if found.is_file() => Ok(ReportTarget::File(path.canonicalize()?)),
        Ok(found) if found.is_dir() => Err(io::Error::other("it is a directory")),
        Ok(_) => Ok(ReportTarget::Stream(path.to_owned())),
    }
}

/// An empty file beside the one to come. Its name does not end as a report's does: a collector must not pick it up.
fn make_temporary_file(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".abide-report-")
        .suffix(".tmp")
        // As every program makes files: the umask decides who may read it.
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(files::directory(&path.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_kind_and_a_path() {
        assert_eq!(
            target("json=out/plan.json"),
            Ok(Target {
                kind: ReportKind::Json,
                path: Some("out/plan.json".into())
            })
        );
        assert_eq!(target("json=-").unwrap().path, None);
        for (wrong, says) in [
            ("json", "KIND=PATH"),
            ("pdf=x", "`pdf` is no kind of report; kinds: json"),
            ("json=", "path is missing"),
        ] {
            let said = target(wrong).unwrap_err().to_string();
            assert!(said.contains(says), "{said}");
        }
    }

    #[test]
    fn a_report_takes_the_place_of_the_earlier_one_and_leaves_nothing_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("abide.prom");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        // The umask of the test is its starter's; what its owner may do is in every umask.
        assert_eq!(mode & 0o700, 0o600, "{mode:o}");
    }

    #[test]
    fn a_link_stays_a_link_and_a_pipe_a_pipe() {
        let directory = tempfile::tempdir().unwrap();
        let (real, link) = (directory.path().join("real"), directory.path().join("link"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink("real", &link).unwrap();
        replace(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        replace(Path::new("/dev/null"), b"x").unwrap();
        assert!(!Path::new("/dev/null").metadata().unwrap().is_file());
    }

    #[test]
    fn what_cannot_be_written_is_said_before_anything_is_done() {
        let arguments = |paths: &[&str]| ReportArgs {
            report: paths.iter().map(|path| target(path).unwrap()).collect(),
        };
        let said = |paths: &[&str], events| arguments(paths).check(events).unwrap_err().message;
        assert!(said(&["json=/nowhere/x.json"], false).contains("/nowhere/x.json"));
        assert!(said(&["json=/"], false).contains("directory"));
        assert!(said(&["json=-", "json=-"], false).contains("two reports go to `-`"));
        assert!(said(&["json=-"], true).contains("would mix"));
    }
}
