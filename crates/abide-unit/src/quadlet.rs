//! Podman's quadlets: unit files from which a generator makes services (podman-systemd.unit(5)).

mod keys;

use std::collections::{BTreeMap, BTreeSet};

pub use keys::{QUADLET_KEYS_UNTIL, quadlet_keys};

use abide_model::{NameError, PodmanVersion, UnitKind, UnitName};

use crate::effective::Effective;

/// The section that a quadlet of this kind must have; `None` for what is no quadlet.
pub fn quadlet_section(kind: UnitKind) -> Option<&'static str> {
    match kind {
        UnitKind::Container => Some("Container"),
        UnitKind::Pod => Some("Pod"),
        UnitKind::Network => Some("Network"),
        UnitKind::Volume => Some("Volume"),
        UnitKind::Kube => Some("Kube"),
        UnitKind::Image => Some("Image"),
        UnitKind::Build => Some("Build"),
        UnitKind::Artifact => Some("Artifact"),
        _ => None,
    }
}

/// The first Podman that makes services of quadlets of this kind; older ones take no notice of the file. `None` for
/// what is no quadlet. Source: Podman's release notes.
pub fn quadlet_since(kind: UnitKind) -> Option<PodmanVersion> {
    match kind {
        UnitKind::Container | UnitKind::Network | UnitKind::Volume | UnitKind::Kube => {
            Some(PodmanVersion::new(4, 4))
        }
        UnitKind::Image => Some(PodmanVersion::new(4, 8)),
        UnitKind::Pod => Some(PodmanVersion::new(5, 0)),
        UnitKind::Build => Some(PodmanVersion::new(5, 2)),
        UnitKind::Artifact => Some(PodmanVersion::new(5, 7)),
        _ => None,
    }
}

/// The first Podman that reads drop-ins of quadlets (`web.container.d/*.conf`); older ones take no notice of them.
/// Source: Podman's release notes.
pub const QUADLET_DROP_INS_SINCE: PodmanVersion = PodmanVersion::new(5, 0);

/// The first Podman that makes template services of template quadlets (`web@.container`). Source: Podman's release
/// notes.
pub const QUADLET_TEMPLATES_SINCE: PodmanVersion = PodmanVersion::new(5, 0);

/// The first Podman that passes over comments that begin with `;`, and over comments and empty lines within a continued
/// line. Source: Podman's release notes, and `pkg/systemd/parser/unitfile.go` of 5.3.2 and 5.4.0.
pub const QUADLET_COMMENTS_SINCE: PodmanVersion = PodmanVersion::new(5, 4);

/// The service that Podman makes of a quadlet whose text names it (`ServiceName=`), always with `.service` behind the name;
/// `None` where it does not. Source: `getServiceName` in Podman's `pkg/systemd/quadlet/quadlet.go`.
pub fn quadlet_service(effective: &Effective) -> Option<Result<UnitName, NameError>> {
    let section = quadlet_section(effective.unit().kind())?;
    let named = effective.last_value(section, "ServiceName")?.trim_end();
    let inner = named
        .strip_prefix('"')
        .and_then(|named| named.strip_suffix('"'));
    Some(UnitName::parse(&format!(
        "{}.service",
        inner.unwrap_or(named)
    )))
}

/// The unit that systemd knows of this one: itself, or the service of a quadlet.
pub fn loaded_as(effective: &Effective) -> UnitName {
    let named = quadlet_service(effective).and_then(Result::ok);
    named.unwrap_or_else(|| effective.unit().usually_loaded_as())
}

/// The name of the thing that Podman makes for this quadlet, as other quadlets that refer to it are given it: a network,
/// a volume, an image or a container. `None` where others are not given a name, or there is none to be known.
/// Source: podman-systemd.unit(5).
pub fn quadlet_resource(effective: &Effective) -> Option<String> {
    let unit = effective.unit();
    let named = |key| {
        let section = quadlet_section(unit.kind())?;
        effective.last_value(section, key).map(str::to_owned)
    };
    let usual = || Some(format!("systemd-{}", unit.without_suffix()));
    // `systemd-%N`, by the name of its service.
    let of_service = || Some(format!("systemd-{}", loaded_as(effective).without_suffix()));
    match unit.kind() {
        UnitKind::Container => named("ContainerName").or_else(of_service),
        UnitKind::Network => named("NetworkName").or_else(usual),
        UnitKind::Volume => named("VolumeName").or_else(usual),
        UnitKind::Image => named("ImageTag").or_else(|| named("Image")),
        UnitKind::Build => named("ImageTag"),
        UnitKind::Artifact => named("Artifact"),
        _ => None,
    }
}

/// The quadlets that this one refers to in its own section: `Network=app.network`, `Volume=data.volume:/data`,
/// `Mount=type=image,source=app.image`, `Pod=app.pod`.
pub fn quadlet_references(effective: &Effective) -> BTreeSet<UnitName> {
    let own = quadlet_section(effective.unit().kind());
    effective
        .all_settings()
        .filter(|(section, ..)| Some(*section) == own)
        .flat_map(|(_, _, values)| values)
        .flat_map(|value| value.split(SEPARATORS))
        .filter_map(parse_quadlet_name)
        .collect()
}

/// The pod that a container runs in: `Pod=app.pod`.
pub fn quadlet_pod(effective: &Effective) -> Option<UnitName> {
    let pod = parse_quadlet_name(effective.last_value("Container", "Pod")?)?;
    (pod.kind() == UnitKind::Pod).then_some(pod)
}

/// What stands around a name in a value.
const SEPARATORS: [char; 4] = [':', ',', '=', ' '];

fn parse_quadlet_name(word: &str) -> Option<UnitName> {
    let name = UnitName::parse(word).ok()?;
    name.kind().is_quadlet().then_some(name)
}

/// A value with the names that Podman will put in for quadlets, so that a new name is a change of whoever is given it.
pub(crate) fn with_resources(value: &str, names: &BTreeMap<UnitName, String>) -> String {
    let mut text = String::with_capacity(value.len());
    for part in value.split_inclusive(SEPARATORS) {
        let word = part.trim_end_matches(SEPARATORS);
        text.push_str(word);
        if let Some(name) = parse_quadlet_name(word).and_then(|quadlet| names.get(&quadlet)) {
            text.push_str(&format!("({name})"));
        }
        text.push_str(part.get(word.len()..).unwrap_or_default());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quadlet(name: &str, text: &str) -> Effective {
        Effective::new(&UnitName::parse(name).unwrap(), text, &[])
    }

    fn unit(name: &str) -> UnitName {
        UnitName::parse(name).unwrap()
    }

    #[test]
    fn what_podman_makes_has_a_name_of_its_own_or_one_after_its_quadlet() {
        for (name, text, resource) in [
            ("a.network", "[Network]\n", Some("systemd-a")),
            ("a.network", "[Network]\nNetworkName=b\n", Some("b")),
            ("a.volume", "[Volume]\nVolumeName=b\n", Some("b")),
            ("a.container", "", Some("systemd-a")),
            ("a.image", "[Image]\nImage=x/y:1\n", Some("x/y:1")),
            ("a.image", "[Image]\nImage=x/y:1\nImageTag=b\n", Some("b")),
            ("a.build", "[Build]\nFile=/f\n", None),
            ("a.artifact", "[Artifact]\nArtifact=x/y:1\n", Some("x/y:1")),
            ("a.pod", "[Pod]\nPodName=b\n", None),
            ("a.service", "[Service]\n", None),
        ] {
            let resource = resource.map(str::to_owned);
            assert_eq!(quadlet_resource(&quadlet(name, text)), resource, "{name}");
        }
    }

    #[test]
    fn references_are_found_in_every_form_that_podman_knows() {
        let container = quadlet(
            "a.container",
            "[Container]\nImage=app.image\nNetwork=front.network:ip=10.0.0.2\nNetwork=host\n\
             Volume=data.volume:/data:rw\nMount=type=volume,source=more.volume,destination=/m\nPod=p.pod\n\
             [Unit]\nAfter=other.container\n",
        );
        let names: Vec<String> = quadlet_references(&container)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            names,
            [
                "app.image",
                "data.volume",
                "front.network",
                "more.volume",
                "p.pod"
            ]
        );
        assert_eq!(quadlet_pod(&container), Some(unit("p.pod")));
        assert_eq!(
            quadlet_pod(&quadlet("a.container", "[Container]\nPod=p\n")),
            None
        );
    }

    #[test]
    fn a_new_name_of_a_network_is_a_change_of_its_containers_and_of_nobody_else() {
        let text = "[Container]\nNetwork=app.network:ip=10.0.0.2\nVolume=data.volume:/data\n";
        let named = |name: &str| {
            let names = BTreeMap::from([(unit("app.network"), name.to_owned())]);
            quadlet("a.container", text).with_resources(&names)
        };
        assert_eq!(
            named("x").last_value("Container", "Network"),
            Some("app.network(x):ip=10.0.0.2")
        );
        assert_eq!(
            named("x").last_value("Container", "Volume"),
            Some("data.volume:/data")
        );
        assert_ne!(named("x").restart_digest(), named("y").restart_digest());
        assert_eq!(named("x").restart_digest(), named("x").restart_digest());
    }

    #[test]
    fn every_kind_has_its_section_and_its_first_podman() {
        for (kind, section, since) in [
            (UnitKind::Container, "Container", (4, 4)),
            (UnitKind::Kube, "Kube", (4, 4)),
            (UnitKind::Network, "Network", (4, 4)),
            (UnitKind::Volume, "Volume", (4, 4)),
            (UnitKind::Image, "Image", (4, 8)),
            (UnitKind::Pod, "Pod", (5, 0)),
            (UnitKind::Build, "Build", (5, 2)),
            (UnitKind::Artifact, "Artifact", (5, 7)),
        ] {
            assert_eq!(quadlet_section(kind), Some(section));
            let since = PodmanVersion::new(since.0, since.1);
            assert_eq!(quadlet_since(kind), Some(since), "{section}");
        }
        assert_eq!(quadlet_section(UnitKind::Service), None);
        assert_eq!(quadlet_since(UnitKind::Service), None);
    }

    #[test]
    fn what_is_built_is_known_by_its_tag() {
        let unit = UnitName::parse("app.build").unwrap();
        let build = Effective::new(&unit, "[Build]\nImageTag=localhost/app\n", &[]);
        assert_eq!(quadlet_resource(&build).as_deref(), Some("localhost/app"));
    }
}
