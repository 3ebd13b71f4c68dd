//! `abide hosts`.

use std::collections::BTreeMap;

use abide_model::{Connection, FleetHost, GroupName, HostName, Shard, Via};
use abide_report::text;
use clap::Args;
use serde::Serialize;

use crate::args::Common;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::load::{LoadedManifest, Warnings};
use crate::select::hosts_of_all_shards;
use crate::shards;
use crate::ui::Ui;

/// Largest matrix that GitHub Actions takes.
const LARGEST: u32 = 256;

/// List the selected hosts: groups, addresses, shards; speaks to none of them
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  abide hosts --group web --exclude web9
  abide hosts --shard 2/5
  abide hosts --json | jq -r '.[].host'
  abide hosts --matrix 20 --json             for a GitHub matrix: [\"1/20\", \"2/20\", ...]")]
pub(crate) struct HostsArgs {
    /// Print a JSON array: the hosts, or with --matrix the shards
    #[arg(long)]
    json: bool,
    /// Part the hosts into N shards, at most 256, and no more than there are hosts
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(LARGEST)), conflicts_with = "shard")]
    matrix: Option<u32>,
}

/// One host, as programs read it.
#[derive(Debug, Serialize)]
struct HostLine<'a> {
    host: &'a HostName,
    via: Via,
    /// Where ssh goes; left out for this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    groups: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<String>,
}

impl HostsArgs {
    pub(crate) fn run(
        &self,
        common: &Common,
        ui: &Ui,
        environment: &Environment,
    ) -> Result<Exit, Failure> {
        let (fleet, ..) =
            LoadedManifest::to_look(common, environment)?.fleet(ui, Warnings::Unsaid)?;
        let selection = &common.selection;
        let mut hosts = hosts_of_all_shards(&fleet, selection)?;
        let count = self.matrix.map(|most| {
            let hosts = u32::try_from(hosts.len()).unwrap_or(u32::MAX);
            most.min(hosts)
        });
        let wanted = count.or(selection.shard.map(|shard| shard.count));
        let of = wanted.map(|count| shards::assign(&fleet, selection, count));
        let of = of.unwrap_or_default();
        if let Some(shard) = selection.shard {
            hosts.retain(|name, _| of.get(name) == Some(&shard));
        }
        let answer = match (self.json, count) {
            (true, Some(count)) => {
                let names: Vec<String> = Shard::all_of(count).map(|one| one.to_string()).collect();
                json(&names)?
            }
            (true, None) => {
                let lines: Vec<HostLine<'_>> = hosts
                    .iter()
                    .map(|(name, host)| line(name, host, of.get(name)))
                    .collect();
                json(&lines)?
            }
            (false, _) => text::hosts(&rows(&hosts, &of), &ui.options),
        };
        ui.print_answer(&answer)?;
        Ok(Exit::Done)
    }
}

/// One line of JSON, as `$GITHUB_OUTPUT` and command substitution take it.
fn json(value: &impl Serialize) -> Result<String, Failure> {
    let text =
        serde_json::to_string(value).map_err(|error| Failure::local_error("the hosts", error))?;
    Ok(format!("{text}\n"))
}

fn line<'a>(name: &'a HostName, host: &'a FleetHost, shard: Option<&Shard>) -> HostLine<'a> {
    let Connection {
        via,
        address,
        port,
        user,
        ..
    } = &host.connection;
    let over_ssh = *via == Via::Ssh;
    HostLine {
        host: name,
        via: *via,
        address: over_ssh.then(|| address.as_deref().unwrap_or(name.as_str())),
        port: *port,
        user: user.as_deref(),
        groups: host.groups.iter().map(GroupName::as_str).collect(),
        shard: shard.map(ToString::to_string),
    }
}

fn rows(
    hosts: &BTreeMap<HostName, FleetHost>,
    of: &BTreeMap<HostName, Shard>,
) -> Vec<text::HostRow> {
    let row = |(name, host): (&HostName, &FleetHost)| {
        let HostLine {
            host: _,
            via: _,
            address,
            port,
            user,
            groups,
            shard,
        } = line(name, host, of.get(name));
        let at = address.map_or_else(
            || "this machine".to_owned(),
            |address| {
                let user = user.map_or_else(String::new, |user| format!("{user}@"));
                let port = port.map_or_else(String::new, |port| format!(" port {port}"));
                format!("{user}{address}{port}")
            },
        );
        text::HostRow {
            host: name.to_string(),
            address: at,
            groups: groups.join(" "),
            shard,
        }
    };
    hosts.iter().map(row).collect()
}
