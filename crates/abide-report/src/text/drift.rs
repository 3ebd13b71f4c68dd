//! The answer of `abide drift`, made for mails of cron: the counts, a line a finding of every host that is not clean,
//! and nothing else.

use abide_model::{
    Drift, DriftClass, Finding, HostDrift, HostOutcome, HostReport, Report, UtcTime,
};

use crate::layout::Page;
use crate::options::{Options, Verbosity};
use crate::paint::Role;
use crate::text::outcome;
use crate::words::{columns, count, duration, one_line, pad};

/// The widest that a column of names gets.
const WIDEST: usize = 30;

struct Line {
    sign: &'static str,
    cells: [String; 3],
}

pub(super) fn render(report: &Report, options: &Options) -> String {
    let mut page = Page::new(options);
    let tally = Tally::of(report);
    let lines: Vec<Line> = report
        .hosts
        .iter()
        .flat_map(|(name, host)| lines(name.as_str(), host))
        .collect();
    if options.verbosity == Verbosity::Quiet && !tally.is_news() {
        return String::new();
    }
    page.line(&Role::Head.paint(&tally.sentence()));
    let widths = [0, 1].map(|column| {
        let cells = lines.iter().filter_map(|line| line.cells.get(column));
        cells
            .map(|cell| columns(cell).min(WIDEST))
            .max()
            .unwrap_or(0)
    });
    for line in &lines {
        let [host, resource, text] = &line.cells;
        let row = match resource.as_str() {
            "" => format!("{}  {}  {text}", line.sign, pad(host, widths[0])),
            _ => format!(
                "{}  {}  {}  {text}",
                line.sign,
                pad(host, widths[0]),
                pad(resource, widths[1])
            ),
        };
        page.line(&row);
    }
    if lines.iter().any(|line| line.sign.contains(['D', 'M'])) {
        page.gap();
        page.line("D: changed on the host since the last apply. M: differs from the manifest.");
    }
    page.finish()
}

/// How many hosts are how.
#[derive(Debug, Default)]
struct Tally {
    all: usize,
    clean: usize,
    right: usize,
    drifted: usize,
    pending: usize,
    unknown: usize,
    suspended: usize,
}

impl Tally {
    fn of(report: &Report) -> Self {
        let mut tally = Self {
            all: report.hosts.len(),
            ..Self::default()
        };
        for host in report.hosts.values() {
            let counter = match &host.outcome {
                HostOutcome::Judged(drift) => match drift.class() {
                    DriftClass::Clean => &mut tally.clean,
                    DriftClass::HandEditedButRight => &mut tally.right,
                    DriftClass::PendingRollout => &mut tally.pending,
                    DriftClass::Drifted => &mut tally.drifted,
                    DriftClass::Unknown => &mut tally.unknown,
                },
                HostOutcome::Suspended { .. } => &mut tally.suspended,
                _ => &mut tally.unknown,
            };
            *counter = counter.saturating_add(1);
        }
        tally
    }

    /// Whether somebody has to hear of it.
    fn is_news(&self) -> bool {
        self.drifted + self.pending + self.unknown > 0
    }

    fn sentence(&self) -> String {
        let parts = [
            (self.clean, "clean"),
            (self.right, "hand-edited but right"),
            (self.drifted, "drifted"),
            (self.pending, "pending rollout"),
            (self.unknown, "unknown"),
            (self.suspended, "suspended"),
        ];
        let said: Vec<String> = parts
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{number} {word}"))
            .collect();
        format!("{}: {}", count(self.all, "host"), said.join(", "))
    }
}

fn lines(name: &str, host: &HostReport) -> Vec<Line> {
    let now = host.facts.as_ref().map(|facts| facts.now);
    let whole = |sign, text: String| {
        vec![Line {
            sign,
            cells: [name.to_owned(), String::new(), text],
        }]
    };
    match &host.outcome {
        HostOutcome::Judged(drift) => judged(name, drift),
        HostOutcome::Suspended { .. } => whole("- ", outcome::sentence(&host.outcome, now)),
        other => whole("? ", outcome::sentence(other, now)),
    }
}

fn judged(name: &str, drift: &HostDrift) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(holder) = drift.busy.as_ref().filter(|_| !drift.resources.is_empty()) {
        let text = format!(
            "{} of {} runs there now: what differs may be its doing",
            one_line(&holder.operation),
            one_line(&holder.who)
        );
        lines.push(Line {
            sign: "? ",
            cells: [name.to_owned(), String::new(), text],
        });
        return lines;
    }
    for one in &drift.resources {
        lines.extend(one.findings.iter().map(|finding| Line {
            sign: one.class.columns(),
            cells: [name.to_owned(), resource(one), said(one.class, finding)],
        }));
    }
    for left in &drift.left {
        lines.push(Line {
            sign: "  ",
            cells: [
                name.to_owned(),
                left.resource.to_string(),
                format!("not restored: {}", one_line(&left.reason)),
            ],
        });
    }
    lines
}

fn resource(drift: &Drift) -> String {
    one_line(&drift.resource.to_string())
}

/// What was found, since when, and by whom as far as there is evidence.
fn said(class: DriftClass, finding: &Finding) -> String {
    let text = one_line(&finding.text);
    let since = finding
        .since
        .map(|at| format!("since {}", UtcTime::from_secs(at.secs())));
    let by = finding
        .by
        .as_ref()
        .map(|by| format!("now owned by {}", one_line(by)));
    let on_host = matches!(class, DriftClass::Drifted | DriftClass::HandEditedButRight);
    let unknown = (on_host && finding.since.is_none() && finding.by.is_none())
        .then(|| "since when: unknown".to_owned());
    let more: Vec<String> = [since, by, unknown].into_iter().flatten().collect();
    match more.as_slice() {
        [] => text,
        more => format!("{text}  ({})", more.join(", ")),
    }
}

/// The locks of hosts, and their suspensions: `abide lock ls`.
pub(super) fn locks(hosts: &[crate::LockLine<'_>], options: &Options) -> String {
    let mut page = Page::new(options);
    let mut held = 0_usize;
    for host in hosts {
        let now = host.now;
        if let Some(holder) = host.lock {
            held = held.saturating_add(1);
            let plan = match one_line(&holder.plan).as_str() {
                "" => String::new(),
                plan => format!(" of {plan}"),
            };
            let url = match one_line(&holder.url).as_str() {
                "" => String::new(),
                url => format!("  {url}"),
            };
            page.line(&format!(
                "{}  {}{plan} by {}, for {}, id {}{url}",
                Role::Head.paint(host.host),
                one_line(&holder.operation),
                one_line(&holder.who),
                duration(now.secs_since(holder.since)),
                one_line(&holder.id),
            ));
        }
        if let Some(holder) = host.stale {
            page.line(&format!(
                "{}  nobody holds the lock; {} of {} was killed, {} ago (id {})",
                Role::Head.paint(host.host),
                one_line(&holder.operation),
                one_line(&holder.who),
                duration(now.secs_since(holder.since)),
                one_line(&holder.id),
            ));
        }
        if let Some(suspension) = host.suspended {
            let text = outcome::suspended(suspension, Some(now));
            let text = if suspension.until > now {
                text
            } else {
                format!("suspension expired; it was {text}")
            };
            page.line(&format!("{}  {text}", Role::Head.paint(host.host)));
        }
        if let Some(why) = host.unseen {
            page.line(&format!(
                "{}  not observed: {}",
                Role::Head.paint(host.host),
                one_line(why)
            ));
        }
    }
    if held == 0 {
        page.line("Nobody holds a lock.");
    }
    page.finish()
}
