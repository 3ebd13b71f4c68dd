//! What a person asks of a host beside plans: to leave it alone for a while, to go on, to end who holds its lock.

use abide_model::printable_text;

use crate::quote::{quote, word};

const FUNCTIONS: [&str; 4] = [
    crate::probe::COMMON,
    crate::LOCK,
    crate::PLACES,
    include_str!("order.sh"),
];

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockOrder {
    /// Nothing is done there until then.
    Suspend {
        /// `user@machine` of who asks.
        who: String,
        /// Why.
        reason: String,
        /// Seconds since the epoch.
        until: u64,
    },
    /// The suspension ends.
    Resume,
    /// Whoever holds the lock with this id is ended.
    BreakLock {
        /// As `abide lock ls` shows it.
        id: String,
    },
}

/// The script that does it. It runs as [`bootstrap`](crate::bootstrap) runs scripts; `nonce` must be new for every run.
pub fn script(order: &LockOrder, nonce: &str) -> String {
    let call = match order {
        LockOrder::Suspend { who, reason, until } => format!(
            "suspend {} {until} {}",
            quote(&line(who)),
            quote(&line(reason))
        ),
        LockOrder::Resume => "resume".to_owned(),
        LockOrder::BreakLock { id } => format!("break_lock {}", quote(&line(id))),
    };
    format!(
        "main() {{\nexport LC_ALL=C TZ=UTC SYSTEMD_LOG_COLOR=0\numask 022\ncd / || exit\nnonce={}\n{}\nplaces \"$1\" \"${{4-}}\"\n{call}\n}}\nmain \"$@\" </dev/null\n",
        word(nonce),
        FUNCTIONS.concat()
    )
}

/// What is written there is one line of a file.
fn line(text: &str) -> String {
    let flat = printable_text(text).replace(['\n', '\t'], " ");
    flat.chars().take(500).collect()
}

/// What came of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderOutcome {
    /// It was carried out: what was done, one clause.
    Done(String),
    /// It was not: why, one clause.
    Refused(String),
}

/// What came of it; `None` where the line does not say.
pub fn read(said: &[u8], nonce: &str) -> Option<OrderOutcome> {
    let said = String::from_utf8_lossy(said);
    let rest = said.strip_prefix(nonce)?.strip_prefix(' ')?;
    let text = |text: &str| printable_text(&text.chars().take(500).collect::<String>());
    match rest.split_once(' ')? {
        ("ok", done) => Some(OrderOutcome::Done(text(done))),
        ("no", why) => Some(OrderOutcome::Refused(text(why))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = "n0nce0123456789abcdef";

    /// Runs an order as a login user without root, below a home of its own.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test runs the script in a real shell"
    )]
    fn run(order: &LockOrder, home: &std::path::Path) -> OrderOutcome {
        let output = std::process::Command::new("sh")
            .args([
                "-c",
                "printf '%s' \"$0\" | env -i PATH=\"$PATH\" HOME=\"$1\" sh -s -- none ana 1000",
            ])
            .arg(script(order, NONCE))
            .arg(home)
            .output()
            .unwrap();
        let lines = output.stdout.split(|byte| *byte == b'\n');
        let mut read = lines.filter_map(|line| read(line, NONCE));
        read.next()
            .unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }

    fn refused(order: &LockOrder, home: &std::path::Path) -> String {
        match run(order, home) {
            OrderOutcome::Refused(why) => why,
            OrderOutcome::Done(done) => panic!("done: {done}"),
        }
    }

    #[test]
    fn a_suspension_is_written_read_and_lifted_again() {
        let home = tempfile::tempdir().unwrap();
        let order = LockOrder::Suspend {
            who: "ana@desk".to_owned(),
            reason: "it's a 'test'\n$(reboot)".to_owned(),
            until: 4_000_000_000,
        };
        assert_eq!(
            run(&order, home.path()),
            OrderOutcome::Done("suspended".to_owned())
        );
        let file = home.path().join(".local/state/abide/suspended");
        let found = crate::apply::suspension(&std::fs::read_to_string(&file).unwrap());
        assert_eq!(found.reason, "it's a 'test' $(reboot)");
        assert_eq!(
            (found.who.as_str(), found.until.unix_seconds()),
            ("ana@desk", 4_000_000_000)
        );
        assert_eq!(
            run(&LockOrder::Resume, home.path()),
            OrderOutcome::Done("resumed".to_owned())
        );
        assert!(!file.exists());
        assert_eq!(
            run(&LockOrder::Resume, home.path()),
            OrderOutcome::Done("was not suspended".to_owned())
        );
    }

    #[test]
    fn a_suspension_that_is_over_at_once_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let order = LockOrder::Suspend {
            who: "ana@desk".to_owned(),
            reason: "late".to_owned(),
            until: 1,
        };
        assert!(refused(&order, home.path()).contains("clock"));
    }

    #[test]
    fn only_the_lock_that_was_meant_is_broken() {
        let home = tempfile::tempdir().unwrap();
        let state = home.path().join(".local/state/abide");
        std::fs::create_dir_all(&state).unwrap();
        std::fs::write(state.join("lock"), "id=7.8\nwho=bob@desk\npid=1\n").unwrap();
        let order = |id: &str| LockOrder::BreakLock { id: id.to_owned() };
        assert!(refused(&order("1.2"), home.path()).contains("7.8"));
        let done = run(&order("7.8"), home.path());
        assert!(
            matches!(&done, OrderOutcome::Done(done) if done.contains("nobody held it")),
            "{done:?}"
        );
        assert!(refused(&order("7.8"), home.path()).contains("nobody holds it"));
    }
}
