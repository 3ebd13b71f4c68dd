//! One user of a host: its account, its files, its units, and whether it lingers.

use std::collections::BTreeMap;

use abide_model::{HomePath, HostPath, LingerReason, UnitName, UserName};

use super::account::account;
use super::content::{Gives as _, Vars, check_single, content, vars_if};
use super::{defaults, home_path, triggers::Managed, unit};
use crate::codes;
use crate::finding::Mistake;
use crate::located::Located;
use crate::precedence::{Said, Stack};
use crate::schema::user::UserState;
use crate::schema::{Choice, File, User};
use crate::settled::{LingerWhy, Settled, SettledFile, SettledUnit, SettledUser};
use crate::value;
use crate::work::Work;

/// Settles a user. What triggers its units is added when all files of the host are known.
pub(crate) fn user<'m>(
    name: &UserName,
    stack: &Stack<'m, User>,
    vars: &Vars<'m>,
    work: &mut Work<'_>,
) -> SettledUser<'m> {
    let said = stack.scalar_value(&mut work.findings, |user| user.state);
    let state = match said {
        Some(said) => Settled::declared(&said, said.value),
        None => Settled::default(UserState::Present, "it is declared"),
    };
    let (account, account_said) = account(name, stack, &mut work.findings);
    let drafts = unit::draft(&stack.map(|user| Some(&user.units)), vars, work);
    let units = defaults::settle_units(drafts);
    let linger_said = stack.scalar_value(&mut work.findings, |user| user.linger);
    let (linger, linger_reason) = linger(&state, linger_said.as_ref(), &units);
    let home = Managed::home_of(name, account.home.as_ref());
    let files = files(
        stack.map(|user| Some(&user.files)),
        (name, home.as_ref()),
        vars,
        work,
    );
    SettledUser {
        key: stack.key(),
        remove_home: stack.scalar_value(&mut work.findings, |user| {
            user.remove_home.as_ref().map(Located::by_ref)
        }),
        end_processes: stack.scalar_value(&mut work.findings, |user| {
            user.end_processes.as_ref().map(Located::by_ref)
        }),
        manager_restart: stack.scalar_value(&mut work.findings, |user| user.manager_restart),
        state,
        account,
        account_said,
        linger_said,
        linger,
        linger_reason,
        files,
        units,
    }
}

/// Written, or implied by the first unit that would stop at logout and stay off after a boot.
fn linger<'m>(
    state: &Settled<'m, UserState>,
    said: Option<&Said<'m, Choice>>,
    units: &BTreeMap<UnitName, SettledUnit<'m>>,
) -> (Settled<'m, Option<bool>>, LingerWhy) {
    if state.value == UserState::Absent {
        let reason = match state.why.declared_at() {
            Some(at) => LingerWhy::Declared(at),
            None => LingerWhy::Other(LingerReason::Unasked),
        };
        return (Settled::default(Some(false), "the user is absent"), reason);
    }
    if let Some(said) = said {
        let value = match said.value {
            Choice::Yes => Some(true),
            Choice::No => Some(false),
            Choice::Unmanaged => None,
        };
        return (
            Settled::declared(said, value),
            LingerWhy::Declared(said.key),
        );
    }
    let needs_it = units.values().find(|unit| unit.must_run());
    let Some(name) = needs_it.map(|unit| unit.draft.name.clone()) else {
        let settled = Settled::default(None, "no unit needs it");
        return (settled, LingerWhy::Other(LingerReason::Unasked));
    };
    let settled = Settled::default(Some(true), format!("`{name}` must run"));
    (settled, LingerWhy::Other(LingerReason::ImpliedBy(name)))
}

fn files<'m>(
    stacks: BTreeMap<&'m str, Stack<'m, File>>,
    (user, home): (&UserName, Option<&HostPath>),
    vars: &Vars<'m>,
    work: &mut Work<'_>,
) -> BTreeMap<HomePath, SettledFile<'m>> {
    let mut paths: BTreeMap<HomePath, Stack<'m, File>> = BTreeMap::new();
    for (written, stack) in stacks {
        work.spend_effort(5, stack.key());
        if !work.goes_on() {
            break;
        }
        match home_path::parse(written, user, home) {
            Err(why) => work.push(why.finding(stack.key())),
            Ok(path) => match paths.remove(&path) {
                None => drop(paths.insert(path, stack)),
                Some(other) if other.shares_a_place_with(&stack) => {
                    let message = format!("`{path}` is declared twice, in two spellings");
                    let finding = Mistake::new(codes::BAD_VALUE, stack.key(), message);
                    work.push(
                        finding
                            .with_related_place(other.key(), "the first")
                            .with_help("keep one of the two"),
                    );
                    paths.insert(path, other);
                }
                Some(other) => drop(paths.insert(path, other.merged_with(stack))),
            },
        }
    }
    let settled = paths.into_iter();
    settled
        .filter_map(|(path, stack)| Some((path, file(&stack, vars, work)?)))
        .collect()
}

fn file<'m>(
    stack: &Stack<'m, File>,
    vars: &Vars<'m>,
    work: &mut Work<'_>,
) -> Option<SettledFile<'m>> {
    for file in stack.values_by_rank() {
        check_single(&file.given_contents(), work);
    }
    let template = stack.scalar_value(&mut work.findings, |file| {
        file.template.as_ref().map(Located::by_ref)
    });
    let mode = stack.scalar_value(&mut work.findings, |file| {
        file.mode.as_ref().map(Located::by_ref)
    });
    let given = stack.scalar_value(&mut work.findings, |file| {
        file.given_contents().into_iter().next()
    });
    let Some(given) = given else {
        work.push(
            Mistake::new(codes::BODY, stack.key(), "this file has no content")
                .with_help("write `source: FILE`, `content: TEXT` or `secret: {…}`"),
        );
        return None;
    };
    let content = content(given, vars_if(template.as_ref(), vars), work)?;
    if let Some(template) = template.filter(|template| *template.value && content.body.is_secret())
    {
        let message = "`template` has no effect on a secret: nothing is filled in there";
        work.push(
            Mistake::new(codes::NO_EFFECT, template.key, message).with_help("remove `template`"),
        );
    }
    let mode = match mode.map(|mode| (mode, value::parse_mode(mode.value))) {
        Some((said, Ok(mode))) => Settled::declared(&said, Some(mode)),
        Some((said, Err(error))) => {
            work.push(Mistake::new(codes::BAD_VALUE, said.at, error.to_string()));
            Settled::default(None, "")
        }
        None if content.body.is_secret() => {
            Settled::default(Some(0o600), "a secret is the user's alone")
        }
        None => Settled::default(None, "0644 for a new file"),
    };
    Some(SettledFile {
        key: stack.key(),
        by: stack.highest_layer(),
        content,
        mode,
    })
}

/// The user's home and managed files, for units that read them.
pub(crate) fn add_managed_files(name: &UserName, user: &SettledUser<'_>, managed: &mut Managed) {
    if user.state.value == UserState::Absent {
        return;
    }
    if let Some(home) = Managed::home_of(name, user.account.home.as_ref()) {
        let files = user.files.keys().cloned().collect();
        managed.users.insert(name.clone(), (home, files));
    }
}
