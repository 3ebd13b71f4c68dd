//! What a quadlet's text means: Podman reads it by rules of its own (its `pkg/systemd/parser/unitfile.go`), not by systemd's.
//! Seen on Podman 5.4 with systemd 257 and on Podman 5.8 with systemd 262.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use abide_model::UnitName;
use abide_unit::Effective;

use crate::support::World;

const HOSTS: [(&str, &str); 2] = [("h1", "trixie+podman"), ("h2", "forky+podman")];

/// Ways to write a command so that systemd would read it otherwise than Podman does. `{}` stands for what changes.
const COMMANDS: [(&str, &str); 8] = [
    // A blank behind the backslash: to systemd no continuation.
    ("blank", "Exec=/bin/sleep \\ \n  {}00\n"),
    ("tab", "Exec=/bin/sleep \\\t\n  {}00\n"),
    ("wide", "Exec=/bin/sleep \\\u{a0}\n  {}00\n"),
    // An empty line ends a continuation for systemd, and is passed over by Podman.
    ("empty", "Exec=/bin/sleep \\\n\n  {}00\n"),
    (
        "comment",
        "Exec=/bin/sleep \\\n# how long\n\n; seconds\n  {}00\n",
    ),
    // systemd takes two backslashes for an escaped one, Podman takes the last one off.
    ("double", "Exec=\"/bin/\\\\\nx73leep\" {}00\n"),
    // Carriage returns, and a section that is there twice.
    (
        "dos",
        "PodmanArgs=--pull=never\r\n[Service]\r\n\r\n[Container]\r\nExec=/bin/sleep \\\r\n\r\n {}00\r\n",
    ),
    // Podman joins without a blank.
    ("joined", "Exec=/bin/sleep {}\\\n00\n"),
];

fn container(command: &str) -> String {
    format!(
        "[Container]\nImage=localhost/box:1\nStopSignal=KILL\nNetwork=none\n{command}\n[Install]\nWantedBy=default.target\n"
    )
}

/// One user `app` with these quadlets, each with a drop-in where one is given.
fn declare(world: &World, units: &[(String, String, Option<String>)]) {
    let mut keys = String::new();
    for (name, text, drop_in) in units {
        world.file(name, text);
        let drop_ins = drop_in.as_ref().map_or(String::new(), |text| {
            format!(
                ", drop_ins: {{10-more.conf: {}}}",
                serde_json::Value::from(text.as_str())
            )
        });
        keys.push_str(&format!(
            "          {name}: {{source: {name}, settle: {{for: 1s, timeout: 3m}}{drop_ins}}}\n"
        ));
    }
    world.manifest(&format!(
        "version: 1\nname: text\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n      app:\n\
         \x20       linger: true\n        units:\n{keys}"
    ));
}

/// The commands that containers run on a host.
fn sleeping(world: &World, host: &str) -> Vec<String> {
    let said = world.fleet.sh(
        host,
        "ps -eo args= | grep -E '^(/bin/)?sleep [0-9]+00$' | sed 's/.*sleep //' | sort",
    );
    said.lines().map(str::to_owned).collect()
}

#[test]
fn a_command_that_changed_behind_what_podman_reads_otherwise_restarts_its_container() {
    let Some(world) = World::fitting("quadlet-text", &HOSTS) else {
        return;
    };
    // 2100, 2200 … before and 3100, 3200 … after.
    let units = |times: u32| -> Vec<(String, String, Option<String>)> {
        let time = |index: usize| format!("{times}{}", index + 1);
        let mut units: Vec<_> = COMMANDS
            .iter()
            .enumerate()
            .map(|(index, (name, command))| {
                let text = container(&command.replace("{}", &time(index)));
                (format!("{name}.container"), text, None)
            })
            .collect();
        let drop_in = format!(
            "[Container]\nExec=/bin/sleep \\ \n\n {}00\n",
            time(COMMANDS.len())
        );
        let plain = container("Exec=/bin/sleep 100\n");
        units.push(("dropped.container".to_owned(), plain, Some(drop_in)));
        units
    };
    let times = |times: u32| -> Vec<String> {
        (1..=COMMANDS.len() + 1)
            .map(|index| format!("{times}{index}00"))
            .collect()
    };
    declare(&world, &units(2));
    world.converge();
    for (host, _) in HOSTS {
        assert_eq!(sleeping(&world, host), times(2), "{host}");
    }

    declare(&world, &units(3));
    let plan = world.plan().ends_with(0);
    assert!(
        plan.stdout.contains("9 restarts") || plan.stdout.contains("18 restarts"),
        "{}",
        plan.stdout
    );
    world.converge();
    for (host, _) in HOSTS {
        assert_eq!(sleeping(&world, host), times(3), "{host}");
    }
    world.abide(&["drift"]).ends_with(0);
}

/// A generator of numbers (SplitMix64): the same texts everywhere and for ever.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).expect("small")
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// What odd texts are made of. There is little of it, so that many texts mean the same.
const PIECES: [&str; 40] = [
    "\n",
    "\n",
    "\n",
    "\n",
    "\n",
    " \n",
    "\t\n",
    "\r\n",
    "\n\n",
    "\\\n",
    "\\\n",
    "\\\n",
    " \\\n",
    " \\ \n",
    "\\\t\n",
    "\\\\\n",
    "\\\u{a0}\n",
    "\\\r\n",
    "\n# a comment\n",
    "\n; a comment\n",
    "\n#c \\\n",
    " ",
    "\t",
    "\\",
    "\u{a0}",
    "Exec=/bin/a",
    "Exec=/bin/a\n",
    "Exec =\"a b\"",
    "Exec=",
    "/bin/a",
    "a",
    "b",
    "Environment=A=1\n",
    "Environment=\n",
    "ReadOnly=\n",
    "[Container]\n",
    "[Container]",
    "[Service]\n",
    "[Service]\nEnvironment=A=1\n",
    "PodmanArgs=a ",
];

fn odd_text(numbers: &mut Numbers) -> String {
    let count = 1 + numbers.below(7);
    (0..count).map(|_| numbers.one(&PIECES)).collect()
}

const BASE: &str = "[Container]\nImage=localhost/box:1\nContainerName=x\n";

/// A quadlet of which a part is odd: itself, or its drop-in.
struct Odd {
    name: String,
    fragment: String,
    drop_in: Option<String>,
}

impl Odd {
    fn all(count: usize) -> Vec<Self> {
        let mut numbers = Numbers(54);
        let one = |index: usize| {
            let name = format!("t{index:04}");
            let odd = odd_text(&mut numbers);
            match index % 3 {
                0 => Self {
                    name,
                    fragment: BASE.to_owned(),
                    drop_in: Some(format!("[Container]\n{odd}")),
                },
                1 => Self {
                    name,
                    fragment: format!("{BASE}{odd}"),
                    drop_in: None,
                },
                // As much behind it, for what it may take in.
                _ => Self {
                    name,
                    fragment: format!("{BASE}{odd}\n[Service]\nEnvironment=B=2\n"),
                    drop_in: None,
                },
            }
        };
        (0..count).map(one).collect()
    }

    fn files(&self) -> Vec<(String, &str)> {
        let name = &self.name;
        let drop_in = self
            .drop_in
            .as_deref()
            .map(|text| (format!("{name}.container.d/10.conf"), text));
        std::iter::once((format!("{name}.container"), self.fragment.as_str()))
            .chain(drop_in)
            .collect()
    }

    fn digest(&self) -> String {
        let unit = UnitName::parse("x.container").expect("a name");
        let drop_ins: Vec<_> = self
            .drop_in
            .iter()
            .map(|text| ("10.conf", text.as_str()))
            .collect();
        Effective::new(&unit, &self.fragment, &drop_ins)
            .restart_digest()
            .to_string()
    }
}

/// What the generator of a host makes of quadlets, by their names, as systemd reads it; and what it complains of.
fn generated(world: &World, host: &str, quadlets: &[Odd]) -> (BTreeMap<String, Effective>, String) {
    let directory = tempfile::tempdir().expect("a directory");
    for quadlet in quadlets {
        for (name, text) in quadlet.files() {
            // Each in a directory of its own: of one with a quadlet that it cannot read the generator takes none.
            let path = directory.path().join(&quadlet.name).join(name);
            fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
            fs::write(path, text).expect("a file");
        }
    }
    let mut tar = Command::new("tar");
    let tar = tar.arg("-cC").arg(directory.path()).arg(".").output();
    let script = "mkdir /tmp/odd && cd /tmp/odd && tar -xf - &&
        QUADLET_UNIT_DIRS=/tmp/odd /usr/libexec/podman/quadlet -dryrun; rm -r /tmp/odd";
    let command = ["/bin/sh", "-c", script];
    let ran = world
        .fleet
        .exec_with(host, "root", &command, &tar.expect("tar").stdout);
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let (mut name, mut section) = (String::new(), String::new());
    for line in ran.stdout.lines() {
        if let Some(service) = line.strip_prefix("---") {
            service
                .trim_end_matches(".service---")
                .clone_into(&mut name);
            texts.entry(name.clone()).or_default();
        } else if line.starts_with('[') {
            line.clone_into(&mut section);
        }
        // systemd skips sections that begin so.
        if !section.starts_with("[X-") && !line.starts_with("SourcePath=") {
            let text = texts.entry(name.clone()).or_default();
            text.push_str(&format!("{line}\n"));
        }
    }
    let unit = UnitName::parse("x.service").expect("a name");
    let read = |(name, text): (String, String)| (name, Effective::new(&unit, &text, &[]));
    let complaints = ran
        .stderr
        .lines()
        .filter(|line| line.contains("error loading") || line.contains("converting"));
    let complaints = complaints.collect::<Vec<_>>().join("\n");
    (texts.into_iter().map(read).collect(), complaints)
}

#[test]
fn what_a_restart_digest_does_not_tell_apart_is_one_service_to_podman_and_what_podman_refuses_is_refused()
 {
    let Some(world) = World::fitting("quadlet-odd", &HOSTS) else {
        return;
    };
    let quadlets = Odd::all(700);
    // abide says why for every one that Podman makes nothing of, or not all of.
    let mut keys = String::new();
    for quadlet in &quadlets {
        for (name, text) in quadlet.files() {
            world.file(&name, text);
        }
        let name = &quadlet.name;
        let drop_ins = match quadlet.drop_in {
            Some(_) => format!(", drop_ins: {{10.conf: {{source: {name}.container.d/10.conf}}}}"),
            None => String::new(),
        };
        keys.push_str(&format!(
            "      {name}.container: {{source: {name}.container{drop_ins}}}\n"
        ));
    }
    world.manifest(&format!(
        "version: 1\nname: odd\nhosts:\n  h1:\n    units:\n{keys}"
    ));
    let said = world.abide(&["validate", "--json"]);
    let said = format!("{}{}", said.stdout, said.stderr);
    let told = |quadlet: &Odd| said.contains(&format!("\"file\": \"{}.container", quadlet.name));

    for (host, _) in HOSTS {
        let (services, complaints) = generated(&world, host, &quadlets);
        let mut by_digest: BTreeMap<String, &Odd> = BTreeMap::new();
        let (mut same, mut refused) = (0, 0);
        for quadlet in &quadlets {
            let service = services.get(&quadlet.name);
            if service.is_none() || complaints.contains(&format!("/{}.container", quadlet.name)) {
                refused += 1;
                assert!(
                    told(quadlet),
                    "{host}: Podman refuses {:?} {:?}",
                    quadlet.fragment,
                    quadlet.drop_in
                );
            }
            if told(quadlet) {
                continue;
            }
            let Some(other) = by_digest.insert(quadlet.digest(), quadlet) else {
                continue;
            };
            same += 1;
            assert_eq!(
                service,
                services.get(&other.name),
                "{host}: {:?} {:?} and {:?} {:?}",
                quadlet.fragment,
                quadlet.drop_in,
                other.fragment,
                other.drop_in
            );
        }
        assert!(
            same > 100 && refused > 100,
            "{same} {refused} of {}",
            quadlets.len()
        );
    }
}
