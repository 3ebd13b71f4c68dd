//! What somebody did on a host by hand: the next plan names each edit in one line, with its cause, and undoes it.

use crate::support::{World, worker};

const DIR: &str = "/home/app/.config/systemd/user";

/// An edit: what is run on the host as root, the words that name it, and what they are told of.
struct Edit {
    what: &'static str,
    script: &'static str,
    /// Of a line of the plan, and only of that one.
    words: &'static [&'static str],
}

/// Runs a command as the user, with its manager.
const AS_APP: &str = "
    as_app() { setpriv --reuid app --regid app --init-groups env HOME=/home/app XDG_RUNTIME_DIR=/run/user/$(id -u app) \"$@\"; }
    ctl() { as_app systemctl --user \"$@\"; }
    dir=/home/app/.config/systemd/user
    cd /
";

const EDITS: &[Edit] = &[
    Edit {
        what: "an edited file",
        script: "sed -i s/V=1/V=9/ $dir/edited.service; ctl daemon-reload",
        words: &["edited on the host since abide wrote it (2"],
    },
    Edit {
        what: "an extra drop-in",
        script: "as_app mkdir -p $dir/extended.service.d
                 printf '[Service]\nNice=5\n' >$dir/extended.service.d/override.conf; ctl daemon-reload",
        words: &["drop-in override.conf beside ours is kept: it was written since the last apply"],
    },
    Edit {
        what: "a hand-made link",
        script: "as_app mkdir -p $dir/timers.target.wants; ln -s $dir/linked.service $dir/timers.target.wants/",
        words: &["made by hand, [Install] does not ask for it"],
    },
    Edit {
        what: "a manual stop",
        script: "ctl stop stopped.service",
        words: &["it ran when abide left it, and was stopped since"],
    },
    Edit {
        what: "a mask",
        script: "rm $dir/masked.service; ctl mask masked.service",
        words: &["masked on the host since abide left it"],
    },
    Edit {
        what: "a forgotten daemon-reload",
        script: "touch $dir/unread.service; sleep 1; touch $dir/unread.service",
        words: &["none since unread.service changed"],
    },
    Edit {
        what: "a changed shell",
        script: "usermod -s /bin/sh app",
        words: &["shell changed on the host since abide set it"],
    },
    Edit {
        what: "lingering that was removed",
        script: "loginctl disable-linger app",
        words: &["switched off since abide enabled it"],
    },
];

const UNITS: [&str; 6] = [
    "edited", "extended", "linked", "stopped", "masked", "unread",
];

fn converged(name: &str) -> World {
    let world = World::both(name);
    let units = UNITS.map(|unit| format!("        {unit}.service: {{source: {unit}.service}}\n"));
    world.manifest(&format!(
        "version: 1\nname: by-hand\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n      app:\n        \
         shell: /bin/bash\n        units:\n  {}",
        units.concat().replace("\n        ", "\n          "),
    ));
    for unit in UNITS {
        world.file(&format!("{unit}.service"), &worker("Environment=V=1"));
    }
    world.converge();
    world
}

#[test]
fn a_plan_names_every_hand_edit_in_one_line_with_its_cause() {
    let world = converged("by-hand");
    let each = EDITS.iter().map(std::slice::from_ref);
    // Without lingering there is no manager of the user in which something else could have been done.
    let together = &EDITS[..EDITS.len() - 1];
    for edits in each.chain([together]) {
        for (host, edit) in ["h1", "h2"]
            .iter()
            .flat_map(|host| edits.iter().map(move |edit| (host, edit)))
        {
            world
                .fleet
                .sh(host, &format!("set -e{AS_APP}{}", edit.script));
        }
        let what: Vec<&str> = edits.iter().map(|edit| edit.what).collect();
        let said = world.abide(&["plan"]).ends_with(0);
        println!("== {what:?}\n{}", said.stdout);
        // One line: prose that was broken is joined again.
        let text = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in edits.iter().flat_map(|edit| edit.words) {
            assert_eq!(
                text.matches(words).count(),
                1,
                "{what:?}: `{words}` in\n{}",
                said.stdout
            );
        }
        for other in EDITS.iter().filter(|edit| !what.contains(&edit.what)) {
            for words in other.words {
                assert!(
                    !text.contains(words),
                    "{what:?}: `{words}` in\n{}",
                    said.stdout
                );
            }
        }
        world.converge();
        for host in ["h1", "h2"] {
            world
                .fleet
                .sh(host, &format!("rm -rf {DIR}/extended.service.d"));
        }
        world.converge();
    }
}
