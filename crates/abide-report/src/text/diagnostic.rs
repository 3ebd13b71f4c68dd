//! Diagnostics in the manner of rustc: the message, the place, the line itself, what to write instead.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use abide_model::{Diagnostic, Severity, Span, printable_text};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::options::TextOptions;
use crate::paint::Role;
use crate::words::{count, one_line};

/// Of a text that is longer, in bytes, only the line is shown.
const LARGE: usize = 64 << 10;
/// A line that is longer, in bytes, is not shown.
const LONG_LINE: usize = 2000;

/// Every diagnostic by its place, then the count and the way to learn more.
pub(super) fn render(
    diagnostics: &[Diagnostic],
    texts: &BTreeMap<String, String>,
    options: &TextOptions,
) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let decor = if options.unicode {
        DecorStyle::Unicode
    } else {
        DecorStyle::Ascii
    };
    let renderer = Renderer::styled()
        .decor_style(decor)
        .term_width(options.width);
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| (&diagnostic.span, diagnostic.code));
    let texts: BTreeMap<String, String> = texts
        .iter()
        .map(|(name, text)| (name.clone(), visible_text(text)))
        .collect();
    let mut out = String::new();
    for alike in group_alike(&sorted) {
        let Some((first, others)) = alike.split_first() else {
            continue;
        };
        let others = (!others.is_empty()).then(|| elsewhere_too(first, others));
        let mut group = group(first, &texts);
        if let Some(others) = &others {
            group = group.element(Level::NOTE.message(others.as_str()));
        }
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    out.push_str(&summary(diagnostics));
    out
}

/// From so many on, mistakes of one kind and the same words are shown once: thirty hosts in a group that there is not are
/// one mistake to whoever made it.
const ALIKE: usize = 4;
/// Of so many other places the lines are named.
const MOST_PLACES: usize = 12;

/// Those that say the same of different places, together where they are many; each group at its first place.
fn group_alike<'a>(sorted: &[&'a Diagnostic]) -> Vec<Vec<&'a Diagnostic>> {
    let words = |d: &Diagnostic| (d.code, d.message.clone(), d.label.clone(), d.help.clone());
    let mut by_words: BTreeMap<_, Vec<&'a Diagnostic>> = BTreeMap::new();
    for diagnostic in sorted {
        by_words
            .entry(words(diagnostic))
            .or_default()
            .push(diagnostic);
    }
    let mut groups: Vec<Vec<&'a Diagnostic>> = Vec::new();
    for alike in by_words.into_values() {
        if alike.len() >= ALIKE {
            groups.push(alike);
        } else {
            groups.extend(alike.into_iter().map(|one| vec![one]));
        }
    }
    groups.sort_by_key(|alike| alike.first().map(|first| (&first.span, first.code)));
    groups
}

/// `the same at 29 more places, lines 5, 6, 7 and 26 more`.
fn elsewhere_too(first: &Diagnostic, others: &[&Diagnostic]) -> String {
    let file = &first.span.origin.file;
    let place = |other: &&Diagnostic| {
        let origin = &other.span.origin;
        match origin.file == *file {
            true => origin.line.to_string(),
            false => format!("{}:{}", one_line(&origin.file), origin.line),
        }
    };
    let mut places: Vec<String> = others.iter().map(place).collect();
    places.dedup();
    let rest = places.len().saturating_sub(MOST_PLACES);
    places.truncate(MOST_PLACES);
    let more = match rest {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    let how_many = count(others.len(), "more place");
    format!("the same at {how_many}, lines {}{more}", places.join(", "))
}

fn group<'a>(diagnostic: &'a Diagnostic, texts: &'a BTreeMap<String, String>) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(one_line(&diagnostic.message))
        .id(diagnostic.code.0);
    let mut group = add_main_place(Group::with_title(title), diagnostic, texts);
    for (span, label) in &diagnostic.also {
        if span.origin.file != diagnostic.span.origin.file {
            group = add_other_place(group, span, label, texts);
        }
    }
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(one_line(help))),
        None => group,
    }
}

/// The main place, with the other places of the same file in one snippet.
fn add_main_place<'a>(
    group: Group<'a>,
    diagnostic: &'a Diagnostic,
    texts: &'a BTreeMap<String, String>,
) -> Group<'a> {
    let file = &diagnostic.span.origin.file;
    let Some(text) = texts.get(file) else {
        return group.element(bare_origin(&diagnostic.span));
    };
    if text.len() > LARGE {
        return in_large(group, diagnostic, text);
    }
    let main = AnnotationKind::Primary
        .span(range_in_text(&diagnostic.span, text))
        .label(label_if_any(&diagnostic.label));
    let also = diagnostic
        .also
        .iter()
        .filter(|(span, _)| span.origin.file == *file)
        .map(|(span, label)| {
            AnnotationKind::Context
                .span(range_in_text(span, text))
                .label(label_if_any(label))
        });
    let snippet = Snippet::source(text.as_str()).path(one_line(file));
    group.element(snippet.annotation(main).annotations(also))
}

/// The main place in a large text, with no more of it than the line: what lays a text out looks at all of it, each time.
fn in_large<'a>(group: Group<'a>, diagnostic: &'a Diagnostic, text: &'a str) -> Group<'a> {
    let span = &diagnostic.span;
    let Range { start, end } = range_in_text(span, text);
    let (before, behind) = text.split_at_checked(start).unwrap_or((text, ""));
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line_end = behind.find('\n').map_or(text.len(), |at| start + at);
    let line = text.get(line_start..line_end).unwrap_or_default();
    if line.len() > LONG_LINE {
        return group.element(bare_origin(span));
    }
    let marked = start - line_start..end.clamp(start, line_end) - line_start;
    let number = usize::try_from(span.origin.line).unwrap_or(1);
    let main = AnnotationKind::Primary
        .span(marked)
        .label(label_if_any(&diagnostic.label));
    let snippet = Snippet::source(line).line_start(number);
    let path = one_line(&span.origin.file);
    group.element(snippet.path(path).annotation(main))
}

fn add_other_place<'a>(
    group: Group<'a>,
    span: &'a Span,
    label: &'a str,
    texts: &'a BTreeMap<String, String>,
) -> Group<'a> {
    let Some(text) = texts.get(&span.origin.file) else {
        return group.element(bare_origin(span));
    };
    if text.len() > LARGE {
        return group.element(bare_origin(span));
    }
    let annotation = AnnotationKind::Context
        .span(range_in_text(span, text))
        .label(label_if_any(label));
    let snippet = Snippet::source(text.as_str()).path(one_line(&span.origin.file));
    group.element(snippet.annotation(annotation))
}

/// A place whose text nobody has: its name, line and column.
fn bare_origin(span: &Span) -> Origin<'_> {
    let number = |n: u32| usize::try_from(n).unwrap_or(1);
    Origin::path(one_line(&span.origin.file))
        .line(number(span.origin.line))
        .char_column(number(span.origin.column))
}

fn label_if_any(label: &str) -> Option<String> {
    (!label.is_empty()).then(|| one_line(label))
}

/// The text with something visible for every character that a terminal would act on, each as long as what it stands for, so
/// that places stay where they are. Those of ASCII the renderer itself replaces.
fn visible_text(text: &str) -> String {
    let visible = |c: char| match c.len_utf8() {
        1 => c,
        _ if is_printable(c) => c,
        2 => '\u{A4}',
        _ => '\u{FFFD}',
    };
    text.chars().map(visible).collect()
}

fn is_printable(c: char) -> bool {
    let mut bytes = [0; 4];
    let text = c.encode_utf8(&mut bytes);
    printable_text(text) == *text
}

/// The span as a range that lies in the text and splits no character, whatever it was made of.
fn range_in_text(span: &Span, text: &str) -> Range<usize> {
    let on_boundary = |at: usize| {
        let at = at.min(text.len());
        (0..=at)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0)
    };
    let start = on_boundary(span.start);
    start..on_boundary(span.end).max(start)
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    let of = |severity: Severity| {
        diagnostics
            .iter()
            .filter(|d| d.severity == severity)
            .count()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let mut said = Vec::new();
    if errors > 0 {
        said.push(Role::Wrong.paint_text(&count(errors, "error")));
    }
    if warnings > 0 {
        said.push(Role::Change.paint_text(&count(warnings, "warning")));
    }
    let codes: BTreeSet<_> = diagnostics.iter().map(|d| d.code).collect();
    let hint = match codes.iter().next() {
        Some(code) if codes.len() == 1 => format!("More about it: abide explain {code}"),
        Some(code) => format!("More about each: abide explain CODE, say {code}"),
        None => String::new(),
    };
    format!("{}. {hint}\n", said.join(", "))
}

#[cfg(test)]
mod tests;
