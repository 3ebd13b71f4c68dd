//! How hosts are reached.

use schemars::JsonSchema;
use serde::Deserialize;

use super::DurationText;
use crate::located::Located;

/// How hosts are reached. Everything that `ssh_config(5)` can say stays there.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[serde(rename = "Connection")]
pub(crate) struct WrittenConnection {
    /// The way to a host. Without it: `ssh`.
    #[serde(default)]
    pub(crate) via: Option<Located<WrittenVia>>,
    /// The login user. Without it, `ssh_config(5)` decides.
    #[serde(default)]
    #[schemars(extend("examples" = ["deploy"]))]
    pub(crate) user: Option<Located<String>>,
    /// How root is reached from the login user. Never prompts. Without it: `auto`.
    #[serde(default)]
    pub(crate) r#become: Option<Located<WrittenBecome>>,
    /// How long a connection may take. Without it: `10s`.
    #[serde(default)]
    #[schemars(extend("examples" = ["10s"]))]
    pub(crate) connect_timeout: Option<Located<DurationText>>,
    /// A configuration file for ssh, as `ssh -F` takes it, relative to this manifest. Without it: the user's own.
    #[serde(default)]
    #[schemars(extend("examples" = ["./ssh_config"]))]
    pub(crate) ssh_config: Option<Located<String>>,
    /// How many hosts are worked on at once. Without it: 32.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) parallel: Option<Located<u32>>,
}

/// How one host is reached, over what `connection` says for all.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HostConnection {
    /// The way to the host. `local` is this machine, without ssh.
    #[serde(default)]
    pub(crate) via: Option<Located<WrittenVia>>,
    /// The login user.
    #[serde(default)]
    pub(crate) user: Option<Located<String>>,
    /// How root is reached from the login user. Never prompts.
    #[serde(default)]
    pub(crate) r#become: Option<Located<WrittenBecome>>,
    /// How long a connection may take.
    #[serde(default)]
    pub(crate) connect_timeout: Option<Located<DurationText>>,
    /// A configuration file for ssh, as `ssh -F` takes it, relative to this manifest.
    #[serde(default)]
    pub(crate) ssh_config: Option<Located<String>>,
}

/// The way to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
#[serde(rename = "Via")]
pub(crate) enum WrittenVia {
    /// Over ssh.
    Ssh,
    /// This machine, without ssh.
    Local,
}

/// How root is reached from the login user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
#[serde(rename = "Become")]
pub(crate) enum WrittenBecome {
    /// Whatever works: already root, sudo, doas, run0; else only what the login user may do.
    Auto,
    /// Not at all: only the login user's own users and units.
    Never,
    /// `sudo -n`.
    Sudo,
    /// `doas -n`.
    Doas,
    /// `run0`.
    Run0,
}
