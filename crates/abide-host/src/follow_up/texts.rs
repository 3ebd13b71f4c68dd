//! What the host's own systemd says of the unit files that a plan writes (`systemd-analyze verify`), before they are written.
//!
//! Only lines that are certain say something: which unit would not load, what of a text is ignored, what keeps a start from
//! being tried. Lines about others' files are theirs.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{InputLook, InputSeen, Inputs, Masks, Plan, Scope, UnitName, UnitRef, WriteFile};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::apply::verify::{Staged, new_home, staged_files};
use crate::probe::{Frame, Frames};
use crate::quote::{case_pattern, quote, scope_word};

const TEXTS: &str = include_str!("texts.sh");

/// More text than this is only read when it is applied.
const LARGEST: usize = 4 << 20;
/// More of a line is no reason; in characters.
const LONGEST: usize = 300;
/// More lines about a unit only add to the first ones.
const MOST: usize = 64;

/// The files of one scope.
#[derive(Debug)]
pub(crate) struct Texts<'a> {
    scope: &'a Scope,
    units: BTreeSet<&'a UnitName>,
    /// Where the user's home will be whom the plan makes.
    new_home: Option<String>,
    /// What a shell is given.
    lines: String,
}

/// What is to be read of these.
pub(crate) fn texts_by_scope<'a>(looks: &'a BTreeSet<InputLook>, plan: &Plan) -> Vec<Texts<'a>> {
    let mut scopes: BTreeMap<&Scope, BTreeSet<&UnitName>> = BTreeMap::new();
    for look in looks {
        if let InputLook::Text(UnitRef { scope, unit }) = look {
            scopes.entry(scope).or_default().insert(unit);
        }
    }
    let mut room = LARGEST;
    let mut texts = Vec::new();
    for (scope, units) in scopes {
        let lines: String = staged_files(plan, scope).iter().map(line).collect();
        let Some(left) = room.checked_sub(lines.len()) else {
            continue;
        };
        room = left;
        let home = new_home(plan, scope);
        texts.push(Texts {
            scope,
            units,
            new_home: (home != "''").then_some(home),
            lines,
        });
    }
    texts
}

/// How `staged.sh` is given a file.
fn line(file: &Staged<'_>) -> String {
    let named = |name: &str| format!("named <<'END_OF_NAME'\n{name}\nEND_OF_NAME\n");
    let with = |name: &str, put: &str, write: &WriteFile| {
        let bytes = write.body.bytes().map(abide_model::Bytes::as_slice);
        let text = STANDARD.encode(bytes.unwrap_or_default());
        // A shell reads a long line slowly.
        let lines: Vec<&str> = text
            .as_bytes()
            .chunks(4096)
            .filter_map(|line| std::str::from_utf8(line).ok())
            .collect();
        format!("{}{put} <<'END'\n{}\nEND\n", named(name), lines.join("\n"))
    };
    match file {
        Staged::Unit(unit, _, write) => with(unit.as_str(), "unit", write),
        Staged::DropIn(folder, name, _, write) => with(&format!("{folder}/{name}"), "put", write),
        Staged::Without(folder, name) => format!("{}mask\n", named(&format!("{folder}/{name}"))),
        Staged::Own(unit, file) => format!("{}loaded {}\n", named(file), quote(unit.as_str())),
    }
}

/// What the script needs to have them read; `None` where there are none.
pub(crate) fn script_part(texts: &[Texts<'_>], nonce: &str) -> Option<String> {
    if texts.is_empty() {
        return None;
    }
    let arms = texts.iter().map(|of| {
        format!(
            "{})\ncat <<'{nonce}'\n{}{nonce}\n;;\n",
            case_pattern(&of.scope.to_string()),
            of.lines
        )
    });
    let calls = texts.iter().map(|of| match &of.new_home {
        Some(home) => format!("  read_new_texts {} {home}\n", scope_word(of.scope)),
        None => format!("  read_texts {}\n", scope_word(of.scope)),
    });
    let (arms, calls): (String, String) = (arms.collect(), calls.collect());
    Some(format!(
        "{}{TEXTS}\nplanned_texts() {{\n  case $1 in\n{arms}  esac\n}}\ntexts() {{\n{calls}}}\n",
        crate::STAGED
    ))
}

/// Reads what systemd said.
pub(crate) fn read(texts: &[Texts<'_>], frames: &Frames<'_>, masks: &Masks) -> Inputs {
    let mut inputs = Inputs::new();
    for of in texts {
        let frame = frames.frame_about("text", &of.scope.to_string());
        let lines: Vec<&str> = frame
            .as_ref()
            .map(|frame| lines_of(frame, of.scope))
            .unwrap_or_default();
        for unit in &of.units {
            let seen = classify_lines(unit, &lines, masks);
            inputs.insert(InputLook::Text(UnitRef::new(of.scope, unit)), seen);
        }
    }
    inputs
}

/// What of a frame are lines; those of a user stand behind a tab.
fn lines_of<'a>(frame: &Frame<'a>, scope: &Scope) -> Vec<&'a str> {
    let lines = frame.text_lines().filter_map(|line| match scope {
        Scope::System => Some(line),
        Scope::User(_) => line.strip_prefix('\t'),
    });
    lines.collect()
}

/// What they say of one unit.
fn classify_lines(unit: &UnitName, lines: &[&str], masks: &Masks) -> InputSeen {
    let (mut refused, mut ignored, mut held) = (None, Vec::new(), Vec::new());
    let mut is_bad = false;
    for line in lines {
        let line = masks.hide(line).chars().take(LONGEST).collect::<String>();
        if let Some(rest) = line.strip_prefix("Unit ") {
            let of = rest.strip_suffix(" has a bad unit file setting.");
            is_bad |= of.is_some_and(|name| is_of(unit, name));
            continue;
        }
        let Some(said) = message_about_unit(unit, &line) else {
            continue;
        };
        match message_weight(said) {
            Weight::Refused if refused.is_none() => refused = Some(line),
            Weight::Ignored => ignored.push(line),
            Weight::Held => held.push(line),
            Weight::Refused | Weight::Nothing => {}
        }
    }
    ignored.truncate(MOST);
    held.truncate(MOST);
    let bad = || format!("Unit {unit} has a bad unit file setting.");
    InputSeen::Text {
        refused: is_bad.then(|| refused.unwrap_or_else(bad)),
        ignored,
        held,
    }
}

/// What a line about a unit comes to.
enum Weight {
    Refused,
    Ignored,
    Held,
    Nothing,
}

/// As `weigh` in `apply/verify.sh`.
fn message_weight(said: &str) -> Weight {
    const OLD: [&str; 6] = [
        "bsolete",
        "deprecated",
        "lease use ",
        "lease update ",
        " legacy ",
        " strict user/group name ",
    ];
    let has = |text: &str| said.contains(text);
    if has(" is not executable") || has("has fatal error") || OLD.iter().any(|old| has(old)) {
        Weight::Nothing
    } else if said.starts_with("Failed to create ") && has("/start: ") || has("ordering cycle") {
        Weight::Held
    } else if has("gnoring") {
        Weight::Ignored
    } else if has("Refusing") || has("valid executable name") {
        Weight::Refused
    } else {
        Weight::Ignored
    }
}

/// What a line says of a unit: it begins with its name, that of its file or of a drop-in of it.
fn message_about_unit<'l>(unit: &UnitName, line: &'l str) -> Option<&'l str> {
    let (place, said) = line.split_once(": ")?;
    let number = |(name, number): (&'l str, &str)| {
        (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
    };
    let place = place.rsplit_once(':').and_then(number).unwrap_or(place);
    let name = place.split_once(".d/").map_or(place, |(name, _)| name);
    is_of(unit, name).then_some(said)
}

/// Whether the name is the unit's, or that of an instance of the template that it is.
fn is_of(unit: &UnitName, name: &str) -> bool {
    let instance = || UnitName::parse(name).ok().and_then(|name| name.template());
    unit.as_str() == name || unit.is_template() && instance().as_ref() == Some(unit)
}
