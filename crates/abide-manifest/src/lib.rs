//! The manifest language: text to one [`Desired`](abide_model::Desired) for each host, or diagnostics that point at
//! the bytes.
//!
//! Pure: files that a manifest names are read through [`Files`], and secrets are named, not looked up. Mistakes of
//! shape (syntax, keys, types) are told before mistakes of meaning are looked for; those are told all at once.
//!
//! ```
//! use abide_manifest::{Files, LoadOptions, Source, Unreadable, load};
//!
//! struct NoFiles;
//! impl Files for NoFiles {
//!     fn read(&self, _: &str, _: usize) -> Result<Vec<u8>, Unreadable> {
//!         Err(Unreadable::Missing)
//!     }
//! }
//!
//! let source = Source {
//!     name: "fleet.yaml".to_owned(),
//!     text: "version: 1\nname: shop\nhosts: {h1: {units: {nginx.service: {state: started}}}}\n".to_owned(),
//! };
//! let loaded = load(&[source], &NoFiles, &LoadOptions::default());
//! assert!(loaded.diagnostics.is_empty());
//! let fleet = loaded.fleet.expect("no errors, so a fleet");
//! assert_eq!(fleet.hosts.len(), 1);
//! ```

mod allowed;
mod budget;
mod check;
mod codes;
mod desired;
mod documents;
mod files;
mod finding;
mod fleet;
mod lint;
mod located;
mod merge;
mod misfit;
mod neighbours;
mod node;
mod parse;
mod precedence;
mod read;
mod resolve;
mod schema;
mod settle;
mod settled;
mod suggest;
mod text;
mod value;
mod vars;
mod wording;
mod work;
mod yaml;

use std::collections::BTreeMap;

use abide_model::{Diagnostic, Fleet, HostName};

pub use codes::{codes, explain};
pub use parse::secret_commands;
pub use resolve::Resolved;
pub use schema::json::manifest_schema;

use crate::budget::Budget;
use crate::files::Library;
use crate::finding::Findings;
use crate::merge::WholeManifest;
use crate::text::ManifestTexts;
use crate::work::Work;

/// One manifest file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name: a path as it was given, `-` for standard input. Paths in it are relative to its directory.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// How the files that a manifest names are read.
pub trait Files {
    /// Reads a file.
    ///
    /// `path` is the path as the manifest has it, behind the directory of the manifest file that names it, so it is
    /// relative to whatever the names of the sources are relative to. More than `limit` bytes need not be read:
    /// [`Unreadable::TooLarge`]. Links that lead out of the manifest's directory are the caller's to refuse.
    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, Unreadable>;

    /// The absolute spellings of a manifest file's directory, `""` for that where abide runs: an absolute path below one
    /// of them is beside the manifest. None where the manifest has no directory.
    fn absolute_spellings(&self, _directory: &str) -> Vec<String> {
        Vec::new()
    }
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not there.
    Missing,
    /// It is larger than the limit.
    TooLarge,
    /// Anything else, in the operating system's words.
    Other(String),
}

/// What a caller may allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoadOptions {
    /// Paths may leave the manifest's directory.
    pub allow_outside: bool,
    /// The manifest may have its say about the machine on which abide runs: run programs there for secrets, configure
    /// ssh, and manage it (`via: local`).
    pub allow_commands: bool,
    /// What hosts should be is not kept, but where it has a secret's command: the manifest is only checked, however large
    /// its fleet is.
    pub only_check: bool,
}

/// What came of loading a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a manifest that does not load says why in its diagnostics"]
pub struct Loaded {
    /// The fleet; `None` where any diagnostic is an error.
    pub fleet: Option<Fleet>,
    /// What is wrong or odd, in the order of the places.
    pub diagnostics: Vec<Diagnostic>,
    /// Every text that a diagnostic may point into, by its name.
    pub texts: BTreeMap<String, String>,
}

/// Loads a manifest of one or several files, which come in the order in which they were given.
///
/// Paths of secrets ([`SecretSource::File`](abide_model::SecretSource)) and of `ssh_config` come out as [`Files`] gets
/// its paths: behind the directory of the manifest file that names them.
pub fn load(sources: &[Source], files: &dyn Files, options: &LoadOptions) -> Loaded {
    let (mut work, whole) = begin(sources, files, options);
    let fleet = whole.and_then(|whole| {
        let fleet = fleet::fleet(&whole, options.only_check, &mut work);
        let allowed = allowed::allowed_codes(&whole, &mut work.findings);
        work.findings.leave_out(&allowed);
        fleet.filter(|_| !work.findings.has_errors())
    });
    Loaded {
        fleet,
        diagnostics: work.findings.into_diagnostics(&work.texts),
        texts: work.texts.into_map(),
    }
}

/// What a host comes to, value by value, each with where it comes from. Empty for a host that is not there and for a
/// manifest with mistakes of shape.
pub fn resolve(
    sources: &[Source],
    files: &dyn Files,
    options: &LoadOptions,
    host: &HostName,
) -> Vec<Resolved> {
    let (mut work, whole) = begin(sources, files, options);
    let Some(whole) = whole else {
        return Vec::new();
    };
    let settled = fleet::settled_host(&whole, host, &mut work);
    settled.map_or(Vec::new(), |settled| resolve::list(&settled, &work.texts))
}

/// Reads the shape; `None` where there are mistakes in it.
fn begin<'a>(
    sources: &[Source],
    files: &'a dyn Files,
    options: &'a LoadOptions,
) -> (Work<'a>, Option<WholeManifest>) {
    let mut texts = ManifestTexts::default();
    let mut findings = Findings::default();
    let manifests = parse::parse(sources, &mut texts, &mut findings);
    let well_formed = !findings.has_errors();
    let whole = merge::merge(manifests, &mut findings).filter(|_| well_formed);
    let work = Work {
        texts,
        findings,
        library: Library::new(files, options),
        allow_commands: options.allow_commands,
        written: BTreeMap::new(),
        budget: Budget::default(),
    };
    (work, whole)
}
