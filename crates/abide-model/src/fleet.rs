//! A loaded manifest: the hosts, how each is reached, and what it should be.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desired::Desired;
use crate::name::{GroupName, HostName, ManifestName};
use crate::share::Share;

/// Everything a manifest says, lowered: one [`Desired`] for each host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fleet {
    /// This manifest's identity in every host's ledger.
    pub name: ManifestName,
    /// The hosts by name.
    pub hosts: BTreeMap<HostName, FleetHost>,
    /// How many hosts are worked on at once.
    pub parallel: usize,
    /// In which waves hosts are changed.
    pub rollout: Rollout,
}

/// One host of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetHost {
    /// The groups it is in, without `all`.
    pub groups: BTreeSet<GroupName>,
    /// How it is reached.
    pub connection: Connection,
    /// What it should be.
    pub desired: Desired,
}

/// How a host is reached. Everything that `ssh_config(5)` can say stays there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// Over ssh, or this very machine.
    pub via: Via,
    /// The ssh destination, where it is not the host's name.
    pub address: Option<String>,
    /// The port, where `ssh_config` does not decide.
    pub port: Option<u16>,
    /// The login user, where `ssh_config` does not decide.
    pub user: Option<String>,
    /// How root is reached from the login user.
    pub r#become: Become,
    /// Limit for connecting.
    pub connect_timeout: Duration,
    /// A configuration file for `ssh -F`; the user's own where `None`.
    pub ssh_config: Option<String>,
}

impl Connection {
    /// Which settings say where a connection goes or what it runs here. None: ssh to the host's name, as the user who
    /// runs abide has configured it.
    pub fn route_settings(&self) -> Vec<&'static str> {
        let Self {
            via,
            address,
            port,
            user,
            r#become,
            connect_timeout: _,
            ssh_config,
        } = self;
        let said = [
            ("via", *via != Via::Ssh),
            ("address", address.is_some()),
            ("port", port.is_some()),
            ("user", user.is_some()),
            ("become", *r#become != Become::Auto),
            ("ssh_config", ssh_config.is_some()),
        ];
        let said = said.into_iter().filter(|(_, is_said)| *is_said);
        said.map(|(name, _)| name).collect()
    }
}

/// The way to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// Over ssh.
    Ssh,
    /// This machine, without ssh.
    Local,
}

/// How root is reached from the login user. Never prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Become {
    /// Whatever works: already root, `sudo -n`, `doas -n`, `run0`; else only what the login user may do.
    Auto,
    /// Not at all: only the login user's own resources.
    Never,
    /// `sudo -n`, or an error that says why not.
    Sudo,
    /// `doas -n`, or an error that says why not.
    Doas,
    /// `run0 --no-ask-password`, or an error that says why not.
    Run0,
}

/// In which waves hosts are changed. The default is one wave of all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Rollout {
    /// Hosts of the first wave; 0: no canary.
    pub canary: usize,
    /// Hosts of each later wave as a count or a share; `None`: all the rest.
    pub batch: Option<Share>,
    /// Failed hosts after which no new wave begins; `None`: one.
    pub max_failures: Option<usize>,
}
