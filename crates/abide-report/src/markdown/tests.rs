use abide_model::{
    Cause, Change, Diagnostic, FilePurpose, HostOutcome, NoteKind, RefusalKind, Report, ResourceId,
};

use super::*;
use crate::document::RunExit;
use crate::sample::*;

/// The comment as GitHub would render it.
fn html(text: &str) -> String {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.alerts = true;
    options.extension.math_dollars = true;
    options.render.r#unsafe = true;
    comrak::markdown_to_html(text, &options)
}

/// Without what stands between these two texts.
fn without(html: &str, open: &str, close: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((head, tail)) = rest.split_once(open) {
        out.push_str(head);
        rest = tail.split_once(close).map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// With characters in the place of numeric references.
fn references_resolved(html: &str) -> String {
    let mut parts = html.split("&#");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_once(';').unwrap();
        out.extend(char::from_u32(number.parse().unwrap()));
        out.push_str(rest);
    }
    out
}

/// A few things that every rendering must be.
#[track_caller]
fn is_sound(text: &str) {
    assert!(text.len() <= 60_000, "{} bytes", text.len());
    assert!(text.starts_with("<!-- abide:"), "{text}");
    let html = html(text);
    let count = |what: &str| html.matches(what).count();
    assert_eq!(count("<details"), count("</details>"), "{html}");
    assert_eq!(count("<summary>"), count("</summary>"), "{html}");
    assert_eq!(count("<pre>"), count("</pre>"), "{html}");
    // Everything that belongs into a fold is in one: they are not nested, and nothing runs out.
    assert_eq!(count("<details"), count("<summary>"), "{html}");
}

/// 40 hosts, one identical change.
fn fleet(hosts: u64) -> Report {
    let hosts =
        (1..=hosts).map(|n| plan_of(&format!("web{n:02}")).with_changed_unit(NOW - 86_400 * n));
    report(hosts.collect())
}

#[test]
fn a_plan_for_forty_hosts_is_one_diff_and_a_range() {
    let all = with_unreachable_host(fleet(38), "web39");
    let text = render(&document(Command::Plan, &all));
    is_sound(&text);
    insta::assert_snapshot!(text, @r##"
<!-- abide:plan:shop -->
### abide plan · shop · 38 of 39 hosts to change

| + add | ~ change | - remove | ↻ restarts | ? unknown |
| --: | --: | --: | --: | --: |
| 0 | 38 | 0 | 38 | 1 host |

> [!WARNING]
> - **web39** unknown: connect timed out after 10s

<details><summary><b>~ <code>sidekiq.service</code> (user deploy)</b> · 38 hosts · restart</summary>

Hosts: web01-web38

**write** <code>/home/deploy/.config/systemd/user/sidekiq.service</code> — content differs

```diff
@@ line 2, [Unit]
 Description=Background worker
 
 [Service]
-ExecStart=/srv/app/bin/sidekiq -c 10
+ExecStart=/srv/app/bin/sidekiq -c 20
 Restart=on-failure
 RestartSec=1
 
```

**restart** — up 1d to 38d with the old ExecStart=

</details>

<sub>abide 0.1.0 · 2026-03-03 14:05 UTC, took 3.8s</sub>
"##);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a whole document")]
fn an_apply_that_failed_says_where_and_why() {
    let mut frame = frame_of_command(Command::Apply);
    frame.exit = RunExit {
        code: 1,
        reason: "failed",
    };
    let text = render(&Document::new(frame, &report_of_everything()));
    is_sound(&text);
    insta::assert_snapshot!(text, @r##"
    <!-- abide:apply:shop -->
    ### abide apply · shop · not all done (failed)

    | unchanged | pending | failed | unknown |
    | --: | --: | --: | --: |
    | 1 host | 2 hosts | 1 host | 1 host |

    > [!WARNING]
    > - <code>x.service</code> (system) on h1: **refused: no**
    > - **h5** unknown: connect timed out after 10s

    <details open><summary><b>✗ <code>h2</code></b> · 1 step failed</summary>

    - <code>sidekiq.service</code> **failed**: restart sidekiq.service (user deploy): Job failed
    - <code>sidekiq.service</code> **failed**: did not stay up: failed (exit-code), 3 restarts

    Journal of <code>user&#58;deploy/sidekiq.service</code>:

    ```
    boom
    ```

    </details>

    <details><summary><b>~ <code>sidekiq.service</code> (user deploy)</b> · 3 hosts · restart</summary>

    Hosts: h1-h3

    **write** <code>/home/deploy/.config/systemd/user/sidekiq.service</code> — content differs

    ```diff
    @@ line 2, [Unit]
     Description=Background worker
     
     [Service]
    -ExecStart=/srv/app/bin/sidekiq -c 10
    +ExecStart=/srv/app/bin/sidekiq -c 20
     Restart=on-failure
     RestartSec=1
     
    ```

    **restart** — up 1m to 2h with the old ExecStart=

    </details>

    <details><summary><b>+ <code>user a</code></b> · h1</summary>

    **create** <code>system account, home /home/a</code> — no such user

    </details>

    <details><summary><b>+ <code>linger</code> (user a)</b> · h1</summary>

    **enable** — needed by sidekiq.service to survive logout and to start at boot

    **start** <code>its user manager</code> — lingering is enabled

    </details>

    <details><summary><b>+ <code>sidekiq.service</code> (user a)</b> · h1</summary>

    **install** <code>/home/a/.config/systemd/user/sidekiq.service (10 lines)</code> — not there

    ```diff
    +[Unit]
    +Description=Background worker
    +
    +[Service]
    +ExecStart=/srv/app/bin/sidekiq -c 10
    +Restart=on-failure
    +RestartSec=1
    +
    +[Install]
    +WantedBy=default.target
    ```

    **enable** <code>wanted by default.target</code> — not enabled

    **start** — not running

    </details>

    <details><summary><b>~ <code>/home/deploy/.env</code> (user deploy)</b> · h1</summary>

    **write** <code>mode 0600 (secret, new) instead of a symbolic link to /etc/passwd</code> — not there

    </details>

    <details><summary><b>+ <code>/home/deploy/bin</code> (user deploy)</b> · h1</summary>

    **create** <code>mode 0755 (binary, 2 bytes)</code> — not there

    </details>

    <sub>abide 0.1.0 · 2026-03-03 14:05 UTC, took 3.8s</sub>
    "##);
}

#[test]
fn what_differs_on_some_hosts_stands_behind_what_is_the_same() {
    let mut hosts: Vec<_> = (1..=5)
        .map(|n| plan_of(&format!("web{n}")).with_changed_unit(NOW))
        .collect();
    let path = "/home/deploy/.config/systemd/user/sidekiq.service";
    let other = write(path, FilePurpose::Unit, before_with_content("a\n"), SIDEKIQ);
    hosts.push(plan_of("web6").with_action(
        unit("user:deploy/sidekiq.service"),
        other,
        missing_causes(),
    ));
    let text = render(&document(Command::Plan, &report(hosts)));
    is_sound(&text);
    assert_eq!(text.matches("<details>").count(), 1, "{text}");
    assert!(
        text.contains("Hosts: web1-web5\n") && text.contains("But **web6**:\n"),
        "{text}"
    );
}

#[test]
fn removals_stops_and_refusals_stand_above_the_fold() {
    let plan = plan_of("h1")
        .with_action(
            ResourceId::User(user("old")),
            Change::DeleteUser {
                remove_home: true,
                end_processes: false,
            },
            vec![Cause::DeclaredAbsent],
        )
        .with_action(
            unit("system/b.service"),
            Change::Stop,
            vec![Cause::DeclaredAbsent],
        )
        .with_refusal(
            unit("system/c.service"),
            RefusalKind::Guard,
            "too many removals",
            "",
        );
    let text = render(&document(Command::Plan, &report(vec![plan])));
    is_sound(&text);
    let (head, _) = text.split_once("<details>").unwrap();
    for said in [
        "user old</code> is **removed** on h1",
        "b.service</code> (system) is **removed**",
        "**refused: too many removals**",
    ] {
        assert!(head.contains(said), "no `{said}` in {head}");
    }
}

#[test]
fn a_manifest_that_is_wrong_is_told_with_its_place() {
    let mut frame = frame_of_command(Command::Validate);
    frame.exit.code = 65;
    frame.diagnostics = vec![Diagnostic {
        ..warning_diagnostic()
    }];
    let text = render(&Document::new(frame, &Report::default()));
    is_sound(&text);
    assert!(text.contains("not valid"), "{text}");
    assert!(
        text.contains("<code>abide.yaml&#58;7</code> warning W0201"),
        "{text}"
    );
}

const HOSTILE: &str = "```\n</details></summary><script>alert(1)</script> @everyone #1 | a | b\n\
    [x](https://evil.example) ![i](//e/i.png) https://evil.example www.evil.example $x$ [^1] \u{1b}[2J\u{202e} <!-- --> `````";

fn hostile() -> Report {
    let path = "/home/deploy/.config/systemd/user/sidekiq.service";
    let content = format!("a\n{HOSTILE}\n</details>\n````````\n~~~\n");
    let plan = plan_of("h1")
        .with_action(
            unit("user:deploy/sidekiq.service"),
            write(
                path,
                FilePurpose::Unit,
                before_with_content(&content),
                HOSTILE,
            ),
            vec![Cause::Differs {
                field: HOSTILE.to_owned().into(),
                observed: HOSTILE.to_owned(),
                desired: HOSTILE.to_owned(),
            }],
        )
        .with_action(
            file("user:deploy", "/home/deploy/a|b`c@d</code>"),
            Change::SetMode {
                path: "/home/deploy/a|b`c@d</code>".parse().unwrap(),
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
    let all = with_outcome(report(vec![plan]), "h1", failed);
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
fn nothing_that_a_host_or_a_file_says_acts_in_the_comment() {
    let mut frame = frame_of_command(Command::Apply);
    frame.failure = Some(crate::document::RunFailure {
        message: HOSTILE.to_owned(),
        hints: vec![HOSTILE.to_owned()],
    });
    let text = render(&Document::new(frame, &hostile()));
    is_sound(&text);
    let html = html(&text);
    for tag in [
        "<script",
        "<img",
        "<a ",
        "href",
        "<section",
        "data-math",
        "\u{1b}",
        "\u{202e}",
    ] {
        assert!(!html.contains(tag), "{tag} in {html}");
    }
    // Mentions and references are looked for in the text outside of <pre> and <code>, where tags and comments end a word.
    let outside = without(&without(&html, "<pre>", "</pre>"), "<code>", "</code>");
    let outside = references_resolved(&outside);
    for pair in outside.as_bytes().windows(2) {
        let acts = matches!(pair, [b'@' | b'#', next] if next.is_ascii_alphanumeric());
        assert!(!acts, "{outside}");
    }
    assert!(html.contains("alert(1)"), "it is told all the same");
}

/// Hosts whose changes have nothing in common.
fn unlike(hosts: usize, lines: usize) -> Report {
    let plans = (0..hosts).map(|n| {
        let old: Vec<String> = (0..lines)
            .map(|line| format!("line {line} of {n}\n"))
            .collect();
        let old = old.concat();
        let new = old.replace("9 of", "9 OF");
        let path = format!("/etc/systemd/system/u{n}.service");
        plan_of(&format!("host{n}x")).with_action(
            unit(&format!("system/u{n}.service")),
            write(&path, FilePurpose::Unit, before_with_content(&old), &new),
            missing_causes(),
        )
    });
    report(plans.collect())
}

#[test]
fn what_is_too_long_loses_context_first_then_lines_then_bodies_then_headings() {
    let rendered = |hosts, lines| {
        let text = render(&document(Command::Plan, &unlike(hosts, lines)));
        is_sound(&text);
        text
    };
    let whole = rendered(20, 30);
    assert!(
        whole.contains("\n line 8 of 1\n") && !whole.contains("shortened"),
        "{whole}"
    );
    let without_context = rendered(120, 60);
    assert!(
        !without_context.contains("\n line 8 of 1\n"),
        "{without_context}"
    );
    assert!(
        without_context.contains("\n+line 9 OF 1\n"),
        "{without_context}"
    );
    assert!(without_context.contains("This was shortened to fit into a comment"));
    let without_bodies = rendered(250, 600);
    assert!(!without_bodies.contains("```"), "{without_bodies}");
    assert!(without_bodies.contains("u249.service"), "{without_bodies}");
    let headings = rendered(3000, 10);
    assert!(headings.contains("more changes.\n"), "{headings}");
    assert!(headings.len() > 50_000, "{}", headings.len());
}

#[test]
fn one_giant_diff_does_not_hide_the_small_ones() {
    let mut all = unlike(1, 40_000);
    let small = plan_of("small").with_changed_unit(NOW).0;
    all.hosts.extend(report(vec![Building(small)]).hosts);
    let text = render(&document(Command::Plan, &all));
    is_sound(&text);
    assert!(
        text.contains("+ExecStart=/srv/app/bin/sidekiq -c 20"),
        "{text}"
    );
}

#[test]
fn a_long_text_leads_to_the_run_where_it_has_an_address() {
    let mut frame = frame_of_command(Command::Plan);
    frame.run.url = crate::url::Url::parse("https://ci.example/1");
    let text = render(&Document::new(frame, &unlike(3000, 10)));
    assert!(
        text.contains("All of it: [the run](https://ci.example/1)."),
        "{text}"
    );
}

#[test]
fn a_look_for_drift_tells_what_was_found_before_what_an_apply_would_do() {
    let text = render(&document(
        Command::Drift,
        &crate::sample_drift::drifted_report(),
    ));
    is_sound(&text);
    insta::assert_snapshot!(text, @r#"
    <!-- abide:drift:shop -->
    ### abide drift · shop · 10 hosts: 1 clean, 1 hand-edited but right, 1 drifted, 3 pending rollout, 3 unknown, 1 suspended

    > [!WARNING]
    > - **web8, web9** unknown: connect timed out after 10s
    > - **web5** suspended: by bob&#64;<!-- -->desk: new disk

    | | hosts | resource | found |
    | --- | --- | --- | --- |
    | **DM** | db1 | <code>user&#58;deploy/sidekiq.service</code> | sidekiq.service was edited  (since 2001-09-08T23&#58;46&#58;40Z, by whom: unknown) |
    | **DM** | db1 | <code>system/nginx.service</code> | it was stopped &#124; by whom?  (since when and by whom: unknown) |
    | **D** | db2 | <code>user&#58;deploy/sidekiq.service</code> | sidekiq.service was edited  (since 2001-09-09T01&#58;45&#58;40Z, by whom: unknown) |
    | **M** | web1-web3 | <code>user&#58;deploy/sidekiq.service</code> | sidekiq.service is not what the manifest says |
    | **?** | web4 |  | apply of ana&#64;<!-- -->desk runs there now: what differs may be its doing |

    <sub>D: changed on the host since the last apply. M: differs from the manifest.</sub>

    What `abide apply` would do:

    <details><summary><b>~ <code>sidekiq.service</code> (user deploy)</b> · 4 hosts · restart</summary>

    Hosts: db1, web1-web3

    **write** <code>/home/deploy/.config/systemd/user/sidekiq.service</code> — content differs

    ```diff
    @@ line 2, [Unit]
     Description=Background worker
     
     [Service]
    -ExecStart=/srv/app/bin/sidekiq -c 10
    +ExecStart=/srv/app/bin/sidekiq -c 20
     Restart=on-failure
     RestartSec=1
     
    ```

    **restart** — up 1h with the old ExecStart=

    </details>

    <sub>abide 0.1.0 · 2026-03-03 14:05 UTC, took 3.8s</sub>
    "#);
}

#[test]
fn what_a_restart_takes_along_and_a_wrong_forecast_are_told() {
    let planned = report(vec![plan_of("h1").with_dependents()]);
    let text = render(&document(Command::Plan, &planned));
    assert!(
        text.contains(
            "- also restarts app.service (Requires=) and web.service (PartOf= app.service)"
        ),
        "{text}"
    );
    assert!(text.contains("by dependency"), "{text}");
    let mut done = with_outcome(planned, "h1", HostOutcome::Changed);
    done.hosts.values_mut().for_each(|host| {
        host.surprises = vec![abide_model::Surprise {
            unit: "user:deploy/log.service".parse().unwrap(),
            forecast: None,
            happened: Some(abide_model::Effect::Restart),
        }];
    });
    let text = render(&document(Command::Apply, &done));
    let said =
        "> - **h1**: log.service (user deploy) was restarted too, which the plan did not forecast";
    assert!(text.contains(said), "{text}");
}
