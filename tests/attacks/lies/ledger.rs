//! What an honest run writes into the ledger, and nothing else.

use std::collections::BTreeSet;

/// Where it is.
pub const LEDGER: &str = "/var/lib/abide/ledger/lies";

/// Whether a text is so many hexadecimal digits.
pub fn is_hexadecimal(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The lines of the ledger that no honest run would write.
pub fn wrong_lines(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let is_wrong = |line: &&str| {
        let words: Vec<&str> = line.split(' ').collect();
        let digest = |word: &str| is_hexadecimal(word, 64) || word == "-";
        let fine = match words.as_slice() {
            ["abide-ledger", "1"] | ["end"] => true,
            ["user" | "linger", "alice" | "mallory"] => true,
            ["file", scope, path, is] => {
                let known = match *scope {
                    "system" => *path == "/etc/systemd/system/root.service",
                    "user:alice" => *path == "/home/alice/.config/systemd/user/other.service",
                    "user:mallory" => [
                        "/home/mallory/app.env",
                        "/home/mallory/.config/systemd/user/app.service",
                        "/home/mallory/.config/systemd/user/extra.service",
                        "/home/mallory/.config/systemd/user/app.service.d/10-state.conf",
                    ]
                    .contains(path),
                    _ => false,
                };
                known && (digest(is) || *is == "claimed")
            }
            [
                "unit",
                scope,
                unit,
                run,
                config,
                "enabled" | "-",
                claimed @ ..,
            ] => {
                let known = matches!(
                    (*scope, *unit),
                    ("system", "root.service")
                        | ("user:alice", "other.service")
                        | ("user:mallory", "app.service" | "extra.service")
                );
                known
                    && (is_hexadecimal(run, 32) || *run == "-")
                    && digest(config)
                    && matches!(claimed, [] | ["claimed"])
            }
            _ => false,
        };
        let name = words.iter().take(3).copied().collect::<Vec<_>>().join(" ");
        !fine || !seen.insert(name)
    };
    let wrong = text.lines().filter(is_wrong).map(str::to_owned);
    let mut wrong: Vec<String> = wrong.collect();
    if !text.ends_with("\nend\n") {
        wrong.push("no end".to_owned());
    }
    wrong
}
