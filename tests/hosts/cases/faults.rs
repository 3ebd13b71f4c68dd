//! What goes wrong in the middle of a run.

use std::process::Stdio;

use super::case::Case;

fn service(lines: &str) -> String {
    format!(
        "[Service]\nExecStart=/bin/sleep infinity\n{lines}\n[Install]\nWantedBy=default.target\n"
    )
}

#[test]
fn case_43_a_broken_file_is_put_back_before_anything_restarts() {
    let mut case = Case::user("c43");
    case.unit("a.service", &service(""))
        .unit("b.service", &service(""));
    case.begin();
    let runs = case.runs(&["a.service", "b.service"]);
    case.unit("a.service", "[Service]\nType=simple\n")
        .unit("b.service", &service("Nice=1"));
    // The host's own systemd reads it while the plan is made; the other unit has its change.
    case.apply().ends_with(1).says("R0411").says("a.service");
    let after = case.runs(&["a.service", "b.service"]);
    let kept = after.iter().zip(&runs);
    assert!(
        kept.clone()
            .all(|(now, then)| now[0] == then[0] && now[1] != then[1])
    );
    let runs = after;
    case.unit("b.service", &service("Nice=2"));
    case.each(|at| {
        at.root("mv /usr/bin/systemd-analyze /usr/bin/systemd-analyze.away");
    });
    // Where that is missing, the manager sees it when it reads the files: the old ones come back.
    let said = case.apply();
    case.each(|at| {
        at.root("mv /usr/bin/systemd-analyze.away /usr/bin/systemd-analyze");
    });
    said.ends_with(1)
        .says("the old ones are put back")
        .says("a.service is bad-setting");
    assert_eq!(case.runs(&["a.service", "b.service"]), runs);
    case.each(|at| {
        assert!(
            at.sh("cat .config/systemd/user/a.service")
                .contains("sleep infinity")
        );
        assert_eq!(at.show("a.service", "LoadState"), "loaded");
        assert_eq!(at.standing(".abide"), Vec::<String>::new());
    });
    case.unit("a.service", &service(""));
    case.converge();
    let now = case.runs(&["a.service", "b.service"]);
    assert!(
        now.iter()
            .zip(&runs)
            .all(|(now, then)| now[0] == then[0] && now[1] != then[1])
    );
}

#[test]
fn case_44_a_binary_that_is_missing_after_the_restart_is_found_by_watching() {
    let mut case = Case::user("c44");
    case.unit("a.service", &service(""))
        .keys("a.service", "settle: {for: 1s}");
    case.begin();
    // It is there when the file is verified, and gone when it is run.
    case.each(|at| {
        at.sh("cp /bin/sleep binary");
    });
    case.unit(
        "a.service",
        "[Service]\nExecStartPre=/bin/rm %h/binary\nExecStart=/home/c44/binary infinity\n[Install]\nWantedBy=default.target\n",
    );
    let said = case.apply().ends_with(1);
    said.says("a.service")
        .says("203")
        .says("1 unit not staying up");
    case.each(|at| assert_eq!(at.show("a.service", "Result"), "exit-code"));
    case.unit("a.service", &service(""));
    case.plan().says("reset-failed").says("start");
    case.converge();
    case.each(|at| at.is("a.service", "active"));
}

#[test]
fn case_50_a_transient_unit_of_that_name_gives_way_to_ours() {
    let mut case = Case::user("c50");
    case.user_key("linger: true");
    case.begin();
    case.each(|at| {
        at.sh("systemd-run --user --quiet --unit=a.service sleep 1000");
    });
    case.unit("a.service", &service(""));
    case.plan()
        .says_in_order(&["stop", "install", "enable", "start"])
        .says("transient");
    case.converge();
    case.each(|at| {
        at.is("a.service", "active");
        assert_eq!(
            at.show("a.service", "FragmentPath"),
            format!("{}/a.service", at.dir())
        );
        assert_eq!(at.show("a.service", "Transient"), "no");
    });
    // One that nobody wants is stopped, and takes its file along by itself.
    case.each(|at| {
        at.sh("systemd-run --user --quiet --unit=b.service sleep 1000");
    });
    case.keys("b.service", "state: absent");
    case.begin();
    case.each(|at| {
        assert_eq!(at.show("b.service", "LoadState"), "not-found");
    });
    case.stays();
}

#[test]
fn case_51_one_of_twenty_restarts_fails_and_the_others_are_done() {
    let oneshot = |command: &str, unit: &str| {
        format!(
            "[Unit]\n{unit}\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart={command}\n[Install]\nWantedBy=default.target\n"
        )
    };
    let names: Vec<String> = (0..20).map(|n| format!("u{n:02}.service")).collect();
    let mut case = Case::user("c51");
    let all = |case: &mut Case, version: u8, seventh: &str| {
        for name in &names {
            case.unit(name, &oneshot(&format!("/bin/echo {version}"), ""));
        }
        case.unit("u07.service", &oneshot(seventh, ""));
        case.unit(
            "z.service",
            &oneshot(
                &format!("/bin/echo {version}"),
                "Requires=u07.service\nAfter=u07.service",
            ),
        );
    };
    all(&mut case, 1, "/bin/true 1");
    case.begin();
    let mut units: Vec<&str> = names.iter().map(String::as_str).collect();
    units.push("z.service");
    let before = case.runs(&units);
    all(&mut case, 2, "/bin/false");
    let said = case.apply().ends_with(1);
    said.says("u07.service")
        .says("z.service")
        .says("dependency")
        .does_not_say("u08.service");
    let after = case.runs(&units);
    for (before, after) in before.iter().zip(&after) {
        for n in (0..20).filter(|n| *n != 7) {
            assert_ne!(before[n], after[n], "{} was restarted", units[n]);
        }
    }
    case.each(|at| {
        at.is("u07.service", "failed");
        at.is("z.service", "inactive");
    });
    all(&mut case, 2, "/bin/true 2");
    case.converge();
    case.each(|at| {
        at.is("u07.service", "active");
        at.is("z.service", "active");
    });
    for (after, now) in after.iter().zip(&case.runs(&units)) {
        for n in (0..20).filter(|n| *n != 7) {
            assert_eq!(
                after[n], now[n],
                "{} was done, and is not repeated",
                units[n]
            );
        }
    }
}

#[test]
fn case_54_of_two_runs_at_once_the_second_is_locked_out_and_changes_nothing() {
    let mut case = Case::user("c54");
    case.user_key("linger: true");
    case.begin();
    case.unit(
        "slow.service",
        &service("ExecStartPre=/bin/sh -c 'until [ -e /tmp/c54 ]; do sleep 0.1; done'"),
    );
    let mut first = case
        .write()
        .command(&["apply", "--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("abide starts");
    case.each(|at| {
        at.root("i=0; until [ -s /run/abide/lock ]; do i=$((i+1)); [ $i -lt 100 ]; sleep 0.1; done");
        at.sh("i=0; until [ \"$(ctl show --value -p ActiveState slow.service)\" = activating ]; do i=$((i+1)); [ $i -lt 100 ]; sleep 0.1; done");
    });
    let written = case.ask(|at| at.sh("cat .config/systemd/user/slow.service"));
    case.unit("other.service", &service(""));
    case.apply().ends_with(6).says("locked").says("apply");
    assert_eq!(
        case.ask(|at| at.sh("cat .config/systemd/user/slow.service")),
        written
    );
    case.each(|at| {
        assert_eq!(
            at.standing("other"),
            Vec::<String>::new(),
            "nothing was begun"
        );
        at.root("touch /tmp/c54");
    });
    assert!(
        first.wait().expect("it ends").success(),
        "the first is not disturbed"
    );
    case.converge();
}
