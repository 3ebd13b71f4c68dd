//! Who wins: `all`, then the groups of a host, then the host.

use abide_model::{UnitName, UserName, Wanted};

use crate::support::{host, load_text, told};

fn user(name: &str) -> UserName {
    UserName::parse(name).expect("a user name")
}

fn unit(name: &str) -> UnitName {
    UnitName::parse(name).expect("a unit name")
}

#[test]
fn the_host_wins_over_its_groups_and_they_over_all() {
    let text = "
version: 1
name: t
hosts:
  h1: {groups: [web], users: {u: {shell: /bin/host}}}
  h2: {groups: [web]}
  h3: {}
groups:
  all: {users: {u: {shell: /bin/all, comment: all}}}
  web: {users: {u: {shell: /bin/web}}}
";
    let shell = |name| {
        let account = host(text, name).users[&user("u")].account.clone();
        (account.shell.expect("a shell").to_string(), account.comment)
    };
    assert_eq!(
        shell("h1"),
        ("/bin/host".to_owned(), Some("all".to_owned()))
    );
    assert_eq!(shell("h2").0, "/bin/web");
    assert_eq!(shell("h3").0, "/bin/all");
}

#[test]
fn maps_merge_and_lists_replace_in_the_order_of_the_groups() {
    let text = "
version: 1
name: t
hosts: {h1: {groups: [a, b]}}
groups:
  a: {users: {u: {groups: [one, two], files: {a: {content: a}}, units: {x.service: {state: started, drop_ins: {10-a.conf: ''}}}}}}
  b: {users: {u: {groups: [three], files: {b: {content: b}}, units: {x.service: {enabled: true, drop_ins: {20-b.conf: ''}}}}}}
";
    let settled = host(text, "h1").users[&user("u")].clone();
    let groups: Vec<_> = settled.account.groups.into_iter().flatten().collect();
    assert_eq!(groups, ["three"]);
    assert_eq!(settled.files.len(), 2);
    let x = &settled.units[&unit("x.service")];
    assert_eq!(
        (x.running, x.enabled, x.drop_ins.len()),
        (Wanted::Yes, Wanted::Yes, 2)
    );
    assert_eq!(
        x.declared_at.to_string(),
        "fleet.yaml:6:73",
        "the first place that names it"
    );
}

#[test]
fn a_content_of_a_higher_place_replaces_the_source_of_a_lower_one() {
    let text = "
version: 1
name: t
hosts: {h1: {units: {a.service: {content: \"[Service]\\nExecStart=/bin/host\\n\"}}}}
groups: {all: {units: {a.service: {content: \"[Service]\\nExecStart=/bin/all\\n\"}}}}
";
    let file = host(text, "h1").units[&unit("a.service")].file.clone();
    assert!(
        file.expect("a file")
            .text()
            .expect("text")
            .contains("/bin/host")
    );
}

#[test]
fn groups_that_disagree_are_told_once_however_many_hosts_there_are() {
    let text = "
version: 1
name: t
hosts: {h1: {groups: [a, b]}, h2: {groups: [a, b]}, h3: {groups: [b, a]}}
groups:
  a: {vars: {q: one}, users: {u: {shell: /bin/a, linger: unmanaged}}}
  b: {vars: {q: one}, users: {u: {shell: /bin/b, linger: unmanaged}}}
";
    let loaded = load_text(text);
    insta::assert_snapshot!(told(&loaded));
}

#[test]
fn variables_follow_the_same_order() {
    let text = "
version: 1
name: t
vars: {a: manifest, b: manifest, c: manifest}
hosts: {h1: {vars: {c: host}, groups: [g], users: {u: {files: {f: {template: true, content: '${a} ${b} ${c}'}}}}}}
groups: {g: {vars: {b: group, c: group}}}
";
    let files = host(text, "h1").users[&user("u")].files.clone();
    let body = files.values().next().expect("a file").body.clone();
    assert_eq!(body.text(), Some("manifest group host"));
}

#[test]
fn a_host_can_do_without_a_user_of_its_group() {
    let text = "
version: 1
name: t
hosts: {h1: {groups: [g], users: {u: {state: absent}}}, h2: {groups: [g]}}
groups: {g: {users: {u: {linger: true, files: {a: {content: a}}, units: {a.service: {state: started}}}}}}
";
    let absent = host(text, "h1").users[&user("u")].clone();
    assert_eq!(absent.state, abide_model::Presence::Absent);
    assert_eq!(
        (absent.linger.value, absent.units.len(), absent.files.len()),
        (Some(false), 0, 0)
    );
    assert_eq!(host(text, "h2").users[&user("u")].units.len(), 1);
    let same_rank = text
        .replace("linger: true", "state: absent, linger: true")
        .replace(", users: {u: {state: absent}}", "");
    let codes = told(&load_text(&same_rank));
    assert_eq!(codes.matches("E0407").count(), 3, "{codes}");
}
