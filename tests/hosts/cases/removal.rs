//! What is no longer declared goes: stopped with its old definition, disabled, removed, and nothing else.

use super::case::Case;

fn service(lines: &str) -> String {
    format!(
        "[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/sh -c 'echo stop >>%h/log'\n\
         ExecStopPost=/bin/sh -c 'echo post >>%h/log'\n{lines}\n[Install]\nWantedBy=default.target\n"
    )
}

#[test]
fn case_21_an_undeclared_unit_is_stopped_with_its_old_definition_and_removed() {
    let mut case = Case::user("c21");
    case.user_key("linger: true");
    case.unit("a.service", &service(""))
        .unit("b.service", &service(""));
    case.begin();
    let runs = case.runs(&["b.service"]);
    case.without("a.service");
    case.plan()
        .says_in_order(&["stop", "disable", "remove"])
        .says("daemon-reload");
    case.begin();
    case.each(|at| {
        // Of a unit whose file went first, ExecStop= would not have run.
        assert_eq!(at.log(), ["stop", "post"]);
        assert_eq!(at.standing("a.service"), Vec::<String>::new());
        assert_eq!(at.show("a.service", "LoadState"), "not-found");
    });
    assert_eq!(case.runs(&["b.service"]), runs);
    case.stays();
}

#[test]
fn case_22_a_unit_whose_stop_times_out_keeps_its_file_and_is_named() {
    let mut case = Case::user("c22");
    case.user_key("linger: true");
    // It ignores SIGTERM, and nothing kills it in time: the stop ends in a failure.
    case.unit(
        "a.service",
        "[Service]\nExecStart=/bin/sh -c 'trap \"\" TERM; while :; do sleep 1; done'\nTimeoutStopSec=1\n",
    );
    case.unit("b.service", &service(""));
    case.begin();
    case.without("a.service").without("b.service");
    let said = case.apply();
    said.ends_with(1).says("a.service").says("timeout");
    case.each(|at| {
        assert_eq!(at.standing("a.service"), ["a.service"], "its file is kept");
        assert_eq!(
            at.standing("b.service"),
            Vec::<String>::new(),
            "the other is gone"
        );
        assert_eq!(at.log(), ["stop", "post"]);
    });
    // By now it is dead, and the next run brings it to an end.
    case.converge();
    case.each(|at| {
        assert_eq!(at.standing("a.service"), Vec::<String>::new());
        assert_eq!(at.show("a.service", "ActiveState"), "inactive");
    });
}

#[test]
fn case_23_a_removed_unit_takes_all_its_links_and_drop_ins_along_and_no_other() {
    let mut case = Case::user("c23");
    case.user_key("linger: true");
    case.unit(
        "a.service",
        &service("").replace("[Install]", "[Install]\nAlias=b.service"),
    );
    case.keys(
        "a.service",
        r#"drop_ins: {"10-a.conf": "[Service]\nNice=1\n", "20-b.conf": "[Service]\nNice=2\n"}"#,
    );
    case.unit("c.service", &service(""));
    case.keys(
        "c.service",
        r#"drop_ins: {"10-a.conf": "[Service]\nNice=1\n"}"#,
    );
    case.begin();
    case.each(|at| {
        assert_eq!(at.standing("").len(), 8);
        at.sh("mkdir -p ~/.config/systemd/user/c.service.d; echo '[Service]' >~/.config/systemd/user/c.service.d/mine.conf");
    });
    case.without("a.service").without("c.service");
    case.begin();
    case.each(|at| {
        assert_eq!(
            at.standing(""),
            ["c.service.d/mine.conf"],
            "another's file is kept"
        );
        at.root(&format!(
            "! [ -e {0}/a.service.d ] && ! [ -e {0}/b.service ]",
            at.dir()
        ));
        assert_eq!(at.show("b.service", "LoadState"), "not-found");
    });
    case.stays();
}

#[test]
fn case_24_a_unit_whose_file_is_gone_and_that_still_runs_is_stopped() {
    let mut case = Case::user("c24");
    case.user_key("linger: true")
        .unit("a.service", &service(""));
    case.begin();
    case.each(|at| {
        at.sh("rm ~/.config/systemd/user/a.service; ctl daemon-reload");
        assert_eq!(at.show("a.service", "LoadState"), "not-found");
        at.is("a.service", "active");
    });
    case.without("a.service");
    case.plan()
        .says("stop")
        .says("disable")
        .does_not_say("remove  ");
    case.begin();
    case.each(|at| {
        at.is("a.service", "inactive");
        assert_eq!(
            at.standing("a.service"),
            Vec::<String>::new(),
            "no link is left"
        );
    });
    case.stays();
}

#[test]
fn a_unit_whose_file_was_broken_by_hand_is_removed_with_its_links() {
    let mut case = Case::user("broken");
    case.user_key("linger: true");
    case.unit("a.service", &service(""))
        .unit("b.service", &service(""));
    case.begin();
    // systemd 257 refuses to disable what it cannot read.
    case.each(|at| {
        at.sh("echo '[Service' >~/.config/systemd/user/a.service");
    });
    case.without("a.service");
    case.begin();
    case.each(|at| {
        assert_eq!(at.standing("a.service"), Vec::<String>::new());
        assert_eq!(at.show("a.service", "LoadState"), "not-found");
    });
    case.stays();
}
