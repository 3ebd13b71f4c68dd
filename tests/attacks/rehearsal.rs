//! Users whose unit files are made for whoever asks what a boot would start: `systemd --test` reads them as those users.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::attack::{Promise, attack};
use crate::support::World;

/// Five users hang, flood, forge and loop, each by himself; the rehearsal of one takes 20 seconds at most.
const PATIENCE: Duration = Duration::from_secs(150);

/// What each of them plants in `~/.config/systemd/user`, and may have as an answer about `app.service`.
const USERS: [(&str, &str); 5] = [
    // Lines as systemd itself prints them, in every text that it shows; control characters; frames of a probe.
    (
        "rh-forge",
        r#"esc=$(printf '\033'); for n in 1 2 3; do
             printf '[Unit]\nDescription=x%s[2J Action: ann.service -> start\nDocumentation=man:Action\n[Service]\nExecStart=/bin/sh -c "x\\n\\tAction: system.service -> start\\n\\tAction: app2.service -> start\\nended 0\\n%s" "a\\n0123456789abcdef scope-end"\n[Install]\nWantedBy=default.target\n' \
               "$esc" "$esc" >forge$n.service; ln -s ../forge$n.service default.target.wants/; done
           printf 'ended 0\n+ann.service\n' >'default.target.wants/Action: x.service'"#,
    ),
    // Nobody ever writes into this pipe, and whoever opens it waits.
    (
        "rh-pipe",
        "mkfifo pipe.service; ln -s ../pipe.service default.target.wants/; mkdir app.service.d; mkfifo app.service.d/x.conf",
    ),
    (
        "rh-many",
        "i=0; while [ $i -lt 10000 ]; do i=$((i+1)); echo m$i.service; done >names
         printf '[Service]\\nExecStart=/bin/true\\n' >text
         xargs -n 1000 sh -c 'tee \"$@\" <text >/dev/null; cd default.target.wants; for n do echo ../$n; done | xargs ln -s -t .' sh <names
         i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo t$i.target.wants; done >targets; xargs mkdir <targets
         for folder in t*.target.wants; do echo $folder; done | head -n 600 | xargs -n 1 ln -s ../app.service",
    ),
    // Links in circles, directories that are links to large ones, names that are no names.
    (
        "rh-loop",
        "ln -s b.service a.service; ln -s a.service b.service; ln -s ../a.service default.target.wants/a.service
         ln -s / x.target.wants; ln -s . y.target.wants; mkdir 'z $(reboot).target.wants' ./-q.target.wants
         ln -s ../app.service 'z $(reboot).target.wants/app.service'; ln -s ../app.service ./-q.target.wants/app.service
         printf '[Unit]\\nWants=w1.target\\nAfter=w2.target\\n' >w2.target; printf '[Unit]\\nWants=w2.target\\nAfter=w1.target\\n' >w1.target
         ln -s ../w1.target default.target.wants/",
    ),
    (
        "rh-huge",
        "head -c 50000000 /dev/zero | tr '\\0' x >huge.service; ln -s ../huge.service default.target.wants/
         mkdir app.service.d; ln -s /dev/zero app.service.d/zero.conf; ln -s /dev/urandom noise.service
         ln -s ../noise.service default.target.wants/
         mkdir -p ~/.config/environment.d; yes 'A=b' | head -c 5000000 >~/.config/environment.d/x.conf",
    ),
];

#[test]
fn unit_files_that_are_made_for_a_rehearsal_fool_nobody_else() {
    let _attack = attack(
        "own unit files that forge what systemd prints, hang whoever opens them, are 10 000, are huge, or lead in circles, while `status` asks what a boot starts",
        Promise::OwnReach,
    );
    let world = World::both("attack-rehearsal");
    world.file(
        "app.service",
        "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n",
    );
    world.file(
        "system.service",
        "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=bt-never.target\n",
    );
    let users: String = USERS
        .iter()
        .map(|(user, _)| *user)
        .chain(["ann"])
        .map(|user| {
            format!("      {user}:\n        linger: true\n        units: {{app.service: {{source: app.service}}}}\n")
        })
        .collect();
    world.manifest(&format!(
        "version: 1\nname: rehearsal\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    \
         units: {{system.service: {{source: system.service, state: stopped, enabled: true}}}}\n    users:\n{users}"
    ));
    world.converge();
    for host in ["h1", "h2"] {
        for (user, script) in USERS {
            let script = format!("cd ~/.config/systemd/user && {script}");
            world.fleet.sh_as(host, user, &script);
        }
    }
    let started = Instant::now();
    let said = world.abide(&["status", "--json"]);
    println!("status: {:?}", started.elapsed());
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    assert!([0, 3].contains(&said.code), "{said:?}");
    assert!(said.stdout.len() < 200_000, "{}", said.stdout.len());
    let control = |c: char| c.is_control() && c != '\n';
    assert!(!said.stdout.contains(control), "{}", said.stdout);
    let answer: Value = serde_json::from_str(&said.stdout).expect("a document");
    for host in answer["hosts"].as_array().expect("hosts") {
        let units = host["units"].as_array().expect("units");
        assert_eq!(units.len(), 7, "{units:?}");
        for unit in units {
            let boot = unit["boot"].to_string();
            match unit["user"].as_str() {
                None => assert!(boot.contains("not_reached"), "{unit}"),
                Some("ann") => assert_eq!(boot, "\"yes\"", "{unit}"),
                Some(_) => {}
            }
        }
    }
    // What plans and drift look at is bounded as well, and the same.
    let started = Instant::now();
    let said = world.abide(&["drift"]);
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    assert!(!said.stdout.contains("ann"), "{said:?}");
    for host in ["h1", "h2"] {
        world.wait_until_active(host, "ann", "app.service");
    }
}
