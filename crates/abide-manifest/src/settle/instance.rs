//! The instances of a template.

use abide_model::UnitName;

use super::content::Vars;
use super::drop_in::read_drop_ins;
use super::unit::{effective, effort};
use super::written::written;
use crate::codes;
use crate::finding::Finding;
use crate::located::Located;
use crate::precedence::Stack;
use crate::schema::{Instance, Unit};
use crate::settled::UnitDraft;
use crate::work::Work;

/// Every instance that is declared of a template.
pub(super) fn draft_instances<'m>(
    template: &UnitDraft<'m>,
    stack: &Stack<'m, Unit>,
    vars: &Vars<'m>,
    work: &mut Work<'_>,
) -> Vec<UnitDraft<'m>> {
    if !template.name.is_template() {
        return Vec::new();
    }
    let as_template = stack.scalar(&mut work.findings, |unit| {
        unit.template.as_ref().map(Located::by_ref)
    });
    let is_template = as_template.is_some_and(|said| *said.value);
    let instances = stack.map(|unit| unit.instances.as_ref().map(|instances| &instances.value));
    let mut drafts = Vec::new();
    for (instance, stack) in &instances {
        work.spend(10, stack.key());
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
    (vars, is_template): (&Vars<'m>, bool),
    work: &mut Work<'_>,
) -> UnitDraft<'m> {
    let drop_ins = stack.map(|instance| Some(&instance.drop_ins));
    let (drop_ins, all_read) = read_drop_ins(&drop_ins, vars, is_template, work);
    let readable = all_read && template.effective.is_some();
    let mut draft = UnitDraft {
        name,
        key: stack.key(),
        by: stack.by(),
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
        written: written(stack, &mut work.findings).or(&template.written),
    };
    draft.effective = readable.then(|| {
        work.spend(effort(&draft, Some(template)), draft.key);
        effective(&draft, Some(template))
    });
    draft
}
