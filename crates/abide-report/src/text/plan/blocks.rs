//! One resource after the other: its name, its steps with their causes, what was refused, what to know.

use crate::block::{Block, Step};
use crate::diff::{DiffLine, LineKind};
use crate::fleet::Spans;
use crate::layout::Page;
use crate::paint::Role;
use crate::span::ActionSpan;
use crate::step;
use crate::words::{display_width, pad_to_width};

/// Names are padded to a common width up to this.
const WIDEST_NAME: usize = 34;
/// Where steps begin.
const STEP: usize = 6;

/// The blocks of one section.
pub(super) fn write(page: &mut Page<'_>, blocks: &[&(Block, Spans)]) {
    let widest = blocks
        .iter()
        .map(|(block, _)| display_width(&step::title(&block.resource)))
        .filter(|width| *width <= WIDEST_NAME)
        .max()
        .unwrap_or(0);
    let mut after_diff = false;
    for (block, spans) in blocks {
        if after_diff {
            page.add_blank_line();
        }
        write_block(page, block, spans, widest);
        after_diff = block.steps.iter().any(|step| !step.lines.is_empty());
    }
}

fn write_block(page: &mut Page<'_>, block: &Block, spans: &Spans, widest: usize) {
    let sign = page.mark(2, block.mark);
    let name = Role::Head.paint_text(&step::title(&block.resource));
    let whose = Role::Quiet.paint_text(&step::owner_words(&block.resource));
    page.line(&format!("{sign}{}  {whose}", pad_to_width(&name, widest)));
    let verbs = block
        .steps
        .iter()
        .map(|step| display_width(step.verb))
        .max()
        .unwrap_or(0);
    for (step, span) in block.steps.iter().zip(spans) {
        write_step(page, step, *span, verbs);
    }
    for remark in &block.remarks {
        page.add_remark(STEP - 2, remark.mark, &remark.text, remark.help.as_deref());
    }
}

/// A step, its cause behind it or, where the line would be too long, under it.
fn write_step(page: &mut Page<'_>, step: &Step, span: ActionSpan, verbs: usize) {
    let sign = match step.interrupts {
        Some(mark) => page.mark(STEP - 2, mark),
        None => " ".repeat(STEP),
    };
    let number = step.number.map(|number| format!("[step {number}]"));
    let parts = [step.object_words(), number.unwrap_or_default()];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let object = match parts.join(" ").as_str() {
        "" => String::new(),
        object => format!(" {object}"),
    };
    let lead = if object.is_empty() {
        step.verb.to_owned()
    } else {
        pad_to_width(step.verb, verbs)
    };
    let what = format!("{lead}{object}");
    let reason = format!("{} {}", page.symbols.dash, step.why.words(span));
    // The diff under it says better that the content differs.
    let is_shown = step.why.is_content() && !step.lines.is_empty();
    let reason = if is_shown { String::new() } else { reason };
    let fits = STEP + display_width(&what) + 1 + display_width(&reason) <= page.options.width;
    if fits {
        page.line(&format!("{sign}{what} {}", Role::Quiet.paint_text(&reason)));
    } else if object.is_empty() {
        let lead = format!("{sign}{what} ");
        page.add_prose(&lead, STEP + verbs + 1, &reason, Some(Role::Quiet));
    } else {
        page.line(&format!("{sign}{what}"));
        let indent = STEP + verbs + 1;
        page.add_prose(&" ".repeat(indent), indent, &reason, Some(Role::Quiet));
    }
    for clause in &step.brings {
        page.add_prose(
            &" ".repeat(STEP + 2),
            STEP + 4,
            clause,
            Some(Role::Interrupt),
        );
    }
    for line in &step.lines {
        page.line(&format!("{}{}", " ".repeat(STEP + 2), painted_line(line)));
    }
}

fn painted_line(line: &DiffLine) -> String {
    let role = match line.kind {
        LineKind::Same | LineKind::About => Role::Quiet,
        LineKind::Add => Role::Add,
        LineKind::Remove => Role::Remove,
    };
    role.paint_text(&line.signed_text())
}
