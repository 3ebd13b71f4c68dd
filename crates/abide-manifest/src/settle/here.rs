//! What a manifest asks of the very machine on which abide runs. It is done only where that is allowed: a manifest may
//! come from somebody who may propose changes of hosts, and has no say here.

use crate::codes;
use crate::finding::Mistake;
use crate::text::TextPlace;
use crate::work::Work;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum HereQuestion<'m> {
    /// To run this program, for a secret.
    Run(&'m str),
    /// To give ssh a configuration, which can name programs, keys and agents.
    SshConfig,
    /// To be managed as a host: its files would be shown in plans, and its units changed.
    ThisMachine,
}

/// A finding where it is not allowed.
pub(super) fn check(ask: HereQuestion<'_>, at: TextPlace, work: &mut Work<'_>) {
    if work.allow_commands {
        return;
    }
    let (message, label, otherwise) = match ask {
        HereQuestion::Run(program) => (
            format!(
                "this manifest runs `{}` on the machine where you run abide",
                program.escape_debug()
            ),
            "runs a program here",
            "",
        ),
        HereQuestion::SshConfig => (
            "this manifest configures ssh, which can run programs on the machine where you run abide"
                .to_owned(),
            "configures ssh here",
            "; or leave this out, and give `--ssh-config FILE`",
        ),
        HereQuestion::ThisMachine => (
            "this manifest manages the machine where you run abide".to_owned(),
            "this machine",
            "",
        ),
    };
    work.push(Mistake::new(codes::NOT_TRUSTED, at, message).with_label(label).with_help(format!(
        "if you trust whoever wrote it, give `--allow-commands`, or once: `abide trust DIRECTORY`{otherwise}"
    )));
}
