//! Links: names, masks, and what `enable`, `disable` and their kin do with them.

use crate::{DAEMON, host, is_known, link, links, reload, show, unit, write};

#[test]
fn a_link_to_a_unit_of_another_type_is_no_name_of_it() {
    let mut host = host(257);
    write(&mut host, "t.target", "[Unit]\nDescription=x\n");
    link(&mut host, "al.service", "t.target");
    assert_eq!(show(&host, "al.service").load, "not-found");
}

#[test]
fn enable_fails_for_an_alias_that_cannot_be_after_it_made_the_other_links() {
    let mut host = host(257);
    let text = "[Timer]\nOnBootSec=1h\n[Install]\nWantedBy=timers.target\nAlias=al.service\n";
    write(&mut host, "a.timer", text);
    assert!(host.enable(&unit("a.timer")).is_err());
    assert_eq!(links(&host), ["timers.target.wants/a.timer"]);
}

#[test]
fn enable_fails_for_an_alias_whose_place_is_taken_unless_a_newer_systemd_finds_it_broken() {
    let text = format!("{DAEMON}[Install]\nAlias=al.service\n");
    for (systemd, to, works) in [
        (252, "b.service", false),
        (257, "b.service", false),
        (252, "gone.service", false),
        (257, "gone.service", true),
    ] {
        let mut host = host(systemd);
        write(&mut host, "a.service", &text);
        write(&mut host, "b.service", DAEMON);
        link(&mut host, "al.service", to);
        let enabled = host.enable(&unit("a.service"));
        assert_eq!(enabled.is_ok(), works, "{systemd} {to}");
    }
}

#[test]
fn a_template_without_an_instance_cannot_be_enabled_for_a_plain_unit() {
    let mut host = host(257);
    let text = format!("{DAEMON}[Install]\nWantedBy=default.target\n");
    write(&mut host, "t@.service", &text);
    assert!(host.enable(&unit("t@.service")).is_err());
    host.enable(&unit("t@1.service")).unwrap();
}

#[test]
fn an_alias_cannot_be_enabled_and_is_disabled_with_its_unit() {
    let mut host = host(257);
    let text = format!("{DAEMON}[Install]\nWantedBy=default.target\nAlias=al.service\n");
    write(&mut host, "a.service", &text);
    host.enable(&unit("a.service")).unwrap();
    assert!(host.enable(&unit("al.service")).is_err());
    link(
        &mut host,
        "default.target.wants/al.service",
        "../al.service",
    );
    host.disable(&unit("al.service")).unwrap();
    assert!(links(&host).is_empty());
}

#[test]
fn a_slice_without_a_file_cannot_be_disabled() {
    assert!(host(252).disable(&unit("s.slice")).is_err());
}

#[test]
fn a_link_in_wants_that_leads_to_an_empty_file_wants_nothing() {
    let mut host = host(257);
    write(&mut host, "a.service", "");
    link(&mut host, "default.target.wants/a.service", "../a.service");
    reload(&mut host);
    assert!(!is_known(&host, "a.service"));
}

#[test]
fn unmask_removes_an_empty_file_and_the_links_to_it() {
    let mut host = host(257);
    write(&mut host, "a.service", "");
    link(&mut host, "default.target.wants/a.service", "../a.service");
    host.unmask(&unit("a.service"));
    assert_eq!(show(&host, "a.service").load, "not-found");
    assert!(links(&host).is_empty());
}

#[test]
fn a_link_that_leads_to_a_mask_is_masked_already() {
    let mut host = host(252);
    link(&mut host, "b.service", "/dev/null");
    link(&mut host, "al.service", "b.service");
    host.mask(&unit("al.service")).unwrap();
    assert_eq!(links(&host), ["al.service", "b.service"]);
}

#[test]
fn what_cannot_be_read_is_disabled_on_252_only() {
    for (systemd, left) in [(252, 0), (257, 1)] {
        let mut host = host(systemd);
        let text = format!("{DAEMON}[Install]\nWantedBy=multi-user.target\n");
        write(&mut host, "c.service", &text);
        host.enable(&unit("c.service")).unwrap();
        write(&mut host, "c.service", "[Service\n");
        assert_eq!(host.disable(&unit("c.service")).is_ok(), left == 0);
        assert_eq!(links(&host).len(), left);
    }
}

#[test]
fn an_alias_of_nothing_is_disabled_on_252_only() {
    for (systemd, left) in [(252, 0), (257, 1)] {
        let mut host = host(systemd);
        link(&mut host, "al.service", "b.service");
        assert_eq!(host.disable(&unit("al.service")).is_ok(), left == 0);
        assert_eq!(links(&host).len(), left);
    }
}

#[test]
fn a_link_that_cannot_be_an_alias_is_not_disabled_and_goes_with_reenable_on_252_only() {
    for (systemd, left) in [(252, 0), (257, 1)] {
        let mut host = host(systemd);
        link(&mut host, "al.service", "x@2.service");
        assert!(host.disable(&unit("al.service")).is_err());
        assert_eq!(links(&host).len(), 1);
        assert!(host.reenable_unit(&unit("al.service")).is_err());
        assert_eq!(links(&host).len(), left);
    }
}
