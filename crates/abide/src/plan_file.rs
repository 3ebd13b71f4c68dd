//! Saved plans as files: written whole or not at all, for their owner only; read and believed only as they were made.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use abide_model::{PlanError, SavedPlan, UtcTime};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;

/// How long a plan is valid unless whoever applies it says otherwise.
pub(crate) const VALID: Duration = Duration::from_secs(24 * 60 * 60);
/// How far the clocks of the machines may be apart that make and apply plans.
const SKEW: Duration = Duration::from_secs(5 * 60);
/// Largest plan that is read, in bytes: some ten thousand hosts.
const LARGEST: usize = 512 << 20;
/// Who made and approved a plan may read what is in its files.
const MODE: u32 = 0o600;

/// Fails where no file could be put at this path, before anything is done.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    make_temporary_file(path).map(drop).map_err(|error| {
        Failure::usage_error(format!("{} cannot be written: {error}", path.display()))
    })
}

/// Puts a plan at this path, in the place of whatever file is there.
pub(crate) fn write(path: &Path, plan: &SavedPlan) -> Result<(), Failure> {
    let text = plan
        .text()
        .map_err(|error| Failure::local_error("the plan", error))?;
    let put = || -> io::Result<()> {
        let (mut file, place) = make_temporary_file(path)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(place)?;
        Ok(())
    };
    put().map_err(|error| Failure::local_error(path.display(), error))
}

/// An empty file beside the one to come, and where that goes: a link stays one.
fn make_temporary_file(path: &Path) -> io::Result<(tempfile::NamedTempFile, PathBuf)> {
    let place = match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
        Ok(found) if found.is_file() => path.canonicalize()?,
        Ok(found) if found.is_dir() => return Err(io::Error::other("it is a directory")),
        Ok(_) => return Err(io::Error::other("it is not a regular file")),
    };
    let file = tempfile::Builder::new()
        .prefix(".abide-plan-")
        .permissions(fs::Permissions::from_mode(MODE))
        .tempfile_in(files::directory(&place.to_string_lossy()))?;
    Ok((file, place))
}

/// Reads a plan. What is no plan, or not as it was made, ends with 5.
pub(crate) fn read(path: &Path) -> Result<SavedPlan, Failure> {
    let shown = path.display();
    let bytes = files::read(path, LARGEST)
        .map_err(|error| Failure::usage_error(format!("the plan {shown} cannot be read: {error}")))?
        .ok_or_else(|| refuse(path, "it is larger than 512 MiB"))?;
    let is_manifest = path
        .extension()
        .is_some_and(|end| end == "yaml" || end == "yml");
    if is_manifest {
        return Err(Failure::usage_error(format!(
            "{shown} is no saved plan; a manifest is named with `-f`: `-f {shown}`"
        )));
    }
    SavedPlan::read(&bytes).map_err(|error| {
        let failure = refuse(path, &error.to_string());
        match error {
            PlanError::Version(_) => {
                failure.with_hint("make a new plan with this version of abide")
            }
            PlanError::Other(_) | PlanError::Json(_) => {
                failure.with_hint("`abide plan -o FILE` saves one")
            }
            PlanError::Changed(_) | PlanError::Content(_) => failure.with_hint("make a new plan"),
        }
    })
}

/// Refuses a plan that is too old, or from the future: that would never be too old. `max_age` takes the place of the time
/// that is in the plan, which counts only where it is sooner than every plan's.
pub(crate) fn check_age(
    path: &Path,
    plan: &SavedPlan,
    now: UtcTime,
    max_age: Option<Duration>,
) -> Result<(), Failure> {
    if plan.created_at > now.later_by(SKEW) {
        let why = format!("it was made at {}, which is still to come", plan.created_at);
        return Err(
            refuse(path, &why).with_hint("make a new plan; a clock is wrong, or it was changed")
        );
    }
    let end = max_age.map_or_else(
        || plan.expires_at.min(plan.created_at.later_by(VALID)),
        |age| plan.created_at.later_by(age),
    );
    if now <= end {
        return Ok(());
    }
    let why = format!(
        "it was made at {} and has expired at {end}",
        plan.created_at
    );
    Err(refuse(path, &why).with_hint("make a new plan; `--max-age 3d` takes older ones"))
}

/// A plan that is not carried out, and why: one clause.
pub(crate) fn refuse(path: &Path, why: &str) -> Failure {
    Failure::new(
        Exit::Stale,
        format!("{} is refused, nothing was done: {why}", path.display()),
    )
}
