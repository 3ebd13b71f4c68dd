//! The table of `abide hosts`.

use crate::layout::Page;
use crate::options::TextOptions;
use crate::paint::Role;
use crate::text::HostRow;
use crate::words::{count, display_width, one_line, pad_to_width};

const HEADS: [&str; 4] = ["HOST", "ADDRESS", "GROUPS", "SHARD"];

/// A line for each host, and how many there are.
pub(super) fn render(rows: &[HostRow], options: &TextOptions) -> String {
    let mut page = Page::new(options);
    let cells: Vec<[String; 4]> = rows.iter().map(row_cells).collect();
    let heads = HEADS.map(ToOwned::to_owned);
    if !cells.is_empty() {
        let line = lay_out(&heads, &cells, rows);
        page.line(&Role::Quiet.paint_text(&line));
    }
    for row in &cells {
        let line = lay_out(row, &cells, rows);
        page.line(&line);
    }
    page.add_blank_line();
    page.line(&Role::Head.paint_text(&format!("{}.", count(rows.len(), "host"))));
    page.finish()
}

fn row_cells(row: &HostRow) -> [String; 4] {
    let groups = if row.groups.is_empty() {
        "-"
    } else {
        &row.groups
    };
    [
        one_line(&row.host),
        one_line(&row.address),
        one_line(groups),
        row.shard.clone().unwrap_or_default(),
    ]
}

/// A line in the columns of all lines and of their heads; shards only where there are any.
fn lay_out(row: &[String; 4], all: &[[String; 4]], rows: &[HostRow]) -> String {
    let has_shards = rows.iter().any(|row| row.shard.is_some());
    let width = |column: usize| {
        let cells = all.iter().filter_map(|row| row.get(column));
        let head = HEADS.get(column).map_or(0, |head| display_width(head));
        cells
            .map(|cell| display_width(cell))
            .max()
            .unwrap_or(0)
            .max(head)
    };
    let shown = if has_shards { 4 } else { 3 };
    let cells: Vec<String> = row
        .iter()
        .take(shown)
        .enumerate()
        .map(|(column, cell)| pad_to_width(cell, width(column)))
        .collect();
    cells.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::without_styles;

    #[test]
    fn columns_are_aligned_and_shards_are_there_where_asked_for() {
        let row = |host: &str, groups: &str, shard: Option<&str>| HostRow {
            host: host.into(),
            address: "deploy@10.0.0.1 port 2222".into(),
            groups: groups.into(),
            shard: shard.map(Into::into),
        };
        let options = TextOptions::default();
        let text = render(
            &[
                row("web1", "web prod", Some("1/2")),
                row("database1", "", Some("2/2")),
            ],
            &options,
        );
        insta::assert_snapshot!(without_styles(&text), @r"
        HOST       ADDRESS                    GROUPS    SHARD
        web1       deploy@10.0.0.1 port 2222  web prod  1/2
        database1  deploy@10.0.0.1 port 2222  -         2/2

        2 hosts.
        ");
        let text = render(&[row("web1", "", None)], &options);
        assert!(!text.contains("SHARD"), "{text}");
        assert_eq!(without_styles(&render(&[], &options)), "0 hosts.\n");
    }
}
