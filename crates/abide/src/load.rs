//! Reads the manifest's files and loads them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use abide_manifest::{Files, LoadOptions, Loaded, Source, Unreadable};
use abide_model::{Diagnostic, Digest, Fleet};
use abide_report::{Verbosity, text};

use crate::args::{Common, ManifestArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::{Disk, directory, read as read_file};
use crate::ui::Ui;

/// The manifest that is read where none is named.
const DEFAULT: &str = "abide.yaml";
/// Largest manifest file, in bytes: some ten thousand hosts.
const LARGEST: usize = 16 << 20;

/// A manifest's files, as read.
pub(crate) struct Manifest {
    pub(crate) sources: Vec<Source>,
    pub(crate) disk: Disk,
    pub(crate) options: LoadOptions,
}

impl Manifest {
    /// Reads the files that the command line names.
    pub(crate) fn open(arguments: &ManifestArgs) -> Result<Self, Failure> {
        let mut sources = Vec::new();
        for path in paths(&arguments.file)? {
            sources.push(source(&path)?);
        }
        Ok(Self {
            disk: Disk::new(&sources, arguments.allow_outside),
            options: LoadOptions {
                allow_outside: arguments.allow_outside,
            },
            sources,
        })
    }

    /// Loads them.
    pub(crate) fn load(&self) -> Loaded {
        self.load_with(&self.disk)
    }

    fn load_with(&self, files: &dyn Files) -> Loaded {
        abide_manifest::load(&self.sources, files, &self.options)
    }

    /// Loads them, says what is wrong or odd on standard error, and returns the fleet if there is one, with what was odd
    /// and the digest of all that was read.
    pub(crate) fn fleet(&self, ui: &Ui) -> Result<(Fleet, Vec<Diagnostic>, Digest), Failure> {
        let noting = Noting {
            disk: &self.disk,
            read: RefCell::default(),
        };
        let loaded = self.load_with(&noting);
        if loaded.fleet.is_none() || ui.options.verbosity > Verbosity::Silent {
            let said = text::diagnostics(&loaded.diagnostics, &loaded.texts, &ui.options);
            ui.say(&said);
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
    pub(crate) fn folder(&self) -> PathBuf {
        self.sources
            .first()
            .map_or_else(PathBuf::new, |source| directory(&source.name))
    }

    /// Loads the manifest that the command line names.
    pub(crate) fn of(common: &Common) -> Result<Self, Failure> {
        Self::open(&common.manifest)
    }
}

/// The disk, and the digests of what was read from it.
struct Noting<'a> {
    disk: &'a Disk,
    read: RefCell<BTreeSet<Digest>>,
}

impl Files for Noting<'_> {
    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, Unreadable> {
        let bytes = self.disk.read(path, limit)?;
        self.read.borrow_mut().insert(Digest::of(&bytes));
        Ok(bytes)
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
            .hint("write one with `abide init`, or name another with `-f`"));
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
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { name, text }),
        Err(_) => Err(wrong(&"it is not UTF-8")),
    }
}
