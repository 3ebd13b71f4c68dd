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
        .or_else(|| of_users_and_units(inside, &key))
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

fn of_users_and_units(inside: &str, key: &str) -> Option<&'static str> {
    Some(match (inside, key) {
        ("User", "lingering" | "enable_linger") => "write `linger: true`",
        ("User", "ensure") | ("Unit" | "Instance", "ensure" | "status" | "running" | "started") => {
            "write `state: …`"
        }
        ("User", "home_dir" | "homedir" | "create_home" | "home_directory") => "write `home: /…`",
        ("User", "uid_number" | "id") => "write `uid: …`",
        ("Unit" | "Instance", "enable" | "onboot" | "boot" | "autostart") => {
            "write `enabled: true`"
        }
        ("Unit" | "Instance", "mask") => "write `masked: true`",
        ("Unit" | "Instance", "user" | "scope" | "run_as") => {
            "a unit of a user's manager is declared under that user: `users: {NAME: {units: …}}`"
        }
        ("Unit" | "Instance", "restart" | "notify" | "reload" | "restarted" | "handlers") => {
            "a changed unit is restarted by itself; `on_change` and `restart_on` say what else is meant"
        }
        ("Unit" | "Instance", "dropins" | "drop_in" | "dropin" | "overrides" | "override") => {
            "write `drop_ins: {10-name.conf: …}`"
        }
        ("Unit" | "File" | "DropIn", "src" | "file" | "path" | "copy" | "unit_file") => {
            "write `source: FILE`"
        }
        ("Unit" | "File" | "DropIn", "text" | "body" | "contents" | "inline") => {
            "write `content: …`"
        }
        ("Unit" | "DropIn", "secret") => {
            "all users of a host can read unit files: put it into a file of the user, `files: {…: {secret: …}}`, and name that in `EnvironmentFile=` or `LoadCredential=`"
        }
        ("File", "dest" | "target") => "the key is the file's path below the user's home",
        ("File", "owner" | "group") => "a file belongs to the user under whom it is declared",
        ("File", "permissions" | "perms") => "write `mode: \"0600\"`",
        ("Unit" | "File" | "DropIn", "templated" | "erb" | "j2") => "write `template: true`",
        ("Unit" | "Instance", "daemon_reload") => {
            "this is done where a file changed, and needs no key"
        }
        ("Unit" | "Instance", "name") => "the key is the unit's name: `units: {app.service: {…}}`",
        _ => return None,
    })
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
pub(crate) fn shape(key: &str) -> Option<&'static str> {
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
