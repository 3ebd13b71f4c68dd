//! Resolves secrets on this machine, before planning: once each, within limits, never printed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use abide_manifest::{Files as _, Unreadable, secret_commands};
use abide_model::{Body, Bytes, FleetHost, HostName, SecretCommand, SecretSource};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use crate::environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::{self, Disk, directory};

/// Largest secret, in bytes: as large as any managed file should be.
const LARGEST: u64 = 1 << 20;
/// Largest manifest that a command is looked for in, in bytes.
const LARGEST_MANIFEST: usize = 16 << 20;
/// Time that one command may take: long enough for a key server, and never for ever.
const PATIENCE: Duration = Duration::from_secs(60);
/// How much of what a failed command said on standard error is shown.
const SHOWN: usize = 1000;

/// Where a secret comes from. Commands run in the directory of the manifest file that names them.
type Key = (PathBuf, String);

/// Gives every secret of these hosts its bytes.
pub(crate) async fn resolve(
    hosts: &mut BTreeMap<HostName, FleetHost>,
    disk: &Disk,
) -> Result<(), Failure> {
    let mut known: BTreeMap<Key, Bytes> = BTreeMap::new();
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
                let secret = fetch(source, &place.file, disk).await.map_err(|why| {
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

async fn fetch(source: &SecretSource, manifest: &str, disk: &Disk) -> Result<Bytes, String> {
    let bytes = match source {
        SecretSource::Env(name) => environment::bytes(name)
            .ok_or_else(|| format!("the environment variable {name} is not set"))?,
        SecretSource::File(path) => from_file(Path::new(path), disk).await?,
        SecretSource::Command(command) => {
            let base = directory(manifest);
            match command.argv() {
                Some(argv) => from_command(argv, &base).await?,
                None => from_command(&written(command, manifest, disk)?, &base).await?,
            }
        }
    };
    if bytes.is_empty() {
        // An unset variable or a pipe that broke looks like this; no service wants it.
        return Err("it is empty".to_owned());
    }
    Ok(Bytes::new(bytes))
}

async fn from_file(path: &Path, disk: &Disk) -> Result<Vec<u8>, String> {
    let shown = path.display();
    let read = async {
        let path = disk.real(path).map_err(unreadable)?;
        let file = tokio::fs::File::open(path)
            .await
            .map_err(|error| unreadable(files::unreadable(&error)))?;
        let bytes = bounded(file).await.map_err(|error| error.to_string())?;
        bytes.ok_or_else(|| "it is larger than 1 MiB".to_owned())
    };
    // It may be a pipe that nobody writes to.
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(read) => read.map_err(|why| format!("{shown}: {why}")),
        Err(_elapsed) => Err(format!(
            "{shown} did not end within {} s",
            PATIENCE.as_secs()
        )),
    }
}

/// The command as its manifest has it. A saved plan knows it only by its digest.
fn written(command: &SecretCommand, manifest: &str, disk: &Disk) -> Result<Vec<String>, String> {
    let program = command.program();
    let wrong = |why: String| {
        format!("how `{program}` is run is only in the manifest, {manifest}, and {why}")
    };
    let bytes = disk.read(manifest, LARGEST_MANIFEST);
    let bytes = bytes.map_err(|why| wrong(unreadable(why)))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut commands = secret_commands(&text).into_iter();
    commands
        .find(|argv| command.is(argv))
        .ok_or_else(|| wrong("it is not there as it was planned".to_owned()))
}

fn unreadable(why: Unreadable) -> String {
    match why {
        Unreadable::Missing => "there is no such file".to_owned(),
        Unreadable::TooLarge => "it is too large".to_owned(),
        Unreadable::Other(why) => why,
    }
}

async fn from_command(argv: &[String], base: &Path) -> Result<Vec<u8>, String> {
    let (program, arguments) = argv.split_first().ok_or("its command is empty")?;
    // Only the program is named in errors: an argument may be a secret as well.
    let failed = |why: String| format!("`{program}` {why}");
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(base)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("could not be started: {error}")))?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(failed("has no output".to_owned()));
    };
    let reading = async { tokio::try_join!(bounded(stdout), bounded(stderr), child.wait()) };
    let (stdout, stderr, status) = tokio::time::timeout(PATIENCE, reading)
        .await
        .map_err(|_elapsed| failed(format!("did not end within {} s", PATIENCE.as_secs())))?
        .map_err(|error| failed(format!("could not be read: {error}")))?;
    // First: a program that writes too much is also ended by it.
    let stdout = stdout.ok_or_else(|| failed("wrote more than 1 MiB".to_owned()))?;
    if !status.success() {
        let said = String::from_utf8_lossy(&stderr.unwrap_or_default()).into_owned();
        let said: String = abide_model::printable(said.trim())
            .chars()
            .take(SHOWN)
            .collect();
        return Err(failed(format!("ended with {status}: {said}")));
    }
    Ok(stdout)
}

/// Everything a stream has; `None` where that is too much.
async fn bounded(stream: impl tokio::io::AsyncRead + Unpin) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    stream.take(LARGEST + 1).read_to_end(&mut bytes).await?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= LARGEST);
    Ok(fits.then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn command(script: &str) -> Result<Bytes, String> {
        let argv = ["sh", "-c", script].map(str::to_owned).to_vec();
        fetch(
            &SecretSource::Command(SecretCommand::new(argv)),
            "/abide.yaml",
            &Disk::default(),
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
            .unwrap_err();
        assert!(
            why.contains("`sh` ended with") && why.contains("no key"),
            "{why}"
        );
        assert!(!why.contains("canary"), "{why}");
    }

    #[tokio::test]
    async fn nothing_and_too_much_are_both_refused() {
        assert_eq!(command("true").await.unwrap_err(), "it is empty");
        let why = command("head -c 2000000 /dev/zero").await.unwrap_err();
        assert!(why.contains("1 MiB"), "{why}");
    }

    #[tokio::test]
    async fn an_unset_variable_and_a_missing_file_are_named() {
        let env = fetch(
            &SecretSource::Env("ABIDE_NOT_SET".into()),
            "/abide.yaml",
            &Disk::default(),
        )
        .await;
        assert!(env.unwrap_err().contains("ABIDE_NOT_SET"));
        let file = fetch(
            &SecretSource::File("/no/such".into()),
            "/abide.yaml",
            &Disk::default(),
        )
        .await;
        assert!(file.unwrap_err().contains("/no/such"));
    }
}
