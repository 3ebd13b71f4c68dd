//! Lines of sudo in the journal: who ran what, and of its arguments only what is about the thing in question.

use abide_model::{HostPath, ResourceId, Timestamp};

/// Words of systemctl(1) and loginctl(1) that may be told: they say what was done.
const VERBS: &[&str] = &[
    "daemon-reexec",
    "daemon-reload",
    "disable",
    "disable-linger",
    "edit",
    "enable",
    "enable-linger",
    "kill",
    "link",
    "mask",
    "preset",
    "reenable",
    "reload",
    "restart",
    "revert",
    "set-property",
    "start",
    "stop",
    "terminate-user",
    "try-restart",
    "unmask",
];

/// Programs with such words.
const WITH_VERBS: &[&str] = &["loginctl", "systemctl"];

/// Programs in which anything may be done.
const SHELLS: &[&str] = &["bash", "dash", "fish", "ksh", "mc", "sh", "su", "zsh"];

/// Programs that change nothing.
const READERS: &[&str] = &[
    "cat",
    "cmp",
    "diff",
    "file",
    "find",
    "grep",
    "head",
    "id",
    "journalctl",
    "less",
    "ls",
    "md5sum",
    "more",
    "namei",
    "readlink",
    "sha256sum",
    "stat",
    "systemd-analyze",
    "tail",
    "test",
    "view",
    "wc",
];

/// No more words of a command line are looked at.
const MOST_WORDS: usize = 256;

/// What a line must be about.
pub(super) struct About<'a> {
    /// A unit's name, which may be given without `.service`.
    unit: Option<&'a str>,
    /// A user, whose lingering or account it is.
    user: Option<&'a str>,
    path: Option<&'a HostPath>,
}

impl<'a> About<'a> {
    pub(super) fn of_resource(resource: &'a ResourceId, path: Option<&'a HostPath>) -> Self {
        Self {
            unit: match resource {
                ResourceId::Unit(unit) => Some(unit.unit.as_str()),
                _ => None,
            },
            user: match resource {
                ResourceId::User(user) | ResourceId::Linger(user) => Some(user.as_str()),
                _ => None,
            },
            path,
        }
    }

    /// The thing itself, where this argument names it.
    fn named_by(&self, argument: &str) -> Option<&'a str> {
        let unit = self
            .unit
            .filter(|unit| argument == *unit || unit.strip_suffix(".service") == Some(argument));
        let path = self.path.map(HostPath::as_str);
        let file = self.path.map(HostPath::file_name);
        let last = argument.rsplit('/').next();
        let user = self.user.filter(|user| argument == *user);
        let path = path.filter(|path| argument == *path);
        unit.or(path)
            .or(file.filter(|file| last == Some(*file)))
            .or(user)
    }
}

/// One command that sudo ran.
pub(super) struct SudoLine {
    pub(super) at: Timestamp,
    pub(super) who: String,
    program: String,
    arguments: Vec<String>,
}

impl SudoLine {
    /// `1772546531.123456 sudo[12]:      ana : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/vi /etc/x`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (stamp, rest) = text.trim_start().split_once(' ')?;
        let (secs, micros) = stamp.split_once('.')?;
        let micros: u64 = micros.get(..6)?.parse().ok()?;
        let at = secs.parse::<u64>().ok()?.checked_mul(1_000_000)?;
        let (_, message) = rest.split_once("]: ")?;
        let (who, what) = message.trim_start().split_once(" : ")?;
        let (_, command) = what.split_once(" ; COMMAND=")?;
        let mut words = command.split_whitespace();
        let program = words.next()?.rsplit('/').next()?;
        Some(Self {
            at: Timestamp(at.checked_add(micros)?),
            who: plain_name(who)?.to_owned(),
            program: plain_name(program)?.to_owned(),
            arguments: words.take(MOST_WORDS).map(str::to_owned).collect(),
        })
    }

    /// The program and what it was told about this, where it was.
    pub(super) fn words_about(&self, about: &About<'_>) -> Option<String> {
        let program = self.program.as_str();
        if READERS.contains(&program) {
            return None;
        }
        let mut arguments = self.arguments.iter().map(String::as_str);
        let named = arguments.clone().find_map(|word| about.named_by(word))?;
        if WITH_VERBS.contains(&program) {
            let verb = arguments.find(|word| VERBS.contains(word))?;
            return Some(format!("{program} {verb} {named}"));
        }
        Some(format!("{program} {named}"))
    }

    /// The name of the shell, where it is one that was opened.
    pub(super) fn opened_shell(&self) -> Option<String> {
        let is_open = self
            .arguments
            .iter()
            .all(|argument| argument.starts_with('-'));
        (SHELLS.contains(&self.program.as_str()) && is_open).then(|| self.program.clone())
    }
}

/// A name of a user or a program that holds nothing odd.
fn plain_name(name: &str) -> Option<&str> {
    let name = name.trim();
    let usual =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '@' | '\\');
    (!name.is_empty() && name.len() <= 64 && name.chars().all(usual)).then_some(name)
}
