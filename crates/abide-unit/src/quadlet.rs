//! Podman's quadlets: unit files from which a generator makes services (podman-systemd.unit(5)).

use abide_model::{PodmanVersion, UnitKind};

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
        _ => None,
    }
}

/// The first Podman that reads drop-ins of quadlets (`web.container.d/*.conf`); older ones take no notice of them.
/// Source: Podman's release notes.
pub const QUADLET_DROP_INS_SINCE: PodmanVersion = PodmanVersion::new(5, 0);

/// The first Podman that makes template services of template quadlets (`web@.container`). Source: Podman's release
/// notes.
pub const QUADLET_TEMPLATES_SINCE: PodmanVersion = PodmanVersion::new(5, 0);
