//! Lines in root's ledger that root did not write: what they can lead to.

use crate::attack::{Promise, attack};
use crate::proxy::Proxy;
use crate::support::World;

const LEDGER: &str = "/var/lib/abide/ledger/ledger";
const MANIFEST: &str = "version: 1\nname: ledger\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n      mallory:\n        units:\n          app.service: {source: units/app.service}\n";

fn unit(line: &str) -> String {
    format!(
        "[Service]\nExecStart=/bin/sleep infinity\n{line}\n[Install]\nWantedBy=default.target\n"
    )
}

/// A service of the system's, a file in `/etc` and a file of another user: nothing that abide was told of.
fn victims(world: &World) {
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "echo precious >/etc/precious.conf
             id bystander >/dev/null 2>&1 || useradd -m bystander
             install -d -o bystander /home/bystander/.config
             echo theirs >/home/bystander/.config/theirs && chown bystander /home/bystander/.config/theirs
             printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/audit-victim.service
             systemctl daemon-reload; systemctl enable --now audit-victim.service",
        );
    }
}

#[track_caller]
fn assert_untouched(world: &World) {
    for host in ["h1", "h2"] {
        let found = world.fleet.sh(
            host,
            "cat /etc/precious.conf /home/bystander/.config/theirs; systemctl is-active audit-victim.service; systemctl is-enabled audit-victim.service; ls /etc/systemd/system/audit-victim.service",
        );
        assert_eq!(
            found, "precious\ntheirs\nactive\nenabled\n/etc/systemd/system/audit-victim.service\n",
            "{host}"
        );
    }
}

#[test]
fn a_users_manager_writes_nothing_into_roots_ledger() {
    let _attack = attack(
        "their manager answers InvocationID with lines of a ledger",
        Promise::OwnReach,
    );
    let world = World::both("attack-ledger-lie");
    world.file("units/app.service", &unit(""));
    world.manifest(MANIFEST);
    world.converge();
    victims(&world);
    let lying = ["h1", "h2"].map(|host| {
        let proxy = Proxy::stand_between(&world.fleet, host, "mallory");
        proxy.lie_once_changed(
            ".config/systemd/user/app.service",
            "InvocationID",
            "- - -\nfile system /etc/precious.conf claimed\nfile user:bystander /home/bystander/.config/theirs claimed\nfile system /etc/systemd/system/audit-victim.service claimed\nunit system audit-victim.service - - enabled\nunit user:mallory app.service -\n",
        );
        proxy
    });
    world.file("units/app.service", &unit("Environment=A=1"));
    world.apply();
    for host in ["h1", "h2"] {
        let ledger = world.fleet.sh(host, &format!("cat {LEDGER}"));
        for planted in ["precious", "bystander", "audit-victim"] {
            assert!(!ledger.contains(planted), "{host}: {ledger}");
        }
    }
    for proxy in lying {
        proxy.tell_the_truth();
    }
    world.apply();
    assert_untouched(&world);
    world.assert_converged();
}

#[test]
fn lines_that_abide_did_not_write_lead_to_nothing_and_cost_no_host() {
    let _attack = attack(
        "lines about what is not abide's, garbage and control characters stand in root's ledger",
        Promise::LedgerRemoval,
    );
    let world = World::both("attack-ledger-planted");
    world.file("units/app.service", &unit(""));
    world.manifest(MANIFEST);
    world.converge();
    victims(&world);
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
                            "cd /var/lib/abide/ledger; sed -i '$d' ledger
                 printf '%s\\n' 'file system /etc/precious.conf claimed' 'unit system audit-victim.service - - enabled' \\
                   'file user:mallory /home/bystander/.config/theirs claimed' 'file system /etc/systemd/system/../x claimed' \\
                   'user root' 'surprise' '' >>ledger
                 printf '\\033]0;owned\\007 \\377\\n' >>ledger
                 echo end >>ledger",
        );
    }
    world
        .plan()
        .ends_with(0)
        .says("/etc/precious.conf")
        .says("/home/bystander/.config/theirs")
        .says("surprise")
        .does_not_say("\u{1b}]0")
        .does_not_say("\u{7}");
    world.file("units/app.service", &unit("Environment=A=1"));
    world.apply().ends_with(0);
    assert_untouched(&world);
    world.assert_converged();
    for host in ["h1", "h2"] {
        let ledger = world.fleet.sh(host, &format!("cat {LEDGER}"));
        assert!(ledger.contains("unit user:mallory app.service"), "{ledger}");
        for planted in ["precious", "theirs", "audit-victim", "surprise"] {
            assert!(!ledger.contains(planted), "{host}: {ledger}");
        }
    }
}

#[test]
fn what_stands_in_the_place_of_a_ledger_is_named_and_never_waited_for() {
    let _attack = attack(
        "a pipe, a directory, a link, or a file of another user's stands where root's ledger should",
        Promise::LedgerRepair,
    );
    let world = World::both("attack-ledger-kinds");
    world.file("units/app.service", &unit(""));
    world.manifest(MANIFEST);
    world.converge();
    for (place, says) in [
        ("mkfifo ledger", "it is no regular file"),
        ("mkdir ledger", "it is no regular file"),
        ("ln -s /etc/passwd ledger", "it is no regular file"),
        (
            "cp ledger.kept ledger; chown mallory ledger",
            "it does not belong",
        ),
        (
            "cp ledger.kept ledger; chmod 666 ledger",
            "others than its owner may write",
        ),
        (
            "cp ledger.kept ledger; chmod 777 .",
            "directory of the ledgers",
        ),
    ] {
        for host in ["h1", "h2"] {
            let script = format!(
                "cd /var/lib/abide/ledger; chmod 700 .; [ -e /root/kept ] || mv ledger /root/kept; cp /root/kept ledger.kept; rm -rf ledger; {place}; rm ledger.kept"
            );
            world.fleet.sh(host, &script);
        }
        let said = world.apply().ends_with(3).stdout;
        let words: Vec<&str> = said.split_whitespace().collect();
        assert!(words.join(" ").contains(says), "{place}: {said}");
    }
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            "cd /var/lib/abide/ledger; chmod 700 .; rm -rf ledger; mv /root/kept ledger",
        );
    }
    world.assert_converged();
}

/// Everything of a host that a repair has no business with, in a word.
fn rest_of(world: &World, host: &str) -> String {
    world.fleet.sh(
        host,
        "find /etc /home /root /var/lib/systemd /var/lib/abide -path /var/lib/abide/ledger -prune -o -printf '%p %y %m %U %s %T@\\n' | sort | sha256sum; systemctl list-units --no-legend --plain --state=active --type=service | cut -d' ' -f1 | sort | sha256sum",
    )
}

#[test]
fn bad_lines_are_shown_and_taken_out_and_the_others_stand() {
    let _attack = attack(
        "garbage, lines about what is not abide's and control characters stand in root's ledger, until it is repaired",
        Promise::LedgerRepair,
    );
    let world = World::both("attack-ledger-repair");
    world.file("units/app.service", &unit(""));
    world.manifest(MANIFEST);
    world.converge();
    victims(&world);
    let bad = "cd /var/lib/abide/ledger; cp ledger /root/good; sed -i '$d' ledger
         printf '%s\\n' 'file system /etc/precious.conf claimed' 'file user:mallory /home/bystander/.config/theirs claimed' \\
           'user root' 'surprise' 'unit system ../x.service - - enabled' '' >>ledger
         printf '\\033]0;owned\\007 \\377\\n' >>ledger; echo end >>ledger";
    for host in ["h1", "h2"] {
        world.fleet.sh(host, bad);
        let before = rest_of(&world, host);
        let lines = world.fleet.sh(host, &format!("wc -l <{LEDGER}"));
        let last: usize = lines.trim().parse().expect("a number");
        world
            .abide(&["ledger", "show", host])
            .ends_with(3)
            .says("unit app.service of mallory")
            .says(&format!(
                "line {}, `file system /etc/precious.conf claimed`",
                last - 7
            ))
            .says("of the system abide owns only")
            .says(&format!("abide ledger repair {host}"))
            .does_not_say("\u{1b}]0")
            .does_not_say("\u{7}");
        world
            .abide(&["ledger", "repair", host])
            .ends_with(64)
            .says("--yes");
        world
            .plan()
            .ends_with(0)
            .says(&format!("abide ledger repair {host}"));
        world
            .abide(&["ledger", "repair", "--yes", host])
            .ends_with(0)
            .says("7 lines dropped")
            .says("line")
            .says("`surprise`")
            .says(".kept.ledger.");
        world.abide(&["ledger", "show", host]).ends_with(0);
        let now = world.fleet.sh(
            host,
            &format!("cmp {LEDGER} /root/good && stat -c '%a %U %F' {LEDGER} /var/lib/abide/ledger/.kept.*; rm /root/good"),
        );
        assert_eq!(now, "600 root regular file\n600 root regular file\n");
        world
            .fleet
            .sh(host, "cp /var/lib/abide/ledger/ledger /root/good");
        let after = rest_of(&world, host);
        world.fleet.sh(host, "rm /root/good");
        assert_eq!(before.lines().last(), after.lines().last(), "{host}");
        world
            .abide(&["ledger", "repair", "--yes", host])
            .ends_with(0)
            .says("nothing to repair");
    }
    assert_untouched(&world);
    world.assert_converged();
}

#[test]
fn what_is_no_ledger_is_moved_aside_and_nothing_behind_it_is_touched() {
    let _attack = attack(
        "a pipe, a directory, a link to /etc/shadow, or lines that another user could write stand in the place of root's ledger, until it is repaired",
        Promise::LedgerRepair,
    );
    let world = World::both("attack-ledger-aside");
    world.file("units/app.service", &unit(""));
    world.manifest(MANIFEST);
    world.converge();
    victims(&world);
    // What mallory could have written.
    let planted = "printf '%s\\n' 'abide-ledger 1' 'file system /etc/systemd/system/audit-victim.service claimed' 'unit system audit-victim.service - - enabled' end >ledger";
    for (place, says) in [
        ("mkfifo ledger", "a pipe (FIFO)"),
        ("mkdir -p ledger/x", "a directory"),
        ("ln -s /etc/shadow ledger", "a symbolic link"),
        (
            "ln /etc/shadow ledger",
            "its first line is not that of a ledger",
        ),
        ("{planted}; chown mallory ledger", "it does not belong"),
        (
            "{planted}; chmod 666 ledger",
            "others than its owner may write to it",
        ),
        (
            "{planted}; chown mallory .",
            "the directory of the ledgers does not belong",
        ),
        (
            "{planted}; chmod 777 .",
            "may write to the directory of the ledgers",
        ),
        (
            "cd ..; mv ledger elsewhere; {planted}; mv ledger elsewhere/ledger; ln -s elsewhere ledger",
            "the place of the ledgers is no directory",
        ),
    ] {
        let place = place.replace("{planted}", planted);
        for host in ["h1", "h2"] {
            world.fleet.sh(
                host,
                &format!("cd /var/lib/abide/ledger; chmod 700 .; chown root .; rm -rf ledger; {place}; md5sum /etc/shadow >/root/shadow; stat -c '%a %U' /etc/shadow >>/root/shadow"),
            );
            world
                .abide(&["ledger", "show", host])
                .ends_with(3)
                .says(says);
            let said = world
                .abide(&["ledger", "repair", "--yes", host])
                .ends_with(0);
            assert!(!said.stdout.contains("root:"), "{}", said.stdout);
            world.abide(&["ledger", "show", host]).ends_with(0);
            world.fleet.sh(
                host,
                "{ md5sum /etc/shadow; stat -c '%a %U' /etc/shadow; } | cmp - /root/shadow; [ \"$(stat -c '%a %U %F' /var/lib/abide/ledger)\" = '700 root directory' ]",
            );
        }
        world.apply().ends_with(0);
        world.assert_converged();
        assert_untouched(&world);
        for host in ["h1", "h2"] {
            world.fleet.sh(
                host,
                "grep -q 'unit user:mallory app.service' /var/lib/abide/ledger/ledger",
            );
        }
    }
}

#[test]
fn what_stands_where_the_next_ledger_is_made_is_neither_waited_for_nor_followed() {
    let _attack = attack(
        "a pipe, a link or a directory stands where root makes its next ledger",
        Promise::LedgerRepair,
    );
    let world = World::both("attack-ledger-next");
    world.file("units/app.service", &unit(""));
    world.manifest(MANIFEST);
    world.converge();
    for (number, place) in ["mkfifo .new", "ln -s /etc/precious.conf .new"]
        .iter()
        .enumerate()
    {
        for host in ["h1", "h2"] {
            let script = format!(
                "echo precious >/etc/precious.conf; cd /var/lib/abide/ledger; rm -rf .new; {place}"
            );
            world.fleet.sh(host, &script);
        }
        world.file(
            "units/app.service",
            &unit(&format!("Environment=N={number}")),
        );
        world.apply().ends_with(0);
        for host in ["h1", "h2"] {
            let found = world.fleet.sh(
                host,
                "cat /etc/precious.conf; stat -c %F /var/lib/abide/ledger/*; ls -A /var/lib/abide/ledger",
            );
            assert_eq!(found, "precious\nregular file\nledger\n", "{host}: {place}");
        }
    }
    for host in ["h1", "h2"] {
        world
            .fleet
            .sh(host, "mkdir -p /var/lib/abide/ledger/.new/x");
    }
    world.file("units/app.service", &unit("Environment=N=last"));
    let said = world.apply().stdout;
    let words: Vec<&str> = said.split_whitespace().collect();
    assert!(words.join(" ").contains("is in the way"), "{said}");
    for host in ["h1", "h2"] {
        world.abide(&["ledger", "show", host]).ends_with(3);
        world
            .abide(&["ledger", "repair", "--yes", host])
            .ends_with(0);
    }
    world.apply().ends_with(0);
    world.assert_converged();
}
