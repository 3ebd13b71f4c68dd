//! Where in its repository's history a manifest is, as git says.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use abide_model::{SourceRevision, printable_text};
use tokio::process::Command;

/// A repository on a slow disk must not hold up a plan.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest answer that is believed, in bytes.
const LONGEST: usize = 1000;

/// The revision of the directory that a manifest is in; `None` where it is in no repository, or git is not there.
pub(crate) async fn find(folder: &Path) -> Option<SourceRevision> {
    if !is_in_checkout(folder) {
        return None;
    }
    let rev = git_output(folder, &["rev-parse", "--verify", "HEAD"]).await?;
    let changes = git_output(
        folder,
        &[
            "status",
            "--porcelain",
            "--untracked-files=normal",
            "--",
            ".",
        ],
    );
    let repo = git_output(folder, &["config", "--get", "remote.origin.url"]);
    let (changes, repo) = tokio::join!(changes, repo);
    Some(SourceRevision {
        repo: repo.map(|address| without_password(&address)),
        rev,
        dirty: changes.is_none_or(|changes| !changes.is_empty()),
    })
}

/// Whether git would find a checkout from here, and not a bare repository on the way: a branch can hold the files of
/// one, and `safe.bareRepository` came with git 2.38.
fn is_in_checkout(folder: &Path) -> bool {
    let Ok(folder) = directory(folder).canonicalize() else {
        return false;
    };
    let is_bare = |above: &Path| above.join("HEAD").exists() && above.join("objects").exists();
    let mut above = folder.ancestors();
    above
        .find(|above| above.join(".git").exists() || is_bare(above))
        .is_some_and(|found| found.join(".git").exists())
}

/// The working directory has an empty path where it is a manifest's.
fn directory(folder: &Path) -> &Path {
    match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    }
}

async fn git_output(folder: &Path, arguments: &[&str]) -> Option<String> {
    let running = Command::new("git")
        .arg("-C")
        .arg(folder)
        // A repository that somebody has hidden in a checkout has a configuration that runs programs.
        .args([
            "-c",
            "safe.bareRepository=explicit",
            "-c",
            "core.fsmonitor=false",
        ])
        // Looking must not write, and nobody can be asked.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, running).await.ok()?.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let short: String = text.trim().chars().take(LONGEST).collect();
    output.status.success().then(|| printable_text(&short))
}

/// An address without the user and password that it may hold.
fn without_password(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            format!("{scheme}://{host}/{path}")
        }
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn an_address_is_told_without_its_password() {
        for (given, told) in [
            (
                "https://u:canary@git.example.com/a/b.git",
                "https://git.example.com/a/b.git",
            ),
            (
                "https://canary@git.example.com/a@b.git",
                "https://git.example.com/a@b.git",
            ),
            (
                "https://u:can@ary@git.example.com/a",
                "https://git.example.com/a",
            ),
            ("https://git.example.com/a/b", "https://git.example.com/a/b"),
            ("git@git.example.com:a/b.git", "git@git.example.com:a/b.git"),
            ("/srv/git/a", "/srv/git/a"),
        ] {
            assert_eq!(without_password(given), told);
        }
    }
}
