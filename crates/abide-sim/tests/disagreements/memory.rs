//! Which units a manager has in memory, what it reads of them, and when it forgets them.

use abide_model::ActiveState;
use abide_sim::{Edit, SimHost, scope};

use crate::{DAEMON, drop_in, host, is_known, link, reload, show, state, unit, write};

#[test]
fn beside_a_file_that_cannot_be_read_to_its_end_nothing_is_looked_at() {
    let mut host = host(257);
    for (name, text, load) in [
        ("a.service", "[Service\nExecStart=/bin/a\n", "error"),
        ("b.service", "[Service]\nExecStart=no/path\n", "bad-setting"),
    ] {
        write(&mut host, name, text);
        drop_in(&mut host, name, "[Unit]\nDescription=x\n");
        link(&mut host, "al.service", name);
        let seen = show(&host, name);
        assert_eq!((&*seen.load, seen.drop_ins.len()), (load, 0));
        let alias = show(&host, "al.service");
        assert_eq!(alias.id.as_str(), "al.service", "it has no other name");
    }
    write(&mut host, "a.timer", "[Timer\nOnBootSec=1h\n");
    assert!(!show(&host, "a.timer").relations.contains_key("Triggers"));
}

#[test]
fn drop_ins_of_a_masked_unit_count_on_252_only_and_are_always_outdated_there() {
    for (systemd, counts) in [(252, true), (257, false)] {
        let mut host = host(systemd);
        link(&mut host, "a.service", "/dev/null");
        drop_in(&mut host, "a.service", "[Service]\nExecReload=/bin/true\n");
        reload(&mut host);
        let seen = show(&host, "a.service");
        assert_eq!(
            (seen.drop_ins.len(), seen.can_reload, seen.need_reload),
            (usize::from(counts), counts, counts)
        );
    }
}

#[test]
fn a_loaded_unit_takes_no_further_name_before_a_daemon_reload() {
    let mut host = host(257);
    write(&mut host, "a.service", DAEMON);
    host.start(&unit("a.service")).unwrap();
    link(&mut host, "al.service", "a.service");
    let seen = show(&host, "al.service");
    assert_eq!((&*seen.load, seen.id.as_str()), ("error", "al.service"));
    assert!(host.start(&unit("al.service")).is_err());
    reload(&mut host);
    let seen = show(&host, "al.service");
    assert_eq!((&*seen.load, seen.id.as_str()), ("loaded", "a.service"));
}

#[test]
fn a_mask_makes_systemctl_of_257_ask_about_the_unit_and_so_it_is_loaded() {
    for (systemd, load) in [(252, "not-found"), (257, "masked")] {
        let mut host = host(systemd);
        let text = format!("[Unit]\nWants=b.service\n{DAEMON}");
        write(&mut host, "a.service", &text);
        host.start(&unit("a.service")).unwrap();
        host.mask(&unit("b.service")).unwrap();
        let loaded = &host.in_memory(&scope("system"))[&unit("b.service").unit];
        assert_eq!(loaded.load, load);
    }
}

#[test]
fn a_unit_that_was_not_found_is_looked_for_again_when_it_is_shown() {
    let mut host = host(257);
    write(
        &mut host,
        "a.service",
        &format!("[Unit]\nWants=b.service\n{DAEMON}"),
    );
    host.start(&unit("a.service")).unwrap();
    let loaded = &host.in_memory(&scope("system"))[&unit("b.service").unit];
    assert_eq!(loaded.load, "not-found");
    write(&mut host, "b.service", DAEMON);
    assert_eq!(show(&host, "b.service").load, "loaded");
}

#[test]
fn a_file_that_is_back_while_its_unit_runs_cannot_be_read_before_a_daemon_reload() {
    let mut host = host(257);
    write(&mut host, "a.service", DAEMON);
    host.start(&unit("a.service")).unwrap();
    host.edit(&Edit::Remove(unit("a.service")));
    reload(&mut host);
    write(&mut host, "a.service", DAEMON);
    assert!(host.start(&unit("a.service")).is_err());
    let running = |load: &str| (load.to_owned(), ActiveState::Active);
    assert_eq!(state(&host, "a.service"), running("error"));
    reload(&mut host);
    assert_eq!(state(&host, "a.service"), running("loaded"));
}

#[test]
fn a_unit_whose_end_starts_another_stays_known() {
    let mut host = host(257);
    write(
        &mut host,
        "a.service",
        &format!("[Unit]\nOnSuccess=b.service\n{DAEMON}"),
    );
    write(&mut host, "b.service", DAEMON);
    host.start(&unit("a.service")).unwrap();
    host.stop(&unit("a.service")).unwrap();
    assert!(is_known(&host, "a.service") && host.is_up(&unit("b.service")));
    // Until something happens to what it names.
    host.stop(&unit("b.service")).unwrap();
    assert!(!is_known(&host, "a.service"));
}

#[test]
fn a_unit_that_is_shown_is_looked_for_again_and_others_know_what_it_says() {
    let mut host = host(252);
    write(
        &mut host,
        "c.service",
        "[Unit]\nAfter=a.service\n[Service]\nExecStart=/bin/c\n",
    );
    host.start(&unit("c.service")).unwrap();
    write(
        &mut host,
        "a.service",
        "[Unit]\nRequires=c.service\n[Service]\nExecStart=/bin/a\n",
    );
    let required_by = |host: &SimHost| show(host, "c.service").relations.get("RequiredBy").cloned();
    assert_eq!(required_by(&host).unwrap_or_default().len(), 0);
    host.show(&unit("a.service"));
    assert_eq!(required_by(&host).unwrap_or_default().len(), 1);
}

#[test]
fn a_masked_unit_that_is_loaded_has_no_other_names() {
    for systemd in [252, 257] {
        let mut host = host(systemd);
        write(&mut host, "b.service", "");
        link(&mut host, "al.service", "b.service");
        let text = "[Unit]\nAfter=b.service\n[Service]\nExecStart=/bin/c\n";
        write(&mut host, "c.service", text);
        host.start(&unit("c.service")).unwrap();
        let alias = show(&host, "al.service");
        assert_eq!(
            (alias.id.as_str(), alias.load.as_str()),
            ("al.service", "error")
        );
        assert!(alias.need_reload);
    }
}

#[test]
fn a_unit_that_names_a_missing_one_makes_its_manager_look_again_when_it_is_shown() {
    let mut host = host(252);
    write(
        &mut host,
        "a.service",
        "[Unit]\nBefore=c.service\n[Service]\nExecStart=/bin/a\n",
    );
    let text = "[Unit]\nBefore=c.service\n[Service]\nExecStart=/bin/b\n";
    write(&mut host, "b.service", text);
    host.start(&unit("b.service")).unwrap();
    write(
        &mut host,
        "c.service",
        "[Unit]\nBindsTo=b.service\n[Service]\nExecStart=/bin/c\n",
    );
    host.show(&unit("a.service"));
    let bound = show(&host, "b.service").relations.get("BoundBy").cloned();
    assert_eq!(bound.unwrap_or_default().len(), 1);
    assert!(!is_known(&host, "a.service"), "nothing keeps it");
}

#[test]
fn a_unit_is_looked_at_again_when_one_is_forgotten_that_named_it() {
    for systemd in [252, 257] {
        let mut host = host(systemd);
        let text = "[Unit]\nOnSuccess=s.slice\n[Service]\nExecStart=/bin/true\n";
        write(&mut host, "a.service", text);
        let text = format!("[Unit]\nBindsTo=a.service\n{DAEMON}");
        write(&mut host, "c.service", &text);
        host.start(&unit("c.service")).unwrap();
        assert!(!is_known(&host, "c.service"));
        assert!(!is_known(&host, "a.service"), "nothing names it any more");
    }
}

#[test]
fn a_unit_that_failed_to_start_stays_known_if_what_it_would_start_then_was_about_to_start() {
    let mut host = host(252);
    write(&mut host, "d.service", DAEMON);
    let text = "[Unit]\nBindsTo=d.service\nOnFailure=d.service\n[Path]\nPathChanged=/run/p\n";
    write(&mut host, "c.path", text);
    assert!(host.restart(&unit("c.path")).is_err());
    assert!(is_known(&host, "c.path"));
    assert_eq!(
        state(&host, "c.service"),
        ("not-found".to_owned(), ActiveState::Inactive)
    );
}

#[test]
fn beside_a_unit_whose_other_name_is_taken_nothing_is_looked_at() {
    for systemd in [252, 257] {
        let mut host = host(systemd);
        write(&mut host, "b.service", DAEMON);
        link(&mut host, "al.service", "b.service");
        drop_in(&mut host, "a.service", "[Service]\nExecReload=/bin/true\n");
        host.start(&unit("al.service")).unwrap();
        write(&mut host, "a.service", DAEMON);
        link(&mut host, "al.service", "a.service");
        assert!(!show(&host, "a.service").can_reload);
    }
}

#[test]
fn what_a_slice_would_start_if_it_could_fail_is_read_all_the_same() {
    let mut host = host(252);
    write(&mut host, "s.slice", "[Unit]\nOnFailure=c.service\n");
    write(&mut host, "b.service", "[Unit]\nOnSuccess=s.slice\n");
    write(&mut host, "c.service", "[Unit]\nWants=b.service\n");
    host.start(&unit("s.slice")).unwrap();
    assert!(!is_known(&host, "c.service"));
    assert!(is_known(&host, "b.service"));
}

#[test]
fn mask_and_unmask_ask_about_the_unit_and_what_it_names_is_read_again() {
    for systemd in [252, 257] {
        let mut host = host(systemd);
        write(&mut host, "a.socket", "Alias=al.service\n");
        let text = "[Service]\nExecStart=/bin/false\n";
        write(&mut host, "a.service", text);
        host.start(&unit("a.service")).unwrap();
        host.edit(&Edit::Remove(unit("a.service")));
        reload(&mut host);
        write(&mut host, "a.service", "");
        host.unmask(&unit("a.socket"));
        assert_eq!(
            state(&host, "a.service"),
            ("masked".to_owned(), ActiveState::Failed),
            "a mask needs no slice, as other files do"
        );
    }
}

#[test]
fn a_unit_whose_file_was_gone_and_that_is_up_takes_no_further_name() {
    let mut host = host(257);
    write(&mut host, "b.service", DAEMON);
    link(&mut host, "al.service", "b.service");
    host.start(&unit("b.service")).unwrap();
    host.edit(&Edit::Remove(unit("b.service")));
    reload(&mut host);
    write(&mut host, "b.service", "");
    assert_eq!(
        state(&host, "al.service"),
        ("error".to_owned(), ActiveState::Inactive)
    );
}

#[test]
fn reenable_does_not_ask_about_the_unit() {
    let mut host = host(257);
    let text = format!("[Unit]\nOnFailure=b.service\n{DAEMON}");
    write(&mut host, "a.service", &text);
    host.start(&unit("a.service")).unwrap();
    write(&mut host, "b.service", "");
    assert!(host.reenable_unit(&unit("b.service")).is_err());
    let load = |host: &SimHost| {
        let known = host.in_memory(&scope("system"));
        known[&unit("b.service").unit].load.clone()
    };
    assert_eq!(load(&host), "not-found");
    host.show(&unit("b.service"));
    assert_eq!(load(&host), "masked");
}

#[test]
fn what_is_shown_is_forgotten_after_it_was_shown() {
    let mut host = host(257);
    let text = "[Unit]\nOnSuccess=t.target\n[Service]\nExecStart=/bin/true\n";
    write(&mut host, "a.service", text);
    write(&mut host, "t.target", "[Unit]\n");
    host.start(&unit("a.service")).unwrap();
    link(&mut host, "al.service", "a.service");
    write(&mut host, "b.service", "[Unit]\nAfter=a.service\n");
    write(&mut host, "a.service", "[Unit]\nBefore=b.service\n");
    host.ask_for(&unit("al.service"));
    assert_eq!(state(&host, "al.service").0, "error");
    assert!(is_known(&host, "a.service"));
    host.show(&unit("al.service"));
    assert!(!is_known(&host, "a.service"));
}

#[test]
fn a_unit_that_cannot_be_read_again_is_so_by_all_its_names() {
    let mut host = host(257);
    write(&mut host, "b.service", DAEMON);
    link(&mut host, "al.service", "b.service");
    host.start(&unit("b.service")).unwrap();
    host.edit(&Edit::Remove(unit("b.service")));
    reload(&mut host);
    write(&mut host, "b.service", DAEMON);
    host.ask_for(&unit("b.service"));
    for name in ["b.service", "al.service"] {
        let seen = show(&host, name);
        assert_eq!(
            (seen.id.as_str(), seen.load.as_str()),
            ("b.service", "error")
        );
    }
}
