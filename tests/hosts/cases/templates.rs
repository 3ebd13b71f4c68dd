//! Templates and their instances.

use super::case::Case;

fn template(line: &str) -> String {
    format!(
        "[Service]\nExecStartPre=/bin/sh -c 'echo %i >>%h/log'\nExecStart=/bin/sleep infinity\n{line}\n[Install]\nWantedBy=default.target\n"
    )
}

#[test]
fn case_36_a_changed_template_restarts_its_own_instances_and_names_the_others() {
    let mut case = Case::user("c36");
    case.unit("t@.service", &template(""))
        .keys("t@.service", "instances: {a: {}, b: {}}");
    case.begin();
    case.each(|at| {
        at.sh("ctl start t@c.service");
        let mut log = at.log();
        log.sort();
        assert_eq!(log, ["a", "b", "c"]);
    });
    let runs = case.runs(&["t@c.service"]);
    case.unit("t@.service", &template("Nice=1"));
    case.plan()
        .says("t@c.service runs, nobody declares it, and it keeps the old t@.service");
    case.begin();
    case.each(|at| {
        let mut log = at.log();
        log.sort();
        assert_eq!(log, ["a", "b"], "each once");
    });
    assert_eq!(
        case.runs(&["t@c.service"]),
        runs,
        "an admin's instance is left alone"
    );
    let said = case.world.abide(&["plan", "-v"]).ends_with(0);
    said.says("t@c.service runs, nobody declares it");
    case.stays();
}

#[test]
fn case_37_a_drop_in_of_one_instance_restarts_that_one_only() {
    let mut case = Case::user("c37");
    case.unit("t@.service", &template(""))
        .keys("t@.service", "instances: {a: {}, b: {}}");
    case.begin();
    case.each(|at| {
        at.log();
    });
    case.keys(
        "t@.service",
        r#"instances: {a: {drop_ins: {"10-nice.conf": "[Service]\nNice=2\n"}}, b: {}}"#,
    );
    case.begin();
    case.each(|at| {
        assert_eq!(at.log(), ["a"]);
        assert_eq!(
            [
                at.show("t@a.service", "Nice"),
                at.show("t@b.service", "Nice")
            ],
            ["2", "0"]
        );
    });
    // And without it again.
    case.keys("t@.service", "instances: {a: {}, b: {}}");
    case.begin();
    case.each(|at| {
        assert_eq!(at.log(), ["a"]);
        at.root(&format!("! [ -e {}/t@a.service.d ]", at.dir()));
    });
    case.stays();
}
