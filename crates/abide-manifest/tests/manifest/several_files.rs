//! Several manifest files, and the files that they name.

use abide_manifest::{LoadOptions, Loaded, Source, load};
use abide_model::{Body, SecretCommand, SecretSource};

use crate::support::{Shelf, told};

fn source(name: &str, text: &str) -> Source {
    Source {
        name: name.to_owned(),
        text: format!("version: 1\nname: shop\n{text}"),
    }
}

fn load_all(sources: &[Source], files: &Shelf, options: LoadOptions) -> Loaded {
    let options = LoadOptions {
        allow_commands: true,
        ..options
    };
    load(sources, files, &options)
}

const SERVICE: &str = "[Service]\nExecStart=/bin/a\n[Install]\nWantedBy=multi-user.target\n";

#[test]
fn files_are_merged_and_paths_are_relative_to_their_own_file() {
    let sources = [
        source(
            "deploy/hosts.yaml",
            "hosts: {h1: {groups: [g]}}\nconnection: {ssh_config: ./ssh}",
        ),
        source(
            "deploy/groups/g.yaml",
            "groups: {g: {units: {a.service: {source: a.service}}}}",
        ),
    ];
    let files = Shelf::default().with("deploy/groups/a.service", SERVICE);
    let loaded = load_all(&sources, &files, LoadOptions::default());
    assert_eq!(told(&loaded), "");
    let fleet = loaded.fleet.expect("a fleet");
    let host = fleet.hosts.values().next().expect("a host");
    assert_eq!(host.desired.units.len(), 1);
    assert_eq!(host.connection.ssh_config.as_deref(), Some("deploy/ssh"));
    assert!(
        loaded.texts.contains_key("deploy/groups/a.service"),
        "diagnostics may point into it"
    );
}

#[test]
fn what_stands_in_two_files_is_an_error_that_names_both() {
    let both = "hosts: {h1: {}}\ngroups: {g: {}}\nvars: {v: x}\npolicy: {prune: true}\n";
    let sources = [source("a.yaml", both), source("b.yaml", both)];
    let loaded = load_all(&sources, &Shelf::default(), LoadOptions::default());
    assert!(loaded.fleet.is_none());
    let codes: Vec<_> = loaded
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code.0)
        .collect();
    assert_eq!(codes, ["E0202"; 4]);
    for diagnostic in &loaded.diagnostics {
        assert_eq!(diagnostic.span.origin.file, "b.yaml");
        assert_eq!(diagnostic.also[0].0.origin.file, "a.yaml");
    }
}

#[test]
fn a_mistake_in_a_unit_file_points_into_it_and_at_the_manifest() {
    let sources = [source(
        "m.yaml",
        "hosts: {h1: {users: {u: {units: {a.service: {source: units/a.service}}}}}}",
    )];
    let files = Shelf::default().with("units/a.service", "[Service]\nUser=x\nExecStart=/bin/a\n");
    let loaded = load_all(&sources, &files, LoadOptions::default());
    let diagnostic = &loaded.diagnostics[0];
    assert_eq!(diagnostic.span.origin.to_string(), "units/a.service:2:6");
    assert_eq!(diagnostic.also[0].0.origin.to_string(), "m.yaml:3:54");
    assert_eq!(diagnostic.also[0].1, "named here");
}

#[test]
fn secrets_are_named_and_not_looked_up() {
    let text = "hosts: {h1: {users: {u: {files: {a: {secret: {file: s/key}}, b: {secret: {env: TOKEN}, mode: '0640'}, c: {secret: {command: [sops, -d, x]}}}}}}}";
    let sources = [source("deploy/m.yaml", text)];
    let loaded = load_all(&sources, &Shelf::default(), LoadOptions::default());
    assert_eq!(told(&loaded), "");
    let fleet = loaded.fleet.expect("a fleet");
    let desired = &fleet.hosts.values().next().expect("a host").desired;
    let files: Vec<_> = desired
        .users
        .values()
        .flat_map(|user| user.files.values())
        .collect();
    let source = |index: usize| match &files[index].body {
        Body::Secret {
            source,
            bytes: None,
        } => source.clone(),
        other => panic!("not an unresolved secret: {other:?}"),
    };
    assert_eq!(source(0), SecretSource::File("deploy/s/key".to_owned()));
    assert_eq!(source(1), SecretSource::Env("TOKEN".to_owned()));
    assert_eq!(
        source(2),
        SecretSource::Command(SecretCommand::new(
            ["sops", "-d", "x"].map(str::to_owned).to_vec()
        ))
    );
    assert_eq!((files[0].mode, files[1].mode), (Some(0o600), Some(0o640)));
}

#[test]
fn outside_is_allowed_only_when_asked_for() {
    let sources = [source(
        "deploy/m.yaml",
        "hosts: {h1: {units: {a.service: {source: ../a.service}}}}",
    )];
    let files = Shelf::default().with("deploy/../a.service", SERVICE);
    let refused = load_all(&sources, &files, LoadOptions::default());
    assert!(
        told(&refused).starts_with("E0302 deploy/m.yaml:3:42 `../a.service`"),
        "{}",
        told(&refused)
    );
    let allowed = load_all(
        &sources,
        &files,
        LoadOptions {
            allow_outside: true,
            ..LoadOptions::default()
        },
    );
    assert_eq!(told(&allowed), "");
}

#[test]
fn a_file_that_many_units_use_is_read_once() {
    use std::cell::Cell;

    struct Counting(Cell<usize>);
    impl abide_manifest::Files for Counting {
        fn read(&self, _: &str, _: usize) -> Result<Vec<u8>, abide_manifest::Unreadable> {
            self.0.set(self.0.get() + 1);
            Ok(SERVICE.as_bytes().to_vec())
        }
    }
    let text = "hosts: {h1: {}, h2: {}}\ngroups: {all: {units: {a.service: {source: x}, b.service: {source: x}}}}";
    let files = Counting(Cell::new(0));
    let loaded = load(&[source("m.yaml", text)], &files, &LoadOptions::default());
    assert!(loaded.fleet.is_some());
    assert_eq!(files.0.get(), 1);
}
