//! Links that make a unit start at boot, and masks.

use super::case::Case;

fn service(install: &str) -> String {
    format!("[Service]\nExecStart=/bin/sleep infinity\n{install}")
}

#[test]
fn case_11_a_changed_wanted_by_makes_new_links_and_takes_the_old_ones_away() {
    let mut case = Case::system("c11");
    case.unit(
        "c11.service",
        &service("[Install]\nWantedBy=multi-user.target\n"),
    );
    case.begin();
    let runs = case.runs(&["c11.service"]);
    case.unit(
        "c11.service",
        &service(
            "[Install]\nWantedBy=graphical.target\nRequiredBy=c11.target\nAlias=c11-too.service\n",
        ),
    );
    case.converge();
    case.each(|at| {
        assert_eq!(
            at.standing("c11"),
            [
                "c11-too.service",
                "c11.service",
                "c11.target.requires/c11.service",
                "graphical.target.wants/c11.service"
            ]
        );
        assert_eq!(at.show("c11-too.service", "Id"), "c11.service");
    });
    assert_eq!(case.runs(&["c11.service"]), runs, "nothing was restarted");
}

#[test]
fn case_12_a_removed_alias_goes_and_one_made_by_hand_is_told_and_goes() {
    let mut case = Case::user("c12");
    case.unit(
        "a.service",
        &service("[Install]\nWantedBy=default.target\nAlias=b.service\n"),
    );
    case.begin();
    case.each(|at| assert_eq!(at.show("b.service", "Id"), "a.service"));
    let runs = case.runs(&["a.service"]);
    case.unit(
        "a.service",
        &service("[Install]\nWantedBy=default.target\n"),
    );
    case.begin();
    case.each(|at| {
        assert_eq!(
            at.standing("service"),
            ["a.service", "default.target.wants/a.service"]
        );
        assert_eq!(at.show("b.service", "LoadState"), "not-found");
        at.sh("ln -s a.service ~/.config/systemd/user/c.service");
    });
    case.plan().says("a link made by hand").says("c.service");
    case.converge();
    case.each(|at| assert_eq!(at.standing("c.service"), Vec::<String>::new()));
    assert_eq!(case.runs(&["a.service"]), runs, "nothing was restarted");
}

#[test]
fn case_13_a_removed_install_section_takes_its_links_along() {
    let mut case = Case::user("c13");
    case.unit(
        "a.service",
        &service("[Install]\nWantedBy=default.target\n"),
    );
    case.begin();
    let runs = case.runs(&["a.service"]);
    case.unit("a.service", &service(""));
    case.converge();
    case.each(|at| assert_eq!(at.standing("service"), ["a.service"]));
    assert_eq!(case.runs(&["a.service"]), runs, "nothing was restarted");
}

#[test]
fn case_14_a_missing_link_is_made_again_and_nothing_restarts() {
    let mut case = Case::user("c14");
    case.unit(
        "a.service",
        &service("[Install]\nWantedBy=default.target\n"),
    );
    case.begin();
    let runs = case.runs(&["a.service"]);
    case.each(|at| {
        at.sh("rm ~/.config/systemd/user/default.target.wants/a.service");
    });
    case.plan().says("enable").does_not_say("restart");
    case.converge();
    case.each(|at| assert_eq!(at.standing("wants").len(), 1));
    assert_eq!(case.runs(&["a.service"]), runs);
}

#[test]
fn case_25_a_masked_unit_is_stopped_disabled_and_removed_and_stays_masked() {
    let mut case = Case::system("c25");
    case.unit(
        "c25.service",
        &service("[Install]\nWantedBy=multi-user.target\n"),
    );
    case.begin();
    case.without("c25.service")
        .keys("c25.service", "masked: true");
    case.begin();
    case.each(|at| {
        at.is("c25.service", "inactive");
        assert_eq!(at.standing("c25"), ["c25.service"]);
        assert_eq!(
            at.root("readlink /etc/systemd/system/c25.service"),
            "/dev/null\n"
        );
        assert_eq!(at.show("c25.service", "LoadState"), "masked");
    });
    case.stays();
}

#[test]
fn case_26_a_masked_unit_that_should_run_is_unmasked_first() {
    let mut case = Case::user("c26");
    case.user_key("linger: true");
    case.keys("a.service", "masked: true");
    case.begin();
    case.each(|at| assert_eq!(at.show("a.service", "LoadState"), "masked"));
    case.keys("a.service", "").unit(
        "a.service",
        &service("[Install]\nWantedBy=default.target\n"),
    );
    case.plan()
        .says_in_order(&["unmask", "write", "enable", "start"]);
    case.begin();
    case.each(|at| {
        at.is("a.service", "active");
        assert_eq!(
            at.standing("service"),
            ["a.service", "default.target.wants/a.service"]
        );
    });
    case.stays();
}
