//! What is asked of each scope: the same list makes the script and reads the answer.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    Body, Desired, DesiredFile, DesiredUnit, Digest, HostPathOrHome, Scope, UnitName, UnitRef,
    Wanted,
};

use super::room::{self, Counts};
use crate::layout;
use crate::quote::{case_pattern, quote, word};

/// What is asked of a host about its scopes.
pub(super) struct Ask {
    pub(super) scopes: BTreeMap<Scope, ScopeAsk>,
    /// Whether any quadlet is declared, so that it matters what Podman there is.
    pub(super) quadlets: bool,
}

/// What is asked of one scope.
#[derive(Default)]
pub(super) struct ScopeAsk {
    /// Units as the manager knows them, each once.
    pub(super) units: BTreeSet<UnitName>,
    /// Units beside those that are asked for all the same.
    pub(super) also: BTreeSet<UnitName>,
    /// `app@*.service` of declared templates: instances that are loaded, ours or not.
    pub(super) patterns: BTreeSet<String>,
    /// Units that a condition may hold back and that should run.
    conditional: BTreeSet<UnitName>,
    /// Units that should be enabled and whose files are not ours.
    wants_links: BTreeSet<UnitName>,
    /// Files, in the order of the answer.
    pub(super) files: Vec<FileAsk>,
    /// Their paths.
    places: BTreeSet<HostPathOrHome>,
    /// Directories whose drop-ins are listed.
    folders: BTreeSet<HostPathOrHome>,
}

/// What is asked of one file.
pub(super) struct FileAsk {
    pub(super) at: HostPathOrHome,
    rule: ContentRule,
}

/// When a file's content may come back.
#[derive(Clone, Copy)]
enum ContentRule {
    /// Never: it is a secret, or nobody needs it.
    Never,
    /// Where its digest is not this one.
    Always(Option<Digest>),
    /// The same, if everybody on the host may read it: what was a secret before stays one.
    Public(Option<Digest>),
}

impl Ask {
    pub(super) fn new(desired: &Desired, also: &BTreeSet<UnitRef>) -> Self {
        let mut scopes = BTreeMap::new();
        if !desired.units.is_empty() {
            let mut scope = ScopeAsk::default();
            scope.add_units(&Scope::System, &desired.units);
            scopes.insert(Scope::System, scope);
        }
        for (name, user) in &desired.users {
            let mut scope = ScopeAsk::default();
            for (path, file) in &user.files {
                scope.add_file(HostPathOrHome::Home(path.clone()), file_rule(file));
            }
            scope.add_units(&Scope::User(name.clone()), &user.units);
            scopes.insert(Scope::User(name.clone()), scope);
        }
        for UnitRef { scope, unit } in also {
            if let Some(ask) = scopes.get_mut(scope) {
                ask.also.insert(unit.clone());
            }
        }
        let users = desired.users.values().flat_map(|user| user.units.keys());
        let mut units = desired.units.keys().chain(users);
        Self {
            scopes,
            quadlets: units.any(|unit| unit.kind().is_quadlet()),
        }
    }

    /// The shell function `asked SCOPE`: it prints what the scope's own shell reads.
    pub(super) fn asked_function(&self, nonce: &str) -> String {
        let arm = |pattern: &str, body: String| {
            format!("{pattern})\ncat <<'{nonce}'\n{body}{nonce}\n;;\n")
        };
        let mut parts = vec!["\nasked() {\n  case $1 in\n".to_owned()];
        for (scope, ask) in &self.scopes {
            let contents = ask.item_counts().content_bytes(self.scopes.len());
            parts.push(arm(
                &case_pattern(&scope.to_string()),
                ask.text_for_scope(scope, contents),
            ));
        }
        // Scopes that only the ledger knows.
        let nothing = ScopeAsk::default();
        let contents = nothing.item_counts().content_bytes(1);
        if !self.scopes.contains_key(&Scope::System) {
            parts.push(arm(
                "system",
                nothing.text_for_scope(&Scope::System, contents),
            ));
        }
        let user = nothing.text("--user", &home(layout::USER_UNITS), contents);
        parts.push(arm("*", user));
        parts.push("  esac\n}\n".to_owned());
        parts.concat()
    }
}

impl Ask {
    /// The shell function `room_of SCOPE`: how many bytes the scope may say, in `$room`.
    pub(super) fn room_function(&self) -> String {
        let arms = self.scopes.iter().map(|(scope, ask)| {
            let room = ask.item_counts().answer_bytes(self.scopes.len());
            format!("    {}) room={room} ;;\n", case_pattern(&scope.to_string()))
        });
        let arms: String = arms.collect();
        format!("\nroom_of() {{\n  case $1 in\n{arms}    *) room=$spare ;;\n  esac\n}}\n")
    }

    /// How many bytes the whole answer may have.
    pub(super) fn largest_answer(&self) -> usize {
        let scopes = self.scopes.len();
        room::whole_answer_bytes(
            self.scopes
                .values()
                .map(|ask| ask.item_counts().answer_bytes(scopes)),
        )
    }
}

impl ScopeAsk {
    /// What is asked, in numbers.
    pub(super) fn item_counts(&self) -> Counts {
        Counts {
            units: self.units.len().saturating_add(self.also.len()),
            patterns: self.patterns.len(),
            files: self.files.len(),
        }
    }

    fn add_units(&mut self, scope: &Scope, units: &BTreeMap<UnitName, DesiredUnit>) {
        for (name, unit) in units {
            let loaded = unit.loaded_as(name);
            self.add_unit(&loaded);
            self.add_unit_files(scope, name, unit);
            if unit.running == Wanted::Yes && has_condition(unit) {
                self.conditional.insert(loaded.clone());
            }
            if unit.enabled == Wanted::Yes && !unit.is_ours() {
                self.wants_links.insert(loaded);
            }
        }
        // Behind the files themselves, which may be the same and have a content to compare.
        for unit in units.values() {
            for path in unit.restart_on.iter().chain(&unit.reload_on) {
                self.add_file(path.clone(), ContentRule::Never);
            }
        }
    }

    fn add_unit(&mut self, loaded: &UnitName) {
        if loaded.is_template() {
            let pattern = format!("{}@*.{}", loaded.prefix_name(), loaded.kind().name_suffix());
            self.patterns.insert(pattern);
        } else {
            self.units.insert(loaded.clone());
        }
    }

    fn add_unit_files(&mut self, scope: &Scope, name: &UnitName, unit: &DesiredUnit) {
        if let Some(path) = layout::path_in_unit_directory(scope, name, name.as_str()) {
            self.add_file(path, body_rule(unit.file.as_ref()));
        }
        for (drop_in, body) in &unit.drop_ins {
            if let Some(path) =
                layout::path_in_unit_directory(scope, name, &format!("{name}.d/{drop_in}"))
            {
                self.add_file(path, body_rule(Some(body)));
            }
        }
        for owner in [
            Some(name.clone()),
            Some(unit.loaded_as(name)),
            name.template(),
        ]
        .into_iter()
        .flatten()
        {
            self.folders.extend(layout::path_in_unit_directory(
                scope,
                &owner,
                &format!("{owner}.d"),
            ));
        }
    }

    fn add_file(&mut self, at: HostPathOrHome, rule: ContentRule) {
        if self.places.insert(at.clone()) {
            self.files.push(FileAsk { at, rule });
        }
    }

    /// What the scope's shell reads, where so many bytes of contents may be sent.
    pub(super) fn text_for_scope(&self, scope: &Scope, contents: usize) -> String {
        match scope {
            Scope::System => self.text("--system", layout::SYSTEM_UNITS, contents),
            Scope::User(_) => self.text("--user", &home(layout::USER_UNITS), contents),
        }
    }

    /// Assignments and the call that scope.sh wants.
    fn text(&self, manager: &str, config: &str, contents: usize) -> String {
        let units: Vec<&str> = self.units.iter().map(UnitName::as_str).collect();
        let also: Vec<&str> = self.also.iter().map(UnitName::as_str).collect();
        let conditional: Vec<&str> = self.conditional.iter().map(UnitName::as_str).collect();
        let wants_links: Vec<&str> = self.wants_links.iter().map(UnitName::as_str).collect();
        let patterns: Vec<&str> = self.patterns.iter().map(String::as_str).collect();
        let folders = self
            .folders
            .iter()
            .map(|folder| format!("{}'\n'", quoted_path(folder)));
        let rules = self
            .files
            .iter()
            .map(|file| format!("{}\n", file.rule.words()));
        let paths = self
            .files
            .iter()
            .map(|file| format!(" \\\n  {}", quoted_path(&file.at)));
        [
            format!("manager={manager}\nconfig={config}\nallowance={contents}\n"),
            format!("units={}\n", quote(&units.join("\n"))),
            format!("also={}\n", quote(&also.join(" "))),
            format!("conditional={}\n", quote(&conditional.join(" "))),
            format!("wants_links={}\n", quote(&wants_links.join(" "))),
            format!("patterns={}\n", quote(&patterns.join("\n"))),
            format!("folders={}\n", folders.collect::<Vec<_>>().concat()),
            format!("rules='{}'\n", rules.collect::<Vec<_>>().concat()),
            format!("scope{} </dev/null\n", paths.collect::<Vec<_>>().concat()),
        ]
        .concat()
    }
}

impl ContentRule {
    fn words(self) -> String {
        let words = |rule: &str, digest: Option<Digest>| match digest {
            Some(digest) => format!("{rule} {digest}"),
            None => format!("{rule} -"),
        };
        match self {
            Self::Never => "never".to_owned(),
            Self::Always(digest) => words("always", digest),
            Self::Public(digest) => words("public", digest),
        }
    }
}

/// Whether a condition may hold it back, going by its text.
fn has_condition(unit: &DesiredUnit) -> bool {
    let bodies = unit.file.iter().chain(unit.drop_ins.values());
    let mut texts = bodies.filter_map(|body| body.bytes());
    texts.any(|bytes| {
        let text = String::from_utf8_lossy(bytes.as_slice());
        text.lines()
            .any(|line| line.trim_start().starts_with("Condition"))
    })
}

fn body_rule(body: Option<&Body>) -> ContentRule {
    match body {
        Some(body) if body.is_secret() => ContentRule::Never,
        Some(body) => ContentRule::Always(body.bytes().map(abide_model::Bytes::digest)),
        None => ContentRule::Always(None),
    }
}

/// A plain file that nobody else may read, and that the manifest did not ask to be so, may have been a secret.
fn file_rule(file: &DesiredFile) -> ContentRule {
    let digest = file.body.bytes().map(abide_model::Bytes::digest);
    match file.mode {
        _ if file.body.is_secret() => ContentRule::Never,
        Some(mode) if mode & 0o004 == 0 => ContentRule::Always(digest),
        _ => ContentRule::Public(digest),
    }
}

fn quoted_path(path: &HostPathOrHome) -> String {
    match path {
        HostPathOrHome::Absolute(path) => word(path.as_str()),
        HostPathOrHome::Home(below) => home(below.as_str()),
    }
}

fn home(below: &str) -> String {
    format!("\"$HOME\"/{}", word(below))
}
