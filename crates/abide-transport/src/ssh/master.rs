//! Starts the ssh master: its options, its private directory, its patience.

use std::ffi::OsString;
use std::fs::{DirEntry, File, Permissions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;

use crate::connect_error::ConnectError;
use crate::settings::{Route, Settings};

/// Name of the socket in the directory; the `openssh` crate expects this one.
pub(super) const SOCKET: &str = "master";
/// Name of the file in the directory that gets what ssh, and everything it starts, says.
pub(super) const LOG: &str = "log";

/// Longest base directory: `sun_path` has 104 bytes on the narrowest systems, and below the base come
/// `/abide-XXXXXX/master` and, while the socket is made, a dot with 16 more characters and a NUL.
const LONGEST_BASE: usize = 104 - "/abide-XXXXXX/master".len() - 18;

/// Time for logging in, beyond reaching the host and exchanging keys, which ssh limits itself (`ConnectTimeout`): an
/// agent that asks, a directory service that is slow.
const LOGIN_ALLOWANCE: Duration = Duration::from_secs(20);

/// A silent host is given up after 15 s: `ServerAliveInterval` × `ServerAliveCountMax`.
const ALIVE: [&str; 2] = ["ServerAliveInterval=5", "ServerAliveCountMax=3"];

/// How ssh names the other end of a connection that it did not make itself but got from `ProxyJump` or `ProxyCommand`.
const PROXIED: &[u8] = b"UNKNOWN port";

/// So much of what ssh said is read, from its end.
const LONGEST_LOG: u64 = 256 * 1024;

/// How long the master waits, in seconds, once nobody is connected to its socket. It covers the moment until we are, and
/// is what remains of a connection when this process is killed.
const PERSIST: &str = "ControlPersist=10";

/// A directory without a master's socket is left over after this: a login never takes so long.
const LEFT_AFTER: Duration = Duration::from_secs(3600);

/// Starts a master and returns its directory once it is logged in.
pub(super) async fn start(settings: &Settings) -> Result<TempDir, ConnectError> {
    let directory =
        private_directory(settings.runtime_dir.as_deref()).map_err(ConnectError::Directory)?;
    let log = directory.path().join(LOG);
    let mut arguments = connection_options(settings);
    arguments.extend(master_options(directory.path()));
    arguments.extend(destination_arguments(settings));
    if log_in(arguments, &log, settings).await? {
        return Ok(directory);
    }
    let mut said = read_log(&log).map_err(ConnectError::Directory)?;
    if said.windows(PROXIED.len()).any(|bytes| bytes == PROXIED) {
        // With `ControlPersist`, ssh sends what a jump host or `ProxyCommand` says to /dev/null. Without it, once more.
        let mut arguments = connection_options(settings);
        arguments.extend(destination_arguments(settings));
        arguments.push("true".into());
        log_in(arguments, &log, settings).await?;
        said = read_log(&log).map_err(ConnectError::Directory)?;
    }
    Err(ConnectError::read(&said).with_login(by_hand(settings)))
}

/// The end of what ssh said: a host may send banners without end.
pub(super) fn read_log(log: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST_LOG)))?;
    let mut said = Vec::new();
    file.take(LONGEST_LOG).read_to_end(&mut said)?;
    Ok(said)
}

/// Runs ssh until it has logged in and gone to the background, or has failed. What it says goes to the end of `log`.
async fn log_in(
    arguments: Vec<OsString>,
    log: &Path,
    settings: &Settings,
) -> Result<bool, ConnectError> {
    let stderr = File::options()
        .create(true)
        .append(true)
        .open(log)
        .map_err(ConnectError::Directory)?;
    let mut ssh = Command::new("ssh")
        .args(arguments)
        // ssh's own messages are English; what the C library adds to them is not otherwise.
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr)
        // Away from Ctrl-C in the terminal, which is ours to handle; and gone with us while it logs in.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(ConnectError::from_spawn)?;
    let patience = settings.connect_timeout + LOGIN_ALLOWANCE;
    match tokio::time::timeout(patience, ssh.wait()).await {
        Ok(Ok(status)) => Ok(status.success()),
        Ok(Err(error)) => Err(ConnectError::SshNotStarted(error)),
        Err(_elapsed) => Err(ConnectError::LoginTimedOut { after: patience }),
    }
}

/// A directory for the socket that only this user may enter.
fn private_directory(runtime: Option<&Path>) -> io::Result<TempDir> {
    let fits =
        |base: &&Path| base.is_absolute() && base.as_os_str().as_bytes().len() <= LONGEST_BASE;
    let in_base = |base: &Path| {
        tempfile::Builder::new()
            .prefix("abide-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(base)
    };
    match runtime.filter(fits).map(in_base) {
        Some(Ok(directory)) => Ok(directory),
        // A runtime directory that is named and not there is common after `su`.
        Some(Err(_)) | None => in_base(Path::new("/tmp")),
    }
    .inspect(sweep)
}

/// Takes away what runs that were killed left beside a new directory: those of the same user that no master uses and
/// that are older than any login takes. What cannot be removed stays; it is nobody's trouble but the disk's.
fn sweep(new: &TempDir) {
    let beside = new.path().parent().and_then(|base| base.read_dir().ok());
    let Ok(own) = new.path().metadata() else {
        return;
    };
    let is_left = |entry: &DirEntry| {
        let name = entry.file_name();
        let named = name.as_bytes().starts_with(b"abide-") && name.len() == "abide-XXXXXX".len();
        // Not through a link.
        let found = entry
            .metadata()
            .ok()
            .filter(|found| named && found.is_dir());
        found.is_some_and(|found| {
            let age = found.modified().ok().and_then(|at| at.elapsed().ok());
            found.uid() == own.uid()
                && age.is_some_and(|age| age > LEFT_AFTER)
                && !entry.path().join(SOCKET).exists()
        })
    };
    for left in beside.into_iter().flatten().flatten().filter(is_left) {
        let path = left.path();
        if std::fs::remove_file(path.join(LOG)).is_ok() || path.is_dir() {
            std::fs::remove_dir(&path).unwrap_or_default();
        }
    }
}

/// Everything that `ssh_config(5)` can say stays there, `StrictHostKeyChecking` among it, but what abide depends on: it never
/// prompts (so an unknown key is refused where the configuration does not say `accept-new` or `no`), opens no forwardings,
/// notices a dead host, and says why it failed.
fn connection_options(settings: &Settings) -> Vec<OsString> {
    let Route::Ssh {
        port,
        user,
        config_file,
        ..
    } = &settings.route
    else {
        return Vec::new();
    };
    let mut arguments: Vec<OsString> = vec!["-T".into()];
    if let Some(file) = config_file {
        arguments.extend(["-F".into(), file.into()]);
    }
    if let Some(port) = port {
        arguments.extend(["-p".into(), port.to_string().into()]);
    }
    if let Some(user) = user {
        arguments.extend(["-l".into(), user.into()]);
    }
    let options = ["BatchMode=yes", "ClearAllForwardings=yes", "LogLevel=INFO"];
    for option in options.into_iter().chain(ALIVE) {
        arguments.extend(["-o".into(), option.into()]);
    }
    // 0 would mean no limit.
    let seconds = settings.connect_timeout.as_secs().max(1);
    arguments.extend(["-o".into(), format!("ConnectTimeout={seconds}").into()]);
    arguments
}

/// The same login as a person types it.
fn by_hand(settings: &Settings) -> String {
    let Route::Ssh {
        destination,
        port,
        user,
        config_file,
    } = &settings.route
    else {
        return String::new();
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./@:%+=,".contains(c);
    let word = |word: &str| match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    };
    let file = config_file
        .as_ref()
        .map(|file| format!(" -F {}", word(&file.display().to_string())));
    let port = port.map(|port| format!(" -p {port}"));
    let user = user.as_ref().map(|user| format!(" -l {}", word(user)));
    let options: Vec<String> = [file, port, user].into_iter().flatten().collect();
    format!("ssh{} {}", options.concat(), word(destination))
}

fn master_options(directory: &Path) -> Vec<OsString> {
    vec![
        "-M".into(),
        "-N".into(),
        "-f".into(),
        "-S".into(),
        directory.join(SOCKET).into(),
        "-E".into(),
        directory.join(LOG).into(),
        "-o".into(),
        PERSIST.into(),
    ]
}

fn destination_arguments(settings: &Settings) -> Vec<OsString> {
    match &settings.route {
        Route::Local => Vec::new(),
        // Behind `--`: it is never taken for an option.
        Route::Ssh { destination, .. } => vec!["--".into(), destination.into()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_runtime_directory_is_not_used_for_sockets() {
        let long = std::env::temp_dir().join("x".repeat(80));
        std::fs::create_dir_all(&long).unwrap();
        let directory = private_directory(Some(&long)).unwrap();
        std::fs::remove_dir(&long).unwrap();
        assert!(directory.path().starts_with("/tmp"), "{directory:?}");
        let socket = directory.path().join(SOCKET);
        assert!(socket.as_os_str().len() + 18 <= 104);
    }

    #[test]
    fn the_directory_of_sockets_is_private() {
        let directory = private_directory(None).unwrap();
        let mode = directory.path().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o700);
    }

    #[test]
    fn what_a_killed_run_left_behind_is_swept_away_and_nothing_else() {
        let base = tempfile::tempdir().unwrap();
        let make = |name: &str, file: &str, old: bool| {
            let path = base.path().join(name);
            std::fs::create_dir(&path).unwrap();
            std::fs::write(path.join(file), "").unwrap();
            if old {
                let directory = File::open(&path).unwrap();
                let now = directory.metadata().unwrap().modified().unwrap();
                directory.set_modified(now - 2 * LEFT_AFTER).unwrap();
            }
        };
        make("abide-killed", LOG, true);
        make("abide-recent", LOG, false);
        make("abide-in-use", SOCKET, true);
        make("abide-others", "notes", true);
        make("else-XXXXXXX", LOG, true);
        let _new = private_directory(Some(base.path())).unwrap();
        let left = |name: &str| base.path().join(name).exists();
        assert!(!left("abide-killed"));
        for kept in [
            "abide-recent",
            "abide-in-use",
            "abide-others",
            "else-XXXXXXX",
        ] {
            assert!(left(kept), "{kept}");
        }
    }

    #[test]
    fn a_login_by_hand_is_the_same_login() {
        let mut route = Route::Ssh {
            destination: "web1".into(),
            port: None,
            user: None,
            config_file: None,
        };
        assert_eq!(by_hand(&Settings::new(route.clone())), "ssh web1");
        if let Route::Ssh {
            port,
            user,
            config_file,
            ..
        } = &mut route
        {
            *port = Some(2222);
            *user = Some("deploy".into());
            *config_file = Some("my files/ssh_config".into());
        }
        assert_eq!(
            by_hand(&Settings::new(route)),
            "ssh -F 'my files/ssh_config' -p 2222 -l deploy web1"
        );
    }

    #[test]
    fn a_connect_timeout_below_a_second_is_not_no_timeout() {
        let mut settings = Settings::new(Route::Ssh {
            destination: "web1".into(),
            port: None,
            user: None,
            config_file: None,
        });
        settings.connect_timeout = Duration::from_millis(300);
        assert!(connection_options(&settings).contains(&"ConnectTimeout=1".into()));
    }
}
