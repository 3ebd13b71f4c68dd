//! Why a host could not be reached, in words a person can act on, read from what ssh said.

use std::io;
use std::time::Duration;

use crate::text::printable;

/// Why there is no connection. Its `Display` is one clause; [`ConnectError::help`] is the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// There is no `ssh` on this machine.
    #[error("there is no `ssh` on this machine")]
    SshMissing,
    /// `ssh` could not be started.
    #[error("`ssh` could not be started: {0}")]
    SshNotStarted(#[source] io::Error),
    /// The private directory for sockets could not be made.
    #[error("no private directory for ssh's sockets: {0}")]
    Directory(#[source] io::Error),
    /// ssh logged in, but its socket does not answer.
    #[error("ssh's control socket does not answer: {0}")]
    Socket(#[source] io::Error),
    /// ssh does not accept its configuration.
    #[error("ssh does not accept its configuration: {said}")]
    Configuration {
        /// What it said.
        said: String,
    },
    /// The name has no address.
    #[error("the name `{name}` has no address")]
    Unresolvable {
        /// The name that was asked for (perhaps a jump host's).
        name: String,
    },
    /// Nothing answers there.
    #[error("unreachable: {said}")]
    Unreachable {
        /// `Connection refused`, `No route to host` … with the address.
        said: String,
    },
    /// It did not answer in time.
    #[error("no answer in time: {said}")]
    TimedOut {
        /// What ssh said.
        said: String,
    },
    /// The host answered, but logging in did not come to an end.
    #[error("logging in did not come to an end within {} s", after.as_secs())]
    LoginTimedOut {
        /// The limit.
        after: Duration,
    },
    /// The host's key is not in any `known_hosts` file.
    #[error("its host key is not known")]
    HostKeyUnknown {
        /// The host as ssh looked for it (perhaps a jump host); empty where ssh did not say.
        host: String,
        /// How a person logs in there, to be asked about it.
        login: String,
    },
    /// The host's key is not the known one.
    #[error("its host key is not the known one (recorded in {place}); somebody may be in between")]
    HostKeyChanged {
        /// The host as ssh looked for it.
        host: String,
        /// `FILE:LINE` of the known key.
        place: String,
    },
    /// The host does not let us in.
    #[error("login refused: {said}")]
    LoginRefused {
        /// `deploy@192.0.2.1: Permission denied (publickey).`
        said: String,
    },
    /// Anything else that ssh said.
    #[error("ssh failed: {said}")]
    Other {
        /// What it said.
        said: String,
    },
}

impl ConnectError {
    /// What a person can do about it.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::SshMissing => "install the OpenSSH client",
            Self::Unresolvable { .. } => {
                "check the host's name, set `address:` for it, or add it to ssh_config"
            }
            Self::Unreachable { .. } => "check its address and port, and that sshd runs there",
            Self::TimedOut { .. } => {
                "check the network, or allow more time with `--connect-timeout`"
            }
            Self::LoginTimedOut { .. } => {
                "try `ssh` to it by hand; an agent may be waiting for you"
            }
            Self::HostKeyUnknown { host, login } => {
                let of = match host.as_str() {
                    "" => String::new(),
                    host => format!(" of {host}"),
                };
                return Some(format!(
                    "log in once by hand (`{login}`) and compare the fingerprint{of}, or add its key to known_hosts; \
                     `StrictHostKeyChecking accept-new` in ssh_config takes every new key"
                ));
            }
            Self::HostKeyChanged { host, place } => {
                let file = place.rsplit_once(':').map_or("", |(file, _)| file);
                return Some(format!(
                    "find out why it changed; only then `ssh-keygen -R {host} -f {file}` and record the new one"
                ));
            }
            Self::LoginRefused { .. } => {
                "check the login user and that its key is in authorized_keys there and in your agent here"
            }
            Self::SshNotStarted(_)
            | Self::Directory(_)
            | Self::Socket(_)
            | Self::Configuration { .. }
            | Self::Other { .. } => return None,
        };
        Some(help.to_owned())
    }

    pub(crate) fn from_spawn(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::SshMissing,
            _ => Self::SshNotStarted(error),
        }
    }

    /// Reads what ssh (and what it started for a jump) wrote before it gave up. The first line that names a cause
    /// wins: with a jump host the outer ssh only adds that its connection was closed.
    pub(crate) fn read(log: &[u8]) -> Self {
        let log = printable(log);
        let lines: Vec<&str> = log
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        if let Some(changed) = host_key_changed(&lines) {
            return changed;
        }
        lines
            .iter()
            .find_map(|line| cause(line))
            .unwrap_or_else(|| Self::unread(&lines))
    }

    /// Says how a person logs in where that helps.
    #[must_use]
    pub(crate) fn with_login(self, command: String) -> Self {
        match self {
            Self::HostKeyUnknown { host, .. } => Self::HostKeyUnknown {
                host,
                login: command,
            },
            other => other,
        }
    }

    fn unread(lines: &[&str]) -> Self {
        // A key that is unknown is only asked about where nobody wants it to be refused, and nobody can be asked.
        if lines.contains(&"Host key verification failed.") {
            return Self::HostKeyUnknown {
                host: String::new(),
                login: String::new(),
            };
        }
        let last: Vec<&str> = lines.iter().rev().take(2).rev().copied().collect();
        let said = if last.is_empty() {
            "it said nothing".to_owned()
        } else {
            last.join("; ")
        };
        Self::Other { said }
    }
}

/// The cause that one line of ssh's names, if any. The texts are those of OpenSSH 9; they have not changed in decades.
fn cause(line: &str) -> Option<ConnectError> {
    let said = || line.strip_prefix("ssh: ").unwrap_or(line).to_owned();
    let has = |text: &str| line.contains(text);
    if let Some(rest) = line.strip_prefix("ssh: Could not resolve hostname ") {
        let name = rest.split(": ").next().unwrap_or(rest).to_owned();
        return Some(ConnectError::Unresolvable { name });
    }
    if has(" host key is known for ") {
        let host = between(line, " is known for ", " and ").to_owned();
        return Some(ConnectError::HostKeyUnknown {
            host,
            login: String::new(),
        });
    }
    if has("timed out") {
        return Some(ConnectError::TimedOut { said: said() });
    }
    if line.starts_with("ssh: connect to host ") {
        return Some(ConnectError::Unreachable { said: said() });
    }
    if has(": Permission denied (") || has("Too many authentication failures") {
        return Some(ConnectError::LoginRefused { said: said() });
    }
    let configuration = [
        "Bad configuration option",
        "Can't open user config file",
        "Bad owner or permissions on",
        "hostname contains invalid characters",
        "missing argument",
        "no argument after keyword",
    ];
    if configuration.iter().any(|text| has(text)) {
        return Some(ConnectError::Configuration { said: said() });
    }
    None
}

fn host_key_changed(lines: &[&str]) -> Option<ConnectError> {
    let host = lines.iter().find_map(|line| {
        let rest = line.strip_prefix("Host key for ")?;
        rest.split_once(" has changed and ").map(|(host, _)| host)
    })?;
    let place = lines
        .iter()
        .find(|line| line.starts_with("Offending ") && line.contains(" key in "))
        .and_then(|line| line.split_once(" key in "))
        .map_or("known_hosts", |(_, place)| place);
    Some(ConnectError::HostKeyChanged {
        host: host.to_owned(),
        place: place.to_owned(),
    })
}

fn between<'a>(line: &'a str, before: &str, after: &str) -> &'a str {
    line.split_once(before)
        .map(|(_, rest)| rest.split_once(after).map_or(rest, |(found, _)| found))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
