//! What an honest run writes into the ledger, and nothing else.

use std::collections::BTreeSet;

/// Where it is.
pub const LEDGER: &str = "/var/lib/abide/ledger/lies";

/// Whether a text is so many hexadecimal digits.
pub fn is_hexadecimal(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_declared(scope: &str, unit: &str) -> bool {
    matches!(
        (scope, unit),
        ("system", "root.service")
            | ("user:alice", "other.service")
            | ("user:mallory", "app.service" | "extra.service")
    )
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
                is_declared(scope, unit)
                    && (is_hexadecimal(run, 32) || *run == "-")
                    && digest(config)
                    && matches!(claimed, [] | ["claimed"])
            }
            ["reads", scope, unit, what, ran, stood] => {
                let known = *what == "definition" || *what == "/home/mallory/app.env";
                let said = |word: &str| digest(word) || word == "none";
                is_declared(scope, unit) && known && said(ran) && said(stood)
            }
            _ => false,
        };
        // Of what a unit reads there is a line for each thing.
        let key = if words.first() == Some(&"reads") {
            4
        } else {
            3
        };
        let name: Vec<&str> = words.iter().take(key).copied().collect();
        let name = name.join(" ");
        !fine || !seen.insert(name)
    };
    let wrong = text.lines().filter(is_wrong).map(str::to_owned);
    let mut wrong: Vec<String> = wrong.collect();
    if !text.ends_with("\nend\n") {
        wrong.push("no end".to_owned());
    }
    wrong
}
