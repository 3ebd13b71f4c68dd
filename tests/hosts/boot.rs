//! "Starts at boot" is what a boot does: `abide status` against `systemd --test`, and against the boot itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use crate::support::World;

const HOSTS: [&str; 2] = ["h1", "h2"];
const USER: &str = "u-boot";

/// A way in which units can stand on a host: what makes it, and whether a boot surely decides otherwise than `systemd --test`.
struct Way {
    what: &'static str,
    /// In the configuration directory; `U` is the unit's name without its type, `R` a target that every boot reaches, `N` one
    /// that none does, `one UNIT LINE...` writes a unit that stays active, `link PATH [TARGET]` makes a link.
    script: &'static str,
    /// What is declared and asked about.
    units: &'static [&'static str],
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    /// Which unit is dropped differs from boot to boot.
    Cycle,
    /// Gone after a boot.
    Runtime,
    /// Started by the boot, and cannot be.
    Fails,
}

const fn way(what: &'static str, script: &'static str, units: &'static [&'static str]) -> Way {
    Way {
        what,
        script,
        units,
        kind: Kind::Plain,
    }
}

const WAYS: &[Way] = &[
    way("no link", "one U.service", &["U.service"]),
    way(
        "wanted",
        "one U.service; link R.wants/U.service ../U.service",
        &["U.service"],
    ),
    way(
        "wanted by an absolute link",
        "one U.service; link R.wants/U.service $PWD/U.service",
        &["U.service"],
    ),
    way(
        "wanted by a link that leads astray",
        "one U.service; link R.wants/U.service /nowhere/x.service",
        &["U.service"],
    ),
    way(
        "required",
        "one U.service; link R.requires/U.service ../U.service",
        &["U.service"],
    ),
    way(
        "upheld",
        "one U.service; link R.upholds/U.service ../U.service",
        &["U.service"],
    ),
    way(
        "wanted by a target that nothing reaches",
        "one U.service; link N.wants/U.service ../U.service",
        &["U.service"],
    ),
    way(
        "wanted by both",
        "one U.service; link R.wants/U.service ../U.service; link N.wants/U.service ../U.service",
        &["U.service"],
    ),
    way(
        "wanted by a target that is wanted",
        "one U.target; one U.service; link R.wants/U.target ../U.target; link U.target.wants/U.service ../U.service",
        &["U.service", "U.target"],
    ),
    way(
        "wanted by a target that is not",
        "one U.target; one U.service; link U.target.wants/U.service ../U.service",
        &["U.service", "U.target"],
    ),
    way(
        "wanted by a service that is wanted",
        "one U-p.service; one U.service; link R.wants/U-p.service ../U-p.service; link U-p.service.wants/U.service ../U.service",
        &["U.service", "U-p.service"],
    ),
    way(
        "named by a service that is wanted",
        "one U-p.service 'Wants=U.service'; one U.service; link R.wants/U-p.service ../U-p.service",
        &["U.service", "U-p.service"],
    ),
    way(
        "named by a service that is not",
        "one U-p.service 'Requires=U.service'; one U.service",
        &["U.service", "U-p.service"],
    ),
    way(
        "named by a drop-in of a target",
        "one U.service; mkdir -p R.d; printf '[Unit]\\nWants=U.service\\n' >R.d/U.conf",
        &["U.service"],
    ),
    way(
        "masked",
        "link U.service /dev/null; link R.wants/U.service ../U.service",
        &["U.service"],
    ),
    way(
        "masked, as packages are",
        "one U.service; mv U.service $vendor/; link U.service /dev/null; link R.wants/U.service $vendor/U.service",
        &["U.service"],
    ),
    way(
        "a package's, linked by it",
        "one U.service; mv U.service $vendor/; mkdir -p $vendor/R.wants; link $vendor/R.wants/U.service ../U.service",
        &["U.service"],
    ),
    way(
        "a package's, linked here",
        "one U.service; mv U.service $vendor/; link R.wants/U.service $vendor/U.service",
        &["U.service"],
    ),
    way(
        "for all users, or a package's without a link",
        "one U.service; mv U.service $global/; [ $global = $vendor ] || link $global/R.wants/U.service ../U.service",
        &["U.service"],
    ),
    way(
        "an alias that is wanted",
        "one U.service; link U-a.service U.service; link R.wants/U-a.service ../U-a.service",
        &["U.service"],
    ),
    way(
        "an alias only",
        "one U.service; link U-a.service U.service",
        &["U.service"],
    ),
    way(
        "an instance",
        "one U@.service; link R.wants/U@x.service ../U@.service",
        &["U@x.service"],
    ),
    way(
        "an instance without a link",
        "one U@.service; link R.wants/U@y.service ../U@.service",
        &["U@x.service"],
    ),
    way(
        "a masked template",
        "link U@.service /dev/null; link R.wants/U@x.service ../U@.service",
        &["U@x.service"],
    ),
    way(
        "a link to nothing",
        "link R.wants/U.service ../U.service",
        &["U.service"],
    ),
    way(
        "a file that is a link",
        "mkdir -p $away; one U.service; mv U.service $away/; link U.service $away/U.service; link R.wants/U.service ../U.service",
        &["U.service"],
    ),
    way(
        "a directory of links that is a link",
        "mkdir -p $away/U; one U.target; one U.service; link R.wants/U.target ../U.target; link U.target.wants $away/U; \
         link U.target.wants/U.service $PWD/U.service",
        &["U.service", "U.target"],
    ),
    way(
        "a timer",
        "one U.service; raw U.timer '[Timer]\\nOnActiveSec=1h\\n'; link timers.target.wants/U.timer ../U.timer",
        &["U.service", "U.timer"],
    ),
    way(
        "a timer that is not wanted",
        "one U.service; raw U.timer '[Timer]\\nOnActiveSec=1h\\n'",
        &["U.service", "U.timer"],
    ),
    way(
        "a timer for a target that nothing reaches",
        "one U.service; raw U.timer '[Timer]\\nOnActiveSec=1h\\n'; link N.wants/U.timer ../U.timer",
        &["U.service", "U.timer"],
    ),
    way(
        "a socket",
        "one U.service; raw U.socket '[Socket]\\nListenStream=@U-%%u\\n'; link sockets.target.wants/U.socket ../U.socket",
        &["U.service", "U.socket"],
    ),
    way(
        "a path",
        "one U.service; raw U.path '[Path]\\nPathExists=/nowhere/U\\n'; link paths.target.wants/U.path ../U.path",
        &["U.service", "U.path"],
    ),
    way(
        "a timer and a link",
        "one U.service; raw U.timer '[Timer]\\nOnActiveSec=1h\\n'; link timers.target.wants/U.timer ../U.timer; \
         link R.wants/U.service ../U.service",
        &["U.service", "U.timer"],
    ),
    way(
        "requires what is not there",
        "one U.service 'Requires=U-gone.service'; link R.wants/U.service ../U.service",
        &["U.service"],
    ),
    way(
        "conflicts with what is wanted",
        "one U.service 'Conflicts=U-p.service'; one U-p.service; link R.wants/U-p.service ../U-p.service",
        &["U.service", "U-p.service"],
    ),
    way(
        "bad settings",
        "raw U.service '[Service]\\n'; link R.wants/U.service ../U.service",
        &["U.service"],
    ),
    Way {
        what: "a cycle",
        script: "one U.service 'After=U-b.service'; one U-b.service 'After=U.service'; \
                 link R.wants/U.service ../U.service; link R.wants/U-b.service ../U-b.service",
        units: &["U.service", "U-b.service"],
        kind: Kind::Cycle,
    },
    Way {
        what: "until the reboot",
        script: "one U.service; mkdir -p $run/R.wants; link $run/R.wants/U.service $PWD/U.service",
        units: &["U.service"],
        kind: Kind::Runtime,
    },
    Way {
        what: "in /run altogether",
        script: "one U.service; mv U.service $run/; link R.wants/U.service $run/U.service",
        units: &["U.service"],
        kind: Kind::Runtime,
    },
    Way {
        what: "a program that fails",
        script: "raw U.service '[Service]\\nType=oneshot\\nExecStart=/bin/false\\n'; link R.wants/U.service ../U.service",
        units: &["U.service"],
        kind: Kind::Fails,
    },
];

/// How many states there are of each scope: more than 200 on each host.
const EACH: usize = 120;

/// A unit that is asked about: the way that it was made, and what it is called.
struct Asked {
    way: &'static Way,
    user: bool,
    unit: String,
}

/// A number that is the same in every run (`SplitMix64`).
fn mixed(number: usize) -> usize {
    let mut z = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((z ^ (z >> 27)) >> 33) as usize
}

/// All states of one scope: their scripts, and what is asked about them.
fn made(user: bool) -> (String, Vec<Asked>) {
    let reached: &[&str] = match user {
        true => &["default.target", "basic.target", "timers.target"],
        false => &[
            "multi-user.target",
            "basic.target",
            "graphical.target",
            "network.target",
        ],
    };
    let mut script = String::new();
    let mut asked = Vec::new();
    for number in 0..EACH {
        // Every way comes up; which else is chance.
        let way = match WAYS.get(number) {
            Some(way) => way,
            None => &WAYS[mixed(number) % WAYS.len()],
        };
        let base = format!("bt{}{number}", if user { "u" } else { "s" });
        let target = reached[mixed(number + 7) % reached.len()];
        // `network.target` is passive and nothing asks for it on such a host: what a boot does decides.
        let never = "bt-never.target";
        let text = way
            .script
            .replace("R.", &format!("{target}."))
            .replace("N.", &format!("{never}."));
        let text = replaced(&text, &base);
        writeln!(script, "( {text} )").expect("a string");
        for unit in way.units {
            asked.push(Asked {
                way,
                user,
                unit: replaced(unit, &base),
            });
        }
    }
    (script, asked)
}

/// `U` as a word of its own becomes the unit's name.
fn replaced(text: &str, base: &str) -> String {
    let mut out = String::new();
    let chars: Vec<char> = text.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map_or(' ', |at| chars[at]);
        let after = chars.get(at + 1).copied().unwrap_or(' ');
        let alone = !before.is_alphanumeric() && (!after.is_alphanumeric());
        match *c == 'U' && alone {
            true => out.push_str(base),
            false => out.push(*c),
        }
    }
    out
}

const SHELL: &str = "
    set -e
    one() { file=$1; shift; { echo '[Unit]'; for line do echo \"$line\"; done
      case $file in *.service) printf '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/true\\n' ;; esac; } >$file; }
    raw() { printf \"$2\" >$1; }
    link() { mkdir -p $(dirname $1); ln -sfn ${2:-x} $1; }
";

fn make(world: &World, host: &str, system: &str, own: &str) {
    world.fleet.sh(
        host,
        &format!(
            "id -u {USER} >/dev/null 2>&1 || useradd -m {USER}
             loginctl enable-linger {USER}; i=0
             until [ -S /run/user/$(id -u {USER})/systemd/private ]; do i=$((i+1)); [ $i -lt 100 ]; sleep 0.1; done
             mkdir -p /usr/lib/systemd/user /etc/systemd/user /opt/boot
             {SHELL}
             vendor=/usr/lib/systemd/system global=/usr/lib/systemd/system run=/run/systemd/system away=/opt/boot
             mkdir -p $run; cd /etc/systemd/system
             {system}
             systemctl daemon-reload
             # For the user: its own files are its own, those of packages are root's.
             chmod 777 /usr/lib/systemd/user /etc/systemd/user"
        ),
    );
    world.fleet.sh_as(
        host,
        USER,
        &format!(
            "umask 022; {SHELL}
             export XDG_RUNTIME_DIR=/run/user/$(id -u)
             vendor=/usr/lib/systemd/user global=/etc/systemd/user run=$XDG_RUNTIME_DIR/systemd/user away=$HOME/away
             mkdir -p ~/.config/systemd/user $run; cd ~/.config/systemd/user
             {own}
             systemctl --user daemon-reload"
        ),
    );
}

/// What the host's systemd says that a boot would start, asked by the test itself, and which units are in cycles.
fn rehearsed(world: &World, host: &str, user: bool) -> (BTreeSet<String>, BTreeSet<String>) {
    let said = match user {
        true => world.fleet.sh_as(
            host,
            USER,
            "XDG_RUNTIME_DIR=/run/user/$(id -u) /usr/lib/systemd/systemd --user --test --no-pager 2>&1",
        ),
        false => world.fleet.sh_as(
            host,
            "nobody",
            "/usr/lib/systemd/systemd --system --test --no-pager 2>&1",
        ),
    };
    let starts = said
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Action: ")?.strip_suffix(" start"))
        .filter_map(|line| line.split(' ').next())
        .map(ToOwned::to_owned);
    let about_cycles =
        |line: &&str| line.contains("ordering cycle") || line.contains("Found dependency on");
    let cycles = said
        .lines()
        .filter(about_cycles)
        .flat_map(str::split_whitespace)
        .map(|word| {
            word.trim_end_matches(':')
                .trim_end_matches("/start")
                .to_owned()
        });
    (starts.collect(), cycles.collect())
}

/// What status says of each unit of a host: `yes`, `no`, `by` or `unknown`, and all of it.
fn boots(world: &World) -> BTreeMap<(String, bool, String), (String, String)> {
    let said = world.abide(&["status", "--json"]).ends_with(0);
    let answer: Value = serde_json::from_str(&said.stdout).expect("a document");
    let mut boots = BTreeMap::new();
    for host in answer["hosts"].as_array().expect("hosts") {
        for unit in host["units"].as_array().expect("units") {
            let boot = &unit["boot"];
            let word = match boot {
                Value::String(word) => word.clone(),
                Value::Object(fields) => fields.keys().next().expect("a word").clone(),
                other => other.to_string(),
            };
            let key = (
                host["host"].as_str().expect("a name").to_owned(),
                unit["user"].is_string(),
                unit["unit"].as_str().expect("a name").to_owned(),
            );
            boots.insert(key, (word, boot.to_string()));
        }
    }
    boots
}

fn declare(world: &World, asked: &[Asked]) {
    let units = |user: bool| {
        let units = asked.iter().filter(|one| one.user == user);
        let units: BTreeSet<&str> = units.map(|one| one.unit.as_str()).collect();
        units
            .into_iter()
            .map(|unit| format!("      {unit}: {{state: unmanaged}}\n"))
            .collect::<String>()
    };
    world.manifest(&format!(
        "version: 1\nname: boot\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    units:\n{}    users:\n      {USER}:\n        \
         linger: unmanaged\n        units:\n{}",
        units(false),
        units(true).replace("      bt", "          bt"),
    ));
}

/// Whether the answer of status is right, where `starts` says what a boot starts.
fn is_right(
    one: &Asked,
    (said, whole): (&str, &str),
    cycles: &BTreeSet<String>,
    starts: impl Fn(&str) -> bool,
) -> bool {
    let started = starts(&one.unit);
    match (one.way.kind, said) {
        (Kind::Cycle, said) => said == "unknown" || said == "no",
        // Which of them is dropped differs from boot to boot.
        (_, "unknown") => cycles.contains(&one.unit),
        (_, "no") if whole.contains("dropped") => cycles.contains(&one.unit),
        (Kind::Runtime, said) => said == "no",
        (_, "yes") => started,
        (_, "no") => !started,
        (_, "by") => {
            let trigger: Value = serde_json::from_str(whole).expect("a value");
            !started && starts(trigger["by"].as_str().expect("a name"))
        }
        _ => false,
    }
}

#[test]
fn starts_at_boot_is_what_systemd_rehearses_and_what_the_boot_does() {
    let world = World::both("boot");
    let (system, mut asked) = made(false);
    let (own, of_user) = made(true);
    asked.extend(of_user);
    for host in HOSTS {
        make(&world, host, &system, &own);
    }
    declare(&world, &asked);
    let boots_before = boots(&world);
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for host in HOSTS {
        let rehearsals = [
            rehearsed(&world, host, false),
            rehearsed(&world, host, true),
        ];
        for one in &asked {
            let (starts, cycles) = &rehearsals[usize::from(one.user)];
            let key = (host.to_owned(), one.user, one.unit.clone());
            let (said, whole) = &boots_before[&key];
            *counts.entry(said.clone()).or_default() += 1;
            let starts = |unit: &str| starts.contains(unit);
            if !is_right(one, (said, whole), cycles, starts) {
                wrong.push(format!(
                    "{key:?} ({}): status says {whole}, and systemd --test {}",
                    one.way.what,
                    starts(&one.unit)
                ));
            }
        }
    }
    println!("{} units on each host: {counts:?}", asked.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // The same answers without the rehearsal: what links say may not be enough, and is never wrong.
    for host in HOSTS {
        world.fleet.sh(host, "chmod a-x /usr/lib/systemd/systemd");
    }
    let by_links = boots(&world);
    let mut told = 0;
    for host in HOSTS {
        world.fleet.sh(host, "chmod a+x /usr/lib/systemd/systemd");
        let rehearsals = [
            rehearsed(&world, host, false),
            rehearsed(&world, host, true),
        ];
        for one in asked.iter().filter(|one| one.way.kind == Kind::Plain) {
            let (starts, cycles) = &rehearsals[usize::from(one.user)];
            let key = (host.to_owned(), one.user, one.unit.clone());
            let (said, whole) = &by_links[&key];
            told += usize::from(said != "unknown");
            let right = || is_right(one, (said, whole), cycles, |unit| starts.contains(unit));
            if said != "unknown" && !cycles.contains(&one.unit) && !right() {
                wrong.push(format!("{key:?} ({}): links say {whole}", one.way.what));
            }
        }
    }
    println!("links alone: {told} of {} are told", 2 * asked.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // And the boot itself.
    for host in HOSTS {
        world.fleet.reboot(host);
        world.wait_until_active(host, USER, "default.target");
        world
            .fleet
            .sh(host, "systemctl is-system-running --wait >/dev/null || :");
    }
    for host in HOSTS {
        for user in [false, true] {
            let (_, cycles) = rehearsed(&world, host, user);
            let names: Vec<&str> = asked
                .iter()
                .filter(|one| one.user == user)
                .map(|one| one.unit.as_str())
                .collect();
            let show = format!("show -p ActiveState --value -- {}", names.join(" "));
            let said = match user {
                true => world.fleet.sh_as(
                    host,
                    USER,
                    &format!("XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user {show}"),
                ),
                false => world.fleet.sh(host, &format!("systemctl {show}")),
            };
            let states: Vec<&str> = said.split_whitespace().collect();
            assert_eq!(states.len(), names.len(), "{said}");
            let active: BTreeSet<&str> = names
                .iter()
                .zip(&states)
                .filter(|(_, state)| **state == "active")
                .map(|(name, _)| *name)
                .collect();
            for one in asked
                .iter()
                .filter(|one| one.user == user && one.way.kind != Kind::Fails)
            {
                let key = (host.to_owned(), one.user, one.unit.clone());
                let (said, whole) = &boots_before[&key];
                let requires_gone = one.way.what == "requires what is not there";
                let right = || is_right(one, (said, whole), &cycles, |unit| active.contains(unit));
                if !requires_gone && !right() {
                    wrong.push(format!("{key:?} ({}): status said {whole}", one.way.what));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "after the boot:\n{}", wrong.join("\n"));

    // Managers that do not start at boot start nothing.
    for (script, why) in [
        ("loginctl disable-linger u-boot", "no_linger"),
        (
            "loginctl enable-linger u-boot; systemctl -q mask user@$(id -u u-boot).service",
            "manager_masked",
        ),
    ] {
        for host in HOSTS {
            world.fleet.sh(host, script);
        }
        let now = boots(&world);
        let mut some = 0;
        for ((_, user, unit), (said, whole)) in &now {
            assert!(
                !user || said == "no" || said == "unknown",
                "{unit}: {whole}"
            );
            some += usize::from(whole.contains(why));
        }
        assert!(some > 20, "{why}: {some}");
    }
}

/// Scripts of System V init are started by links in /etc/rc2.d, and packages link their units where systemctl does not look.
#[test]
fn what_others_start_at_boot_is_enabled_and_cannot_be_disabled_by_links() {
    let world = World::used();
    for host in HOSTS {
        world.fleet.sh(
            host,
            "for name in bl-on bl-off; do
               printf '#!/bin/sh\n### BEGIN INIT INFO\n# Provides: %s\n# Default-Start: 2 3 4 5\n# Default-Stop: 0 1 6\n### END INIT INFO\n' \
                 $name >/etc/init.d/$name; chmod 755 /etc/init.d/$name
             done
             for level in 2 3 4 5; do ln -sf ../init.d/bl-on /etc/rc$level.d/S01bl-on; done
             for name in bl-linked bl-plain; do
               printf '[Service]\nExecStart=/bin/sleep infinity\n' >/usr/lib/systemd/system/$name.service
             done
             mkdir -p /usr/lib/systemd/system/multi-user.target.wants
             ln -sf ../bl-linked.service /usr/lib/systemd/system/multi-user.target.wants/
             systemctl daemon-reload",
        );
    }
    let declare = |units: &[(&str, &str)]| {
        let units: String = units
            .iter()
            .map(|(unit, how)| format!("      {unit}.service: {{state: unmanaged, {how}}}\n"))
            .collect();
        world.manifest(&format!(
            "version: 1\nname: boot-others\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    units:\n{units}"
        ));
    };
    let boot = |unit: &str| {
        let all = boots(&world);
        HOSTS.map(|host| {
            all[&(host.to_owned(), false, format!("{unit}.service"))]
                .1
                .clone()
        })
    };
    declare(&[
        ("bl-on", "enabled: true"),
        ("bl-off", "enabled: false"),
        ("bl-linked", "enabled: true"),
        ("bl-plain", "enabled: false"),
    ]);
    world.assert_converged();
    assert_eq!(boot("bl-on"), ["\"yes\"", "\"yes\""]);
    assert_eq!(boot("bl-linked"), ["\"yes\"", "\"yes\""]);
    for unit in ["bl-off", "bl-plain"] {
        assert!(
            boot(unit).iter().all(|one| one.contains("not_wanted")),
            "{unit}"
        );
    }
    for (unit, how, code) in [
        ("bl-on", "enabled: false", "R0304"),
        ("bl-linked", "enabled: false", "R0304"),
        ("bl-off", "enabled: true", "R0305"),
    ] {
        declare(&[(unit, how)]);
        world.plan().ends_with(1).says(code).says(unit);
        world.abide(&["explain", code]).ends_with(0);
    }
    declare(&[("bl-on", "masked: true"), ("bl-linked", "masked: true")]);
    world.converge();
    for unit in ["bl-on", "bl-linked"] {
        assert!(
            boot(unit).iter().all(|one| one.contains("masked")),
            "{unit}"
        );
    }
    declare(&[("bl-on", "masked: false"), ("bl-linked", "masked: false")]);
    world.converge();
    assert_eq!(boot("bl-on"), ["\"yes\"", "\"yes\""]);
    // What nobody but root may read: nobody can tell.
    for host in HOSTS {
        world
            .fleet
            .sh(host, "chmod 600 /usr/lib/systemd/system/bl-linked.service");
    }
    assert!(
        boot("bl-linked")
            .iter()
            .all(|one| one.contains("unreadable"))
    );
}

/// A quadlet with `[Install]` was "BOOT no", the same as one without.
#[test]
fn a_quadlet_starts_at_boot_where_its_install_section_says_so() {
    let Some(world) = World::fitting("boot-quadlets", &[("h1", "trixie+podman")]) else {
        return;
    };
    let text = "[Container]\nImage=localhost/box:1\nExec=/bin/sleep infinity\nStopSignal=KILL\nNetwork=none\n";
    world.file(
        "with.container",
        &format!("{text}[Install]\nWantedBy=default.target\n"),
    );
    world.file(
        "never.container",
        &format!("{text}[Install]\nWantedBy=bq-never.target\n"),
    );
    world.file("without.container", text);
    let units = |linger: bool| {
        world.manifest(&format!(
            "version: 1\nname: boot-quadlets\nhosts: {{h1: {{}}}}\ngroups:\n  all:\n    users:\n      u-quad:\n        \
             linger: {linger}\n        units:\n          with.container: {{source: with.container, state: stopped}}\n          \
             never.container: {{source: never.container, state: stopped}}\n          \
             without.container: {{source: without.container, state: stopped}}\n"
        ));
    };
    units(true);
    world.apply();
    let boot = |unit: &str| {
        boots(&world)[&("h1".to_owned(), true, unit.to_owned())]
            .1
            .clone()
    };
    assert_eq!(boot("with.container"), "\"yes\"");
    assert!(boot("without.container").contains("not_wanted"));
    // Nobody has loaded that target, so its manager does not know that it wants anything.
    assert!(boot("never.container").contains("\"no\""));
}
