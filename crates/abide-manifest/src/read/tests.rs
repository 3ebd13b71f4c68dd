use super::*;
use crate::schema::WrittenManifest;
use crate::text::{ManifestTexts, TextPlace};

fn read_text(text: &str) -> (ManifestTexts, Result<WrittenManifest, Box<Misfit>>) {
    let mut texts = ManifestTexts::default();
    let number = texts.add("f.yaml", text.into());
    let node = crate::yaml::parse(text).unwrap();
    let manifest = read(&node, number, text);
    (texts, manifest)
}

fn refusal(yaml: &str) -> String {
    let text = format!("version: 1\nname: t\n{yaml}");
    let (texts, manifest) = read_text(&text);
    let finding = manifest.unwrap_err().finding(0);
    format!(
        "{} at `{}`: {} | {}",
        finding.code,
        texts.text_at(finding.at),
        finding.message,
        finding.help.unwrap_or_default()
    )
}

#[test]
fn values_and_their_keys_have_their_places() {
    let text = "version: 1\nname: 'shop'\nhosts:\n  h1: {port: 22, groups: [a, b]}\n";
    let (texts, manifest) = read_text(text);
    let manifest = manifest.unwrap();
    let host = &manifest.hosts["h1"];
    let port = host.value.port.as_ref().unwrap();
    let groups = &host.value.groups.as_ref().unwrap().value;
    let at = |place: TextPlace| texts.text_at(place);
    assert_eq!(
        (at(manifest.name.at), at(manifest.name.key)),
        ("'shop'", "name")
    );
    assert_eq!(
        (at(port.at), at(port.key), at(host.key)),
        ("22", "port", "h1")
    );
    assert_eq!(
        groups.iter().map(|group| at(group.at)).collect::<Vec<_>>(),
        ["a", "b"]
    );
}

#[test]
fn mistakes_of_shape_are_said_in_words_of_the_manifest() {
    let user = |yaml: &str| refusal(&format!("hosts: {{h1: {{users: {{u: {{{yaml}}}}}}}}}"));
    let unit = |yaml: &str| user(&format!("units: {{a.service: {{{yaml}}}}}"));
    insta::assert_snapshot!(
        [
            user("linger: yes"),
            user("unts: {}"),
            user("nothing_like_it: 1"),
            user("files: {.env: {mode: 0600}}"),
            user("files: {.env: {secret: {vault: x}}}"),
            user("files: {.env: {secret: {env: A, file: B}}}"),
            user("uid: \"12\""),
            user("uid: 99999999999"),
            user("uid: -1"),
            user("groups: app"),
            user("system: 1"),
            user("system: \"true\""),
            user("comment: 5"),
            user("units:"),
            unit("state: startd"),
            unit("state: true"),
            unit("enabled: off"),
            unit("enabled: [x]"),
            unit("settle: 5s"),
            unit("drop_ins: {a.conf: {src: x}}"),
            unit("drop_ins: {a.conf: [x]}"),
            refusal("policy: {max_removals: [1]}"),
            refusal("hosts: [h1]"),
            refusal("hosts: {h1: {linger: true}}"),
            refusal("hosts:\n  h1:\n  h2: {}"),
        ]
        .join("\n")
    );
}

#[test]
fn a_missing_key_is_said() {
    let missing = |text| read_text(text).1.unwrap_err().finding(0).message;
    assert_eq!(missing("version: 1\n"), "a manifest needs `name`");
    assert_eq!(missing("name: x\n"), "a manifest needs `version`");
    assert_eq!(missing("[]"), "this must be a map, not a list");
}
