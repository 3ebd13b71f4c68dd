#![expect(
    clippy::string_slice,
    reason = "what is cut was found by the text itself"
)]

use abide_model::{FilePurpose, HostOutcome, NoteKind, RefusalKind, Report};

use super::*;
use crate::document::{Command, RunExit};
use crate::sample::*;

/// 40 hosts with 30 resources each; most alike, some failed, unreachable, refused, locked; long names.
pub(super) fn forty() -> Report {
    let mut all = Report::default();
    for n in 1..=40_u64 {
        let host = match n {
            17 => "batch-worker-of-the-reporting-pipeline-03.eu-central-1.internal.example.com"
                .to_owned(),
            n if n > 34 => format!("db{:02}", n - 34),
            n => format!("web{n:02}"),
        };
        let mut plan = plan_of(&host);
        if n != 5 {
            plan = plan.with_changed_unit(NOW - 86_400 * n);
        }
        if n % 9 == 0 {
            plan = plan.with_new_user_and_unit("mailer", "/home/mailer");
        }
        if n == 12 {
            plan = plan.with_refusal(
                unit("system/nginx.service"),
                RefusalKind::Guard,
                "another manifest, `edge`, owns /etc/systemd/system/nginx.service",
                "remove it there first",
            );
        }
        all.hosts.extend(report(vec![plan]).hosts);
    }
    declare(&mut all);
    with_troubles(all)
}

fn declare(all: &mut Report) {
    for (name, host) in &mut all.hosts {
        let mut names: Vec<String> = (1..=9)
            .map(|n| format!("system/exporter-{n}.service"))
            .collect();
        names.push("system/nginx.service".to_owned());
        names.extend((1..=16).map(|n| format!("user:deploy/worker@queue-{n}.service")));
        names.push("user:deploy/sidekiq.service".to_owned());
        if name.as_str().starts_with("db") {
            names.push(
                "user:ana/a-very-long-unit-name-that-nobody-can-remember-but-systemd.timer"
                    .to_owned(),
            );
        }
        host.declared = names
            .iter()
            .zip(1..)
            .map(|(name, line)| abide_model::Declared {
                resource: unit(name),
                loaded_as: None,
                origin: origin_at_line(line),
            })
            .collect();
    }
}

fn with_troubles(all: Report) -> Report {
    let failed = HostOutcome::Failed {
        reasons: vec![
            abide_model::FailReason::from_text("1 step failed"),
            abide_model::FailReason::from_text("1 unit not staying up"),
        ],
        residue: None,
        failed_units: vec![abide_model::FailedUnit {
            unit: "user:deploy/sidekiq.service".parse().unwrap(),
            state: "failed (exit-code), 3 restarts".to_owned(),
            journal: vec![
                "bin/sidekiq:14 ArgumentError: concurrency > pool (10)".to_owned(),
                "sidekiq.service: Main process exited, code=exited, status=1/FAILURE".to_owned(),
            ],
        }],
    };
    let mut all = with_unreachable_host(with_outcome(all, "web07", failed), "web39");
    let unseen = all.hosts.get_mut(&"web39".parse().unwrap()).unwrap();
    unseen.plan = None;
    let other = all.hosts[&"web01".parse().unwrap()].declared.clone();
    all.hosts
        .get_mut(&"web39".parse().unwrap())
        .unwrap()
        .declared = other;
    let holder = abide_model::LockHolder {
        who: "ana@laptop".to_owned(),
        operation: "apply".to_owned(),
        since: abide_model::Timestamp::from_secs(NOW),
        id: String::new(),
        plan: String::new(),
        url: String::new(),
    };
    let mut all = with_outcome(all, "web03", HostOutcome::Locked(holder));
    let host = all.hosts.get_mut(&"web07".parse().unwrap()).unwrap();
    host.steps = vec![
        abide_model::StepReport {
            action: abide_model::ActionId(1),
            outcome: abide_model::StepOutcome::Ok,
            message: String::new(),
        },
        abide_model::StepReport {
            action: abide_model::ActionId(3),
            outcome: abide_model::StepOutcome::Failed,
            message: "Job for sidekiq.service failed".to_owned(),
        },
    ];
    all
}

/// What a browser makes of a page.
struct Seen {
    dom: String,
    /// What it complained about.
    console: Vec<String>,
}

/// Opens a page at a place in it (`#?q=db`), and looks at it when its script has run. `None` where there is no browser;
/// with `ABIDE_TEST_TOOLS=all`, as in CI, that is a failure.
#[expect(
    clippy::disallowed_methods,
    reason = "a browser that we did not write is a program"
)]
fn browse(page: &str, place: &str) -> Option<Seen> {
    let names = ["chromium-headless-shell", "chromium", "google-chrome"];
    let has = |name: &&&str| {
        std::process::Command::new(name)
            .arg("--version")
            .output()
            .is_ok()
    };
    let Some(browser) = names.iter().find(has) else {
        let all = std::env::var_os("ABIDE_TEST_TOOLS").is_some_and(|value| value == "all");
        assert!(
            !all,
            "there is no browser: apt-get install chromium-headless-shell"
        );
        eprintln!("not checked: there is no browser (apt-get install chromium-headless-shell)");
        return None;
    };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("page.html");
    std::fs::write(&path, page).unwrap();
    let output = std::process::Command::new(browser)
        // Tests run as root, where the sandbox does not; the page is our own.
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            "--dump-dom",
        ])
        .arg(format!(
            "--user-data-dir={}",
            directory.path().join("profile").display()
        ))
        .arg(format!("file://{}{place}", path.display()))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let dom = String::from_utf8(output.stdout).unwrap();
    assert!(dom.contains("</html>"), "{browser}: {stderr}");
    let console = stderr.lines().filter(|line| line.contains("CONSOLE"));
    Some(Seen {
        dom,
        console: console.map(str::to_owned).collect(),
    })
}

impl Seen {
    /// The tags that begin with this text.
    fn tags(&self, begin: &str) -> Vec<&str> {
        let found = self.dom.match_indices(begin);
        found
            .map(|(at, _)| &self.dom[at..at + self.dom[at..].find('>').unwrap()])
            .collect()
    }

    /// Names of hosts whose rows are shown.
    fn rows(&self) -> Vec<&str> {
        self.named("<tr data-t=")
    }

    /// What is searched for in the folds that are shown, up to the first space: their names.
    fn folds(&self) -> Vec<&str> {
        self.named("<details class=\"fold\" data-t=")
    }

    fn named(&self, begin: &str) -> Vec<&str> {
        let shown = self
            .tags(begin)
            .into_iter()
            .filter(|tag| !tag.contains(" hidden"));
        shown
            .map(|tag| tag[begin.len() + 1..].split([' ', '"']).next().unwrap())
            .collect()
    }

    /// Heads of the columns that are shown.
    fn columns(&self) -> usize {
        let heads = self.tags("<th scope=\"col\" class=");
        heads.iter().filter(|tag| !tag.contains(" hidden")).count()
    }
}

#[test]
fn without_a_script_all_of_it_is_there() {
    let page = render(&document(Command::Plan, &forty()));
    let (before, rest) = page.split_once("<script>").unwrap();
    let (_, after) = rest.split_once("</script>").unwrap();
    let Some(seen) = browse(&format!("{before}{after}"), "") else {
        return;
    };
    assert_eq!((seen.rows().len(), seen.columns()), (41, 31));
    let filter = seen.tags("<form");
    assert!(filter[0].contains(" hidden"), "{filter:?}");
}

#[test]
fn a_text_and_a_state_filter_hosts_resources_and_changes() {
    let page = render(&document(Command::Plan, &forty()));
    let Some(all) = browse(&page, "") else {
        return;
    };
    assert_eq!((all.rows().len(), all.columns()), (41, 31));
    assert!(!all.tags("<form")[0].contains(" hidden"));
    let see = |place: &str| browse(&page, place).unwrap();

    let hosts = see("#?q=db0");
    assert_eq!(
        hosts.rows(),
        ["db01", "db02", "db03", "db04", "db05", "db06"]
    );
    assert_eq!(hosts.columns(), 31);

    let resources = see("#?q=mailer");
    assert_eq!(resources.rows(), ["db02", "web09", "web18", "web27"]);
    assert_eq!(resources.columns(), 3);

    let both = see("#?q=mailer%20db");
    assert_eq!(both.rows(), ["db02"]);
    assert_eq!(both.columns(), 3);

    let failed = see("#?state=failed");
    assert_eq!(failed.rows(), ["web07"]);
    assert_eq!(failed.folds(), ["web07", "sidekiq.service"]);
    assert!(failed.dom.contains(">Needs a look<"));

    let refused = see("#?state=refused");
    assert_eq!(refused.rows(), ["web12"]);
    assert_eq!(refused.columns(), 1);

    let nothing = see("#?q=no-such-thing");
    assert!(nothing.rows().is_empty() && nothing.folds().is_empty());
    for seen in [all, hosts, resources, both, failed, refused, nothing] {
        assert!(seen.console.is_empty(), "{:?}", seen.console);
    }
}

#[test]
fn a_link_opens_what_it_leads_to() {
    let page = render(&document(Command::Plan, &forty()));
    let Some(seen) = browse(&page, "#h1") else {
        return;
    };
    let at = seen.dom.find("id=\"h1\"").unwrap();
    let fold = seen.dom[..at].rfind("<details").unwrap();
    let tag = &seen.dom[fold..fold + seen.dom[fold..].find('>').unwrap()];
    assert!(tag.contains("open"), "{tag}");
    // Every link leads somewhere.
    for tag in seen.tags("<a href=\"#") {
        let id = tag.split('"').nth(1).unwrap().trim_start_matches('#');
        assert!(seen.dom.contains(&format!("id=\"{id}\"")), "{tag}");
    }
}

const HOSTILE: &str = "\"><img src=x onerror=alert(1)><script>document.title='pwned'</script></style></script>\
    <a href=\"javascript:alert(1)\">'&lt;\u{1b}[2J\u{202e}\0";

#[expect(clippy::too_many_lines, reason = "one page, looked at from all sides")]
fn hostile() -> Report {
    let path = "/home/deploy/.config/systemd/user/sidekiq.service";
    let plan = plan_of("h1")
        .with_action(
            unit("user:deploy/sidekiq.service"),
            write(
                path,
                FilePurpose::Unit,
                before_with_content(HOSTILE),
                &format!("x\n{HOSTILE}\n"),
            ),
            vec![abide_model::Cause::Differs {
                field: HOSTILE.to_owned().into(),
                observed: HOSTILE.to_owned(),
                desired: HOSTILE.to_owned(),
            }],
        )
        .with_action(
            file(
                "user:deploy",
                "/home/deploy/\"><img src=x onerror=alert(1)>",
            ),
            abide_model::Change::SetMode {
                path: "/home/deploy/\"><img src=x onerror=alert(1)>"
                    .parse()
                    .unwrap(),
                from: 0,
                to: 1,
            },
            missing_causes(),
        )
        .with_refusal(
            unit("system/x.service"),
            RefusalKind::Guard,
            HOSTILE,
            HOSTILE,
        )
        .notes(
            unit("user:deploy/sidekiq.service"),
            NoteKind::Expect,
            HOSTILE,
        );
    let failed = HostOutcome::Failed {
        reasons: vec![abide_model::FailReason::from_text(HOSTILE)],
        residue: None,
        failed_units: vec![abide_model::FailedUnit {
            unit: "user:deploy/sidekiq.service".parse().unwrap(),
            state: HOSTILE.to_owned(),
            journal: vec![HOSTILE.to_owned()],
        }],
    };
    let mut all = with_outcome(report(vec![plan]), "h1", failed);
    let facts = all
        .hosts
        .get_mut(&"h1".parse().unwrap())
        .unwrap()
        .facts
        .as_mut()
        .unwrap();
    facts.os = HOSTILE.to_owned();
    with_outcome(
        all,
        "h2",
        HostOutcome::Unreachable {
            reason: HOSTILE.to_owned(),
            help: Some(HOSTILE.to_owned()),
        },
    )
}

#[test]
fn nothing_that_a_host_says_acts_on_the_page() {
    let mut frame = frame_of_command(Command::Apply);
    let mut wrong = warning_diagnostic();
    wrong.message = HOSTILE.to_owned();
    wrong.help = Some(HOSTILE.to_owned());
    frame.diagnostics = vec![wrong];
    frame.failure = Some(crate::document::RunFailure {
        message: HOSTILE.to_owned(),
        hints: vec![HOSTILE.to_owned()],
    });
    let page = render(&Document::new(frame, &hostile()));
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("<style").count(), 1);
    for what in ["<img", "javascript:alert(1)\"", "\u{1b}", "\u{202e}", "\0"] {
        assert!(!page.contains(what), "{what}");
    }
    let Some(seen) = browse(&page, "") else {
        return;
    };
    assert!(seen.dom.contains("<title>abide apply · shop</title>"));
    assert!(seen.tags("<img").is_empty() && seen.tags("<script").len() == 1);
    assert!(seen.tags("<a ").iter().all(|tag| tag.contains("href=\"#")));
    assert!(seen.console.is_empty(), "{:?}", seen.console);
}

#[test]
fn the_page_asks_for_nothing_from_anywhere() {
    let page = render(&document(Command::Plan, &report_of_everything()));
    for what in [
        "http:",
        "https:",
        "src=",
        "@import",
        "url(",
        " style=\"",
        " onclick",
    ] {
        assert!(!page.contains(what), "{what}");
    }
    assert!(page.contains("default-src &#39;none&#39;"));
}

#[test]
fn very_many_hosts_that_are_alike_share_a_row() {
    let hosts = (1..=1000).map(|n| plan_of(&format!("web{n:04}")).with_changed_unit(NOW - n));
    let page = render(&document(Command::Plan, &report(hosts.collect())));
    assert_eq!(page.matches("<tr data-t=").count(), 1);
    assert!(page.contains("web0001-web1000"));
}

#[test]
fn a_run_without_hosts_is_a_page_too() {
    let mut frame = frame_of_command(Command::Validate);
    frame.diagnostics = vec![warning_diagnostic()];
    let page = render(&Document::new(frame, &Report::default()));
    assert!(
        page.contains("abide.yaml:7:3") && !page.contains("<table"),
        "{page}"
    );
}

/// Writes the samples for a person to look at: `ABIDE_SAMPLES=DIRECTORY cargo test -p abide-report html`.
#[test]
fn samples_for_the_eye() {
    let Some(directory) = std::env::var_os("ABIDE_SAMPLES") else {
        return;
    };
    let mut frame = frame_of_command(Command::Apply);
    frame.exit = RunExit {
        code: 1,
        reason: "failed",
    };
    let directory = std::path::PathBuf::from(directory);
    let write = |name: &str, page: String| std::fs::write(directory.join(name), page).unwrap();
    write("forty.html", render(&Document::new(frame, &forty())));
    write(
        "hostile.html",
        render(&document(Command::Apply, &hostile())),
    );
    write("plan.html", render(&document(Command::Plan, &forty())));
    write(
        "small.html",
        render(&document(Command::Plan, &report_of_everything())),
    );
    write(
        "clean.html",
        render(&document(
            Command::Plan,
            &report(vec![plan_of("h1").with_unchanged(4)]),
        )),
    );
}

#[test]
fn a_look_for_drift_tells_what_was_found_and_is_not_called_good() {
    let mut frame = frame_of_command(Command::Drift);
    frame.exit = RunExit {
        code: 2,
        reason: "pending",
    };
    let text = render(&Document::new(
        frame,
        &crate::sample_drift::drifted_report(),
    ));
    assert!(text.contains("<p class=\"verdict warn\">10 hosts: 1 clean,"));
    let (_, found) = text.split_once("id=\"found\"").unwrap();
    let (found, _) = found.split_once("</section>").unwrap();
    assert_eq!(found.matches("<li ").count(), 5, "{found}");
    assert!(found.contains(
        "<span class=\"sign\">M</span><div><b>web1-web3</b> <code>user:deploy/sidekiq.service</code>"
    ));
    let plan = render(&document(Command::Plan, &report_of_everything()));
    assert!(!plan.contains("id=\"found\""));
}

#[test]
fn what_a_restart_takes_along_and_a_wrong_forecast_are_told() {
    let mut done = with_outcome(
        report(vec![plan_of("h1").with_dependents()]),
        "h1",
        HostOutcome::Changed,
    );
    done.hosts.values_mut().for_each(|host| {
        host.surprises = vec![abide_model::Surprise {
            unit: "user:deploy/log.service".parse().unwrap(),
            forecast: None,
            happened: Some(abide_model::Effect::Restart),
        }];
    });
    let page = render(&document(Command::Apply, &done));
    assert!(
        page.contains("also restarts app.service (Requires=) and web.service"),
        "{page}"
    );
    assert!(
        page.contains("log.service (user deploy) was restarted too"),
        "{page}"
    );
}
