//! The table of settings (`crates/abide-unit/data/settings.txt`) is what the hosts' own systemd says of its settings.
//! `make settings` writes it anew from all the versions that the harness has.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::fleet::skip;
use crate::support::World;

const TABLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../abide-unit/data/settings.txt"
);

const IMAGES: [(&str, &str); 6] = [
    ("a", "bullseye"),
    ("b", "jammy"),
    ("c", "bookworm"),
    ("d", "bookworm-backports"),
    ("e", "trixie"),
    ("f", "forky"),
];

/// As systemd prints them.
const SECTIONS: [&str; 11] = [
    "Unit",
    "Service",
    "Socket",
    "Mount",
    "Automount",
    "Swap",
    "Timer",
    "Path",
    "Slice",
    "Scope",
    "Install",
];

/// A section and a key.
type Setting = (String, String);

/// The version of a host's systemd, and its settings.
fn asked(world: &World, host: &str) -> (u32, BTreeSet<Setting>) {
    let version = world.show(host, "root", "", "Version");
    let mut digits = version.split(|c: char| !c.is_ascii_digit());
    let version = digits.find_map(|part| part.parse().ok());
    let dump = world.fleet.sh_as(
        host,
        "nobody",
        "for s in /usr/lib/systemd/systemd /lib/systemd/systemd; do [ -x $s ] && exec $s --dump-configuration-items; done",
    );
    let mut settings = BTreeSet::new();
    let mut section = String::new();
    for line in dump.lines() {
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
        } else if let Some((key, _)) = line.split_once('=') {
            settings.insert((section.clone(), key.to_owned()));
        }
    }
    assert!(settings.len() > 1000, "{}", settings.len());
    (version.expect("a version"), settings)
}

#[derive(Default)]
struct Table {
    /// The lines that are kept as they are.
    head: Vec<String>,
    hosts: Vec<u32>,
    /// Since when and until when each is known.
    settings: BTreeMap<Setting, (u32, Option<u32>)>,
    /// Lines about words of settings.
    words: Vec<String>,
}

impl Table {
    fn read(text: &str) -> Self {
        let mut table = Self::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [first, ..] if first.starts_with('#') => table.head.push(line.to_owned()),
                ["hosts", hosts @ ..] => {
                    table.hosts = hosts.iter().filter_map(|host| host.parse().ok()).collect();
                }
                [key, ..] if key.contains('=') => table.words.push(line.to_owned()),
                [key, since, sections @ ..] => {
                    let (since, gone) = since.split_once("..").unwrap_or((since, ""));
                    let known = (since.parse().unwrap_or(0), gone.parse().ok());
                    for section in sections {
                        let setting = ((*section).to_owned(), (*key).to_owned());
                        table.settings.insert(setting, known);
                    }
                }
                _ => {}
            }
        }
        table
    }

    fn has(&self, setting: &Setting, systemd: u32) -> bool {
        self.settings.get(setting).is_some_and(|(since, gone)| {
            systemd >= *since && gone.is_none_or(|gone| systemd < gone)
        })
    }

    /// With what these hosts say; the numbers that it has stay where they do not contradict that.
    fn with(self, hosts: &BTreeMap<u32, BTreeSet<Setting>>) -> Self {
        let mut settings = BTreeMap::new();
        for setting in hosts.values().flatten() {
            let having = || hosts.iter().filter(|(_, all)| all.contains(setting));
            let first = having().map(|(version, _)| *version).min().unwrap_or(0);
            let last = having().map(|(version, _)| *version).max().unwrap_or(0);
            let before = hosts
                .keys()
                .copied()
                .filter(|version| *version < first)
                .max();
            let gone = hosts.keys().copied().find(|version| *version > last);
            let known = self.settings.get(setting).map(|(since, _)| *since);
            let kept = known
                .filter(|since| *since <= first && before.is_none_or(|before| *since > before));
            let since = kept.unwrap_or(if before.is_none() { 0 } else { first });
            settings.insert(setting.clone(), (since, gone));
        }
        Self {
            hosts: hosts.keys().copied().collect(),
            settings,
            ..self
        }
    }

    fn text(&self) -> String {
        let mut rows: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
        for section in SECTIONS {
            let of_section = self.settings.iter().filter(|((of, _), _)| of == section);
            for ((_, key), known) in of_section {
                let row = rows.entry((key, released(*known))).or_default();
                row.push(section);
            }
        }
        let rows = rows
            .into_iter()
            .map(|((key, known), sections)| format!("{key} {known} {}", sections.join(" ")));
        let mut rows: Vec<String> = rows.chain(self.words.iter().cloned()).collect();
        rows.sort_by(|a, b| a.split_once(' ').cmp(&b.split_once(' ')));
        let hosts: Vec<String> = self.hosts.iter().map(u32::to_string).collect();
        format!(
            "{}\nhosts {}\n{}\n",
            self.head.join("\n"),
            hosts.join(" "),
            rows.join("\n")
        )
    }
}

/// `-`, `254`, `-..262`.
fn released((since, gone): (u32, Option<u32>)) -> String {
    let mut text = match since {
        0 => "-".to_owned(),
        since => since.to_string(),
    };
    if let Some(gone) = gone {
        let _ = write!(text, "..{gone}");
    }
    text
}

#[test]
fn the_table_of_settings_is_what_the_hosts_say() {
    let text = std::fs::read_to_string(TABLE).expect("the table");
    let table = Table::read(&text);
    if std::env::var_os("ABIDE_BLESS").is_some_and(|bless| bless == "1") {
        let world = World::new("settings", &IMAGES);
        let hosts = IMAGES.iter().map(|(host, _)| asked(&world, host)).collect();
        std::fs::write(TABLE, table.with(&hosts).text()).expect("the table is written");
        return;
    }
    let written = table.text();
    let odd = text
        .lines()
        .zip(written.lines())
        .find(|(is, would)| is != would);
    assert_eq!(odd, None, "`make settings` would write this line otherwise");
    let world = World::used();
    for host in ["h1", "h2"] {
        let (systemd, says) = asked(&world, host);
        if !table.hosts.contains(&systemd) {
            skip(&format!(
                "{host} has systemd {systemd}, which the table does not know: run `make settings`"
            ));
            continue;
        }
        let all = table.settings.keys().chain(&says);
        let wrong: Vec<String> = all
            .filter(|setting| table.has(setting, systemd) != says.contains(*setting))
            .map(|(section, key)| format!("{section}.{key}"))
            .collect();
        assert_eq!(wrong, Vec::<String>::new(), "of systemd {systemd}");
    }
}
