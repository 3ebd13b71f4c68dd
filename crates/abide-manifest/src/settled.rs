//! What a host should be, with who said so: the step between the manifest and [`abide_model::Desired`].
//!
//! Checks look at it, `Desired` is made of it, and `abide show --resolved` prints it.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_model::{
    Body, Connection, DesiredAccount, GroupName, HomePath, HostName, HostPathOrHome, LingerReason,
    UnitName, UserName, Wanted,
};
use abide_unit::{Effective, quadlet_service};

use crate::precedence::{By, Said};
use crate::schema::Choice;
use crate::schema::unit::{UnitState, WrittenOnChange};
use crate::schema::user::{UserState, WrittenManagerRestart};
use crate::text::TextPlace;
use crate::wording::Wording;

/// A value, and why it is that.
#[derive(Debug, Clone)]
pub(crate) struct Settled<'m, V> {
    /// The value.
    pub(crate) value: V,
    /// Why.
    pub(crate) why: ValueReason<'m>,
}

/// Why a value is what it is.
#[derive(Debug, Clone)]
pub(crate) enum ValueReason<'m> {
    /// Somebody says so.
    Said {
        /// Who.
        by: By<'m>,
        /// The place of the value.
        at: TextPlace,
        /// The place of its key.
        key: TextPlace,
    },
    /// Nobody says anything: the reason of the default, a clause.
    Default(String),
}

impl<'m, V> Settled<'m, V> {
    /// As somebody said.
    pub(crate) fn declared<W>(said: &Said<'m, W>, value: V) -> Self {
        let Said { at, key, by, .. } = *said;
        Self {
            value,
            why: ValueReason::Said { by, at, key },
        }
    }

    /// As nobody said.
    pub(crate) fn default(value: V, reason: impl Into<String>) -> Self {
        Self {
            value,
            why: ValueReason::Default(reason.into()),
        }
    }
}

impl ValueReason<'_> {
    /// Where the value stands, where somebody said it.
    pub(crate) fn declared_at(&self) -> Option<TextPlace> {
        match self {
            Self::Said { at, .. } => Some(*at),
            Self::Default(_) => None,
        }
    }

    /// Who said it, where somebody did.
    pub(crate) fn declared_by(&self) -> Option<By<'_>> {
        match self {
            Self::Said { by, .. } => Some(*by),
            Self::Default(_) => None,
        }
    }

    /// Where the key stands, where somebody said it.
    pub(crate) fn key(&self) -> Option<TextPlace> {
        match self {
            Self::Said { key, .. } => Some(*key),
            Self::Default(_) => None,
        }
    }
}

/// One host.
#[derive(Debug)]
pub(crate) struct SettledHost<'m> {
    pub(crate) name: HostName,
    pub(crate) groups: Vec<GroupName>,
    pub(crate) connection: Connection,
    /// What was said of the connection, by key, for people.
    pub(crate) connection_said: Vec<(&'static str, Settled<'m, String>)>,
    pub(crate) vars: BTreeMap<&'m str, Said<'m, &'m String>>,
    pub(crate) exclusive: Option<Said<'m, &'m bool>>,
    pub(crate) enforce: Option<Said<'m, &'m bool>>,
    pub(crate) users: BTreeMap<UserName, SettledUser<'m>>,
    pub(crate) units: BTreeMap<UnitName, SettledUnit<'m>>,
}

/// One user.
#[derive(Debug)]
pub(crate) struct SettledUser<'m> {
    pub(crate) key: TextPlace,
    pub(crate) state: Settled<'m, UserState>,
    pub(crate) remove_home: Option<Said<'m, &'m bool>>,
    pub(crate) manager_restart: Option<Said<'m, WrittenManagerRestart>>,
    pub(crate) end_processes: Option<Said<'m, &'m bool>>,
    pub(crate) account: DesiredAccount,
    /// What was said of the account, by key, for people.
    pub(crate) account_said: Vec<(&'static str, Settled<'m, String>)>,
    /// What the manifest says about lingering.
    pub(crate) linger_said: Option<Said<'m, Choice>>,
    /// What it comes to.
    pub(crate) linger: Settled<'m, Option<bool>>,
    /// Why, for the plan.
    pub(crate) linger_reason: LingerWhy,
    pub(crate) files: BTreeMap<HomePath, SettledFile<'m>>,
    pub(crate) units: BTreeMap<UnitName, SettledUnit<'m>>,
}

/// Why a user should linger or not, while places are numbers.
#[derive(Debug, Clone)]
pub(crate) enum LingerWhy {
    /// The manifest says so here.
    Declared(TextPlace),
    /// As the model has it.
    Other(LingerReason),
}

/// One file.
#[derive(Debug)]
pub(crate) struct SettledFile<'m> {
    pub(crate) key: TextPlace,
    /// Who speaks of it with the highest rank.
    pub(crate) by: By<'m>,
    pub(crate) content: SourcedContent<'m>,
    pub(crate) mode: Settled<'m, Option<u32>>,
}

/// A content, and who gave it.
#[derive(Debug, Clone)]
pub(crate) struct SourcedContent<'m> {
    /// What goes to the host.
    pub(crate) body: Body,
    /// Its text and the places of its lines; `None` for secrets and what is not text.
    pub(crate) wording: Option<Wording>,
    /// For people: `source units/a.service`.
    pub(crate) shown: Settled<'m, String>,
}

/// One unit.
#[derive(Debug)]
pub(crate) struct SettledUnit<'m> {
    pub(crate) draft: WrittenUnitDraft<'m>,
    /// Started, stopped, absent or left alone.
    pub(crate) state: Settled<'m, UnitState>,
    pub(crate) enabled: Settled<'m, Wanted>,
    pub(crate) masked: Settled<'m, Option<bool>>,
    pub(crate) on_change: Settled<'m, WrittenOnChange>,
    pub(crate) restart_on: BTreeMap<HostPathOrHome, Settled<'m, ()>>,
    pub(crate) reload_on: BTreeMap<HostPathOrHome, Settled<'m, ()>>,
    pub(crate) hold: Settled<'m, Duration>,
    pub(crate) timeout: Settled<'m, Duration>,
}

/// A unit as it is written, before defaults.
#[derive(Debug)]
pub(crate) struct WrittenUnitDraft<'m> {
    pub(crate) name: UnitName,
    /// Where it is first named.
    pub(crate) key: TextPlace,
    /// Who speaks of it with the highest rank.
    pub(crate) by: By<'m>,
    /// Whether the manifest brings the unit file: its own, or that of its template.
    pub(crate) ours: bool,
    /// The unit file; `None` for units of others, for instances, and where it cannot be read.
    pub(crate) fragment: Option<SourcedContent<'m>>,
    pub(crate) drop_ins: BTreeMap<&'m str, SourcedContent<'m>>,
    /// What fragment and drop-ins come to; `None` where a text of ours cannot be read.
    pub(crate) effective: Option<Effective>,
    /// Whether its unit file is among ours, so that what is not in `effective` is not there at all.
    pub(crate) is_known: bool,
    /// The key `instances`, where it is written.
    pub(crate) instances: Option<TextPlace>,
    /// Whether it comes from the `instances` of its template.
    pub(crate) is_instance: bool,
    pub(crate) written: WrittenUnitText<'m>,
}

/// What is said of a unit.
#[derive(Debug, Clone, Default)]
pub(crate) struct WrittenUnitText<'m> {
    pub(crate) state: Option<Said<'m, UnitState>>,
    pub(crate) enabled: Option<Said<'m, Choice>>,
    pub(crate) masked: Option<Said<'m, bool>>,
    pub(crate) on_change: Option<Said<'m, WrittenOnChange>>,
    pub(crate) restart_on: Option<Said<'m, &'m Vec<crate::located::Located<String>>>>,
    pub(crate) reload_on: Option<Said<'m, &'m Vec<crate::located::Located<String>>>>,
    pub(crate) hold: Option<Said<'m, Duration>>,
    pub(crate) timeout: Option<Said<'m, Duration>>,
}

impl WrittenUnitDraft<'_> {
    /// The service that Podman makes of it, where the text names it.
    pub(crate) fn service(&self) -> Option<UnitName> {
        quadlet_service(self.effective.as_ref()?)?.ok()
    }

    /// The unit that systemd knows.
    pub(crate) fn loaded_as(&self) -> UnitName {
        self.service()
            .unwrap_or_else(|| self.name.usually_loaded_as())
    }
}

impl SettledUnit<'_> {
    /// Whether it should be there.
    pub(crate) fn is_present(&self) -> bool {
        self.state.value != UnitState::Absent
    }

    /// Whether it should run or start at boot.
    pub(crate) fn must_run(&self) -> bool {
        self.state.value == UnitState::Started
            || self.is_present() && self.enabled.value == Wanted::Yes
    }
}
