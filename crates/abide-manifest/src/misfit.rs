//! Where the tree of a document does not fit the schema: which rule, and how a person would say it.

use std::fmt;

use crate::codes;
use crate::finding::Mistake;
use crate::neighbours;
use crate::node::{ByteRange, MapKey, Node, Shape};
use crate::suggest::nearest_name;
use crate::text::TextPlace;

/// A mistake of shape.
#[derive(Debug)]
pub(crate) struct Misfit {
    rule: Rule,
    /// The struct of the schema in which it is, by its name.
    inside: Option<&'static str>,
    found: Option<FoundValue>,
}

/// Which rule is broken.
#[derive(Debug)]
enum Rule {
    UnknownKey {
        key: String,
        known: &'static [&'static str],
    },
    MissingKey(&'static str),
    UnknownWord {
        word: String,
        known: &'static [&'static str],
    },
    Wrong(Wrong),
}

/// What is wanted where something else stands.
#[derive(Debug, Clone)]
pub(crate) enum Wrong {
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number,
    /// A smaller number.
    TooBig,
    /// Text.
    Text,
    /// A list.
    List,
    /// A map with free keys.
    Map,
    /// A map with these keys.
    Keys {
        /// The schema's name of the map.
        of: &'static str,
        /// Its keys.
        fields: &'static [&'static str],
    },
    /// One of some words.
    Word {
        /// The words.
        words: &'static [&'static str],
    },
    /// A map with exactly one of some keys.
    OneKey {
        /// The keys.
        words: &'static [&'static str],
    },
    /// Something a type of the schema describes itself.
    Described(String),
}

/// What stands at the place.
#[derive(Debug)]
struct FoundValue {
    bytes: ByteRange,
    key: Option<String>,
    what: &'static str,
    written: String,
}

impl Misfit {
    /// Something else is wanted than what stands here.
    pub(crate) fn unexpected_value(
        wanted: Wrong,
        key: Option<&MapKey>,
        node: &Node,
        written: &str,
    ) -> Box<Self> {
        Self::new(Rule::Wrong(wanted)).at_value(key, node, written)
    }

    fn new(rule: Rule) -> Box<Self> {
        Box::new(Self {
            rule,
            inside: None,
            found: None,
        })
    }

    /// Places it at a value, where it has no place yet.
    pub(crate) fn at_value(
        mut self: Box<Self>,
        key: Option<&MapKey>,
        node: &Node,
        written: &str,
    ) -> Box<Self> {
        // What lacks something has no bytes of its own: it is said at its key.
        let empty = matches!(self.rule, Rule::MissingKey(_)) || node.shape == Shape::Nothing;
        self.found.get_or_insert_with(|| FoundValue {
            bytes: key.filter(|_| empty).map_or(node.bytes, |key| key.bytes),
            key: key.map(|key| key.name.clone()),
            what: name_of(&node.shape),
            written: match &node.shape {
                // Of a list only its bracket is told apart in the text.
                Shape::List(items) => words_of(items).unwrap_or_default().join(" "),
                _ => written.chars().take(200).collect(),
            },
        });
        self
    }

    /// Places it at a key, where it has no place yet.
    pub(crate) fn at_key(mut self: Box<Self>, key: &MapKey) -> Box<Self> {
        self.found.get_or_insert_with(|| FoundValue {
            bytes: key.bytes,
            key: None,
            what: "a key",
            written: key.name.clone(),
        });
        self
    }

    /// Says in which struct of the schema it is, where that is not known yet.
    pub(crate) fn in_struct(mut self: Box<Self>, name: &'static str) -> Box<Self> {
        self.inside.get_or_insert(name);
        self
    }

    /// The bytes of the key or value that is wrong; `None` where something is missing.
    pub(crate) fn bytes_at_fault(&self) -> Option<ByteRange> {
        let missing = matches!(self.rule, Rule::MissingKey(_));
        self.found
            .as_ref()
            .filter(|_| !missing)
            .map(|found| found.bytes)
    }

    /// As a person is told it.
    pub(crate) fn finding(&self, text: u32) -> Mistake {
        let found = self.found.as_ref();
        let bytes = found.map(|found| found.bytes).unwrap_or_default();
        let at = TextPlace::new(text, bytes.start, bytes.end);
        match &self.rule {
            Rule::UnknownKey { key, known } => self.unknown_key(at, key, known),
            Rule::MissingKey(key) => {
                let of = self.inside.map_or("a map", struct_noun);
                Mistake::new(codes::MISSING_KEY, at, format!("{of} needs `{key}`"))
                    .with_label(format!("`{key}` is missing"))
                    .with_help(format!("write `{key}: …`"))
            }
            Rule::UnknownWord { word, known } => {
                let word_shown = word.escape_debug();
                let message = match found.and_then(|found| found.key.as_deref()) {
                    Some(key) => format!("`{}` cannot be `{word_shown}`", key.escape_debug()),
                    None => format!("`{word_shown}` is not known here"),
                };
                let finding = Mistake::new(codes::UNKNOWN_WORD, at, message);
                let known_words = format!("write one of {}", quoted_list(known));
                let key = found.and_then(|found| found.key.as_deref());
                if let Some(help) = key.and_then(|key| neighbours::word(key, word)) {
                    return finding.with_help(help);
                }
                finding.with_help(match nearest_name(word, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`? {known_words}"),
                    None => known_words,
                })
            }
            Rule::Wrong(wanted) => wrong_type(at, wanted, found),
        }
    }

    fn unknown_key(&self, at: TextPlace, key: &str, known: &[&str]) -> Mistake {
        let of = self.inside.map_or("a map", struct_noun);
        let message = format!("unknown key `{}`", key.escape_debug());
        let finding =
            Mistake::new(codes::UNKNOWN_KEY, at, message).with_label(format!("not a key of {of}"));
        if let Some(help) = neighbours::key(self.inside.unwrap_or_default(), key) {
            return finding.with_help(help);
        }
        finding.with_help(match nearest_name(key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("{of} has the keys {}", quoted_list(known)),
        })
    }
}

fn wrong_type(at: TextPlace, wanted: &Wrong, found: Option<&FoundValue>) -> Mistake {
    let (what, written) = found.map_or(("", ""), |found| (found.what, found.written.as_str()));
    let subject = match found.and_then(|found| found.key.as_deref()) {
        Some(key) => format!("`{}`", key.escape_debug()),
        None => "this".to_owned(),
    };
    let wants = wanted.words();
    let message = if what == NOTHING {
        format!("nothing stands after {subject}, which must be {wants}")
    } else if matches!(wanted, Wrong::TooBig) {
        format!("{subject} must be {wants}")
    } else {
        format!(
            "{subject} must be {wants}, not {}",
            describe_found_value(what, written)
        )
    };
    let label = if what == NOTHING { "" } else { what };
    let finding = Mistake::new(codes::WRONG_TYPE, at, message).with_label(label);
    let of_key = found
        .and_then(|found| found.key.as_deref())
        .and_then(neighbours::value_shape_hint);
    match of_key
        .map(str::to_owned)
        .or_else(|| replacement_hint(wanted, what, written))
    {
        Some(help) => finding.with_help(help),
        None => finding,
    }
}

/// What stands there, with its spelling where it is short.
fn describe_found_value(what: &str, written: &str) -> String {
    let short = written.chars().count() <= 30 && !written.contains(char::is_control);
    match what {
        NUMBER | TEXT if short => format!("the {} `{written}`", what.trim_start_matches("a ")),
        FLAG => format!("`{written}`"),
        _ => what.to_owned(),
    }
}

/// What to write instead.
fn replacement_hint(wanted: &Wrong, what: &str, written: &str) -> Option<String> {
    let bare = written.trim_matches(['"', '\'']);
    if let Some(flag) = old_boolean(bare)
        && matches!(wanted, Wrong::Flag | Wrong::Described(_))
    {
        return Some(format!(
            "write `{flag}`: in YAML 1.2 `{}` is text",
            bare.escape_debug()
        ));
    }
    Some(match wanted {
        Wrong::Flag | Wrong::Described(_) if what == TEXT && matches!(bare, "true" | "false") => {
            format!("write `{bare}` without quotes")
        }
        Wrong::Flag => "write `true` or `false`".to_owned(),
        Wrong::Number if what == TEXT && bare.parse::<u64>().is_ok() => {
            format!("write `{bare}` without quotes")
        }
        Wrong::Text if matches!(what, NUMBER | FLAG) => format!("write `\"{written}\"`, in quotes"),
        Wrong::Text | Wrong::List if what == NOTHING => {
            "write a value, or remove the key".to_owned()
        }
        Wrong::List if matches!(what, TEXT | NUMBER | FLAG) => format!("write `[{written}]`"),
        Wrong::Map | Wrong::Keys { .. } if what == NOTHING => {
            "write `{}` where there is nothing to say".to_owned()
        }
        Wrong::Map if what == LIST => as_keys(written)?,
        Wrong::Keys {
            of: "LingerPolicy", ..
        } => "lingering is declared for a user, under `users`; here it is `{exclusive: true}`"
            .to_owned(),
        Wrong::Keys { of, fields } => {
            format!("{} has the keys {}", struct_noun(of), quoted_list(fields))
        }
        Wrong::OneKey { words } => {
            let written = words.iter().map(|word| format!("`{{{word}: …}}`"));
            format!("write {}", written.collect::<Vec<_>>().join(" or "))
        }
        Wrong::Number
        | Wrong::TooBig
        | Wrong::Text
        | Wrong::List
        | Wrong::Map
        | Wrong::Word { .. }
        | Wrong::Described(_) => return None,
    })
}

/// The items of a short list of text.
fn words_of(items: &[Node]) -> Option<Vec<&str>> {
    let words = items.iter().map(|item| match &item.shape {
        Shape::Text(text) => Some(text.as_str()),
        _ => None,
    });
    words.collect::<Option<_>>().filter(|_| items.len() <= 5)
}

/// The names of a list, as keys of a map.
fn as_keys(list: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@ ".contains(c);
    let keys = list.split_whitespace().map(|word| format!("{word}: …"));
    let keys: Vec<String> = keys.collect();
    (list.chars().all(plain) && !keys.is_empty())
        .then(|| format!("write `{{{}}}`", keys.join(", ")))
}

impl Wrong {
    fn words(&self) -> String {
        match self {
            Self::Flag => "`true` or `false`".to_owned(),
            Self::Number => "a whole number".to_owned(),
            Self::TooBig => "a smaller number".to_owned(),
            Self::Text => "text".to_owned(),
            Self::List => "a list".to_owned(),
            Self::Map | Self::Keys { .. } => "a map".to_owned(),
            Self::Word { words } => format!("one of {}", quoted_list(words)),
            Self::OneKey { .. } => "a map with exactly one key".to_owned(),
            Self::Described(description) => description.clone(),
        }
    }
}

const NOTHING: &str = "nothing";
const FLAG: &str = "a boolean";
const NUMBER: &str = "a number";
const TEXT: &str = "text";
const LIST: &str = "a list";

fn name_of(shape: &Shape) -> &'static str {
    match shape {
        Shape::Nothing => NOTHING,
        Shape::Flag(_) => FLAG,
        Shape::Number(_) => NUMBER,
        Shape::Text(_) => TEXT,
        Shape::List(_) => LIST,
        Shape::Map(_) => "a map",
    }
}

/// The booleans of YAML 1.1, which people still write.
fn old_boolean(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" | "enabled" | "enable" => Some(true),
        "no" | "off" | "n" | "disabled" | "disable" => Some(false),
        _ => None,
    }
}

/// What a person calls a struct of the schema.
fn struct_noun(name: &str) -> &'static str {
    match name {
        "Manifest" => "a manifest",
        "Host" => "a host",
        "Group" => "a group",
        "User" => "a user",
        "Unit" => "a unit",
        "Instance" => "an instance",
        "File" => "a file",
        "DropIn" => "a drop-in",
        "Connection" => "`connection`",
        "HostConnection" => "a host's `connection`",
        "LingerPolicy" => "`linger` of a group or host",
        "Settle" => "`settle`",
        "Policy" => "`policy`",
        "Rollout" => "`rollout`",
        _ => "this map",
    }
}

fn quoted_list(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.finding(0).message)
    }
}

impl std::error::Error for Misfit {}

/// serde's own ways to say what is wrong, caught before they become text.
impl serde::de::Error for Box<Misfit> {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Misfit::new(Rule::Wrong(Wrong::Described(message.to_string())))
    }
    fn invalid_type(_: serde::de::Unexpected<'_>, wanted: &dyn serde::de::Expected) -> Self {
        Misfit::new(Rule::Wrong(Wrong::Described(wanted.to_string())))
    }
    fn invalid_value(_: serde::de::Unexpected<'_>, wanted: &dyn serde::de::Expected) -> Self {
        Misfit::new(Rule::Wrong(Wrong::Described(wanted.to_string())))
    }
    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        let word = word.to_owned();
        Misfit::new(Rule::UnknownWord { word, known })
    }
    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        let key = key.to_owned();
        Misfit::new(Rule::UnknownKey { key, known })
    }
    fn missing_field(key: &'static str) -> Self {
        Misfit::new(Rule::MissingKey(key))
    }
}
