//! How a host is reached: what the manifest says for all, and the host over it.

use std::time::Duration;

use abide_model::{Become, Connection, HostName, Via};

use super::here::{self, HereQuestion};
use super::written::read_duration;
use crate::codes;
use crate::finding::{Findings, Mistake};
use crate::located::Located;
use crate::precedence::{By, Said};
use crate::schema::connection as written;
use crate::schema::{self, HostConnection, ManifestHost};
use crate::settled::Settled;
use crate::work::Work;

/// As `ssh -o ConnectTimeout=` would have it; more than a slow link needs, less than a person waits.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What was said of a host, by key, for people.
type SaidOf<'m> = Vec<(&'static str, Settled<'m, String>)>;

/// Settles the connection of a host, with what was said of it.
pub(crate) fn resolve_connection<'m>(
    name: &'m str,
    host: &'m Located<ManifestHost>,
    all: Option<&'m Located<schema::WrittenConnection>>,
    work: &mut Work<'_>,
) -> (Connection, SaidOf<'m>) {
    let both = Both {
        by: By::Host(name),
        own: host.value.connection.as_ref().map(|own| &own.value),
        all: all.map(|all| &all.value),
    };
    let via = both.pick(|own| own.via.as_ref(), |all| all.via.as_ref());
    let r#become = both.pick(|own| own.r#become.as_ref(), |all| all.r#become.as_ref());
    let user = both.pick(|own| own.user.as_ref(), |all| all.user.as_ref());
    let timeout = both.pick(
        |own| own.connect_timeout.as_ref(),
        |all| all.connect_timeout.as_ref(),
    );
    let ssh_config = both.pick(|own| own.ssh_config.as_ref(), |all| all.ssh_config.as_ref());
    let address = host
        .value
        .address
        .as_ref()
        .map(|address| said_by(address, both.by));
    let port = host.value.port.as_ref().map(|port| said_by(port, both.by));
    let mut said = SaidOf::new();
    for (key, text) in [
        ("address", address),
        ("connection.user", user),
        ("connection.ssh_config", ssh_config),
    ] {
        said.extend(text.map(|text| (key, Settled::declared(&text, text.value.clone()))));
    }
    let declared_timeout = timeout.map(|text| Settled::declared(&text, text.value.0.clone()));
    said.extend(declared_timeout.map(|text| ("connection.connect_timeout", text)));
    said.extend(port.map(|port| ("port", Settled::declared(&port, port.value.to_string()))));
    said.extend(via.map(|via| ("connection.via", word(&via))));
    said.extend(r#become.map(|r#become| ("connection.become", word(&r#become))));
    if let Some(path) = &ssh_config {
        here::check(HereQuestion::SshConfig, path.at, work);
    }
    if let Some(via) = &via
        && *via.value == written::WrittenVia::Local
    {
        here::check(HereQuestion::ThisMachine, via.at, work);
    }
    let findings = &mut work.findings;
    let connection = Connection {
        via: via.map_or(Via::Ssh, |via| via_of(*via.value)),
        address: address.and_then(|address| check_address(address, findings)),
        port: port.and_then(|port| check_port(port, findings)),
        user: user.and_then(|user| check_user(user, findings)),
        r#become: r#become.map_or(Become::Auto, |r#become| become_of(*r#become.value)),
        connect_timeout: read_duration(timeout, findings)
            .map_or(CONNECT_TIMEOUT, |timeout| timeout.value),
        ssh_config: ssh_config.and_then(|path| {
            work.library
                .path(path.value_and_place(), &work.texts, findings)
        }),
    };
    check_local(&connection, host, work);
    (connection, said)
}

/// What a host says, over what the manifest says for all.
struct Both<'m> {
    by: By<'m>,
    own: Option<&'m HostConnection>,
    all: Option<&'m schema::WrittenConnection>,
}

impl<'m> Both<'m> {
    fn pick<T>(
        &self,
        of_own: impl Fn(&'m HostConnection) -> Option<&'m Located<T>>,
        of_all: impl Fn(&'m schema::WrittenConnection) -> Option<&'m Located<T>>,
    ) -> Option<Said<'m, &'m T>> {
        let own = self
            .own
            .and_then(of_own)
            .map(|value| said_by(value, self.by));
        own.or_else(|| Some(said_by(of_all(self.all?)?, By::Manifest)))
    }
}

fn said_by<'m, T>(value: &'m Located<T>, by: By<'m>) -> Said<'m, &'m T> {
    Said {
        value: &value.value,
        at: value.at,
        key: value.key,
        by,
    }
}

/// A word as the manifest writes it.
fn word<'m, T: std::fmt::Debug>(said: &Said<'m, &'m T>) -> Settled<'m, String> {
    Settled::declared(said, format!("{:?}", said.value).to_lowercase())
}

fn via_of(via: written::WrittenVia) -> Via {
    match via {
        written::WrittenVia::Ssh => Via::Ssh,
        written::WrittenVia::Local => Via::Local,
    }
}

fn become_of(r#become: written::WrittenBecome) -> Become {
    match r#become {
        written::WrittenBecome::Auto => Become::Auto,
        written::WrittenBecome::Never => Become::Never,
        written::WrittenBecome::Sudo => Become::Sudo,
        written::WrittenBecome::Doas => Become::Doas,
        written::WrittenBecome::Run0 => Become::Run0,
    }
}

/// An address follows the rule of host names: ssh would take a leading `-` for an option.
fn check_address(address: Said<'_, &String>, findings: &mut Findings) -> Option<String> {
    match HostName::parse(address.value) {
        Ok(address) => Some(address.to_string()),
        Err(error) => {
            let message = error.to_string().replace("a host name", "an address");
            findings.push(Mistake::new(codes::BAD_VALUE, address.at, message));
            None
        }
    }
}

fn check_port(port: Said<'_, &u16>, findings: &mut Findings) -> Option<u16> {
    if *port.value == 0 {
        let message = "a port is a number from 1 to 65535";
        findings.push(Mistake::new(codes::BAD_VALUE, port.at, message));
        return None;
    }
    Some(*port.value)
}

fn check_user(user: Said<'_, &String>, findings: &mut Findings) -> Option<String> {
    // Somebody's own ssh_config may hand it to a shell (`ProxyCommand ssh %r@…`, CVE-2023-51385): what ssh(1) itself
    // takes no longer is not taken here either.
    let odd = |c: char| c.is_whitespace() || c.is_control() || "@'`\"\\;&<>|(){}%$".contains(c);
    if user.value.is_empty() || user.value.starts_with('-') || user.value.contains(odd) {
        let message = format!("`{}` is not a login user", user.value.escape_debug());
        findings.push(Mistake::new(codes::BAD_NAME, user.at, message));
        return None;
    }
    Some(user.value.clone())
}

fn check_local(connection: &Connection, host: &Located<ManifestHost>, work: &mut Work<'_>) {
    if connection.via == Via::Ssh {
        return;
    }
    let address = host
        .value
        .address
        .as_ref()
        .map(|address| ("address", address.key));
    let port = host.value.port.as_ref().map(|port| ("port", port.key));
    for (what, key) in address.into_iter().chain(port) {
        let message = format!("`{what}` for this machine, which is reached without ssh");
        work.push(
            Mistake::new(codes::LOCAL_WITH_ADDRESS, key, message)
                .with_help(format!("remove `{what}`, or `via: local`")),
        );
    }
}

/// How a host is reached of which nothing is said.
pub(crate) fn default_connection() -> Connection {
    Connection {
        via: Via::Ssh,
        address: None,
        port: None,
        user: None,
        r#become: Become::Auto,
        connect_timeout: CONNECT_TIMEOUT,
        ssh_config: None,
    }
}
