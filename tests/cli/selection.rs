//! Which hosts a command is about.

use crate::{Desk, TWO_HOSTS, said};

#[test]
fn a_selection_that_matches_nothing_is_4_and_lists_what_there_is() {
    let desk = Desk::with(TWO_HOSTS);
    for (line, message) in [
        (
            &["plan", "--host", "wbe1"][..],
            "--host `wbe1` matches no host",
        ),
        (
            &["plan", "--host", "web1", "--exclude", "x*"],
            "--exclude `x*` matches no host",
        ),
        (&["plan", "--group", "webb"], "--group `webb` has no host"),
        (
            &["apply", "--yes", "--exclude", "*"],
            "the selection leaves no host",
        ),
        (
            &["show", "--script", "nope"],
            "--host `nope` matches no host",
        ),
        (
            &["show", "--resolved", "nope"],
            "the manifest has no host `nope`",
        ),
    ] {
        let said = desk.abide(line);
        assert_eq!(said.code, 4, "{line:?}: {said:?}");
        assert!(
            said.stderr.starts_with(&format!("error: {message}\n")),
            "{}",
            said.stderr
        );
    }
    let said = desk.abide(&["plan", "--host", "wbe1"]);
    assert!(
        said.stderr.contains("hint: the hosts are db1, web1"),
        "{}",
        said.stderr
    );
}

#[test]
fn only_selected_hosts_are_spoken_to() {
    let desk = Desk::with(TWO_HOSTS);
    for line in [
        &["plan", "--host", "w*"][..],
        &["--host", "web?", "plan"],
        &["plan", "--group", "web"],
        &["plan", "--exclude", "db*"],
        &["plan", "--group", "all", "--exclude", "db1"],
    ] {
        let said = desk.abide(line);
        assert_eq!(said.code, 3, "{line:?}");
        let everything = said.stdout + &said.stderr;
        assert!(
            everything.contains("web1") && !everything.contains("db1"),
            "{line:?}: {everything}"
        );
    }
}

/// Five hosts that nothing listens for.
const FIVE_HOSTS: &str = "
version: 1
name: five
connection: {user: deploy, connect_timeout: 2s}
hosts:
  web1: {address: 127.0.0.1, port: 9, groups: [web]}
  web2: {address: 127.0.0.1, port: 9, groups: [web]}
  web3: {address: 127.0.0.1, port: 9, groups: [web]}
  db1: {address: 127.0.0.1, port: 9, groups: [db]}
  db2: {address: 127.0.0.1, port: 9, groups: [db]}
groups:
  web: {}
  db: {}
  all:
    units:
      nginx.service: {state: started}
";

fn names(desk: &Desk, line: &[&str]) -> Vec<String> {
    let line = [&["hosts", "--json"][..], line].concat();
    let said = desk.abide(&line);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{line:?}");
    let hosts: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let name = |host: &serde_json::Value| host["host"].as_str().unwrap().to_owned();
    hosts.as_array().unwrap().iter().map(name).collect()
}

#[test]
fn shards_part_the_selection_and_every_host_is_in_one() {
    let desk = Desk::with(FIVE_HOSTS);
    for count in [1, 2, 3, 7] {
        for selected in [&[][..], &["--group", "web"], &["--exclude", "db1"]] {
            let mut parted: Vec<String> = (1..=count)
                .flat_map(|index| {
                    let shard = format!("{index}/{count}");
                    names(&desk, &[&["--shard", &shard], selected].concat())
                })
                .collect();
            parted.sort();
            assert_eq!(parted, names(&desk, selected), "{count} {selected:?}");
        }
    }
    // The shard of a host is what anybody can compute, and the same whatever else is selected.
    let said = desk.abide(&[
        "hosts", "--shard", "2/3", "--json", "--host", "web1", "--host", "db1",
    ]);
    let alone = desk.abide(&["hosts", "--shard", "2/3", "--json"]);
    for name in ["web1", "db1"] {
        let mark = format!("\"host\":\"{name}\"");
        assert_eq!(said.stdout.contains(&mark), alone.stdout.contains(&mark));
    }
}

#[test]
fn a_group_stays_in_one_shard_where_that_is_asked_for() {
    let desk = Desk::with(FIVE_HOSTS);
    for index in 1..=4 {
        let shard = format!("{index}/4");
        let hosts = names(&desk, &["--shard-by", "group", "--shard", &shard]);
        for group in [&["web1", "web2", "web3"][..], &["db1", "db2"]] {
            let there = group
                .iter()
                .filter(|name| hosts.iter().any(|host| host == *name));
            let there = there.count();
            assert!(there == 0 || there == group.len(), "{hosts:?}");
        }
    }
}

#[test]
fn only_the_hosts_of_the_shard_are_spoken_to_and_an_empty_shard_is_a_success() {
    let desk = Desk::with(FIVE_HOSTS);
    let mut empty = 0;
    for index in 1..=7 {
        let shard = format!("{index}/7");
        let of = names(&desk, &["--shard", &shard]);
        for command in [&["plan"][..], &["apply", "--yes"], &["status"]] {
            // By the variable here, as a job of many has it.
            let said = said(desk.command(command).env("ABIDE_SHARD", &shard));
            let everything = said.stdout + &said.stderr;
            assert_eq!(said.code, if of.is_empty() { 0 } else { 3 }, "{everything}");
            for name in ["web1", "web2", "web3", "db1", "db2"] {
                let is_in = of.iter().any(|host| host == name);
                assert_eq!(
                    everything.contains(name),
                    is_in,
                    "{shard} {command:?}: {everything}"
                );
            }
        }
        empty += usize::from(of.is_empty());
    }
    assert!(empty >= 2, "seven shards of five hosts");
}

#[test]
fn a_shard_that_there_is_not_is_a_usage_error() {
    let desk = Desk::with(FIVE_HOSTS);
    for wrong in ["0/3", "4/3", "3", "a/b", "1/0", "", "1/2/3", "-1/3"] {
        let flag = format!("--shard={wrong}");
        let by_flag = desk.abide(&["plan", &flag]);
        assert_eq!(by_flag.code, 64, "{wrong}: {by_flag:?}");
        assert!(by_flag.stderr.contains("shard"), "{}", by_flag.stderr);
        let by_variable = said(desk.command(&["plan"]).env("ABIDE_SHARD", wrong));
        assert_eq!(by_variable.code, 64, "{wrong}: {by_variable:?}");
    }
    for line in [
        &["plan", "--shard", "1/2", "--shard-by", "name"][..],
        &["hosts", "--matrix", "0"],
        &["hosts", "--matrix", "257"],
        &["hosts", "--matrix", "2", "--shard", "1/2"],
    ] {
        assert_eq!(desk.abide(line).code, 64, "{line:?}");
    }
    // A selection that matches nothing stays an error: only a shard may be empty.
    let typo = desk.abide(&["plan", "--host", "wbe*", "--shard", "1/2"]);
    assert_eq!(typo.code, 4, "{typo:?}");
}

#[test]
fn hosts_are_told_without_speaking_to_them() {
    let desk = Desk::with(FIVE_HOSTS);
    let said = desk.abide(&["hosts", "--matrix", "2"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(said.stdout, @r"
    HOST  ADDRESS                  GROUPS  SHARD
    db1   deploy@127.0.0.1 port 9  db      1/2
    db2   deploy@127.0.0.1 port 9  db      2/2
    web1  deploy@127.0.0.1 port 9  web     1/2
    web2  deploy@127.0.0.1 port 9  web     2/2
    web3  deploy@127.0.0.1 port 9  web     1/2

    5 hosts.
    ");
    let json = desk.abide(&["hosts", "--host", "web2", "--json"]);
    insta::assert_snapshot!(json.stdout, @r#"[{"host":"web2","via":"ssh","address":"127.0.0.1","port":9,"user":"deploy","groups":["web"]}]"#);
    // One line, and no more shards than hosts: a machine for nothing is a machine wasted.
    let matrix = |most: &str| desk.abide(&["hosts", "--matrix", most, "--json"]).stdout;
    assert_eq!(matrix("2"), "[\"1/2\",\"2/2\"]\n");
    assert_eq!(matrix("256"), "[\"1/5\",\"2/5\",\"3/5\",\"4/5\",\"5/5\"]\n");
}

#[test]
fn a_rollout_that_counts_hosts_is_not_begun_in_a_shard() {
    let desk = Desk::with(&format!("{TWO_HOSTS}rollout: {{canary: 1, batch: 50%}}\n"));
    for line in [
        &["apply", "--yes", "--shard", "1/2"][..],
        &["drift", "--fix", "--yes", "--shard", "1/2"],
    ] {
        let said = desk.abide(line);
        assert_eq!(said.code, 7, "{line:?}: {said:?}");
        assert!(
            said.stderr.contains("rollout counts hosts (canary: 1)"),
            "{said:?}"
        );
    }
    // A plan of the shard is made, put together with the others, and applied in one piece; not by itself.
    for shard in ["1/2", "2/2"] {
        let name = format!("{}.json", shard.replace('/', "-of-"));
        let said = desk.abide(&["plan", "--shard", shard, "-o", &name]);
        assert!(matches!(said.code, 0 | 3), "{said:?}");
        let said = desk.abide(&["apply", &name]);
        assert_eq!(said.code, 7, "{said:?}");
    }
    let merged = desk.abide(&["merge", "1-of-2.json", "2-of-2.json", "-o", "all.json"]);
    assert_eq!(merged.code, 0, "{merged:?}");
    assert_eq!(desk.abide(&["apply", "all.json"]).code, 3);
    assert_eq!(desk.abide(&["apply", "all.json", "--shard", "1/2"]).code, 7);
    for line in [
        &["apply", "--yes"][..],
        &["apply", "--yes", "--shard-by", "group", "--shard", "1/2"],
        &["drift", "--shard", "1/2"],
    ] {
        let said = desk.abide(line);
        assert!(matches!(said.code, 0 | 3), "{line:?}: {said:?}");
    }
}
