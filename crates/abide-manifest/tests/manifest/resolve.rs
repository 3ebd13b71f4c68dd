//! `abide show --resolved`: each value with where it comes from.

use abide_manifest::{LoadOptions, Resolved, Source, resolve};
use abide_model::HostName;

use crate::support::Shelf;

fn resolved(text: &str, host: &str) -> String {
    let source = Source {
        name: "m.yaml".to_owned(),
        text: text.to_owned(),
    };
    let host = HostName::parse(host).expect("a name");
    let shown = |value: Resolved| {
        let origin = value
            .origin
            .map_or(String::new(), |origin| format!(" {origin}"));
        format!(
            "{} = {}   [{}{origin}]\n",
            value.path, value.value, value.from
        )
    };
    let values = resolve(&[source], &Shelf::default(), &LoadOptions::default(), &host);
    values.into_iter().map(shown).collect::<Vec<_>>().concat()
}

#[test]
fn every_value_says_where_it_comes_from() {
    let text = "
version: 1
name: t
connection: {user: deploy, become: sudo}
vars: {q: one}
hosts:
  h1: {groups: [web], port: 2222, users: {u: {shell: /bin/sh}}}
groups:
  all: {linger: {exclusive: true}}
  web:
    users:
      u:
        groups: [app]
        files: {.env: {secret: {env: TOKEN}}}
        units:
          a.service: {content: \"[Service]\\nExecStart=/bin/a\\nEnvironmentFile=%h/.env\\n\", settle: {timeout: 2m}}
    units: {old.service: {state: absent}}
";
    insta::assert_snapshot!(resolved(text, "h1"));
}

#[test]
fn nothing_is_said_of_a_host_that_is_not_there() {
    assert_eq!(resolved("version: 1\nname: t\nhosts: {h1: {}}\n", "h2"), "");
    assert_eq!(resolved("version: 1\n", "h1"), "");
}
