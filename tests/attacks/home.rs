//! Users who plant something in their homes where abide writes, reads and removes as root's errand.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::attack::{Promise, attack};
use crate::everything::{Everything, differences, everything};
use crate::support::{Said, World};

const HOSTS: [&str; 2] = ["h1", "h2"];
/// What nobody's tricks may hold an apply up for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Some users with a service, a drop-in and a file each, beside one who does nothing: `ann`.
struct Scene {
    world: World,
    users: Vec<&'static str>,
    before: Vec<Everything>,
}

impl Scene {
    fn new(users: &[&'static str]) -> Self {
        let mut scene = Self {
            world: World::both("attack-home"),
            users: users.to_vec(),
            before: Vec::new(),
        };
        scene.declare("0");
        scene.world.converge();
        scene.before = HOSTS.map(|host| scene.look(host)).to_vec();
        scene
    }

    /// What each of them shall have: another text in each round.
    fn declare(&self, round: &str) {
        let mut manifest =
            "version: 1\nname: home\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n"
                .to_owned();
        for user in self.users.iter().chain(&["ann"]) {
            manifest.push_str(&format!(
                "      {user}:\n        files: {{app.env: {{content: \"ROUND={round}\"}}}}\n        units:\n          app.service:\n            source: app.service\n            settle: {{for: 0s}}\n            restart_on: [~/app.env]\n            drop_ins: {{10-round.conf: \"[Unit]\\nDescription=Round {round}\\n\"}}\n"
            ));
        }
        self.world.manifest(&manifest);
        self.world.file(
            "app.service",
            &format!("[Service]\nExecStart=/bin/sleep infinity\nEnvironment=ROUND={round}\n[Install]\nWantedBy=default.target\n"),
        );
    }

    /// The host without what is in these users' reach, and without what this manifest does for ann.
    fn look(&self, host: &str) -> Everything {
        let mut reach = vec![
            "/var/lib/abide/ledger/home".to_owned(),
            "/home/ann/*".to_owned(),
        ];
        let all = self.users.iter().chain(&["ann"]);
        for user in all {
            let uid = self.world.fleet.sh(host, &format!("id -u {user}"));
            reach.push(format!("/run/user/{}/*", uid.trim()));
            reach.push(format!("/home/{user}/*"));
            reach.push(format!("/tmp/{user}*"));
        }
        everything(&self.world.fleet, host, &reach)
    }

    /// Runs a script as each of the users on each host.
    fn plant(&self, script: &str) {
        for host in HOSTS {
            for user in &self.users {
                self.world.fleet.sh_as(host, user, &with_home(script));
            }
        }
    }

    /// Applies the next round, and gives what abide said; it must end in time and say nothing wild.
    #[track_caller]
    fn apply(&self, round: &str) -> Said {
        self.declare(round);
        let started = Instant::now();
        let said = self.world.apply();
        assert!(
            started.elapsed() < PATIENCE,
            "round {round} took {:?}",
            started.elapsed()
        );
        assert!((0..=10).contains(&said.code), "{said:?}");
        let control = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(!said.stdout.contains(control), "{said:?}");
        assert!(!said.stderr.contains(control), "{said:?}");
        said
    }

    /// Nothing changed on any host but what is theirs, and ann has what she shall have.
    #[track_caller]
    fn assert_held(&self, round: &str) {
        for (host, before) in HOSTS.iter().zip(&self.before) {
            let wrong = differences(before, &self.look(host));
            assert!(wrong.is_empty(), "{host}, round {round}: {wrong:#?}");
            let ledger = self.world.fleet.sh(host, "cat /var/lib/abide/ledger/home");
            for line in ledger.lines().filter(|line| line.starts_with("file ")) {
                let words: Vec<&str> = line.split(' ').collect();
                let user = words[1].trim_start_matches("user:");
                assert!(words[2].starts_with(&format!("/home/{user}/")), "{line}");
            }
        }
    }

    #[track_caller]
    fn assert_ann_has(&self, round: &str) {
        for host in HOSTS {
            let found = self.world.fleet.sh_as(
                host,
                "ann",
                "grep -h ROUND= /home/ann/app.env /home/ann/.config/systemd/user/app.service",
            );
            let wanted = format!("ROUND={round}\nEnvironment=ROUND={round}\n");
            assert_eq!(found.replace("\n\n", "\n"), wanted, "{host}");
        }
    }
}

fn with_home(script: &str) -> String {
    format!("export HOME=/home/$(id -un); cd \"$HOME\"; {script}")
}

/// Puts one of six things at a path of the current user's.
const PUT: &str = "
put() {
  mkdir -p \"${1%/*}\" 2>/dev/null || return 0
  rm -rf \"$1\"
  case $2 in
    0) ln -s /etc/shadow \"$1\" ;;
    1) ln -s /home/ann/app.env \"$1\" ;;
    2) mkfifo \"$1\" ;;
    3) mkdir -p \"$1/in/it\" ;;
    4) ln /etc/hostname \"$1\" 2>/dev/null || ln -s /etc/planted-by-link \"$1\" ;;
    5) ln -s \"${1##*/}\" \"$1\" ;;
  esac
}
";

#[test]
fn what_stands_in_the_place_of_a_file_leads_nowhere() {
    let _attack = attack(
        "links, hard links, pipes and directories in the place of each file that abide writes",
        Promise::OwnReach,
    );
    let scene = Scene::new(&["hal", "hel"]);
    let paths = [
        ".config/systemd/user/app.service",
        ".config/systemd/user/app.service.d/10-round.conf",
        "app.env",
        ".config/systemd/user/.abide-new",
        ".config/systemd/user/app.service.d/.abide-new",
        ".config/systemd/user/default.target.wants/app.service",
    ];
    for round in 0..6 {
        let mut script = PUT.to_owned();
        for (number, path) in paths.iter().enumerate() {
            let what = (number + round) % 6;
            script.push_str(&format!("put \"$HOME/{path}\" {what}\n"));
        }
        scene.plant(&script);
        let round = (round + 1).to_string();
        scene.apply(&round);
        scene.assert_held(&round);
        scene.assert_ann_has(&round);
        scene.plant("rm -rf .config app.env .abide-new");
    }
    scene.declare("7");
    scene.world.converge();
}

#[test]
fn what_stands_in_the_place_of_a_directory_leads_nowhere() {
    let _attack = attack(
        "links to `/etc` and another's home, pipes and files in the place of each directory",
        Promise::OwnReach,
    );
    let scene = Scene::new(&["hil", "hol"]);
    let places = [
        ".config",
        ".config/systemd",
        ".config/systemd/user",
        ".config/systemd/user/app.service.d",
        ".config/systemd/user/default.target.wants",
    ];
    for (round, place) in places.iter().enumerate() {
        for (step, target) in ["/etc/systemd/system", "/home/ann/.config/systemd/user"]
            .iter()
            .enumerate()
        {
            let round = format!("{round}{step}");
            scene.plant(&format!(
                "mkdir -p {place}; rm -rf {place}; case $(id -un) in hil) ln -s {target} {place} ;; *) [ {step} = 0 ] && mkfifo {place} || echo a file >{place} ;; esac"
            ));
            scene.apply(&round);
            scene.assert_held(&round);
            scene.assert_ann_has(&round);
            scene.plant("rm -rf .config");
        }
    }
    scene.declare("end");
    scene.world.converge();
}

/// A directory and a link take each other's place until the end is there. Each stays for up to a millisecond, so that
/// anything may stand there between two calls of the same program, and the tests beside this one have processors as well.
const SWAP: &str = "
  my ($what, $end) = @ARGV;
  my $changed = 0;
  until (-e $end) {
    for ([$what, \"$what.real\"], [\"$what.link\", $what], [$what, \"$what.link\"], [\"$what.real\", $what]) {
      $changed += rename($_->[0], $_->[1]);
      select(undef, undef, undef, rand(0.001));
    }
  }
  print $changed;
";

#[test]
fn what_changes_places_all_the_time_leads_nowhere() {
    let _attack = attack(
        "directories and files change places with links as fast as they can while abide works",
        Promise::OwnReach,
    );
    let scene = Scene::new(&["hap", "hep"]);
    let mut swappers = Vec::new();
    for host in HOSTS {
        for user in &scene.users {
            let (what, target) = match *user {
                "hap" => ("$HOME/.config/systemd/user", "/etc/systemd/system"),
                _ => ("$HOME/.config/systemd/user/app.service.d", "/home/ann"),
            };
            let script = with_home(&format!(
                "ln -sfn {target} {what}.link; exec perl -e \"$SWAP\" {what} /tmp/$(id -un).end"
            ));
            let script = format!("SWAP='{SWAP}'; {script}");
            let mut command = scene
                .world
                .fleet
                .entering(host, user, &["/bin/sh", "-c", &script]);
            command.stdin(Stdio::null()).stdout(Stdio::piped());
            swappers.push(command.spawn().expect("it starts"));
        }
    }
    for round in ["1", "2", "3"] {
        scene.apply(round);
        scene.assert_held(round);
    }
    scene.plant("touch /tmp/$(id -un).end");
    for swapper in swappers {
        let swapped = swapper.wait_with_output().expect("it ends");
        let changed = String::from_utf8_lossy(&swapped.stdout);
        assert!(
            changed.parse::<u32>().is_ok_and(|changed| changed > 1000),
            "changed places {changed} times"
        );
    }
    scene.plant("rm -rf .config /tmp/$(id -un).end");
    scene.declare("4");
    scene.world.converge();
    scene.assert_held("4");
    scene.assert_ann_has("4");
}

#[test]
fn what_a_user_sets_in_an_environment_reaches_no_command_of_roots() {
    let _attack = attack(
        "`PATH`, `LD_PRELOAD`, `ENV` and `SYSTEMD_*` in their manager, environment.d, profile and pam_env, with programs to match",
        Promise::OwnReach,
    );
    let scene = Scene::new(&["hum"]);
    scene.plant(
        "mkdir -p bin .config/environment.d .config/systemd/user.conf.d
         for name in systemctl sh cat env stat sha256sum find mv rm mkdir readlink timeout setpriv id touch; do
           printf '#!/bin/sh\\n/usr/bin/id -u >>/tmp/hum-ran\\nexec /usr/bin/%s \"$@\"\\n' $name >bin/$name
         done
         chmod 755 bin/*
         cat >.config/environment.d/10.conf <<CONF
PATH=$HOME/bin:/usr/bin:/bin
ENV=$HOME/bin/sh
BASH_ENV=$HOME/bin/sh
LD_PRELOAD=$HOME/none.so
SYSTEMD_LOG_LEVEL=debug
SYSTEMD_UNIT_PATH=$HOME/units:
XDG_CONFIG_HOME=/etc
CONF
         cp .config/environment.d/10.conf .pam_environment
         sed 's/^/export /' .config/environment.d/10.conf >.profile
         cp .profile .bashrc
         touch /tmp/hum-ran
         export XDG_RUNTIME_DIR=/run/user/$(id -u)
         systemctl --user set-environment PATH=$HOME/bin:/usr/bin:/bin LD_LIBRARY_PATH=$HOME SYSTEMD_LOG_LEVEL=debug ENV=$HOME/bin/sh XDG_CONFIG_HOME=/etc SYSTEMD_UNIT_PATH=$HOME/units:",
    );
    for round in ["1", "2"] {
        scene.apply(round);
        scene.assert_held(round);
        scene.assert_ann_has(round);
    }
    for host in HOSTS {
        let ran = scene
            .world
            .fleet
            .sh(host, "sort -u /tmp/hum-ran; id -u hum");
        let ids: Vec<&str> = ran.lines().collect();
        assert!(
            ids.iter().all(|id| *id == ids[ids.len() - 1]),
            "{host}: {ran}"
        );
    }
    scene.plant("export XDG_RUNTIME_DIR=/run/user/$(id -u); systemctl --user unset-environment PATH LD_LIBRARY_PATH SYSTEMD_LOG_LEVEL ENV XDG_CONFIG_HOME SYSTEMD_UNIT_PATH; rm -rf bin .config .pam_environment .profile .bashrc /tmp/hum-ran");
    scene.declare("3");
    scene.world.converge();
}

#[test]
fn a_crowded_home_takes_bounded_time_and_no_one_elses() {
    let _attack = attack(
        "100,000 links, deep directories and odd names beside their units, and processes without end",
        Promise::Ends,
    );
    let scene = Scene::new(&["hob"]);
    scene.plant(
        "perl -e '
           chdir(\"$ENV{HOME}/.config/systemd/user\") or die;
           symlink(\"/etc/shadow\", \"link$_.service\") for 1..100000;
           for my $name (\"\\$(touch \\$HOME/ran).service\", \"-rf.service\", \"a b.service\", \"a\\nb.service\", \"\\e[2J.service\", \"\\xff.service\", \"*.service\", \"x\" x 247 . \".service\") {
             symlink(\"/etc/shadow\", $name);
             (my $conf = $name) =~ s/service$/conf/;
             open(my $file, \">\", \"app.service.d/$conf\"); print $file \"[Unit]\\nDescription=mine\\n\";
           }
           for (1..900) { mkdir(\"d\"); chdir(\"d\"); }
         '
         nohup sh -c 'ulimit -u 300; while [ ! -e /tmp/hob.end ]; do sleep 0.2 & sleep 0.02; done' >/dev/null 2>&1 &",
    );
    let said = scene.apply("1");
    assert!(said.stdout.len() + said.stderr.len() < 100_000);
    scene.assert_held("1");
    scene.assert_ann_has("1");
    scene.plant("touch /tmp/hob.end; [ ! -e ran ]; rm -rf .config; XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user daemon-reload");
    scene.declare("3");
    scene.world.converge();
}

#[test]
fn a_home_that_is_somebody_elses_is_left_alone() {
    let _attack = attack(
        "a home that is another's, nobody's to write, sticky, or a link",
        Promise::OwnReach,
    );
    let scene = Scene::new(&["hyp", "hyd"]);
    for (round, script) in [
        (
            "1",
            "stat -c %a /home/hyd >/tmp/hyd.mode; chown -R ann /home/hyp; chmod 000 /home/hyd",
        ),
        (
            "2",
            "chown -R hyp /home/hyp; rm -rf /home/hyp/.config; ln -s /home/ann/.config /home/hyp/.config; chmod 1777 /home/hyd; chown root /home/hyd",
        ),
    ] {
        for host in HOSTS {
            scene.world.fleet.sh(host, script);
        }
        scene.apply(round);
        scene.assert_ann_has(round);
        for host in HOSTS {
            let found = scene.world.fleet.sh(host, "find /etc /home/ann /root /var/lib/abide -newer /etc/hostname \\( -user hyp -o -user hyd \\)");
            assert_eq!(found, "", "{host}");
        }
        for host in HOSTS {
            scene.world.fleet.sh(host, "rm -rf /home/hyp/.config; chown -R hyp /home/hyp; chown -R hyd /home/hyd; chmod $(cat /tmp/hyd.mode) /home/hyd");
        }
        scene.assert_held(round);
    }
    scene.declare("3");
    scene.world.converge();
}
