//! Unit names and their types, as systemd.unit(5) defines them, and Podman's quadlets.

use crate::name::{NameError, checked_text};

/// What a unit is, by the suffix of its name (systemd.unit(5); podman-systemd.unit(5) for the quadlets).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is the suffix of the same name")]
pub enum UnitKind {
    Service,
    Socket,
    Timer,
    Path,
    Target,
    Slice,
    Mount,
    Automount,
    Swap,
    Scope,
    Device,
    Container,
    Pod,
    Network,
    Volume,
    Kube,
    Image,
    Build,
    Artifact,
}

impl UnitKind {
    /// Every kind with its suffix.
    pub const ALL: [(Self, &'static str); 19] = [
        (Self::Service, "service"),
        (Self::Socket, "socket"),
        (Self::Timer, "timer"),
        (Self::Path, "path"),
        (Self::Target, "target"),
        (Self::Slice, "slice"),
        (Self::Mount, "mount"),
        (Self::Automount, "automount"),
        (Self::Swap, "swap"),
        (Self::Scope, "scope"),
        (Self::Device, "device"),
        (Self::Container, "container"),
        (Self::Pod, "pod"),
        (Self::Network, "network"),
        (Self::Volume, "volume"),
        (Self::Kube, "kube"),
        (Self::Image, "image"),
        (Self::Build, "build"),
        (Self::Artifact, "artifact"),
    ];

    /// The suffix without its dot.
    pub fn name_suffix(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("service", |(_, suffix)| suffix)
    }

    /// Whether this is the source of a generated unit (a quadlet) and not a unit itself.
    pub fn is_quadlet(self) -> bool {
        self >= Self::Container
    }
}

/// A unit's name: a prefix, perhaps `@` and an instance, and a type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitName(String);
checked_text!(UnitName);

impl UnitName {
    /// Parses a unit name: at most 255 bytes of ASCII letters, digits and `: - _ . \`, one `@` for a template or
    /// an instance, and a known type. Source: systemd.unit(5), "String escaping".
    pub fn parse(text: &str) -> Result<Self, NameError> {
        const WHAT: &str = "a unit name";
        if text.len() > 255 {
            return Err(NameError::new(text, WHAT, "it may have 255 bytes at most"));
        }
        let Some((stem, suffix)) = text.rsplit_once('.') else {
            return Err(NameError::new(
                text,
                WHAT,
                "it has no type: `.service`, `.timer`, `.socket` …",
            ));
        };
        if !UnitKind::ALL.iter().any(|(_, known)| *known == suffix) {
            return Err(NameError::new(
                text,
                WHAT,
                format!("`.{suffix}` is not a unit type"),
            ));
        }
        if stem.is_empty() || stem.starts_with('@') {
            return Err(NameError::new(text, WHAT, "it has nothing before its type"));
        }
        let odd = |c: char| {
            !(c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.' | '\\' | '@'))
        };
        if let Some(c) = stem.chars().find(|c| odd(*c)) {
            return Err(NameError::new(
                text,
                WHAT,
                format!(
                    "it contains `{}`; systemd-escape(1) writes it as `\\x{:02x}`",
                    c.escape_debug(),
                    u32::from(c)
                ),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name without its type: `sidekiq@critical`.
    pub fn without_suffix(&self) -> &str {
        self.0
            .rsplit_once('.')
            .map_or(self.as_str(), |(stem, _)| stem)
    }

    /// The part before `@`, or the whole stem: `sidekiq`.
    pub fn prefix_name(&self) -> &str {
        self.without_suffix()
            .split_once('@')
            .map_or_else(|| self.without_suffix(), |(prefix, _)| prefix)
    }

    /// The instance, empty for a bare template, `None` without `@`.
    pub fn instance(&self) -> Option<&str> {
        self.without_suffix()
            .split_once('@')
            .map(|(_, instance)| instance)
    }

    /// The unit's type.
    pub fn kind(&self) -> UnitKind {
        let suffix = self.0.rsplit_once('.').map_or("", |(_, suffix)| suffix);
        UnitKind::ALL
            .iter()
            .find(|(_, known)| *known == suffix)
            .map_or(UnitKind::Service, |(kind, _)| *kind)
    }

    /// Whether this is a bare template, `sidekiq@.service`: it can be installed but not started.
    pub fn is_template(&self) -> bool {
        self.instance() == Some("")
    }

    /// The template of an instance; `None` for a template itself and for plain units.
    pub fn template(&self) -> Option<Self> {
        match self.instance() {
            None | Some("") => None,
            Some(_) => Some(Self(format!(
                "{}@.{}",
                self.prefix_name(),
                self.kind().name_suffix()
            ))),
        }
    }

    /// The instance of this template by that name.
    pub fn with_instance(&self, instance: &str) -> Result<Self, NameError> {
        Self::parse(&format!(
            "{}@{}.{}",
            self.prefix_name(),
            instance,
            self.kind().name_suffix()
        ))
    }

    /// The unit that systemd knows where the text does not say another name: itself, or the generated service of a quadlet.
    /// `.container` and `.kube` give `NAME.service`; the others `NAME-pod.service`, `NAME-network.service` …
    /// (podman-systemd.unit(5)). What `ServiceName=` makes of a declared unit is
    /// [`DesiredUnit::loaded_as`](crate::DesiredUnit::loaded_as).
    #[must_use]
    pub fn usually_loaded_as(&self) -> Self {
        match self.kind() {
            kind if !kind.is_quadlet() => self.clone(),
            UnitKind::Container | UnitKind::Kube => {
                Self(format!("{}.service", self.without_suffix()))
            }
            kind => Self(format!(
                "{}-{}.service",
                self.without_suffix(),
                kind.name_suffix()
            )),
        }
    }

    /// The same stem with another type: the service that a timer, socket or path of this name starts.
    #[must_use]
    pub fn with_kind(&self, kind: UnitKind) -> Self {
        Self(format!("{}.{}", self.without_suffix(), kind.name_suffix()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let unit = UnitName::parse("app@a.b.service").unwrap();
        assert_eq!(
            (unit.prefix_name(), unit.instance(), unit.kind()),
            ("app", Some("a.b"), UnitKind::Service)
        );
        assert_eq!(unit.template().unwrap().as_str(), "app@.service");
        assert!(UnitName::parse("app@.service").unwrap().is_template());
    }

    #[test]
    fn a_quadlet_is_loaded_as_its_generated_service() {
        let loaded = |text: &str| {
            UnitName::parse(text)
                .unwrap()
                .usually_loaded_as()
                .to_string()
        };
        assert_eq!(loaded("web.container"), "web.service");
        assert_eq!(loaded("app.network"), "app-network.service");
        assert_eq!(loaded("app.artifact"), "app-artifact.service");
    }

    #[test]
    fn a_refusal_is_printable() {
        let error = UnitName::parse("a.\u{1b}[31m").unwrap_err().to_string();
        assert_eq!(crate::printable_text(&error), error);
    }

    #[test]
    fn odd_names_are_refused_with_the_rule() {
        for (text, why) in [
            ("bad name.service", "systemd-escape"),
            ("noext", "no type"),
            ("x.exe", "not a unit type"),
            (".service", "nothing before"),
            ("-\u{7}.service", "contains"),
        ] {
            let error = UnitName::parse(text).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
