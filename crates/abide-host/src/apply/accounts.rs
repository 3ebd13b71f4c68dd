//! Arguments of useradd(8), usermod(8) and userdel(8).

use abide_model::{AccountField, Change, FieldChange};

use crate::quote::words;

/// What `create_user` takes: the home, then the arguments of useradd.
pub(super) fn create(change: &Change, user: &str) -> String {
    let Change::CreateUser {
        uid,
        group,
        groups,
        home,
        shell,
        comment,
        system,
    } = change
    else {
        return String::new();
    };
    let mut arguments = vec![home.to_string(), "-m".to_owned()];
    let mut option = |flag: &str, value: Option<String>| {
        if let Some(value) = value {
            arguments.extend([flag.to_owned(), value]);
        }
    };
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    option("-d", Some(home.to_string()));
    option("-u", uid.map(|uid| uid.to_string()));
    option("-g", group.clone());
    option("-G", (!groups.is_empty()).then(|| groups.join(",")));
    option("-s", shell.as_ref().map(ToString::to_string));
    option("-c", comment.clone());
    if *system {
        arguments.push("-r".to_owned());
    }
    if group.is_none() {
        arguments.push("-U".to_owned());
    }
    format!("{} -- {user}", words(arguments.iter().map(String::as_str)))
}

/// The arguments of usermod.
pub(super) fn modify(fields: &[FieldChange], user: &str) -> String {
    let flag = |field: AccountField| match field {
        AccountField::Uid => "-u",
        AccountField::Group => "-g",
        AccountField::Groups => "-aG",
        AccountField::Home => "-d",
        AccountField::Shell => "-s",
        AccountField::Comment => "-c",
    };
    let arguments: Vec<&str> = fields
        .iter()
        .flat_map(|field| [flag(field.field), field.to.as_str()])
        .collect();
    format!("{} -- {user}", words(arguments))
}
