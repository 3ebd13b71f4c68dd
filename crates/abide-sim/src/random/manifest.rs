//! Random manifests, lowered.

use abide_model::{Desired, OnChange, Policy, Presence, Scope, Share, UnitName, Wanted};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use super::text::{ENVIRONMENT, UnitText, unit_texts};
use super::{FOREIGN, UNITS, USERS};
use crate::desired::{DesiredBuilder, desired};
use crate::place::unit_name;

/// What a manifest says of a unit.
#[derive(Debug, Clone)]
struct Wish {
    text: UnitText,
    running: Option<Wanted>,
    enabled: Option<Wanted>,
    state: State,
    on_change: OnChange,
    drop_in: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
    Masked,
}

/// What a manifest says of a user or of the system scope: a wish for each name of the vocabulary.
#[derive(Debug, Clone)]
struct ScopeWish {
    units: Vec<Option<Wish>>,
    foreign: Option<(Option<Wanted>, Option<Wanted>)>,
    environment: Option<u8>,
    state: Option<Presence>,
    /// As written, if it is.
    linger: Option<Wanted>,
    shell: bool,
}

/// Manifests for one host, as the planner gets them.
pub fn desired_states() -> impl Strategy<Value = Desired> {
    let users = vec(scope_wish(), USERS.len());
    (
        scope_wish(),
        users,
        any::<bool>(),
        weighted(0.2, any::<bool>()),
    )
        .prop_map(|(system, users, prune, exclusive)| {
            let mut builder = desired("h1").policy(Policy {
                prune,
                max_removals: Share::Percent(100),
                ..Policy::default()
            });
            if let Some(enforce) = exclusive {
                builder = builder.linger_exclusive(enforce);
            }
            builder = say_units(builder, &system, &Scope::System);
            for (name, wish) in USERS.iter().zip(&users) {
                builder = say_user(builder, name, wish);
            }
            builder.build()
        })
}

fn scope_wish() -> impl Strategy<Value = ScopeWish> {
    (
        vec(weighted(0.35, unit_wish()), UNITS.len()),
        weighted(0.3, (wanted_choices(), wanted_choices())),
        weighted(0.5, 0..3u8),
        select(vec![
            Some(Presence::Present),
            Some(Presence::Present),
            Some(Presence::Present),
            Some(Presence::Absent),
            None,
        ]),
        wanted_choices(),
        any::<bool>(),
    )
        .prop_map(
            |(units, foreign, environment, state, linger, shell)| ScopeWish {
                units,
                foreign,
                environment,
                state,
                linger,
                shell,
            },
        )
}

fn unit_wish() -> impl Strategy<Value = Wish> {
    let states = select(vec![
        State::Present,
        State::Present,
        State::Present,
        State::Present,
        State::Absent,
        State::Masked,
    ]);
    let on_change = select(vec![
        OnChange::Restart,
        OnChange::Restart,
        OnChange::Reload,
        OnChange::StopStart,
        OnChange::None,
    ]);
    (
        unit_texts(),
        wanted_choices(),
        wanted_choices(),
        states,
        on_change,
        weighted(0.3, 0..3u8),
    )
        .prop_map(|(text, running, enabled, state, on_change, drop_in)| Wish {
            text,
            running,
            enabled,
            state,
            on_change,
            drop_in,
        })
}

fn wanted_choices() -> impl Strategy<Value = Option<Wanted>> {
    select(vec![
        None,
        None,
        None,
        Some(Wanted::Yes),
        Some(Wanted::No),
        Some(Wanted::Unmanaged),
    ])
}

fn say_user(builder: DesiredBuilder, name: &str, wish: &ScopeWish) -> DesiredBuilder {
    let scope = Scope::User(crate::place::user(name));
    match wish.state {
        None => builder,
        Some(Presence::Absent) => builder.user(name).user_absent(wish.shell),
        Some(Presence::Present) => {
            let mut builder = builder.user(name);
            if wish.shell {
                builder = builder.account(abide_model::DesiredAccount {
                    shell: Some(crate::place::path("/bin/bash")),
                    ..Default::default()
                });
            }
            if let Some(version) = wish.environment {
                builder = builder.file(ENVIRONMENT, &format!("VERSION={version}\n"));
            }
            builder = say_units(builder, wish, &scope);
            match wish.linger {
                None => builder,
                Some(Wanted::Yes) => builder.linger(Some(true)),
                // Nobody who must run units is kept from lingering: that could not be come to.
                Some(_) if must_run(&builder, &scope) => builder,
                Some(Wanted::No) => builder.linger(Some(false)),
                Some(Wanted::Unmanaged) => builder.linger(None),
            }
        }
    }
}

fn must_run(builder: &DesiredBuilder, scope: &Scope) -> bool {
    let built = builder.clone().build();
    let user = scope.user().and_then(|user| built.users.get(user));
    let mut units = user.into_iter().flat_map(|user| user.units.values());
    units.any(|unit| {
        unit.presence == Presence::Present
            && (unit.running == Wanted::Yes || unit.enabled == Wanted::Yes)
    })
}

fn say_units(mut builder: DesiredBuilder, wish: &ScopeWish, scope: &Scope) -> DesiredBuilder {
    let wishes: Vec<(UnitName, &Wish)> = UNITS
        .iter()
        .zip(&wish.units)
        .filter_map(|(name, wish)| Some((unit_name(name), wish.as_ref()?)))
        .collect();
    for (name, wish) in &wishes {
        if let Some(wish) = coherent_wish(name, wish, &wishes) {
            builder = say_unit(builder, name, &wish, scope);
        }
    }
    let foreign = match scope {
        Scope::System => FOREIGN[0],
        Scope::User(_) => FOREIGN[1],
    };
    if let Some((running, enabled)) = &wish.foreign {
        builder = builder.foreign_unit(foreign);
        builder = running
            .iter()
            .fold(builder, |builder, wanted| builder.with_running(*wanted));
        builder = enabled
            .iter()
            .fold(builder, |builder, wanted| builder.enabled(*wanted));
    }
    builder
}

/// The wish without what the manifest refuses or a host cannot come to.
fn coherent_wish(name: &UnitName, wish: &Wish, all: &[(UnitName, &Wish)]) -> Option<Wish> {
    let there = |name: &str| {
        let found = all.iter().find(|(other, _)| other.as_str() == name);
        found.is_some_and(|(_, wish)| wish.state == State::Present)
    };
    let mut wish = wish.clone();
    let needs = match name.as_str() {
        "job.timer" => Some("job.service"),
        "api.socket" => Some("api.service"),
        "watch.path" => Some("watch.service"),
        "pool@a.service" | "pool@b.service" => Some("pool@.service"),
        _ => None,
    };
    // A timer, socket or path without its service does not start, an instance not without its template.
    if needs.is_some_and(|needed| !there(needed)) {
        return None;
    }
    let runs = |wish: &&Wish| {
        wish.state == State::Present && matches!(wish.running, None | Some(Wanted::Yes))
    };
    let base = all
        .iter()
        .find(|(other, _)| other.as_str() == "base.service");
    wish.text.requires_base &= base.is_some_and(|(_, base)| runs(base));
    if name.kind().is_quadlet() || name.is_template() || wish.state != State::Present {
        wish.enabled = None;
    }
    if name.is_template() || wish.state != State::Present {
        wish.running = None;
    }
    if (name.is_template() || name.instance().is_some()) && wish.state == State::Masked {
        wish.state = State::Present;
    }
    if name.kind().is_quadlet() && wish.state == State::Masked {
        wish.state = State::Present;
    }
    let text = match name.template() {
        Some(template) => all.iter().find(|(other, _)| *other == template),
        None => None,
    };
    let text = text.map_or(&wish.text, |(_, template)| &template.text);
    if text.install == 0 && wish.enabled == Some(Wanted::Yes) {
        wish.enabled = None;
    }
    if wish.on_change == OnChange::Reload && !(text.reload && name.as_str().ends_with(".service")) {
        wish.on_change = OnChange::Restart;
    }
    if !name.as_str().ends_with(".service") {
        wish.drop_in = None;
    }
    let ends = matches!(name.as_str(), "job.service" | "watch.service");
    // A oneshot that ends by itself is never found running.
    if ends && wish.running == Some(Wanted::Yes) {
        wish.running = None;
    }
    Some(wish)
}

fn say_unit(
    builder: DesiredBuilder,
    name: &UnitName,
    wish: &Wish,
    scope: &Scope,
) -> DesiredBuilder {
    let mut builder = match name.template() {
        Some(_) => builder.instance(name.as_str()),
        None => builder.unit(name.as_str(), &wish.text.render(name.as_str(), scope)),
    };
    builder = builder.on_change(wish.on_change);
    if let Some(version) = wish.drop_in {
        builder = builder.drop_in("10-ours.conf", &format!("[Service]\nNice={version}\n"));
    }
    builder = wish
        .running
        .iter()
        .fold(builder, |builder, wanted| builder.with_running(*wanted));
    builder = wish
        .enabled
        .iter()
        .fold(builder, |builder, wanted| builder.enabled(*wanted));
    match wish.state {
        State::Present => builder,
        State::Absent => builder.marked_absent(),
        State::Masked => builder.with_masked(true),
    }
}
