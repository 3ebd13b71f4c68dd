//! The attributes of an account, each only where it is written.

use std::collections::BTreeSet;

use abide_model::{DesiredAccount, HostPath, UserName};

use crate::codes;
use crate::finding::{Findings, Mistake};
use crate::located::Located;
use crate::precedence::{Said, Stack};
use crate::schema::User;
use crate::settled::Settled;
use crate::text::TextPlace;

/// Reads the attributes: as the plan compares them, and as they were said.
pub(crate) fn account<'m>(
    user: &UserName,
    stack: &Stack<'m, User>,
    findings: &mut Findings,
) -> (DesiredAccount, Vec<(&'static str, Settled<'m, String>)>) {
    let mut said = Vec::new();
    let mut text = |key: &'static str,
                    get: fn(&'m User) -> Option<&'m Located<String>>,
                    findings: &mut Findings| {
        let value = stack.scalar_value(findings, |user| get(user).map(Located::by_ref))?;
        said.push((key, Settled::declared(&value, value.value.clone())));
        Some(value)
    };
    let group = text("group", |user| user.group.as_ref(), findings);
    let home = text("home", |user| user.home.as_ref(), findings);
    let shell = text("shell", |user| user.shell.as_ref(), findings);
    let comment = text("comment", |user| user.comment.as_ref(), findings);
    let uid = stack.scalar_value(findings, |user| user.uid);
    let system = stack.scalar_value(findings, |user| user.system);
    let groups = stack.list(|user| user.groups.as_ref());
    said.extend(
        uid.iter()
            .map(|uid| ("uid", Settled::declared(uid, uid.value.to_string()))),
    );
    said.extend(system.iter().map(|system| {
        (
            "system",
            Settled::declared(system, system.value.to_string()),
        )
    }));
    said.extend(groups.iter().map(|groups| {
        (
            "groups",
            Settled::declared(groups, joined_names(groups.value)),
        )
    }));
    let account = DesiredAccount {
        uid: uid.and_then(|uid| check_uid(user, uid, findings)),
        group: group.and_then(|group| group_name(group.value, group.at, findings)),
        groups: groups.map(|groups| group_names(groups.value, findings)),
        home: home.and_then(|home| path(home, findings)),
        shell: shell.and_then(|shell| path(shell, findings)),
        comment: comment.and_then(|comment| check_comment(comment, findings)),
        system: system.map(|system| system.value),
    };
    (account, said)
}

fn joined_names(groups: &[Located<String>]) -> String {
    let names: Vec<_> = groups.iter().map(|group| group.value.as_str()).collect();
    names.join(", ")
}

/// 65535 and 4294967295 mean "no user" to the kernel (systemd's UIDS-GIDS document), and 0 is root.
fn check_uid(user: &UserName, uid: Said<'_, u32>, findings: &mut Findings) -> Option<u32> {
    let root = uid.value == 0 && user.as_str() != "root";
    if root || matches!(uid.value, 65_535 | u32::MAX) {
        let message = format!("{} cannot be the id of `{user}`", uid.value);
        findings.push(Mistake::new(codes::BAD_VALUE, uid.at, message));
        return None;
    }
    Some(uid.value)
}

/// Groups follow the rule of users.
fn group_name(name: &str, at: TextPlace, findings: &mut Findings) -> Option<String> {
    if UserName::parse(name).is_ok() {
        return Some(name.to_owned());
    }
    let message = format!(
        "`{}` is not the name of a group of users",
        name.escape_debug()
    );
    findings.push(
        Mistake::new(codes::BAD_NAME, at, message)
            .with_help("it starts with a letter or `_`, then letters, digits, `_`, `-`, `.`"),
    );
    None
}

fn group_names(names: &[Located<String>], findings: &mut Findings) -> BTreeSet<String> {
    names
        .iter()
        .filter_map(|name| group_name(&name.value, name.at, findings))
        .collect()
}

fn path(said: Said<'_, &String>, findings: &mut Findings) -> Option<HostPath> {
    let parsed = HostPath::parse(said.value).map_err(|error| error.to_string());
    // A colon would end the field in passwd(5).
    let parsed = parsed.and_then(|path| {
        let odd = path.as_str().contains(|c: char| c == ':' || c.is_control());
        if odd {
            Err(format!(
                "`{}` has a character that passwd(5) cannot hold",
                said.value.escape_debug()
            ))
        } else {
            Ok(path)
        }
    });
    match parsed {
        Ok(path) => Some(path),
        Err(message) => {
            findings.push(Mistake::new(codes::BAD_VALUE, said.at, message));
            None
        }
    }
}

fn check_comment(said: Said<'_, &String>, findings: &mut Findings) -> Option<String> {
    if said.value.contains(|c: char| c == ':' || c.is_control()) {
        let message = "a comment may have no colon and no control character";
        findings.push(Mistake::new(codes::BAD_VALUE, said.at, message));
        return None;
    }
    Some(said.value.clone())
}
