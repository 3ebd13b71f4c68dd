//! The keys that say how a unit is kept, of a unit and of an instance alike.

use std::time::Duration;

use crate::codes;
use crate::finding::{Findings, Mistake};
use crate::located::Located;
use crate::precedence::{Said, Stack};
use crate::schema::unit::{UnitState, WrittenOnChange};
use crate::schema::{Choice, DurationText, Instance, WrittenSettle, WrittenUnit};
use crate::settled::WrittenUnitText;
use crate::value;

/// The keys that a unit and an instance share.
pub(super) trait UnitKeys {
    fn state(&self) -> Option<&Located<UnitState>>;
    fn enabled(&self) -> Option<&Located<Choice>>;
    fn masked_setting(&self) -> Option<&Located<bool>>;
    fn on_change(&self) -> Option<&Located<WrittenOnChange>>;
    fn restart_on(&self) -> Option<&Located<Vec<Located<String>>>>;
    fn reload_on(&self) -> Option<&Located<Vec<Located<String>>>>;
    fn settle_setting(&self) -> Option<&Located<WrittenSettle>>;
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
            fn masked_setting(&self) -> Option<&Located<bool>> {
                self.masked.as_ref()
            }
            fn on_change(&self) -> Option<&Located<WrittenOnChange>> {
                self.on_change.as_ref()
            }
            fn restart_on(&self) -> Option<&Located<Vec<Located<String>>>> {
                self.restart_on.as_ref()
            }
            fn reload_on(&self) -> Option<&Located<Vec<Located<String>>>> {
                self.reload_on.as_ref()
            }
            fn settle_setting(&self) -> Option<&Located<WrittenSettle>> {
                self.settle.as_ref()
            }
        }
    )+};
}
unit_keys!(WrittenUnit, Instance);

/// Reads them.
pub(super) fn read_unit_keys<'m, T: UnitKeys>(
    stack: &Stack<'m, T>,
    findings: &mut Findings,
) -> WrittenUnitText<'m> {
    let settle = stack.nested_stack(T::settle_setting);
    WrittenUnitText {
        state: stack.scalar_value(findings, |unit| unit.state().copied()),
        enabled: stack.scalar_value(findings, |unit| unit.enabled().copied()),
        masked: stack.scalar_value(findings, |unit| unit.masked_setting().copied()),
        on_change: stack.scalar_value(findings, |unit| unit.on_change().copied()),
        restart_on: stack.list(T::restart_on),
        reload_on: stack.list(T::reload_on),
        hold: read_duration(
            settle.scalar_value(findings, |settle| settle.hold.as_ref().map(Located::by_ref)),
            findings,
        ),
        timeout: read_duration(
            settle.scalar_value(findings, |settle| {
                settle.timeout.as_ref().map(Located::by_ref)
            }),
            findings,
        ),
    }
}

/// Reads a duration; what is none is a finding.
pub(super) fn read_duration<'m>(
    said: Option<Said<'m, &'m DurationText>>,
    findings: &mut Findings,
) -> Option<Said<'m, Duration>> {
    let said = said?;
    match value::parse_duration(&said.value.0) {
        Ok(duration) => Some(said.with_value(duration)),
        Err(error) => {
            findings.push(Mistake::new(codes::BAD_VALUE, said.at, error.to_string()));
            None
        }
    }
}

impl WrittenUnitText<'_> {
    /// An instance is as its template in what it does not say itself; whether it runs and is enabled is its own matter.
    pub(super) fn or_template(self, template: &Self) -> Self {
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
