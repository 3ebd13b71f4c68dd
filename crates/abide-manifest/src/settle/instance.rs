//! The instances of a template.

use abide_model::UnitName;

use super::content::Vars;
use super::drop_in::read_drop_ins;
use super::unit::{effective_config, reading_effort};
use super::written::read_unit_keys;
use crate::codes;
use crate::finding::Mistake;
use crate::located::Located;
use crate::precedence::Stack;
use crate::schema::{Instance, WrittenUnit};
use crate::settled::WrittenUnitDraft;
use crate::work::Work;

/// Every instance that is declared of a template.
pub(super) fn draft_instances<'m>(
    template: &WrittenUnitDraft<'m>,
    stack: &Stack<'m, WrittenUnit>,
    vars: &Vars<'m>,
    work: &mut Work<'_>,
) -> Vec<WrittenUnitDraft<'m>> {
    if !template.name.is_template() {
        return Vec::new();
    }
    let as_template = stack.scalar_value(&mut work.findings, |unit| {
        unit.template.as_ref().map(Located::by_ref)
    });
    let is_template = as_template.is_some_and(|said| *said.value);
    let instances = stack.map(|unit| unit.instances.as_ref().map(|instances| &instances.value));
    let mut drafts = Vec::new();
    for (instance, stack) in &instances {
        work.spend_effort(10, stack.key());
        if !work.goes_on() {
            break;
        }
        match template.name.with_instance(instance) {
            Ok(name) if !instance.is_empty() => {
                drafts.push(draft_instance(
                    name,
                    template,
                    stack,
                    (vars, is_template),
                    work,
                ));
            }
            Ok(_) => {
                let message = "an instance needs a name";
                work.push(Mistake::new(codes::BAD_NAME, stack.key(), message));
            }
            Err(error) => work.push(
                Mistake::new(codes::BAD_NAME, stack.key(), error.to_string())
                    .with_label("not the name of an instance")
                    .with_help("systemd-escape(1) writes any text as one"),
            ),
        }
    }
    drafts
}

fn draft_instance<'m>(
    name: UnitName,
    template: &WrittenUnitDraft<'m>,
    stack: &Stack<'m, Instance>,
    (vars, is_template): (&Vars<'m>, bool),
    work: &mut Work<'_>,
) -> WrittenUnitDraft<'m> {
    let drop_ins = stack.map(|instance| Some(&instance.drop_ins));
    let (drop_ins, all_read) = read_drop_ins(&drop_ins, vars, is_template, work);
    let readable = all_read && template.effective.is_some();
    let mut draft = WrittenUnitDraft {
        name,
        key: stack.key(),
        by: stack.highest_layer(),
        ours: template.ours,
        // Podman's generator takes an instance from a file of its own, and enables it by that (podman-systemd.unit(5)).
        fragment: match template.name.kind().is_quadlet() {
            true => template.fragment.clone(),
            false => None,
        },
        drop_ins,
        effective: None,
        is_known: template.is_known && all_read,
        instances: None,
        is_instance: true,
        written: read_unit_keys(stack, &mut work.findings).or_template(&template.written),
    };
    draft.effective = readable.then(|| {
        work.spend_effort(reading_effort(&draft, Some(template)), draft.key);
        effective_config(&draft, Some(template))
    });
    draft
}
