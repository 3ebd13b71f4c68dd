//! Users and their lingering: useradd(8), usermod(8), userdel(8), loginctl(1) and sessions.

use std::collections::BTreeSet;

use abide_model::{AccountField, FieldChange, HostPath, Scope, UserName};

use crate::ToolError;
use crate::host::{SimHost, SimUser};
use crate::job::JobResult;
use crate::place::path;

impl SimHost {
    /// With a user that has a home directory and a group of its own. Stops the test where it is there already.
    #[must_use]
    #[track_caller]
    pub fn with_user(mut self, name: &str) -> Self {
        let name = UserName::parse(name).expect("a test names a user");
        let user = self.new_user(&name);
        self.create_user(&name, user)
            .expect("a test makes a user once");
        self
    }

    /// What `useradd -m` makes of a name alone.
    pub(crate) fn new_user(&self, name: &UserName) -> SimUser {
        let used = self.users.values().map(|user| user.uid);
        let uid = used.max().unwrap_or(0).max(999) + 1;
        SimUser {
            uid,
            group: name.to_string(),
            groups: BTreeSet::new(),
            home: path(&format!("/home/{name}")),
            home_exists: true,
            shell: "/bin/sh".to_owned(),
            comment: String::new(),
        }
    }

    /// `useradd -m`. The groups must be there, but the user's own is made.
    pub(crate) fn create_user(&mut self, name: &UserName, user: SimUser) -> JobResult {
        if self.users.contains_key(name) {
            return Err(format!("useradd: user '{name}' already exists").into());
        }
        self.uid_is_free(user.uid)?;
        self.groups_exist(user.groups.iter().chain([&user.group]), name)?;
        self.groups.insert(user.group.clone());
        self.users.insert(name.clone(), user);
        self.advance_second();
        self.note(format!("useradd {name}"));
        Ok(())
    }

    fn uid_is_free(&self, uid: u32) -> JobResult {
        if self.users.values().any(|user| user.uid == uid) {
            return Err(format!("useradd: UID {uid} is not unique").into());
        }
        Ok(())
    }

    fn groups_exist<'a>(
        &self,
        groups: impl IntoIterator<Item = &'a String>,
        own: &UserName,
    ) -> JobResult {
        for group in groups {
            if !self.groups.contains(group) && group.as_str() != own.as_str() {
                return Err(format!("group '{group}' does not exist").into());
            }
        }
        Ok(())
    }

    /// `usermod`. Another id or home needs a user without processes.
    pub(crate) fn modify_user(&mut self, name: &UserName, fields: &[FieldChange]) -> JobResult {
        let busy = self.managers.contains_key(&Scope::User(name.clone()));
        let mut user = self.users.get(name).cloned().ok_or_else(|| no_user(name))?;
        for FieldChange { field, from: _, to } in fields {
            match field {
                AccountField::Uid | AccountField::Home if busy => {
                    return Err(
                        format!("usermod: user {name} is currently used by a process").into(),
                    );
                }
                AccountField::Uid => {
                    let uid = to
                        .parse()
                        .map_err(|error| format!("invalid user ID '{to}': {error}"))?;
                    self.uid_is_free(uid)?;
                    user.uid = uid;
                }
                AccountField::Home => {
                    user.home = HostPath::parse(to).map_err(|error| error.to_string())?;
                }
                AccountField::Group => user.group.clone_from(to),
                AccountField::Groups => user.groups.extend(to.split(',').map(str::to_owned)),
                AccountField::Shell => user.shell.clone_from(to),
                AccountField::Comment => user.comment.clone_from(to),
            }
        }
        self.groups_exist(user.groups.iter().chain([&user.group]), name)?;
        self.users.insert(name.clone(), user);
        self.note(format!("usermod {name}"));
        Ok(())
    }

    /// Something runs as this user, in the cgroup of a system service.
    pub fn run_stray(&mut self, name: &UserName, command: &str) {
        let strays = self.strays.entry(name.clone()).or_default();
        strays.push(command.to_owned());
    }

    /// Everything that runs as this user ends, its sessions included.
    pub(crate) fn end_processes(&mut self, name: &UserName) {
        self.strays.remove(name);
        self.log_out(name);
        self.note(format!("end-processes {name}"));
    }

    /// `userdel`. It refuses a user with processes; a linger record stays behind.
    pub(crate) fn delete_user(&mut self, name: &UserName, remove_home: bool) -> JobResult {
        let manager = self.managers.contains_key(&Scope::User(name.clone()));
        if manager || self.session_count(name) > 0 || self.strays.contains_key(name) {
            return Err(format!("userdel: user {name} is currently used by a process").into());
        }
        let user = self.users.remove(name).ok_or_else(|| no_user(name))?;
        if user.group == name.as_str() {
            self.groups.remove(&user.group);
        }
        if remove_home {
            self.disk.remove_below(&user.home);
        }
        self.advance_second();
        self.note(format!("userdel {name}"));
        Ok(())
    }

    /// `loginctl enable-linger`: recorded, and the manager starts (systemd-facts.md#linger-starts-manager).
    pub fn enable_linger(&mut self, name: &UserName) -> Result<(), ToolError> {
        if !self.users.contains_key(name) {
            return Err(no_user(name));
        }
        self.lingering.insert(name.to_string());
        self.note(format!("enable-linger {name}"));
        self.start_manager(&Scope::User(name.clone()));
        Ok(())
    }

    /// `loginctl disable-linger`: the record goes, and the manager with it where no session is open (systemd-facts.md#linger-starts-manager).
    pub fn disable_linger(&mut self, name: &UserName) -> Result<(), ToolError> {
        self.lingering.remove(name.as_str());
        self.note(format!("disable-linger {name}"));
        if self.session_count(name) == 0 {
            self.stop_manager(&Scope::User(name.clone()));
        }
        Ok(())
    }

    /// `systemctl start user@UID.service`.
    pub(crate) fn start_user_manager(&mut self, name: &UserName) -> JobResult {
        let scope = Scope::User(name.clone());
        if !self.users.contains_key(name) {
            return Err(no_user(name));
        }
        self.start_manager(&scope);
        if self.managers.contains_key(&scope) {
            return Ok(());
        }
        Err(format!("Job for the service manager of {name} failed.").into())
    }

    /// Somebody logs in as the user: its manager runs as long as the session does.
    pub fn log_in(&mut self, name: &UserName) {
        if self.users.contains_key(name) {
            *self.sessions.entry(name.clone()).or_insert(0) += 1;
            self.start_manager(&Scope::User(name.clone()));
        }
    }

    /// The user's sessions end, and its manager where it does not linger.
    pub fn log_out(&mut self, name: &UserName) {
        self.sessions.remove(name);
        if !self.lingering.contains(name.as_str()) {
            self.stop_manager(&Scope::User(name.clone()));
        }
    }
}

fn no_user(name: &UserName) -> ToolError {
    format!("user '{name}' does not exist").into()
}
