//! Users whose files stand where abide writes: large ones, and what is no file.

use crate::attack::{Promise, attack};
use crate::support::{World, worker};

const HOSTS: [&str; 2] = ["h1", "h2"];

fn world(name: &str) -> World {
    let world = World::used();
    world.manifest(&format!("version: 1\nname: {name}\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n      {name}:\n        files: {{data: {{content: \"V=0\\n\"}}}}\n        units:\n          a.service: {{source: a.service}}\n          b.service: {{source: b.service}}\n"));
    world
        .file("a.service", &worker("Environment=V=0"))
        .file("b.service", &worker("Environment=V=0"));
    world.converge();
    world
}

#[test]
fn a_large_old_file_fills_no_room_of_roots() {
    let _attack = attack(
        "their old files have 200 MB, and 3 GiB with holes",
        Promise::Room,
    );
    let world = world("room-large");
    for host in HOSTS {
        world.fleet.sh_as(
            host,
            "room-large",
            "cd; head -c 200000000 /dev/urandom >data; truncate -s 3G .config/systemd/user/a.service",
        );
        world.fleet.sh(
            host,
            "cat >/tmp/watch <<'END'
while :; do df --output=used -k /run | tail -n 1; sleep 0.02; done
END
setsid sh /tmp/watch </dev/null >/tmp/watched 2>/dev/null & echo $! >/tmp/watch.pid",
        );
    }
    world.apply().ends_with(0);
    for host in HOSTS {
        let most = world.fleet.sh(
            host,
            "kill \"$(cat /tmp/watch.pid)\"; sort -n /tmp/watched | sed -n '1p;$p' | tr '\\n' ' '",
        );
        let sizes: Vec<u64> = most
            .split_whitespace()
            .map(|size| size.parse().expect("KiB"))
            .collect();
        assert!(
            sizes[1] - sizes[0] < 4096,
            "{host}: /run grew from {} to {} KiB",
            sizes[0],
            sizes[1]
        );
        let left = world.fleet.sh(host, "find /home/room-large /var/lib/abide/old -name '*.abide*' -o -path '*abide/old.*' 2>/dev/null || :");
        assert_eq!(left, "", "{host}");
    }
    world.assert_converged();
}

#[test]
fn what_was_put_back_is_the_old_file_itself_however_large() {
    let _attack = attack(
        "a large old file, and a unit that cannot be written",
        Promise::Room,
    );
    let world = world("room-back");
    for host in HOSTS {
        world.fleet.sh_as(
            host,
            "room-back",
            "cd; truncate -s 1G data; echo end >>data",
        );
        // The file of the unit, which comes after that, cannot be replaced, and no look at its directory tells.
        world.fleet.sh(
            host,
            "cd /home/room-back/.config/systemd/user; mount --bind b.service b.service",
        );
    }
    world.file("b.service", &worker("Environment=V=1"));
    world
        .apply()
        .ends_with(1)
        .says("put back: write /home/room-back/data");
    for host in HOSTS {
        let found = world.fleet.sh(
            host,
            "stat -c %s /home/room-back/data; tail -n 1 /home/room-back/data | tail -c 4; grep V= /home/room-back/.config/systemd/user/b.service; find /home/room-back -name '.abide*'
             umount /home/room-back/.config/systemd/user/b.service",
        );
        assert_eq!(found, "1073741828\nend\nEnvironment=V=0\n", "{host}");
    }
    world.converge();
}

#[test]
fn what_is_planted_where_a_new_file_is_made_stands_in_no_way() {
    let _attack = attack(
        "plants .abide-new as a directory, a FIFO, a link",
        Promise::OwnReach,
    );
    let world = world("room-plant");
    for plant in [
        "mkdir -p .abide-new/x .abide-new.1/x",
        "mkfifo .abide-new",
        "ln -s /etc/passwd .abide-new",
        "ln -s /nowhere .abide-new; mkdir .abide-check.0; chmod 0 .abide-check.0",
    ] {
        for host in HOSTS {
            world.fleet.sh_as(
                host,
                "room-plant",
                &format!("cd; chmod -R u+rwX . 2>/dev/null; rm -rf .abide* .config/systemd/user/.abide*; {plant}; cd .config/systemd/user; {plant}"),
            );
        }
        world.file(
            "a.service",
            &worker(&format!("Environment=V='{}'", plant.len())),
        );
        world.converge();
    }
    for host in HOSTS {
        world.fleet.sh(
            host,
            "head -n 1 /etc/passwd | grep -q ^root: && ! [ -e /nowhere ]",
        );
    }
}
