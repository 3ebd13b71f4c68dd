//! The keys that Podman knows in a quadlet's own section. It makes no service of a quadlet with another one.
//!
//! Source: `pkg/systemd/quadlet/quadlet.go` of Podman 4.4 to 5.8, of each minor version.

use abide_model::PodmanVersion;

/// The newest Podman whose keys are known here.
pub const QUADLET_KEYS_UNTIL: PodmanVersion = PodmanVersion::new(5, 8);

/// The keys that Podman knows in this section, each with the first version that does. None in a section of which Podman
/// looks at no key (`[Service]`).
pub fn quadlet_keys(section: &str) -> impl Iterator<Item = (&'static str, PodmanVersion)> {
    let of_section = KEYS.iter().filter(move |(known, ..)| *known == section);
    of_section.flat_map(|(_, (major, minor), keys)| {
        let since = PodmanVersion::new(*major, *minor);
        keys.split_whitespace().map(move |key| (key, since))
    })
}

/// By section, and by the version that brought them.
const KEYS: &[(&str, (u32, u32), &str)] = &[
    (
        "Artifact",
        (5, 7),
        "Artifact AuthFile CertDir ContainersConfModule Creds DecryptionKey GlobalArgs PodmanArgs Quiet Retry \
         RetryDelay ServiceName TLSVerify",
    ),
    (
        "Build",
        (5, 2),
        "Annotation Arch AuthFile ContainersConfModule DNS DNSOption DNSSearch Environment File ForceRM \
         GlobalArgs GroupAdd ImageTag Label Network PodmanArgs Pull Secret SetWorkingDirectory TLSVerify \
         Target Variant Volume",
    ),
    ("Build", (5, 3), "ServiceName"),
    ("Build", (5, 5), "Retry RetryDelay"),
    ("Build", (5, 7), "BuildArg IgnoreFile"),
    (
        "Container",
        (4, 4),
        "AddCapability AddDevice Annotation ContainerName DropCapability Environment EnvironmentFile \
         EnvironmentHost Exec ExposeHostPort Group Image Label Network NoNewPrivileges Notify PodmanArgs \
         PublishPort ReadOnly RemapGid RemapUid RemapUidSize RemapUsers RunInit SeccompProfile Timezone User \
         VolatileTmp Volume",
    ),
    (
        "Container",
        (4, 5),
        "HealthCmd HealthInterval HealthOnFailure HealthRetries HealthStartPeriod HealthStartupCmd \
         HealthStartupInterval HealthStartupRetries HealthStartupSuccess HealthStartupTimeout HealthTimeout \
         IP IP6 LogDriver Mount Rootfs Secret SecurityLabelDisable SecurityLabelFileType SecurityLabelLevel \
         SecurityLabelType Tmpfs UserNS",
    ),
    (
        "Container",
        (4, 6),
        "AutoUpdate HostName Mask Pull SecurityLabelNested Sysctl Unmask WorkingDir",
    ),
    (
        "Container",
        (4, 7),
        "DNS DNSOption DNSSearch PidsLimit ShmSize Ulimit",
    ),
    (
        "Container",
        (4, 8),
        "ContainersConfModule GIDMap GlobalArgs ReadOnlyTmpfs SubGIDMap SubUIDMap UIDMap",
    ),
    ("Container", (5, 0), "Entrypoint Pod StopTimeout"),
    ("Container", (5, 1), "GroupAdd"),
    ("Container", (5, 2), "LogOpt NetworkAlias StopSignal"),
    (
        "Container",
        (5, 3),
        "AddHost CgroupsMode HealthLogDestination HealthMaxLogCount HealthMaxLogSize ServiceName StartWithPod",
    ),
    (
        "Container",
        (5, 5),
        "Memory ReloadCmd ReloadSignal Retry RetryDelay",
    ),
    ("Container", (5, 7), "HttpProxy"),
    ("Container", (5, 8), "AppArmor"),
    (
        "Image",
        (4, 8),
        "AllTags Arch AuthFile CertDir ContainersConfModule Creds DecryptionKey GlobalArgs Image ImageTag OS \
         PodmanArgs TLSVerify Variant",
    ),
    ("Image", (5, 3), "ServiceName"),
    ("Image", (5, 5), "Retry RetryDelay"),
    ("Image", (5, 6), "Policy"),
    (
        "Kube",
        (4, 4),
        "ConfigMap Network PublishPort RemapGid RemapUid RemapUidSize RemapUsers Yaml",
    ),
    ("Kube", (4, 5), "LogDriver UserNS"),
    ("Kube", (4, 6), "ExitCodePropagation PodmanArgs"),
    ("Kube", (4, 7), "AutoUpdate SetWorkingDirectory"),
    (
        "Kube",
        (4, 8),
        "ContainersConfModule GlobalArgs KubeDownForce",
    ),
    ("Kube", (5, 2), "LogOpt"),
    ("Kube", (5, 3), "ServiceName"),
    (
        "Network",
        (4, 4),
        "DisableDNS Driver Gateway IPAMDriver IPRange IPv6 Internal Label Options Subnet",
    ),
    ("Network", (4, 6), "PodmanArgs"),
    ("Network", (4, 7), "DNS NetworkName"),
    ("Network", (4, 8), "ContainersConfModule GlobalArgs"),
    ("Network", (5, 3), "ServiceName"),
    ("Network", (5, 5), "NetworkDeleteOnStop"),
    ("Network", (5, 6), "InterfaceName"),
    (
        "Pod",
        (5, 0),
        "ContainersConfModule GlobalArgs Network PodName PodmanArgs PublishPort Volume",
    ),
    ("Pod", (5, 2), "NetworkAlias"),
    (
        "Pod",
        (5, 3),
        "AddHost DNS DNSOption DNSSearch GIDMap IP IP6 RemapGid RemapUid RemapUidSize RemapUsers ServiceName \
         SubGIDMap SubUIDMap UIDMap UserNS",
    ),
    ("Pod", (5, 4), "ShmSize"),
    ("Pod", (5, 5), "HostName"),
    ("Pod", (5, 6), "ExitPolicy Label"),
    ("Pod", (5, 7), "StopTimeout"),
    ("Quadlet", (5, 3), "DefaultDependencies"),
    (
        "Volume",
        (4, 4),
        "Copy Device Group Label Options Type User",
    ),
    ("Volume", (4, 6), "PodmanArgs"),
    ("Volume", (4, 7), "VolumeName"),
    (
        "Volume",
        (4, 8),
        "ContainersConfModule Driver GlobalArgs Image",
    ),
    ("Volume", (5, 3), "ServiceName"),
];
