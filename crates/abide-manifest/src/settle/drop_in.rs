//! Drop-ins of units and instances.

use std::collections::BTreeMap;

use super::content::{Given, Gives as _, Vars, check_single, content};
use crate::codes;
use crate::finding::Mistake;
use crate::precedence::Stack;
use crate::schema::DropIn;
use crate::settled::SourcedContent;
use crate::work::Work;

/// Drop-ins that could be read, and whether all could. `is_template`: whether their unit says that variables are filled in.
pub(super) fn read_drop_ins<'m>(
    stacks: &BTreeMap<&'m str, Stack<'m, DropIn>>,
    vars: &Vars<'m>,
    is_template: bool,
    work: &mut Work<'_>,
) -> (BTreeMap<&'m str, SourcedContent<'m>>, bool) {
    let mut drop_ins = BTreeMap::new();
    let mut all = true;
    for (name, stack) in stacks {
        work.spend_effort(2, stack.key());
        if !work.goes_on() {
            return (drop_ins, false);
        }
        if let Some(why) = bad_drop_in_name(name) {
            let message = format!(
                "`{}` is not the name of a drop-in: {why}",
                name.escape_debug()
            );
            work.push(
                Mistake::new(codes::BAD_NAME, stack.key(), message)
                    .with_help("write for example `10-memory.conf`"),
            );
            continue;
        }
        match read(stack, vars, is_template, work) {
            Some(content) => {
                drop_ins.insert(*name, content);
            }
            None => all = false,
        }
    }
    (drop_ins, all)
}

fn read<'m>(
    stack: &Stack<'m, DropIn>,
    vars: &Vars<'m>,
    is_template: bool,
    work: &mut Work<'_>,
) -> Option<SourcedContent<'m>> {
    for drop_in in stack.values_by_rank() {
        if let DropIn::File(file) = drop_in {
            check_single(&file.given_contents(), work);
        }
    }
    let given = stack.whole_value(&mut work.findings, |part| match &part.value {
        DropIn::Text(text) => Some(part.with_value(Given::Text(text))),
        DropIn::File(file) => file.given_contents().into_iter().next(),
    });
    let template = stack.scalar_value(&mut work.findings, |drop_in| match drop_in {
        DropIn::Text(_) => None,
        DropIn::File(file) => file.template,
    });
    let Some(given) = given else {
        let message = "this drop-in has no content";
        let finding = Mistake::new(codes::BODY, stack.key(), message);
        work.push(finding.with_help("write its text, or `{source: FILE}`"));
        return None;
    };
    let fills = template.map_or(is_template, |said| said.value);
    content(given, fills.then_some(vars), work)
}

fn bad_drop_in_name(name: &str) -> Option<&'static str> {
    let fits =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '@' | '+');
    if name.strip_suffix(".conf").is_none() {
        Some("systemd reads only files that end in `.conf`")
    } else if name.starts_with('.') {
        Some("systemd skips files that begin with a dot")
    } else if name.len() > 255 {
        Some("it may have 255 bytes at most")
    } else if !name.chars().all(fits) {
        Some("use letters, digits, `-`, `_`, `.`")
    } else {
        None
    }
}
