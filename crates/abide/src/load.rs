//! Reads the manifest's files and loads them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use abide_manifest::{Files, LoadOptions, Loaded, Source, Unreadable};
use abide_model::{Diagnostic, Digest, Fleet};
use abide_report::text;

use crate::args::{Common, ManifestArgs};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::{LocalDisk, directory, read as read_file};
use crate::trust;
use crate::ui::Ui;

/// The manifest that is read where none is named.
const DEFAULT: &str = "abide.yaml";
/// Largest manifest file, in bytes: some ten thousand hosts.
const LARGEST: usize = 16 << 20;

/// A manifest's files, as read.
pub(crate) struct LoadedManifest {
    pub(crate) sources: Vec<Source>,
    pub(crate) disk: LocalDisk,
    pub(crate) options: LoadOptions,
    /// Whether it may have its say about this machine.
    pub(crate) is_trusted: bool,
}

impl LoadedManifest {
    /// The manifest that the command line names, to look at: nothing that it names is run, no host is asked.
    pub(crate) fn to_look(common: &Common, environment: &Environment) -> Result<Self, Failure> {
        let mut manifest = Self::open(&common.manifest, environment)?;
        manifest.options.allow_commands = true;
        Ok(manifest)
    }

    /// The same, to have its secrets looked up and its hosts asked.
    pub(crate) fn to_contact(common: &Common, environment: &Environment) -> Result<Self, Failure> {
        Self::open(&common.manifest, environment)
    }

    /// Reads the files that the command line names.
    fn open(arguments: &ManifestArgs, environment: &Environment) -> Result<Self, Failure> {
        let paths = paths(&arguments.file)?;
        let is_trusted = arguments.allow_commands || trust::are_all_trusted(&paths, environment)?;
        let allow_outside = arguments.allow_outside || is_trusted;
        let mut sources = Vec::new();
        for path in paths {
            if !allow_outside {
                check_link(&path)?;
            }
            sources.push(source(&path)?);
        }
        Ok(Self {
            disk: LocalDisk::new(&sources, allow_outside),
            options: LoadOptions {
                allow_outside,
                allow_commands: is_trusted,
                only_check: false,
            },
            sources,
            is_trusted,
        })
    }

    /// Loads them.
    pub(crate) fn load(&self) -> Loaded {
        self.load_with(&self.disk)
    }

    fn load_with(&self, files: &dyn Files) -> Loaded {
        abide_manifest::load(&self.sources, files, &self.options)
    }

    /// Loads them, says what is wrong on standard error, and returns the fleet if there is one, with what was odd and the
    /// digest of all that was read.
    pub(crate) fn fleet(
        &self,
        ui: &Ui,
        warnings: Warnings,
    ) -> Result<(Fleet, Vec<Diagnostic>, Digest), Failure> {
        let noting = Noting {
            disk: &self.disk,
            read: RefCell::default(),
        };
        let loaded = self.load_with(&noting);
        if loaded.fleet.is_none() {
            ui.print_to_stderr(&text::diagnostics(
                &loaded.diagnostics,
                &loaded.texts,
                &ui.options,
            ));
        } else if warnings == Warnings::Counted
            && let Some(counted) = warning_count_line(&loaded.diagnostics)
        {
            ui.print_message(&counted);
        }
        match loaded.fleet {
            Some(fleet) => Ok((fleet, loaded.diagnostics, self.digest(&noting))),
            None => Err(Failure::manifest(loaded.diagnostics)),
        }
    }

    /// The same wherever the manifest is: it covers what was read, and not where that is.
    fn digest(&self, noting: &Noting<'_>) -> Digest {
        let texts = self.sources.iter().map(|source| source.text.clone());
        let read = noting.read.borrow();
        let parts: Vec<String> = texts.chain(read.iter().map(ToString::to_string)).collect();
        Digest::of_parts(parts.iter().map(String::as_bytes))
    }

    /// The directory of its first file.
    pub(crate) fn directory_of_first_file(&self) -> PathBuf {
        self.sources
            .first()
            .map_or_else(PathBuf::new, |source| directory(&source.name))
    }
}

/// What a command says of what is odd in a manifest. `abide validate` shows all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Warnings {
    /// How many there are, in a line: somebody looks at a change.
    Counted,
    /// Nothing: somebody looks at hosts, perhaps every hour.
    Unsaid,
}

/// `2 warnings about the manifest (W0601, W0604): abide validate shows them`
fn warning_count_line(diagnostics: &[Diagnostic]) -> Option<String> {
    let codes: BTreeSet<String> = diagnostics.iter().map(|one| one.code.to_string()).collect();
    let codes: Vec<String> = codes.into_iter().collect();
    let (plural, them) = match diagnostics.len() {
        0 => return None,
        1 => ("", "it"),
        _ => ("s", "them"),
    };
    Some(format!(
        "{} warning{plural} about the manifest ({}): `abide validate` shows {them}",
        diagnostics.len(),
        codes.join(", ")
    ))
}

/// The disk, and the digests of what was read from it.
struct Noting<'a> {
    disk: &'a LocalDisk,
    read: RefCell<BTreeSet<Digest>>,
}

impl Files for Noting<'_> {
    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, Unreadable> {
        let bytes = self.disk.read(path, limit)?;
        self.read.borrow_mut().insert(Digest::of_bytes(&bytes));
        Ok(bytes)
    }

    fn absolute_spellings(&self, directory: &str) -> Vec<String> {
        self.disk.absolute_spellings(directory)
    }
}

/// The files: those that are named, and every `*.yaml` of directories that are named, in order of their names.
fn paths(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if named.is_empty() {
        let default = PathBuf::from(DEFAULT);
        if !default.exists() {
            return Err(Failure::new(
                Exit::Manifest,
                format!("there is no {DEFAULT} in this directory"),
            )
            .with_hint("write one with `abide init`, or name another with `-f`"));
        }
        return Ok(vec![default]);
    }
    let mut paths = Vec::new();
    for path in named {
        if path.is_dir() {
            paths.extend(in_directory(path)?);
        } else {
            paths.push(path.clone());
        }
    }
    Ok(paths)
}

fn in_directory(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let shown = directory.display();
    let wrong = |error: std::io::Error| Failure::new(Exit::Manifest, format!("{shown}: {error}"));
    let mut found = Vec::new();
    for entry in directory.read_dir().map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        let is_yaml = path
            .extension()
            .is_some_and(|end| end == "yaml" || end == "yml");
        if is_yaml && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Failure::new(
            Exit::Manifest,
            format!("there is no *.yaml file in {shown}"),
        ));
    }
    Ok(found)
}

/// A manifest file may be a link to another file of its checkout, not to any file that whoever runs abide may read: the
/// first mistake in that would be printed. The checkout is at least the working directory, where the path is below it.
fn check_link(path: &Path) -> Result<(), Failure> {
    let named = path.display().to_string();
    let is_below =
        path.is_relative() && !path.components().any(|part| part == Component::ParentDir);
    let root = match is_below {
        true => PathBuf::from("."),
        false => directory(&named),
    };
    let (Ok(real), Ok(root)) = (path.canonicalize(), root.canonicalize()) else {
        // It is not there, or is standard input: whoever reads it says so.
        return Ok(());
    };
    if real.starts_with(root) {
        return Ok(());
    }
    let message = format!("{named}: it is a link that leads out of its directory");
    Err(Failure::new(Exit::Manifest, message)
        .with_hint("name the file itself, or give `--allow-outside`"))
}

fn source(path: &Path) -> Result<Source, Failure> {
    let name = path.display().to_string();
    let wrong =
        |why: &dyn std::fmt::Display| Failure::new(Exit::Manifest, format!("{name}: {why}"));
    let bytes = if name == "-" {
        let mut bytes = Vec::new();
        let most = u64::try_from(LARGEST).unwrap_or(u64::MAX);
        let read = std::io::stdin().take(most + 1).read_to_end(&mut bytes);
        read.map(|_| (bytes.len() <= LARGEST).then_some(bytes))
    } else {
        read_file(path, LARGEST)
    };
    let bytes = bytes.map_err(|error| wrong(&error))?;
    let bytes = bytes.ok_or_else(|| wrong(&"it is larger than 16 MiB"))?;
    tracing::debug!(%name, bytes = bytes.len(), "read a manifest file");
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { name, text }),
        Err(_) => Err(wrong(&"it is not UTF-8")),
    }
}
