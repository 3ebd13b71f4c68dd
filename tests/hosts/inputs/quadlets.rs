//! What Podman reads for quadlets is foreseen as what systemd itself reads is.

use super::foreseen::{Case, compare, declared};
use crate::fleet::{Podman, lacks, skip};
use crate::support::World;

const BOX: &str = "Image=localhost/box:1\nExec=/bin/sleep infinity\nStopSignal=KILL\nNetwork=none";

#[test]
fn what_podman_reads_and_mounts_is_foreseen() {
    let hosts = [("h1", "trixie+podman"), ("h2", "trixie+podman")];
    let Some(world) = World::fitting("inputs-quadlets", &hosts) else {
        return;
    };
    let container = |lines: &str| format!("[Container]\n{BOX}\n{lines}\n");
    let units: Vec<(&str, String, bool)> = vec![
        (
            "envy.container",
            container("EnvironmentFile=there.env"),
            true,
        ),
        (
            "envn.container",
            container("EnvironmentFile=none.env"),
            false,
        ),
        (
            "mounty.container",
            container("Mount=type=bind,source=/srv/q,target=/x"),
            true,
        ),
        (
            "mountn.container",
            container("Mount=type=bind,source=/srv/none,target=/x"),
            false,
        ),
        (
            "tmpfs.container",
            container("Mount=type=tmpfs,target=/x"),
            true,
        ),
        (
            "made.container",
            container("Volume=/srv/made:/x\n[Service]\nExecStartPre=/bin/mkdir -p /srv/made"),
            true,
        ),
        (
            "pren.container",
            container("[Service]\nExecStartPre=/opt/no/x"),
            false,
        ),
        (
            "dirn.container",
            container("[Service]\nWorkingDirectory=/srv/none"),
            false,
        ),
        ("kubey.kube", "[Kube]\nYaml=there.yaml\n".to_owned(), true),
        ("kuben.kube", "[Kube]\nYaml=none.yaml\n".to_owned(), false),
        (
            "mapn.kube",
            "[Kube]\nYaml=map.yaml\nConfigMap=none.map\n".to_owned(),
            false,
        ),
        ("pody.pod", "[Pod]\nVolume=/srv/q:/x\n".to_owned(), true),
        ("podn.pod", "[Pod]\nVolume=/srv/none:/x\n".to_owned(), false),
    ];
    let no_play = lacks("trixie+podman", Podman::KubePlay);
    if let Some(why) = no_play {
        skip(&format!("a `.kube` that starts: {why}"));
    }
    let units: Vec<Case> = units
        .into_iter()
        .filter(|(name, ..)| no_play.is_none() || *name != "kubey.kube")
        .map(|(name, text, starts)| (name.to_owned(), text, starts))
        .collect();
    super::manifest(
        &world,
        "podman",
        &format!("    units: {{{}}}\n", declared(&units)),
    );
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "mkdir -p /srv/q /etc/containers/systemd; cd /etc/containers/systemd; echo A=1 >there.env
             printf 'apiVersion: v1\\nkind: Pod\\nmetadata:\\n  name: kp\\nspec:\\n  containers:\\n  - name: c\\n    image: localhost/box:1\\n    command: [sleep, infinity]\\n' >there.yaml
             sed s/kp/km/ there.yaml >map.yaml",
        );
    }
    compare(&world, &[("root", &units)]);
}
