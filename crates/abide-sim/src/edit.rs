//! What people do to a host by hand, beside every plan: drift, and hosts that others set up before.

use abide_model::{ActiveState, Bytes, HostPath, Scope, UnitRef, UserName};

use crate::ToolError;
use crate::disk::{DiskNode, NodeKind};
use crate::engine::SimulatedManager;
use crate::host::SimHost;
use crate::install::owner;
use crate::place::{config_dir, path, path_below, quadlet_dir, transient_dir};

/// One thing that somebody does by hand. Where it is not possible, nothing happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// A unit file is written (a quadlet in its own place).
    Write(UnitRef, String),
    /// A drop-in is written: the unit, the file's name, its text.
    DropIn(UnitRef, String, String),
    /// A unit file is removed.
    Remove(UnitRef),
    /// A file below a user's home is written: its path there, its text.
    HomeFile(UserName, String, String),
    /// Permission bits of a unit file change.
    Chmod(UnitRef, u32),
    /// `systemctl start`.
    Start(UnitRef),
    /// `systemctl stop`.
    Stop(UnitRef),
    /// The unit's process dies and the unit fails.
    Crash(UnitRef),
    /// `systemctl enable`.
    Enable(UnitRef),
    /// `systemctl disable`.
    Disable(UnitRef),
    /// `ln -s`: the link below the configuration directory, to the unit's file.
    Link(UnitRef, String),
    /// `systemctl mask`.
    Mask(UnitRef),
    /// `systemctl unmask`.
    Unmask(UnitRef),
    /// `systemctl daemon-reload`.
    DaemonReload(Scope),
    /// `useradd -m`.
    CreateUser(UserName),
    /// `loginctl enable-linger`.
    EnableLinger(UserName),
    /// `loginctl disable-linger`.
    DisableLinger(UserName),
    /// The user logs in.
    LogIn(UserName),
    /// All its sessions end.
    LogOut(UserName),
    /// The host is started anew.
    Reboot,
}

impl SimHost {
    /// Does one thing by hand; whether it was possible is nobody's concern.
    pub fn edit(&mut self, edit: &Edit) {
        // A user unit can only be where its user is.
        if edit
            .user()
            .is_some_and(|user| !self.users.contains_key(user))
        {
            return;
        }
        let result = match edit {
            Edit::Write(unit, text) => self.hand_write(unit, unit.unit.as_str(), text),
            Edit::DropIn(unit, name, text) => {
                self.hand_write(unit, &format!("{}.d/{name}", unit.unit), text)
            }
            Edit::Remove(unit) => self.hand_remove(unit),
            Edit::HomeFile(user, relative, text) => {
                self.home_file(user, relative, text);
                Ok(())
            }
            Edit::Chmod(unit, mode) => self.hand_chmod(unit, *mode),
            Edit::Start(unit) => self.start(unit),
            Edit::Stop(unit) => self.stop(unit),
            Edit::Crash(unit) => self.crash_unit(unit),
            Edit::Enable(unit) => self.enable(unit),
            Edit::Disable(unit) => self.disable(unit),
            Edit::Link(unit, link) => {
                self.hand_link(unit, link);
                Ok(())
            }
            Edit::Mask(unit) => self.mask(unit),
            Edit::Unmask(unit) => {
                self.unmask(unit);
                Ok(())
            }
            Edit::DaemonReload(scope) => self.reload_manager(scope),
            Edit::CreateUser(user) => {
                let new = self.new_user(user);
                self.create_user(user, new)
            }
            Edit::EnableLinger(user) => self.enable_linger(user),
            Edit::DisableLinger(user) => self.disable_linger(user),
            Edit::LogIn(user) => {
                self.log_in(user);
                Ok(())
            }
            Edit::LogOut(user) => {
                self.log_out(user);
                Ok(())
            }
            Edit::Reboot => {
                self.reboot();
                Ok(())
            }
        };
        if let Err(why) = result {
            self.note(format!("by hand, in vain: {why}"));
        }
    }

    /// Does several things by hand, in order.
    pub fn edit_all<'a>(&mut self, edits: impl IntoIterator<Item = &'a Edit>) {
        edits.into_iter().for_each(|edit| self.edit(edit));
    }

    /// With a unit file of a package, known to the system manager or to every user's. The managers read it at once.
    #[must_use]
    pub fn with_vendor_unit(mut self, of_users: bool, name: &str, text: &str) -> Self {
        let place = if of_users { "user" } else { "system" };
        self.write_file(
            &path(&format!("/usr/lib/systemd/{place}/{name}")),
            text,
            "root",
        );
        for scope in self.managers.keys().cloned().collect::<Vec<_>>() {
            let _up = self.reload_manager(&scope).is_ok();
        }
        self.clear_log();
        self
    }

    /// Writes a file as somebody.
    pub fn write_file(&mut self, path: &HostPath, text: &str, owner: &str) {
        let at = self.advance_second();
        let node = DiskNode::new(NodeKind::File(Bytes::from(text)), owner, 0o644, at);
        self.disk.insert(path.clone(), node);
        self.tell_paths(path);
    }

    /// `touch`: the file is as new as now, with what it holds.
    pub fn touch_file(&mut self, path: &HostPath) {
        let at = self.advance_second();
        if let Some(node) = self.disk.get_mut(path) {
            (node.modified_at, node.changed_at) = (at, at);
        }
    }

    /// `chmod`, of any file.
    pub fn change_mode(&mut self, path: &HostPath, mode: u32) {
        let at = self.advance_second();
        if let Some(node) = self.disk.get_mut(path) {
            (node.mode, node.changed_at) = (mode, at);
        }
    }

    /// `chown`, of any file.
    pub fn change_owner(&mut self, path: &HostPath, owner: &str) {
        let at = self.advance_second();
        if let Some(node) = self.disk.get_mut(path) {
            (node.owner, node.changed_at) = (owner.to_owned(), at);
        }
    }

    /// Makes a symbolic link as somebody.
    pub fn write_link(&mut self, path: &HostPath, target: &str, owner: &str) {
        let at = self.advance_second();
        let node = DiskNode::new(NodeKind::Link(target.to_owned()), owner, 0o777, at);
        self.disk.insert(path.clone(), node);
    }

    /// Removes a file or link.
    pub fn remove_file(&mut self, path: &HostPath) {
        self.advance_second();
        if self.disk.remove(path).is_some() {
            self.tell_paths(path);
        }
    }

    /// Lets path units see that a file changed.
    pub(crate) fn tell_paths(&mut self, changed: &HostPath) {
        for scope in self.managers.keys().cloned().collect::<Vec<_>>() {
            let mut engine = SimulatedManager::new(self, &scope);
            engine.look_at(changed);
            engine.run_all_events();
        }
    }

    /// `systemd-run --unit=NAME`: a transient unit of this name, where no unit file has it.
    pub fn run_transient(&mut self, unit: &UnitRef, command: &str) -> Result<(), ToolError> {
        if self.definition_of(unit).load != "not-found" {
            return Err(format!(
                "Unit {} was already loaded or has a fragment file.",
                unit.unit
            )
            .into());
        }
        let dir = transient_dir(&unit.scope, &self.home(&unit.scope));
        let text = format!("[Service]\nExecStart={command}\n");
        self.write_file(
            &path_below(&dir, unit.unit.as_str()),
            &text,
            &owner(&unit.scope),
        );
        self.start(unit)
    }

    /// From now on every start of the unit fails, or none does.
    pub fn fail_on_start(&mut self, unit: &UnitRef, fails: bool) {
        if fails {
            self.failing.insert(unit.clone());
        } else {
            self.failing.remove(unit);
        }
    }

    /// From now on the user's manager cannot start, or can again.
    pub fn break_manager(&mut self, user: &UserName, broken: bool) {
        if broken {
            self.broken.insert(user.clone());
        } else {
            self.broken.remove(user);
        }
    }

    /// The user's home directory is gone, or back.
    pub fn set_home_exists(&mut self, user: &UserName, exists: bool) {
        if let Some(user) = self.users.get_mut(user) {
            user.home_exists = exists;
        }
    }

    fn dir_of(&self, unit: &UnitRef) -> HostPath {
        let home = self.home(&unit.scope);
        if unit.unit.kind().is_quadlet() {
            quadlet_dir(&unit.scope, &home)
        } else {
            config_dir(&unit.scope, &home)
        }
    }

    fn hand_write(&mut self, unit: &UnitRef, relative: &str, text: &str) -> Result<(), ToolError> {
        let path = path_below(&self.dir_of(unit), relative);
        if self
            .disk
            .get(&path)
            .is_some_and(|node| node.link().is_some())
        {
            return Err(format!("{path} is a link").into());
        }
        self.write_file(&path, text, &owner(&unit.scope));
        Ok(())
    }

    fn hand_remove(&mut self, unit: &UnitRef) -> Result<(), ToolError> {
        self.advance_second();
        let path = path_below(&self.dir_of(unit), unit.unit.as_str());
        let removed = self.disk.remove(&path);
        removed
            .map(drop)
            .ok_or_else(|| format!("{path} is not there").into())
    }

    fn home_file(&mut self, user: &UserName, relative: &str, text: &str) {
        let path = path_below(&self.home(&Scope::User(user.clone())), relative);
        self.write_file(&path, text, user.as_str());
    }

    fn hand_chmod(&mut self, unit: &UnitRef, mode: u32) -> Result<(), ToolError> {
        let at = self.advance_second();
        let path = path_below(&self.dir_of(unit), unit.unit.as_str());
        let node = self.disk.get_mut(&path).ok_or("there is no such file")?;
        (node.mode, node.changed_at) = (mode, at);
        Ok(())
    }

    fn crash_unit(&mut self, unit: &UnitRef) -> Result<(), ToolError> {
        if !self.is_up(unit) {
            return Err("it does not run".into());
        }
        self.note(format!("crash {unit}"));
        let mut engine = SimulatedManager::new(self, &unit.scope);
        engine.runtime_mut(&unit.unit).result = "exit-code";
        engine.set_state(&unit.unit, ActiveState::Failed, "failed");
        engine.run_all_events();
        self.collect(&unit.scope);
        Ok(())
    }

    fn hand_link(&mut self, unit: &UnitRef, link: &str) {
        let target = path_below(&self.dir_of(unit), unit.unit.as_str());
        self.add_link(&unit.scope, link, target.as_str());
    }
}

impl Edit {
    /// The user who must be there for it.
    fn user(&self) -> Option<&UserName> {
        match self {
            Self::Write(unit, ..)
            | Self::DropIn(unit, ..)
            | Self::Remove(unit)
            | Self::Chmod(unit, _)
            | Self::Start(unit)
            | Self::Stop(unit)
            | Self::Crash(unit)
            | Self::Enable(unit)
            | Self::Disable(unit)
            | Self::Link(unit, _)
            | Self::Mask(unit)
            | Self::Unmask(unit) => unit.scope.user(),
            Self::HomeFile(user, ..)
            | Self::EnableLinger(user)
            | Self::DisableLinger(user)
            | Self::LogIn(user)
            | Self::LogOut(user) => Some(user),
            Self::DaemonReload(scope) => scope.user(),
            Self::CreateUser(_) | Self::Reboot => None,
        }
    }
}
