//! Each change folded, with its diff; the same change of many hosts once, what differs on some of them behind it.

use crate::document::{ChangeStep, Document, RemarkKind, SharedChange};
use crate::groups;
use crate::mark::Mark;
use crate::markdown::Detail;
use crate::markdown::escape::{code, escaped_prose, fenced_block};
use crate::markdown::warnings::{hosts_of_change, name};
use crate::words::count;

/// One section for each resource and what becomes of it.
pub(super) fn sections(document: &Document, detail: Detail) -> Vec<String> {
    let groups = groups::group_changes(&document.changes);
    groups
        .iter()
        .map(|group| group.iter().map(|(_, change)| *change).collect())
        .filter(|group: &Vec<_>| group.iter().any(|change| is_told(change)))
        .map(|group| section(&group, detail))
        .collect()
}

/// What is only refused or unknown is told above the fold; a note alone is not worth a section.
fn is_told(change: &SharedChange) -> bool {
    !change.steps.is_empty()
}

/// Changes come with those of most hosts first: the first is the rule, the others its exceptions.
fn section(group: &[&SharedChange], detail: Detail) -> String {
    let Some((rule, exceptions)) = group.split_first() else {
        return String::new();
    };
    let hosts = group.iter().map(|change| change.hosts.len()).sum();
    let heading = change_heading(rule, hosts);
    if !detail.bodies {
        return format!("{heading}<br>\n");
    }
    let mut text = format!("<details><summary>{heading}</summary>\n\n");
    text.push_str(&change_body(rule, detail));
    if !detail.exceptions && !exceptions.is_empty() {
        let names: Vec<String> = exceptions
            .iter()
            .map(|change| hosts_of_change(change))
            .collect();
        text.push_str(&format!("\nA different change on {}.\n", names.join(", ")));
    } else {
        for change in exceptions {
            text.push_str(&format!("\nBut **{}**:\n\n", hosts_of_change(change)));
            text.push_str(&change_body(change, detail));
        }
    }
    text + "</details>\n"
}

fn change_heading(rule: &SharedChange, hosts: usize) -> String {
    let mut said = vec![format!("<b>{} {}</b>", sign(rule.effect), name(rule))];
    said.push(match hosts {
        1 => escaped_prose(&rule.hosts_text),
        many => count(many, "host"),
    });
    let interruptions = rule.steps.iter().filter(|step| step.interrupts.is_some());
    said.extend(interruptions.map(|step| step.verb.clone()));
    said.join(" · ")
}

fn sign(effect: Mark) -> &'static str {
    match effect {
        Mark::Add => "+",
        Mark::Change => "~",
        Mark::Remove => "-",
        Mark::Interrupt => "↻",
        Mark::Ledger | Mark::Note => "·",
        Mark::Refused => "!",
        Mark::Unknown => "?",
    }
}

fn change_body(change: &SharedChange, detail: Detail) -> String {
    let mut text = String::new();
    if change.hosts.len() > 1 {
        text.push_str(&format!("Hosts: {}\n\n", escaped_prose(&change.hosts_text)));
    }
    for step in &change.steps {
        text.push_str(&of_step(step, detail));
    }
    if let Some(seconds) = change.holds_seconds {
        text.push_str(&format!(
            "Healthy is: up for {seconds} s without a restart.\n\n"
        ));
    }
    for remark in &change.remarks {
        let lead = match remark.kind {
            RemarkKind::Note => "Note",
            _ => "Not done",
        };
        text.push_str(&format!("{lead}: {}\n\n", escaped_prose(&remark.text)));
    }
    text
}

fn of_step(step: &ChangeStep, detail: Detail) -> String {
    let mut text = format!("**{}**", step.verb);
    if !step.object.is_empty() {
        text.push_str(&format!(" {}", code(&step.object)));
    }
    if !step.why.is_empty() {
        text.push_str(&format!(" — {}", escaped_prose(&step.why)));
    }
    text.push_str("\n\n");
    for clause in &step.brings {
        text.push_str(&format!("- {}\n", escaped_prose(clause)));
    }
    if !step.brings.is_empty() {
        text.push('\n');
    }
    let lines = step
        .diff
        .iter()
        .map(String::as_str)
        .filter(|line| detail.context || !line.starts_with(' '));
    text.push_str(&cut(lines.collect(), "diff", detail.lines));
    text
}

/// Lines in a fence, at most so many of them, and how many are missing.
pub(super) fn cut(mut lines: Vec<&str>, language: &str, most: usize) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let left = lines.len().saturating_sub(most);
    lines.truncate(most);
    let text = fenced_block(language, lines);
    match left {
        0 => text + "\n",
        left => format!("{text}\n… and {}.\n\n", count(left, "more line")),
    }
}
