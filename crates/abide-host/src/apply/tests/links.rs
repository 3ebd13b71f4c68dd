//! Links that a run made or removed before it failed are as they were, and it is told.

use std::os::unix::fs::symlink;

use super::local::{Host, on_hosts};
use super::*;

const CONFIG: &str = ".config/systemd/user";

/// All links of the scope, each with where it leads.
fn links(host: &Host) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut open = vec![String::new()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(host.local(CONFIG).join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{folder}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_symlink() {
                let to = std::fs::read_link(entry.path()).unwrap();
                found.insert((name, to.to_str().unwrap().to_owned()));
            } else if entry.file_type().unwrap().is_dir() {
                open.push(format!("{name}/"));
            }
        }
    }
    found
}

/// The home in the list of users is that of whoever runs the tests.
fn apply(host: &Host, shell: &[&str], plan: &Plan) -> (String, i32) {
    let home = "user_home=${user_home##*:}";
    host.apply_with(shell, plan, |script| {
        assert!(script.contains(home));
        script.replace(home, "user_home=$HOME")
    })
}

fn set(links: &[&str]) -> BTreeSet<String> {
    links.iter().map(ToString::to_string).collect()
}

fn with_links(host: &Host) -> BTreeSet<(String, String)> {
    for folder in ["default.target.wants", "x.target.requires"] {
        std::fs::create_dir_all(host.local(CONFIG).join(folder)).unwrap();
    }
    for (link, to) in [
        ("default.target.wants/a.service", "/units/a.service"),
        ("default.target.wants/goes.service", "../odd name.service"),
        ("x.target.requires/a.service", "/units/a.service"),
        ("alias.service", "/units/a.service"),
        ("masked.service", "/dev/null"),
    ] {
        symlink(to, host.local(CONFIG).join(link)).unwrap();
    }
    links(host)
}

/// Links come, go, go over to another unit, and one step stops half way; then a unit does not load.
fn in_all_ways(host: &Host) -> Plan {
    let bad = write(
        host.place("units/bad.service"),
        FilePurpose::Unit,
        Body::Plain("new\n".into()),
        0o644,
    );
    let enable = |add: &[&str], remove: &[&str], file: &str| Change::Enable {
        add: set(add),
        remove: set(remove),
        file: Some(path(file)),
    };
    plan_of(vec![
        (
            host.unit("goes.service"),
            Change::Disable {
                remove: set(&["default.target.wants/goes.service"]),
            },
            vec![],
        ),
        (host.unit("masked.service"), Change::Unmask, vec![]),
        (host.unit("bad.service"), bad, vec![]),
        (
            host.unit("a.service"),
            enable(
                &["new.target.wants/a.service"],
                &[
                    "default.target.wants/a.service",
                    "x.target.requires/a.service",
                    "alias.service",
                ],
                "/units/a.service",
            ),
            vec![],
        ),
        // One name goes over to another unit.
        (
            host.unit("bad.service"),
            enable(&["alias.service"], &[], "/units/bad.service"),
            vec![3],
        ),
        // This one does its first half.
        (
            host.unit("half.service"),
            enable(
                &["first.target.wants/half.service", "a/b/half.service"],
                &[],
                "/units/half.service",
            ),
            vec![],
        ),
        (host.unit("other.service"), Change::Mask, vec![]),
        host.reload(vec![3]),
    ])
}

#[test]
fn links_are_put_back_with_the_files_of_their_units() {
    on_hosts(|host, shell| {
        let before = with_links(host);
        host.put("show.bad.service", "LoadState=bad-setting\nDropInPaths=\n");
        host.put(
            "on.mask",
            "ln -s /dev/null \"$HOME/.config/systemd/user/$3\"; echo Created symlink it.",
        );
        let plan = in_all_ways(host);
        let (told, status) = apply(host, shell, &plan);
        assert_eq!(status, 1, "{told}");
        for step in [1, 2, 3, 4, 5, 7] {
            assert!(
                told.contains(&format!("done {step} ok")),
                "{shell:?} {told}"
            );
            assert!(
                told.contains(&format!("done {step} restored")),
                "{shell:?} {told}"
            );
        }
        assert!(told.contains("done 6 failed"), "{shell:?} {told}");
        assert_eq!(links(host), before, "{shell:?} {told}");
        assert!(
            !host.local(CONFIG).join("new.target.wants").exists(),
            "nothing is left of a directory that was made"
        );
        host.nothing_is_left_over();
    });
}

#[test]
fn what_somebody_made_meanwhile_in_the_place_of_a_link_is_left() {
    on_hosts(|host, shell| {
        with_links(host);
        host.put(
            "on.daemon-reload",
            "echo theirs >\"$HOME/.config/systemd/user/alias.service\"",
        );
        host.put("show.bad.service", "LoadState=bad-setting\nDropInPaths=\n");
        let bad = write(
            host.place("units/bad.service"),
            FilePurpose::Unit,
            Body::Plain("new\n".into()),
            0o644,
        );
        let plan = plan_of(vec![
            (host.unit("bad.service"), bad, vec![]),
            (
                host.unit("a.service"),
                Change::Disable {
                    remove: set(&["alias.service"]),
                },
                vec![],
            ),
            host.reload(vec![1]),
        ]);
        let (told, _) = apply(host, shell, &plan);
        assert!(told.contains("done 2 restored"), "{told}");
        assert_eq!(
            host.content(&format!("{CONFIG}/alias.service")),
            "theirs\n",
            "{shell:?}"
        );
    });
}
