//! How a host is reached.

use std::path::PathBuf;
use std::time::Duration;

/// How a host is reached, and how long that may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The way.
    pub route: Route,
    /// Limit for reaching the host and exchanging keys. Logging in has a fixed allowance on top.
    pub connect_timeout: Duration,
    /// A private directory of this user for sockets, as `XDG_RUNTIME_DIR` names one; `/tmp` where `None`, or where its
    /// path is too long for a socket.
    pub runtime_dir: Option<PathBuf>,
}

/// The way to a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// This machine.
    Local,
    /// Over ssh. What is `None` is left to `ssh_config(5)`.
    Ssh {
        /// Host name, address or alias of the configuration.
        destination: String,
        /// The port.
        port: Option<u16>,
        /// The login user.
        user: Option<String>,
        /// A configuration file instead of the user's own (`ssh -F`).
        config_file: Option<PathBuf>,
    },
}

impl Settings {
    /// This way, with a limit of 10 s for connecting.
    pub fn new(route: Route) -> Self {
        Self {
            route,
            connect_timeout: Duration::from_secs(10),
            runtime_dir: None,
        }
    }
}
