//! Lines of a quadlet that Podman refuses, drops or reads otherwise than they look.

use abide_unit::{Problem, ProblemKind, UnitFile};

use super::{View, one_line_excerpt};
use crate::codes;
use crate::finding::Mistake;
use crate::text::TextPlace;
use crate::wording::Wording;
use crate::work::Work;

/// Says what Podman makes of each line that is no plain assignment.
pub(super) fn lint(view: &View<'_, '_>, work: &mut Work<'_>) {
    for (text, file) in view.texts {
        for problem in problems_to_report(file) {
            if !view.may_tell() {
                break;
            }
            let at = text.place_of_word(&work.texts, problem.line, &problem.text);
            if let Some(finding) = finding(problem, at) {
                work.push(text.add_naming_place(finding));
            }
        }
    }
}

/// Podman stops at the first line that it refuses. What needs a newer Podman is said of hosts that have an older one.
fn problems_to_report(file: &UnitFile) -> Vec<&Problem> {
    match file.refused {
        true => file
            .problems
            .iter()
            .find(|problem| is_refused_by_podman(problem.kind))
            .into_iter()
            .collect(),
        false => file.problems.iter().collect(),
    }
}

fn is_refused_by_podman(kind: ProblemKind) -> bool {
    match kind {
        ProblemKind::BadHeader
        | ProblemKind::OutsideSection
        | ProblemKind::NoAssignment
        | ProblemKind::NoKey => true,
        ProblemKind::Unfinished | ProblemKind::EndsInBackslash | ProblemKind::OtherBefore54 => {
            false
        }
    }
}

fn finding(problem: &Problem, at: TextPlace) -> Option<Mistake> {
    let shown = one_line_excerpt(&problem.text);
    let (message, help) = match problem.kind {
        ProblemKind::BadHeader => (
            format!("Podman refuses this file: `{shown}` is no section"),
            // `content: >` puts all lines into one.
            match problem.text.contains("] ") {
                true => "its lines are joined: write `content: |`, not `>`",
                false => "write `[Container]`, closed by `]`, on a line of its own",
            },
        ),
        ProblemKind::OutsideSection => (
            format!("Podman refuses this file: `{shown}` stands before the first section"),
            "put it below its section",
        ),
        ProblemKind::NoAssignment | ProblemKind::NoKey => (
            format!("Podman refuses this file: `{shown}` is no `Key=value`"),
            "end the line before with `\\` if this continues it, begin it with `#` if it is a comment",
        ),
        ProblemKind::Unfinished => (
            format!("Podman drops `{shown}`: nothing follows its `\\`"),
            "remove the `\\` at its end",
        ),
        ProblemKind::EndsInBackslash => (
            format!(
                "`{shown}` takes in the next line of the service that Podman makes: it ends the file with `\\\\`"
            ),
            "remove the backslashes at its end",
        ),
        ProblemKind::OtherBefore54 => return None,
    };
    Some(Mistake::new(codes::QUADLET_LINE, at, message).with_help(help))
}

/// Whether the text of a quadlet is one that Podman reads.
pub(super) fn is_read(texts: &[(&Wording, UnitFile)]) -> bool {
    texts.iter().all(|(_, file)| !file.refused)
}
