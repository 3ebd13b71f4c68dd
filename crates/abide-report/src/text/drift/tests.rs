use insta::assert_snapshot;

use super::*;
use crate::sample::{NOW, narrow_options, report, without_styles};
use crate::sample_drift::{drifted_report, runs_old, with_judged_host};

fn said(report: &Report, options: &TextOptions) -> String {
    without_styles(&render(report, options))
}

#[test]
fn a_finding_is_one_line_for_all_its_hosts_and_what_somebody_changed_comes_first() {
    let unbroken = TextOptions {
        unbroken: true,
        ..narrow_options()
    };
    assert_snapshot!(said(&drifted_report(), &unbroken), @r#"
    10 hosts: 1 clean, 1 hand-edited but right, 1 drifted, 3 pending rollout, 3 unknown, 1 suspended
    DM  db1         user:deploy/sidekiq.service  sidekiq.service was edited  (since 2001-09-08T23:46:40Z, by whom: unknown)
    DM  db1         system/nginx.service         it was stopped | by whom?  (since when and by whom: unknown)
    D   db2         user:deploy/sidekiq.service  sidekiq.service was edited  (since 2001-09-09T01:45:40Z, by whom: unknown)
     M  web1-web3   user:deploy/sidekiq.service  sidekiq.service is not what the manifest says
    ?   web4        apply of ana@desk runs there now: what differs may be its doing
    ?   web8, web9  not observed: connect timed out after 10s
    -   web5        suspended by bob@desk until 2001-09-09T03:46:40Z: new disk

    D: changed on the host since the last apply. M: differs from the manifest.
    "#);
}

#[test]
fn where_all_is_well_the_counts_are_all_there_is_and_nothing_with_q() {
    let clean = with_judged_host(report(Vec::new()), "web1", Vec::new());
    assert_eq!(said(&clean, &narrow_options()), "1 host: 1 clean\n");
    let quiet = TextOptions {
        verbosity: Verbosity::Quiet,
        ..narrow_options()
    };
    assert_eq!(said(&clean, &quiet), "");
    assert!(!said(&drifted_report(), &quiet).is_empty());
}

#[test]
fn on_a_terminal_lines_are_broken_behind_the_names() {
    assert_snapshot!(said(&drifted_report(), &narrow_options()), @r#"
    10 hosts: 1 clean, 1 hand-edited but right, 1 drifted, 3 pending rollout, 3 unknown, 1 suspended
    DM  db1         user:deploy/sidekiq.service  sidekiq.service was edited (since
                                                 2001-09-08T23:46:40Z, by whom:
                                                 unknown)
    DM  db1         system/nginx.service         it was stopped | by whom? (since
                                                 when and by whom: unknown)
    D   db2         user:deploy/sidekiq.service  sidekiq.service was edited (since
                                                 2001-09-09T01:45:40Z, by whom:
                                                 unknown)
     M  web1-web3   user:deploy/sidekiq.service  sidekiq.service is not what the
                                                 manifest says
    ?   web4        apply of ana@desk runs there now: what differs may be its doing
    ?   web8, web9  not observed: connect timed out after 10s
    -   web5        suspended by bob@desk until 2001-09-09T03:46:40Z: new disk

    D: changed on the host since the last apply. M: differs from the manifest.
    "#);
    let very_narrow = TextOptions {
        width: 60,
        ..narrow_options()
    };
    let said = said(&drifted_report(), &very_narrow);
    assert!(
        said.contains(
            "\n M  web1-web3   user:deploy/sidekiq.service\n      sidekiq.service is not what the"
        ),
        "{said}"
    );
}

#[test]
fn what_happened_to_many_hosts_is_one_line_although_not_in_the_same_second() {
    let mut all = report(Vec::new());
    for (host, secs) in [("web1", 5), ("web2", 3), ("web3", 9)] {
        let text = "a.service runs an old configuration of /etc/env";
        let found = runs_old(text, NOW - 3600 + secs);
        all = with_judged_host(all, host, vec![found]);
    }
    let unbroken = TextOptions {
        unbroken: true,
        ..narrow_options()
    };
    assert_snapshot!(said(&all, &unbroken), @r#"
    3 hosts: 3 drifted
    DM  web1-web3  user:deploy/a.service  a.service runs an old configuration of /etc/env  (since 2001-09-09T00:46:43Z to 2001-09-09T00:46:49Z, by whom: unknown)

    D: changed on the host since the last apply. M: differs from the manifest.
    "#);
}
