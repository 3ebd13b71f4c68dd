//! Where the key for plans comes from: the environment, or a file of this user.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use abide_model::PlanKey;

use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;

/// The variable that holds the key where plans are made and applied on different machines.
pub(crate) const VARIABLE: &str = "ABIDE_PLAN_KEY";
/// Largest key file, in bytes.
const LARGEST: u64 = 4096;

/// The key that is there: the variable's, else that of the file. `None` where there is none.
pub(crate) fn existing_key(environment: &Environment) -> Result<Option<PlanKey>, Failure> {
    if let Some(bytes) = &environment.plan_key {
        return from_bytes(VARIABLE, bytes).map(Some);
    }
    let Some(path) = &environment.plan_key_file else {
        return Ok(None);
    };
    match read(path) {
        Ok(bytes) => from_bytes(&path.display().to_string(), &bytes).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::local_error(path.display(), error)),
    }
}

/// The key that is there, or a new one that this user's next run finds.
pub(crate) fn existing_or_new(environment: &Environment) -> Result<PlanKey, Failure> {
    if let Some(key) = existing_key(environment)? {
        return Ok(key);
    }
    let Some(path) = &environment.plan_key_file else {
        return Err(Failure::new(
            Exit::Failed,
            "the plan has secrets or says how hosts are reached, and there is no key to seal it with",
        )
        .with_hint(format!(
            "set {VARIABLE} (openssl rand -hex 32), or HOME for a file that keeps one"
        )));
    };
    make(path).map_err(|error| Failure::local_error(path.display(), error))?;
    // Two runs at once may have made one each: what the file holds now is it.
    existing_key(environment)?
        .ok_or_else(|| Failure::local_error(path.display(), "it is gone again"))
}

fn from_bytes(from: &str, bytes: &[u8]) -> Result<PlanKey, Failure> {
    PlanKey::new(bytes.trim_ascii()).map_err(|error| {
        Failure::usage_error(format!("{from}: {error}"))
            .with_hint("make one with `openssl rand -hex 32`")
    })
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if found.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::other(
            "others may read it, so it is no secret: `chmod 600` it, or remove it and plan again",
        ));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn make(path: &Path) -> io::Result<()> {
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)?;
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random)?;
    let text = random
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let mut file = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o600))
        .tempfile_in(&folder)?;
    writeln!(file, "{text}")?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(file: Option<PathBuf>, variable: Option<&str>) -> Environment {
        Environment {
            plan_key: variable.map(|text| text.as_bytes().to_vec()),
            plan_key_file: file,
            ..Environment::read()
        }
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_only_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/abide/plan.key");
        let here = environment(Some(path.clone()), None);
        assert!(existing_key(&here).unwrap().is_none());
        let made = existing_or_new(&here).unwrap();
        assert_eq!(existing_or_new(&here).unwrap().id(), made.id());
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let wrong = existing_key(&here).unwrap_err();
        assert!(wrong.message.contains("chmod 600"), "{}", wrong.message);
    }

    #[test]
    fn the_variable_wins_and_a_short_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.key");
        let of_file = existing_or_new(&environment(Some(path.clone()), None)).unwrap();
        let long = "k".repeat(32);
        let of_variable = existing_key(&environment(Some(path.clone()), Some(&long))).unwrap();
        assert_ne!(of_variable.unwrap().id(), of_file.id());
        let short = existing_key(&environment(Some(path), Some("short"))).unwrap_err();
        assert_eq!(short.exit, Exit::Usage);
        assert!(
            short.message.contains("at least 32 bytes"),
            "{}",
            short.message
        );
    }
}
