//! Local files that a manifest names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use abide_manifest::{Files, Source, Unreadable};
use abide_model::{FleetHost, HostName};

use crate::args::Common;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::trust;

/// The local disk, as far as a manifest may see it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LocalDisk {
    /// Directories of the manifest's files, links resolved. `None`: it may see everything.
    roots: Option<Vec<PathBuf>>,
}

impl LocalDisk {
    /// What these sources may see.
    pub(crate) fn new(sources: &[Source], allow_outside: bool) -> Self {
        let roots = sources
            .iter()
            .filter_map(|source| directory(&source.name).canonicalize().ok());
        Self {
            roots: (!allow_outside).then(|| roots.collect()),
        }
    }

    /// What a saved plan may see: the directories of the manifest files that it was made from.
    pub(crate) fn for_saved_plan(
        hosts: &BTreeMap<HostName, FleetHost>,
        common: &Common,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let bodies = hosts.values().flat_map(|host| host.desired.all_bodies());
        let files: BTreeSet<&str> = bodies.map(|(_, origin, _)| origin.file.as_str()).collect();
        let paths: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
        let arguments = &common.manifest;
        let allow_outside = arguments.allow_outside
            || arguments.allow_commands
            || trust::are_all_trusted(&paths, environment)?;
        let roots = files
            .iter()
            .filter_map(|file| directory(file).canonicalize().ok());
        Ok(Self {
            roots: (!allow_outside).then(|| roots.collect()),
        })
    }

    /// A path with its links resolved, where that is inside.
    pub(crate) fn real_path(&self, path: &Path) -> Result<PathBuf, Unreadable> {
        let Some(roots) = &self.roots else {
            return Ok(path.to_owned());
        };
        let real = path
            .canonicalize()
            .map_err(|error| unreadable_reason(&error))?;
        if roots.iter().any(|root| real.starts_with(root)) {
            Ok(real)
        } else {
            Err(Unreadable::Other(
                "it is a link out of the manifest's directory; `--allow-outside` allows that"
                    .to_owned(),
            ))
        }
    }
}

impl Files for LocalDisk {
    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, Unreadable> {
        let path = self.real_path(Path::new(path))?;
        let bytes = read(&path, limit).map_err(|error| unreadable_reason(&error))?;
        bytes.ok_or(Unreadable::TooLarge)
    }

    fn absolute_spellings(&self, directory: &str) -> Vec<String> {
        let directory = match directory {
            "" => Path::new("."),
            named => Path::new(named),
        };
        let as_written = std::path::absolute(directory);
        let spellings = [as_written, directory.canonicalize()].into_iter().flatten();
        let text = |path: PathBuf| Some(path.to_str()?.trim_end_matches('/').to_owned());
        spellings.filter_map(text).collect()
    }
}

/// The directory that paths in a manifest file are relative to.
pub(crate) fn directory(file: &str) -> PathBuf {
    match Path::new(file).parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Reads a regular file of at most this many bytes; `None` where it is larger.
pub(crate) fn read(path: &Path, limit: usize) -> io::Result<Option<Vec<u8>>> {
    // A pipe could wait for ever, a device never end.
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    File::open(path)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok((bytes.len() <= limit).then_some(bytes))
}

/// Why a file cannot be read, in the manifest's terms.
pub(crate) fn unreadable_reason(error: &io::Error) -> Unreadable {
    match error.kind() {
        io::ErrorKind::NotFound => Unreadable::Missing,
        _ => Unreadable::Other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_out_of_the_directory_is_refused() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("manifest");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(outer.path().join("key"), "canary").unwrap();
        std::fs::write(inner.join("file"), "fine").unwrap();
        std::os::unix::fs::symlink("../key", inner.join("link")).unwrap();
        std::os::unix::fs::symlink("file", inner.join("alias")).unwrap();
        let source = Source {
            name: inner.join("abide.yaml").display().to_string(),
            text: String::new(),
        };
        let read = |allow: bool, name: &str| {
            let path = inner.join(name).display().to_string();
            LocalDisk::new(std::slice::from_ref(&source), allow).read(&path, 100)
        };
        assert!(matches!(read(false, "link"), Err(Unreadable::Other(_))));
        assert_eq!(read(true, "link"), Ok(b"canary".to_vec()));
        assert_eq!(read(false, "alias"), Ok(b"fine".to_vec()));
        assert_eq!(read(false, "none"), Err(Unreadable::Missing));
        assert!(matches!(read(false, "."), Err(Unreadable::Other(_))));
    }

    #[test]
    fn a_file_beyond_the_limit_is_not_read() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        io::Write::write_all(&mut file, b"12345").unwrap();
        assert_eq!(read(file.path(), 5).unwrap(), Some(b"12345".to_vec()));
        assert_eq!(read(file.path(), 4).unwrap(), None);
    }
}
