//! Refusals: how they are worded, and the ones that concern a whole host.

use abide_model::{Observation, Refusal, RefusalKind, RefusalReason, ResourceId, Scope};

use crate::causes::safe_host_text;
use crate::host::Host;

/// Why something is not done, before it is known about which resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denied {
    kind: RefusalKind,
    reason: String,
    why: Option<Box<RefusalReason>>,
    help: Option<String>,
}

impl Denied {
    /// The host or the way to it does not allow it.
    pub(crate) fn impossible_on_host(reason: impl Into<String>) -> Self {
        Self::new(RefusalKind::Impossible, reason)
    }

    /// A limit forbids it.
    pub(crate) fn by_guard(reason: impl Into<String>) -> Self {
        Self::new(RefusalKind::Guard, reason)
    }

    /// It could not be seen.
    pub(crate) fn not_seen(reason: impl Into<String>) -> Self {
        Self::new(RefusalKind::Unknown, reason)
    }

    /// The host does not allow it, for a reason that has a code.
    pub(crate) fn for_reason(why: RefusalReason) -> Self {
        Self {
            kind: RefusalKind::Impossible,
            reason: why.to_string(),
            help: Some(why.help_text()),
            why: Some(Box::new(why)),
        }
    }

    /// abide does not do that unless it is told to, for a reason that has a code.
    pub(crate) fn unless_told(why: RefusalReason) -> Self {
        Self {
            kind: RefusalKind::Guard,
            ..Self::for_reason(why)
        }
    }

    fn new(kind: RefusalKind, reason: impl Into<String>) -> Self {
        Self {
            kind,
            reason: reason.into(),
            why: None,
            help: None,
        }
    }

    /// What a person can do about it.
    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// As a refusal of this resource.
    pub(crate) fn into_refusal(self, resource: ResourceId) -> Refusal {
        Refusal {
            resource,
            reason: self.reason,
            why: self.why.map(|why| *why),
            help: self.help,
            kind: self.kind,
        }
    }
}

/// The first systemd with lingering (the requirement of this project's first document).
const OLDEST_SYSTEMD: u32 = 206;

/// A reason to leave the whole host alone, if there is one.
pub(crate) fn whole_host(host: &Host<'_>) -> Option<Refusal> {
    let about_host = |denied: Denied| denied.into_refusal(ResourceId::Manager(Scope::System));
    too_old(host)
        .or_else(|| going_down(host))
        .or_else(|| unread_ledger(host))
        .map(about_host)
}

fn too_old(host: &Host<'_>) -> Option<Denied> {
    let version = host.observed.facts.systemd;
    (version < OLDEST_SYSTEMD).then(|| {
        Denied::impossible_on_host(format!(
            "the host has systemd {version}; user lingering needs {OLDEST_SYSTEMD} or newer"
        ))
        .with_help("upgrade the host, or leave it out with `--exclude`")
    })
}

/// A host that shuts down or is in rescue mode would lose or refuse what is started now (sd-switch does the same).
fn going_down(host: &Host<'_>) -> Option<Denied> {
    let state = host.observed.facts.system_state.as_str();
    matches!(state, "stopping" | "maintenance" | "offline").then(|| {
        Denied::impossible_on_host(format!(
            "the host is `{state}` (systemctl is-system-running)"
        ))
        .with_help("plan again when it is up")
    })
}

/// Without its ledger nobody knows what is ours, and writing a new one would disown all of it.
fn unread_ledger(host: &Host<'_>) -> Option<Denied> {
    let Observation::Unknown(why) = &host.observed.ledger else {
        return None;
    };
    Some(
        Denied::not_seen(format!(
            "the ledger of manifest {} could not be read: {}",
            host.desired.manifest,
            safe_host_text(&why.to_string())
        ))
        .with_help(format!(
            "without it abide cannot tell what it owns: see `abide ledger show {0}`, restore it, or `abide ledger repair {0}`, which keeps what can be believed",
            host.desired.host
        )),
    )
}
