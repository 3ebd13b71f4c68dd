//! The listing of `abide show --resolved`: each value, and where it came from.

use abide_model::HostName;

use super::ResolvedRow;
use crate::layout::Page;
use crate::options::TextOptions;
use crate::paint::{Role, Symbols};
use crate::words::{cut, display_width, one_line, pad_to_width};

/// Values are padded to a common width up to this, and cut beyond it.
const WIDEST: usize = 44;
/// Paths are padded to a common width up to this.
const LONGEST_PATH: usize = 64;

/// A host's resolved manifest.
pub(super) fn render(host: &HostName, rows: &[ResolvedRow], options: &TextOptions) -> String {
    let mark = Symbols::for_options(options).cut;
    let lines: Vec<(String, String, String)> = rows
        .iter()
        .map(|row| {
            let value = one_line(&row.value);
            let value = if options.full {
                value
            } else {
                cut(&value, WIDEST, mark)
            };
            (one_line(&row.path), value, origin_words(row))
        })
        .collect();
    let widest = |width: fn(&(String, String, String)) -> usize, most: usize| {
        let widths = lines.iter().map(width);
        widths.filter(|width| *width <= most).max().unwrap_or(0)
    };
    let path_width = widest(|(path, _, _)| display_width(path), LONGEST_PATH);
    let value_width = widest(|(_, value, _)| display_width(value), WIDEST);
    let mut page = Page::new(options);
    page.line(&Role::Head.paint_text(host.as_str()));
    for (path, value, from) in &lines {
        let (path, value) = (
            pad_to_width(path, path_width),
            pad_to_width(value, value_width),
        );
        page.line(&format!(
            "  {path}  {value}  {}",
            Role::Quiet.paint_text(from)
        ));
    }
    page.finish()
}

/// `groups.workers, fleet.yaml:12:9`; a default has no place.
fn origin_words(row: &ResolvedRow) -> String {
    let from = one_line(&row.from);
    match &row.origin {
        Some(origin) => format!("{from}, {}", one_line(&origin.to_string())),
        None => from,
    }
}

#[cfg(test)]
mod tests {
    use abide_model::Origin;

    use super::*;
    use crate::sample::{narrow_options, without_styles};

    fn row(path: &str, value: &str, line: Option<u32>, from: &str) -> ResolvedRow {
        let origin = line.map(|line| Origin {
            file: "fleet.yaml".to_owned(),
            line,
            column: 9,
        });
        ResolvedRow {
            path: path.to_owned(),
            value: value.to_owned(),
            origin,
            from: from.to_owned(),
        }
    }

    #[test]
    fn each_value_stands_with_where_it_comes_from() {
        let unit = "users.deploy.units.\"sidekiq.service\"";
        let rows = [
            row("users.deploy.linger", "true", Some(12), "groups.workers"),
            row(&format!("{unit}.state"), "started", None, "default"),
            row(
                &format!("{unit}.content"),
                &"x\u{1b}\n".repeat(90),
                Some(20),
                "hosts.h1",
            ),
        ];
        let said = without_styles(&render(&"h1".parse().unwrap(), &rows, &narrow_options()));
        insta::assert_snapshot!(said, @r##"
    h1
      users.deploy.linger                           true     groups.workers, fleet.yaml:12:9
      users.deploy.units."sidekiq.service".state    started  default
      users.deploy.units."sidekiq.service".content  x� x� x� x� x� x� x� x� x� x� x� x� x� x� x�… (+225 characters)  hosts.h1, fleet.yaml:20:9
    "##);
    }
}
