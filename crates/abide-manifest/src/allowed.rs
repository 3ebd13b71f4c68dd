//! Warnings that a manifest says are meant (`policy.allow`).

use std::collections::BTreeSet;

use abide_model::Code;

use crate::codes;
use crate::finding::{Findings, Mistake};
use crate::merge::WholeManifest;
use crate::suggest::nearest_name;

/// The codes that are not told. What is no warning's code, or comes without a reason, is a finding.
pub(crate) fn allowed_codes(whole: &WholeManifest, findings: &mut Findings) -> BTreeSet<Code> {
    let policy = whole.policy.as_ref().map(|policy| &policy.value);
    let written = policy.and_then(|policy| policy.allow.as_ref());
    let mut allowed = BTreeSet::new();
    for (code, reason) in written.iter().flat_map(|list| list.value.iter().flatten()) {
        match codes().find(|known| known.0 == code) {
            Some(known) if known.0.starts_with('W') => {
                if reason.value.trim().is_empty() {
                    let message = format!("`{known}` is allowed without a reason");
                    let finding = Mistake::new(codes::BAD_VALUE, reason.at, message);
                    findings.push(
                        finding.with_help("say why it is meant: whoever comes next wants to know"),
                    );
                }
                allowed.insert(known);
            }
            Some(known) => {
                let message = format!("`{known}` is an error, and only warnings can be allowed");
                findings.push(Mistake::new(codes::BAD_VALUE, reason.key, message));
            }
            None => {
                let message = format!("`{}` is not the code of a warning", code.escape_debug());
                let finding = Mistake::new(codes::BAD_VALUE, reason.key, message);
                let warnings = codes()
                    .map(|code| code.0)
                    .filter(|code| code.starts_with('W'));
                findings.push(match nearest_name(code, warnings) {
                    Some(near) => finding.with_help(format!("did you mean `{near}`?")),
                    None => finding.with_help("`abide validate` shows the code of each warning"),
                });
            }
        }
    }
    allowed
}
