//! A run as gauges for the textfile collector of Prometheus' node exporter.
//!
//! No timestamps at the samples: the collector would skip the whole file (issues 769 and 1284 of `node_exporter`). Every series that
//! can be there is there, zeros too, so that an alert sees a change and not an absence. Files of several manifests and
//! commands may stand in one directory: the labels `manifest` and `command` keep their series apart.
//! Source of the format: "Exposition formats" of Prometheus' documentation.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use abide_model::HostName;

use crate::document::{Document, HostEntry, ReasonCode, ResourceState};

/// A run as gauges. `earlier` is what the file held before: what a failed run cannot know is kept from there.
pub fn render(document: &Document, earlier: Option<&str>) -> String {
    let earlier = Earlier::read(earlier.unwrap_or_default());
    let mut page = GaugePage {
        text: String::new(),
        run: run_labels(document, &earlier),
    };
    write_run(&mut page, document, &earlier);
    write_hosts(&mut page, document);
    write_drift(&mut page, document);
    write_observed(&mut page, document, &earlier);
    page.text
}

/// Lines of gauges.
struct GaugePage {
    text: String,
    /// The labels that every series has, which keep the series of two files apart.
    run: Vec<(&'static str, String)>,
}

impl GaugePage {
    fn write_gauge_head(&mut self, name: &str, help: &str) {
        // Writing to a text cannot fail.
        let _infallible = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge");
    }

    fn write_sample(&mut self, name: &str, labels: &[(&str, &str)], value: &str) {
        let series = self.series_name(name, labels);
        let _infallible = writeln!(self.text, "{series} {value}");
    }

    fn series_name(&self, name: &str, labels: &[(&str, &str)]) -> String {
        let run = self.run.iter().map(|(key, value)| (*key, value.as_str()));
        let labels: Vec<String> = run
            .chain(labels.iter().copied())
            .map(|(key, value)| format!("{key}=\"{}\"", escaped_label(value)))
            .collect();
        format!("{name}{{{}}}", labels.join(","))
    }
}

/// A label's value: a backslash, a quote and a line end are escaped, everything else may be there.
fn escaped_label(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// What the file held before, by series.
struct Earlier<'t> {
    values: BTreeMap<&'t str, &'t str>,
}

const BUILD: &str = "abide_build_info";
const SUCCESS: &str = "abide_last_success_timestamp_seconds";
const OBSERVED: &str = "abide_host_last_observed_timestamp_seconds";

impl<'t> Earlier<'t> {
    fn read(text: &'t str) -> Self {
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        // A number at the end, or it is not what this module wrote.
        let values = samples
            .filter_map(|line| line.rsplit_once(' '))
            .filter(|(_, value)| value.parse::<f64>().is_ok());
        Self {
            values: values.collect(),
        }
    }

    fn value(&self, series: &str) -> &'t str {
        self.values.get(series).copied().unwrap_or("0")
    }

    /// The manifest's name as the file has it, for a run that could not read its own. It stands escaped in the file;
    /// names of manifests need no escapes, and any other is none.
    fn manifest(&self) -> Option<&'t str> {
        let begin = format!("{BUILD}{{manifest=\"");
        let rest = self
            .values
            .keys()
            .find_map(|series| series.strip_prefix(begin.as_str()))?;
        let (name, _) = rest.split_once('"')?;
        (!name.contains('\\')).then_some(name)
    }
}

fn run_labels(document: &Document, earlier: &Earlier<'_>) -> Vec<(&'static str, String)> {
    let name = document
        .manifest
        .as_ref()
        .map(abide_model::ManifestName::as_str);
    let name = name.or_else(|| earlier.manifest()).unwrap_or_default();
    vec![
        ("manifest", name.to_owned()),
        ("command", document.kind.word().to_owned()),
    ]
}

fn write_run(page: &mut GaugePage, document: &Document, earlier: &Earlier<'_>) {
    let now = document.run.ended.unix_seconds().to_string();
    page.write_gauge_head(BUILD, "The version of abide that wrote this.");
    page.write_sample(BUILD, &[("version", &document.run.abide)], "1");

    let name = "abide_last_run_timestamp_seconds";
    page.write_gauge_head(name, "When the last run ended.");
    page.write_sample(name, &[], &now);

    page.write_gauge_head(
        SUCCESS,
        "When the last run ended that did what it is for; 0: none so far.",
    );
    let series = page.series_name(SUCCESS, &[]);
    let success = match document.exit.is_success() {
        true => &now,
        false => earlier.value(&series),
    };
    page.write_sample(SUCCESS, &[], success);

    let name = "abide_last_run_exit_code";
    page.write_gauge_head(name, "The exit code of the last run.");
    page.write_sample(name, &[], &document.exit.code.to_string());

    let name = "abide_run_duration_seconds";
    page.write_gauge_head(name, "How long the last run took.");
    let millis = document.run.millis;
    let seconds = format!("{}.{:03}", millis / 1000, millis % 1000);
    page.write_sample(name, &[], &seconds);
}

fn write_hosts(page: &mut GaugePage, document: &Document) {
    let name = "abide_hosts";
    page.write_gauge_head(name, "Selected hosts by what came of them.");
    for (state, count) in &document.host_states {
        page.write_sample(name, &[("state", state.word())], &count.to_string());
    }
    let name = "abide_resources";
    page.write_gauge_head(
        name,
        "Resources of all selected hosts by what came of them.",
    );
    for (state, count) in &document.resource_states {
        page.write_sample(name, &[("state", state.word())], &count.to_string());
    }
}

fn write_drift(page: &mut GaugePage, document: &Document) {
    let name = "abide_drift_resources";
    page.write_gauge_head(
        name,
        "Resources that are not as the manifest says, by host and main reason.",
    );
    for host in &document.hosts {
        let counts = drift(host);
        // What nobody could see is neither drift nor the absence of it.
        let codes = ReasonCode::ALL.into_iter();
        for code in codes.filter(|code| *code != ReasonCode::Unobservable) {
            let count = counts.get(&code).copied().unwrap_or(0);
            let labels = [("host", host.host.as_str()), ("reason", code.word())];
            page.write_sample(name, &labels, &count.to_string());
        }
    }
}

fn drift(host: &HostEntry) -> BTreeMap<ReasonCode, usize> {
    let mut counts: BTreeMap<ReasonCode, usize> = BTreeMap::new();
    for resource in &host.resources {
        let differs = !matches!(
            resource.state,
            ResourceState::Clean
                | ResourceState::Changed
                | ResourceState::Suspended
                | ResourceState::Unknown
        );
        if let (true, Some(reason)) = (differs, resource.main_reason()) {
            *counts.entry(reason.code).or_default() += 1;
        }
    }
    counts
}

fn write_observed(page: &mut GaugePage, document: &Document, earlier: &Earlier<'_>) {
    page.write_gauge_head(OBSERVED, "When a host was last observed; 0: never so far.");
    let now = document.run.ended.unix_seconds().to_string();
    for host in &document.hosts {
        let labels = [("host", host.host.as_str())];
        let series = page.series_name(OBSERVED, &labels);
        let seen = match was_observed(host) {
            true => &now,
            false => earlier.value(&series),
        };
        page.write_sample(OBSERVED, &labels, seen);
    }
    if document.failure.is_some() {
        keep_observed(page, earlier);
    }
}

fn was_observed(host: &HostEntry) -> bool {
    host.plan.is_some() || host.facts.is_some()
}

/// A run that selected no host knows nothing of any: what was known is kept.
fn keep_observed(page: &mut GaugePage, earlier: &Earlier<'_>) {
    let own = page.series_name(OBSERVED, &[("host", "")]);
    let own = own.trim_end_matches("\"}");
    for (series, value) in &earlier.values {
        let host = series
            .strip_prefix(own)
            .and_then(|rest| rest.strip_suffix("\"}"));
        if let Some(host) = host.and_then(|host| HostName::parse(host).ok()) {
            page.write_sample(OBSERVED, &[("host", host.as_str())], value);
        }
    }
}

#[cfg(test)]
mod tests;
