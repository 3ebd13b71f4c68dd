//! The fleet at a glance: a row for each host, a column for each resource, a sign for how it is there.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{ResourceId, Scope, UserName};

use crate::document::{Document, HostEntry, ResourceEntry, ResourceState};
use crate::hosts;
use crate::html::glyph;
use crate::html::write::Html;
use crate::step;
use crate::words::count;

/// With more hosts than this, those that are alike in everything share a row.
const MOST_ROWS: usize = 150;

/// A column: the system's things first, then each user's account, lingering, units and files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Column<'d> {
    owner: Option<&'d UserName>,
    rank: u8,
    order: String,
    id: &'d str,
    resource: &'d ResourceId,
    /// No other column has its short name.
    is_unique: bool,
}

/// A row: one host, or several that are alike.
struct MatrixRow<'d> {
    hosts: Vec<(usize, &'d HostEntry)>,
}

pub(super) fn write(html: &mut Html, document: &Document) {
    let columns = resource_columns(document);
    if columns.is_empty() {
        return;
    }
    html.write_markup("<section id=\"fleet\" aria-labelledby=\"fleet-title\">\n");
    html.write_markup("<h2 id=\"fleet-title\">Fleet</h2>\n");
    html.write_markup("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"fleet-title\">\n<table>\n");
    write_head(html, &columns);
    html.write_markup("<tbody>\n");
    for row in rows(document) {
        write_row(html, &row, &columns);
    }
    html.write_markup("</tbody>\n</table>\n</div>\n");
    write_legend(html, document);
    html.write_markup("</section>\n");
}

fn resource_columns(document: &Document) -> Vec<Column<'_>> {
    let resources = document.hosts.iter().flat_map(|host| &host.resources);
    let all: BTreeSet<Column<'_>> = resources.map(resource_column).collect();
    let mut columns: Vec<Column<'_>> = all.into_iter().collect();
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for column in &columns {
        *uses.entry(column.short_name()).or_default() += 1;
    }
    for column in &mut columns {
        column.is_unique = uses.get(&column.short_name()) == Some(&1);
    }
    columns
}

fn resource_column(entry: &ResourceEntry) -> Column<'_> {
    let owned = |scope: &'_ Scope| match scope {
        Scope::System => None,
        Scope::User(_) => Some(()),
    };
    let (owner, rank) = match &entry.resource {
        ResourceId::User(user) => (Some(user), 0),
        ResourceId::Linger(user) => (Some(user), 1),
        ResourceId::Manager(scope) => (scope.user(), 2),
        ResourceId::Unit(unit) => (unit.scope.user(), 3),
        ResourceId::File { scope, .. } => (owned(scope).and(scope.user()), 4),
    };
    Column {
        owner,
        rank,
        order: natural_sort_key(&entry.id),
        id: &entry.id,
        resource: &entry.resource,
        is_unique: false,
    }
}

/// A key by which `queue-2` comes before `queue-10`: numbers filled up with zeros.
fn natural_sort_key(text: &str) -> String {
    let mut key = String::new();
    let mut number = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        if !number.is_empty() {
            key.push_str(&format!("{number:0>20}"));
            number.clear();
        }
        key.push(c);
    }
    key
}

impl Column<'_> {
    fn group(&self) -> String {
        match self.owner {
            None => "system".to_owned(),
            Some(user) => format!("user {user}"),
        }
    }

    /// Its name within its group.
    fn name(&self) -> String {
        match self.resource {
            ResourceId::User(_) => "account".to_owned(),
            other => step::title(other),
        }
    }

    /// Its short name where nothing says in which group it is.
    fn standalone_name(&self) -> String {
        match self.is_unique {
            true => self.short_name(),
            false => format!("{} ({})", self.short_name(), self.group()),
        }
    }

    /// The same at the head of a narrow column: most units are services, and of a path the end says most.
    fn short_name(&self) -> String {
        let name = self.name();
        match self.resource {
            ResourceId::Unit(_) => name.trim_end_matches(".service").to_owned(),
            ResourceId::File { path, .. } => path.file_name().to_owned(),
            ResourceId::User(_) | ResourceId::Linger(_) | ResourceId::Manager(_) => name,
        }
    }
}

fn write_head(html: &mut Html, columns: &[Column<'_>]) {
    html.write_markup("<thead>\n<tr class=\"owners\"><td></td>");
    for group in columns.chunk_by(|one, other| one.owner == other.owner) {
        let owner = group.first().map(Column::group).unwrap_or_default();
        let span = group.len().to_string();
        html.open(
            "th",
            &[("colspan", &span), ("scope", "colgroup"), ("title", &owner)],
        );
        html.write_element("span", &[], &owner);
        html.close("th");
    }
    html.write_markup("</tr>\n<tr class=\"names\"><th scope=\"col\">host</th>");
    let mut before: Option<&Column<'_>> = None;
    for column in columns {
        let first = before.is_none_or(|before| before.owner != column.owner);
        let text = format!("{} {}", column.name(), column.group()).to_lowercase();
        html.open(
            "th",
            &[
                ("scope", "col"),
                ("class", if first { "first" } else { "" }),
                ("data-t", &text),
                ("title", &column.name()),
            ],
        );
        html.write_element("span", &[], &column.short_name());
        html.close("th");
        before = Some(column);
    }
    html.write_markup("</tr>\n</thead>\n");
}

/// Hosts that need a look first, then by name; alike ones together where there are very many.
fn rows(document: &Document) -> Vec<MatrixRow<'_>> {
    let mut hosts: Vec<(usize, &HostEntry)> = document.hosts.iter().enumerate().collect();
    hosts.sort_by_cached_key(|(_, host)| {
        (
            glyph::urgency_rank(host.state),
            natural_sort_key(host.host.as_str()),
        )
    });
    if hosts.len() <= MOST_ROWS {
        let alone = hosts
            .into_iter()
            .map(|host| MatrixRow { hosts: vec![host] });
        return alone.collect();
    }
    let mut rows: Vec<MatrixRow<'_>> = Vec::new();
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    for host in hosts {
        let look = look(host.1);
        if let Some(row) = places.get(&look).and_then(|place| rows.get_mut(*place)) {
            row.hosts.push(host);
        } else {
            places.insert(look, rows.len());
            rows.push(MatrixRow { hosts: vec![host] });
        }
    }
    rows
}

/// What two hosts must have in common to share a row.
fn look(host: &HostEntry) -> impl Ord + use<'_> {
    let resources: Vec<_> = host
        .resources
        .iter()
        .map(|one| (&one.id, one.state, &one.changes))
        .collect();
    (glyph::urgency_rank(host.state), &host.reasons, resources)
}

fn write_row(html: &mut Html, row: &MatrixRow<'_>, columns: &[Column<'_>]) {
    let Some((index, host)) = row.hosts.first() else {
        return;
    };
    let names: Vec<&str> = row.hosts.iter().map(|(_, one)| one.host.as_str()).collect();
    let shown = hosts::name_ranges(row.hosts.iter().map(|(_, one)| &one.host));
    html.open(
        "tr",
        &[
            ("data-t", &names.join(" ").to_lowercase()),
            ("data-s", host.state.word()),
            ("data-n", &row.hosts.len().to_string()),
            ("data-rest", &quiet_cells_summary(host)),
            ("class", if host.plan.is_none() { "unseen" } else { "" }),
        ],
    );
    html.write_markup("<th scope=\"row\">");
    html.open("a", &[("href", &format!("#h{index}")), ("title", &shown)]);
    let class = format!("sign s-{}", host.state.word());
    html.write_element(
        "span",
        &[("class", &class), ("aria-hidden", "true")],
        glyph::of_host(host.state),
    );
    html.write_element("span", &[("class", "name")], &shown);
    html.write_element("span", &[("class", "v")], host.state.display_word());
    html.close("a");
    if row.hosts.len() > 1 {
        html.write_element("small", &[], &count(row.hosts.len(), "host"));
    }
    html.write_markup("</th>");
    let by_id: BTreeMap<&str, &ResourceEntry> = host
        .resources
        .iter()
        .map(|resource| (resource.id.as_str(), resource))
        .collect();
    let mut before: Option<&Column<'_>> = None;
    for column in columns {
        let first = before.is_none_or(|before| before.owner != column.owner);
        write_cell(html, column, by_id.get(column.id).copied(), (*index, first));
        before = Some(column);
    }
    html.write_markup("</tr>\n");
}

/// What a narrow screen says in the place of many cells that say nothing.
fn quiet_cells_summary(host: &HostEntry) -> String {
    if host.plan.is_none() {
        return format!("{} not seen", host.resources.len());
    }
    let clean = host
        .resources
        .iter()
        .filter(|resource| resource.state == ResourceState::Clean);
    format!("{} unchanged", clean.count())
}

fn write_cell(
    html: &mut Html,
    column: &Column<'_>,
    entry: Option<&ResourceEntry>,
    (host, first): (usize, bool),
) {
    let Some(entry) = entry else {
        html.write_markup(if first {
            "<td class=\"first\"></td>"
        } else {
            "<td></td>"
        });
        return;
    };
    let class = match entry.effect {
        Some(mark) if entry.state == ResourceState::Pending => {
            format!("s-pending m-{}", step::mark_word(mark))
        }
        _ => format!("s-{}", entry.state.word()),
    };
    let class = if first {
        format!("{class} first")
    } else {
        class
    };
    html.open("td", &[("class", &class), ("data-s", entry.state.word())]);
    if entry.state == ResourceState::Clean {
        html.write_markup("<i aria-hidden=\"true\">·</i><span class=\"v\">unchanged</span>");
    } else {
        let goes_to = match entry.changes.first() {
            Some(change) => format!("#c{change}"),
            None => format!("#h{host}"),
        };
        let label = cell_label(column, entry);
        html.open(
            "a",
            &[
                ("href", &goes_to),
                ("title", &label),
                ("aria-label", &label),
                ("data-name", &column.standalone_name()),
            ],
        );
        html.text(glyph::of_resource(entry));
        html.close("a");
    }
    html.close("td");
}

fn cell_label(column: &Column<'_>, entry: &ResourceEntry) -> String {
    let reasons: Vec<&str> = entry.reasons.iter().map(|one| one.text.as_str()).collect();
    let reasons = match reasons.as_slice() {
        [] => String::new(),
        reasons => format!(": {}", reasons.join("; ")),
    };
    format!(
        "{} ({}) {}{reasons}",
        column.name(),
        column.group(),
        glyph::state_word(entry.state)
    )
}

/// What the signs mean, as far as they occur.
fn write_legend(html: &mut Html, document: &Document) {
    let mut signs: Vec<(String, &'static str, &'static str)> = Vec::new();
    for entry in document.hosts.iter().flat_map(|host| &host.resources) {
        let (class, words) = match (entry.state, entry.effect) {
            (ResourceState::Pending, Some(mark)) => (
                format!("s-pending m-{}", step::mark_word(mark)),
                step::mark_said(mark),
            ),
            (state, _) => (format!("s-{}", state.word()), glyph::state_word(state)),
        };
        signs.push((class, glyph::of_resource(entry), words));
    }
    signs.sort();
    signs.dedup();
    html.write_markup("<ul class=\"legend\" aria-label=\"Signs\">");
    for (class, sign, words) in signs {
        html.write_markup("<li>");
        html.write_element("span", &[("class", &format!("sign {class}"))], sign);
        html.text(words);
        html.write_markup("</li>");
    }
    html.write_markup("</ul>\n");
}
