//! Drop-ins come from a text or a file, and files of users have several spellings.

use abide_model::{Body, HostName};

use crate::support::{Shelf, clean, load_text, load_with, told};

fn text_of(body: &Body) -> String {
    String::from_utf8(body.bytes().expect("plain").as_slice().to_vec()).expect("text")
}

#[test]
fn a_drop_in_is_a_text_or_a_file_and_a_template_by_itself_or_with_its_unit() {
    let files = Shelf::default()
        .with("env.conf", "[Service]\nEnvironment=A=${a}\n")
        .with(
            "a.service",
            "[Service]\nExecStart=/bin/a\nEnvironment=U=${a}\n",
        );
    let loaded = load_with(
        "
version: 1
name: t
vars: {a: filled}
hosts:
  h1:
    units:
      a.service:
        source: a.service
        template: true
        drop_ins:
          10-text.conf: \"[Service]\\nEnvironment=T=${a}\\n\"
          20-file.conf: {source: env.conf}
          30-literal.conf: {source: env.conf, template: false}
      b.service:
        drop_ins:
          10-file.conf: {source: env.conf, template: true}
          20-content.conf: {content: \"[Service]\\nEnvironment=C=${a}\\n\"}
",
        &files,
    );
    assert_eq!(told(&loaded), "");
    let fleet = loaded.fleet.unwrap();
    let units = &fleet.hosts[&HostName::parse("h1").unwrap()].desired.units;
    let texts: Vec<String> = units
        .values()
        .flat_map(|unit| unit.drop_ins.values().map(text_of))
        .collect();
    let value = |text: &String| text.lines().last().unwrap_or_default().to_owned();
    assert_eq!(
        texts.iter().map(value).collect::<Vec<_>>(),
        [
            "Environment=T=filled",
            "Environment=A=filled",
            "Environment=A=${a}",
            "Environment=A=filled",
            "Environment=C=${a}",
        ]
    );
}

#[test]
fn a_drop_in_has_one_content() {
    for (drop_in, why) in [
        ("{}", "this drop-in has no content"),
        ("{source: a, content: b}", "only one of"),
        ("{source: none.conf}", "there is no file"),
        ("[a]", "must be"),
    ] {
        let text = format!(
            "version: 1\nname: t\nhosts: {{h1: {{units: {{a.service: {{drop_ins: {{a.conf: {drop_in}}}}}}}}}}}\n"
        );
        let loaded = load_text(&text);
        assert!(loaded.fleet.is_none(), "{drop_in}");
        let said = format!("{:?}", loaded.diagnostics);
        assert!(said.contains(why), "{drop_in}: {said}");
    }
}

#[test]
fn a_file_below_the_home_is_named_as_people_name_it() {
    let fleet = clean(
        "
version: 1
name: t
groups:
  all:
    users:
      app: {files: {~/.config/env: {content: a}, ~app/.profile: {content: b}}}
hosts:
  h1:
    users:
      app: {files: {/home/app/.config/env: {mode: \"0600\"}}}
      svc: {home: /srv/svc, files: {/srv/svc/x: {content: c}}}
      root: {files: {/root/.x: {content: d}}}
",
    );
    let desired = &fleet.hosts[&HostName::parse("h1").unwrap()].desired;
    let mut files: Vec<String> = Vec::new();
    for (name, user) in &desired.users {
        files.extend(
            user.files
                .iter()
                .map(|(path, file)| format!("{name} {path} {:?}", file.mode)),
        );
    }
    assert_eq!(
        files,
        [
            "app .config/env Some(384)",
            "app .profile None",
            "root .x None",
            "svc x None"
        ]
    );
}

#[test]
fn a_file_elsewhere_and_one_in_two_spellings_are_refused_where_they_stand() {
    for (files, why) in [
        (
            "{/etc/x: {content: a}}",
            "not below the user's home, `/home/app`",
        ),
        ("{~other/x: {content: a}}", "is not below this user's home"),
        (
            "{~/x: {content: a}, x: {content: b}}",
            "declared twice, in two spellings",
        ),
        ("{~/../x: {content: a}}", "not allowed"),
        ("{\"~\": {content: a}}", "is the home itself"),
        ("{/home/app: {content: a}}", "is the home itself"),
        ("{$HOME/x: {content: a}}", "write `~/x`"),
        ("{\"%h/x\": {content: a}}", "write `~/x`"),
    ] {
        let loaded = load_text(&format!(
            "version: 1\nname: t\nhosts: {{h1: {{users: {{app: {{files: {files}}}}}}}}}\n"
        ));
        assert!(loaded.fleet.is_none(), "{files}");
        let said = format!("{:?}", loaded.diagnostics);
        assert!(said.contains(why), "{files}: {said}");
    }
}
