//! One resource after the other: its name, its steps with their causes, what was refused, what to know.

use abide_model::ResourceId;

use crate::block::{Block, Step};
use crate::diff::{Line, LineKind};
use crate::fleet::Spans;
use crate::layout::Page;
use crate::paint::Role;
use crate::step;
use crate::words::{columns, duration, one_line, pad};

/// Names are padded to a common width up to this.
const WIDEST_NAME: usize = 34;
/// Where steps begin.
const STEP: usize = 6;

/// The blocks of one section.
pub(super) fn write(page: &mut Page<'_>, blocks: &[&(Block, Spans)]) {
    let widest = blocks
        .iter()
        .map(|(block, _)| columns(&title(&block.resource)))
        .filter(|width| *width <= WIDEST_NAME)
        .max()
        .unwrap_or(0);
    let mut after_diff = false;
    for (block, spans) in blocks {
        if after_diff {
            page.gap();
        }
        write_block(page, block, spans, widest);
        after_diff = block.steps.iter().any(|step| !step.lines.is_empty());
    }
}

fn title(resource: &ResourceId) -> String {
    match resource {
        ResourceId::User(user) => format!("user {user}"),
        ResourceId::Linger(_) => "linger".to_owned(),
        ResourceId::Manager(_) => "service manager".to_owned(),
        ResourceId::File { path, .. } => one_line(path.as_str()),
        ResourceId::Unit(unit) => unit.unit.to_string(),
    }
}

/// Whose a resource is, for the second column; empty for an account.
fn whose(resource: &ResourceId) -> String {
    match resource {
        ResourceId::User(_) => String::new(),
        ResourceId::Linger(user) => format!("user {user}"),
        ResourceId::Manager(scope) | ResourceId::File { scope, .. } => step::scope_words(scope),
        ResourceId::Unit(unit) => step::scope_words(&unit.scope),
    }
}

fn write_block(page: &mut Page<'_>, block: &Block, spans: &Spans, widest: usize) {
    let sign = page.mark(2, block.mark);
    let name = Role::Head.paint(&title(&block.resource));
    let whose = Role::Quiet.paint(&whose(&block.resource));
    page.line(&format!("{sign}{}  {whose}", pad(&name, widest)));
    let verbs = block
        .steps
        .iter()
        .map(|step| columns(step.verb))
        .max()
        .unwrap_or(0);
    for (step, span) in block.steps.iter().zip(spans) {
        write_step(page, step, *span, verbs);
    }
    for remark in &block.remarks {
        page.remark(STEP - 2, remark.mark, &remark.text, remark.help.as_deref());
    }
}

/// A step, its cause behind it or, where the line would be too long, under it.
fn write_step(page: &mut Page<'_>, step: &Step, span: Option<(u64, u64)>, verbs: usize) {
    let sign = match step.interrupts {
        Some(mark) => page.mark(STEP - 2, mark),
        None => " ".repeat(STEP),
    };
    let object = match step.object.as_str() {
        "" => String::new(),
        object => format!(" {object}"),
    };
    let lead = if object.is_empty() {
        step.verb.to_owned()
    } else {
        pad(step.verb, verbs)
    };
    let what = format!("{lead}{object}");
    let reason = format!(
        "{} {}",
        page.symbols.dash,
        step.why.words(running(span).as_deref())
    );
    // The diff under it says better that the content differs.
    let is_shown = step.why.is_content() && !step.lines.is_empty();
    let reason = if is_shown { String::new() } else { reason };
    let fits = STEP + columns(&what) + 1 + columns(&reason) <= page.options.width;
    if fits {
        page.line(&format!("{sign}{what} {}", Role::Quiet.paint(&reason)));
    } else if object.is_empty() {
        let lead = format!("{sign}{what} ");
        page.prose(&lead, STEP + verbs + 1, &reason, Some(Role::Quiet));
    } else {
        page.line(&format!("{sign}{what}"));
        let indent = STEP + verbs + 1;
        page.prose(&" ".repeat(indent), indent, &reason, Some(Role::Quiet));
    }
    for line in &step.lines {
        page.line(&format!("{}{}", " ".repeat(STEP + 2), painted(line)));
    }
}

fn painted(line: &Line) -> String {
    let role = match line.kind {
        LineKind::Same | LineKind::About => Role::Quiet,
        LineKind::Add => Role::Add,
        LineKind::Remove => Role::Remove,
    };
    role.paint(&line.signed())
}

/// `12d 3h`; over many hosts from the shortest to the longest.
fn running(span: Option<(u64, u64)>) -> Option<String> {
    let (least, most) = span?;
    let (least, most) = (duration(least), duration(most));
    Some(if least == most {
        most
    } else {
        format!("{least} to {most}")
    })
}
