//! The keys that say how a unit is kept, of a unit and of an instance alike.

use std::time::Duration;

use crate::codes;
use crate::finding::{Finding, Findings};
use crate::located::Located;
use crate::precedence::{Said, Stack};
use crate::schema::unit::{OnChange, UnitState};
use crate::schema::{Choice, DurationText, Instance, Settle, Unit};
use crate::settled::Written;
use crate::value;

/// The keys that a unit and an instance share.
pub(super) trait UnitKeys {
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

/// Reads them.
pub(super) fn written<'m, T: UnitKeys>(
    stack: &Stack<'m, T>,
    findings: &mut Findings,
) -> Written<'m> {
    let settle = stack.nested(T::settle);
    Written {
        state: stack.scalar(findings, |unit| unit.state().copied()),
        enabled: stack.scalar(findings, |unit| unit.enabled().copied()),
        masked: stack.scalar(findings, |unit| unit.masked().copied()),
        on_change: stack.scalar(findings, |unit| unit.on_change().copied()),
        restart_on: stack.list(T::restart_on),
        reload_on: stack.list(T::reload_on),
        hold: duration(
            settle.scalar(findings, |settle| settle.hold.as_ref().map(Located::by_ref)),
            findings,
        ),
        timeout: duration(
            settle.scalar(findings, |settle| {
                settle.timeout.as_ref().map(Located::by_ref)
            }),
            findings,
        ),
    }
}

/// Reads a duration; what is none is a finding.
pub(super) fn duration<'m>(
    said: Option<Said<'m, &'m DurationText>>,
    findings: &mut Findings,
) -> Option<Said<'m, Duration>> {
    let said = said?;
    match value::duration(&said.value.0) {
        Ok(duration) => Some(said.with(duration)),
        Err(error) => {
            findings.push(Finding::new(codes::BAD_VALUE, said.at, error.to_string()));
            None
        }
    }
}

impl Written<'_> {
    /// An instance is as its template in what it does not say itself; whether it runs and is enabled is its own matter.
    pub(super) fn or(self, template: &Self) -> Self {
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
