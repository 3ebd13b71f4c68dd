//! What was found in a manifest, while it is worked on: a diagnostic whose places are still numbers.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{Code, Diagnostic, Severity, printable_text};

use crate::text::{ManifestTexts, TextPlace};

/// One mistake.
#[derive(Debug, Clone)]
pub(crate) struct Mistake {
    pub(crate) code: Code,
    pub(crate) at: TextPlace,
    pub(crate) message: String,
    pub(crate) label: String,
    pub(crate) also: Vec<(TextPlace, String)>,
    pub(crate) help: Option<String>,
}

impl Mistake {
    /// What is wrong, and where.
    pub(crate) fn new(code: Code, at: TextPlace, message: impl Into<String>) -> Self {
        Self {
            code,
            at,
            message: message.into(),
            label: String::new(),
            also: Vec::new(),
            help: None,
        }
    }

    /// What stands at the place.
    #[must_use]
    pub(crate) fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Another place that belongs to it; left out where it is the place itself.
    #[must_use]
    pub(crate) fn with_related_place(mut self, at: TextPlace, label: impl Into<String>) -> Self {
        if at != self.at {
            self.also.push((at, label.into()));
        }
        self
    }

    /// What to write instead.
    #[must_use]
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Said by the code's first letter.
    pub(crate) fn severity(&self) -> Severity {
        if self.code.0.starts_with('E') {
            Severity::Error
        } else {
            Severity::Warning
        }
    }
}

/// More mistakes than this nobody reads, and showing them would take longer than finding them.
const MOST: usize = 300;

/// So many hosts are named of a mistake that some hosts share.
const SHOWN_HOSTS: usize = 5;

/// All mistakes of a run. A declaration that a hundred hosts share is judged a hundred times and told once.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    found: Vec<Mistake>,
    told: BTreeSet<(TextPlace, Code, Vec<TextPlace>)>,
    errors: usize,
    warnings: usize,
    /// The host that is looked at, by its number.
    host: Option<usize>,
    /// On which hosts each was found, where it was on one.
    on: BTreeMap<(TextPlace, Code), BTreeSet<usize>>,
}

impl Findings {
    /// Adds one, unless it is known already.
    pub(crate) fn push(&mut self, finding: Mistake) {
        let severity = finding.severity();
        if let Some(host) = self.host {
            let known =
                self.on.len() < 2 * MOST || self.on.contains_key(&(finding.at, finding.code));
            if known {
                self.on
                    .entry((finding.at, finding.code))
                    .or_default()
                    .insert(host);
            }
        }
        if !self.has_room_for(severity) {
            return;
        }
        let also = finding.also.iter().map(|(at, _)| *at).collect();
        if self.told.insert((finding.at, finding.code, also)) {
            match severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
            }
            self.found.push(finding);
            if !self.has_room_for(severity) {
                self.say_that_there_are_more();
            }
        }
    }

    /// What is found from now on is so of that host.
    pub(crate) fn look_at(&mut self, host: Option<usize>) {
        self.host = host;
    }

    /// What was found of a host is so of another, which is just like it.
    pub(crate) fn same_of(&mut self, like: usize, other: usize) {
        for hosts in self.on.values_mut().filter(|hosts| hosts.contains(&like)) {
            hosts.insert(other);
        }
    }

    /// Names the hosts of what is so of some hosts only of those that share its declaration. `sharing` says how many do, and is
    /// `None` for what a host itself declares.
    pub(crate) fn name_hosts(
        &mut self,
        names: &[&str],
        sharing: impl Fn(&[TextPlace]) -> Option<usize>,
    ) {
        for finding in &mut self.found {
            let Some(hosts) = self.on.get(&(finding.at, finding.code)) else {
                continue;
            };
            let places = std::iter::once(finding.at).chain(finding.also.iter().map(|(at, _)| *at));
            let places: Vec<TextPlace> = places.collect();
            if sharing(&places).is_none_or(|sharing| sharing == hosts.len()) {
                continue;
            }
            let shown = hosts
                .iter()
                .take(SHOWN_HOSTS)
                .filter_map(|host| names.get(*host));
            let shown: Vec<String> = shown.map(|name| name.escape_debug().to_string()).collect();
            let more = hosts.len().saturating_sub(SHOWN_HOSTS);
            let on = match more {
                0 => format!("it is so on {}", shown.join(", ")),
                more => format!("it is so on {} and {more} more hosts", shown.join(", ")),
            };
            finding.help = Some(match finding.help.take() {
                Some(help) => format!("{help}; {on}"),
                None => on,
            });
        }
    }

    /// Whether one more is still told. What looks for many stops when it is not.
    pub(crate) fn has_room_for(&self, severity: Severity) -> bool {
        match severity {
            Severity::Error => self.errors < MOST,
            Severity::Warning => self.warnings < MOST,
        }
    }

    /// Whether there are so many errors that nothing else is looked for.
    pub(crate) fn is_full(&self) -> bool {
        !self.has_room_for(Severity::Error)
    }

    fn say_that_there_are_more(&mut self) {
        if let Some(last) = self.found.last_mut() {
            let so_far = last
                .help
                .take()
                .map_or_else(String::new, |help| format!("{help}; "));
            last.help = Some(format!(
                "{so_far}there are {MOST} of this kind by now, and no more are shown"
            ));
        }
    }

    /// Leaves out what has these codes.
    pub(crate) fn leave_out(&mut self, codes: &BTreeSet<Code>) {
        self.found.retain(|finding| !codes.contains(&finding.code));
    }

    /// Whether the manifest cannot be used.
    pub(crate) fn has_errors(&self) -> bool {
        self.found
            .iter()
            .any(|finding| finding.severity() == Severity::Error)
    }

    /// In the order of their places: manifests first, as they were given. Whatever a manifest says in them, a terminal
    /// may get.
    pub(crate) fn into_diagnostics(mut self, texts: &ManifestTexts) -> Vec<Diagnostic> {
        self.found.sort_by_key(|finding| (finding.at, finding.code));
        let diagnostic = |finding: Mistake| Diagnostic {
            severity: finding.severity(),
            code: finding.code,
            span: texts.span(finding.at),
            message: printable_text(&finding.message),
            label: printable_text(&finding.label),
            also: finding
                .also
                .into_iter()
                .map(|(at, label)| (texts.span(at), printable_text(&label)))
                .collect(),
            help: finding.help.as_deref().map(printable_text),
        };
        self.found.into_iter().map(diagnostic).collect()
    }
}
