//! What a manifest asks of the very machine on which abide runs. It is done only where that is allowed: a manifest may
//! come from somebody who may propose changes of hosts, and has no say here.

use crate::codes;
use crate::finding::Finding;
use crate::text::Place;
use crate::work::Work;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ask<'m> {
    /// To run this program, for a secret.
    Run(&'m str),
    /// To give ssh a configuration, which can name programs, keys and agents.
    SshConfig,
    /// To be managed as a host: its files would be shown in plans, and its units changed.
    ThisMachine,
}

/// A finding where it is not allowed.
pub(super) fn check(ask: Ask<'_>, at: Place, work: &mut Work<'_>) {
    if work.allow_commands {
        return;
    }
    let (message, label, otherwise) = match ask {
        Ask::Run(program) => (
            format!(
                "this manifest runs `{}` on the machine where you run abide",
                program.escape_debug()
            ),
            "runs a program here",
            "",
        ),
        Ask::SshConfig => (
            "this manifest configures ssh, which can run programs on the machine where you run abide"
                .to_owned(),
            "configures ssh here",
            "; or leave this out, and give `--ssh-config FILE`",
        ),
        Ask::ThisMachine => (
            "this manifest manages the machine where you run abide".to_owned(),
            "this machine",
            "",
        ),
    };
    work.push(Finding::new(codes::NOT_TRUSTED, at, message).label(label).help(format!(
        "if you trust whoever wrote it, give `--allow-commands`, or once: `abide trust DIRECTORY`{otherwise}"
    )));
}
