//! Which service manager runs a unit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::name::{NameError, UserName, deserialize_from_str, serialize_display, text_schema};
use crate::unit_name::UnitName;

/// The service manager a unit belongs to: PID 1, or a user's own (`user@UID.service`).
/// Written `system` or `user:NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The system manager, PID 1.
    System,
    /// The manager of this user.
    User(UserName),
}

impl Scope {
    /// The user of a user scope.
    pub fn user(&self) -> Option<&UserName> {
        match self {
            Self::System => None,
            Self::User(user) => Some(user),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::User(user) => write!(f, "user:{user}"),
        }
    }
}

impl FromStr for Scope {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("user:") {
            Some(user) => UserName::parse(user).map(Self::User),
            None if text == "system" => Ok(Self::System),
            None => Err(NameError::new(
                text,
                "a scope",
                "write `system` or `user:NAME`",
            )),
        }
    }
}

/// One unit of one manager. Written `system/nginx.service` or `user:deploy/sidekiq.service`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitRef {
    /// The manager.
    pub scope: Scope,
    /// The unit.
    pub unit: UnitName,
}

impl UnitRef {
    /// This unit of this manager.
    pub fn new(scope: &Scope, unit: &UnitName) -> Self {
        Self {
            scope: scope.clone(),
            unit: unit.clone(),
        }
    }
}

impl fmt::Display for UnitRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.scope, self.unit)
    }
}

impl FromStr for UnitRef {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scope, unit) = text
            .split_once('/')
            .ok_or_else(|| NameError::new(text, "a unit reference", "write `SCOPE/UNIT`"))?;
        Ok(Self {
            scope: scope.parse()?,
            unit: unit.parse()?,
        })
    }
}

macro_rules! as_text {
    ($($name:ty),+) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                serialize_display(self, to)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                deserialize_from_str(from)
            }
        }
        text_schema!($name);
    )+};
}
as_text!(Scope, UnitRef);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_read_what_they_write() {
        for text in ["system/nginx.service", "user:deploy/sidekiq@a.service"] {
            assert_eq!(text.parse::<UnitRef>().unwrap().to_string(), text);
        }
        assert!("deploy/x.service".parse::<UnitRef>().is_err());
    }
}
