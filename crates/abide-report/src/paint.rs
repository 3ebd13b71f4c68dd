//! The few styles there are, by role, and the symbols with their ASCII twins.

use anstyle::{AnsiColor, Style};

use crate::options::TextOptions;

/// What a piece of text is, so that a style is chosen in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Something comes.
    Add,
    /// Something changes.
    Change,
    /// Something goes.
    Remove,
    /// Something that runs is interrupted.
    Interrupt,
    /// Something is wrong, or refused.
    Wrong,
    /// Something could not be seen.
    Unknown,
    /// Something went well.
    Good,
    /// A name at the head of what follows.
    Head,
    /// Reasons and other small print.
    Quiet,
}

impl Role {
    fn ansi_style(self) -> Style {
        let colour = |colour: AnsiColor| colour.on_default();
        match self {
            Self::Add | Self::Good => colour(AnsiColor::Green),
            Self::Change | Self::Unknown => colour(AnsiColor::Yellow),
            Self::Remove => colour(AnsiColor::Red),
            Self::Interrupt => colour(AnsiColor::Magenta),
            Self::Wrong => colour(AnsiColor::Red).bold(),
            Self::Head => Style::new().bold(),
            Self::Quiet => Style::new().dimmed(),
        }
    }

    /// The text in this role's style; an empty text stays empty.
    pub(crate) fn paint_text(self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let style = self.ansi_style();
        format!("{style}{text}{style:#}")
    }
}

/// The symbols of one rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Symbols {
    /// A restart or a reload.
    pub(crate) interrupt: &'static str,
    /// From here to there.
    pub(crate) arrow: &'static str,
    /// Before a reason.
    pub(crate) dash: &'static str,
    /// Something was left out here.
    pub(crate) cut: &'static str,
    /// Between parts, and before small print.
    pub(crate) dot: &'static str,
    /// Done.
    pub(crate) good: &'static str,
    /// Not done.
    pub(crate) bad: &'static str,
    /// Before what a journal said.
    pub(crate) bar: &'static str,
}

impl Symbols {
    pub(crate) fn for_options(options: &TextOptions) -> Self {
        if options.unicode {
            Self {
                interrupt: "↻",
                arrow: "→",
                dash: "—",
                cut: "…",
                dot: "·",
                good: "✓",
                bad: "✗",
                bar: "│",
            }
        } else {
            Self {
                interrupt: "@",
                arrow: "->",
                dash: "--",
                cut: "...",
                dot: ".",
                good: "=",
                bad: "x",
                bar: "|",
            }
        }
    }
}
