//! How a host is reached: what the manifest says for all, and the host over it.

use std::time::Duration;

use abide_model::{Become, Connection, HostName, Via};

use super::unit::duration;
use crate::codes;
use crate::finding::{Finding, Findings};
use crate::located::Located;
use crate::precedence::{By, Said};
use crate::schema::connection as written;
use crate::schema::{self, Host};
use crate::settled::Settled;
use crate::work::Work;

/// As `ssh -o ConnectTimeout=` would have it; more than a slow link needs, less than a person waits.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Settles the connection of a host, with what was said of it.
pub(crate) fn connection<'m>(
    name: &'m str,
    host: &'m Located<Host>,
    all: Option<&'m Located<schema::Connection>>,
    work: &mut Work<'_>,
) -> (Connection, Vec<(&'static str, Settled<'m, String>)>) {
    let own = host.value.connection.as_ref().map(|own| &own.value);
    let all = all.map(|all| &all.value);
    let by = By::Host(name);
    let mut said = Vec::new();
    let via = own.and_then(|own| own.via.as_ref()).map(|via| (via, by));
    let via = via.or_else(|| Some((all?.via.as_ref()?, By::Manifest)));
    let r#become = own.and_then(|own| own.r#become.as_ref()).map(|r#become| (r#become, by));
    let r#become = r#become.or_else(|| Some((all?.r#become.as_ref()?, By::Manifest)));
    let mut text = |key, of_own: Option<&'m Located<String>>, of_all: Option<&'m Located<String>>| {
        let value = of_own.map(|value| say(value, by)).or_else(|| Some(say(of_all?, By::Manifest)))?;
        said.push((key, Settled::said(&value, value.value.clone())));
        Some(value)
    };
    let user = text("connection.user", own.and_then(|own| own.user.as_ref()), all.and_then(|all| all.user.as_ref()));
    let timeout = text(
        "connection.connect_timeout",
        own.and_then(|own| own.connect_timeout.as_ref()),
        all.and_then(|all| all.connect_timeout.as_ref()),
    );
    let ssh_config = text(
        "connection.ssh_config",
        own.and_then(|own| own.ssh_config.as_ref()),
        all.and_then(|all| all.ssh_config.as_ref()),
    );
    let address = text("address", host.value.address.as_ref(), None);
    said.extend(via.map(|(via, by)| ("connection.via", shown(via, by))));
    said.extend(r#become.map(|(r#become, by)| ("connection.become", shown(r#become, by))));
    if let Some(port) = &host.value.port {
        said.push(("port", Settled::said(&say(port, by), port.value.to_string())));
    }
    let connection = Connection {
        via: via.map_or(Via::Ssh, |(via, _)| via_of(via.value)),
        address: address.and_then(|address| check_address(address, &mut work.findings)),
        port: host.value.port.as_ref().and_then(|port| check_port(port, &mut work.findings)),
        user: user.and_then(|user| check_user(user, &mut work.findings)),
        r#become: r#become.map_or(Become::Auto, |(r#become, _)| become_of(r#become.value)),
        connect_timeout: duration(timeout, &mut work.findings).map_or(CONNECT_TIMEOUT, |timeout| timeout.value),
        ssh_config: ssh_config
            .and_then(|path| work.library.path(path.located(), &work.texts, &mut work.findings)),
    };
    check_local(&connection, host, work);
    (connection, said)
}

fn say<'m, T>(value: &'m Located<T>, by: By<'m>) -> Said<'m, &'m T> {
    Said {
        value: &value.value,
        at: value.at,
        key: value.key,
        by,
    }
}

fn shown<'m, T: std::fmt::Debug>(value: &'m Located<T>, by: By<'m>) -> Settled<'m, String> {
    let word = format!("{:?}", value.value).to_lowercase();
    Settled::said(&say(value, by), word)
}

fn via_of(via: written::Via) -> Via {
    match via {
        written::Via::Ssh => Via::Ssh,
        written::Via::Local => Via::Local,
    }
}

fn become_of(r#become: written::Become) -> Become {
    match r#become {
        written::Become::Auto => Become::Auto,
        written::Become::Never => Become::Never,
        written::Become::Sudo => Become::Sudo,
        written::Become::Doas => Become::Doas,
        written::Become::Run0 => Become::Run0,
    }
}

/// An address follows the rule of host names: ssh would take a leading `-` for an option.
fn check_address(address: Said<'_, &String>, findings: &mut Findings) -> Option<String> {
    match HostName::parse(address.value) {
        Ok(address) => Some(address.to_string()),
        Err(error) => {
            let message = error.to_string().replace("a host name", "an address");
            findings.push(Finding::new(codes::BAD_VALUE, address.at, message));
            None
        }
    }
}

fn check_port(port: &Located<u16>, findings: &mut Findings) -> Option<u16> {
    if port.value == 0 {
        findings.push(Finding::new(codes::BAD_VALUE, port.at, "a port is a number from 1 to 65535"));
        return None;
    }
    Some(port.value)
}

fn check_user(user: Said<'_, &String>, findings: &mut Findings) -> Option<String> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '@';
    if user.value.is_empty() || user.value.starts_with('-') || user.value.contains(odd) {
        let message = format!("`{}` is not a login user", user.value.escape_debug());
        findings.push(Finding::new(codes::BAD_NAME, user.at, message));
        return None;
    }
    Some(user.value.clone())
}

fn check_local(connection: &Connection, host: &Located<Host>, work: &mut Work<'_>) {
    if connection.via == Via::Ssh {
        return;
    }
    let address = host.value.address.as_ref().map(|address| ("address", address.key));
    let port = host.value.port.as_ref().map(|port| ("port", port.key));
    for (what, key) in address.into_iter().chain(port) {
        let message = format!("`{what}` for this machine, which is reached without ssh");
        work.push(
            Finding::new(codes::LOCAL_WITH_ADDRESS, key, message)
                .help(format!("remove `{what}`, or `via: local`")),
        );
    }
}

/// How a host is reached of which nothing is said.
pub(crate) fn plain() -> Connection {
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
