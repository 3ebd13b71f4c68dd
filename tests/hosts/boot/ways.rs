//! How units come to stand on a host: by hand, by `systemctl`, by presets and packages, in ways that a boot tells apart.

use std::fmt::Write as _;

use super::USER;
use crate::support::World;

/// A way in which units can stand on a host: what makes it, and whether a boot surely decides otherwise than `systemd --test`.
pub(super) struct Way {
    pub(super) what: &'static str,
    /// In the configuration directory; `U` is the unit's name without its type, `R` a target that every boot reaches, `N` one
    /// that none does, `one UNIT LINE...` writes a unit that stays active, `inst UNIT LINE...` one with an `[Install]` section,
    /// `link PATH [TARGET]` makes a link, `ctl` is systemctl, `preset LINE` adds to a preset, `generated UNIT TARGET` to what a
    /// generator links.
    script: &'static str,
    /// What is declared and asked about.
    pub(super) units: &'static [&'static str],
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
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
    way(
        "wanted by a masked target",
        "one U.service; link U-t.target /dev/null; link R.wants/U-t.target ../U-t.target; \
         link U-t.target.wants/U.service ../U.service",
        &["U.service"],
    ),
    way(
        "linked where a generator puts it",
        "one U.service; generated U.service $R",
        &["U.service"],
    ),
    way(
        "linked in a place of its own for packages or users",
        "one U.service; link $share/R.wants/U.service $PWD/U.service",
        &["U.service"],
    ),
    way(
        "enabled",
        "inst U.service WantedBy=$R; ctl enable U.service",
        &["U.service"],
    ),
    way(
        "enabled and disabled",
        "inst U.service WantedBy=$R; ctl enable U.service; ctl disable U.service",
        &["U.service"],
    ),
    way(
        "enabled from elsewhere",
        "mkdir -p $away; inst U.service WantedBy=$R; mv U.service $away/; ctl enable $away/U.service",
        &["U.service"],
    ),
    way(
        "linked and no more",
        "mkdir -p $away; inst U.service WantedBy=$R; mv U.service $away/; ctl link $away/U.service",
        &["U.service"],
    ),
    way(
        "a preset that enables",
        "inst U.service WantedBy=$R; preset 'enable U.service'; ctl preset U.service",
        &["U.service"],
    ),
    way(
        "a preset that would enable",
        "inst U.service WantedBy=$R; preset 'enable U.service'",
        &["U.service"],
    ),
    way(
        "a preset that disables",
        "inst U.service WantedBy=$R; ctl enable U.service; preset 'disable U.service'; ctl preset U.service",
        &["U.service"],
    ),
    way(
        "a preset that would disable",
        "inst U.service WantedBy=$R; ctl enable U.service; preset 'disable U.service'",
        &["U.service"],
    ),
    way(
        "a preset of a package's unit",
        "inst U.service WantedBy=$R; mv U.service $vendor/; preset 'enable U.service'; ctl preset U.service",
        &["U.service"],
    ),
    way(
        "a preset of instances",
        "inst U@.service WantedBy=$R; preset 'enable U@.service x'; ctl preset U@.service",
        &["U@x.service", "U@y.service"],
    ),
    way(
        "a template with DefaultInstance=",
        "inst U@.service WantedBy=$R DefaultInstance=x; ctl enable U@.service",
        &["U@x.service", "U@y.service"],
    ),
    way(
        "a template with DefaultInstance=, and another instance",
        "inst U@.service WantedBy=$R DefaultInstance=x; ctl enable U@y.service",
        &["U@x.service", "U@y.service"],
    ),
    way(
        "a template without DefaultInstance=",
        "inst U@.service WantedBy=$R; ctl enable U@.service || :",
        &["U@x.service"],
    ),
    way(
        "Alias= only",
        "inst U.service Alias=U-a.service; ctl enable U.service",
        &["U.service"],
    ),
    way(
        "Alias= only, and the alias is wanted",
        "inst U.service Alias=U-a.service; ctl enable U.service; link R.wants/U-a.service ../U-a.service",
        &["U.service"],
    ),
    way(
        "Also= only",
        "inst U.service Also=U-b.service; inst U-b.service WantedBy=$R; ctl enable U.service",
        &["U.service", "U-b.service"],
    ),
    way(
        "UpheldBy= only",
        "inst U.service UpheldBy=$R; ctl enable U.service || :",
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
pub(super) struct Asked {
    pub(super) way: &'static Way,
    pub(super) user: bool,
    pub(super) unit: String,
}

/// A number that is the same in every run (`SplitMix64`).
fn mixed(number: usize) -> usize {
    let mut z = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((z ^ (z >> 27)) >> 33) as usize
}

/// All states of one scope: their scripts, and what is asked about them.
pub(super) fn made(user: bool) -> (String, Vec<Asked>) {
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
        writeln!(script, "( R={target}; {text} )").expect("a string");
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
    inst() { one $1; { echo '[Install]'; shift; for line do echo \"$line\"; done; } >>$file; }
    link() { mkdir -p $(dirname $1); ln -sfn ${2:-x} $1; }
    preset() { printf '%s\\n' \"$1\" >>$presets/10-boot.preset; }
    generated() { echo $1 $2 >>$list; }
    # What a generator links, it reads from a list.
    generator() { mkdir -p /etc/systemd/$1-generators; touch /etc/boot-$1
      printf '#!/bin/sh\\nwhile read -r unit by; do mkdir -p \"$1/$by.wants\"; ln -sf %s/$unit \"$1/$by.wants/\"; done </etc/boot-%s\\n' \
        $2 $1 >/etc/systemd/$1-generators/boot; chmod 755 /etc/systemd/$1-generators/boot; }
";

/// Makes the states of both scopes on a host.
pub(super) fn make(world: &World, host: &str, system: &str, own: &str) {
    world.fleet.sh(
        host,
        &format!(
            "id -u {USER} >/dev/null 2>&1 || useradd -m {USER}
             loginctl enable-linger {USER}; i=0
             until [ -S /run/user/$(id -u {USER})/systemd/private ]; do i=$((i+1)); [ $i -lt 100 ]; sleep 0.1; done
             mkdir -p /usr/lib/systemd/user /etc/systemd/user /etc/systemd/system-preset /etc/systemd/user-preset /opt/boot
             {SHELL}
             generator system /etc/systemd/system; generator user /home/{USER}/.config/systemd/user
             ctl() {{ systemctl -q --no-reload \"$@\"; }}
             vendor=/usr/lib/systemd/system; [ -d $vendor ] || vendor=/lib/systemd/system; global=$vendor run=/run/systemd/system away=/opt/boot
             share=/usr/local/lib/systemd/system presets=/etc/systemd/system-preset list=/etc/boot-system
             mkdir -p $run; cd /etc/systemd/system
             {system}
             systemctl daemon-reload
             # For the user: its own files are its own, those of packages are root's.
             chmod 777 /usr/lib/systemd/user /etc/systemd/user /etc/systemd/user-preset /etc/boot-user"
        ),
    );
    world.fleet.sh_as(
        host,
        USER,
        &format!(
            "umask 022; {SHELL}
             export XDG_RUNTIME_DIR=/run/user/$(id -u)
             ctl() {{ systemctl -q --user --no-reload \"$@\"; }}
             vendor=/usr/lib/systemd/user global=/etc/systemd/user run=$XDG_RUNTIME_DIR/systemd/user away=$HOME/away
             share=$HOME/.local/share/systemd/user presets=/etc/systemd/user-preset list=/etc/boot-user
             mkdir -p ~/.config/systemd/user $run; cd ~/.config/systemd/user
             {own}
             systemctl --user daemon-reload"
        ),
    );
}
