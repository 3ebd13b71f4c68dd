//! What OpenSSH 9.2 wrote, captured, and what a person reads of it.

use super::ConnectError;

fn read(log: &str) -> ConnectError {
    ConnectError::read(log.as_bytes())
}

#[test]
fn a_name_without_an_address() {
    let error = read("ssh: Could not resolve hostname web1.invalid: Name or service not known\n");
    assert_eq!(error.to_string(), "the name `web1.invalid` has no address");
}

#[test]
fn a_closed_port() {
    let error = read("ssh: connect to host 192.0.2.11 port 9: Connection refused\r\n");
    assert_eq!(
        error.to_string(),
        "unreachable: connect to host 192.0.2.11 port 9: Connection refused"
    );
}

#[test]
fn a_host_that_does_not_answer() {
    for line in [
        "Connection timed out during banner exchange\nConnection to 192.0.2.99 port 22 timed out",
        "ssh: connect to host 192.0.2.99 port 22: Connection timed out",
        "ssh: connect to host 192.0.2.99 port 22: Operation timed out",
    ] {
        assert!(
            matches!(read(line), ConnectError::TimedOut { .. }),
            "{line}"
        );
    }
}

#[test]
fn a_refused_login_behind_a_banner() {
    let error = read("Welcome!\nKeep out.\nroot@192.0.2.11: Permission denied (publickey).\n");
    assert_eq!(
        error.to_string(),
        "login refused: root@192.0.2.11: Permission denied (publickey)."
    );
}

#[test]
fn an_unknown_host_key() {
    let error = read(
        "No ED25519 host key is known for [192.0.2.11]:2222 and you have requested strict checking.\n\
         Host key verification failed.\n",
    );
    let ConnectError::HostKeyUnknown { host, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(host, "[192.0.2.11]:2222");
    let help = error
        .with_login("ssh -F f web1".to_owned())
        .help_text()
        .unwrap();
    assert!(
        help.contains("known_hosts") && help.contains("`ssh -F f web1`"),
        "{help}"
    );
}

#[test]
fn an_unknown_host_key_that_nobody_could_be_asked_about() {
    let error = read("Host key verification failed.\n");
    assert!(
        matches!(error, ConnectError::HostKeyUnknown { .. }),
        "{error:?}"
    );
}

#[test]
fn a_changed_host_key_names_the_record() {
    let error = read(
        "@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n\
         Add correct host key in /home/ana/.ssh/known_hosts to get rid of this message.\n\
         Offending ED25519 key in /home/ana/.ssh/known_hosts:7\n  remove with:\n\
         Host key for 192.0.2.11 has changed and you have requested strict checking.\n\
         Host key verification failed.\n",
    );
    assert!(error.to_string().contains("/home/ana/.ssh/known_hosts:7"));
    assert!(
        error
            .help_text()
            .unwrap()
            .contains("ssh-keygen -R 192.0.2.11 -f /home/ana/.ssh/known_hosts")
    );
}

#[test]
fn the_jump_host_that_failed_is_named_and_not_its_consequence() {
    let error = read(
        "nobody@192.0.2.12: Permission denied (publickey).\n\
         kex_exchange_identification: Connection closed by remote host\n\
         Connection closed by UNKNOWN port 65535\n",
    );
    assert!(matches!(error, ConnectError::LoginRefused { .. }));
}

#[test]
fn an_unreadable_configuration() {
    for line in [
        "Can't open user config file /nonexistent: No such file or directory",
        "x.conf: line 1: Bad configuration option: bogus\nx.conf: terminating, 1 bad configuration options",
    ] {
        assert!(
            matches!(read(line), ConnectError::Configuration { .. }),
            "{line}"
        );
    }
}

#[test]
fn anything_else_is_said_as_it_is_without_control_characters() {
    assert_eq!(
        read("kex_exchange_identification: \x1b[31mclosed\nConnection closed").to_string(),
        "ssh failed: kex_exchange_identification: \u{FFFD}[31mclosed; Connection closed"
    );
    assert_eq!(read("").to_string(), "ssh failed: it said nothing");
}

#[test]
fn a_revoked_host_key_is_not_one_to_accept() {
    let error = read(
        "@       WARNING: REVOKED HOST KEY DETECTED!               @\n\
         The ED25519 host key for 192.0.2.11 is marked as revoked.\n\
         This could mean that a stolen key is being used to\nimpersonate this host.\n\
         ED25519 host key for 192.0.2.11 was revoked and you have requested strict checking.\n\
         Host key verification failed.\n",
    );
    let ConnectError::HostKeyRevoked { host } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(host, "192.0.2.11");
    assert!(
        !error.help_text().unwrap().contains("accept-new"),
        "{error:?}"
    );
}

#[test]
fn each_way_to_write_a_configuration_wrongly_is_named_as_one() {
    for (said, line) in [
        ("x.conf line 2: unsupported option \"maybe\".", 2),
        ("x.conf line 1: Bad Match condition", 1),
        ("x.conf line 1: Bad SSH2 KexAlgorithms 'frob'.", 1),
        ("x.conf line 1: Bad port '70000'.", 1),
    ] {
        let error = read(&format!(
            "{said}\nx.conf: terminating, 1 bad configuration options\n"
        ));
        assert_eq!(
            error.to_string(),
            format!("ssh does not accept its configuration: {said}"),
            "{line}"
        );
    }
}

#[test]
fn a_proxy_that_failed_is_quoted_and_not_its_consequence() {
    let gone = "kex_exchange_identification: Connection closed by remote host\n\
                Connection closed by UNKNOWN port 65535\n";
    for (said, told) in [
        ("gateway says no\n", "gateway says no"),
        (
            "channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed\n",
            "channel 0: open failed: connect failed: Connection refused",
        ),
        ("", "it ended and said nothing"),
    ] {
        // The master comes first, which says nothing of it.
        let error = read(&format!("{gone}{said}{gone}"));
        assert_eq!(
            error.to_string(),
            format!(
                "there is no way to it through the `ProxyCommand` or `ProxyJump` of ssh_config: {told}"
            )
        );
    }
    let error = read(&format!("Host key verification failed.\n{gone}"));
    assert!(
        matches!(error, ConnectError::HostKeyUnknown { .. }),
        "{error:?}"
    );
}
