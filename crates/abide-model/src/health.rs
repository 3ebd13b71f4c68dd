//! How a unit is, from what its manager says of it: the one meaning of "up" that plan, apply, status and drift share.

use std::fmt;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::printable_text;
use crate::observed::{ActiveState, ObservedUnit};
use crate::time::Timestamp;

/// So many restarts of its own, the last start of them this recent, are too many.
const MANY_RESTARTS: u32 = 3;
const RECENT_SECS: u64 = 600;
/// What systemd has restarted by itself more than once and that runs no longer than this has not shown that it stays. A single
/// time is what `Restart=` is for.
const JUST_BACK_SECS: u64 = 10;

/// How a unit is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It is up, and nothing says that it will not stay so.
    Up,
    /// It does not run, and did not fail.
    Down,
    /// It is starting, within its time; a oneshot does its work.
    Starting,
    /// It is starting, and should have been up by now.
    StartOverdue {
        /// Seconds since it began.
        secs: u64,
        /// Seconds that it has.
        limit: u64,
    },
    /// It is stopping.
    Stopping,
    /// It ends again and again, and systemd starts it again each time.
    CrashLooping {
        /// How often systemd has started it again.
        restarts: u32,
        /// How it ended last.
        ending: Ending,
    },
    /// It failed, and does not start again by itself.
    Failed {
        /// How.
        ending: Ending,
    },
    /// It is up, and its manager could not start it again: its file is bad or gone.
    UpWithoutFile {
        /// `LoadState`: `bad-setting`, `not-found`, `error`.
        load: String,
    },
}

impl Health {
    /// How the unit is at this time of its host. `limit` is how long a start of it may take, where somebody says so.
    pub fn from_observed(unit: &ObservedUnit, now: Timestamp, limit: Option<Duration>) -> Self {
        let looping = || Self::CrashLooping {
            restarts: unit.restarts,
            ending: Ending::from_observed(unit),
        };
        // Since systemd 254 there are `auto-restart-queued`, `dead-before-auto-restart` and more.
        if unit.sub.contains("auto-restart") {
            return looping();
        }
        match unit.active {
            ActiveState::Active | ActiveState::Reloading => {
                if restarts_too_often(unit, now) {
                    looping()
                } else if matches!(unit.load.as_str(), "bad-setting" | "not-found" | "error") {
                    Self::UpWithoutFile {
                        load: unit.load.clone(),
                    }
                } else {
                    Self::Up
                }
            }
            ActiveState::Activating if unit.ends_by_itself => Self::Starting,
            ActiveState::Activating if unit.restarts > 0 => looping(),
            ActiveState::Activating => starting_or_overdue(unit, now, limit),
            ActiveState::Deactivating => Self::Stopping,
            ActiveState::Failed => Self::Failed {
                ending: Ending::from_observed(unit),
            },
            ActiveState::Inactive | ActiveState::Maintenance => Self::Down,
        }
    }

    /// Whether it is up and stays up.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Up)
    }

    /// Whether it does not stay up, or is not up in time: a stop of it interrupts nothing.
    pub fn comes_and_goes(&self) -> bool {
        matches!(self, Self::CrashLooping { .. } | Self::StartOverdue { .. })
    }

    /// Whether something is wrong with it, whatever a manifest says.
    pub fn is_trouble(&self) -> bool {
        match self {
            Self::CrashLooping { .. }
            | Self::Failed { .. }
            | Self::StartOverdue { .. }
            | Self::UpWithoutFile { .. } => true,
            Self::Up | Self::Down | Self::Starting | Self::Stopping => false,
        }
    }
}

/// As a clause about the unit: `crash-looping, 14 restarts (exit status 1)`.
impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up => f.write_str("up"),
            Self::Down => f.write_str("not running"),
            Self::Starting => f.write_str("starting"),
            // How long it has been so differs from host to host, and every time one looks.
            Self::StartOverdue { limit, .. } => {
                write!(f, "still starting, past its limit of {limit}s")
            }
            Self::Stopping => f.write_str("stopping"),
            Self::CrashLooping { restarts, ending } => {
                let plural = if *restarts == 1 { "" } else { "s" };
                write!(f, "crash-looping, {restarts} restart{plural} ({ending})")
            }
            Self::Failed { ending } => write!(f, "failed ({ending})"),
            Self::UpWithoutFile { load } => {
                write!(f, "up, and cannot start again ({})", printable_text(load))
            }
        }
    }
}

fn restarts_too_often(unit: &ObservedUnit, now: Timestamp) -> bool {
    let up = unit.started_at.map(|at| now.secs_since(at));
    let less_than = |secs| up.is_some_and(|up| up < secs);
    unit.restarts >= MANY_RESTARTS && less_than(RECENT_SECS)
        || unit.restarts > 1 && less_than(JUST_BACK_SECS)
}

fn starting_or_overdue(unit: &ObservedUnit, now: Timestamp, limit: Option<Duration>) -> Health {
    let secs = unit.state_since.map(|at| now.secs_since(at));
    let limit = limit.map(|limit| limit.as_secs());
    match secs.zip(limit) {
        Some((secs, limit)) if secs > limit => Health::StartOverdue { secs, limit },
        _ => Health::Starting,
    }
}

/// How a unit ended: systemd's result, and what its main process left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ending {
    /// `Result`: `exit-code`, `signal`, `timeout` …
    pub result: String,
    /// `ExecMainStatus`: an exit status, or the number of a signal.
    pub status: Option<i32>,
}

impl Ending {
    /// How this unit ended last.
    pub fn from_observed(unit: &ObservedUnit) -> Self {
        Self {
            result: unit.result.clone(),
            status: unit.main_status.filter(|status| *status != 0),
        }
    }
}

/// `203/EXEC`, `exit status 1`, `killed by signal 9`.
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status;
        match (self.result.as_str(), status) {
            ("exit-code", Some(status)) => write_status(f, status),
            ("exit-code", None) => f.write_str("a control process failed"),
            ("signal", Some(signal)) => write!(f, "killed by signal {signal}"),
            ("core-dump", Some(signal)) => write!(f, "dumped core, signal {signal}"),
            ("success" | "", _) => f.write_str("it ends by itself"),
            ("timeout", _) => f.write_str("it took too long: timeout"),
            ("protocol", _) => f.write_str("it did not report as its Type= says: protocol"),
            ("oom-kill", _) => f.write_str("out of memory: oom-kill"),
            ("resources", _) => {
                f.write_str("something that it needs before its program is missing: resources")
            }
            ("start-limit-hit", Some(status)) => {
                f.write_str("start-limit-hit after ")?;
                write_status(f, status)
            }
            (other, _) => f.write_str(&printable_text(other)),
        }
    }
}

fn write_status(f: &mut fmt::Formatter<'_>, exit: i32) -> fmt::Result {
    f.write_str(&status(exit))
}

/// An exit status in words: `203/EXEC` where it names a step of systemd's, else `exit status 1`.
pub fn status(status: i32) -> String {
    match step(status) {
        Some(step) => format!("{status}/{step}"),
        None => format!("exit status {status}"),
    }
}

/// The step of a start that systemd itself failed in, before the program ran: systemd.exec(5), "Process exit codes".
fn step(status: i32) -> Option<&'static str> {
    Some(match status {
        200 => "CHDIR",
        201 => "NICE",
        202 => "FDS",
        203 => "EXEC",
        204 => "MEMORY",
        205 => "LIMITS",
        206 => "OOM_ADJUST",
        207 => "SIGNAL_MASK",
        208 => "STDIN",
        209 => "STDOUT",
        210 => "CHROOT",
        211 => "IOPRIO",
        212 => "TIMERSLACK",
        213 => "SECUREBITS",
        214 => "SETSCHEDULER",
        215 => "CPUAFFINITY",
        216 => "GROUP",
        217 => "USER",
        218 => "CAPABILITIES",
        219 => "CGROUP",
        220 => "SETSID",
        221 => "CONFIRM",
        222 => "STDERR",
        224 => "PAM",
        225 => "NETWORK",
        226 => "NAMESPACE",
        227 => "NO_NEW_PRIVILEGES",
        228 => "SECCOMP",
        229 => "SELINUX_CONTEXT",
        230 => "PERSONALITY",
        231 => "APPARMOR_PROFILE",
        232 => "ADDRESS_FAMILIES",
        233 => "RUNTIME_DIRECTORY",
        235 => "CHOWN",
        236 => "SMACK_PROCESS_LABEL",
        237 => "KEYRING",
        238 => "STATE_DIRECTORY",
        239 => "CACHE_DIRECTORY",
        240 => "LOGS_DIRECTORY",
        241 => "CONFIGURATION_DIRECTORY",
        242 => "NUMA_POLICY",
        243 => "CREDENTIALS",
        245 => "BPF",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit_name::UnitName;

    const NOW: Timestamp = Timestamp(10_000_000_000);

    fn ago(secs: u64) -> Timestamp {
        Timestamp(NOW.0 - secs * 1_000_000)
    }

    fn unit(active: ActiveState, sub: &str) -> ObservedUnit {
        ObservedUnit {
            load: "loaded".to_owned(),
            active,
            sub: sub.to_owned(),
            ..ObservedUnit::not_found(&UnitName::parse("a.service").unwrap())
        }
    }

    fn said(unit: &ObservedUnit) -> String {
        Health::from_observed(unit, NOW, Some(Duration::from_secs(30))).to_string()
    }

    #[test]
    fn a_unit_that_waits_to_be_restarted_is_not_up() {
        let mut seen = unit(ActiveState::Activating, "auto-restart");
        (seen.result, seen.main_status) = ("exit-code".to_owned(), Some(1));
        assert_eq!(said(&seen), "crash-looping, 0 restarts (exit status 1)");
        seen.restarts = 1;
        seen.main_status = Some(203);
        assert_eq!(said(&seen), "crash-looping, 1 restart (203/EXEC)");
        seen.sub = "start".to_owned();
        assert_eq!(said(&seen), "crash-looping, 1 restart (203/EXEC)");
    }

    #[test]
    fn a_unit_that_systemd_has_just_restarted_has_to_show_that_it_stays() {
        let mut seen = unit(ActiveState::Active, "running");
        let mut is_up = |restarts, secs| {
            (seen.restarts, seen.started_at) = (restarts, Some(ago(secs)));
            Health::from_observed(&seen, NOW, None).is_up()
        };
        assert!(is_up(0, 0));
        // A single time is what `Restart=` is for.
        assert!(is_up(1, 0));
        assert!(!is_up(2, 9));
        assert!(is_up(2, 10));
        assert!(!is_up(3, 599));
        assert!(is_up(3, 600));
    }

    #[test]
    fn a_start_has_its_time_and_the_work_of_a_oneshot_any() {
        let mut seen = unit(ActiveState::Activating, "start");
        seen.state_since = Some(ago(30));
        assert_eq!(said(&seen), "starting");
        seen.state_since = Some(ago(31));
        assert_eq!(said(&seen), "still starting, past its limit of 30s");
        assert_eq!(Health::from_observed(&seen, NOW, None), Health::Starting);
        seen.ends_by_itself = true;
        assert_eq!(said(&seen), "starting");
    }

    #[test]
    fn what_runs_and_cannot_start_again_is_not_up() {
        for load in ["bad-setting", "not-found", "error"] {
            let mut seen = unit(ActiveState::Active, "running");
            load.clone_into(&mut seen.load);
            assert_eq!(said(&seen), format!("up, and cannot start again ({load})"));
            assert!(!Health::from_observed(&seen, NOW, None).is_up());
        }
        let mut masked = unit(ActiveState::Active, "running");
        "masked".clone_into(&mut masked.load);
        assert!(Health::from_observed(&masked, NOW, None).is_up());
    }

    #[test]
    fn every_ending_is_told_in_words() {
        let of = |result: &str, status| {
            let ending = Ending {
                result: result.to_owned(),
                status,
            };
            ending.to_string()
        };
        assert_eq!(of("exit-code", Some(217)), "217/USER");
        assert_eq!(of("exit-code", Some(1)), "exit status 1");
        assert_eq!(of("exit-code", None), "a control process failed");
        assert_eq!(of("signal", Some(9)), "killed by signal 9");
        assert_eq!(
            of("start-limit-hit", Some(203)),
            "start-limit-hit after 203/EXEC"
        );
        assert_eq!(
            of("\u{1b}[2J", None),
            "\\u{1b}[2J".replace("\\u{1b}", "\u{fffd}")
        );
    }
}
