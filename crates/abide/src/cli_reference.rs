//! `docs/reference/cli.md` is made from the grammar of the command line, so that neither can say what the other does not.

use std::path::Path;

use clap::{Arg, Command, CommandFactory as _};

use crate::args::Cli;

const HEAD: &str = "\
# The command line

<!-- Made from the program by `ABIDE_BLESS=1 cargo test -p abide --bin abide`. Do not edit. -->

What `abide help COMMAND` says, on one page. How runs end is told in [exit codes](../exit-codes.md), what reports are for in
[reports](../reports.md).

";

#[test]
fn the_page_about_the_command_line_says_what_the_program_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/cli.md");
    let mut cli = Cli::command();
    cli.build();
    let current = render_page(&cli);
    if std::env::var_os("ABIDE_BLESS").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == current,
        "docs/reference/cli.md is out of date: run `ABIDE_BLESS=1 cargo test -p abide --bin abide`"
    );
}

fn render_page(cli: &Command) -> String {
    let mut page = HEAD.to_owned();
    for command in visible_commands(cli) {
        page.push_str(&section(command, 2));
    }
    page.push_str("## Flags of every command\n\nOn either side of its name.\n\n");
    let global: Vec<&Arg> = cli
        .get_arguments()
        .filter(|flag| flag.is_global_set())
        .collect();
    for heading in ["Manifest", "Selection", "Connection", "Output"] {
        let under = global
            .iter()
            .filter(|flag| flag.get_help_heading() == Some(heading));
        page.push_str(&format!("### {heading}\n\n{}\n", table(under.copied())));
    }
    page.trim_end().to_owned() + "\n"
}

/// The commands that help lists, but not `help` itself.
fn visible_commands(command: &Command) -> impl Iterator<Item = &Command> {
    let all = command.get_subcommands();
    all.filter(|command| !command.is_hide_set() && command.get_name() != "help")
}

fn section(command: &Command, depth: usize) -> String {
    let mut text = format!("{} {}\n\n", "#".repeat(depth), command_line(command));
    let about = command.get_long_about().or(command.get_about());
    let about = escape_markdown(&text_or_empty(about), false).replacen("\n\n", ".\n\n", 1);
    text.push_str(&format!("{about}\n\n"));
    let mut command_ = command.clone();
    let usage = command_.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    text.push_str(&format!("    {}\n\n", usage.replace('\n', "\n    ")));
    let own: Vec<&Arg> = command
        .get_arguments()
        .filter(|flag| !flag.is_global_set() && !flag.is_hide_set() && flag.get_id() != "help")
        .collect();
    if !own.is_empty() {
        text.push_str(&format!("{}\n", table(own.into_iter())));
    }
    if let Some(examples) = command.get_after_help() {
        let examples = examples.to_string();
        let lines = examples.lines().skip_while(|line| *line == "Examples:");
        for line in lines {
            text.push_str(format!("    {}", line.trim_start()).trim_end());
            text.push('\n');
        }
        text.push('\n');
    }
    for below in visible_commands(command) {
        text.push_str(&section(below, depth + 1));
    }
    text
}

fn command_line(command: &Command) -> String {
    command
        .get_bin_name()
        .unwrap_or(command.get_name())
        .to_owned()
}

fn table<'a>(flags: impl Iterator<Item = &'a Arg>) -> String {
    let mut text = String::from("| argument | meaning |\n|---|---|\n");
    for flag in flags {
        let meaning = flag.get_long_help().or(flag.get_help());
        let mut meaning = escape_markdown(&text_or_empty(meaning), true);
        let values: Vec<String> = flag
            .get_possible_values()
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(|value| format!("`{}`", value.get_name()))
            .collect();
        if !values.is_empty() && flag.get_action().takes_values() {
            meaning.push_str(&format!(". One of {}", values.join(", ")));
        }
        let defaults: Vec<String> = flag
            .get_default_values()
            .iter()
            .map(|value| format!("`{}`", value.to_string_lossy()))
            .collect();
        if !defaults.is_empty() && flag.get_action().takes_values() {
            meaning.push_str(&format!(". Default: {}", defaults.join(", ")));
        }
        if let Some(variable) = flag.get_env() {
            meaning.push_str(&format!(". Also `{}`", variable.to_string_lossy()));
        }
        text.push_str(&format!("| `{}` | {meaning} |\n", flag_spelling(flag)));
    }
    text
}

/// `-j, --parallel N`.
fn flag_spelling(flag: &Arg) -> String {
    let names = flag.get_value_names().unwrap_or_default();
    let value = names
        .first()
        .filter(|_| flag.get_action().takes_values())
        .map_or_else(String::new, ToString::to_string);
    let short = flag.get_short().map(|short| format!("-{short}"));
    let long = flag.get_long().map(|long| format!("--{long}"));
    let words: Vec<String> = [short, long].into_iter().flatten().collect();
    match words.as_slice() {
        [] => value,
        words => format!("{} {value}", words.join(", "))
            .trim_end()
            .to_owned(),
    }
}

fn text_or_empty(text: Option<&clap::builder::StyledStr>) -> String {
    text.map_or_else(String::new, ToString::to_string)
}

/// Nothing of a text is taken for Markdown but its backticks.
fn escape_markdown(text: &str, in_a_table: bool) -> String {
    let mut out = String::new();
    let mut is_code = false;
    for c in text.trim().trim_end_matches('.').chars() {
        match c {
            '`' => is_code = !is_code,
            '|' if in_a_table => out.push('\\'),
            '*' | '_' | '<' | '[' if !is_code => out.push('\\'),
            _ => {}
        }
        match c {
            '\n' if in_a_table => out.push(' '),
            c => out.push(c),
        }
    }
    if in_a_table { out } else { out + "." }
}
