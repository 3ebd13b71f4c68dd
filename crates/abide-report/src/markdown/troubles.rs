//! Hosts on which an apply went wrong: why, which steps, and the last words of what did not stay up.

use abide_model::HostState;

use crate::document::{Document, HostEntry, RemarkKind};
use crate::markdown::Detail;
use crate::markdown::changes::cut;
use crate::markdown::escape::{code, escaped_prose};

/// A section for each host on which something failed.
pub(super) fn sections(document: &Document, detail: Detail) -> Vec<String> {
    let failed = document
        .hosts
        .iter()
        .filter(|host| host.state == HostState::Failed);
    failed.map(|host| section(host, detail)).collect()
}

fn section(host: &HostEntry, detail: Detail) -> String {
    let reasons: Vec<String> = host
        .reasons
        .iter()
        .map(|reason| escaped_prose(reason))
        .collect();
    let heading = format!(
        "<b>✗ {}</b> · {}",
        code(host.host.as_str()),
        reasons.join("; ")
    );
    if !detail.bodies {
        return format!("{heading}<br>\n");
    }
    let mut text = format!("<details open><summary>{heading}</summary>\n\n");
    for resource in &host.resources {
        let bad = resource.remarks.iter().filter(|remark| {
            matches!(
                remark.kind,
                RemarkKind::Failed | RemarkKind::Restored | RemarkKind::Skipped
            )
        });
        for remark in bad {
            let word = match remark.kind {
                RemarkKind::Failed => "**failed**",
                RemarkKind::Restored => "put back",
                _ => "skipped",
            };
            let name = code(&resource.name);
            text.push_str(&format!(
                "- {name} {word}: {}\n",
                escaped_prose(&remark.text)
            ));
        }
    }
    text.push('\n');
    for unit in &host.failed_units {
        text.push_str(&format!("Journal of {}:\n\n", code(&unit.unit.to_string())));
        let lines = unit.journal.iter().map(String::as_str).collect();
        text.push_str(&cut(lines, "", detail.lines));
    }
    text + "</details>\n"
}
