//! Whose manifests may have their say about this machine: a list of directories that its user wrote.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use abide_model::{Body, Fleet, SecretSource, Via};

use crate::environment::Environment;
use crate::failure::Failure;

/// Largest list, in bytes.
const LARGEST: u64 = 1 << 20;
/// What `validate` says about a manifest that needs trust.
pub(crate) const NEEDED: &str = "It runs programs, configures ssh or manages the machine where abide runs: `abide plan` needs \
     `--allow-commands` or `abide trust`.";

/// Whether all of these files, links resolved, are in directories that this user trusts. What comes by standard input
/// is in none.
pub(crate) fn are_all_trusted(
    files: &[PathBuf],
    environment: &Environment,
) -> Result<bool, Failure> {
    let trusted = list(environment)?;
    let is_trusted = |file: &PathBuf| {
        let real = file.canonicalize();
        real.is_ok_and(|real| trusted.iter().any(|directory| real.starts_with(directory)))
    };
    Ok(!trusted.is_empty() && !files.is_empty() && files.iter().all(is_trusted))
}

/// The directories that are trusted.
pub(crate) fn list(environment: &Environment) -> Result<Vec<PathBuf>, Failure> {
    let Some(path) = &environment.trust_file else {
        return Ok(Vec::new());
    };
    match read(path, environment.uid) {
        Ok(text) => Ok(parse_directories(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Failure::local_error(path.display(), error)),
    }
}

/// One directory a line; comments begin with `#`.
fn parse_directories(text: &str) -> Vec<PathBuf> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(PathBuf::from)
        .filter(|directory| directory.is_absolute())
        .collect()
}

fn read(path: &Path, uid: Option<u32>) -> io::Result<String> {
    let found = path.metadata()?;
    if !found.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let owner = found.uid();
    if (owner != 0 && Some(owner) != uid) || found.permissions().mode() & 0o022 != 0 {
        return Err(io::Error::other(
            "others may write it, so it says nothing of what you trust: `chmod 600` it",
        ));
    }
    let mut text = String::new();
    fs::File::open(path)?
        .take(LARGEST)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// Whether a manifest has its say about the machine where abide runs.
pub(crate) fn is_needed(fleet: &Fleet) -> bool {
    let mut hosts = fleet.hosts.values();
    hosts.any(|host| {
        let connection = &host.connection;
        let mut bodies = host.desired.all_bodies();
        connection.ssh_config.is_some()
            || connection.via == Via::Local
            || bodies.any(|(_, _, body)| {
                matches!(
                    body,
                    Body::Secret {
                        source: SecretSource::Command(_),
                        ..
                    }
                )
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(list: &Path) -> Environment {
        Environment {
            trust_file: Some(list.to_owned()),
            ..Environment::read()
        }
    }

    #[test]
    fn what_is_in_a_listed_directory_is_trusted_and_a_link_to_it_is_not_enough() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["ours/below", "theirs"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        for name in [
            "ours/abide.yaml",
            "ours/below/abide.yaml",
            "theirs/abide.yaml",
        ] {
            fs::write(at(name), "").unwrap();
        }
        std::os::unix::fs::symlink("../theirs/abide.yaml", at("ours/link.yaml")).unwrap();
        let ours = at("ours").canonicalize().unwrap();
        fs::write(
            at("trusted"),
            format!("# mine\n{}\nrelative\n", ours.display()),
        )
        .unwrap();
        fs::set_permissions(at("trusted"), fs::Permissions::from_mode(0o600)).unwrap();
        let environment = environment(&at("trusted"));
        let covers = |names: &[&str]| {
            let files: Vec<PathBuf> = names.iter().map(|name| at(name)).collect();
            are_all_trusted(&files, &environment).unwrap()
        };
        assert!(covers(&["ours/abide.yaml", "ours/below/abide.yaml"]));
        assert!(!covers(&["ours/abide.yaml", "theirs/abide.yaml"]));
        assert!(
            !covers(&["ours/link.yaml"]),
            "what is linked to is not ours"
        );
        assert!(!covers(&["ours/../theirs/abide.yaml"]));
        assert!(!covers(&["-"]) && !covers(&[]));
    }

    #[test]
    fn a_list_that_others_may_write_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trusted");
        assert_eq!(list(&environment(&path)).unwrap(), Vec::<PathBuf>::new());
        fs::write(&path, "/\n").unwrap();
        for mode in [0o620, 0o602] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let failure = list(&environment(&path)).unwrap_err();
            assert!(failure.message.contains("chmod 600"), "{}", failure.message);
        }
    }
}
