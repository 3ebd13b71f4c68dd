//! How names in `[Install]` are written: systemd and Podman take quotes off them.

use std::collections::BTreeSet;

use abide_model::UnitName;
use abide_unit::{Effective, install_links};

use crate::support::World;

/// Texts of `[Install]`, each for a unit of its own.
const TEXTS: [&str; 9] = [
    "WantedBy=\"default.target\"",
    "WantedBy='a.target' \"b.target\"\tc.target",
    "WantedBy=a.tar\"get\"",
    "RequiredBy=\"a.target\"\nWantedBy=''",
    "WantedBy=\"a b.target\" c.target",
    r"WantedBy=a\x2db.target 'c\x2dd.target'",
    "WantedBy=a.target \\\n 'b.target'",
    "WantedBy=\"a.target\nWantedBy=b.target",
    "Alias='n9.service' m9.service",
];

fn links(unit: &str, text: &str) -> BTreeSet<String> {
    let unit = UnitName::parse(unit).expect("a name");
    let effective = Effective::new(&unit, text, &[]);
    let links = install_links(&unit, &effective).into_iter();
    links.map(|link| link.path).collect()
}

#[test]
fn links_for_quoted_names_are_those_that_systemd_makes() {
    let world = World::used();
    for host in ["h1", "h2"] {
        for (number, text) in TEXTS.iter().enumerate() {
            let unit = format!("q{}.service", number + 1);
            let text = format!("[Service]\nExecStart=/bin/true\n[Install]\n{text}\n");
            let script = format!(
                "root=$(mktemp -d); mkdir -p $root/etc/systemd/system; cat >$root/etc/systemd/system/{unit}
                 systemctl --root=$root enable {unit} >&2
                 cd $root/etc/systemd/system; find . -type l | sed 's,^[.]/,,'; rm -r $root"
            );
            let ran =
                world
                    .fleet
                    .exec_with(host, "root", &["/bin/sh", "-c", &script], text.as_bytes());
            let made: BTreeSet<String> = ran.stdout.lines().map(str::to_owned).collect();
            assert_eq!(links(&unit, &text), made, "{host} {text} {}", ran.stderr);
        }
    }
}

#[test]
fn a_unit_whose_targets_are_quoted_is_wanted_by_them() {
    let world = World::used();
    world.manifest(
        "version: 1\nname: quoted-targets\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    units:\n      \
         quoted-targets.service: {state: stopped, content: \"[Service]\\nExecStart=/bin/true\\n[Install]\\n\
         WantedBy='graphical.target' \\\"multi-user.target\\\"\\nAlias=\\\"quoted-alias.service\\\"\\n\"}\n",
    );
    world.converge();
    for host in ["h1", "h2"] {
        let links = world.fleet.sh(
            host,
            "cd /etc/systemd/system; find . -type l -name '*quoted-*' | sort; systemctl is-enabled quoted-targets.service",
        );
        let expected = "./graphical.target.wants/quoted-targets.service\n./multi-user.target.wants/quoted-targets.service\n\
             ./quoted-alias.service\nenabled\n";
        assert_eq!(links, expected, "{host}");
    }
}

#[test]
fn a_quadlet_whose_target_is_quoted_starts_at_boot() {
    let Some(world) = World::fitting("quoted", &[("h1", "trixie+podman")]) else {
        return;
    };
    world
        .file(
            "q.container",
            "[Container]\nImage=localhost/box:1\nNetwork=none\nStopSignal=KILL\nExec=sleep 1000\n[Install]\nWantedBy='default.target'\n",
        )
        .manifest(
            "version: 1\nname: quoted\nhosts:\n  h1:\n    users:\n      quoted:\n        units:\n          \
             q.container: {source: q.container, settle: {for: 0s, timeout: 3m}}\n",
        );
    world.converge();
    let status = world.abide(&["status", "--json"]).stdout.replace(' ', "");
    assert!(status.contains("\"boot\":\"yes\""), "{status}");
    world.fleet.reboot("h1");
    world.wait_until_active("h1", "quoted", "q.service");
    world.assert_converged();
}
