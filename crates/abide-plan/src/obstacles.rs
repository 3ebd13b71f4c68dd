//! What on the host is in the way of steps, so that they would fail: an account that cannot be made or changed, a file that
//! cannot be written. What nobody looked at is in nobody's way.

use abide_model::{
    AccountField, Change, DesiredUser, FieldChange, FilePurpose, GroupName, HomeFault, HostPath,
    InputLook, InputSeen, Observation, ObservedUser, Obstacle, RefusalReason, ResourceId, Runner,
    Scope, UserName,
};

use crate::draft::Draft;
use crate::file::FileVerdict;
use crate::host::Host;
use crate::linger::ManagerState;
use crate::refuse::Denied;
use crate::scope::ScopeView;

fn in_the_way(obstacle: Obstacle) -> Denied {
    Denied::for_reason(RefusalReason::InTheWay { obstacle })
}

fn look<'a>(host: &Host<'a>, draft: &mut Draft, look: InputLook) -> Option<&'a InputSeen> {
    let seen = host.observed.inputs.get(&look);
    draft.looks.insert(look);
    seen
}

/// Whether `useradd` can make this user, as far as its reasons can be seen.
pub(crate) fn may_make(
    host: &Host<'_>,
    draft: &mut Draft,
    name: &UserName,
    wanted: &DesiredUser,
) -> Result<(), Denied> {
    let account = &wanted.account;
    if let Some(group) = &account.group {
        group_is_there(host, draft, group)?;
    } else {
        let own = InputLook::Group(name.to_string());
        if look(host, draft, own) == Some(&InputSeen::Present) {
            let group = name.to_string();
            return Err(in_the_way(Obstacle::GroupOfThatName { group }));
        }
    }
    for group in account.groups.iter().flatten() {
        group_is_there(host, draft, group)?;
    }
    if let Some(uid) = account.uid {
        uid_is_free(host, draft, uid)?;
    }
    home_is_free(host, draft, name, wanted)
}

/// Whether `usermod` can change these attributes.
pub(crate) fn may_modify(
    host: &Host<'_>,
    draft: &mut Draft,
    name: &UserName,
    fields: &[FieldChange],
) -> Result<(), Denied> {
    may_be_changed(host, draft, name)?;
    for field in fields {
        match field.field {
            AccountField::Group | AccountField::Groups => {
                for group in field.to.split(',').filter(|group| !group.is_empty()) {
                    group_is_there(host, draft, group)?;
                }
            }
            AccountField::Uid => {
                if let Ok(uid) = field.to.parse() {
                    uid_is_free(host, draft, uid)?;
                }
            }
            AccountField::Home | AccountField::Shell | AccountField::Comment => {}
        }
    }
    Ok(())
}

/// Whether the account is one that the host's own tools can change.
pub(crate) fn may_be_changed(
    host: &Host<'_>,
    draft: &mut Draft,
    name: &UserName,
) -> Result<(), Denied> {
    match look(host, draft, InputLook::LocalUser(name.clone())) {
        Some(InputSeen::Absent) => Err(in_the_way(Obstacle::NotInLocalFiles)),
        _ => Ok(()),
    }
}

fn group_is_there(host: &Host<'_>, draft: &mut Draft, group: &str) -> Result<(), Denied> {
    // A number is one that systemd's and shadow's tools take as it is.
    if GroupName::parse(group).is_err() || group.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    // A user that is made before brings a group of its name.
    let made = draft.steps.iter().any(|step| {
        matches!(&step.resource, ResourceId::User(user) if user.as_str() == group)
            && matches!(step.change, Change::CreateUser { group: None, .. })
    });
    match look(host, draft, InputLook::Group(group.to_owned())) {
        Some(InputSeen::Absent) if !made => {
            let group = group.to_owned();
            Err(in_the_way(Obstacle::NoSuchGroup { group }))
        }
        _ => Ok(()),
    }
}

fn uid_is_free(host: &Host<'_>, draft: &mut Draft, uid: u32) -> Result<(), Denied> {
    match look(host, draft, InputLook::Uid(uid)) {
        Some(InputSeen::Owned { by }) => {
            let by = by.clone();
            Err(in_the_way(Obstacle::UidTaken { uid, by }))
        }
        _ => Ok(()),
    }
}

/// A home that is there and is another account's matters where something is written to it. What nobody owns may have been left
/// by the same user.
fn home_is_free(
    host: &Host<'_>,
    draft: &mut Draft,
    name: &UserName,
    wanted: &DesiredUser,
) -> Result<(), Denied> {
    if wanted.files.is_empty() && wanted.units.is_empty() {
        return Ok(());
    }
    let home = host.home(name);
    match look(host, draft, InputLook::Owner(home.clone())) {
        Some(InputSeen::Owned { by } | InputSeen::Link { by }) if by != name.as_str() => {
            let owner = by.clone();
            Err(in_the_way(Obstacle::HomeTaken { home, owner }))
        }
        _ => Ok(()),
    }
}

/// Whether the home of a user who goes can be removed with the user, as far as its reasons can be seen: the apply looks once
/// more, and keeps the user where it cannot. Of whom it is said that `goes`, user and home are removed before.
pub(crate) fn home_may_go(
    host: &Host<'_>,
    draft: &mut Draft,
    (name, home): (&UserName, &HostPath),
    goes: impl Fn(&UserName) -> bool,
) -> Result<(), Denied> {
    let stays = |fault| {
        let home = home.clone();
        Err(Denied::for_reason(RefusalReason::HomeStays { home, fault }))
    };
    let users = host.observed.users.iter();
    let mut others = users.filter(|(other, _)| *other != name && !goes(other));
    let within = |found: &Observation<ObservedUser>| {
        let found = found.as_known();
        found.is_some_and(|found| found.home == *home || found.home.is_within(home))
    };
    if let Some((user, _)) = others.find(|(_, found)| within(found)) {
        let user = user.clone();
        return stays(HomeFault::HasHomeOf { user });
    }
    match look(host, draft, InputLook::Owner(home.clone())) {
        Some(InputSeen::Link { .. }) => return stays(HomeFault::Link),
        Some(InputSeen::Owned { by }) if by != name.as_str() => {
            return stays(HomeFault::OfAnother { owner: by.clone() });
        }
        Some(InputSeen::Absent) => return Ok(()),
        _ => {}
    }
    let room = InputLook::Room {
        runner: Runner::Root,
        directory: home.parent_directory(),
    };
    match look(host, draft, room) {
        Some(InputSeen::NotWritable { .. }) => stays(HomeFault::Unwritable),
        _ => Ok(()),
    }
}

/// Whether the files of a scope that a plan writes can be written, and will be found.
pub(crate) fn may_write<'v>(
    view: &ScopeView<'_>,
    draft: &mut Draft,
    verdicts: impl IntoIterator<Item = &'v FileVerdict>,
) -> Result<(), Denied> {
    for verdict in verdicts {
        let Some(Change::WriteFile(write)) = verdict.change() else {
            continue;
        };
        // Of a user that is to be made there is nothing to look at.
        if view.seen.is_some() {
            room_for(view, draft, &write.path)?;
        }
        if write.purpose != FilePurpose::Plain {
            is_searched(view, draft, &write.path)?;
        }
    }
    Ok(())
}

fn room_for(view: &ScopeView<'_>, draft: &mut Draft, path: &HostPath) -> Result<(), Denied> {
    let runner = match &view.scope {
        Scope::System => Runner::Root,
        Scope::User(user) => Runner::User(user.clone()),
    };
    let room = InputLook::Room {
        runner: runner.clone(),
        directory: path.parent_directory(),
    };
    match look(view.host, draft, room) {
        Some(InputSeen::NotWritable { directory }) => {
            let directory = directory.clone();
            Err(in_the_way(Obstacle::NotWritable { runner, directory }))
        }
        Some(InputSeen::InTheWay { path }) => {
            let path = path.clone();
            Err(in_the_way(Obstacle::NoDirectory { path }))
        }
        _ => Ok(()),
    }
}

/// Whether the user's manager looks for units where they are written. Quadlets have a generator of their own.
fn is_searched(view: &ScopeView<'_>, draft: &mut Draft, path: &HostPath) -> Result<(), Denied> {
    let directory = &view.places.config;
    let (Some(user), true) = (view.scope.user(), path.is_within(directory)) else {
        return Ok(());
    };
    let elsewhere = if matches!(view.manager, ManagerState::Up { .. }) {
        let searched = InputLook::Searched {
            user: user.clone(),
            directory: directory.clone(),
        };
        look(view.host, draft, searched) == Some(&InputSeen::Absent)
    } else {
        // Without a user any number says what the template says.
        let uid = view
            .host
            .user(user)
            .as_known()
            .map_or(NOBODYS, |user| user.uid);
        let usual = format!("{}/.config", view.host.home(user));
        let set = look(view.host, draft, InputLook::ConfigHome(uid));
        matches!(set, Some(InputSeen::Set { path }) if path.as_str() != usual)
    };
    match elsewhere {
        true => {
            let directory = directory.clone();
            Err(in_the_way(Obstacle::SearchedElsewhere { directory }))
        }
        false => Ok(()),
    }
}

/// An id that belongs to nobody: what systemd gives to services without an account begins above.
const NOBODYS: u32 = 61_000;
