//! The manifests that settle what the language is: two that are right, and two that hold every kind of mistake.

use abide_manifest::{LoadOptions, Loaded, Source, load};
use abide_model::{HostName, LingerReason, Presence, UnitName, UserName, Wanted};

use crate::support::{Directory, crate_directory, told};

fn load_design(name: &str) -> Loaded {
    let directory = crate_directory().join("tests/manifest/design");
    let text = std::fs::read_to_string(directory.join(name)).expect("a manifest of the design");
    let source = Source {
        name: name.to_owned(),
        text,
    };
    load(
        &[source],
        &Directory(directory),
        &LoadOptions {
            allow_commands: true,
            ..LoadOptions::default()
        },
    )
}

fn desired(loaded: &Loaded, host: &str) -> abide_model::Desired {
    let fleet = loaded.fleet.as_ref().expect("a fleet");
    fleet.hosts[&HostName::parse(host).expect("a name")]
        .desired
        .clone()
}

#[test]
fn the_smallest_manifest_implies_lingering_and_a_service_that_runs() {
    let loaded = load_design("01-smallest.yaml");
    assert_eq!(told(&loaded), "");
    let desired = desired(&loaded, "h1");
    let deploy = &desired.users[&UserName::parse("deploy").expect("a name")];
    let sidekiq = UnitName::parse("sidekiq.service").expect("a name");
    assert_eq!(deploy.state, Presence::Present);
    assert_eq!(deploy.linger.value, Some(true));
    assert_eq!(
        deploy.linger.reason,
        LingerReason::ImpliedBy(sidekiq.clone())
    );
    let unit = &deploy.units[&sidekiq];
    assert_eq!((unit.running, unit.enabled), (Wanted::Yes, Wanted::Yes));
    assert!(
        unit.is_ours()
            && unit
                .file
                .as_ref()
                .is_some_and(|file| file.bytes().is_some())
    );
    assert_eq!(unit.declared_at.to_string(), "01-smallest.yaml:12:11");
}

#[test]
fn the_three_scenarios_load_and_the_third_knows_no_lingering() {
    let loaded = load_design("02-three-scenarios.yaml");
    assert_eq!(told(&loaded), "");
    let sidekiq = UserName::parse("sidekiq").expect("a name");
    let second = desired(&loaded, "h2");
    assert_eq!(second.users[&sidekiq].account.system, Some(true));
    assert!(matches!(
        second.users[&sidekiq].linger.reason,
        LingerReason::Declared(_)
    ));
    let third = desired(&loaded, "h3");
    assert!(third.users.is_empty() && third.linger_exclusive.is_none());
    assert_eq!(third.units.len(), 1);
}

#[test]
fn mistakes_of_meaning_come_together_each_at_its_place() {
    let loaded = load_design("03-mistakes-of-meaning.yaml");
    assert!(loaded.fleet.is_none());
    insta::assert_snapshot!(told(&loaded));
}

#[test]
fn each_document_with_a_mistake_of_shape_is_refused_with_a_suggestion() {
    let loaded = load_design("04-mistakes-of-shape.yaml");
    assert!(loaded.fleet.is_none());
    insta::assert_snapshot!(told(&loaded));
}
