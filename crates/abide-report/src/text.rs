//! Text for people.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{Diagnostic, HostName, LockHolder, Origin, Report, Suspension, Timestamp};

use crate::ledgers::{LedgersLine, RepairLine, RepairOutcome};
use crate::options::TextOptions;
use crate::status::HostStatus;

mod check;
mod diagnostic;
mod drift;
mod hosts;
mod ledgers;
mod locks;
mod outcome;
mod plan;
mod report;
mod resolved;
mod status;

/// One value of `abide show --resolved HOST`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedRow {
    /// The value's place in the host's resolved manifest: `users.deploy.linger`.
    pub path: String,
    /// The value as a manifest would write it; never a secret.
    pub value: String,
    /// Where it is written; `None`: a default.
    pub origin: Option<Origin>,
    /// Through what it came: `groups.workers`, `hosts.h1`, `default`.
    pub from: String,
}

/// One line of `abide hosts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRow {
    /// Its name.
    pub host: String,
    /// Where it is, as a person would say it: `deploy@10.0.0.1 port 2222`.
    pub address: String,
    /// Its groups, with spaces between them.
    pub groups: String,
    /// Its shard: `2/5`.
    pub shard: Option<String>,
}

/// A plan for one or many hosts: changes grouped across hosts, each with its cause; the summary last.
/// Ends with a newline, as every function here does.
pub fn plan(report: &Report, options: &TextOptions) -> String {
    plan::render(report, options)
}

/// What came of `abide apply`.
pub fn report(report: &Report, options: &TextOptions) -> String {
    report::render(report, options)
}

/// Whether a saved plan, named `plan`, is still what would be planned: the hosts where it is not, each with its reasons.
pub fn check(plan: &str, report: &Report, options: &TextOptions) -> String {
    check::render(plan, report, options)
}

/// The answer of `abide drift`. Empty where `-q` and there is no news.
pub fn drift(report: &Report, options: &TextOptions) -> String {
    drift::render(report, options)
}

/// The answer of `abide lock ls`.
pub fn lock_listing(hosts: &[LockLine<'_>], options: &TextOptions) -> String {
    locks::render(hosts, options)
}

/// What `abide lock ls` says of one host.
#[derive(Debug, Clone)]
pub struct LockLine<'a> {
    /// The host.
    pub host: &'a str,
    /// Its clock.
    pub now: Timestamp,
    /// Who holds its lock.
    pub lock: Option<&'a LockHolder>,
    /// Who held it and was killed.
    pub stale: Option<&'a LockHolder>,
    /// Its suspension, expired or not.
    pub suspended: Option<&'a Suspension>,
    /// Why it could not be observed.
    pub unseen: Option<&'a dyn std::error::Error>,
}

/// The answer of `abide ledger show`.
pub fn ledgers(hosts: &[LedgersLine<'_>], options: &TextOptions) -> String {
    ledgers::render(hosts, options)
}

/// What `abide ledger repair` will do.
pub fn ledger_repair(hosts: &[RepairLine<'_>], options: &TextOptions) -> String {
    ledgers::repair(hosts, options)
}

/// What became of that on one host.
pub fn ledger_repaired(
    line: &RepairLine<'_>,
    outcome: &RepairOutcome,
    options: &TextOptions,
) -> String {
    ledgers::render_repaired(line, outcome, options)
}

/// What came of `abide drift --fix`, on hosts of which these are still not as their manifest says.
pub fn restore_report(
    report: &Report,
    pending: &BTreeSet<HostName>,
    options: &TextOptions,
) -> String {
    report::render_with_pending(report, pending, options)
}

/// The table of `abide status`.
pub fn status(hosts: &[HostStatus<'_>], options: &TextOptions) -> String {
    status::render(hosts, options)
}

/// The table of `abide hosts`.
pub fn hosts(rows: &[HostRow], options: &TextOptions) -> String {
    hosts::render(rows, options)
}

/// Every diagnostic in the manner of rustc, then a summary line and the hint at `abide explain`.
/// `texts` holds the text of every file that a span names, by its name. Empty where there is none.
pub fn diagnostics(
    diagnostics: &[Diagnostic],
    texts: &BTreeMap<String, String>,
    options: &TextOptions,
) -> String {
    diagnostic::render(diagnostics, texts, options)
}

/// The listing of `abide show --resolved HOST`: path, value, and where it comes from.
pub fn resolved_listing(host: &HostName, rows: &[ResolvedRow], options: &TextOptions) -> String {
    resolved::render(host, rows, options)
}

/// The line that says what to do next: each command as it can be typed, first the likeliest.
pub fn next(commands: &[&str]) -> String {
    format!("Next: {}\n", commands.join("  or  "))
}
