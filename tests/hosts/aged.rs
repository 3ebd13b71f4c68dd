//! Older versions of systemd, played on real hosts: the host's own programs with another in front of each that has the verbs,
//! flags and properties of that version and no others, as the tables of docs/systemd-facts.md say. Everything else is the
//! host's: what units do, which settings are known, and what the manager writes below `/run`.

use std::fmt::Write as _;

use crate::fleet::skip;
use crate::support::World;

const TABLES: &str = include_str!("../../docs/systemd-facts.md");

/// The versions, and the hosts that play them.
const PLAYED: [(u32, &str); 5] = [
    (219, "h219"),
    (232, "h232"),
    (239, "h239"),
    (245, "h245"),
    (249, "h249"),
];

/// The words of a table's cell, which stand between backticks; `-o cat` is one word, `-o=cat`.
fn words(cell: &str) -> impl Iterator<Item = String> {
    let marked = cell.split('`').skip(1).step_by(2);
    marked.map(|word| word.trim().replace(' ', "="))
}

/// The number that a cell begins with.
fn since(cell: &str) -> Option<u32> {
    let digits = cell.trim().split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The rows below a heading, as cells.
fn rows(heading: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let (_, below) = TABLES
        .split_once(&format!("\n## {heading}\n"))
        .expect("a heading");
    let lines = below.lines().take_while(|line| !line.starts_with("## "));
    lines
        .filter_map(|line| line.strip_prefix("| "))
        .map(|line| line.split(" | ").collect())
}

/// What a version has of the words in these rows, and what came later.
fn parted(
    rows: impl Iterator<Item = (&'static str, &'static str)>,
    version: u32,
) -> (String, String) {
    let (mut had, mut later) = (String::new(), String::new());
    for (cell, first) in rows {
        let Some(first) = since(first) else { continue };
        let list = if first <= version {
            &mut had
        } else {
            &mut later
        };
        for word in words(cell) {
            write!(list, "{word} ").expect("a string grows");
        }
    }
    (had, later)
}

/// The program in front of one of the host's.
fn tool(program: &str, version: u32) -> String {
    let of_program = rows("Verbs and flags")
        .filter(|cells| cells[0] == program)
        .map(|cells| (cells[1], cells[2]));
    let (known, later) = parted(of_program, version);
    let properties = rows("Properties").map(|cells| (cells[0], cells[1]));
    let (shown, hidden) = parted(properties, version);
    format!(
        "#!/bin/sh\nprogram={program}\nversion={version}\nknown=\"{known}\"\nlater=\"{later}\"\nshown='{shown}'\nhidden='{hidden}'\n{}",
        include_str!("aged/tool.sh")
    )
}

/// Lets a host play a version.
fn play(world: &World, host: &str, version: u32) {
    let mut script =
        "mkdir -m 1777 /run/aged; install -m 666 /dev/null /run/aged/without-a-row\n".to_owned();
    for program in ["systemctl", "systemd-analyze", "loginctl", "journalctl"] {
        write!(
            script,
            "cat >/usr/local/bin/{program} <<'END_OF_TOOL'\n{}END_OF_TOOL\nchmod 755 /usr/local/bin/{program}\n",
            tool(program, version)
        )
        .expect("a string grows");
    }
    if version == 219 {
        // As in Enterprise Linux 7.
        script.push_str(
            "rm $(readlink -f /lib/systemd/system/user@.service)\n/bin/systemctl daemon-reload\n",
        );
    }
    world.fleet.sh(host, &script);
}

/// A unit is up soon here, or never.
const SHORT: &str = "settle: {for: 300ms}";

/// A worker whose environment tells which file it was started from.
fn worker(version: u8, reads: &str, wanted_by: &str) -> String {
    format!(
        "[Service]\nExecStart=/bin/sleep infinity\nEnvironment=V={version}\n{reads}\n[Install]\nWantedBy={wanted_by}\n"
    )
}

/// The changes, one after the other; each has what the ones before it had.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Round {
    /// Everything is new.
    First,
    /// Unit files, a timer, a file that a user's unit reads; a unit is enabled.
    Changed,
    /// Drop-ins, a file that a unit of the system reads; a unit is disabled, others are not declared any more.
    Added,
}

/// The manifest of a round, and its files.
fn declare(world: &World, hosts: &[&str], round: Round) {
    let changed = u8::from(round >= Round::Changed) + 1;
    let drop_ins = match round {
        Round::Added => ", drop_ins: {10-d.conf: \"[Service]\\nEnvironment=D=1\\n\"}",
        _ => "",
    };
    let going = |target: &str| match round {
        Round::Added => String::new(),
        _ => format!(", d.service: {{source: d.{target}.service, {SHORT}}}"),
    };
    let enabled = round == Round::Changed;
    let hour = 2 + changed;
    for target in ["multi-user.target", "default.target"] {
        let reads = match target {
            "default.target" => "EnvironmentFile=%h/env",
            _ => "EnvironmentFile=/etc/aged.env",
        };
        // Of the user it is the file that changes, and of the system the unit, and then the other way round.
        let a = if target == "default.target" {
            1
        } else {
            changed
        };
        world
            .file(&format!("a.{target}.service"), &worker(a, reads, target))
            .file(&format!("b.{target}.service"), &worker(changed, "", target))
            .file(&format!("c.{target}.service"), &worker(1, "", target))
            .file(&format!("d.{target}.service"), &worker(1, "", target));
    }
    world
        .file(
            "job.service",
            "[Service]\nExecStart=/bin/true\nType=oneshot\n",
        )
        .file(
            "job.timer",
            &format!(
                "[Timer]\nOnCalendar=*-*-* 0{hour}:00:00\n[Install]\nWantedBy=timers.target\n"
            ),
        );
    let units = |target: &str| {
        // A file that abide does not write.
        let watched = match target {
            "default.target" => "",
            _ => ", restart_on: [/etc/aged.env]",
        };
        format!(
            "{{a.service: {{source: a.{target}.service, {SHORT}{watched}}}, \
             b.service: {{source: b.{target}.service, {SHORT}{drop_ins}}}, \
             c.service: {{source: c.{target}.service, {SHORT}, enabled: {enabled}}}, \
             job.service: {{source: job.service}}, job.timer: {{source: job.timer}}{}}}",
            going(target)
        )
    };
    let hosts: String = hosts
        .iter()
        .map(|host| match *host {
            "h219" => format!("  {host}: {{}}\n"),
            _ => format!("  {host}: {{groups: [users]}}\n"),
        })
        .collect();
    world.manifest(&format!(
        "version: 1\nname: aged\nhosts:\n{hosts}groups:\n  all:\n    units: {}\n  users:\n    users:\n      app:\n        \
         files: {{env: {{content: \"E={changed}\\n\"}}}}\n        units: {}\n",
        units("multi-user.target"),
        units("default.target"),
    ));
}

/// What runs, as the host's own systemctl and the processes say: for each unit its state, whether it is enabled, and V, E
/// and D of its environment.
fn look(world: &World, host: &str, user: &str) -> String {
    let script = "
        ctl() { /bin/systemctl $whose \"$@\"; }
        for unit in a b c d; do
          pid=$(ctl show --value -p MainPID $unit.service)
          echo $unit $(ctl is-active $unit.service) $(ctl is-enabled $unit.service 2>/dev/null) \
            $([ $pid = 0 ] || tr '\\0' '\\n' </proc/$pid/environ | grep -E '^[VED]=' | sort)
        done
        ctl show --value -p TimersCalendar job.timer | sed 's/.*OnCalendar=\\([^;]*\\) ;.*/\\1/'";
    world.fleet.sh_as(host, user, &as_whose(user, script))
}

/// What changes when a manager reads its units again, or a unit is started again.
fn trace(world: &World, host: &str, user: &str) -> String {
    let script = "/bin/systemctl $whose show -p UnitsLoadTimestampMonotonic
        /bin/systemctl $whose show -p Id,InvocationID,NRestarts a.service b.service c.service job.service job.timer";
    world.fleet.sh_as(host, user, &as_whose(user, script))
}

fn as_whose(user: &str, script: &str) -> String {
    match user {
        "root" => format!("whose=--system\n{script}"),
        _ => format!("whose=--user; export XDG_RUNTIME_DIR=/run/user/$(id -u)\n{script}"),
    }
}

/// Asserts what runs on every host, of the system and, where users have managers, of the user.
#[track_caller]
fn runs(world: &World, hosts: &[&str], system: &str, of_user: &str) {
    for host in hosts {
        assert_eq!(look(world, host, "root").trim(), system, "{host}, system");
        if *host != "h219" {
            assert_eq!(look(world, host, "app").trim(), of_user, "{host}, app");
        }
    }
}

const SYSTEM_AT_LAST: &str = "a active enabled E=2 V=2\nb active enabled D=1 V=2\nc active disabled V=1\nd inactive\n*-*-* 04:00:00";
const USERS_AT_LAST: &str = "a active enabled E=2 V=1\nb active enabled D=1 V=2\nc active disabled V=1\nd inactive\n*-*-* 04:00:00";

#[test]
fn versions_that_no_host_has_are_planned_applied_and_looked_at_as_those_that_hosts_have() {
    let played: Vec<(&str, &str)> = PLAYED.iter().map(|(_, host)| (*host, "bookworm")).collect();
    let world = World::new("aged", &played);
    let own: u32 = world
        .fleet
        .sh(PLAYED[0].1, "/bin/systemctl show -p Version | cut -d= -f2")
        .split(|c: char| !c.is_ascii_digit())
        .next()
        .and_then(|own| own.parse().ok())
        .expect("a version");
    let mut hosts = Vec::new();
    for (version, host) in PLAYED {
        if version > own {
            skip(&format!("{version} is not played on {own}"));
            continue;
        }
        play(&world, host, version);
        world.fleet.sh(host, "echo E=1 >/etc/aged.env");
        hosts.push(host);
    }
    let all_traces = |of: &[&str]| -> Vec<String> {
        let users = |host: &str| {
            if host == "h219" {
                vec!["root"]
            } else {
                vec!["root", "app"]
            }
        };
        let of_host = |host: &&str| {
            users(host)
                .into_iter()
                .map(|user| trace(&world, host, user))
                .collect::<Vec<_>>()
        };
        of.iter().flat_map(of_host).collect()
    };

    declare(&world, &hosts, Round::First);
    world.plan().ends_with(0).does_not_say("Failed to");
    world
        .converge()
        .says("systemd-analyze cannot check the new files of user:app");
    runs(
        &world,
        &hosts,
        "a active enabled E=1 V=1\nb active enabled V=1\nc active disabled V=1\nd active enabled V=1\n*-*-* 03:00:00",
        "a active enabled E=1 V=1\nb active enabled V=1\nc active disabled V=1\nd active enabled V=1\n*-*-* 03:00:00",
    );
    let before = all_traces(&hosts);
    world.apply().ends_with(0).says("unchanged");
    assert_eq!(all_traces(&hosts), before, "nothing is done again");

    declare(&world, &hosts, Round::Changed);
    world.converge();
    runs(
        &world,
        &hosts,
        "a active enabled E=1 V=2\nb active enabled V=2\nc active enabled V=1\nd active enabled V=1\n*-*-* 04:00:00",
        "a active enabled E=2 V=1\nb active enabled V=2\nc active enabled V=1\nd active enabled V=1\n*-*-* 04:00:00",
    );

    for host in &hosts {
        world.fleet.sh(host, "echo E=2 >/etc/aged.env");
    }
    declare(&world, &hosts, Round::Added);
    world.converge();
    runs(&world, &hosts, SYSTEM_AT_LAST, USERS_AT_LAST);

    let after = all_traces(&hosts);
    let run_of_c = |traces: &[String]| -> Vec<String> {
        let blocks = traces.iter().flat_map(|of| of.split("\n\n"));
        let of_c = blocks.filter(|block| block.contains("Id=c.service"));
        of_c.map(str::to_owned).collect()
    };
    assert_eq!(
        run_of_c(&after),
        run_of_c(&before),
        "c.service was never touched"
    );
    world.abide(&["drift"]).ends_with(0);
    world.abide(&["status", "--exit-code"]).ends_with(0);
    assert_eq!(all_traces(&hosts), after, "looking does nothing");

    // What cannot be looked at before it is written is found when the manager reads it.
    world.file(
        "b.default.target.service",
        "[Service]\nType=simple\n[Install]\nWantedBy=default.target\n",
    );
    world
        .abide(&["apply", "--yes", "--host", "h239"])
        .ends_with(1)
        .says("cannot check the new files of user:app")
        .says("the old ones are put back");
    runs(&world, &["h239"], SYSTEM_AT_LAST, USERS_AT_LAST);
    declare(&world, &hosts, Round::Added);
    world.assert_converged();

    // By hand, and taken up by the manager.
    for host in &hosts {
        world.fleet.sh(
            host,
            "sed -i s/V=2/V=9/ /etc/systemd/system/b.service
             /bin/systemctl daemon-reload; /bin/systemctl restart b.service",
        );
    }
    world.abide(&["drift"]).ends_with(2).says("b.service");
    world.abide(&["drift", "--fix", "--yes"]).ends_with(0);
    world.assert_converged();
    runs(&world, &hosts, SYSTEM_AT_LAST, USERS_AT_LAST);

    for host in hosts {
        assert_all_have_rows(&world, host);
    }
}

#[test]
fn units_of_users_are_refused_where_users_have_no_managers_and_those_of_the_system_are_done() {
    let world = World::new("el7", &[("h219", "bookworm")]);
    play(&world, "h219", 219);
    // It is played at all.
    let said = world.fleet.sh(
        "h219",
        "PATH=/usr/local/bin:$PATH; exec 2>&1; systemctl --version | head -n 1
         systemctl show -p Version,UnitsLoadTimestamp; systemctl show --timestamp=us -p Version || echo $?
         systemctl show -p Id,InvocationID,StateChangeTimestamp,NRestarts ssh.service
         systemd-analyze condition --unit=ssh.service || echo $?",
    );
    assert_eq!(
        said,
        "systemd 219\nVersion=219\nsystemctl: unrecognized option '--timestamp=us'\n1\nId=ssh.service\n\
         systemd-analyze: unrecognized option '--unit=ssh.service'\n1\n"
    );
    let with = |more: &str| {
        world.manifest(&format!(
            "version: 1\nname: el7\nhosts: {{h219: {{}}}}\ngroups:\n  all:\n    units: {{{more}}}\n"
        ));
    };
    world
        .file("a.service", &worker(1, "", "multi-user.target"))
        .file("b.service", &worker(1, "", "default.target"));
    with("gone.service: {source: a.service}");
    world.converge();
    with(
        "a.service: {source: a.service}}\n    users: {deploy: {units: {b.service: {source: b.service}}}",
    );
    let why = "systemd 219 without user@.service";
    world.plan().says(why).says("R0201");
    let said = world.apply().ends_with(1).says(why);
    let look = "/bin/systemctl is-active a.service gone.service; ls -A ~deploy/.config 2>&1 || :";
    let state = world
        .fleet
        .exec("h219", "root", &["/bin/sh", "-c", look])
        .stdout;
    assert!(
        state.starts_with("active\ninactive\n") && state.contains("No such file"),
        "{state}{}",
        said.stdout
    );
    assert_all_have_rows(&world, "h219");
}

/// Asserts that nothing was asked for that the tables do not have.
#[track_caller]
fn assert_all_have_rows(world: &World, host: &str) {
    let asked = world.fleet.sh(host, "sort -u /run/aged/without-a-row");
    assert_eq!(
        asked, "",
        "docs/systemd-facts.md has no row for what was asked of {host}"
    );
}
