//! Facts travel in words, and are told the same when they are read back.

use super::{Aim, StaleFact, StaleKind};
use crate::name::UserName;
use crate::observed::ActiveState;
use crate::path::HostPath;
use crate::plan::{Before, Change, Precondition, ResourceId};
use crate::scope::Scope;

fn file() -> (Scope, HostPath) {
    (Scope::System, HostPath::parse("/etc/app.conf").unwrap())
}

#[test]
fn a_fact_is_written_in_words_and_read_back_with_the_same() {
    let (scope, path) = file();
    let resource = ResourceId::File { scope, path };
    let fact = StaleFact::of_resource(
        resource,
        StaleKind::Replaced {
            from: Before::Absent,
            now: Before::Symlink("/a\nb".to_owned()),
        },
    );
    let text = serde_json::to_string(&fact).unwrap();
    assert_eq!(
        text,
        r#""/etc/app.conf: planned from absent, now a link to /a b""#
    );
    let back: StaleFact = serde_json::from_str(&text).unwrap();
    assert_eq!(back, StaleFact::from_text(fact.to_string()));
    assert_eq!(serde_json::to_string(&back).unwrap(), text);
}

#[test]
fn a_file_and_lingering_are_named_as_the_fact_is_told() {
    let (scope, path) = file();
    let resource = ResourceId::File {
        scope,
        path: path.clone(),
    };
    let needs = StaleKind::Needs(Box::new(Change::RemoveFile {
        path,
        purpose: crate::plan::FilePurpose::Plain,
        before: Before::Absent,
    }));
    assert_eq!(
        StaleFact::of_resource(resource, needs).to_string(),
        "file /etc/app.conf: now needs /etc/app.conf to be removed, which is not in the plan"
    );
    let user = UserName::parse("deploy").unwrap();
    let fact = |recorded| Precondition::Linger {
        user: user.clone(),
        recorded,
    };
    let moved = StaleKind::Moved {
        from: fact(true),
        now: fact(false),
        by: None,
        wanted: Some(Aim::State(ActiveState::Active)),
    };
    assert_eq!(
        StaleFact::of_resource(ResourceId::Linger(user.clone()), moved).to_string(),
        "lingering of deploy: planned from on, now off, wanted active"
    );
}
