//! Accounts.

use abide_model::{
    Desired, DesiredAccount, FieldChange, InputLook, InputSeen, Observation, Runner,
};
use abide_sim::{SimHost, desired, path, unit_ref, user};

use super::support::{
    as_declared, assert_converges, lines, one, planned, refusals, service, steps,
};

fn account(account: DesiredAccount) -> Desired {
    desired("h1").user("deploy").account(account).build()
}

fn everything() -> DesiredAccount {
    DesiredAccount {
        group: Some("app".to_owned()),
        groups: Some(["docker".to_owned(), "sudo".to_owned()].into()),
        shell: Some(path("/bin/bash")),
        comment: Some("Deploys".to_owned()),
        ..DesiredAccount::default()
    }
}

#[test]
fn a_user_is_changed_in_the_written_attributes_only() {
    let mut host = SimHost::new().with_user("deploy");
    assert_eq!(
        steps(&assert_converges(&mut host, &account(everything()))),
        [
            "user deploy: modify group deploy -> app, groups  -> docker,sudo, shell /bin/sh -> /bin/bash, comment  -> Deploys"
        ]
    );
    assert!(planned(&host, &account(DesiredAccount::default())).is_empty());
}

#[test]
fn a_user_keeps_groups_that_nobody_declares() {
    let mut host = as_declared(&account(everything()));
    let fewer = DesiredAccount {
        groups: Some(["docker".to_owned()].into()),
        ..DesiredAccount::default()
    };
    assert_eq!(
        steps(&assert_converges(&mut host, &account(fewer))),
        Vec::<String>::new()
    );
}

#[test]
fn another_uid_is_given_only_to_a_user_without_processes() {
    let moved = DesiredAccount {
        uid: Some(4000),
        ..DesiredAccount::default()
    };
    let mut idle = SimHost::new().with_user("deploy");
    assert_eq!(
        steps(&assert_converges(&mut idle, &account(moved.clone()))),
        ["user deploy: modify uid 1000 -> 4000"]
    );
    let mut busy = SimHost::new().with_user("deploy");
    busy.log_in(&user("deploy"));
    let plan = assert_converges(&mut busy, &account(moved));
    assert_eq!(
        refusals(&plan),
        ["user deploy: its uid cannot change while processes of the user run"]
    );
}

#[test]
fn a_home_with_declared_things_in_it_is_not_moved() {
    let moved = DesiredAccount {
        home: Some(path("/srv/deploy")),
        ..DesiredAccount::default()
    };
    let mut host = SimHost::new().with_user("deploy");
    let wanted = desired("h1")
        .user("deploy")
        .account(moved.clone())
        .file("app.conf", "a\n")
        .build();
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(
        refusals(&plan),
        [
            "user deploy: its home is /home/deploy, and its declared files and units stand there; they are not moved"
        ]
    );
    let mut host = SimHost::new().with_user("deploy");
    assert_eq!(
        steps(&assert_converges(&mut host, &account(moved))),
        ["user deploy: modify home /home/deploy -> /srv/deploy"]
    );
}

#[test]
fn empty_gecos_parts_are_no_difference() {
    let wanted = account(DesiredAccount {
        comment: Some("Deploys".to_owned()),
        ..DesiredAccount::default()
    });
    let mut seen = SimHost::new().with_user("deploy").observe(&wanted);
    let Some(Observation::Known(deploy)) = seen.users.get_mut(&user("deploy")) else {
        panic!()
    };
    "Deploys,,,".clone_into(&mut deploy.comment);
    assert!(crate::plan(&wanted, &seen).is_empty());
}

#[test]
fn a_user_that_goes_is_deleted_last_of_all() {
    let mut host = as_declared(&one("web.service", &service("/bin/web")).build());
    let gone = desired("h1").user("deploy").user_absent(true).build();
    assert_eq!(
        steps(&assert_converges(&mut host, &gone)),
        lines(
            "user:deploy/web.service: stop
            linger deploy: disable-linger
            user deploy: delete (with home: true)"
        )
    );
    assert!(planned(&host, &gone).ledger_after == abide_model::Ledger::default());
}

#[test]
fn a_user_whose_home_cannot_be_removed_is_kept() {
    let gone = desired("h1").user("deploy").user_absent(true);
    let host = SimHost::new().with_user("deploy").with_user("inner");
    let home = path("/home/deploy");
    let owner = InputLook::Owner(home.clone());
    let room = InputLook::Room {
        runner: Runner::Root,
        directory: path("/home"),
    };
    let refused = |looks: &[(&InputLook, InputSeen)]| {
        let wanted = gone.clone().build();
        let mut observed = host.observe(&wanted);
        let looks = looks
            .iter()
            .map(|(look, seen)| ((*look).clone(), seen.clone()));
        observed.inputs.extend(looks);
        refusals(&crate::plan(&wanted, &observed))
    };
    let by = |name: &str| name.to_owned();
    let own = || InputSeen::Owned { by: by("deploy") };
    let unwritable = || InputSeen::NotWritable {
        directory: path("/home"),
    };
    assert_eq!(
        refused(&[(&owner, own()), (&room, InputSeen::Present)]),
        Vec::<String>::new()
    );
    assert_eq!(refused(&[]), Vec::<String>::new(), "nobody looked");
    // What is gone is not in the way of its user.
    assert_eq!(
        refused(&[(&owner, InputSeen::Absent), (&room, unwritable())]),
        Vec::<String>::new()
    );
    let why = |seen: Vec<String>| seen.concat();
    assert_eq!(
        why(refused(&[(&owner, InputSeen::Owned { by: by("root") })])),
        "user deploy: its home /home/deploy cannot be removed: it belongs to root"
    );
    assert_eq!(
        why(refused(&[(&owner, InputSeen::Link { by: by("deploy") })])),
        "user deploy: its home /home/deploy cannot be removed: it is a symbolic link"
    );
    assert_eq!(
        why(refused(&[(&owner, own()), (&room, unwritable())])),
        "user deploy: its home /home/deploy cannot be removed: nothing can be removed from the directory that it is in (is it mounted read-only?)"
    );

    let mut two = gone.clone().user("inner").build();
    let mut observed = host.observe(&two);
    if let Some(Observation::Known(inner)) = observed.users.get_mut(&user("inner")) {
        inner.home = path("/home/deploy/in");
    }
    assert_eq!(
        why(refusals(&crate::plan(&two, &observed))),
        "user deploy: its home /home/deploy cannot be removed: the home of inner is in it"
    );
    // Who goes as well is gone by then.
    two = gone.clone().user("inner").user_absent(true).build();
    assert_eq!(
        refusals(&crate::plan(&two, &observed)),
        Vec::<String>::new()
    );
}

/// What is to be done and what is refused, where these users go, each with its home where that is said.
fn all_go(users: &[(&str, &str, bool)]) -> (abide_model::Plan, Vec<String>) {
    let mut host = SimHost::new();
    let mut wanted = desired("h1");
    for (name, _, remove_home) in users {
        host = host.with_user(name);
        wanted = wanted.user(name).user_absent(*remove_home);
    }
    let wanted = wanted.build();
    let mut observed = host.observe(&wanted);
    for (name, home, _) in users {
        if let Some(Observation::Known(found)) = observed.users.get_mut(&user(name)) {
            found.home = path(home);
        }
    }
    let plan = crate::plan(&wanted, &observed);
    let refused = refusals(&plan);
    (plan, refused)
}

#[test]
fn whose_home_is_in_the_home_of_another_goes_first() {
    let users = [
        ("a", "/srv/a", true),
        ("b", "/srv/a/b", true),
        ("c", "/srv/a/b/c", true),
        ("d", "/srv/d", true),
    ];
    for users in [
        users,
        [users[3], users[2], users[1], users[0]],
        // The names say nothing of it.
        [
            ("c", "/srv/a", true),
            ("d", "/srv/a/b", true),
            ("a", "/srv/a/b/c", true),
            ("b", "/srv/d", true),
        ],
    ] {
        let (plan, refused) = all_go(&users);
        assert_eq!(refused, Vec::<String>::new());
        let of = |home: &str| {
            let (name, ..) = users.iter().find(|(_, at, _)| *at == home).unwrap();
            let resource = abide_model::ResourceId::User(user(name));
            plan.actions
                .iter()
                .find(|one| one.resource == resource)
                .unwrap()
        };
        let [outer, middle, inner, other] = ["/srv/a", "/srv/a/b", "/srv/a/b/c", "/srv/d"].map(of);
        assert!(outer.id > middle.id && middle.id > inner.id, "{plan:#?}");
        // A home is not removed where the one in it is still there.
        assert_eq!(outer.after, [inner.id, middle.id]);
        assert_eq!(middle.after, [inner.id]);
        assert!(inner.after.is_empty() && other.after.is_empty());
    }
}

#[test]
fn a_home_is_kept_with_the_home_in_it_that_stays() {
    // One is to be kept, though its user goes.
    let (_, refused) = all_go(&[("a", "/srv/a", true), ("b", "/srv/a/b", false)]);
    let why = "its home /srv/a cannot be removed: the home of b is in it";
    assert_eq!(refused, [format!("user a: {why}")]);
    // The outer one is kept: then the inner one may go.
    let (plan, refused) = all_go(&[("a", "/srv/a", false), ("b", "/srv/a/b", true)]);
    assert_eq!(refused, Vec::<String>::new());
    assert_eq!(plan.actions.len(), 2);
    // One cannot go itself, and keeps those around it.
    let (plan, refused) = all_go(&[
        ("a", "/srv/a", true),
        ("b", "/srv/a/b", true),
        ("c", "/srv/a/b/c", false),
    ]);
    assert_eq!(plan.actions.len(), 1, "{plan:#?}");
    assert_eq!(refused.len(), 2, "{refused:#?}");
    // Of two users with one home nobody can say whose it is.
    let (plan, refused) = all_go(&[("a", "/srv/a", true), ("b", "/srv/a", true)]);
    assert_eq!((plan.actions.len(), refused.len()), (0, 2), "{refused:#?}");
    let (plan, refused) = all_go(&[("a", "/srv/a", false), ("b", "/srv/a", false)]);
    assert_eq!((plan.actions.len(), refused.len()), (2, 0), "{refused:#?}");
}

#[test]
fn neither_the_superuser_nor_the_login_user_nor_a_logged_in_one_is_deleted() {
    let gone = |name: &str| desired("h1").user(name).user_absent(false).build();
    let host = SimHost::new().with_user("deploy");
    assert_eq!(
        refusals(&planned(&host, &gone("root"))),
        ["user root: the superuser is never deleted"]
    );
    let mut as_deploy = host.clone();
    as_deploy.facts.login = user("deploy");
    assert_eq!(
        refusals(&planned(&as_deploy, &gone("deploy"))),
        ["user deploy: abide is logged in as this user and does not delete it"]
    );
    let mut busy = host;
    busy.log_in(&user("deploy"));
    assert_eq!(
        refusals(&planned(&busy, &gone("deploy"))),
        ["user deploy: the user is logged in (1 session)"]
    );
}

#[test]
fn a_user_whose_processes_are_not_all_ours_is_not_deleted_unless_that_is_said() {
    let mut host = as_declared(&one("web.service", &service("/bin/web")).build());
    host.edit(&abide_sim::Edit::Write(
        unit_ref("user:deploy/mine.service"),
        service("/bin/mine"),
    ));
    host.start(&unit_ref("user:deploy/mine.service")).unwrap();
    host.run_stray(&user("deploy"), "import");
    let gone = desired("h1").user("deploy").user_absent(false);
    let plan = planned(&host, &gone.clone().build());
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert_eq!(
        refusals(&plan),
        [
            "user deploy: what no unit of ours started runs as this user: unit (101, in mine.service), \
          import (103, in cron.service)"
        ]
    );
    assert_eq!(
        steps(&assert_converges(&mut host, &gone.end_processes().build())),
        lines(
            "user:deploy/web.service: stop
            linger deploy: disable-linger
            user deploy: delete (with home: false, with processes)"
        )
    );
}

#[test]
fn a_user_without_its_home_is_refused_before_anything_is_written() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let mut host = SimHost::new().with_user("deploy");
    host.set_home_exists(&user("deploy"), false);
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert_eq!(
        refusals(&plan),
        ["manager user:deploy: its home /home/deploy is not there"]
    );
}

#[test]
fn a_gone_user_that_was_ours_is_forgotten() {
    let first = one("web.service", &service("/bin/web")).build();
    let host = as_declared(&first);
    let nothing = desired("h1").build();
    let mut seen = host.observe(&nothing);
    seen.users.insert(user("deploy"), Observation::Absent);
    seen.scopes
        .insert(abide_sim::scope("user:deploy"), Observation::Absent);
    seen.lingering = Observation::Known([].into());
    let plan = crate::plan(&nothing, &seen);
    assert_eq!(
        steps(&plan),
        ["user deploy: forget", "linger deploy: forget"]
    );
    assert_eq!(plan.ledger_after, abide_model::Ledger::default());
}

#[test]
fn a_field_says_from_and_to() {
    let wanted = account(DesiredAccount {
        shell: Some(path("/bin/bash")),
        ..DesiredAccount::default()
    });
    let plan = planned(&SimHost::new().with_user("deploy"), &wanted);
    let shell = FieldChange {
        field: abide_model::AccountField::Shell,
        from: "/bin/sh".to_owned(),
        to: "/bin/bash".to_owned(),
    };
    assert_eq!(
        plan.actions[0].change,
        abide_model::Change::ModifyUser(vec![shell])
    );
}
