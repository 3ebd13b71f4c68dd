//! The table of `abide status`: a line for each unit, made to be read and to be cut with awk.

use crate::findings;
use crate::layout::Page;
use crate::mark::Mark;
use crate::options::{TextOptions, Verbosity};
use crate::paint::Role;
use crate::status::{self, HostLines, HostStatus, Seen, UnitLine, UserLine};
use crate::words::{count, display_width, duration_from_secs, list, one_line, pad_to_width};

const HEADS: [&str; 9] = [
    "HOST", "USER", "LINGER", "UNIT", "STATE", "UP", "RESTARTS", "ENABLED", "BOOT",
];

/// The widest that a column gets; what is longer pushes its own line only.
const WIDEST: usize = 36;

struct Row {
    mark: Mark,
    fine: bool,
    cells: [String; 9],
}

/// The table of `abide status`.
pub(super) fn render(hosts: &[HostStatus<'_>], options: &TextOptions) -> String {
    let mut page = Page::new(options);
    if hosts.is_empty() {
        page.line("No host was selected.");
        return page.finish();
    }
    let lines: Vec<HostLines> = hosts.iter().map(status::lines).collect();
    let rows: Vec<Row> = lines.iter().flat_map(rows).collect();
    let wanted: Vec<&Row> = rows
        .iter()
        .filter(|row| options.verbosity > Verbosity::Quiet || !row.fine)
        .collect();
    write_table(&mut page, &wanted);
    write_troubles(&mut page, &lines);
    write_busy(&mut page, hosts);
    page.add_blank_line();
    page.line(&Role::Head.paint_text(&summary(&lines)));
    page.finish()
}

/// Hosts that somebody changes just now.
fn write_busy(page: &mut Page<'_>, hosts: &[HostStatus<'_>]) {
    for host in hosts {
        let Seen::Observed { observed, .. } = host.seen else {
            continue;
        };
        if let Some(holder) = &observed.lock {
            let name = Role::Head.paint_text(host.desired.host.as_str());
            let text = format!("{name} {}", findings::busy_reason(holder));
            page.add_remark(0, Mark::Note, &text, None);
        }
    }
}

fn write_table(page: &mut Page<'_>, rows: &[&Row]) {
    if rows.is_empty() {
        return;
    }
    let mut widths = HEADS.map(display_width);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = (*width).max(display_width(cell).min(WIDEST));
        }
    }
    let lay_out = |cells: &[String]| {
        let cells: Vec<String> = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| pad_to_width(cell, width))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    let heads = HEADS.map(ToOwned::to_owned);
    page.line(&format!("  {}", Role::Quiet.paint_text(&lay_out(&heads))));
    for row in rows {
        let sign = if row.fine {
            "  ".to_owned()
        } else {
            page.mark(0, row.mark)
        };
        page.line(&format!("{sign}{}", lay_out(&row.cells)));
    }
}

fn rows(host: &HostLines) -> Vec<Row> {
    let mut rows: Vec<Row> = host.units.iter().map(|unit| unit_row(host, unit)).collect();
    let bare = host.users.iter().filter(|user| {
        let name = Some(user.user.as_str());
        !host.units.iter().any(|unit| unit.user.as_deref() == name)
    });
    rows.extend(bare.map(|user| table_row(host, Some(user), None)));
    rows
}

fn unit_row(host: &HostLines, unit: &UnitLine) -> Row {
    let owner = |user: &&UserLine| unit.user.as_deref() == Some(user.user.as_str());
    table_row(host, host.users.iter().find(owner), Some(unit))
}

fn table_row(host: &HostLines, user: Option<&UserLine>, unit: Option<&UnitLine>) -> Row {
    let none = || "-".to_owned();
    let of_unit = |said: fn(&UnitLine) -> Option<String>| unit.and_then(said).unwrap_or_else(none);
    let judged = [
        user.map(|user| user.as_declared),
        unit.map(|unit| unit.as_declared),
    ];
    let mark = match judged {
        [Some(Some(false)), _] | [_, Some(Some(false))] => Mark::Refused,
        _ => Mark::Unknown,
    };
    Row {
        mark,
        fine: judged.iter().flatten().all(|judged| *judged == Some(true)),
        cells: [
            one_line(&host.host),
            user.map_or_else(none, |user| user.user.clone()),
            user.map_or_else(none, linger),
            of_unit(|unit| Some(unit.unit.clone())),
            of_unit(|unit| Some(state(unit))),
            of_unit(|unit| unit.up_seconds.map(duration_from_secs)),
            of_unit(|unit| unit.restarts.map(|n| n.to_string())),
            of_unit(|unit| unit.enabled.clone()),
            of_unit(|unit| unit.boot.as_ref().map(ToString::to_string)),
        ],
    }
}

/// Of what is up the particular state says enough: `running` for `active (running)`.
fn state(unit: &UnitLine) -> String {
    let particular = unit
        .state
        .strip_prefix("active (")
        .and_then(|rest| rest.strip_suffix(')'));
    one_line(particular.unwrap_or(&unit.state))
}

/// A user's lingering in a word or two.
fn linger(user: &UserLine) -> String {
    let word = match (user.present, user.recorded, user.effective) {
        (Some(false), _, _) => "no user",
        (_, Some(true), Some(true)) => "on",
        (_, Some(true), _) => "on, down",
        (_, Some(false), Some(true)) => "off, held",
        (_, Some(false), _) => "off",
        (_, None, _) => "unknown",
    };
    word.to_owned()
}

fn write_troubles(page: &mut Page<'_>, lines: &[HostLines]) {
    page.add_blank_line();
    for host in lines {
        let name = Role::Head.paint_text(&host.host);
        if let Some(reason) = &host.unreachable {
            let text = format!("{name} not observed: {}", one_line(reason));
            let help = host.help.as_deref().map(one_line);
            page.add_remark(0, Mark::Unknown, &text, help.as_deref());
        }
        write_unit_troubles(page, &name, &host.units);
        write_unit_notes(page, &name, &host.units);
        for user in &host.users {
            if let Some(trouble) = &user.trouble {
                let text = format!("{name} user {}: {}", user.user, one_line(trouble));
                let mark = user.as_declared.map_or(Mark::Unknown, |_| Mark::Refused);
                page.add_remark(0, mark, &text, None);
            }
            for note in &user.notes {
                let text = format!("{name} user {}: {}", user.user, one_line(note));
                page.add_remark(0, Mark::Note, &text, None);
            }
        }
        if !host.others.is_empty() {
            let others: Vec<String> = host.others.iter().map(|other| one_line(other)).collect();
            let text = format!("{name} not as declared either: {}", list(&others));
            page.add_remark(0, Mark::Refused, &text, Some("`abide plan` says more"));
        }
        if page.options.verbosity == Verbosity::Verbose {
            write_undeclared(page, &name, &host.undeclared_lingering);
        }
    }
}

/// What is wrong with units, or why nothing is known of them: often the same of all units of a user.
fn write_unit_troubles(page: &mut Page<'_>, host: &str, units: &[UnitLine]) {
    let mut said: Vec<(String, Mark, Vec<&UnitLine>)> = Vec::new();
    for unit in units {
        let Some(trouble) = &unit.trouble else {
            continue;
        };
        let mark = unit.as_declared.map_or(Mark::Unknown, |_| Mark::Refused);
        let same = said.iter_mut().find(|(text, known, of)| {
            let user = of.first().map(|unit| &unit.user);
            text == trouble && *known == mark && user == Some(&unit.user)
        });
        match same {
            Some((_, _, of)) => of.push(unit),
            None => said.push((trouble.clone(), mark, vec![unit])),
        }
    }
    for (text, mark, of) in said {
        let names: Vec<String> = of.iter().map(|unit| one_line(&unit.unit)).collect();
        let whose = match of.first().and_then(|unit| unit.user.as_deref()) {
            Some(user) => format!(" user {user}:"),
            None => String::new(),
        };
        let text = format!("{host}{whose} {}: {}", list(&names), one_line(&text));
        page.add_remark(0, mark, &text, None);
    }
}

/// What stands beside units and was put there by somebody.
fn write_unit_notes(page: &mut Page<'_>, host: &str, units: &[UnitLine]) {
    for unit in units {
        let whose = match &unit.user {
            Some(user) => format!(" user {user}:"),
            None => String::new(),
        };
        for note in &unit.notes {
            let text = format!("{host}{whose} {}: {}", one_line(&unit.unit), one_line(note));
            page.add_remark(0, Mark::Note, &text, None);
        }
    }
}

fn write_undeclared(page: &mut Page<'_>, name: &str, users: &[String]) {
    if !users.is_empty() {
        let users: Vec<String> = users.iter().map(|user| one_line(user)).collect();
        let text = format!(
            "{name} lingering, and not in the manifest: {}",
            list(&users)
        );
        page.add_remark(0, Mark::Note, &text, None);
    }
}

fn summary(lines: &[HostLines]) -> String {
    let units: Vec<&UnitLine> = lines.iter().flat_map(|host| &host.units).collect();
    let seen = lines
        .iter()
        .filter(|host| host.unreachable.is_none())
        .count();
    let of = |wanted: fn(&UnitLine) -> bool| units.iter().filter(|unit| wanted(unit)).count();
    let up = of(|unit| unit.up == Some(true));
    let differ = of(|unit| unit.as_declared == Some(false));
    let unknown = of(|unit| unit.as_declared.is_none());
    let all = format!("{} on {}", count(units.len(), "unit"), count(seen, "host"));
    let mut said = vec![format!("{up} up")];
    if differ > 0 {
        said.push(format!("{differ} not as declared"));
    }
    if unknown > 0 {
        said.push(format!("{unknown} unknown"));
    }
    let unseen = match lines.len() - seen {
        0 => String::new(),
        unseen => format!(" {} could not be observed.", count(unseen, "host")),
    };
    format!("{all}: {}.{unseen}", said.join(", "))
}

#[cfg(test)]
mod tests;
