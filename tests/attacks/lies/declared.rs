//! What the manifest says of the liar and of the others, in two states that take turns.

use crate::support::World;

use super::HOSTS;

/// A unit file as it is in a state. Without a start limit: each round restarts it, and rounds are quick on an idle machine.
pub fn service(letter: &str, target: &str) -> String {
    format!(
        "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sleep infinity\nEnvironment=STATE={letter}\n[Install]\nWantedBy={target}\n"
    )
}

/// The manifest's two states: what is written, replaced and removed for each of the three scopes.
pub fn declare(world: &World, letter: &str) {
    let extra = match letter {
        "A" => "          extra.service: {source: units/app.service, settle: {for: 0s}}\n",
        _ => "",
    };
    world.file("units/app.service", &service(letter, "default.target"));
    world.file("units/root.service", &service(letter, "multi-user.target"));
    world.manifest(&format!(
        "version: 1\nname: lies\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    units:\n      root.service: {{source: units/root.service, settle: {{for: 0s}}}}\n    users:\n      alice:\n        units:\n          other.service: {{source: units/app.service, settle: {{for: 0s}}}}\n      mallory:\n        files:\n          app.env: {{content: \"STATE={letter}\"}}\n        units:\n          app.service:\n            source: units/app.service\n            settle: {{for: 0s}}\n            restart_on: [~/app.env]\n            drop_ins: {{10-state.conf: \"[Service]\\nNice={nice}\\n\"}}\n{extra}",
        nice = if letter == "A" { 5 } else { 6 },
    ));
}

/// What nobody declared, or another manifest: a file, a service of the system, a user with a service.
pub fn bystanders(world: &World) {
    world.file(
        "others.yaml",
        "version: 1\nname: others\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n      bob:\n        units:\n          theirs.service:\n            content: \"[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=default.target\\n\"\n",
    );
    world
        .abide(&["apply", "--yes", "-f", "others.yaml"])
        .ends_with(0);
    for host in HOSTS {
        world.fleet.sh(
            host,
            "echo precious >/etc/precious.conf
             printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/audit-victim.service
             systemctl daemon-reload; systemctl enable --now audit-victim.service",
        );
    }
}
