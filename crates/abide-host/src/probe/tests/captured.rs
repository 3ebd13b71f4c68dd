//! Answers of real hosts. `testdata/README.md` says which, and how to take them again.
#![expect(clippy::string_slice, reason = "the texts are known to be ASCII there")]

use abide_model::LastLoad;

use super::*;

fn user_scope(observed: &Observed) -> &abide_model::ObservedScope {
    let scope = Scope::User("deploy".parse().unwrap());
    observed.scopes[&scope].as_known().unwrap()
}

#[test]
fn every_captured_answer_is_read() {
    for (name, answer) in ANSWERS {
        let observed = observed(answer);
        assert_eq!(observed.facts.systemd.to_string(), name[..3], "{name}");
        assert_eq!(observed.facts.login.as_str(), "deploy", "{name}");
        assert_eq!(observed.facts.login_uid, 1000, "{name}");
        assert_eq!(observed.facts.system_state, "running", "{name}");
        assert!(
            observed.facts.os.starts_with("Debian GNU/Linux 1"),
            "{name}"
        );
        assert!(observed.facts.booted_at < observed.facts.now, "{name}");
        assert_eq!(observed.lock, None, "{name}");
    }
}

#[test]
fn the_route_to_root_and_the_tool_to_act_as_a_user_are_told() {
    let by_name: BTreeMap<&str, Observed> = ANSWERS
        .into_iter()
        .map(|(name, answer)| (name, observed(answer)))
        .collect();
    assert_eq!(by_name["252 sudo"].facts.root, RootRoute::Sudo);
    assert_eq!(by_name["252 sudo"].facts.run_as, "setpriv");
    // busybox's setpriv cannot change the user.
    assert_eq!(by_name["252 busybox"].facts.run_as, "runuser");
    assert_eq!(
        by_name["257 none"].facts.root,
        RootRoute::None("the manifest says become: never".into())
    );
    assert_eq!(by_name["257 none"].facts.run_as, "");
    assert_eq!(by_name["257 none"].facts.may_linger_itself, Some(false));
    assert_eq!(by_name["257 sudo"].facts.may_linger_itself, None);
}

#[test]
fn users_are_known_absent_or_idle() {
    for (name, answer) in ANSWERS {
        let observed = observed(answer);
        let user = |user: &str| &observed.users[&user.parse().unwrap()];
        let deploy = user("deploy").as_known().unwrap();
        assert_eq!(
            (deploy.uid, deploy.group.as_str()),
            (1000, "deploy"),
            "{name}"
        );
        assert!(deploy.home_exists && deploy.linger.recorded, "{name}");
        assert_eq!(deploy.linger.manager, ActiveState::Active, "{name}");
        // Only the session that asks; since 256 the manager's own is not counted.
        assert_eq!(deploy.linger.sessions, 1, "{name}");
        assert_eq!(user("gone"), &Observation::Absent, "{name}");
        let idle = user("idle").as_known().unwrap();
        assert_eq!(idle.linger.manager, ActiveState::Inactive, "{name}");
        assert_eq!(
            observed.lingering,
            Observation::Known(["deploy".to_owned()].into())
        );
        assert_eq!(
            observed.scopes[&Scope::User("gone".parse().unwrap())],
            Observation::Absent
        );
    }
}

#[test]
fn without_root_other_users_scopes_are_unknown_and_say_why() {
    for (name, answer) in ANSWERS {
        let observed = observed(answer);
        let idle = &observed.scopes[&Scope::User("idle".parse().unwrap())];
        if name == "257 none" {
            let why = "the manifest says become: never".to_owned();
            assert_eq!(
                idle,
                &Observation::Unknown(abide_model::UnknownReason::NeedsRoot { why })
            );
        } else {
            let scope = idle.as_known().unwrap();
            assert_eq!(scope.manager, Manager::Down, "{name}");
            assert_eq!(scope.units.len(), 1, "{name}");
            assert_eq!(scope.config_dir, path("/home/idle/.config/systemd/user"));
            let file = path("/home/idle/.config/systemd/user/x.service");
            assert_eq!(scope.files[&file], Observation::Absent, "{name}");
        }
    }
}

#[test]
fn units_are_told_by_the_names_that_were_asked() {
    for (name, answer) in ANSWERS {
        let observed = observed(answer);
        let system = observed.scopes[&Scope::System].as_known().unwrap();
        let unit = |scope: &abide_model::ObservedScope, unit: &str| {
            scope.units[&UnitName::parse(unit).unwrap()].clone()
        };
        assert_eq!(unit(system, "nope.service").load, "not-found", "{name}");
        assert_eq!(
            unit(system, "ssh.service").active,
            ActiveState::Active,
            "{name}"
        );
        // An alias shows the unit it stands for.
        assert_eq!(
            unit(system, "sshd.service").id.as_str(),
            "ssh.service",
            "{name}"
        );
        let user = user_scope(&observed);
        let sidekiq = unit(user, "sidekiq.service");
        assert_eq!(
            (sidekiq.sub.as_str(), sidekiq.invocation.len()),
            ("running", 32),
            "{name}"
        );
        assert!(sidekiq.condition && sidekiq.started_at.is_some(), "{name}");
        assert_eq!(sidekiq.file_state, "enabled", "{name}");
        assert_eq!(
            unit(user, "app@a.service").active,
            ActiveState::Active,
            "{name}"
        );
        // An instance of our template that somebody else started.
        assert_eq!(
            unit(user, "app@stray.service").active,
            ActiveState::Active,
            "{name}"
        );
        assert_eq!(unit(user, "web.service").load, "not-found", "{name}");
        let loaded = match (&name[..3], &user.manager) {
            // It has no UnitsLoadTimestamp.
            (
                "247",
                Manager::Up {
                    last_load: LastLoad::NotAfter(time),
                },
            ) => time,
            (
                "252" | "257",
                Manager::Up {
                    last_load: LastLoad::At(time),
                },
            ) => time,
            (_, other) => panic!("{name}: {other:?}"),
        };
        assert!(loaded.0 % 1_000_000 != 0, "{name}");
    }
}

#[test]
fn what_only_the_ledger_knows_is_asked_too_where_it_can_be_read() {
    for (name, answer) in ANSWERS {
        let observed = observed(answer);
        let old = UnitName::parse(r"old\x2d.service").unwrap();
        let user = user_scope(&observed);
        if name == "257 none" {
            assert_eq!(observed.ledger, Observation::Absent);
            assert!(!user.units.contains_key(&old));
            continue;
        }
        let ledger = observed.ledger.as_known().unwrap();
        assert_eq!(ledger.units.len(), 3, "{name}");
        assert!(user.units.contains_key(&old), "{name}");
        let system = observed.scopes[&Scope::System].as_known().unwrap();
        assert!(
            system
                .units
                .contains_key(&UnitName::parse("dbus.socket").unwrap())
        );
        let gone = path("/home/deploy/gone\n-x'$\n");
        assert_eq!(user.files[&gone], Observation::Absent, "{name}");
        let profile = user.files[&path("/home/deploy/.profile")]
            .as_known()
            .unwrap();
        assert!(profile.content.is_some(), "{name}");
        // Another manifest's, and one that a newer abide wrote.
        assert_eq!(observed.other_ledgers.len(), 1, "{name}");
    }
}

#[test]
fn contents_come_back_only_where_they_differ_and_may_be_seen() {
    for (name, answer) in ANSWERS {
        let observed = observed(answer);
        let user = user_scope(&observed);
        let file = |text: &str| {
            user.files[&path(&format!("/home/deploy/{text}"))]
                .as_known()
                .unwrap()
        };
        let units = ".config/systemd/user";
        let same = file(&format!("{units}/sidekiq.service"));
        assert_eq!(same.digest, Some(Bytes::from(SIDEKIQ).digest()), "{name}");
        assert_eq!(
            (&same.kind, &same.content),
            (&FileKind::Regular, &None),
            "{name}"
        );
        assert_eq!(
            (same.mode, same.owner.as_str()),
            (0o644, "deploy"),
            "{name}"
        );
        assert!(
            same.changed_at > Timestamp::from_secs(1_700_000_000),
            "{name}"
        );
        assert!(same.changed_at.0 % 1_000_000 != 0, "{name}");
        let content = |text: &str| file(text).content.clone();
        assert_eq!(content("odd 'na\nme' $x"), Some("old".into()), "{name}");
        let drop_in = format!("{units}/sidekiq.service.d/10-x.conf");
        assert_eq!(
            content(&drop_in),
            Some("[Service]\nNice=1\n".into()),
            "{name}"
        );
        // Foreign: its digest is enough.
        let foreign = file(&format!("{units}/sidekiq.service.d/od d\nx.conf"));
        assert!(
            foreign.digest.is_some() && foreign.content.is_none(),
            "{name}"
        );
        // A secret, and a plain file that may have been one.
        for hidden in ["secret.env", "was-secret"] {
            let hidden = file(hidden);
            assert_eq!(
                hidden.digest,
                Some(Bytes::from("canary").digest()),
                "{name}"
            );
            assert_eq!(
                (hidden.content.as_ref(), hidden.mode),
                (None, 0o600),
                "{name}"
            );
        }
        assert!(
            !String::from_utf8_lossy(answer).contains("Y2FuYXJ5"),
            "{name}"
        );
    }
}

#[test]
fn links_are_those_that_could_name_a_unit() {
    for (name, answer) in ANSWERS {
        let observed = observed(answer);
        let links: Vec<String> = user_scope(&observed)
            .links
            .iter()
            .map(|link| format!("{} -> {}", link.path, link.target))
            .collect();
        assert_eq!(
            links,
            [
                "alias.service -> /etc/passwd",
                "default.target.wants/sidekiq.service -> /home/deploy/.config/systemd/user/sidekiq.service",
            ],
            "{name}"
        );
    }
}
