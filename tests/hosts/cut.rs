//! A run that is cut at any step is completed by the next: nothing half-written, what was owed is done, what was
//! done is not repeated.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::support::{World, worker};

const MANIFEST: &str = "
version: 1
name: cut
hosts: {HOST: {}}
groups:
  all:
    users:
      app:
        files: {env: {content: \"V=VERSION\\n\"}}
        units:
          a.service: {source: a.service}
          b.service: {source: b.service}
          w@.service: {source: w.service, instances: {one: {}, two: {}}}
    units:
      sys.service: {source: sys.service}
";

fn write(world: &World, host: &str, version: &str) {
    let unit = worker(&format!("Environment=V={version}"));
    world
        .manifest(&MANIFEST.replace("HOST", host).replace("VERSION", version))
        .file("a.service", &unit)
        .file("b.service", &worker("Environment=V=constant"))
        .file("w.service", &unit)
        .file(
            "sys.service",
            &unit.replace("default.target", "multi-user.target"),
        );
}

/// How a run is cut.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    /// abide and its ssh die; the script on the host goes on by itself.
    Connection,
    /// The script on the host dies as well, as it would with the host's power.
    Script,
}

/// Starts an apply and cuts it when the `step`th action begins. `false` when the run had fewer steps.
fn apply_and_cut(world: &World, host: &str, step: usize, cut: Cut) -> bool {
    let mut child = world
        .command(&["apply", "--yes", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("abide starts");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let begun = lines
        .map_while(Result::ok)
        .filter(|line| line.contains("\"action_start\""))
        .nth(step)
        .is_some();
    if begun {
        if cut == Cut::Script {
            // The script is what holds abide's lock.
            world.fleet.sh(
                host,
                "pkill -9 -f '^sh -s' || true; pkill -9 -f 'sh -s -- ' || true",
            );
        }
        child.kill().expect("abide is killed");
        // The connection's master belongs to abide and dies with its control directory's owner gone.
        let config = world.fleet.ssh_config();
        let _ = std::process::Command::new("pkill")
            .args(["-9", "-f", &config.to_string_lossy()])
            .status();
    }
    let _ = child.wait();
    // The script may go on alone: wait until nobody holds the lock.
    world.fleet.sh(
        host,
        "i=0; while ! flock -n /run/abide/lock true 2>/dev/null; do
           [ -e /run/abide/lock ] || break; i=$((i+1)); [ $i -lt 300 ] || exit 1; sleep 0.1; done",
    );
    begun
}

fn cut_at_every_step(name: &str, image: &str, cut: Cut) {
    let host = "h1";
    let world = World::new(name, &[(host, image)]);
    write(&world, host, "0");
    world.converge();
    let invocation = |unit: &str| match unit {
        "sys.service" => world.show(host, "root", unit, "InvocationID"),
        _ => world.show(host, "app", unit, "InvocationID"),
    };
    let constant = invocation("b.service");
    let mut step = 0;
    loop {
        let version = (step + 1).to_string();
        write(&world, host, &version);
        let begun = apply_and_cut(&world, host, step, cut);
        let restarted: Vec<_> = ["a.service", "w@one.service", "w@two.service", "sys.service"]
            .into_iter()
            .filter(|unit| {
                let user = if *unit == "sys.service" {
                    "root"
                } else {
                    "app"
                };
                let pid = world.show(host, user, unit, "MainPID");
                let environment = world
                    .fleet
                    .sh(host, &format!("tr '\\0' '\\n' </proc/{pid}/environ"));
                environment
                    .lines()
                    .any(|line| line == format!("V={version}"))
            })
            .map(|unit| (unit, invocation(unit)))
            .collect();
        world.converge();
        for (unit, before) in &restarted {
            assert_eq!(
                &invocation(unit),
                before,
                "{unit} ran the new version already and was restarted again (step {step})"
            );
        }
        for unit in ["a.service", "w@one.service", "w@two.service", "sys.service"] {
            let user = if unit == "sys.service" { "root" } else { "app" };
            let pid = world.show(host, user, unit, "MainPID");
            let environment = world
                .fleet
                .sh(host, &format!("tr '\\0' '\\n' </proc/{pid}/environ"));
            assert!(
                environment
                    .lines()
                    .any(|line| line == format!("V={version}")),
                "{unit} runs an old version (step {step})"
            );
        }
        assert_eq!(
            world.fleet.sh(host, "cat ~app/env"),
            format!("V={version}\n")
        );
        let leftovers = world.fleet.sh(
            host,
            "find ~app /etc/systemd -name '*abide*' ! -path '*/.local/*'",
        );
        assert_eq!(
            leftovers, "",
            "something half-written is left (step {step})"
        );
        if !begun {
            break;
        }
        step += 1;
    }
    assert!(
        step >= 8,
        "the plan had {step} steps: too few to be the whole loop"
    );
    assert_eq!(
        invocation("b.service"),
        constant,
        "what did not change was never restarted"
    );
}

#[test]
fn a_connection_cut_at_every_step_is_finished_by_the_host_on_252() {
    cut_at_every_step("cutconn252", "bookworm", Cut::Connection);
}

#[test]
fn a_connection_cut_at_every_step_is_finished_by_the_host_on_257() {
    cut_at_every_step("cutconn257", "trixie", Cut::Connection);
}

#[test]
fn a_script_killed_at_every_step_is_completed_by_the_next_run_on_252() {
    cut_at_every_step("cutscript252", "bookworm", Cut::Script);
}

#[test]
fn a_script_killed_at_every_step_is_completed_by_the_next_run_on_257() {
    cut_at_every_step("cutscript257", "trixie", Cut::Script);
}
