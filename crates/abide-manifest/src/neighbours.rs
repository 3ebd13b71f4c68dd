//! What people write who know Ansible, Puppet, Chef, Compose or systemctl, and how it is said here.

/// What to write instead of a key, where it is known from elsewhere. `inside` is the struct of the schema.
pub(crate) fn key(inside: &str, key: &str) -> Option<&'static str> {
    let key = key.to_ascii_lowercase().replace('-', "_");
    // `ansible_ssh_host`, `ansible_host` and `ssh_host` are one.
    let bare = ["ansible_ssh_", "ansible_", "ssh_"]
        .iter()
        .find_map(|before| key.strip_prefix(before));
    of_hosts(inside, &key)
        .or_else(|| of_hosts(inside, bare.filter(|_| inside == "Host")?))
        .or_else(|| of_users(inside, &key))
        .or_else(|| of_units(inside, &key))
        .or_else(|| of_files(inside, &key))
        .or_else(|| of_unit_files(inside, &key))
}

fn of_hosts(inside: &str, key: &str) -> Option<&'static str> {
    Some(match (inside, key) {
        ("Host", "user" | "username" | "login" | "login_user" | "remote_user") => {
            "write `connection: {user: …}`; what runs under a user is declared under `users`"
        }
        ("Host", "hostname" | "host_name" | "host" | "ip" | "fqdn") => {
            "write `address: …`, or name the host so in `hosts`"
        }
        // Only with something before it: `port` alone is ours.
        ("Host", "port") => "write `port: …`",
        ("Host", "connection" | "transport") => {
            "this machine is managed by `connection: {via: local}`"
        }
        ("Host" | "Manifest", "become" | "sudo" | "become_user" | "become_method") => {
            "write `connection: {become: auto}`"
        }
        ("Host" | "Manifest" | "Group", "config") => "write `connection: {ssh_config: FILE}`",
        (
            "Host" | "Manifest",
            "identity_file" | "identityfile" | "private_key" | "private_key_file" | "key"
            | "proxy_jump" | "proxyjump" | "common_args" | "extra_args",
        ) => "write it into an ssh configuration, and `connection: {ssh_config: FILE}`",
        ("Connection", "port") => "write `port: …` for the host, under `hosts`",
        ("HostConnection", "port" | "address" | "hostname") => {
            "write `address: …` and `port: …` for the host itself, beside `connection`"
        }
        ("Host", "group" | "roles" | "role" | "tags") => "write `groups: […]`",
        ("Host" | "Group", "files") => "files belong to a user: `users: {NAME: {files: {…}}}`",
        ("Host" | "Group", "variables" | "env" | "environment") => "write `vars: {NAME: TEXT}`",
        ("Host", "name" | "alias") => "the key is the host's name: `hosts: {web1: {…}}`",
        ("Group", "name") => "the key is the group's name: `groups: {web: {…}}`",
        ("Host" | "Group", "lingering" | "enable_linger") => {
            "lingering is declared for a user: `users: {NAME: {linger: true}}`"
        }
        ("Manifest", "tasks" | "roles" | "handlers" | "plays" | "resources" | "steps") => {
            "a manifest says what there is and not what is done: `groups: {all: {users: …, units: …}}`"
        }
        ("Manifest", "servers" | "nodes" | "targets" | "host") => "write `hosts: {NAME: {}}`",
        ("Manifest", "application" | "app" | "project") => "write `name: …`",
        ("Manifest", "variables" | "env" | "environment") => "write `vars: {NAME: TEXT}`",
        ("Manifest", "serial" | "forks" | "strategy") => {
            "write `connection: {parallel: N}`, or `rollout: {batch: …}` for waves"
        }
        ("Manifest", "apiversion" | "kind" | "metadata" | "spec") => {
            "write `version: 1` and `name: …`"
        }
        ("Host" | "Group", "state") => {
            "a host is managed as long as it is declared; `state` is for users and units"
        }
        ("Group", "hosts") => "write `groups: [NAME]` for each of these hosts, under `hosts`",
        ("Group", "children") => "a host lists all its groups: `groups: [a, b]`",
        ("Manifest" | "Group" | "Host" | "User", "services" | "service" | "timers" | "sockets") => {
            "write `units`; the type is the suffix of the name: `units: {app.service: {…}}`"
        }
        ("Manifest", "users" | "units") => {
            "write it for all hosts, `groups: {all: {…}}`, or for one of them"
        }
        ("Manifest", "inventory") => "write `hosts: {NAME: {groups: […]}}`",
        _ => return None,
    })
}

fn of_users(inside: &str, key: &str) -> Option<&'static str> {
    if inside != "User" {
        return None;
    }
    Some(match key {
        "lingering" | "enable_linger" | "enable_lingering" => "write `linger: …`",
        "ensure" | "action" => "write `state: …`",
        "home_dir" | "homedir" | "home_directory" => "write `home: /…`",
        "create_home" | "createhome" | "managehome" | "manage_home" => {
            "the home of a new user is made in any case; `home: /…` says where"
        }
        "remove" | "purge" | "delete_home" => "write `state: absent` and `remove_home: true`",
        "uid_number" | "id" => "write `uid: …`",
        "gid" | "primary_group" => "write `group: NAME`",
        "append" | "membership" => "`groups` are added; abide takes nobody out of a group",
        "gecos" | "description" | "full_name" => "write `comment: …`",
        "login_shell" => "write `shell: /…`",
        "name" | "username" | "user" => "the key is the user's name: `users: {deploy: {…}}`",
        "password"
        | "password_hash"
        | "authorized_keys"
        | "ssh_authorized_keys"
        | "ssh_keys"
        | "generate_ssh_key" => {
            "abide sets no passwords and no keys for logging in; a user's `files` can hold `.ssh/authorized_keys`"
        }
        "sudo" | "become" => "abide gives nobody root; that belongs into sudoers(5)",
        "provider" => "abide knows only the system's own users: leave it out",
        "env" | "environment" => {
            "write `files: {.config/environment.d/app.conf: {content: …}}`, or `Environment=` into a unit file"
        }
        _ => return None,
    })
}

fn of_units(inside: &str, key: &str) -> Option<&'static str> {
    if !matches!(inside, "Unit" | "Instance") {
        return None;
    }
    Some(match key {
        "ensure" | "status" | "running" | "started" | "active" => "write `state: …`",
        "action" | "actions" => "write `state: …`, and `enabled: …` for what a boot does",
        "enable" | "onboot" | "on_boot" | "boot" | "autostart" | "start_on_boot" => {
            "write `enabled: …`"
        }
        "disabled" => "write `enabled: false`",
        "mask" => "write `masked: true`",
        "user" | "scope" | "run_as" | "runs_as" | "service_unit_user" => {
            "a unit of a user's manager is declared under that user: `users: {NAME: {units: …}}`"
        }
        "restart" | "notify" | "reload" | "restarted" | "handlers" | "subscribe" | "subscribes"
        | "watch" => {
            "a changed unit is restarted by itself; `on_change` and `restart_on` say what else is meant, and `Restart=` stands in the unit file"
        }
        "dropins" | "drop_in" | "dropin" | "overrides" | "override" => {
            "write `drop_ins: {10-name.conf: …}`"
        }
        "daemon_reload" | "daemon_reexec" | "triggers_reload" => {
            "this is done where a file changed, and needs no key"
        }
        "name" | "service" | "service_name" | "unit" => {
            "the key is the unit's name: `units: {app.service: {…}}`"
        }
        "provider" | "hasstatus" | "hasrestart" | "supports" | "no_block" => {
            "abide knows systemd only: leave it out"
        }
        "owner" | "group" | "mode" | "permissions" => {
            "a unit file is root's, or its user's, and all may read it: leave it out"
        }
        "dest" | "destination" | "directory" => {
            "where it is installed follows from the unit's name and its user: leave it out"
        }
        "files" => "files belong to a user: `users: {NAME: {files: {…}}}`",
        "timeout" => "write `settle: {timeout: …}`; `TimeoutStartSec=` stands in the unit file",
        _ => return None,
    })
}

fn of_files(inside: &str, key: &str) -> Option<&'static str> {
    Some(match (inside, key) {
        (
            "Unit" | "File" | "DropIn",
            "src" | "file" | "path" | "copy" | "unit_file" | "source_file",
        ) => "write `source: FILE`",
        (
            "Unit" | "File" | "DropIn",
            "text" | "body" | "contents" | "inline" | "data" | "value",
        ) => "write `content: …`",
        ("Unit" | "DropIn", "secret") => {
            "all users of a host can read unit files: put it into a file of the user, `files: {…: {secret: …}}`, and name that in `EnvironmentFile=` or `LoadCredential=`"
        }
        ("File", "dest" | "destination" | "target" | "name") => {
            "the key is the file's path below the user's home"
        }
        ("File", "owner" | "group" | "user") => {
            "a file belongs to the user under whom it is declared"
        }
        ("File", "permissions" | "perms" | "chmod") => "write `mode: \"0600\"`",
        ("File", "state" | "ensure") => {
            "a declared file is there, and one that is declared no more is removed: leave it out"
        }
        ("File", "backup" | "force" | "replace" | "validate") => {
            "leave it out: `abide plan` shows what would be replaced"
        }
        ("Unit" | "File" | "DropIn", "templated" | "erb" | "j2" | "variables" | "vars") => {
            "write `template: true`; variables stand under `vars` of a host, a group or the manifest"
        }
        ("DropIn", "name" | "dest") => {
            "the key is the drop-in's name: `drop_ins: {10-name.conf: …}`"
        }
        _ => return None,
    })
}

/// What Compose, and whoever writes units as keys, says in the manifest, and systemd in the unit file.
fn of_unit_files(inside: &str, key: &str) -> Option<&'static str> {
    const KEYS: [&str; 33] = [
        "after",
        "before",
        "cmd",
        "command",
        "cpu_quota",
        "depends_on",
        "description",
        "entrypoint",
        "env",
        "env_file",
        "environment",
        "environment_file",
        "exec",
        "exec_reload",
        "exec_start",
        "exec_stop",
        "healthcheck",
        "image",
        "install",
        "limits",
        "memory_limit",
        "memory_max",
        "networks",
        "on_calendar",
        "ports",
        "requires",
        "restart_policy",
        "schedule",
        "type",
        "volumes",
        "wanted_by",
        "wants",
        "working_dir",
    ];
    let is_one = KEYS.contains(&key)
        || matches!(
            key,
            "working_directory" | "execstart" | "wantedby" | "unit_content"
        );
    (matches!(inside, "Unit" | "Instance") && is_one).then_some(
        "it stands in the unit file, in systemd's words: `source: FILE`, or `content: |` with `[Service]` and its lines",
    )
}

/// What to write instead of a word, where it is known from elsewhere. `key` is the key whose value it is.
pub(crate) fn word(key: &str, word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    Some(match (key, word.as_str()) {
        ("state", "running" | "active" | "up" | "start" | "run" | "on" | "exited") => {
            "write `started`"
        }
        ("state", "restarted" | "reloaded" | "restart" | "reload") => {
            "write `started`: a unit is restarted where something of it changed, and only then"
        }
        ("state", "inactive" | "dead" | "down" | "stop" | "off" | "failed") => "write `stopped`",
        ("state", "enabled" | "enable") => {
            "write `enabled: true`, and `state: started` if it should run now"
        }
        ("state", "disabled" | "disable") => "write `enabled: false`",
        ("state", "masked") => "write `masked: true`",
        ("state", "present" | "installed") => {
            "write `started`, or `unmanaged` where only its file is to be there"
        }
        ("state", "latest") => "abide installs no packages; write `started` where it should run",
        ("state", "removed" | "deleted" | "purged") => "write `absent`",
        ("on_change", "reload_or_restart" | "reload-or-restart" | "try-restart") => {
            "write `restart` or `reload`"
        }
        ("on_change", "nothing" | "never" | "ignore" | "no") => "write `none`",
        ("become", "root" | "su" | "yes" | "true") => {
            "write `auto`, or the way: `sudo`, `doas` or `run0`"
        }
        _ => return None,
    })
}

/// What to write where the value of a key is of another kind than it should be.
pub(crate) fn value_shape_hint(key: &str) -> Option<&'static str> {
    match key {
        "allow" => Some("write `allow: [W0601: \"the reason\"]`"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_elsewhere_is_said_here_in_other_words() {
        assert_eq!(word("state", "Running"), Some("write `started`"));
        assert_eq!(word("state", "started"), None);
        assert!(key("Host", "hostname").is_some_and(|help| help.contains("address")));
        assert!(key("Host", "ansible-user").is_some_and(|help| help.contains("connection")));
        assert_eq!(key("Host", "units"), None);
        for (port, host, user) in [
            ("ansible_port", "ansible_host", "ansible_user"),
            ("ansible_ssh_port", "ansible_ssh_host", "ansible_ssh_user"),
            ("ssh_port", "ssh_host", "ssh_user"),
        ] {
            assert_eq!(key("Host", port), Some("write `port: …`"), "{port}");
            let says = |word, part: &str| key("Host", word).is_some_and(|help| help.contains(part));
            assert!(says(host, "`address: …`"), "{host}");
            assert!(says(user, "connection"), "{user}");
        }
        for wanted in [
            "ssh_config",
            "IdentityFile",
            "ansible_ssh_private_key_file",
            "ansible_connection",
        ] {
            let help = key("Host", wanted);
            assert!(
                help.is_some_and(|help| help.contains("connection")),
                "{wanted}"
            );
        }
        assert!(key("DropIn", "secret").is_some_and(|help| help.contains("LoadCredential=")));
        assert!(word("state", "latest").is_some());
    }
}
