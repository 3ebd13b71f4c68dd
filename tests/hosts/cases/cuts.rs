//! Plans of every kind, cut before each of their steps as a power failure would: the next run completes them, repeats
//! nothing that was done, and leaves nothing half-written. How abide and its connection are cut is in `cut.rs`.
//!
//! What runs is the very script of `abide show --script`, with one line more that kills it.

use std::collections::BTreeMap;

use super::case::{At, Case};

/// A way from one manifest to another.
struct Way<'w> {
    /// Makes the case say one or the other; the number tells versions apart, as `V=` in the environment of services.
    declare: &'w dyn Fn(&mut Case, Side, usize),
    /// What must be so on a host afterwards.
    check: &'w (dyn Fn(&At<'_>, Side) + Sync),
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Side {
    Before,
    After,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Before => Self::After,
            Self::After => Self::Before,
        }
    }
}

/// Goes there and back, each time cut `stride` steps later, until no plan has that many steps; the second host is cut one
/// step after the first. There have to be at least `least` cuts.
fn cut_everywhere(mut case: Case, way: &Way<'_>, stride: usize, least: usize) {
    (way.declare)(&mut case, Side::Before, 0);
    case.begin();
    let (mut side, mut cuts, mut uncut) = (Side::Before, 0, 0);
    for turn in (1..).step_by(stride) {
        side = side.other();
        (way.declare)(&mut case, side, turn);
        let cut = case.ask(|at| cut(&case, at, turn + at.number()));
        let running = case.ask(|at| running(at, turn));
        // Many turns in a few seconds: systemd 262 counts starts on over a reload.
        case.each(|at| {
            at.reset_failed();
        });
        case.begin();
        case.each(|at| {
            (way.check)(at, side);
            for (unit, run) in &running[at.number()] {
                let now = at.show(unit, "InvocationID");
                assert_eq!(
                    &now, run,
                    "{unit} on {}, turn {turn}: it was done, and repeated",
                    at.host
                );
            }
            // What was staged goes with the next run that has something to do.
            let last = cut[at.number()] == Cut::BeforeTheLedger;
            let script = "find /etc/systemd /home -xdev -name '.abide*'; ls /run/abide";
            let left = at.root(script);
            let left = left
                .lines()
                .filter(|line| !(last && line.starts_with("work.")));
            assert_eq!(
                left.collect::<Vec<_>>(),
                ["lock"],
                "left on {} after turn {turn}",
                at.host
            );
        });
        cuts += cut.iter().filter(|cut| **cut != Cut::None).count();
        uncut = if cut == [Cut::None; 2] { uncut + 1 } else { 0 };
        // One way may be longer than the way back.
        if uncut == 2 {
            break;
        }
    }
    case.write().assert_converged();
    assert!(
        cuts >= least,
        "{cuts} cuts are too few for plans of this kind"
    );
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Cut {
    /// The plan has fewer steps.
    None,
    BeforeAStep,
    /// Everything is done, and the ledger does not say so yet.
    BeforeTheLedger,
}

/// Runs the plan's script until just before this step (from 1; one more than there are is just before the ledger is
/// completed).
fn cut(case: &Case, at: &At<'_>, step: usize) -> Cut {
    let world = case.write();
    let said = world.abide(&["show", "--script", at.host]).ends_with(0);
    let script = said.stdout;
    let steps: usize = script
        .strip_prefix("# abide: ")
        .and_then(|rest| rest.split(' ').next()?.parse().ok())
        .unwrap_or(0);
    let (cut, deadly) = match step {
        step if steps == 0 || step > steps + 1 => return Cut::None,
        step if step == steps + 1 => {
            let place = "\n# How everything was left.\n";
            (
                Cut::BeforeTheLedger,
                script.replace(place, "\nkill -9 $$\n"),
            )
        }
        step => {
            let place = "  tell begin \"$current\"\n";
            let deadly = format!("  [ \"$current\" != {step} ] || kill -9 $$\n{place}");
            (Cut::BeforeAStep, script.replace(place, &deadly))
        }
    };
    assert_ne!(deadly, script, "the script has no such place any more");
    let ran = world
        .fleet
        .exec_with(at.host, "root", &["/bin/sh", "-s"], deadly.as_bytes());
    assert_eq!(
        ran.code, 137,
        "step {step} of {steps} on {}\n{}{}",
        at.host, ran.stdout, ran.stderr
    );
    cut
}

/// Services that run with this version, each with its run.
fn running(at: &At<'_>, version: usize) -> BTreeMap<String, String> {
    let script = format!(
        "for environ in $(grep -slz '^V={version}$' /proc/[0-9]*/environ); do
           dir=${{environ%/environ}}; tr '\\0' '\\n' <$environ | sed -n 's/^INVOCATION_ID=//p'; sed -n 's|.*/||p' $dir/cgroup | head -n 1; done"
    );
    let said = at.root(&script);
    let mut lines = said.lines();
    let mut found = BTreeMap::new();
    while let (Some(run), Some(unit)) = (lines.next(), lines.next()) {
        if unit.ends_with(".service") {
            found.insert(unit.to_owned(), run.to_owned());
        }
    }
    found
}

fn service(version: usize) -> String {
    format!(
        "[Service]\nExecStart=/bin/sleep infinity\nEnvironment=V={version}\n[Install]\nWantedBy=default.target\n"
    )
}

/// The units are there and run, or nothing of them is left.
#[track_caller]
fn there(at: &At<'_>, unit: &str, is: bool) {
    if is {
        at.is(unit, "active");
        assert!(!at.standing(unit).is_empty());
    } else {
        assert_eq!(
            at.standing(unit),
            Vec::<String>::new(),
            "{unit} on {}",
            at.host
        );
        assert_ne!(at.show(unit, "ActiveState"), "active");
    }
}

#[test]
fn case_17_a_restart_that_was_cut_off_is_done_and_one_that_was_done_is_not_repeated() {
    let mut case = Case::user("c17");
    case.unit("a.service", &service(1));
    case.begin();
    // A write, a daemon-reload, a restart.
    case.unit("a.service", &service(2));
    case.each(|at| assert_eq!(cut(&case, at, 3), Cut::BeforeAStep));
    let runs = case.runs(&["a.service"]);
    case.each(|at| assert_eq!(running(at, 2), BTreeMap::new()));
    let said = case.plan().ends_with(0);
    said.says("restart")
        .says("with the old /home/c17/.config/systemd/user/a.service")
        .does_not_say("write")
        .does_not_say("daemon-reload");
    case.begin();
    let restarted = case.runs(&["a.service"]);
    assert!(restarted.iter().zip(&runs).all(|(now, then)| now != then));

    case.unit("a.service", &service(3));
    case.each(|at| assert_eq!(cut(&case, at, 4), Cut::BeforeTheLedger));
    let runs = case.runs(&["a.service"]);
    assert!(restarted.iter().zip(&runs).all(|(now, then)| now != then));
    case.stays();
    assert_eq!(case.runs(&["a.service"]), runs);
}

#[test]
fn cut_01_a_first_install_and_a_user_that_goes() {
    let way = Way {
        declare: &|case, side, turn| {
            if side == Side::After {
                case.unit("a.service", &service(turn))
                    .user_key("state: present");
                case.user_key(&format!(
                    r#"files: {{.config/env: {{content: "V={turn}\n"}}}}"#
                ));
            } else {
                case.without("a.service").user_key("files: {}");
                case.user_key("state: absent").user_key("remove_home: true");
            }
            if side == Side::After {
                case.without_user_key("remove_home");
            }
        },
        check: &|at, side| {
            let passwd = at.root("getent passwd cut01 || true; ls -d /home/cut01 /var/lib/systemd/linger/cut01 2>/dev/null || true");
            if side == Side::After {
                assert_eq!(passwd.lines().count(), 3, "{passwd}");
                at.is("a.service", "active");
            } else {
                assert_eq!(passwd, "", "on {}", at.host);
            }
        },
    };
    cut_everywhere(Case::user("cut01"), &way, 1, 12);
}

#[test]
fn cut_02_a_change_with_a_file_and_two_units() {
    let way = Way {
        declare: &|case, _, turn| {
            case.user_key(&format!(r#"files: {{env: {{content: "W={turn}\n"}}}}"#));
            case.unit("a.service", &service(turn));
            case.unit(
                "b.service",
                &format!(
                    "{}EnvironmentFile=%h/env\n",
                    service(turn).replace("[Install]\nWantedBy=default.target\n", "")
                ),
            );
        },
        check: &|at, _| {
            there(at, "a.service", true);
            there(at, "b.service", true);
        },
    };
    cut_everywhere(Case::user("cut02"), &way, 2, 5);
}

#[test]
fn cut_03_units_that_go_and_come_back_with_drop_ins_and_aliases() {
    let way = Way {
        declare: &|case, side, turn| {
            case.user_key("linger: true");
            if side == Side::After {
                case.without("a.service");
            } else {
                case.unit(
                    "a.service",
                    &service(turn).replace("[Install]", "[Install]\nAlias=also.service"),
                );
                case.keys(
                    "a.service",
                    r#"drop_ins: {"10-nice.conf": "[Service]\nNice=1\n"}"#,
                );
            }
        },
        check: &|at, side| {
            there(at, "a.service", side == Side::Before);
            let left = usize::from(side == Side::Before);
            assert_eq!(at.standing("also.service").len(), left);
            assert_eq!(at.standing("10-nice.conf").len(), left);
        },
    };
    cut_everywhere(Case::user("cut03"), &way, 2, 4);
}

#[test]
fn cut_04_a_socket_that_changes_under_its_running_service() {
    let way = Way {
        declare: &|case, side, turn| {
            case.unit(
                "s.socket",
                &format!(
                    "[Socket]\nListenStream=%t/{side:?}\n[Install]\nWantedBy=sockets.target\n"
                ),
            );
            case.unit("s.service", &service(turn))
                .keys("s.service", "state: started");
        },
        check: &|at, side| {
            at.is("s.socket", "active");
            at.is("s.service", "active");
            at.sh(&format!("[ -S $XDG_RUNTIME_DIR/{side:?} ]"));
            assert!(
                at.show("s.socket", "Listen")
                    .contains(&format!("/{side:?} "))
            );
        },
    };
    cut_everywhere(Case::user("cut04"), &way, 2, 4);
}

#[test]
fn cut_05_a_timer_whose_calendar_changes() {
    let way = Way {
        declare: &|case, side, _| {
            let calendar = if side == Side::After {
                "yearly"
            } else {
                "monthly"
            };
            case.unit(
                "t.timer",
                &format!("[Timer]\nOnCalendar={calendar}\n[Install]\nWantedBy=timers.target\n"),
            );
            case.unit(
                "t.service",
                "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo ran >>%h/log'\n",
            );
        },
        check: &|at, side| {
            at.is("t.timer", "active");
            let when = at.show("t.timer", "TimersCalendar");
            let wanted = if side == Side::After {
                "*-01-01"
            } else {
                "*-*-01"
            };
            assert!(when.contains(wanted), "{when}");
            assert_eq!(at.log(), Vec::<String>::new(), "the job has not run");
        },
    };
    cut_everywhere(Case::user("cut05"), &way, 2, 5);
}

#[test]
fn cut_06_a_template_and_its_instances() {
    let way = Way {
        declare: &|case, side, turn| {
            case.unit("t@.service", &service(turn));
            let instances = if side == Side::After {
                "{one: {}, two: {}}"
            } else {
                "{two: {}, three: {}}"
            };
            case.keys("t@.service", &format!("instances: {instances}"));
        },
        check: &|at, side| {
            at.is("t@two.service", "active");
            let (on, off) = if side == Side::After {
                ("one", "three")
            } else {
                ("three", "one")
            };
            at.is(&format!("t@{on}.service"), "active");
            at.is(&format!("t@{off}.service"), "inactive");
            assert_eq!(at.standing("wants").len(), 2);
        },
    };
    cut_everywhere(Case::user("cut06"), &way, 2, 5);
}

#[test]
fn cut_07_links_that_change_and_nothing_restarts() {
    let way = Way {
        declare: &|case, side, _| {
            let install = if side == Side::After {
                "WantedBy=multi-user.target\nAlias=cut07-one.service"
            } else {
                "WantedBy=graphical.target\nAlias=cut07-two.service"
            };
            case.unit("cut07.service", &format!("[Service]\nExecStart=/bin/sleep infinity\nEnvironment=V=0\n[Install]\n{install}\n"));
        },
        check: &|at, side| {
            at.is("cut07.service", "active");
            let (alias, target) = if side == Side::After {
                ("one", "multi-user")
            } else {
                ("two", "graphical")
            };
            assert_eq!(
                at.standing("cut07"),
                [
                    format!("cut07-{alias}.service"),
                    "cut07.service".to_owned(),
                    format!("{target}.target.wants/cut07.service")
                ]
            );
        },
    };
    let case = Case::system("cut07");
    cut_everywhere(case, &way, 2, 4);
}

#[test]
fn cut_08_lingering_that_goes_and_comes_back() {
    let way = Way {
        declare: &|case, side, turn| {
            if side == Side::After {
                case.without("a.service");
            } else {
                case.unit("a.service", &service(turn));
            }
        },
        check: &|at, side| {
            let record = at.root("ls /var/lib/systemd/linger");
            assert_eq!(
                record.lines().any(|name| name == "cut08"),
                side == Side::Before,
                "{record}"
            );
            if side == Side::Before {
                at.is("a.service", "active");
            } else {
                assert_eq!(at.standing("a.service"), Vec::<String>::new());
            }
        },
    };
    cut_everywhere(Case::user("cut08"), &way, 2, 4);
}

#[test]
fn cut_09_a_drop_in_that_comes_and_goes() {
    let way = Way {
        declare: &|case, side, turn| {
            case.unit("a.service", &service(0));
            let drop_in =
                format!(r#"drop_ins: {{"10-v.conf": "[Service]\nEnvironment=V={turn}\n"}}"#);
            case.keys("a.service", if side == Side::After { &drop_in } else { "" });
        },
        check: &|at, side| {
            at.is("a.service", "active");
            at.root(&format!(
                "[ -d {}/a.service.d ] && echo yes || echo no",
                at.dir()
            ));
            assert_eq!(
                at.standing("10-v.conf").len(),
                usize::from(side == Side::After)
            );
        },
    };
    cut_everywhere(Case::user("cut09"), &way, 2, 4);
}

#[test]
fn cut_10_masks_and_a_stop_that_takes_dependents_along() {
    let way = Way {
        declare: &|case, side, turn| {
            let base = service(turn).replace("[Service]", "[Unit]\nDescription=Base\n[Service]");
            case.unit("base.service", &base)
                .keys("base.service", "on_change: stop-start");
            case.unit(
                "app.service",
                &service(0).replace(
                    "[Service]",
                    "[Unit]\nRequires=base.service\nAfter=base.service\n[Service]",
                ),
            );
            if side == Side::After {
                case.without("m.service").keys("m.service", "masked: true");
            } else {
                case.unit("m.service", &service(turn)).keys("m.service", "");
            }
        },
        check: &|at, side| {
            at.is("base.service", "active");
            at.is("app.service", "active");
            let load = if side == Side::After {
                "masked"
            } else {
                "loaded"
            };
            assert_eq!(at.show("m.service", "LoadState"), load);
        },
    };
    cut_everywhere(Case::user("cut10"), &way, 2, 9);
}
