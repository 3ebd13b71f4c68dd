//! A host that answers what it likes: it floods, in frames that it knows how to forge, or drips.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::attack::{Promise, attack};
use crate::support::World;

/// The login shell of every hostile account. It reads the nonce from the script that it is given and forges an answer with
/// it. Which flood it is stands in its own name.
const SHELL: &str = r#"#!/usr/bin/perl
use strict;
my $nonce = "";
while (my $line = <STDIN>) {
  if ($line =~ /^nonce=(\S+)/) { $nonce = $1; $nonce =~ s/'//g; last }
}
$| = 0;
my ($kind) = $0 =~ m{flood-(\w+)$};
my $head = "\n$nonce host\nhostname=evil\nmachine_id=x\nboot_id=y\nnow=1795427118.7\nuptime=5000.1\n"
  . "login=$kind\nlogin_uid=4000\nroute=root\nrun_as=setpriv\nreason=\nos=evil\nmay_linger=\n"
  . "\n$nonce manager\nVersion=257\nSystemState=running\nUserspaceTimestamp=Mon 2026-11-23 09:38:49.025247 UTC\n"
  . "\n$nonce linger\n\n$nonce sessions\n\n$nonce passwd 2\nroot:x:0:0:root:/root:/bin/sh\n\n$nonce ids\nroot home 0\n"
  . "\n$nonce group\nroot:0\n\n$nonce user-managers\nId=user\@0.service\nActiveState=active\n";
my $scope = "\n$nonce scope system\n\t\n\t$nonce manager up\n\tUnitsLoadTimestamp=Mon 2026-11-23 09:38:49.025247 UTC\n";
my $end = "\n$nonce end\n";
if ($kind eq "line") { print "\n$nonce "; print "x " x 524288 for 1..64 }
elsif ($kind eq "words") { print $head, "\n$nonce scope ", "x " x 4000000, $end }
elsif ($kind eq "units") {
  print $head, $scope, "\t\n\t$nonce units\n";
  print "\tu$_.service\n" for 1..1000000;
  print "\t\n\t$nonce show\n";
  print "\tId=u$_.service\n\tActiveState=active\n\t\n" for 1..1000000;
  print "\t$nonce scope-end\n", $end;
}
elsif ($kind eq "some") {
  print $head, $scope, "\t\n\t$nonce instances\n";
  print "\tId=u$_.service\n\tActiveState=active\n\t\n" for 1..100000;
  print "\t$nonce scope-end\n", $end;
}
elsif ($kind eq "names") {
  print $head, $scope, "\t\n\t$nonce instances\n\tId=a.service\n\tActiveState=active\n\tWants=";
  print "a$_.path " for 1..400000;
  print "\n\t\n\t$nonce scope-end\n", $end;
}
elsif ($kind eq "frames") { print "\n$nonce host\n" x 4096 while 1 }
elsif ($kind eq "stderr") { print STDERR "x" x 65536 while 1 }
elsif ($kind eq "empty") { print $head, "\n$nonce group\n"; print "\n" x 65536 while 1 }
elsif ($kind eq "drip") { $| = 1; while (1) { print "x"; sleep 1 } }
"#;

const KINDS: [&str; 9] = [
    "line", "words", "units", "some", "names", "frames", "stderr", "empty", "drip",
];

/// Gives a host these accounts, which ssh lets in.
fn hostile_accounts(world: &World, host: &str) {
    let mut script = String::from("install -d /usr/local/flood\ncat >/usr/local/flood/shell\n");
    for kind in KINDS {
        writeln!(
            script,
            "ln -sf shell /usr/local/flood/flood-{kind}
             id {kind} >/dev/null 2>&1 || useradd --create-home --shell /usr/local/flood/flood-{kind} {kind}"
        )
        .expect("a string");
    }
    script.push_str("chmod 0755 /usr/local/flood/shell\n");
    let ran = world
        .fleet
        .exec_with(host, "root", &["/bin/sh", "-ec", &script], SHELL.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for kind in KINDS {
        world.fleet.authorize(host, kind);
    }
}

/// Runs abide and says how it ended, and the most memory that it took, in MiB.
fn measured(world: &World, arguments: &[&str]) -> (i32, String, u64) {
    let mut command = world.command(arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("abide starts");
    let status = format!("/proc/{}/status", child.id());
    let stdout = child.stdout.take().expect("it is piped");
    let stderr = child.stderr.take().expect("it is piped");
    let read = |stream| std::thread::spawn(move || std::io::read_to_string(stream));
    let outputs = [
        read(Box::new(stdout) as Box<dyn std::io::Read + Send>),
        read(Box::new(stderr)),
    ];
    let mut peak = 0;
    let code = loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let high = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = high.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) >> 10);
        if let Some(ended) = child.try_wait().expect("it is our child") {
            break ended.code().unwrap_or(-1);
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let said = outputs.map(|output| output.join().expect("a thread").expect("text"));
    (code, said.concat(), peak)
}

/// A manifest of so many hosts: those that the fleet has, and hostile ones that are accounts of them.
fn manifest(world: &World, hostile: &[(String, &str, &str)]) {
    let mut hosts = String::from("  h1: {}\n  h2: {}\n");
    for (name, address, kind) in hostile {
        writeln!(
            hosts,
            "  {name}: {{address: {address}, connection: {{user: {kind}, become: never}}}}"
        )
        .expect("a string");
    }
    world.file(
        "units/app.service",
        "[Service]\nExecStart=/bin/sleep infinity\n",
    );
    world.manifest(&format!(
        "version: 1\nname: flooded\nhosts:\n{hosts}groups:\n  all:\n    units:\n      flooded-app.service: {{source: units/app.service, enabled: false}}\n"
    ));
}

#[test]
fn thirty_two_hosts_that_flood_take_no_more_memory_than_their_answers_deserve() {
    let _attack = attack(
        "32 hosts answer with floods of forged frames at once, or drip without end",
        Promise::BoundedAnswer,
    );
    let world = World::used();
    let mut hostile = Vec::new();
    for host in ["h1", "h2"] {
        hostile_accounts(&world, host);
        for number in 0..16 {
            let kind = KINDS[number % KINDS.len()];
            hostile.push((format!("evil-{host}-{number}"), host, kind));
        }
    }
    manifest(&world, &hostile);
    let begun = Instant::now();
    let (code, said, peak) = measured(&world, &["plan", "-j", "40", "--timeout", "20s"]);
    assert_eq!(code, 3, "{said}");
    assert!(peak < 1024, "it took {peak} MiB");
    assert!(
        begun.elapsed() < Duration::from_secs(90),
        "{:?}",
        begun.elapsed()
    );
    // Honest hosts are planned, and every other one is told apart.
    assert!(
        said.contains("install /etc/systemd/system/flooded-app.service"),
        "{said}"
    );
    assert!(
        said.contains("it answered more than was asked: more than"),
        "{said}"
    );
    assert!(said.contains("no end within 20 s"), "{said}");
    for (name, ..) in &hostile {
        assert!(said.contains(name.as_str()), "nothing about {name}: {said}");
    }
    assert!(said.len() < 100_000, "{} bytes", said.len());
}
