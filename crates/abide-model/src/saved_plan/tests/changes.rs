//! The digest changes with what is done and what that stands on, and with nothing else.

use super::*;

/// What is not approved: any of these may differ between two plans that do the same.
fn differ_in_what_does_not_matter((hosts, report): &mut Planned) {
    for (name, host) in hosts {
        host.groups.insert("web".parse().unwrap());
        host.connection.via = Via::Local;
        host.connection.address = Some("10.0.0.1".into());
        host.connection.port = Some(2222);
        // Another checkout: the secret's file is elsewhere, and the same in the manifest.
        host.desired = desired(name, "/srv/other/checkout");
    }
    for host in report.hosts.values_mut() {
        host.millis = 9999;
        let facts = host.facts.as_mut().unwrap();
        facts.boot_id = "another boot".into();
        facts.booted_at = Timestamp(77);
        facts.now = Timestamp(78);
        facts.login = "deploy".parse().unwrap();
        facts.login_uid = 1000;
        facts.root = RootRoute::Sudo;
        facts.run_as = "runuser".into();
        facts.os = "Debian 13".into();
        tell_otherwise(host.plan.as_mut().unwrap());
    }
}

fn tell_otherwise(plan: &mut Plan) {
    plan.unchanged += 1;
    plan.preconditions.reverse();
    plan.notes.push(Note {
        resource: ResourceId::Manager(Scope::System),
        kind: NoteKind::Expect,
        text: crate::NoteText::from_text("a note"),
        why: None,
    });
    plan.ledger_after.users.insert("app".parse().unwrap());
    for fact in &mut plan.preconditions {
        if let Precondition::Unit { invocation, .. } = fact {
            *invocation = "b".repeat(32);
        }
    }
    for action in &mut plan.actions {
        action.causes.push(Cause::RunningOldConfig {
            since: Some(Timestamp(5)),
            keys: Vec::new(),
        });
        if let Change::WriteFile(write) = &mut action.change {
            if let Before::File { content, .. } = &mut write.before {
                *content = None;
            }
            if write.body.is_secret() {
                write.body = secret("/srv/other/checkout");
            }
        }
    }
}

/// How many ways [`differ_in_what_matters`] knows.
const WAYS: usize = 18;

/// What is approved: one of these changed is another plan. Nothing where this plan has no such thing.
fn differ_in_what_matters(planned: &mut Planned, way: usize, at: Index) {
    let names: Vec<HostName> = planned.1.hosts.keys().cloned().collect();
    let name = at.get(&names).clone();
    if way == 0 {
        planned.1.hosts.remove(&name);
        return;
    }
    let host = planned.1.hosts.get_mut(&name).unwrap();
    let plan = host.plan.as_mut().unwrap();
    let length = plan.actions.len();
    match way {
        1 => {
            let id = &mut host.facts.as_mut().unwrap().machine_id;
            id.replace_range(0..1, "x");
        }
        2 => plan.actions.truncate(length - 1),
        3 if length > 1 => {
            let change = plan.actions[0].change.clone();
            plan.actions[0].change = std::mem::replace(&mut plan.actions[1].change, change);
        }
        4 => plan
            .preconditions
            .retain(|fact| !matches!(fact, Precondition::Linger { .. })),
        5 => plan.preconditions.iter_mut().for_each(another_fact),
        _ => another_action(&mut plan.actions[at.index(length)], way),
    }
}

fn another_fact(fact: &mut Precondition) {
    match fact {
        Precondition::File { digest, .. } => *digest = None,
        Precondition::Unit { active, .. } => *active = ActiveState::Activating,
        Precondition::User { uid, .. } => *uid = Some(uid.map_or(0, |uid| uid ^ 1)),
        Precondition::Linger { recorded, .. } => *recorded = !*recorded,
    }
}

fn another_action(action: &mut Action, way: usize) {
    let change = &mut action.change;
    match (way, change) {
        (6, _) => action.resource = ResourceId::User("other".parse().unwrap()),
        (7, _) => action.after.push(ActionId(77)),
        (8, change) => *change = Change::ResetFailed,
        (9, Change::WriteFile(write)) if !write.body.is_secret() => {
            write.body = Body::Plain("not this".into());
        }
        (10, Change::WriteFile(write)) => write.mode = 0o4755,
        (11, Change::WriteFile(write)) => write.purpose = FilePurpose::Plain,
        (12, Change::WriteFile(WriteFile { before, .. }) | Change::RemoveFile { before, .. }) => {
            *before = Before::File {
                digest: Some(Digest::of_bytes(b"not this")),
                content: None,
                mode: 0o644,
            };
        }
        (
            13,
            Change::WriteFile(WriteFile { path: at, .. }) | Change::RemoveFile { path: at, .. },
        ) => *at = path("/etc/shadow"),
        (14, Change::WriteFile(write)) if write.body.is_secret() => {
            write.body = Body::Secret {
                source: SecretSource::Env("OTHER".into()),
                bytes: None,
            };
        }
        (15, Change::Enable { add, .. }) => {
            add.insert("other.target.wants/web.service".into());
        }
        (16, Change::ModifyUser(fields)) => fields[0].to = "/bin/zsh".into(),
        (17, Change::RemoveFile { purpose, .. }) => *purpose = FilePurpose::Unit,
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_does_not_matter_leaves_the_digest_alone(planned in any_planned()) {
        let mut other = planned.clone();
        differ_in_what_does_not_matter(&mut other);
        let (one, other) = (saved(&planned), saved(&other));
        prop_assert_eq!(one.digest, other.digest);
        prop_assert_ne!(one.checksum, other.checksum);
    }

    #[test]
    fn what_matters_changes_the_digest(
        planned in any_planned(),
        way in 0..WAYS,
        at in any::<Index>(),
    ) {
        let mut other = planned.clone();
        differ_in_what_matters(&mut other, way, at);
        prop_assume!(other != planned);
        prop_assert_ne!(saved(&planned).digest, saved(&other).digest, "way {}", way);
    }

    #[test]
    fn shards_put_together_have_the_digest_of_the_whole(
        planned in any_planned(),
        cut in any::<Index>(),
    ) {
        let whole = saved(&planned);
        let at = cut.index(planned.1.hosts.len());
        let part = |wanted: &dyn Fn(usize) -> bool| {
            let (hosts, report) = planned.clone();
            let kept = report.hosts.into_iter().enumerate();
            let kept = kept.filter(|(index, _)| wanted(*index)).map(|(_, host)| host);
            saved(&(hosts, Report { hosts: kept.collect() }))
        };
        let (mut merged, other) = (part(&|index| index >= at), part(&|index| index < at));
        merged.hosts.extend(other.hosts);
        merged.finish(None);
        prop_assert_eq!(merged.digest, whole.digest);
        prop_assert_eq!(merged.hosts, whole.hosts);
    }

    #[test]
    fn a_host_on_which_nothing_is_done_does_not_count(planned in any_planned()) {
        let mut more = planned.clone();
        let name: HostName = "idle".parse().unwrap();
        let mut idle = more.1.hosts.values().next().unwrap().clone();
        idle.plan = Some(plan(&name, Vec::new(), Vec::new()));
        more.1.hosts.insert(name.clone(), idle);
        let wanted = FleetHost {
            groups: BTreeSet::new(),
            connection: connection(),
            desired: desired(&name, "."),
        };
        more.0.insert(name, wanted);
        prop_assert_eq!(saved(&planned).digest, saved(&more).digest);
    }
}

#[test]
fn a_host_is_another_by_its_machine_id_and_not_known_without_one() {
    let identity = |id: &str| facts(id).machine_identity();
    assert_ne!(identity("a"), identity("b"));
    assert_eq!(identity(""), None);
    assert_eq!(identity("uninitialized\n"), None);
    assert_ne!(
        identity("a"),
        Some(Digest::of_bytes(b"a")),
        "not what anybody else computes"
    );
}
