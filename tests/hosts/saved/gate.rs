//! The gate: where a host has moved on since the plan was made, nothing is written anywhere.

use super::*;

#[test]
fn a_fact_that_moved_on_one_host_holds_back_all_and_skip_stale_does_the_others() {
    let world = changed("saved-stale");
    save(&world);
    world
        .fleet
        .sh_as("h2", "app", &format!("echo '# by hand' >>{UNIT_FILE}"));
    let before = traces(&world);
    world
        .abide(&["apply", "plan.json"])
        .ends_with(5)
        .says(&format!("{UNIT_FILE}: planned from "))
        .says(", now ")
        .says("owner app), wanted ")
        .says("nothing was done on any host")
        .says("Next: abide plan -o plan.json --ssh-config")
        .says("  or  abide apply --skip-stale plan.json --ssh-config")
        .does_not_say("Next: abide apply plan.json");
    assert_eq!(traces(&world), before, "nothing was written on any host");
    world
        .abide(&["plan", "--check", "plan.json"])
        .ends_with(5)
        .says("no longer holds: 1 of 3 hosts");
    assert_eq!(traces(&world), before, "asking changes nothing");

    world
        .abide(&["apply", "--skip-stale", "plan.json"])
        .ends_with(5)
        .says("2 hosts changed")
        .says("1 stale");
    assert_eq!(
        trace(&world, "h2"),
        before[1],
        "nothing was written on the stale host"
    );
    assert_eq!(runs_version(&world, "h1"), "V=2");
    assert_eq!(runs_version(&world, "h3"), "V=2");

    save(&world).says("by hand");
    world.abide(&["apply", "plan.json"]).ends_with(0);
    assert_eq!(runs_version(&world, "h2"), "V=2");
    world.abide(&["apply", "plan.json"]).ends_with(0);
    world.assert_converged();
}

#[test]
fn what_is_not_in_the_plan_is_left_alone_and_what_becomes_necessary_is_not_added() {
    let world = changed("saved-others");
    save(&world);
    // Another unit was stopped on h1: none of the plan's business.
    world.show("h1", "app", "b.service", "Id");
    world.fleet.sh_as(
        "h1",
        "app",
        "XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user stop b.service",
    );
    world
        .abide(&["apply", "plan.json", "--host", "h1"])
        .ends_with(0)
        .says("more would be to do here; the plan does not name it")
        .says("1 host changed");
    assert_eq!(runs_version(&world, "h1"), "V=2");
    assert_eq!(
        world.show("h1", "app", "b.service", "ActiveState"),
        "inactive"
    );
    // The plan's own unit was stopped on h3: a restart is not a start.
    world.fleet.sh_as(
        "h3",
        "app",
        "XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user stop a.service",
    );
    let before = traces(&world);
    world
        .abide(&["apply", "plan.json"])
        .ends_with(5)
        .says("user:app/a.service: planned from active, now inactive, wanted restarted");
    assert_eq!(traces(&world), before);
}

#[test]
fn a_host_that_was_rebooted_and_one_that_was_half_done_are_not_stale() {
    let world = changed("saved-rebooted");
    save(&world);
    world.fleet.reboot("h1");
    world.wait_until_active("h1", "app", "a.service");
    // Somebody wrote the file just as planned, and went no further.
    let text = worker("Environment=V=2");
    world
        .fleet
        .sh_as("h2", "app", &format!("cat >{UNIT_FILE} <<'END'\n{text}END"));
    world
        .abide(&["apply", "plan.json"])
        .ends_with(0)
        .says("3 hosts changed");
    world.assert_converged();
}

#[test]
fn a_fact_that_moves_before_a_hosts_turn_comes_stops_that_host() {
    let world = World::new(
        "saved-turn",
        &[("h1", "bookworm"), ("h2", "trixie"), ("h3", "bookworm")],
    );
    world
        .manifest(&format!("{MANIFEST}rollout: {{batch: 1}}\n").replace(
            "{source: a.service}",
            "{source: a.service, settle: {for: 5s}}",
        ))
        .file("a.service", &worker("Environment=V=1"))
        .file("b.service", &worker("Environment=V=1"));
    world.converge();
    world.file("a.service", &worker("Environment=V=2"));
    save(&world);
    let apply = world
        .command(&["apply", "plan.json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("abide starts");
    // The gate is passed when the first host is changed; it is watched for some seconds then.
    let mut waited = 0;
    while runs_version(&world, "h1") != "V=2" {
        waited += 1;
        assert!(waited < 200, "h1 is not changed");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    world
        .fleet
        .sh_as("h2", "app", &format!("echo '# by hand' >>{UNIT_FILE}"));
    let before = trace(&world, "h2");
    let output = apply.wait_with_output().expect("abide ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(
        said.contains(&format!("{UNIT_FILE}: planned from")),
        "{said}"
    );
    assert_eq!(trace(&world, "h2"), before, "nothing was written there");
    assert_eq!(
        runs_version(&world, "h3"),
        "V=1",
        "a failed wave ends the run"
    );
    // What was not begun is done by the same plan; the host that moved on needs a new one.
    world
        .abide(&["apply", "plan.json", "--exclude", "h2"])
        .ends_with(0);
    assert_eq!(runs_version(&world, "h3"), "V=2");
}

#[test]
fn a_host_that_moves_while_somebody_reads_the_plan_holds_back_all() {
    let world = changed("saved-asked");
    // A terminal, by script(1).
    let line = format!(
        "{} apply --ssh-config {}",
        env!("CARGO_BIN_EXE_abide"),
        world.fleet.ssh_config().display()
    );
    let mut asked = std::process::Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(world.path("."))
        .env("NO_COLOR", "1")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("script(1)");
    let mut said = Vec::new();
    let mut stdout = asked.stdout.take().expect("standard output");
    while !contains(&said, "[y/N]") {
        let mut some = [0; 4096];
        let read = stdout.read(&mut some).expect("text");
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&said));
        said.extend_from_slice(&some[..read]);
    }
    world
        .fleet
        .sh_as("h2", "app", &format!("echo '# by hand' >>{UNIT_FILE}"));
    let before = traces(&world);
    asked
        .stdin
        .as_mut()
        .expect("standard input")
        .write_all(b"y\n")
        .expect("an answer");
    stdout.read_to_end(&mut said).expect("text");
    let said = String::from_utf8_lossy(&said);
    assert_eq!(asked.wait().expect("an end").code(), Some(5), "{said}");
    assert!(said.contains("nothing was done on any host"), "{said}");
    assert_eq!(traces(&world), before, "nothing was written on any host");
}

#[test]
fn what_would_be_interrupted_since_the_plan_was_approved_is_told_and_holds_nothing_back() {
    let world = changed("saved-more");
    save(&world).does_not_say("also restarts");
    // Somebody starts a unit that requires the one which is about to restart.
    world.fleet.sh_as(
        "h2",
        "app",
        "export XDG_RUNTIME_DIR=/run/user/$(id -u); cd ~/.config/systemd/user
         printf '[Unit]\\nRequires=a.service\\n[Service]\\nExecStart=/bin/sleep infinity\\n' >theirs.service
         systemctl --user start theirs.service",
    );
    let theirs = world.show("h2", "app", "theirs.service", "InvocationID");
    world
        .abide(&["apply", "plan.json"])
        .ends_with(0)
        .says("h2")
        .says("more than the plan says would be interrupted here: theirs.service (Requires= a.service)");
    assert_ne!(
        world.show("h2", "app", "theirs.service", "InvocationID"),
        theirs
    );
    for host in HOSTS {
        assert_eq!(runs_version(&world, host), "V=2");
    }
    world.assert_converged();
}
