//! Reads accounts and lingering.

use std::collections::{BTreeMap, BTreeSet};

use abide_model::{
    ActiveState, HostPath, Observation, ObservedLinger, ObservedProcess, ObservedUser, UnitName,
    UnknownReason, UserName,
};

use super::frames::{Frame, Frames};
use super::read_scope::not_understood;
use super::read_units::{UnitProperties, unit_blocks};
use super::room::{
    MOST_GROUPS, MOST_LINES, MOST_LINGERING, MOST_PROCESSES, NAME, PATH, SENTENCE, WORD,
    printable_up_to,
};

/// Every name with a linger record.
pub(super) fn lingering_names(frames: &Frames<'_>) -> BTreeSet<String> {
    let names = frames.get("linger").into_iter().flat_map(Frame::text_lines);
    let names = names.take(MOST_LINGERING);
    names.map(|name| printable_up_to(name, NAME)).collect()
}

/// What the answer says about each of these users.
pub(super) fn users(
    frames: &Frames<'_>,
    asked: &BTreeSet<UserName>,
    lingering: &BTreeSet<String>,
) -> BTreeMap<UserName, Observation<ObservedUser>> {
    let accounts = Accounts::read(frames, asked);
    asked
        .iter()
        .map(|name| (name.clone(), accounts.user(name, lingering)))
        .collect()
}

struct Accounts<'a> {
    /// The exit status of `getent passwd`: 0, or 2 where one of them is not there.
    status: String,
    passwd: BTreeMap<&'a str, Vec<&'a str>>,
    groups: BTreeMap<u32, &'a str>,
    /// Whether the home is there, and the ids of the groups.
    ids: BTreeMap<&'a str, (&'a str, Vec<u32>)>,
    /// By id; `None` where the answer about managers is not whole.
    managers: Option<BTreeMap<u32, ActiveState>>,
    /// The ids of the groups that managers have, by the user's id.
    manager_groups: BTreeMap<u32, Vec<u32>>,
    /// What is masked for good of what managers need.
    masked: Masked,
    sessions: BTreeMap<u32, u32>,
    processes: BTreeMap<u32, Vec<ObservedProcess>>,
}

impl<'a> Accounts<'a> {
    /// What is said of users that were asked for; of others nothing is kept.
    fn read(frames: &'a Frames<'_>, asked: &BTreeSet<UserName>) -> Self {
        let asked: BTreeSet<&str> = asked.iter().map(UserName::as_str).collect();
        let texts = |name: &str| frames.get(name).into_iter().flat_map(Frame::text_lines);
        let mut passwd = BTreeMap::new();
        for line in texts("passwd") {
            let name = line.split(':').next().unwrap_or_default();
            if asked.contains(name) {
                // An eighth field is one too many.
                let fields = || line.splitn(8, ':').collect();
                passwd.entry(name).or_insert_with(fields);
            }
        }
        let mut ids = BTreeMap::new();
        for line in texts("ids") {
            let mut words = line.split(' ');
            if let (Some(name), Some(home)) = (words.next(), words.next())
                && asked.contains(name)
            {
                let groups = words.filter_map(|id| id.parse().ok());
                let groups = groups.take(MOST_GROUPS).collect();
                ids.insert(name, (home, groups));
            }
        }
        Self {
            status: frames
                .get("passwd")
                .map_or("", |frame| frame.word(1))
                .to_owned(),
            passwd,
            groups: texts("group")
                .take(MOST_LINES)
                .filter_map(|line| line.rsplit_once(':'))
                .filter_map(|(name, id)| Some((id.parse().ok()?, name)))
                .collect(),
            ids,
            managers: manager_states(frames),
            masked: Masked::read(frames),
            manager_groups: texts("manager-groups")
                .take(MOST_LINES)
                .filter_map(manager_groups)
                .collect(),
            sessions: session_counts(texts("sessions").take(MOST_LINES)),
            processes: processes_by_uid(texts("processes")),
        }
    }

    fn user(&self, name: &UserName, lingering: &BTreeSet<String>) -> Observation<ObservedUser> {
        let Some(fields) = self.passwd.get(name.as_str()) else {
            return match self.status.as_str() {
                "0" | "2" => Observation::Absent,
                status => Observation::Unknown(UnknownReason::Getent {
                    status: printable_up_to(status, WORD),
                }),
            };
        };
        self.account(name, fields, lingering)
            .map_or_else(Observation::Unknown, Observation::Known)
    }

    fn account(
        &self,
        name: &UserName,
        fields: &[&str],
        lingering: &BTreeSet<String>,
    ) -> Result<ObservedUser, UnknownReason> {
        let [_, _, uid, gid, comment, home, shell] = fields else {
            return Err(UnknownReason::PasswdFields);
        };
        let number = |text: &str| {
            text.parse::<u32>()
                .map_err(|_not_a_number| UnknownReason::PasswdIds)
        };
        let (uid, gid) = (number(uid)?, number(gid)?);
        let home = HostPath::parse(trim_slashes(home)).map_err(not_understood)?;
        let (at_home, groups) = self.ids.get(name.as_str()).ok_or(UnknownReason::NoGroups)?;
        let managers = self.managers.as_ref().ok_or(UnknownReason::NoUserManager)?;
        Ok(ObservedUser {
            uid,
            group: self.group(gid),
            groups: groups
                .iter()
                .filter(|id| **id != gid)
                .map(|id| self.group(*id))
                .collect(),
            home,
            home_exists: matches!(*at_home, "home" | "mounted"),
            home_mounted: *at_home == "mounted",
            shell: printable_up_to(shell, PATH),
            comment: printable_up_to(comment, SENTENCE),
            linger: ObservedLinger {
                recorded: lingering.contains(name.as_str()),
                manager: managers.get(&uid).copied().unwrap_or(ActiveState::Inactive),
                masked: self.masked.first_masked_need(uid),
                sessions: self.sessions.get(&uid).copied().unwrap_or(0),
                manager_groups: self
                    .manager_groups
                    .get(&uid)
                    .map(|ids| ids.iter().map(|id| self.group(*id)).collect()),
            },
            processes: self.processes.get(&uid).cloned().unwrap_or_default(),
        })
    }

    /// The name of a group, or its number where it has none.
    fn group(&self, id: u32) -> String {
        self.groups
            .get(&id)
            .map_or_else(|| id.to_string(), |name| printable_up_to(name, NAME))
    }
}

/// A line `UID GID…`.
fn manager_groups(line: &str) -> Option<(u32, Vec<u32>)> {
    let mut words = line.split_ascii_whitespace();
    let uid = words.next()?.parse().ok()?;
    let groups = words.filter_map(|id| id.parse().ok());
    Some((uid, groups.take(MOST_GROUPS).collect()))
}

/// Lines `UID PID CGROUP NAME`.
fn processes_by_uid<'a>(
    lines: impl Iterator<Item = &'a str>,
) -> BTreeMap<u32, Vec<ObservedProcess>> {
    let mut processes: BTreeMap<u32, Vec<ObservedProcess>> = BTreeMap::new();
    for line in lines.take(MOST_PROCESSES) {
        let mut words = line.splitn(4, ' ');
        let number = |word: Option<&str>| word.and_then(|word| word.parse::<u32>().ok());
        let (uid, pid) = (number(words.next()), number(words.next()));
        if let (Some(uid), Some(pid), Some(cgroup), Some(command)) =
            (uid, pid, words.next(), words.next())
        {
            processes.entry(uid).or_default().push(ObservedProcess {
                pid,
                cgroup: printable_up_to(cgroup, PATH),
                command: printable_up_to(command, WORD),
            });
        }
    }
    processes
}

/// passwd(5) allows `/home/x/` and an empty home, which is `/`.
fn trim_slashes(home: &str) -> &str {
    match home.trim_end_matches('/') {
        "" => "/",
        home => home,
    }
}

/// The state of every `user@UID.service` that was asked for.
fn manager_states(frames: &Frames<'_>) -> Option<BTreeMap<u32, ActiveState>> {
    let frame = frames.get("user-managers")?;
    let asked = frames.get("ids").map_or(0, |ids| ids.text_lines().count());
    if asked > MOST_LINES || of_managers(frame).count() != asked {
        return None;
    }
    let state = |block: UnitProperties<'_>| {
        let uid = block
            .get("Id")?
            .strip_prefix("user@")?
            .strip_suffix(".service")?;
        Some((uid.parse().ok()?, block.get("ActiveState")?.parse().ok()?))
    };
    of_managers(frame).map(state).collect()
}

/// Units that are masked for good, of those that managers need at boot: a mask in `/run` is gone after that.
#[derive(Debug, Default)]
struct Masked(BTreeSet<String>);

impl Masked {
    fn read(frames: &Frames<'_>) -> Self {
        let units = frames
            .get("user-managers")
            .into_iter()
            .flat_map(unit_blocks);
        let masked = units.filter(|unit| {
            let is = |key: &str, word: &str| unit.get(key).copied() == Some(word);
            is("LoadState", "masked") && !is("UnitFileState", "masked-runtime")
        });
        let names = masked.filter_map(|unit| unit.get("Id").map(|id| (*id).to_owned()));
        Self(names.take(MOST_LINES).collect())
    }

    /// The first of them that keeps this user's manager from starting.
    fn first_masked_need(&self, uid: u32) -> Option<UnitName> {
        let needed = [
            format!("user@{uid}.service"),
            format!("user-runtime-dir@{uid}.service"),
            format!("user-{uid}.slice"),
            "user.slice".to_owned(),
            "systemd-logind.service".to_owned(),
        ];
        let masked = needed.iter().find(|unit| self.0.contains(*unit))?;
        UnitName::parse(masked).ok()
    }
}

/// What is said of managers themselves.
fn of_managers<'a>(frame: &'a Frame<'_>) -> impl Iterator<Item = UnitProperties<'a>> {
    unit_blocks(frame).filter(|unit| unit.get("Id").is_some_and(|id| id.starts_with("user@")))
}

/// Whether the host has `user@.service`, which is asked for under the names of its instances.
pub(super) fn has_managers(frames: &Frames<'_>) -> bool {
    let mut units = frames
        .get("user-managers")
        .into_iter()
        .flat_map(of_managers);
    !units.any(|unit| unit.get("LoadState").copied() == Some("not-found"))
}

/// Sessions by user id. Closing ones hold nothing, nor do those of the managers themselves (since systemd 256).
fn session_counts<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<u32, u32> {
    let mut sessions = BTreeMap::new();
    for line in lines {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let [uid, class, state] = words.as_slice() else {
            continue;
        };
        if class.starts_with("manager") || *state == "closing" {
            continue;
        }
        if let Ok(uid) = uid.parse::<u32>() {
            let count: &mut u32 = sessions.entry(uid).or_default();
            *count = count.saturating_add(1);
        }
    }
    sessions
}
