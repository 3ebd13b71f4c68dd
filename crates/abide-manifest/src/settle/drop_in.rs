//! Drop-ins of units and instances.

use std::collections::BTreeMap;

use super::content::{Vars, drop_in};
use crate::codes;
use crate::finding::Finding;
use crate::precedence::Stack;
use crate::settled::Content;
use crate::work::Work;

/// Drop-ins that could be read, and whether all could.
pub(super) fn read_drop_ins<'m>(
    stacks: &BTreeMap<&'m str, Stack<'m, String>>,
    vars: Option<&Vars<'m>>,
    work: &mut Work<'_>,
) -> (BTreeMap<&'m str, Content<'m>>, bool) {
    let mut drop_ins = BTreeMap::new();
    let mut all = true;
    for (name, stack) in stacks {
        work.spend(2, stack.key());
        if !work.goes_on() {
            return (drop_ins, false);
        }
        if let Some(why) = bad_drop_in_name(name) {
            let message = format!(
                "`{}` is not the name of a drop-in: {why}",
                name.escape_debug()
            );
            work.push(
                Finding::new(codes::BAD_NAME, stack.key(), message)
                    .help("write for example `10-memory.conf`"),
            );
            continue;
        }
        let said = stack.text(&mut work.findings);
        match said.and_then(|said| drop_in(said, vars, work)) {
            Some(content) => {
                drop_ins.insert(*name, content);
            }
            None => all = false,
        }
    }
    (drop_ins, all)
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
