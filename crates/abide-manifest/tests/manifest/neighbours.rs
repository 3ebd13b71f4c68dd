//! Words of Ansible, Puppet, Chef, Compose, Capistrano and systemctl: each gets a hint that says how it is said here.

use crate::support::{load_text, told};

const UNIT: &str = "hosts: {h1: {units: {a.service: {WRITTEN}}}}";
const USER: &str = "hosts: {h1: {users: {app: {WRITTEN}}}}";
const FILE: &str = "hosts: {h1: {users: {app: {files: {a.conf: {WRITTEN}}}}}}";
const DROP_IN: &str = "hosts: {h1: {units: {a.service: {drop_ins: {a.conf: {WRITTEN}}}}}}";
const HOST: &str = "hosts: {h1: {WRITTEN}}";
const GROUP: &str = "hosts: {h1: {}}\ngroups: {all: {WRITTEN}}";
const POLICY: &str = "hosts: {h1: {}}\npolicy: {WRITTEN}";
const WHOLE: &str = "hosts: {h1: {}}\nWRITTEN";

/// What is written where, and a part of the hint.
const SAID: &[(&str, &str, &str)] = &[
    // Ansible: systemd, systemd_service, service, user, copy, template, file.
    (UNIT, "name: a", "the key is the unit's name"),
    (UNIT, "daemon_reload: true", "needs no key"),
    (UNIT, "daemon_reexec: yes", "needs no key"),
    (UNIT, "scope: user", "is declared under that user"),
    (UNIT, "enable: yes", "`enabled: …`"),
    (UNIT, "no_block: true", "leave it out"),
    (UNIT, "state: restarted", "only then"),
    (UNIT, "state: reloaded", "only then"),
    (UNIT, "enabled: \"true\"", "write `true` without quotes"),
    (UNIT, "enabled: 'false'", "write `false` without quotes"),
    (UNIT, "enabled: yes", "write `true`"),
    (UNIT, "masked: no", "write `false`"),
    (
        UNIT,
        "dest: /etc/systemd/system",
        "follows from the unit's name",
    ),
    (UNIT, "mode: \"0644\"", "all may read it"),
    (UNIT, "owner: root", "all may read it"),
    (UNIT, "notify: restart", "restarted by itself"),
    (USER, "create_home: true", "is made in any case"),
    (USER, "remove: true", "`remove_home: true`"),
    (USER, "append: true", "are added"),
    (USER, "gid: 5", "`group: NAME`"),
    (USER, "name: app", "the key is the user's name"),
    (USER, "password: x", "no passwords"),
    (USER, "lingering: true", "`linger: …`"),
    (USER, "linger: yes", "write `true`"),
    (USER, "linger: \"true\"", "write `true` without quotes"),
    (USER, "linger: enabled", "write `true`"),
    (USER, "env: {A: b}", "environment.d"),
    (USER, "state: created", "write one of"),
    (FILE, "src: a", "`source: FILE`"),
    (FILE, "dest: a", "below the user's home"),
    (FILE, "owner: app", "belongs to the user"),
    (FILE, "group: app", "belongs to the user"),
    (FILE, "mode: 0644", "`\"0644\"`, in quotes"),
    (FILE, "state: file", "leave it out"),
    (FILE, "backup: true", "`abide plan` shows"),
    (HOST, "ansible_host: a", "`address: …`"),
    (HOST, "tags: [a]", "`groups: […]`"),
    (HOST, "env: {A: b}", "`vars: {NAME: TEXT}`"),
    (HOST, "state: present", "for users and units"),
    (HOST, "name: a", "the key is the host's name"),
    (HOST, "lingering: true", "for a user"),
    (GROUP, "state: started", "for users and units"),
    (GROUP, "env: {A: b}", "`vars: {NAME: TEXT}`"),
    (GROUP, "name: all", "the key is the group's name"),
    (WHOLE, "tasks: []", "what there is"),
    (WHOLE, "serial: 2", "`rollout: {batch: …}`"),
    (POLICY, "allow: W0601", "`allow: [W0601: \"the reason\"]`"),
    (POLICY, "allow: true", "`allow: [W0601: \"the reason\"]`"),
    (
        POLICY,
        "allow: {W0601: x}",
        "`allow: [W0601: \"the reason\"]`",
    ),
    (POLICY, "allow: [W0601]", "the reason"),
    (POLICY, "prune: \"true\"", "write `true` without quotes"),
    // Puppet.
    (UNIT, "ensure: running", "`state: …`"),
    (UNIT, "provider: systemd", "leave it out"),
    (UNIT, "hasstatus: true", "leave it out"),
    (UNIT, "subscribe: x", "restarted by itself"),
    (USER, "ensure: present", "`state: …`"),
    (USER, "managehome: true", "is made in any case"),
    (USER, "provider: useradd", "leave it out"),
    (FILE, "ensure: file", "leave it out"),
    // Chef.
    (UNIT, "action: [enable, start]", "`enabled: …`"),
    (UNIT, "service_name: a", "the key is the unit's name"),
    (UNIT, "triggers_reload: true", "needs no key"),
    (USER, "manage_home: true", "is made in any case"),
    (FILE, "variables: {a: b}", "`template: true`"),
    // Compose.
    (
        UNIT,
        "restart: always",
        "`Restart=` stands in the unit file",
    ),
    (UNIT, "image: x", "stands in the unit file"),
    (UNIT, "command: x", "stands in the unit file"),
    (UNIT, "depends_on: [x]", "stands in the unit file"),
    (UNIT, "environment: {A: b}", "stands in the unit file"),
    (UNIT, "env_file: .env", "stands in the unit file"),
    (UNIT, "working_dir: /", "stands in the unit file"),
    (UNIT, "healthcheck: {}", "stands in the unit file"),
    (WHOLE, "services: {}", "write `units`"),
    // Capistrano, and others that name servers.
    (WHOLE, "servers: []", "`hosts: {NAME: {}}`"),
    (WHOLE, "application: a", "`name: …`"),
    (WHOLE, "roles: []", "what there is"),
    (HOST, "roles: [app]", "`groups: […]`"),
    (
        UNIT,
        "service_unit_user: user",
        "is declared under that user",
    ),
    // systemctl and unit files.
    (UNIT, "state: enabled", "`enabled: true`"),
    (UNIT, "state: active", "write `started`"),
    (UNIT, "state: running", "write `started`"),
    (UNIT, "state: present", "`unmanaged`"),
    (UNIT, "wanted_by: x", "stands in the unit file"),
    (UNIT, "ExecStart: x", "stands in the unit file"),
    (UNIT, "after: [x]", "stands in the unit file"),
    (UNIT, "timeout: 5s", "`settle: {timeout: …}`"),
    (UNIT, "override: x", "`drop_ins:"),
    (UNIT, "on_change: never", "write `none`"),
    (DROP_IN, "contents: x", "`content: …`"),
    (DROP_IN, "path: x", "`source: FILE`"),
    (DROP_IN, "secret: {env: X}", "LoadCredential="),
];

#[test]
fn each_word_of_a_neighbour_gets_its_hint() {
    let mut wrong = Vec::new();
    for (place, written, hint) in SAID {
        let manifest = format!(
            "version: 1\nname: n\n{}\n",
            place.replace("WRITTEN", written)
        );
        let told = told(&load_text(&manifest));
        let helps: Vec<&str> = told
            .lines()
            .filter_map(|line| line.trim().strip_prefix("help: "))
            .collect();
        if !helps.iter().any(|help| help.contains(hint)) {
            wrong.push(format!("{written}: no `{hint}` in\n{told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
