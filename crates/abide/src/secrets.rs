//! Resolves secrets on this machine, before planning: once each, within limits, never printed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use abide_manifest::{Files as _, Unreadable, secret_commands};
use abide_model::{Body, Bytes, FleetHost, HostName, SecretCommand, SecretSource};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use crate::environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::{self, LocalDisk, directory};

/// Largest secret, in bytes: as large as any managed file should be.
const LARGEST: u64 = 1 << 20;
/// Largest manifest that a command is looked for in, in bytes.
const LARGEST_MANIFEST: usize = 16 << 20;
/// Time that one command may take: long enough for a key server, and never for ever.
const PATIENCE: Duration = Duration::from_secs(60);
/// How much of what a failed command said on standard error is shown.
const SHOWN: usize = 1000;

/// Where a secret comes from. Commands run in the directory of the manifest file that names them.
type SecretKey = (PathBuf, String);

/// Gives every secret of these hosts its bytes.
pub(crate) async fn resolve(
    hosts: &mut BTreeMap<HostName, FleetHost>,
    disk: &LocalDisk,
) -> Result<(), Failure> {
    let mut known: BTreeMap<SecretKey, Bytes> = BTreeMap::new();
    for host in hosts.values_mut() {
        for (place, body) in host.desired.bodies_mut() {
            let Body::Secret { source, bytes } = body else {
                continue;
            };
            let base = directory(&place.file);
            let key = (base.clone(), format!("{source:?}"));
            let secret = if let Some(secret) = known.get(&key) {
                secret.clone()
            } else {
                // Neither its bytes nor how many they are, nor the arguments of a command.
                tracing::debug!(kind = kind(source), %place, "looking up a secret");
                let secret = fetch_secret(source, &place.file, disk)
                    .await
                    .map_err(|why| {
                        Failure::new(
                            Exit::Failed,
                            format!("the secret at {place} is not to be had: {why}"),
                        )
                    })?;
                known.entry(key).or_insert(secret).clone()
            };
            *bytes = Some(secret);
        }
    }
    Ok(())
}

fn kind(source: &SecretSource) -> &'static str {
    match source {
        SecretSource::Env(_) => "environment",
        SecretSource::File(_) => "file",
        SecretSource::Command(_) => "command",
    }
}

/// Why a secret is not to be had. `Display` is one clause; no secret is in it, nor an argument of a command.
#[derive(Debug, thiserror::Error)]
enum SecretError {
    #[error("the environment variable {0} is not set")]
    Unset(String),
    // An unset variable or a pipe that broke looks like this; no service wants it.
    #[error("it is empty")]
    Empty,
    #[error("{}: {why}", path.display())]
    File { path: PathBuf, why: FileError },
    /// A saved plan knows a command only by its digest.
    #[error("how `{program}` is run is only in the manifest, {manifest}, and {why}")]
    Planned {
        program: String,
        manifest: String,
        why: FileError,
    },
    #[error("its command is empty")]
    NoCommand,
    #[error("`{program}` {why}")]
    Command { program: String, why: CommandError },
}

/// Why a file is not to be had.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("there is no such file")]
    Missing,
    #[error("it is too large")]
    TooLarge,
    #[error("it is larger than 1 MiB")]
    TooLargeASecret,
    #[error("it did not end within {} s", PATIENCE.as_secs())]
    TooSlow,
    #[error("it is not there as it was planned")]
    Changed,
    #[error("{0}")]
    Other(String),
    #[error("{0}")]
    Read(#[from] std::io::Error),
}

impl From<Unreadable> for FileError {
    fn from(why: Unreadable) -> Self {
        match why {
            Unreadable::Missing => Self::Missing,
            Unreadable::TooLarge => Self::TooLarge,
            Unreadable::Other(why) => Self::Other(why),
        }
    }
}

/// Why a command gave no secret.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error("could not be started: {0}")]
    NotStarted(std::io::Error),
    #[error("has no output")]
    NoOutput,
    #[error("did not end within {} s", PATIENCE.as_secs())]
    TooSlow,
    #[error("could not be read: {0}")]
    Unread(std::io::Error),
    #[error("wrote more than 1 MiB")]
    TooMuch,
    #[error("ended with {status}: {said}")]
    Failed { status: ExitStatus, said: String },
}

async fn fetch_secret(
    source: &SecretSource,
    manifest: &str,
    disk: &LocalDisk,
) -> Result<Bytes, SecretError> {
    let bytes = match source {
        SecretSource::Env(name) => {
            environment::bytes(name).ok_or_else(|| SecretError::Unset(name.clone()))?
        }
        SecretSource::File(path) => from_file(Path::new(path), disk).await?,
        SecretSource::Command(command) => {
            let base = directory(manifest);
            match command.program_and_arguments() {
                Some(argv) => from_command(argv, &base).await?,
                None => from_command(&planned_command(command, manifest, disk)?, &base).await?,
            }
        }
    };
    match bytes.is_empty() {
        true => Err(SecretError::Empty),
        false => Ok(Bytes::new(bytes)),
    }
}

async fn from_file(path: &Path, disk: &LocalDisk) -> Result<Vec<u8>, SecretError> {
    let read = async {
        let real = disk.real_path(path)?;
        let file = tokio::fs::File::open(real)
            .await
            .map_err(|error| files::unreadable_reason(&error))?;
        read_limited(file).await?.ok_or(FileError::TooLargeASecret)
    };
    // It may be a pipe that nobody writes to.
    let read = tokio::time::timeout(PATIENCE, read).await;
    read.unwrap_or(Err(FileError::TooSlow))
        .map_err(|why| SecretError::File {
            path: path.to_owned(),
            why,
        })
}

/// The command as its manifest has it.
fn planned_command(
    command: &SecretCommand,
    manifest: &str,
    disk: &LocalDisk,
) -> Result<Vec<String>, SecretError> {
    let wrong = |why: FileError| SecretError::Planned {
        program: command.program().to_owned(),
        manifest: manifest.to_owned(),
        why,
    };
    let bytes = disk.read(manifest, LARGEST_MANIFEST);
    let bytes = bytes.map_err(|why| wrong(why.into()))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut commands = secret_commands(&text).into_iter();
    commands
        .find(|argv| command.is_same_command(argv))
        .ok_or_else(|| wrong(FileError::Changed))
}

async fn from_command(argv: &[String], base: &Path) -> Result<Vec<u8>, SecretError> {
    let (program, arguments) = argv.split_first().ok_or(SecretError::NoCommand)?;
    command_output(program, arguments, base)
        .await
        // Only the program is named in errors: an argument may be a secret as well.
        .map_err(|why| SecretError::Command {
            program: program.clone(),
            why,
        })
}

async fn command_output(
    program: &str,
    arguments: &[String],
    base: &Path,
) -> Result<Vec<u8>, CommandError> {
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(base)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(CommandError::NotStarted)?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(CommandError::NoOutput);
    };
    let reading =
        async { tokio::try_join!(read_limited(stdout), read_limited(stderr), child.wait()) };
    let (stdout, stderr, status) = tokio::time::timeout(PATIENCE, reading)
        .await
        .map_err(|_elapsed| CommandError::TooSlow)?
        .map_err(CommandError::Unread)?;
    // First: a program that writes too much is also ended by it.
    let stdout = stdout.ok_or(CommandError::TooMuch)?;
    if !status.success() {
        let said = String::from_utf8_lossy(&stderr.unwrap_or_default()).into_owned();
        let said = abide_model::printable_text(said.trim())
            .chars()
            .take(SHOWN)
            .collect();
        return Err(CommandError::Failed { status, said });
    }
    Ok(stdout)
}

/// Everything a stream has; `None` where that is too much.
async fn read_limited(
    stream: impl tokio::io::AsyncRead + Unpin,
) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    stream.take(LARGEST + 1).read_to_end(&mut bytes).await?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= LARGEST);
    Ok(fits.then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn command(script: &str) -> Result<Bytes, SecretError> {
        let argv = ["sh", "-c", script].map(str::to_owned).to_vec();
        fetch_secret(
            &SecretSource::Command(SecretCommand::new(argv)),
            "/abide.yaml",
            &LocalDisk::default(),
        )
        .await
    }

    #[tokio::test]
    async fn a_command_gives_its_bytes_as_they_are() {
        assert_eq!(
            command("printf 'a\\n\\377'").await.unwrap(),
            Bytes::new(b"a\n\xff".to_vec())
        );
    }

    #[tokio::test]
    async fn a_command_that_fails_is_named_with_its_last_words_and_not_its_arguments() {
        let why = command("echo canary; echo no key >&2; exit 3")
            .await
            .unwrap_err()
            .to_string();
        assert!(
            why.contains("`sh` ended with") && why.contains("no key"),
            "{why}"
        );
        assert!(!why.contains("canary"), "{why}");
    }

    #[tokio::test]
    async fn nothing_and_too_much_are_both_refused() {
        assert!(matches!(command("true").await, Err(SecretError::Empty)));
        let why = command("head -c 2000000 /dev/zero")
            .await
            .unwrap_err()
            .to_string();
        assert!(why.contains("1 MiB"), "{why}");
    }

    #[tokio::test]
    async fn an_unset_variable_and_a_missing_file_are_named() {
        let env = fetch_secret(
            &SecretSource::Env("ABIDE_NOT_SET".into()),
            "/abide.yaml",
            &LocalDisk::default(),
        )
        .await;
        assert!(env.unwrap_err().to_string().contains("ABIDE_NOT_SET"));
        let file = fetch_secret(
            &SecretSource::File("/no/such".into()),
            "/abide.yaml",
            &LocalDisk::default(),
        )
        .await;
        assert!(file.unwrap_err().to_string().contains("/no/such"));
    }
}
