//! Everything abide takes from its surroundings: the one place that reads environment variables.

#![expect(
    clippy::disallowed_methods,
    reason = "the command line is where the environment comes in"
)]

use std::env;
use std::io::IsTerminal as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use abide_report::Url;

/// The surroundings of one run.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    /// `XDG_RUNTIME_DIR`: a private directory of this user.
    pub(crate) runtime_dir: Option<PathBuf>,
    /// `user@machine`, for locks.
    pub(crate) who: String,
    /// `ABIDE_PLAN_KEY`: the key behind saved plans.
    pub(crate) plan_key: Option<Vec<u8>>,
    /// Where this user's own such key is: below `XDG_STATE_HOME`, or `~/.local/state`.
    pub(crate) plan_key_file: Option<PathBuf>,
    /// Where this user lists the directories whose manifests may run programs: below `XDG_CONFIG_HOME`, or `~/.config`.
    pub(crate) trust_file: Option<PathBuf>,
    /// `ABIDE_LOG`: what is logged.
    pub(crate) log: Option<String>,
    /// Who runs this, by number.
    pub(crate) uid: Option<u32>,
    /// Whether the locale is UTF-8.
    pub(crate) unicode: bool,
    /// How wide the terminal is: as `COLUMNS` says, or as standard error's is.
    pub(crate) columns: Option<usize>,
    /// Whether a person can be asked.
    pub(crate) stdin_is_terminal: bool,
    /// Whether a person watches.
    pub(crate) stderr_is_terminal: bool,
    /// Where the job of a CI system that this is can be seen.
    pub(crate) job: Option<Url>,
    /// The working directory, below the root of the repository that it is in.
    pub(crate) directory: Option<String>,
}

impl Environment {
    /// Reads them.
    pub(crate) fn read() -> Self {
        Self {
            runtime_dir: env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from),
            who: format!("{}@{}", user(), machine_name()),
            plan_key: bytes(crate::plan_key::VARIABLE).filter(|key| !key.is_empty()),
            plan_key_file: state_home().map(|state| state.join("abide/plan.key")),
            trust_file: config_home().map(|config| config.join("abide/trusted")),
            log: text(crate::log::VARIABLE),
            uid: current_uid(),
            unicode: is_unicode(),
            columns: text("COLUMNS")
                .and_then(|columns| columns.parse().ok())
                .or_else(terminal_columns),
            stdin_is_terminal: std::io::stdin().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal()
                && text("TERM").as_deref() != Some("dumb"),
            job: job(),
            directory: directory(),
        }
    }
}

/// A variable that is set and says something.
pub(crate) fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A variable as bytes, empty or not: a secret need not be UTF-8.
pub(crate) fn bytes(name: &str) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStringExt;
    env::var_os(name).map(OsStringExt::into_vec)
}

/// A repository's root has a `.git`: a directory, or a file in a worktree or a submodule.
fn directory() -> Option<String> {
    let here = env::current_dir().ok()?;
    let root = here.ancestors().find(|above| above.join(".git").exists())?;
    let below = here.strip_prefix(root).ok()?;
    below.to_str().map(str::to_owned)
}

/// As GitHub Actions (and Forgejo, Gitea), GitLab CI, Jenkins and Buildkite name it.
fn job() -> Option<Url> {
    let github = || {
        let (server, repository) = (text("GITHUB_SERVER_URL")?, text("GITHUB_REPOSITORY")?);
        let run = text("GITHUB_RUN_ID")?;
        Some(format!("{server}/{repository}/actions/runs/{run}"))
    };
    let url = github()
        .or_else(|| text("CI_JOB_URL"))
        .or_else(|| text("BUILD_URL"))
        .or_else(|| text("BUILDKITE_BUILD_URL"))?;
    Url::parse(&url)
}

/// Where this user's programs keep what they need again (XDG Base Directory Specification).
fn state_home() -> Option<PathBuf> {
    of_user("XDG_STATE_HOME", ".local/state")
}

/// Where this user configures programs (XDG Base Directory Specification).
fn config_home() -> Option<PathBuf> {
    of_user("XDG_CONFIG_HOME", ".config")
}

fn of_user(variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let named = env::var_os(variable).map(PathBuf::from);
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(below_home));
    named.filter(absolute).or_else(home).filter(absolute)
}

fn current_uid() -> Option<u32> {
    Some(std::fs::metadata("/proc/self").ok()?.uid())
}

fn terminal_columns() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(std::io::stderr())?;
    Some(usize::from(width.0))
}

/// The one who runs this. A service that systemd starts may have neither variable (systemd.exec(5)): it has a uid.
fn user() -> String {
    let by_uid = || {
        let uid = current_uid()?;
        Some(if uid == 0 {
            "root".to_owned()
        } else {
            format!("uid-{uid}")
        })
    };
    text("USER")
        .or_else(|| text("LOGNAME"))
        .or_else(by_uid)
        .unwrap_or_else(|| "unknown".to_owned())
}

fn machine_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .or_else(|| text("HOSTNAME"))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The first of these that is set decides (locale(7)).
fn is_unicode() -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(text)
        .is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        })
}
