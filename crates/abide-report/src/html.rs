//! A run as one HTML file that needs nothing else: the fleet at a glance, then what changes, then each host.
//!
//! It asks no other place for anything, and its content security policy lets it run only its own style and script. All
//! of it can be read without the script, which filters and opens what a link leads to.

use abide_model::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::document::Document;

mod changes;
mod found;
mod glyph;
mod head;
mod hosts;
mod matrix;
mod write;

use write::Html;

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// A run as an HTML page.
pub fn render(document: &Document) -> String {
    let mut html = Html::default();
    html.write_markup("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.open(
        "meta",
        &[
            ("http-equiv", "Content-Security-Policy"),
            ("content", &policy()),
        ],
    );
    html.write_markup(
        "\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
    );
    html.write_markup("<meta name=\"color-scheme\" content=\"light dark\">\n");
    html.write_markup("<meta name=\"referrer\" content=\"no-referrer\">\n");
    html.write_element("title", &[], &head::title(document));
    html.write_markup("\n<style>");
    html.write_markup(STYLE);
    html.write_markup("</style>\n</head>\n<body>\n");
    html.write_markup("<a class=\"skip\" href=\"#changes\">To the changes</a>\n");
    head::write(&mut html, document);
    html.write_markup("<main>\n");
    matrix::write(&mut html, document);
    found::write(&mut html, document);
    hosts::write_troubled(&mut html, document);
    changes::write(&mut html, document);
    hosts::write(&mut html, document);
    html.write_markup("</main>\n");
    head::write_foot(&mut html, document);
    html.write_markup("<script>");
    html.write_markup(SCRIPT);
    html.write_markup("</script>\n</body>\n</html>\n");
    html.finish()
}

/// Nothing from anywhere; of styles and scripts, just these two by their digests.
fn policy() -> String {
    let digest = |text: &str| STANDARD.encode(Digest::of_bytes(text.as_bytes()).as_bytes());
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

#[cfg(test)]
mod tests;
