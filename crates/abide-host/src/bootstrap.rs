//! The one line that ssh runs: it finds root, scrubs the environment and runs the script that comes by standard
//! input. It never prompts.
//!
//! The login shell reads this line, whichever it is: bash, dash, fish, csh. So it is one single-quoted word without
//! newline, backslash, `!` or `'`, which all of them take literally.

use abide_model::Become;

/// Exit status where the asked way to root does not work; the last line of standard error says why.
/// `EX_NOPERM` of sysexits(3).
pub const NO_ROOT: i32 = 77;

/// Exit status where standard input did not begin with [`FIRST`]: a start file of the login shell read some of it, so
/// nothing is run. `EX_CONFIG` of sysexits(3).
pub const NOT_WHOLE: i32 = 78;

/// The line before each script; for a shell it is a comment.
pub const FIRST: &str = "# abide begins here";

/// What standard input is: the script, behind the line by which it is seen that none of it is missing.
pub fn marked_script(script: &str) -> String {
    format!("{FIRST}\n{script}")
}

/// A `PATH` that finds systemd's tools whatever the login shell or sudo made of it.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The command for the login shell. It runs its standard input, which [`marked_script`] makes, with `sh -s -- ROUTE USER UID REASON`, where ROUTE is
/// `root`, `sudo`, `doas`, `run0` or `none`, USER and UID are the login user's, and REASON says why not root.
///
/// `auto` tries what is there and goes on without root; the explicit ways end with [`NO_ROOT`] instead. A login user
/// with the id 0 is root whatever was asked.
pub fn command(r#become: Become) -> String {
    let ways = match r#become {
        Become::Never => "why=\"the manifest says become: never\"; ".to_owned(),
        Become::Sudo => root_attempt("sudo", SUDO),
        Become::Doas => root_attempt("doas", DOAS),
        Become::Run0 => root_attempt("run0", RUN0),
        Become::Auto => [
            root_attempt("sudo", SUDO),
            root_attempt("doas", DOAS),
            root_attempt("run0", RUN0),
        ]
        .concat(),
    };
    let otherwise = match r#become {
        Become::Auto | Become::Never => go_on_without_root(),
        Become::Sudo => give_up("sudo"),
        Become::Doas => give_up("doas"),
        Become::Run0 => give_up("run0"),
    };
    format!(
        "exec sh -c '\
         PATH={PATH}; LC_ALL=C; export PATH LC_ALL; \
         read -r first; case $first in \"{FIRST}\") ;; \
         *) echo \"the beginning of the script did not arrive\" >&2; exit {NOT_WHOLE} ;; esac; \
         uid=$(id -u); user=$(id -un); why=; \
         if [ \"$uid\" = 0 ]; then {CLEAN} HOME=\"$HOME\" sh -s -- root \"$user\" \"$uid\"; fi; \
         {ways}{otherwise}'"
    )
}

/// Nothing of the session's environment reaches the script.
const CLEAN: &str = "exec env -i LC_ALL=C PATH=\"$PATH\"";
const SUDO: &str = "sudo -n --";
const DOAS: &str = "doas -n --";
const RUN0: &str = "run0 --no-ask-password --";

/// Where `tool` is there and runs a command as root without asking, becomes root for good; else adds to `why`.
fn root_attempt(tool: &str, prefix: &str) -> String {
    format!(
        "if command -v {tool} >/dev/null 2>&1; then \
         if said=$({prefix} env -i PATH=\"$PATH\" sh -c : 2>&1 </dev/null); then \
         exec {prefix} env -i LC_ALL=C PATH=\"$PATH\" HOME=/root sh -s -- {tool} \"$user\" \"$uid\"; fi; \
         case $said in {tool}:*) ;; *) said=\"{tool}: $said\" ;; esac; \
         why=\"${{why:+$why; }}$said\"; fi; "
    )
}

fn give_up(tool: &str) -> String {
    format!("echo \"${{why:-{tool} is not installed}}\" >&2; exit {NO_ROOT}")
}

/// `XDG_STATE_HOME` stays: it says where the login user's own ledger is.
fn go_on_without_root() -> String {
    format!(
        "{CLEAN} HOME=\"$HOME\" ${{XDG_STATE_HOME:+XDG_STATE_HOME=\"$XDG_STATE_HOME\"}} \
         sh -s -- none \"$user\" \"$uid\" \"${{why:-no sudo, doas or run0 on this host}}\""
    )
}

#[cfg(test)]
mod tests;
