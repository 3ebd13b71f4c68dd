//! The units of one scope: what is written of each, its text, and its instances.

use std::collections::BTreeMap;

use abide_model::UnitName;
use abide_unit::{Effective, quadlet_section};

use super::content::{Gives as _, Vars, check_single, content};
use super::drop_in::read_drop_ins;
use super::instance::draft_instances;
use super::unit_name::unit_name;
use super::written::read_unit_keys;
use crate::codes;
use crate::finding::Mistake;
use crate::located::Located;
use crate::precedence::Stack;
use crate::schema::WrittenUnit;
use crate::settled::{SourcedContent, WrittenUnitDraft};
use crate::work::Work;

/// The units of one scope before defaults, instances among them.
pub(crate) fn draft<'m>(
    stacks: &BTreeMap<&'m str, Stack<'m, WrittenUnit>>,
    vars: &Vars<'m>,
    work: &mut Work<'_>,
) -> BTreeMap<UnitName, WrittenUnitDraft<'m>> {
    let mut drafts = BTreeMap::new();
    let mut instances = Vec::new();
    for (name, stack) in stacks {
        work.spend_effort(10, stack.key());
        if !work.goes_on() {
            break;
        }
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
    drafts: &mut BTreeMap<UnitName, WrittenUnitDraft<'m>>,
    instance: WrittenUnitDraft<'m>,
    work: &mut Work<'_>,
) {
    if let Some(other) = drafts.get(&instance.name) {
        let message = format!("`{}` is declared twice", instance.name);
        work.push(
            Mistake::new(codes::SAME_UNIT_TWICE, instance.key, message)
                .with_label("as an instance")
                .with_related_place(other.key, "as a unit")
                .with_help("keep one of the two"),
        );
        return;
    }
    drafts.insert(instance.name.clone(), instance);
}

fn draft_unit<'m>(
    name: &UnitName,
    stack: &Stack<'m, WrittenUnit>,
    vars: &Vars<'m>,
    work: &mut Work<'_>,
) -> WrittenUnitDraft<'m> {
    for unit in stack.values_by_rank() {
        check_single(&unit.given_contents(), work);
    }
    let template = stack.scalar_value(&mut work.findings, |unit| {
        unit.template.as_ref().map(Located::by_ref)
    });
    let is_template = template.is_some_and(|said| *said.value);
    let given = stack.scalar_value(&mut work.findings, |unit| {
        unit.given_contents().into_iter().next()
    });
    let fragment = given.and_then(|given| {
        unit_text(
            name,
            content(given, is_template.then_some(vars), work),
            work,
        )
    });
    let drop_ins = stack.map(|unit| Some(&unit.drop_ins));
    let (drop_ins, all_read) = read_drop_ins(&drop_ins, vars, is_template, work);
    let readable = all_read && given.is_some() == fragment.is_some();
    let mut draft = WrittenUnitDraft {
        name: name.clone(),
        key: stack.key(),
        by: stack.highest_layer(),
        ours: given.is_some(),
        fragment,
        drop_ins,
        effective: None,
        is_known: given.is_some() && readable,
        instances: stack
            .values_by_rank()
            .find_map(|unit| Some(unit.instances.as_ref()?.key)),
        is_instance: false,
        written: read_unit_keys(stack, &mut work.findings),
    };
    draft.effective = readable.then(|| {
        work.spend_effort(reading_effort(&draft, None), draft.key);
        effective_config(&draft, None)
    });
    draft
}

/// A unit file must be text.
fn unit_text<'m>(
    name: &UnitName,
    content: Option<SourcedContent<'m>>,
    work: &mut Work<'_>,
) -> Option<SourcedContent<'m>> {
    let content = content?;
    let at = content.shown.why.declared_at().unwrap_or_default();
    let Some(wording) = &content.wording else {
        let message = "a unit file must be UTF-8 text";
        work.push(Mistake::new(codes::UNFIT, at, message).with_label("not text"));
        return None;
    };
    if wording.text.trim().is_empty() {
        // systemd takes an empty unit file for a mask (systemd-facts.md#empty-file-masks).
        if name.kind().is_quadlet() {
            let section = quadlet_section(name.kind()).unwrap_or_default();
            let message = "an empty quadlet cannot be told from one that was forgotten";
            work.push(
                Mistake::new(codes::BAD_VALUE, at, message)
                    .with_label("empty")
                    .with_help(format!("write `[{section}]`")),
            );
            return None;
        }
        let message = "an empty unit file would mask the unit";
        work.push(
            Mistake::new(codes::BAD_VALUE, at, message)
                .with_label("empty")
                .with_help("write `masked: true` if that is meant, or what the unit does"),
        );
        return None;
    }
    Some(content)
}

/// A unit `app@a.service` beside a template of ours runs the template's text.
fn adopt_instances(drafts: &mut BTreeMap<UnitName, WrittenUnitDraft<'_>>) {
    let of_templates: Vec<_> = drafts
        .values()
        .filter(|draft| !draft.ours)
        .filter_map(|draft| {
            let template = drafts
                .get(&draft.name.template()?)
                .filter(|template| template.ours)?;
            let known = draft.effective.is_some() && template.effective.is_some();
            let effective = known.then(|| effective_config(draft, Some(template)));
            // As in `draft_instance`.
            let quadlet = draft.name.kind().is_quadlet();
            let fragment = quadlet.then(|| template.fragment.clone()).flatten();
            Some((draft.name.clone(), effective, fragment))
        })
        .collect();
    for (name, effective, fragment) in of_templates {
        if let Some(draft) = drafts.get_mut(&name) {
            draft.ours |= fragment.is_some();
            draft.fragment = fragment;
            draft.is_known = effective.is_some();
            draft.effective = effective;
        }
    }
}

/// What a unit's texts come to; an instance's drop-ins hide those of its template that have the same name.
pub(super) fn effective_config(
    draft: &WrittenUnitDraft<'_>,
    template: Option<&WrittenUnitDraft<'_>>,
) -> Effective {
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

/// What it takes to read the texts of a unit, or of an instance with those of its template.
pub(super) fn reading_effort(
    draft: &WrittenUnitDraft<'_>,
    template: Option<&WrittenUnitDraft<'_>>,
) -> usize {
    let texts = |draft: &WrittenUnitDraft<'_>| -> usize {
        let all = draft.fragment.iter().chain(draft.drop_ins.values());
        all.map(|content| {
            let text = text_of(content);
            4 + (text.len() / 16).max(text.matches('\n').count())
        })
        .sum()
    };
    texts(draft) + template.map_or(0, texts)
}

fn text_of<'c>(content: &'c SourcedContent<'_>) -> &'c str {
    content.wording.as_ref().map_or("", |wording| &wording.text)
}
