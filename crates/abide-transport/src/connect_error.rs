//! Why a host could not be reached, in words a person can act on, read from what ssh said.

use std::io;
use std::time::Duration;

use crate::text::printable_text;

/// Why there is no connection. Its `Display` is one clause; [`ConnectError::help_text`] is the next step.
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
    /// The host's key is one that `known_hosts` says not to trust any more.
    #[error("its host key is marked as revoked")]
    HostKeyRevoked {
        /// The host as ssh looked for it.
        host: String,
    },
    /// What `ProxyCommand` or `ProxyJump` of `ssh_config(5)` started made no way to the host.
    #[error(
        "there is no way to it through the `ProxyCommand` or `ProxyJump` of ssh_config: {said}"
    )]
    Proxy {
        /// What it said.
        said: String,
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
    pub fn help_text(&self) -> Option<String> {
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
            Self::HostKeyRevoked { host } => {
                return Some(format!(
                    "somebody marked it so in known_hosts: ask them, and do not log in to {host} before it has a new key"
                ));
            }
            Self::LoginRefused { .. } => {
                "check the login user and that its key is in authorized_keys there and in your agent here"
            }
            Self::SshNotStarted(_)
            | Self::Directory(_)
            | Self::Socket(_)
            | Self::Configuration { .. }
            | Self::Proxy { .. }
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
        let log = printable_text(log);
        let lines: Vec<&str> = log
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        host_key_changed(&lines)
            .or_else(|| host_key_revoked(&lines))
            .or_else(|| bad_configuration(&lines))
            .or_else(|| lines.iter().find_map(|line| cause(line)))
            .or_else(|| proxy(&lines))
            .unwrap_or_else(|| Self::from_unknown_lines(&lines))
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

    fn from_unknown_lines(lines: &[&str]) -> Self {
        // A key that is unknown is only asked about where nobody wants it to be refused, and nobody can be asked.
        if lines.contains(&KEY_REFUSED) {
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

/// How ssh ends for a key that it does not take, of the host or of a jump host.
const KEY_REFUSED: &str = "Host key verification failed.";

/// The cause that one line of ssh's names, if any. The texts are those of OpenSSH 9; they have not changed in decades.
fn cause(line: &str) -> Option<ConnectError> {
    let said = || line.strip_prefix("ssh: ").unwrap_or(line).to_owned();
    let has = |text: &str| line.contains(text);
    if let Some(rest) = line.strip_prefix("ssh: Could not resolve hostname ") {
        let name = rest.split(": ").next().unwrap_or(rest).to_owned();
        return Some(ConnectError::Unresolvable { name });
    }
    if has(" host key is known for ") {
        let host = text_between(line, " is known for ", " and ").to_owned();
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

fn host_key_revoked(lines: &[&str]) -> Option<ConnectError> {
    let revoked = lines
        .iter()
        .find(|line| line.contains(" host key for ") && line.contains(" is marked as revoked"))?;
    Some(ConnectError::HostKeyRevoked {
        host: text_between(revoked, " host key for ", " is marked ").to_owned(),
    })
}

/// ssh tells of each line of its configuration that it does not understand, and then that it ends for these.
fn bad_configuration(lines: &[&str]) -> Option<ConnectError> {
    let ends = |line: &&str| line.contains(": terminating, ") && line.contains("bad configuration");
    let at = lines.iter().position(ends)?;
    let told = lines.get(..at).filter(|told| !told.is_empty())?;
    Some(ConnectError::Configuration {
        said: told.join("; "),
    })
}

/// What was said before the connection that something else made came to nothing.
fn proxy(lines: &[&str]) -> Option<ConnectError> {
    let is_proxied = lines.iter().any(|line| line.contains("UNKNOWN port"));
    if !is_proxied || lines.contains(&KEY_REFUSED) {
        return None;
    }
    let own = |line: &&&str| {
        !line.contains("UNKNOWN port")
            && !line.starts_with("kex_exchange_identification: ")
            && !line.starts_with("ssh_exchange_identification: ")
            && **line != "stdio forwarding failed"
    };
    let mut told: Vec<&str> = Vec::new();
    for line in lines.iter().filter(own) {
        // It was tried twice.
        if !told.contains(line) {
            told.push(line);
        }
    }
    let last: Vec<&str> = told.iter().rev().take(2).rev().copied().collect();
    Some(ConnectError::Proxy {
        said: match last.is_empty() {
            true => "it ended and said nothing".to_owned(),
            false => last.join("; "),
        },
    })
}

fn text_between<'a>(line: &'a str, before: &str, after: &str) -> &'a str {
    line.split_once(before)
        .map(|(_, rest)| rest.split_once(after).map_or(rest, |(found, _)| found))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
