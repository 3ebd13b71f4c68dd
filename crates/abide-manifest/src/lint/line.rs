//! Lines that systemd skips, or for which it refuses the whole file. Quadlets are in [`super::quadlet_line`].

use abide_unit::{Problem, ProblemKind};

use super::{View, one_line_excerpt};
use crate::codes;
use crate::finding::Mistake;
use crate::work::Work;

/// Says what systemd makes of each line that is no assignment.
pub(super) fn lint(view: &View<'_, '_>, work: &mut Work<'_>) {
    for (text, file) in view.texts {
        // Where systemd refuses the file, what it would have skipped matters no more.
        let refused = |problem: &&Problem| problem.kind == ProblemKind::BadHeader;
        let fatal = file.problems.iter().find(refused);
        let told = fatal.map_or(file.problems.as_slice(), std::slice::from_ref);
        for problem in told {
            if !view.may_tell() {
                break;
            }
            let at = text.place_of_word(&work.texts, problem.line, &problem.text);
            let shown = one_line_excerpt(&problem.text);
            let finding = match problem.kind {
                ProblemKind::BadHeader => {
                    let message = format!("systemd refuses this file: `{shown}` is no section");
                    // `content: >` puts all lines into one.
                    let help = if problem.text.contains("] ") {
                        "its lines are joined: write `content: |`, not `>`"
                    } else {
                        "write `[Service]`, closed by `]`"
                    };
                    Mistake::new(codes::BAD_HEADER, at, message).with_help(help)
                }
                ProblemKind::OutsideSection => {
                    let message =
                        format!("systemd skips `{shown}`: it stands before the first section");
                    Mistake::new(codes::SKIPPED_LINE, at, message)
                        .with_help("put it below `[Unit]`, `[Service]` or `[Install]`")
                }
                ProblemKind::NoAssignment | ProblemKind::NoKey => {
                    let message = format!("systemd skips `{shown}`: it is no `Key=value`");
                    Mistake::new(codes::SKIPPED_LINE, at, message).with_help(
                        "end the line before with `\\` if this continues it, begin it with `#` if it is a comment",
                    )
                }
                // Of quadlets.
                ProblemKind::Unfinished
                | ProblemKind::EndsInBackslash
                | ProblemKind::OtherBefore54 => continue,
            };
            work.push(text.add_naming_place(finding));
        }
    }
}
