//! What `ssh_config(5)` says is what happens: keys that it takes are taken, ways that it names are gone, and what comes of
//! none of them is told with its cause.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::World;

/// The hosts, and what their configuration is made of.
struct Ways {
    world: World,
    /// `deploy` logs in with this; nothing is known of keys.
    login: String,
    addresses: [String; 2],
    known: String,
}

impl Ways {
    fn new() -> Self {
        let world = World::used();
        let config = fs::read_to_string(world.fleet.ssh_config()).expect("ssh_config");
        let value = |key: &str, nth: usize| {
            let lines = config.lines().map(str::trim);
            let mut values = lines.filter_map(|line| line.strip_prefix(key));
            values.nth(nth).expect("a value").trim().to_owned()
        };
        let login = format!(
            "User deploy\nIdentityFile {}\nIdentitiesOnly yes\nGlobalKnownHostsFile /dev/null\n",
            value("IdentityFile ", 0)
        );
        world.manifest("version: 1\nname: ways\nhosts: {h1: {}, h2: {}}\n");
        Self {
            login,
            addresses: [value("HostName ", 0), value("HostName ", 1)],
            known: value("UserKnownHostsFile ", 0).trim_matches('"').to_owned(),
            world,
        }
    }

    /// Who is asked, and how: `IP1`, `IP2`, `KNOWN` (the right keys), `NEW` (a file without keys) and `DIR` are filled in.
    fn look(&self, host: &str, config: &str, keys: &str) -> (i32, String) {
        let new = self.world.path("new");
        fs::write(&new, keys).expect("keys");
        let text = format!("{config}\nHost *\n{}", self.login);
        let directory = self.world.path("");
        let text = [
            ("IP1", self.addresses[0].as_str()),
            ("IP2", self.addresses[1].as_str()),
            ("KNOWN", self.known.as_str()),
            ("NEW", new.to_str().expect("a path")),
            (
                "DIR",
                directory.to_str().expect("a path").trim_end_matches('/'),
            ),
        ]
        .iter()
        .fold(text, |text, (name, value)| text.replace(name, value));
        self.world.file("ways.conf", &text);
        let mut command = Command::new(env!("CARGO_BIN_EXE_abide"));
        let output = command
            .args(["lock", "ls", "--host", host, "--ssh-config", "ways.conf"])
            .args(["--connect-timeout", "3s"])
            .current_dir(self.world.path(""))
            .env_remove("SSH_AUTH_SOCK")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .expect("abide starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap_or(-1), said)
    }

    fn keys(&self) -> String {
        fs::read_to_string(&self.known).expect("known_hosts")
    }

    #[track_caller]
    fn reaches(&self, config: &str, keys: &str) {
        for host in ["h1", "h2"] {
            let (code, said) = self.look(host, config, keys);
            assert_eq!(code, 0, "{host} by\n{config}\n{said}");
        }
    }

    #[track_caller]
    fn fails(&self, config: &str, keys: &str, why: &str) {
        for host in ["h1", "h2"] {
            let (code, said) = self.look(host, config, keys);
            assert_eq!(code, 3, "{host} by\n{config}\n{said}");
            assert!(said.contains(why), "no `{why}` by\n{config}\n{said}");
        }
    }
}

const ADDRESSES: &str = "Host h1\nHostName IP1\nHost h2\nHostName IP2\n";

#[test]
fn keys_are_checked_as_ssh_config_says_in_every_place_where_it_can_say_so() {
    let ways = Ways::new();
    ways.world
        .file("taking.conf", "StrictHostKeyChecking accept-new\n");
    let with = |more: &str| format!("{ADDRESSES}{more}");
    for taken in [
        "Host h*\nStrictHostKeyChecking accept-new\nUserKnownHostsFile NEW",
        "Host h1 h2\nStrictHostKeyChecking no\nUserKnownHostsFile NEW",
        "Host *\nStrictHostKeyChecking off\nUserKnownHostsFile /dev/null",
        "Match originalhost h1,h2\nStrictHostKeyChecking accept-new\nUserKnownHostsFile NEW",
        "Match host IP1,IP2\nStrictHostKeyChecking accept-new\nUserKnownHostsFile NEW",
        "Match exec true\nStrictHostKeyChecking=accept-new\nUserKnownHostsFile=NEW",
        "Match final\nStrictHostKeyChecking accept-new\nMatch all\nUserKnownHostsFile NEW",
        "Host *\nUserKnownHostsFile NEW\nInclude DIR/taking.conf",
        "Host *\nUserKnownHostsFile NEW KNOWN",
    ] {
        ways.reaches(&with(taken), "");
    }
    for asked in ["ask", "yes"] {
        let config = with(&format!(
            "Host *\nStrictHostKeyChecking {asked}\nUserKnownHostsFile NEW"
        ));
        ways.fails(&config, "", "its host key is not known");
    }
    ways.fails(&with("Host *\nUserKnownHostsFile NEW"), "", "is not known");
    // By another name, and only by that.
    let named = |name: &str| -> String {
        let lines = ways.keys().lines().map(str::to_owned).collect::<Vec<_>>();
        let rest = lines.iter().filter_map(|line| line.split_once(' '));
        rest.map(|(_, key)| format!("{name} {key}\n")).collect()
    };
    let alias = with("Host *\nHostKeyAlias fleet.example\nUserKnownHostsFile NEW");
    ways.reaches(&alias, &named("fleet.example"));
    ways.fails(&alias, &named("other.example"), "is not known");
    // Another key than the known one, and one that is revoked, are no new ones.
    let changed: String = ways
        .keys()
        .lines()
        .map(|line| {
            let (start, end) = line.split_at(line.len() - 8);
            format!("{start}AAAA{}\n", end.split_at(4).1)
        })
        .collect();
    let revoked: String = ways
        .keys()
        .lines()
        .map(|line| format!("@revoked {line}\n"))
        .collect();
    let taking = with("Host *\nStrictHostKeyChecking accept-new\nUserKnownHostsFile NEW");
    ways.fails(&taking, &changed, "its host key is not the known one");
    ways.fails(&taking, &revoked, "its host key is marked as revoked");
}

#[test]
fn the_way_that_ssh_config_names_is_gone_and_what_failed_on_it_is_told() {
    let ways = Ways::new();
    // Each host is reached through the other one.
    let jump = "Host h1\nHostName IP1\nProxyJump via2\nHost h2\nHostName IP2\nProxyJump via1\nHost via1\nHostName IP1\nHost via2\nHostName IP2\n";
    let known = "Host *\nUserKnownHostsFile KNOWN";
    ways.reaches(&format!("{jump}{known}"), "");
    let first = "Host via*\nStrictHostKeyChecking accept-new\nUserKnownHostsFile NEW\n";
    ways.reaches(&format!("{first}{jump}{known}"), "");
    for (before, why) in [
        (
            "Host via*\nUserKnownHostsFile NEW\n",
            "its host key is not known",
        ),
        (
            "Host h1 h2\nUserKnownHostsFile NEW\n",
            "its host key is not known",
        ),
        ("Host via*\nPort 9\n", "port 9: Connection refused"),
        ("Host via*\nUser nobody\n", "login refused: nobody@"),
        ("Host h1 h2\nUser nobody\n", "login refused: nobody@"),
        ("Host h1 h2\nPort 9\n", "connect failed: Connection refused"),
    ] {
        ways.fails(&format!("{before}{jump}{known}"), "", why);
    }
    let command = |command: &str| format!("Host *\nProxyCommand {command}\n{ADDRESSES}{known}");
    ways.fails(
        &command("sh -c 'echo the gateway is shut >&2; exit 1'"),
        "",
        "of ssh_config: the gateway is shut",
    );
    ways.fails(&command("false"), "", "it ended and said nothing");
    ways.fails(
        &format!("Host *\nPort 9\n{ADDRESSES}{known}"),
        "",
        "unreachable: connect to host",
    );
    for (wrong, why) in [
        ("StrictHostKeyChecking maybe", "unsupported option"),
        ("Match hst h1", "Bad Match condition"),
        ("NoSuchOption yes", "Bad configuration option"),
    ] {
        let config = format!("{wrong}\n{ADDRESSES}{known}");
        ways.fails(&config, "", "ssh does not accept its configuration: ");
        ways.fails(&config, "", why);
    }
    // What is meant for a person's own session is no obstacle.
    ways.reaches(
        &format!(
            "Host *\nRemoteCommand echo hello\nRequestTTY force\nSessionType none\nStdinNull yes\nForkAfterAuthentication yes\nControlMaster auto\nControlPath DIR/cm-%C\nLogLevel QUIET\nLocalForward 18080 localhost:80\nVisualHostKey yes\nSendEnv LANG\nBatchMode no\n{ADDRESSES}{known}"
        ),
        "",
    );
}
