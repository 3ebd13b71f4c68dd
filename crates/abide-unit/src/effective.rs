//! What a unit file comes to together with its drop-ins, as systemd merges them (systemd.unit(5)).

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{Digest, UnitKind, UnitName};

use crate::class::{ChangeClass, class_of};
use crate::parse::{UnitFile, parse_boolean};
use crate::quadlet::{quadlet_section, with_resources};
use crate::setting::{LISTEN, Repeated, can_clear, in_group, repetition_rule};
use crate::specifier;

/// The effective configuration of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    unit: UnitName,
    /// Every setting that is left after merging, with its values in order; none is empty.
    settings: BTreeMap<(String, String), Vec<String>>,
    /// Settings of a quadlet that are assigned nothing (`ReadOnly=`), by section and key: Podman tells many of them from
    /// those that are not there.
    emptied: BTreeSet<(String, String)>,
    /// The addresses of a socket as `Key=value`, in order over all their keys.
    listen: Vec<String>,
}

/// An `EnvironmentFile=` of a unit, as written: specifiers are not expanded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvironmentFile {
    /// The path, which may be a glob.
    pub path: String,
    /// Whether the file may be missing (written with `-`).
    pub optional: bool,
}

/// A `LoadCredential=` or `LoadCredentialEncrypted=` of a unit, as written: specifiers are not expanded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Credential {
    /// The name it has for the service.
    pub id: String,
    /// Where it is loaded from: an absolute path, or the name of one of the manager's own credentials.
    pub path: String,
}

impl Effective {
    /// Merges a unit file with its drop-ins, which come as (file name, text) in any order and apply sorted by
    /// file name. Where a name comes twice (an instance's and its template's), the first one given hides the
    /// other, as the more specific directory does. What is not called `*.conf` is no drop-in.
    ///
    /// A quadlet's texts are read as Podman reads them. It leaves out a drop-in that it refuses.
    pub fn new(unit: &UnitName, fragment: &str, drop_ins: &[(&str, &str)]) -> Self {
        let kind = unit.kind();
        let mut by_name = BTreeMap::new();
        for (name, text) in drop_ins.iter().filter(|(name, _)| is_drop_in(kind, name)) {
            by_name.entry(*name).or_insert(*text);
        }
        let mut merged = Merged::default();
        merged.add(UnitFile::parse_as(kind, fragment));
        for text in by_name.into_values() {
            let drop_in = UnitFile::parse_as(kind, text);
            if !(kind.is_quadlet() && drop_in.refused) {
                merged.add(drop_in);
            }
        }
        merged.finish(unit)
    }

    /// The unit.
    pub fn unit(&self) -> &UnitName {
        &self.unit
    }

    /// The value of a setting: the last one where there are several.
    pub fn last_value(&self, section: &str, key: &str) -> Option<&str> {
        self.value_list(section, key).last().map(String::as_str)
    }

    /// All values of a setting in order, as they are assigned: one may hold several words.
    pub fn all_values(&self, section: &str, key: &str) -> Vec<&str> {
        self.value_list(section, key)
            .iter()
            .map(String::as_str)
            .collect()
    }

    /// A boolean setting; `None` where it is not set or is no boolean.
    pub fn boolean_value(&self, section: &str, key: &str) -> Option<bool> {
        self.last_value(section, key).and_then(parse_boolean)
    }

    /// Every setting with its values, by section and key.
    pub fn all_settings(&self) -> impl Iterator<Item = (&str, &str, &[String])> {
        self.settings
            .iter()
            .map(|((section, key), values)| (section.as_str(), key.as_str(), values.as_slice()))
    }

    /// Whether it can be enabled: `[Install]` names a unit that wants it, or an alias. What `Also=` names is enabled for itself.
    pub fn has_install(&self) -> bool {
        ["Alias", "WantedBy", "RequiredBy", "UpheldBy"]
            .iter()
            .any(|key| !self.value_list("Install", key).is_empty())
    }

    /// `Type=` of a service, or what systemd and Podman take where it is not written. Empty for other units.
    /// Sources: systemd.service(5), podman-systemd.unit(5).
    pub fn service_type(&self) -> &str {
        let implied = match self.unit.kind() {
            UnitKind::Service if self.last_value("Service", "BusName").is_some() => "dbus",
            UnitKind::Service if self.last_value("Service", "ExecStart").is_none() => "oneshot",
            UnitKind::Service => "simple",
            UnitKind::Container | UnitKind::Kube => "notify",
            UnitKind::Pod => "forking",
            UnitKind::Network
            | UnitKind::Volume
            | UnitKind::Image
            | UnitKind::Build
            | UnitKind::Artifact => "oneshot",
            _ => return "",
        };
        self.last_value("Service", "Type").unwrap_or(implied)
    }

    /// Whether it does its work and ends.
    pub fn is_oneshot(&self) -> bool {
        self.service_type() == "oneshot"
    }

    /// Whether a service counts as active after its processes ended. Podman's generator sets it for networks,
    /// volumes, images and artifacts; since 5.3 no longer for builds.
    pub fn remains_after_exit(&self) -> bool {
        let implied = matches!(
            self.unit.kind(),
            UnitKind::Network | UnitKind::Volume | UnitKind::Image | UnitKind::Artifact
        );
        self.boolean_value("Service", "RemainAfterExit")
            .unwrap_or(implied)
    }

    /// Whether `systemctl reload` can work: `ExecReload=`, `Type=notify-reload`, a container's `ReloadCmd=` or
    /// `ReloadSignal=`, or a mount (which is mounted again).
    pub fn can_reload(&self) -> bool {
        let set = |section, key| self.last_value(section, key).is_some();
        self.unit.kind() == UnitKind::Mount
            || self.service_type() == "notify-reload"
            || set("Service", "ExecReload")
            || set("Container", "ReloadCmd")
            || set("Container", "ReloadSignal")
    }

    /// The files that its environment is read from at start, in order; of a container as well.
    pub fn environment_files(&self) -> Vec<EnvironmentFile> {
        let service = self.value_list("Service", "EnvironmentFile");
        let container = self.value_list("Container", "EnvironmentFile");
        let read = |value: &String| {
            let path = value.strip_prefix('-');
            EnvironmentFile {
                path: path.unwrap_or(value).to_owned(),
                optional: path.is_some(),
            }
        };
        service.iter().chain(container).map(read).collect()
    }

    /// The credentials that it loads at start.
    pub fn load_credentials(&self) -> Vec<Credential> {
        let plain = self.value_list("Service", "LoadCredential");
        let encrypted = self.value_list("Service", "LoadCredentialEncrypted");
        let read = |value: &String| {
            // Without a path the credential is the manager's own of that name (systemd.exec(5)).
            let (id, path) = value.split_once(':').unwrap_or((value, value));
            Credential {
                id: id.to_owned(),
                path: path.to_owned(),
            }
        };
        plain.iter().chain(encrypted).map(read).collect()
    }

    /// Whether a socket starts one instance a connection (`Accept=yes`).
    pub fn is_per_connection(&self) -> bool {
        self.boolean_value("Socket", "Accept").unwrap_or(false)
    }

    /// The unit that a timer, path, socket or automount starts: the one it names, or its namesake.
    /// A socket with `Accept=yes` starts instances of its template. `None` for other units.
    pub fn triggers(&self) -> Option<UnitName> {
        let named = |section, key| {
            let value = specifier::expand(&self.unit, None, self.last_value(section, key)?)?;
            UnitName::parse(&value).ok()
        };
        let namesake = || self.unit.with_kind(UnitKind::Service);
        match self.unit.kind() {
            UnitKind::Timer => Some(named("Timer", "Unit").unwrap_or_else(namesake)),
            UnitKind::Path => Some(named("Path", "Unit").unwrap_or_else(namesake)),
            UnitKind::Socket if self.is_per_connection() => {
                UnitName::parse(&format!("{}@.service", self.unit.prefix_name())).ok()
            }
            UnitKind::Socket => Some(named("Socket", "Service").unwrap_or_else(namesake)),
            UnitKind::Automount => Some(self.unit.with_kind(UnitKind::Mount)),
            _ => None,
        }
    }

    /// The digest of exactly what only a restart changes: equal digests mean that nothing is owed.
    pub fn restart_digest(&self) -> Digest {
        let mut parts: Vec<&[u8]> = Vec::new();
        for (section, key, values) in self.all_settings() {
            if class_of(self.unit.kind(), section, key) == ChangeClass::Restart {
                // The empty part ends the values: no value is empty.
                parts.extend([section.as_bytes(), key.as_bytes()]);
                parts.extend(values.iter().map(String::as_bytes));
                parts.push(&[]);
            }
        }
        for (section, key) in self.emptied_settings() {
            if class_of(self.unit.kind(), section, key) == ChangeClass::Restart {
                // A setting without values: all others have one.
                parts.extend([section.as_bytes(), key.as_bytes(), &[]]);
            }
        }
        // No section follows two empty parts, so addresses cannot be taken for settings.
        parts.push(&[]);
        parts.extend(self.listen.iter().map(String::as_bytes));
        Digest::of_parts(parts)
    }

    /// The sections that have at least one setting.
    pub fn sections(&self) -> BTreeSet<&str> {
        self.settings
            .keys()
            .map(|(section, _)| section.as_str())
            .collect()
    }

    /// The same with what Podman makes of the quadlets that it refers to, by their names: a container whose network gets
    /// another name has changed.
    #[must_use]
    pub fn with_resources(mut self, names: &BTreeMap<UnitName, String>) -> Self {
        let own = quadlet_section(self.unit.kind());
        for ((section, _), values) in &mut self.settings {
            if Some(section.as_str()) == own {
                for value in values {
                    *value = with_resources(value, names);
                }
            }
        }
        self
    }

    /// The settings of a quadlet that are assigned nothing, by section and key.
    pub(crate) fn emptied_settings(&self) -> impl Iterator<Item = (&str, &str)> {
        let keys = self.emptied.iter();
        keys.map(|(section, key)| (section.as_str(), key.as_str()))
    }

    /// The addresses of a socket as `Key=value`, in order over all their keys.
    pub(crate) fn listen(&self) -> &[String] {
        &self.listen
    }

    fn value_list(&self, section: &str, key: &str) -> &[String] {
        self.settings
            .get(&(section.to_owned(), key.to_owned()))
            .map_or(&[], Vec::as_slice)
    }
}

/// systemd reads `*.conf` and skips hidden files; Podman skips none (`loadUnitDropins` in its `cmd/quadlet/main.go`).
fn is_drop_in(kind: UnitKind, name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, suffix)| {
        suffix == "conf" && (kind.is_quadlet() || !stem.is_empty() && !stem.starts_with('.'))
    })
}

/// What is left of the assignments.
#[derive(Default)]
struct Merged {
    /// Those that are still valid, in order.
    valid: Vec<(String, String, String)>,
    /// The settings of which the last assignment is an empty one.
    emptied: BTreeSet<(String, String)>,
}

impl Merged {
    fn add(&mut self, file: UnitFile) {
        for entry in file.entries {
            let (section, key) = (entry.section, entry.key);
            let how = repetition_rule(&section, &key);
            match how {
                Repeated::Last => self.valid.retain(|(s, k, _)| *s != section || *k != key),
                Repeated::All if entry.value.is_empty() => {
                    self.valid
                        .retain(|(s, k, _)| *s != section || !can_clear(&section, &key, k));
                }
                Repeated::All | Repeated::Kept => {}
            }
            if !entry.value.is_empty() {
                self.emptied.remove(&(section.clone(), key.clone()));
                self.valid.push((section, key, entry.value));
            } else if how != Repeated::Kept {
                self.emptied.insert((section, key));
            }
        }
    }

    fn finish(self, unit: &UnitName) -> Effective {
        let mut settings: BTreeMap<_, Vec<String>> = BTreeMap::new();
        let mut listen = Vec::new();
        for (section, key, value) in self.valid {
            if unit.kind() == UnitKind::Socket && section == "Socket" && in_group(LISTEN, &key) {
                listen.push(format!("{key}={value}"));
            }
            settings.entry((section, key)).or_default().push(value);
        }
        let emptied = match unit.kind().is_quadlet() {
            true => self.emptied,
            false => BTreeSet::new(),
        };
        Effective {
            unit: unit.clone(),
            settings,
            emptied,
            listen,
        }
    }
}

#[cfg(test)]
mod tests;
