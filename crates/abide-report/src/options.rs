//! How text is rendered: what the terminal can show and how much the reader asked for.

/// How text is rendered. The command line fills it in from its flags, the locale and the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line or of the terminal"
)]
pub struct TextOptions {
    /// Symbols beyond ASCII may be used: the locale is UTF-8.
    pub unicode: bool,
    /// Nothing is folded: long diffs, new and removed files, long lines (`--full`).
    pub full: bool,
    /// Unchanged lines around each change of a diff (`-U N`).
    pub context: usize,
    /// How much is said (`-q`, `-v`).
    pub verbosity: Verbosity,
    /// What looks like a secret is shown (`--show-sensitive`).
    pub show_sensitive: bool,
    /// Columns of the terminal; text that is not a diff or a path is laid out for it.
    pub width: usize,
    /// A line of a list stays one line: nobody watches, and a program may read it.
    pub unbroken: bool,
}

impl Default for TextOptions {
    /// What a UTF-8 terminal of unknown width without flags gets.
    fn default() -> Self {
        Self {
            unicode: true,
            full: false,
            context: 3,
            verbosity: Verbosity::Normal,
            show_sensitive: false,
            width: 100,
            unbroken: false,
        }
    }
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Nothing but why a command could not do its work (`-qq`): the exit code says the rest.
    Silent,
    /// The summary, and what is wrong (`-q`).
    Quiet,
    /// What a reviewer needs.
    Normal,
    /// Also every step with its number, unchanged resources by name, and notes about what abide leaves alone (`-v`).
    Verbose,
}
