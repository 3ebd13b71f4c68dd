//! What waits on a host to be written, and another local user who looks for it.

use crate::attack::{Promise, attack};
use crate::support::{World, worker};

const HOSTS: [&str; 2] = ["h1", "h2"];

/// Looks wherever a user may look, again and again, for a word; what it finds is in the file.
const RACER: &str = "cat >/tmp/racer.$(id -un) <<'END'
umask 022
while :; do
  for file in /run/abide/* /run/abide/*/* /run/abide/*/*/* /run/abide/*/*/*/* /run/user/*/.abide* /run/user/*/.abide*/* /run/user/*/.abide*/*/* \
    /home/*/.abide* /home/*/.abide*/* /tmp/.abide* /tmp/.abide*/* /var/lib/abide/* /var/lib/abide/*/*; do
    [ -e \"$file\" ] || continue
    grep -ls canary-of-mine \"$file\" >>/tmp/found.$(id -un) 2>/dev/null
    case $file in /run/abide/?*) echo \"seen $file\" >>/tmp/found.$(id -un) ;; esac
  done
  # A directory that cannot be listed can be guessed: it is named by a process.
  for process in /proc/[0-9]*; do
    work=/run/abide/work.${process##*/}
    [ -e \"$work/.\" ] || continue
    for file in $work/verify/* $work/verify/*/* $work/verify/*/*/* $work/check/* $work/new/* $work/old/*; do
      grep -ls canary-of-mine \"$file\" >>/tmp/found.$(id -un) 2>/dev/null
    done
  done
done
END
: >/tmp/found.$(id -un)
setsid sh /tmp/racer.$(id -un) racer </dev/null >/dev/null 2>&1 &";

#[test]
fn nobody_else_reads_what_waits_to_be_written() {
    let _attack = attack(
        "another local user reads every place where files wait, in a loop",
        Promise::Private,
    );
    let world = World::used();
    world.manifest("version: 1\nname: staging\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n      staging:\n        files: {conf: {content: \"canary-of-mine\", mode: \"0600\"}}\n        units:\n          a.service: {source: a.service}\n    units:\n      staging.service: {source: s.service}\n");
    let write = |version: u32| {
        let unit = worker(&format!("Environment=TOKEN=canary-of-mine-{version}"));
        world.file("a.service", &unit).file(
            "s.service",
            &unit.replace("default.target", "multi-user.target"),
        );
    };
    for host in HOSTS {
        world.fleet.sh(host, "id staging >/dev/null 2>&1 || useradd -m staging; chmod 700 /home/staging; id racer >/dev/null 2>&1 || useradd -m racer");
        world.fleet.sh_as(host, "racer", RACER);
    }
    for version in 0..4 {
        write(version);
        world.apply().ends_with(0);
    }
    for host in HOSTS {
        world.fleet.sh(host, "pkill -KILL -u racer || :");
        let found = world.fleet.sh(host, "sort -u /tmp/found.racer");
        assert_eq!(found, "", "{host}");
        let left = world.fleet.sh(
            host,
            "ls -A /run/abide; find /home/staging /run/user -xdev -name '.abide*'",
        );
        assert_eq!(left, "lock\n", "{host}");
    }
    world.assert_converged();
}
