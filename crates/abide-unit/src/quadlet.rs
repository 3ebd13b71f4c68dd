//! Podman's quadlets: unit files from which a generator makes services (podman-systemd.unit(5)).

use abide_model::UnitKind;

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
