//! Accounts as directories name them, `svc@corp.example` and `CORP\svc`: the host knows them already, and abide makes none.

use crate::fleet::skip;
use crate::support::{World, worker};

const NAME: &str = "svc@corp.example";

/// What a directory would answer stands in the host's own files.
fn join(world: &World, host: &str) {
    world.fleet.sh(
        host,
        &format!(
            "echo '{NAME}:x:61234:61234:A service:/home/corp.example/svc:/bin/sh' >>/etc/passwd
             echo '{NAME}:x:61234:' >>/etc/group
             echo '{NAME}:*:19000::::::' >>/etc/shadow
             install -d -o 61234 -g 61234 /home/corp.example/svc"
        ),
    );
}

fn declare(world: &World, users: &str) {
    world.file("worker.service", &worker(""));
    world.manifest(&format!(
        "version: 1\nname: corp\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    linger: {{exclusive: true}}\n    users: {users}\n"
    ));
}

fn user(state: &str) -> String {
    format!(
        "{{{NAME}: {{linger: true, files: {{app.conf: {{content: \"a=1\\n\"}}}}, units: {{worker.service: {{source: worker.service{state}}}}}}}}}"
    )
}

#[test]
fn an_account_of_a_directory_lingers_and_runs_its_units_and_is_never_made() {
    let world = World::both("directory");
    declare(&world, &user(""));
    world
        .plan()
        .ends_with(1)
        .says("does not know this account of a directory")
        .says("R0702")
        .does_not_say("useradd");
    for host in ["h1", "h2"] {
        join(&world, host);
    }
    world.plan().ends_with(0).says(NAME);
    world.converge();
    for host in ["h1", "h2"] {
        world.assert_active(host, NAME, "worker.service");
        let there = "cat /home/corp.example/svc/app.conf; ls /var/lib/systemd/linger; stat -c %u /home/corp.example/svc/app.conf";
        let said = world.fleet.sh(host, there);
        assert_eq!(said, format!("a=1\n{NAME}\n61234\n"), "{host}");
        world.fleet.reboot(host);
        world.wait_until_active(host, NAME, "worker.service");
    }
    world.assert_converged();
    world.abide(&["drift"]).ends_with(0);
    world.abide(&["status"]).ends_with(0).says(NAME);

    // What changed by hand is found and put back.
    world
        .fleet
        .sh("h2", &format!("loginctl disable-linger '{NAME}'"));
    world.abide(&["drift"]).ends_with(2).says(NAME);
    world.converge();

    declare(&world, &format!("{{{NAME}: {{state: absent}}}}"));
    world
        .plan()
        .ends_with(1)
        .says("abide deletes none of these");

    // Undeclared, everything of it goes but the account.
    declare(&world, "{}");
    world
        .abide(&["apply", "--yes", "--allow-removals", "9"])
        .ends_with(0);
    world.assert_converged();
    for host in ["h1", "h2"] {
        let left = "ls /var/lib/systemd/linger; ls /home/corp.example/svc; getent passwd 61234 | cut -d: -f1";
        assert_eq!(world.fleet.sh(host, left), format!("{NAME}\n"), "{host}");
    }
    // Somebody else lingers it: that is named, too.
    world
        .fleet
        .sh("h1", &format!("loginctl enable-linger '{NAME}'"));
    world.plan().ends_with(0).says(&format!("{NAME} lingers"));
}

/// `\n` is a line end to whatever reads backslashes, as `echo` of dash does; and a `NetBIOS` domain may begin with a digit.
const WINBIND: &str = r"3CORP\nina";

fn join_winbind(world: &World, host: &str) {
    world.fleet.sh(
        host,
        r"for name in nina:61235 bob:61236; do
            id=${name#*:}
            printf '%s\n' '3CORP\'${name%:*}:x:$id:$id::/home/3CORP/${name%:*}:/bin/sh >>/etc/passwd
            printf '%s\n' '3CORP\'${name%:*}:x:$id: >>/etc/group
            printf '%s\n' '3CORP\'${name%:*}:'*:19000::::::' >>/etc/shadow
            install -d -o $id -g $id /home/3CORP/${name%:*}
          done
          loginctl enable-linger '3CORP\bob'",
    );
}

fn declare_winbind(world: &World, nice: &str, second: &str) {
    world.file("worker.service", &worker(""));
    world.file("second.service", &worker(nice));
    world.manifest(&format!(
        r#"version: 1
name: corp
hosts: {{h1: {{}}, h2: {{}}}}
groups:
  all:
    linger: {{exclusive: true, enforce: true}}
    users:
      '3CORP\nina':
        linger: true
        files: {{app.conf: {{content: "a=1\n"}}}}
        units:
          worker.service:
            source: worker.service
            restart_on: [~/app.conf]
            drop_ins: {{10-nice.conf: "[Service]\nNice=5\n"}}
{second}"#
    ));
}

#[test]
fn an_account_with_a_backslash_lingers_and_runs_its_units_and_others_of_its_domain_do_not_linger() {
    let world = World::both("winbind");
    let second = "          second.service: {source: second.service}\n";
    declare_winbind(&world, "", second);
    world.abide(&["validate"]).ends_with(0);
    world
        .plan()
        .ends_with(1)
        .says("R0702")
        .does_not_say("useradd");
    for host in ["h1", "h2"] {
        join_winbind(&world, host);
    }
    world
        .plan()
        .ends_with(0)
        .says(r"user 3CORP\nina")
        .says(r"3CORP\bob");
    world.converge();
    let lingering = || ["h1", "h2"].map(|host| world.fleet.sh(host, "ls /var/lib/systemd/linger"));
    for host in ["h1", "h2"] {
        world.assert_active(host, WINBIND, "worker.service");
        assert_eq!(world.show(host, WINBIND, "worker.service", "Nice"), "5");
        let there = r"stat -c %u /home/3CORP/nina/app.conf; grep -c '3CORP%5Cnina' /var/lib/abide/ledger/corp; grep -cF '3CORP\nina' /var/lib/abide/ledger/corp || true";
        let said = world.fleet.sh(host, there);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!((lines[0], lines[2]), ("61235", "0"), "{host}: {said}");
    }
    assert_eq!(lingering(), ["3CORP\\\\nina\n"; 2]);

    // What was changed by hand is found and put back.
    world.fleet.sh(
        "h1",
        r"echo Nice=7 >>/home/3CORP/nina/.config/systemd/user/worker.service.d/10-nice.conf; loginctl disable-linger '3CORP\nina'",
    );
    world.fleet.sh("h2", "echo b=2 >>/home/3CORP/nina/app.conf");
    world
        .abide(&["drift"])
        .ends_with(2)
        .says(r"3CORP\nina")
        .says("app.conf")
        .says("10-nice.conf");
    world.abide(&["drift", "--fix", "--yes"]).ends_with(0);
    world.assert_converged();
    world.abide(&["drift"]).ends_with(0);
    world.fleet.sh("h1", r"loginctl enable-linger '3CORP\bob'");
    world.plan().ends_with(0).says(r"3CORP\bob");
    world.converge();
    assert_eq!(lingering()[0], "3CORP\\\\nina\n");
    for format in ["json", "md", "html", "junit", "sarif", "prom"] {
        let to = format!("{format}=out.{format}");
        world.abide(&["drift", "--report", &to]).ends_with(0);
    }
    let json = std::fs::read_to_string(world.path("out.json")).unwrap();
    assert!(!json.contains("3CORP\\nina"), "{json}");
    world.abide(&["status"]).ends_with(0).says(r"3CORP\nina");
    world
        .abide(&["status", "--json"])
        .ends_with(0)
        .says(r#""user": "3CORP\\nina""#);
    world
        .abide(&["ledger", "show", "h1"])
        .ends_with(0)
        .says(r"lingering of 3CORP\nina");

    // A boot, and a unit that changes and one that goes.
    for host in ["h1", "h2"] {
        let loses_it = |host: &str| world.show(host, "root", "", "Version").starts_with("247");
        if loses_it(host) {
            skip(
                "a boot: the logind of systemd 247 does not find such an account by its lingering file",
            );
            continue;
        }
        world.fleet.reboot(host);
        world.wait_until_active(host, WINBIND, "worker.service");
    }
    world.assert_converged();
    declare_winbind(&world, "Nice=3", second);
    world.plan().ends_with(0).says("2 restarts");
    world.converge();
    assert_eq!(world.show("h2", WINBIND, "second.service", "Nice"), "3");
    declare_winbind(&world, "", "");
    world
        .abide(&["apply", "--yes", "--allow-removals", "9"])
        .ends_with(0);
    world.assert_converged();
    for host in ["h1", "h2"] {
        assert_eq!(
            world.show(host, WINBIND, "second.service", "LoadState"),
            "not-found"
        );
        world.assert_active(host, WINBIND, "worker.service");
    }

    // Undeclared, everything of it goes but the account.
    declare(&world, "{}");
    world
        .abide(&["apply", "--yes", "--allow-removals", "20"])
        .ends_with(0);
    world.assert_converged();
    assert_eq!(lingering(), [""; 2]);
    for host in ["h1", "h2"] {
        let left = r"ls -A /home/3CORP/nina; getent passwd 61235 | cut -d: -f1";
        let said = world.fleet.sh(host, left);
        assert!(
            !said.contains("app.conf") && said.contains(r"3CORP\nina"),
            "{said}"
        );
    }
}
