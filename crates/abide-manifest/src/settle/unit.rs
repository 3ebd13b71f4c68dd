//! The units of one scope: what is written of each, its text, and its instances.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_model::{NameError, UnitKind, UnitName};
use abide_unit::Effective;

use super::content::{Gives, Vars, check_single, content, drop_in, vars_if};
use crate::codes;
use crate::finding::{Finding, Findings};
use crate::located::Located;
use crate::precedence::{Said, Stack};
use crate::schema::unit::{OnChange, UnitState};
use crate::schema::{Choice, Instance, Settle, Unit};
use crate::settled::{Content, UnitDraft, Written};
use crate::suggest::nearest;
use crate::text::Place;
use crate::value;
use crate::work::Work;

/// The units of one scope before defaults, instances among them.
pub(crate) fn draft<'m>(
    stacks: &BTreeMap<&'m str, Stack<'m, Unit>>,
    vars: &Vars<'m>,
    work: &mut Work<'_>,
) -> BTreeMap<UnitName, UnitDraft<'m>> {
    let mut drafts = BTreeMap::new();
    let mut instances = Vec::new();
    for (name, stack) in stacks {
        let Some(name) = unit_name(name, stack.key(), work) else {
            continue;
        };
        let draft = draft_unit(&name, stack, vars, work);
        instances.extend(draft_instances(&draft, stack, vars, work));
        drafts.insert(name, draft);
    }
    adopt_instances(&mut drafts);
    for instance in instances {
        add_instance(&mut drafts, instance, work);
    }
    drafts
}

fn add_instance<'m>(
    drafts: &mut BTreeMap<UnitName, UnitDraft<'m>>,
    instance: UnitDraft<'m>,
    work: &mut Work<'_>,
) {
    if let Some(other) = drafts.get(&instance.name) {
        let message = format!("`{}` is declared twice", instance.name);
        work.push(
            Finding::new(codes::SAME_UNIT_TWICE, instance.key, message)
                .label("as an instance")
                .also(other.key, "as a unit")
                .help("keep one of the two"),
        );
        return;
    }
    drafts.insert(instance.name.clone(), instance);
}

fn unit_name(name: &str, at: Place, work: &mut Work<'_>) -> Option<UnitName> {
    match UnitName::parse(name) {
        Ok(name) => Some(name),
        Err(error) => {
            work.push(bad_unit_name(name, at, &error));
            None
        }
    }
}

fn bad_unit_name(name: &str, at: Place, error: &NameError) -> Finding {
    let finding = Finding::new(codes::BAD_NAME, at, error.to_string()).label("not a unit name");
    let suffixes = UnitKind::ALL.iter().map(|(_, suffix)| *suffix);
    let (stem, suffix) = name.rsplit_once('.').unwrap_or((name, ""));
    let suffix = if suffix.is_empty() {
        Some("service")
    } else {
        nearest(suffix, suffixes)
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.' | '@');
    let stem: String = stem.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    match suffix {
        Some(suffix) if !stem.is_empty() && stem.len() < 200 => {
            finding.help(format!("write for example `{stem}.{suffix}`"))
        }
        _ => finding,
    }
}

fn draft_unit<'m>(
    name: &UnitName,
    stack: &Stack<'m, Unit>,
    vars: &Vars<'m>,
    work: &mut Work<'_>,
) -> UnitDraft<'m> {
    for unit in stack.values() {
        check_single(&unit.given(), work);
    }
    let template = stack.scalar(&mut work.findings, |unit| unit.template.as_ref().map(Located::by_ref));
    let vars = vars_if(template.as_ref(), vars);
    let given = stack.scalar(&mut work.findings, |unit| unit.given().into_iter().next());
    let fragment = given.and_then(|given| unit_text(content(given, vars, work), work));
    let drop_ins = stack.map(|unit| Some(&unit.drop_ins));
    let (drop_ins, all_read) = read_drop_ins(&drop_ins, vars, work);
    let readable = all_read && given.is_some() == fragment.is_some();
    let mut draft = UnitDraft {
        name: name.clone(),
        key: stack.key(),
        ours: given.is_some(),
        fragment,
        drop_ins,
        effective: None,
        is_known: given.is_some() && readable,
        instances: stack.values().find_map(|unit| Some(unit.instances.as_ref()?.key)),
        is_instance: false,
        written: written(stack, work),
    };
    draft.effective = readable.then(|| effective(&draft, None));
    draft
}

/// A unit file must be text.
fn unit_text<'m>(content: Option<Content<'m>>, work: &mut Work<'_>) -> Option<Content<'m>> {
    let content = content?;
    if content.wording.is_none() {
        let at = content.shown.why.at();
        let message = "a unit file must be UTF-8 text";
        work.push(Finding::new(codes::UNFIT, at.unwrap_or_default(), message).label("not text"));
        return None;
    }
    Some(content)
}

/// Drop-ins that could be read, and whether all could.
fn read_drop_ins<'m>(
    stacks: &BTreeMap<&'m str, Stack<'m, String>>,
    vars: Option<&Vars<'m>>,
    work: &mut Work<'_>,
) -> (BTreeMap<&'m str, Content<'m>>, bool) {
    let mut drop_ins = BTreeMap::new();
    let mut all = true;
    for (name, stack) in stacks {
        if let Some(why) = bad_drop_in_name(name) {
            let message = format!("`{}` is not the name of a drop-in: {why}", name.escape_debug());
            work.push(
                Finding::new(codes::BAD_NAME, stack.key(), message).help("write for example `10-memory.conf`"),
            );
            continue;
        }
        let said = stack.text(&mut work.findings);
        match said.and_then(|said| drop_in(said, vars, work)) {
            Some(content) => {
                drop_ins.insert(*name, content);
            }
            None => all = false,
        }
    }
    (drop_ins, all)
}

fn bad_drop_in_name(name: &str) -> Option<&'static str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '@' | '+');
    if !name.ends_with(".conf") {
        Some("systemd reads only files that end in `.conf`")
    } else if name.starts_with('.') {
        Some("systemd skips files that begin with a dot")
    } else if name.len() > 255 {
        Some("it may have 255 bytes at most")
    } else if !name.chars().all(fits) {
        Some("use letters, digits, `-`, `_`, `.`")
    } else {
        None
    }
}

fn draft_instances<'m>(
    template: &UnitDraft<'m>,
    stack: &Stack<'m, Unit>,
    vars: &Vars<'m>,
    work: &mut Work<'_>,
) -> Vec<UnitDraft<'m>> {
    if !template.name.is_template() {
        return Vec::new();
    }
    let as_template = stack.scalar(&mut work.findings, |unit| unit.template.as_ref().map(Located::by_ref));
    let vars = vars_if(as_template.as_ref(), vars);
    let instances = stack.map(|unit| unit.instances.as_ref().map(|instances| &instances.value));
    let mut drafts = Vec::new();
    for (instance, stack) in &instances {
        match template.name.with_instance(instance) {
            Ok(name) if !instance.is_empty() => {
                drafts.push(draft_instance(name, template, stack, vars, work));
            }
            Ok(_) => {
                let message = "an instance needs a name";
                work.push(Finding::new(codes::BAD_NAME, stack.key(), message));
            }
            Err(error) => work.push(
                Finding::new(codes::BAD_NAME, stack.key(), error.to_string())
                    .label("not the name of an instance")
                    .help("systemd-escape(1) writes any text as one"),
            ),
        }
    }
    drafts
}

fn draft_instance<'m>(
    name: UnitName,
    template: &UnitDraft<'m>,
    stack: &Stack<'m, Instance>,
    vars: Option<&Vars<'m>>,
    work: &mut Work<'_>,
) -> UnitDraft<'m> {
    let drop_ins = stack.map(|instance| Some(&instance.drop_ins));
    let (drop_ins, all_read) = read_drop_ins(&drop_ins, vars, work);
    let readable = all_read && template.effective.is_some();
    let mut draft = UnitDraft {
        name,
        key: stack.key(),
        ours: template.ours,
        fragment: None,
        drop_ins,
        effective: None,
        is_known: template.is_known && all_read,
        instances: None,
        is_instance: true,
        written: written(stack, work).or(&template.written),
    };
    draft.effective = readable.then(|| effective(&draft, Some(template)));
    draft
}

/// A unit `app@a.service` beside a template of ours runs the template's text.
fn adopt_instances(drafts: &mut BTreeMap<UnitName, UnitDraft<'_>>) {
    let of_templates: Vec<_> = drafts
        .values()
        .filter(|draft| !draft.ours)
        .filter_map(|draft| {
            let template = drafts.get(&draft.name.template()?).filter(|template| template.ours)?;
            let known = draft.effective.is_some() && template.effective.is_some();
            let effective = known.then(|| effective(draft, Some(template)));
            Some((draft.name.clone(), effective))
        })
        .collect();
    for (name, effective) in of_templates {
        if let Some(draft) = drafts.get_mut(&name) {
            draft.is_known = effective.is_some();
            draft.effective = effective;
        }
    }
}

/// What a unit's texts come to; an instance's drop-ins hide those of its template that have the same name.
fn effective(draft: &UnitDraft<'_>, template: Option<&UnitDraft<'_>>) -> Effective {
    let fragment = template.unwrap_or(draft).fragment.as_ref();
    let of_template = template.into_iter().flat_map(|template| &template.drop_ins);
    let drop_ins: Vec<_> = draft
        .drop_ins
        .iter()
        .chain(of_template)
        .map(|(name, content)| (*name, text_of(content)))
        .collect();
    Effective::new(&draft.name, fragment.map_or("", text_of), &drop_ins)
}

fn text_of<'c>(content: &'c Content<'_>) -> &'c str {
    content.wording.as_ref().map_or("", |wording| &wording.text)
}

/// The keys that a unit and an instance share.
pub(crate) trait UnitKeys {
    fn state(&self) -> Option<&Located<UnitState>>;
    fn enabled(&self) -> Option<&Located<Choice>>;
    fn masked(&self) -> Option<&Located<bool>>;
    fn on_change(&self) -> Option<&Located<OnChange>>;
    fn restart_on(&self) -> Option<&Located<Vec<Located<String>>>>;
    fn reload_on(&self) -> Option<&Located<Vec<Located<String>>>>;
    fn settle(&self) -> Option<&Located<Settle>>;
}

macro_rules! unit_keys {
    ($($of:ty),+) => {$(
        impl UnitKeys for $of {
            fn state(&self) -> Option<&Located<UnitState>> {
                self.state.as_ref()
            }
            fn enabled(&self) -> Option<&Located<Choice>> {
                self.enabled.as_ref()
            }
            fn masked(&self) -> Option<&Located<bool>> {
                self.masked.as_ref()
            }
            fn on_change(&self) -> Option<&Located<OnChange>> {
                self.on_change.as_ref()
            }
            fn restart_on(&self) -> Option<&Located<Vec<Located<String>>>> {
                self.restart_on.as_ref()
            }
            fn reload_on(&self) -> Option<&Located<Vec<Located<String>>>> {
                self.reload_on.as_ref()
            }
            fn settle(&self) -> Option<&Located<Settle>> {
                self.settle.as_ref()
            }
        }
    )+};
}
unit_keys!(Unit, Instance);

fn written<'m, T: UnitKeys>(stack: &Stack<'m, T>, work: &mut Work<'_>) -> Written<'m> {
    let findings = &mut work.findings;
    let settle = stack.nested(T::settle);
    Written {
        state: stack.scalar(findings, |unit| unit.state().cloned()),
        enabled: stack.scalar(findings, |unit| unit.enabled().cloned()),
        masked: stack.scalar(findings, |unit| unit.masked().cloned()),
        on_change: stack.scalar(findings, |unit| unit.on_change().cloned()),
        restart_on: stack.list(T::restart_on),
        reload_on: stack.list(T::reload_on),
        hold: duration(settle.scalar(findings, |settle| settle.hold.as_ref().map(Located::by_ref)), findings),
        timeout: duration(settle.scalar(findings, |settle| settle.timeout.as_ref().map(Located::by_ref)), findings),
    }
}

/// Reads a duration; what is none is a finding.
pub(crate) fn duration<'m>(
    said: Option<Said<'m, &'m String>>,
    findings: &mut Findings,
) -> Option<Said<'m, Duration>> {
    let said = said?;
    match value::duration(said.value) {
        Ok(duration) => Some(said.with(duration)),
        Err(message) => {
            findings.push(Finding::new(codes::BAD_VALUE, said.at, message));
            None
        }
    }
}

impl<'m> Written<'m> {
    /// An instance is as its template in what it does not say itself; whether it runs and is enabled is its own matter.
    fn or(self, template: &Self) -> Self {
        Self {
            on_change: self.on_change.or(template.on_change),
            restart_on: self.restart_on.or(template.restart_on),
            reload_on: self.reload_on.or(template.reload_on),
            hold: self.hold.or(template.hold),
            timeout: self.timeout.or(template.timeout),
            ..self
        }
    }
}
