//! One host: which layers speak of it, and what they come to.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{Connection, GroupName, HostName, UserName};

use super::connection::resolve_connection;
use super::content::Vars;
use super::triggers::{self, Managed};
use super::{defaults, unit, user};
use crate::codes;
use crate::finding::Mistake;
use crate::located::Located;
use crate::merge::WholeManifest;
use crate::precedence::{By, Layer, Said, Stack, by_key};
use crate::schema::ManifestHost;
use crate::settled::{Settled, SettledHost, SettledUser};
use crate::suggest::nearest_name;
use crate::vars::is_name;
use crate::work::Work;

/// A host by itself: its name, its groups, the way to it.
pub(crate) struct Head<'m> {
    pub(crate) name: HostName,
    pub(crate) connection: Connection,
    connection_said: Vec<(&'static str, Settled<'m, String>)>,
    groups: Vec<(&'m str, GroupName)>,
}

impl Head<'_> {
    /// The groups, in the order in which the host lists them: that decides between them.
    pub(crate) fn group_names(&self) -> Vec<GroupName> {
        self.groups.iter().map(|(_, name)| name.clone()).collect()
    }
}

/// Settles a host; `None` where its name is none.
pub(crate) fn host<'m>(
    whole: &'m WholeManifest,
    name: &'m str,
    host: &'m Located<ManifestHost>,
    work: &mut Work<'_>,
) -> Option<SettledHost<'m>> {
    let head = resolve_head(whole, name, host, work)?;
    Some(resolve_body(whole, name, host, head, work))
}

/// The host by itself; `None` where its name is none.
pub(crate) fn resolve_head<'m>(
    whole: &'m WholeManifest,
    name: &'m str,
    host: &'m Located<ManifestHost>,
    work: &mut Work<'_>,
) -> Option<Head<'m>> {
    work.spend_effort(1, host.key);
    let host_name = match HostName::parse(name) {
        Ok(name) => name,
        Err(error) => {
            work.push(
                Mistake::new(codes::BAD_NAME, host.key, error.to_string())
                    .with_help("the key is the ssh destination; another one goes into `address`"),
            );
            return None;
        }
    };
    let (connection, connection_said) =
        resolve_connection(name, host, whole.connection.as_ref(), work);
    let groups = groups(whole, host, work);
    Some(Head {
        name: host_name,
        connection,
        connection_said,
        groups,
    })
}

/// What a host should be.
pub(crate) fn resolve_body<'m>(
    whole: &'m WholeManifest,
    name: &'m str,
    host: &'m Located<ManifestHost>,
    head: Head<'m>,
    work: &mut Work<'_>,
) -> SettledHost<'m> {
    let Head {
        name: host_name,
        connection,
        connection_said,
        groups,
    } = head;
    let own = Layer::of_host(name, &host.value);
    let mut layers = group_layers(whole, groups.iter().map(|(name, _)| *name));
    layers.push(own);
    let mut settled = resolve_layers(whole, &layers, host_name, work);
    settled.connection = connection;
    settled.connection_said = connection_said;
    settled.groups = groups.into_iter().map(|(_, name)| name).collect();
    settled
}

/// What groups say that no host is in, as if a host were in them: their mistakes are told as well.
pub(crate) fn unused_group<'m>(
    whole: &'m WholeManifest,
    name: &'m str,
    work: &mut Work<'_>,
) -> Option<SettledHost<'m>> {
    let layers = group_layers(whole, [name]);
    Some(resolve_layers(
        whole,
        &layers,
        HostName::parse("no-host").ok()?,
        work,
    ))
}

/// `all`, then these groups.
fn group_layers<'m>(
    whole: &'m WholeManifest,
    names: impl IntoIterator<Item = &'m str>,
) -> Vec<Layer<'m>> {
    let others = names.into_iter().filter(|name| *name != GroupName::ALL);
    std::iter::once(GroupName::ALL)
        .chain(others)
        .filter_map(|name| {
            let (name, group) = whole.groups.get_key_value(name)?;
            Some(Layer::of_group(name, &group.value))
        })
        .collect()
}

/// The groups that a host lists and that exist, in its order.
fn groups<'m>(
    whole: &'m WholeManifest,
    host: &'m Located<ManifestHost>,
    work: &mut Work<'_>,
) -> Vec<(&'m str, GroupName)> {
    let mut groups: Vec<(&str, GroupName)> = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for listed in host.value.groups.iter().flat_map(|groups| &groups.value) {
        if work.findings.is_full() {
            break;
        }
        let name = listed.value.as_str();
        let shown = name.escape_debug();
        if name == GroupName::ALL || seen.contains(name) {
            let message = if name == GroupName::ALL {
                "every host is in `all`".to_owned()
            } else {
                format!("group `{shown}` is listed twice")
            };
            work.push(
                Mistake::new(codes::GROUP_LISTED_AGAIN, listed.at, message).with_help("remove it"),
            );
            continue;
        }
        match (whole.groups.contains_key(name), GroupName::parse(name)) {
            (true, Ok(parsed)) => {
                seen.insert(name);
                groups.push((name, parsed));
            }
            (true, Err(_)) => {}
            (false, _) => {
                let finding = Mistake::new(
                    codes::UNKNOWN_GROUP,
                    listed.at,
                    format!("no group `{shown}` is declared"),
                )
                .with_label("unknown group");
                let known = whole.groups.keys().map(String::as_str);
                work.push(
                    match nearest_name(name, known.filter(|known| *known != GroupName::ALL)) {
                        Some(near) => finding.with_help(format!("did you mean `{near}`?")),
                        None => finding
                            .with_help(format!("declare it under `groups`: `{shown}: {{…}}`")),
                    },
                );
            }
        }
    }
    groups
}

fn resolve_layers<'m>(
    whole: &'m WholeManifest,
    layers: &[Layer<'m>],
    name: HostName,
    work: &mut Work<'_>,
) -> SettledHost<'m> {
    for layer in layers {
        let entries = layer.vars.len() + layer.users.len() + layer.units.len();
        work.spend_effort(1 + entries, whole.name.key);
    }
    let vars = resolve_vars(whole, layers, work);
    let values: Vars<'m> = vars
        .iter()
        .map(|(name, said)| (*name, said.value.as_str()))
        .collect();
    let units = by_key(layers.iter().map(|layer| (layer.by, layer.units)));
    let mut units = defaults::settle_units(unit::draft(&units, &values, work));
    let mut users = users(layers, &values, work);
    let mut managed = Managed::default();
    for (name, user) in &users {
        user::add_managed_files(name, user, &mut managed);
    }
    triggers::add(&mut units, None, &managed, &mut work.findings);
    for (name, user) in &mut users {
        triggers::add(&mut user.units, Some(name), &managed, &mut work.findings);
    }
    let linger = Stack::new(
        layers
            .iter()
            .filter_map(|layer| Some((layer.by, layer.linger?))),
    );
    let mut flag = |get: fn(&'m crate::schema::LingerPolicy) -> Option<&'m Located<bool>>| {
        linger.scalar_value(&mut work.findings, |linger| {
            get(linger).map(Located::by_ref)
        })
    };
    SettledHost {
        name,
        groups: Vec::new(),
        connection: super::connection::default_connection(),
        connection_said: Vec::new(),
        exclusive: flag(|linger| linger.exclusive.as_ref()),
        enforce: flag(|linger| linger.enforce.as_ref()),
        vars,
        users,
        units,
    }
}

fn users<'m>(
    layers: &[Layer<'m>],
    vars: &Vars<'m>,
    work: &mut Work<'_>,
) -> BTreeMap<UserName, SettledUser<'m>> {
    let mut users = BTreeMap::new();
    for (name, stack) in &by_key(layers.iter().map(|layer| (layer.by, layer.users))) {
        work.spend_effort(10, stack.key());
        if !work.goes_on() {
            break;
        }
        match UserName::parse(name) {
            Ok(name) => {
                let user = user::user(&name, stack, vars, work);
                users.insert(name, user);
            }
            Err(error) => {
                work.push(
                    Mistake::new(codes::BAD_NAME, stack.key(), error.to_string())
                        .with_label("not a user name"),
                );
            }
        }
    }
    users
}

/// The manifest's variables, then those of each layer.
fn resolve_vars<'m>(
    whole: &'m WholeManifest,
    layers: &[Layer<'m>],
    work: &mut Work<'_>,
) -> BTreeMap<&'m str, Said<'m, &'m String>> {
    let of_layers = layers.iter().map(|layer| (layer.by, layer.vars));
    let stacks = by_key(std::iter::once((By::Manifest, &whole.vars)).chain(of_layers));
    let mut vars = BTreeMap::new();
    for (name, stack) in &stacks {
        if !is_name(name) {
            let message = format!("`{}` is not the name of a variable", name.escape_debug());
            work.push(
                Mistake::new(codes::BAD_NAME, stack.key(), message)
                    .with_help("it starts with a letter or `_`, then letters, digits, `_`"),
            );
            continue;
        }
        vars.extend(stack.text(&mut work.findings).map(|said| (*name, said)));
    }
    vars
}
