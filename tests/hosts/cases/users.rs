//! Users that are declared absent.

use super::case::Case;

fn service() -> String {
    "[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/sh -c 'echo stop >>%h/log'\n[Install]\nWantedBy=default.target\n".to_owned()
}

#[test]
fn a_user_that_goes_is_stopped_in_order_and_its_home_stays_unless_said() {
    let mut case = Case::user("leaver");
    case.unit("a.service", &service());
    case.begin();
    let uid = case.ask(|at| at.root("id -u leaver").trim().to_owned());
    case.without("a.service").user_key("state: absent");
    case.plan()
        .says_in_order(&["a.service", "stop"])
        .says("disable")
        .says("delete");
    case.converge();
    case.each(|at| {
        let uid = &uid[usize::from(at.host == "h2")];
        at.root("! getent passwd leaver");
        at.root("! [ -e /var/lib/systemd/linger/leaver ]");
        assert_eq!(at.root("cat /home/leaver/log"), "stop\n", "it was stopped in order");
        at.root(&format!("! systemctl is-active --quiet user@{uid}.service && ! [ -e /run/user/{uid} ] && ! pgrep -u {uid}"));
        at.root("rm -r /home/leaver");
    });

    // Again, and with its home.
    case.user_key("state: present")
        .unit("a.service", &service());
    case.begin();
    case.without("a.service")
        .user_key("state: absent")
        .user_key("remove_home: true");
    case.plan().says("with its home directory");
    case.converge();
    case.each(|at| {
        at.root("! [ -e /home/leaver ] && ! getent passwd leaver");
    });
}

#[test]
fn a_user_who_gets_the_id_of_one_that_just_went_keeps_its_manager() {
    let mut first = Case::user("before");
    first.user_key("uid: 4242").unit("a.service", &service());
    first.begin();
    first.without("a.service").user_key("state: absent");
    first.without_user_key("uid").user_key("remove_home: true");
    first.converge();

    let mut second = Case::on(first.world, "after");
    second.user_key("uid: 4242").unit("a.service", &service());
    second.begin();
    second.each(|at| {
        // As long as logind takes to forget the first.
        at.root("sleep 12; systemctl is-active --quiet user@4242.service");
        let known = at.root("loginctl show-user after -p State --value");
        assert_eq!(known.trim(), "lingering", "{}", at.host);
        at.is("a.service", "active");
    });
    second.stays();
}

#[test]
fn neither_root_nor_the_connecting_user_is_deleted() {
    let world = crate::support::World::used();
    world.manifest("version: 1\nname: norroot\nhosts: {h1: {}, h2: {}}\ngroups: {all: {users: {root: {state: absent}, deploy: {state: absent}}}}\n");
    let said = world.plan().ends_with(7);
    said.says("the superuser is never deleted")
        .says("abide is logged in as this user");
    world.apply().ends_with(7);
    world.fleet.sh("h1", "getent passwd root deploy");
}

#[test]
fn a_user_whose_processes_are_not_all_ours_is_not_deleted_unless_that_is_said() {
    let mut case = Case::user("busy");
    case.unit("a.service", &service());
    case.begin();
    case.each(|at| {
        // One in a unit of its own, one in a service of the system, which starts it again.
        at.sh("systemd-run --user --quiet --unit=mine.service sleep 1001");
        at.root("systemd-run --quiet --unit=busy-import.service --uid=busy sleep 1002");
    });
    case.without("a.service").user_key("state: absent");
    let said = case.plan().ends_with(7);
    said.says("what no unit of ours started runs as this user")
        .says("in mine.service")
        .says("in busy-import.service")
        .says("end_processes: true");
    case.apply().ends_with(7);
    case.each(|at| {
        at.is("a.service", "active");
        at.is("mine.service", "active");
    });
    case.user_key("end_processes: true");
    case.plan().says("and end all that runs as this user");
    case.converge();
    case.each(|at| {
        at.root("! getent passwd busy && ! pgrep -f 'sleep 100[12]'");
        assert_eq!(
            at.root("cat /home/busy/log"),
            "stop\n",
            "ours was stopped in order"
        );
    });
}
