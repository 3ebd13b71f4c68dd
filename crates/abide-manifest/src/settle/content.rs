//! What goes into a file on a host: a copy of a file, a text, or a secret; with variables filled in.

use std::collections::BTreeMap;

use abide_model::{Body, Bytes, SecretCommand, SecretSource};

use super::here::{self, HereQuestion};
use crate::budget::LONGEST_FILLED;
use crate::codes;
use crate::finding::Mistake;
use crate::located::Located;
use crate::precedence::Said;
use crate::schema::drop_in::DropInFile;
use crate::schema::{File, WrittenSecret, WrittenUnit};
use crate::settled::{Settled, SourcedContent};
use crate::text::TextPlace;
use crate::vars::{BadReference, BadReferenceKind, fill};
use crate::wording::Wording;
use crate::work::Work;

/// The variable with the key behind saved plans: no host is to have that.
const PLAN_KEY: &str = "ABIDE_PLAN_KEY";

/// The variables of a host.
pub(crate) type Vars<'m> = BTreeMap<&'m str, &'m str>;

/// How a content is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given<'m> {
    /// `source:`.
    Source(&'m String),
    /// `content:`.
    Text(&'m String),
    /// `secret:`.
    Secret(&'m WrittenSecret),
}

/// What may give a content.
pub(crate) trait Gives {
    /// Every way in which it does; more than one is a mistake.
    fn given_contents(&self) -> Vec<Located<Given<'_>>>;
}

impl Gives for File {
    fn given_contents(&self) -> Vec<Located<Given<'_>>> {
        let secret = self.secret.as_ref();
        let secret = secret.map(|at| at.with_value(Given::Secret(&at.value)));
        let mut given = source_or_text(self.source.as_ref(), self.content.as_ref());
        given.extend(secret);
        given
    }
}

impl Gives for DropInFile {
    fn given_contents(&self) -> Vec<Located<Given<'_>>> {
        source_or_text(self.source.as_ref(), self.content.as_ref())
    }
}

impl Gives for WrittenUnit {
    fn given_contents(&self) -> Vec<Located<Given<'_>>> {
        source_or_text(self.source.as_ref(), self.content.as_ref())
    }
}

fn source_or_text<'m>(
    source: Option<&'m Located<String>>,
    text: Option<&'m Located<String>>,
) -> Vec<Located<Given<'m>>> {
    let source = source.map(|at| at.with_value(Given::Source(&at.value)));
    let text = text.map(|at| at.with_value(Given::Text(&at.value)));
    [source, text].into_iter().flatten().collect()
}

/// One place may give one content only.
pub(crate) fn check_single(given: &[Located<Given<'_>>], work: &mut Work<'_>) {
    if let [first, second, ..] = given {
        let message = "only one of `source`, `content` and `secret` can be the content";
        work.push(
            Mistake::new(codes::BODY, second.key, message)
                .with_label("a second content")
                .with_related_place(first.key, "the first")
                .with_help("remove one of them"),
        );
    }
}

/// Reads a content and fills it in. What is wrong with it is a finding, and it is `None` then.
pub(crate) fn content<'m>(
    said: Said<'m, Given<'m>>,
    vars: Option<&Vars<'_>>,
    work: &mut Work<'_>,
) -> Option<SourcedContent<'m>> {
    let (bytes, wording) = match said.value {
        Given::Secret(secret) => return resolve_secret(said.with_value(secret), work),
        Given::Text(text) => {
            // A text that hosts have in common is held once.
            let (bytes, wording) = work.written.entry(said.at).or_insert_with(|| {
                let wording = Wording::in_value(said.with_value(text).value_and_place());
                (Bytes::from(text.as_str()), wording)
            });
            (bytes.clone(), Some(wording.clone()))
        }
        Given::Source(path) => {
            let named = said.with_value(path).value_and_place();
            let Work {
                texts,
                findings,
                library,
                ..
            } = work;
            let held = library.read(named, texts, findings)?;
            let text = held.text;
            let wording = text.map(|(file, text)| Wording::in_file(said.at, file, text));
            (held.bytes, wording)
        }
    };
    let shown = Settled::declared(&said, describe_given(said.value));
    let (bytes, wording) = match vars {
        None => (bytes, wording),
        Some(vars) => {
            let wording = fill_template(wording, said.at, vars, work)?;
            (Bytes::from(wording.text.as_ref()), Some(wording))
        }
    };
    Some(SourcedContent {
        body: Body::Plain(bytes),
        wording,
        shown,
    })
}

fn fill_template(
    wording: Option<Wording>,
    at: TextPlace,
    vars: &Vars<'_>,
    work: &mut Work<'_>,
) -> Option<Wording> {
    let Some(wording) = wording else {
        let message = "a file that is not UTF-8 text cannot be a template";
        work.push(Mistake::new(codes::UNFIT, at, message).with_help("remove `template: true`"));
        return None;
    };
    match fill(&wording.text, vars, LONGEST_FILLED) {
        Ok(text) => {
            if let Err(finding) = work.budget.fill(text.len(), at) {
                work.push(*finding);
            }
            (!work.budget.is_spent()).then(|| wording.with_filled_text(text))
        }
        Err(references) => {
            for reference in references {
                if work.findings.is_full() {
                    break;
                }
                let finding = bad_reference(&reference, &wording, work);
                work.push(finding);
            }
            None
        }
    }
}

fn bad_reference(reference: &BadReference, wording: &Wording, work: &Work<'_>) -> Mistake {
    let at = wording.place_of_bytes(&work.texts, reference.bytes.clone());
    let finding = match &reference.kind {
        BadReferenceKind::Unknown { name, near } => {
            let message = format!("no variable `{name}` is declared for this host");
            let finding = Mistake::new(codes::UNKNOWN_VARIABLE, at, message);
            match near {
                Some(near) => finding.with_help(format!("did you mean `${{{near}}}`?")),
                None => finding.with_help(format!(
                    "declare it, `vars: {{{name}: …}}`, or write `$${{{name}}}` for the text `${{{name}}}`"
                )),
            }
        }
        BadReferenceKind::TooLong => {
            let message = format!(
                "with this variable the text is longer than {} MiB",
                LONGEST_FILLED >> 20
            );
            Mistake::new(codes::TOO_MUCH, at, message)
                .with_label("too long from here on")
                .with_help("write what is long into a file of its own, which the unit reads")
        }
        BadReferenceKind::NoName => {
            Mistake::new(codes::BAD_VARIABLE, at, "`${` begins no variable here")
                .with_help("write `${name}`, or `$${` for the text `${`")
        }
    };
    wording.add_naming_place(finding)
}

fn describe_given(given: Given<'_>) -> String {
    match given {
        Given::Source(path) => format!("source {path}"),
        Given::Text(text) => format!("content, {} lines", text.lines().count()),
        Given::Secret(WrittenSecret::Env(name)) => format!("secret, from the environment: {name}"),
        Given::Secret(WrittenSecret::File(path)) => format!("secret, from the file {path}"),
        Given::Secret(WrittenSecret::Command(argv)) => {
            format!(
                "secret, from the command {}",
                argv.first().map_or("", String::as_str)
            )
        }
    }
}

/// A secret is not looked up here; its source must be one.
fn resolve_secret<'m>(
    said: Said<'m, &'m WrittenSecret>,
    work: &mut Work<'_>,
) -> Option<SourcedContent<'m>> {
    let at = said.at;
    let wrong = |message: &str| Mistake::new(codes::BAD_VALUE, at, message);
    let source = match said.value {
        WrittenSecret::Env(name) if name.is_empty() || name.contains(['=', '\0']) => {
            work.push(wrong("this is not the name of an environment variable"));
            return None;
        }
        WrittenSecret::Env(name) if name == PLAN_KEY => {
            let message = format!(
                "`{}` is the key that plans are sealed with, and no secret of a host",
                name.escape_debug()
            );
            work.push(
                Mistake::new(codes::BAD_VALUE, at, message)
                    .with_help("give the secret another name"),
            );
            return None;
        }
        WrittenSecret::Env(name) => SecretSource::Env(name.clone()),
        WrittenSecret::File(path) => {
            let named = said.with_value(path).value_and_place();
            let Work {
                texts,
                findings,
                library,
                ..
            } = work;
            SecretSource::File(library.path(named, texts, findings)?)
        }
        WrittenSecret::Command(argv) if argv.first().is_none_or(String::is_empty) => {
            work.push(
                wrong("a command needs the name of a program")
                    .with_help("write `command: [sops, -d, FILE]`"),
            );
            return None;
        }
        WrittenSecret::Command(argv) => {
            let program = argv.first().map_or("", String::as_str);
            here::check(HereQuestion::Run(program), at, work);
            SecretSource::Command(SecretCommand::new(argv.clone()))
        }
    };
    let body = Body::Secret {
        source,
        bytes: None,
    };
    Some(SourcedContent {
        body,
        wording: None,
        shown: Settled::declared(&said, describe_given(Given::Secret(said.value))),
    })
}

/// Whether variables are filled in, and which.
pub(crate) fn vars_if<'v, 'm>(
    template: Option<&Said<'_, &bool>>,
    vars: &'v Vars<'m>,
) -> Option<&'v Vars<'m>> {
    template.filter(|said| *said.value).map(|_| vars)
}
