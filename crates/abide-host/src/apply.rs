//! The apply script that a plan compiles to, and what it tells.
//!
//! One POSIX sh script a host, sent by standard input. It takes the lock, checks the plan's preconditions again,
//! stages and verifies the files, claims them in the ledger, acts in the plan's order with one systemctl call a verb,
//! has a gate that puts old files back, watches the units, and tells every step as it happens. It survives the loss of
//! its connection: it finishes, or puts back what it must (unit-change.md section 2).

mod events;
mod steps;

use std::fmt::Write as _;

use abide_model::{Action, Body, Change, FilePurpose, HostFacts, Plan, Scope, UnitRef};

pub(crate) use events::holder;
pub use events::{HostEvent, Reader};

use crate::ledger;
use crate::percent;
use crate::quote::word;

/// The fixed part: small functions, in the order in which they build on each other.
const FUNCTIONS: [&str; 7] = [
    include_str!("apply/events.sh"),
    include_str!("apply/scope.sh"),
    include_str!("apply/files.sh"),
    include_str!("apply/units.sh"),
    include_str!("apply/users.sh"),
    include_str!("apply/settle.sh"),
    include_str!("apply/run.sh"),
];

/// What one run of a script is told beside the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplyOptions {
    /// A word that nothing on the host can know; every line of this script's own begins with it.
    pub nonce: String,
    /// `user@machine` of the controller, for the lock.
    pub who: String,
}

/// The script that carries out `plan` on the host with these facts.
pub fn script(plan: &Plan, facts: &HostFacts, options: &ApplyOptions) -> String {
    Writer {
        plan,
        facts,
        show_secrets: true,
    }
    .script(options)
}

/// The same script for a person to read: `(secret)` stands for every secret.
pub fn shown_script(plan: &Plan, facts: &HostFacts, options: &ApplyOptions) -> String {
    Writer {
        plan,
        facts,
        show_secrets: false,
    }
    .script(options)
}

/// Writes one plan's script.
struct Writer<'p> {
    plan: &'p Plan,
    facts: &'p HostFacts,
    show_secrets: bool,
}

impl Writer<'_> {
    fn script(&self, options: &ApplyOptions) -> String {
        let mut out = String::new();
        let _infallible = writeln!(
            out,
            "# abide: {} actions for {} of manifest {}.\n# A cut copy of this script does nothing: its last line begins it.\n\
             # shellcheck disable=SC2317 # functions are called through `run`\n",
            self.plan.actions.len(),
            self.plan.host,
            self.plan.manifest
        );
        for functions in FUNCTIONS {
            out.push_str(functions);
            out.push('\n');
        }
        out.push_str("main() {\n");
        out.push_str(&self.settings(options));
        out.push_str(&format!(
            "take_lock {}\nmake_work\ntrap clean_up EXIT\n",
            word(&options.who)
        ));
        out.push_str(&self.preconditions());
        out.push_str(&self.staging());
        out.push_str(&self.verification());
        out.push_str(&self.claim());
        out.push_str("\n# The plan, in its order.\n");
        out.push_str(&steps::of(self.plan));
        out.push_str(&self.left());
        out.push_str(&self.watches());
        out.push_str("tell end\nexit \"$outcome\"\n}\nmain \"$@\" </dev/null\n");
        out
    }

    fn settings(&self, options: &ApplyOptions) -> String {
        let (state, lock, ledger) = if self.facts.root.is_root() {
            let ledger = format!("/var/lib/abide/ledger/{}", self.plan.manifest);
            (
                "/run/abide".to_owned(),
                "/run/abide/lock".to_owned(),
                word(&ledger),
            )
        } else {
            let base = "\"${XDG_STATE_HOME:-$HOME/.local/state}\"/abide";
            let ledger = format!("{base}/ledger/{}", word(self.plan.manifest.as_str()));
            (base.to_owned(), format!("{base}/lock"), ledger)
        };
        // A start may take the unit's own timeout; systemctl returns when the job ends.
        let longest = self
            .plan
            .watches
            .iter()
            .map(|watch| watch.timeout.as_secs())
            .max();
        let patience = longest.unwrap_or(90).max(90).saturating_add(60);
        format!(
            "trap '' HUP PIPE INT TERM\nset -f\nLC_ALL=C\nexport LC_ALL\nPATH=$PATH:/usr/sbin:/sbin\ncd /\numask 022\n\
             nonce={nonce}\nstate={state}\nlock={lock}\nledger={ledger}\nrun_as={run_as}\npatience={patience}\n\
             own_id=$(id -u)\nuser=\nruntime_dir=\nlimiter=$(command -v timeout)\noutcome=0\ngiven_up=\ntouched=\n\
             broken=\nstopped=\nwatched=\nhold=0\nis_stale=\n",
            nonce = word(&options.nonce),
            run_as = word(&self.facts.run_as),
        )
    }

    fn preconditions(&self) -> String {
        let mut out = String::from("\n# Facts that this plan stands on.\n");
        for fact in &self.plan.preconditions {
            out.push_str(&steps::expectation(fact, &self.plan.actions));
        }
        out.push_str("if [ -n \"$is_stale\" ]; then tell end; exit 1; fi\n");
        out
    }

    fn staging(&self) -> String {
        let mut out = String::from("\n# What will be written.\n");
        for action in &self.plan.actions {
            if let Change::WriteFile(write) = &action.change {
                out.push_str(&self.staged(action, &write.body));
            }
        }
        out
    }

    fn staged(&self, action: &Action, body: &Body) -> String {
        let id = action.id;
        if body.is_secret() && !self.show_secrets {
            return format!("printf '(secret)' | stage {id}\n");
        }
        let Some(bytes) = body.bytes() else {
            return "stop_here 'a secret was not resolved'\n".to_owned();
        };
        // A here-document ends with a newline and cannot hold NUL.
        match bytes.as_text() {
            Some(text) if text.ends_with('\n') && !text.contains('\0') => {
                let end = delimiter(text);
                format!("stage {id} <<'{end}'\n{text}{end}\n")
            }
            _ => format!(
                "stage64 {id} <<'END'\n{}\nEND\n",
                base64_lines(bytes.as_slice())
            ),
        }
    }

    /// Staged unit files and their drop-ins stand in one directory a scope, as systemd would find them.
    fn verification(&self) -> String {
        let mut out =
            String::from("\n# The host's systemd reads them before anything is touched.\n");
        let mut scopes: Vec<&Scope> = Vec::new();
        for action in &self.plan.actions {
            if let (Change::WriteFile(write), abide_model::ResourceId::Unit(unit)) =
                (&action.change, &action.resource)
                && write.purpose == FilePurpose::Unit
                && !unit.unit.kind().is_quadlet()
                && !scopes.contains(&&unit.scope)
            {
                scopes.push(&unit.scope);
            }
        }
        for (number, scope) in scopes.into_iter().enumerate() {
            out.push_str(&self.verification_of(number, scope));
        }
        out
    }

    fn verification_of(&self, number: usize, scope: &Scope) -> String {
        let dir = format!("$work/verify/{number}");
        let mut copies = format!("mkdir -- \"{dir}\"\n");
        let mut names = Vec::new();
        for action in &self.plan.actions {
            let (Change::WriteFile(write), abide_model::ResourceId::Unit(unit)) =
                (&action.change, &action.resource)
            else {
                continue;
            };
            if unit.scope != *scope || unit.unit.kind().is_quadlet() {
                continue;
            }
            let place = match write.purpose {
                FilePurpose::Plain => continue,
                FilePurpose::Unit => {
                    names.push(format!("\"{dir}\"/{}", word(unit.unit.as_str())));
                    word(unit.unit.as_str())
                }
                FilePurpose::DropIn => {
                    let sub = word(write.path.parent().file_name());
                    copies.push_str(&format!("mkdir -p -- \"{dir}\"/{sub}\n"));
                    format!("{sub}/{}", word(write.path.file_name()))
                }
            };
            copies.push_str(&format!(
                "cp -- \"$work/new/{}\" \"{dir}\"/{place}\n",
                action.id
            ));
        }
        format!(
            "{copies}chmod -R a+rX -- \"{dir}\"\nverify {scope} {}\n",
            names.join(" ")
        )
    }

    fn claim(&self) -> String {
        format!(
            "\nif [ -n \"$given_up\" ]; then tell end; exit 1; fi\nwrite_ledger <<'END_OF_LEDGER'\n{}END_OF_LEDGER\n",
            ledger::write(&self.plan.ledger_claim)
        )
    }

    /// The ledger after the last change. A unit whose run this plan changed is entered with the run it has now, or as
    /// it was claimed where that failed.
    fn left(&self) -> String {
        let after = &self.plan.ledger_after;
        let mut out = String::from("\n# How everything was left.\n{\n");
        let lines = ledger::lines(after, |unit, left| {
            if steps::starter(self.plan, unit).is_some() {
                "@".to_owned()
            } else {
                dash(&left.invocation)
            }
        });
        let mut units = after.units.iter();
        for line in lines {
            let entry = line.starts_with("unit ").then(|| units.next()).flatten();
            match entry {
                Some((unit, left)) => out.push_str(&self.left_unit(unit, left, &line)),
                None => out.push_str(&format!("printf '%s\\n' {}\n", word(line.trim_end()))),
            }
        }
        out.push_str("} | write_ledger\n");
        out
    }

    fn left_unit(&self, unit: &UnitRef, left: &abide_model::LedgerUnit, line: &str) -> String {
        let Some(step) = steps::starter(self.plan, unit) else {
            return format!("printf '%s\\n' {}\n", word(line.trim_end()));
        };
        let mut claimed = abide_model::Ledger::default();
        if let Some(entry) = self.plan.ledger_claim.units.get(unit) {
            claimed.units.insert(unit.clone(), entry.clone());
        }
        let claim: String = ledger::write(&claimed)
            .lines()
            .filter(|line| line.starts_with("unit "))
            .map(|line| format!("{line}\n"))
            .collect();
        format!(
            "left_unit {} {} {step} {} {} {} {}\n",
            unit.scope,
            word(unit.unit.loaded_as().as_str()),
            left.config
                .map_or_else(|| "-".to_owned(), |digest| digest.to_string()),
            if left.enabled { "enabled" } else { "-" },
            crate::quote::quote(&claim),
            word(&percent::encode(unit.unit.as_str())),
        )
    }

    fn watches(&self) -> String {
        let mut out = String::from("\n# They must stay up.\n");
        for watch in &self.plan.watches {
            let hold = u64::try_from(watch.hold.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
            out.push_str(&format!(
                "watch {} {} {hold}\n",
                watch.unit.scope,
                word(watch.unit.unit.loaded_as().as_str())
            ));
        }
        out.push_str("settle\n");
        out
    }
}

fn dash(text: &str) -> String {
    if text.is_empty() { "-" } else { text }.to_owned()
}

/// A line that the text does not have.
fn delimiter(text: &str) -> String {
    let mut end = "END".to_owned();
    while text.lines().any(|line| line == end) {
        end.push('_');
    }
    end
}

fn base64_lines(bytes: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(76)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests;
