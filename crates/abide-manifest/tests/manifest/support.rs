//! Loads manifests from memory or from this repository, and writes diagnostics down as a test reads them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use abide_manifest::{Files, LoadOptions, Loaded, Source, Unreadable, load};
use abide_model::{Desired, Diagnostic, HostName};

/// Files in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf(pub(crate) BTreeMap<String, Vec<u8>>);

impl Shelf {
    pub(crate) fn with(mut self, path: &str, text: &str) -> Self {
        self.0.insert(path.to_owned(), text.as_bytes().to_vec());
        self
    }
}

impl Files for Shelf {
    fn read(&self, path: &str, _: usize) -> Result<Vec<u8>, Unreadable> {
        self.0.get(path).cloned().ok_or(Unreadable::Missing)
    }
}

/// Files below a directory of this repository.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Files for Directory {
    fn read(&self, path: &str, _: usize) -> Result<Vec<u8>, Unreadable> {
        std::fs::read(self.0.join(path)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Unreadable::Missing,
            _ => Unreadable::Other(error.to_string()),
        })
    }
}

pub(crate) fn crate_directory() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn repository() -> PathBuf {
    crate_directory().join("../..")
}

/// Loads one manifest without files.
pub(crate) fn load_text(text: &str) -> Loaded {
    load_with(text, &Shelf::default())
}

pub(crate) fn load_with(text: &str, files: &Shelf) -> Loaded {
    let source = Source {
        name: "fleet.yaml".to_owned(),
        text: text.to_owned(),
    };
    load(
        &[source],
        files,
        &LoadOptions {
            allow_commands: true,
            ..LoadOptions::default()
        },
    )
}

/// A manifest that must load without any diagnostic.
pub(crate) fn clean(text: &str) -> abide_model::Fleet {
    let loaded = load_text(text);
    assert!(loaded.diagnostics.is_empty(), "{}", told(&loaded));
    loaded.fleet.expect("a fleet without diagnostics")
}

/// What one host of a clean manifest should be.
pub(crate) fn host(text: &str, name: &str) -> Desired {
    let fleet = clean(text);
    fleet.hosts[&HostName::parse(name).expect("a host name")]
        .desired
        .clone()
}

/// Every diagnostic with what stands at its places.
pub(crate) fn told(loaded: &Loaded) -> String {
    let at = |span: &abide_model::Span| {
        let text = loaded
            .texts
            .get(&span.origin.file)
            .expect("the text of a span");
        let bytes = text
            .get(span.start..span.end)
            .expect("a span on character boundaries");
        format!("{} `{}`", span.origin, bytes.escape_debug())
    };
    let mut lines = Vec::new();
    for diagnostic in &loaded.diagnostics {
        let Diagnostic {
            code,
            span,
            message,
            label,
            also,
            help,
            ..
        } = diagnostic;
        lines.push(format!("{code} {}\n    {message} [{label}]\n", at(span)));
        lines.extend(
            also.iter()
                .map(|(span, label)| format!("    also {} [{label}]\n", at(span))),
        );
        lines.extend(help.iter().map(|help| format!("    help: {help}\n")));
    }
    lines.concat()
}
