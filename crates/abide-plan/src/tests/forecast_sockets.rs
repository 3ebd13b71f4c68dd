//! Sockets that restart or start beside their service: they cannot listen while it runs (systemd-facts.md#socket-beside-service).

use abide_model::{Desired, Wanted};
use abide_sim::{SimHost, unit_ref};

use super::forecast::worker;
use super::support::{assert_converges, foretold, one};

/// A changed `a.service`, and `c.service` that says this about others, changed or not.
fn manifest(version: u8, of_c: &str, version_of_c: u8) -> Desired {
    let a = worker("Description=a", &format!("/bin/a {version}"));
    let c = worker(of_c, &format!("/bin/c {version_of_c}"));
    one("a.service", &a).unit("c.service", &c).build()
}

/// A package's socket of `c.service`, which says this about others.
fn with_socket(host: SimHost, about: &str) -> SimHost {
    let text = format!("[Unit]\n{about}\n[Socket]\nListenStream=/run/d.sock\nService=c.service\n");
    host.with_vendor_unit(true, "d.socket", &text)
}

/// What is foretold of a plan for the second manifest, where a socket that says this listens since before its service ran.
#[track_caller]
fn with_a_listener(about: &str, first: &Desired, second: &Desired) -> Vec<String> {
    let mut host = with_socket(SimHost::new(), about);
    assert_converges(&mut host, first);
    host.stop(&unit_ref("user:deploy/c.service")).unwrap();
    host.start(&unit_ref("user:deploy/d.socket")).unwrap();
    host.start(&unit_ref("user:deploy/c.service")).unwrap();
    foretold(&assert_converges(&mut host, second))
}

#[test]
fn a_socket_that_restarts_while_its_service_goes_on_stays_down() {
    let manifest = |version| manifest(version, "Description=c", 1);
    assert_eq!(
        with_a_listener("PartOf=a.service", &manifest(1), &manifest(2)),
        ["3: Close user:deploy/d.socket (PartOf= a.service)"]
    );
}

#[test]
fn a_socket_that_restarts_together_with_its_service_listens_again() {
    let manifest = |version| manifest(version, "PartOf=a.service", 1);
    assert_eq!(
        with_a_listener("PartOf=a.service", &manifest(1), &manifest(2)),
        [
            "3: Restart user:deploy/c.service (PartOf= a.service)",
            "3: Restart user:deploy/d.socket (PartOf= a.service)",
        ]
    );
}

#[test]
fn a_service_that_another_job_restarts_may_be_back_before_its_socket() {
    let manifest = |version| manifest(version, "Description=c", version);
    assert_eq!(
        with_a_listener("Requires=a.service", &manifest(1), &manifest(2)),
        ["4: Close user:deploy/d.socket (Requires= a.service)"]
    );
}

/// What is foretold where `app.service`, which says this, restarts because of its new file, and the socket does not listen.
#[track_caller]
fn with_no_listener(of_app: &str, of_socket: &str, version_of_c: u8) -> Vec<String> {
    let manifest = |version: u8, version_of_c: u8| {
        let app = worker(of_app, &format!("/bin/app {version}"));
        let c = worker("Description=c", &format!("/bin/c {version_of_c}"));
        let of_both = one("app.service", &app).unit("c.service", &c);
        of_both.with_running(Wanted::Yes).build()
    };
    let extra = worker("Description=extra", "/bin/extra");
    let mut host = with_socket(SimHost::new(), of_socket);
    host = host.with_vendor_unit(true, "extra.service", &extra);
    let first = super::support::web(&worker("Description=x", "/bin/x"));
    assert_converges(&mut host, &first);
    let mut wanted = manifest(1, 1);
    // Its first start must not start the socket.
    wanted.users.values_mut().for_each(|user| {
        user.units
            .values_mut()
            .for_each(|unit| unit.running = Wanted::No);
    });
    assert_converges(&mut host, &wanted);
    host.start(&unit_ref("user:deploy/c.service")).unwrap();
    host.start(&unit_ref("user:deploy/app.service")).unwrap();
    host.stop(&unit_ref("user:deploy/extra.service"))
        .unwrap_or_default();
    let next = match version_of_c {
        1 => manifest(2, 1),
        other => manifest(1, other),
    };
    foretold(&assert_converges(&mut host, &next))
}

#[test]
fn a_socket_that_cannot_start_is_not_foretold_and_what_it_asks_for_is() {
    assert_eq!(
        with_no_listener("Wants=d.socket", "Requires=extra.service", 1),
        ["3: Start user:deploy/extra.service (Requires= d.socket)"]
    );
}

#[test]
fn a_socket_starts_where_its_service_makes_room() {
    assert_eq!(
        with_no_listener("Wants=d.socket\nRequires=c.service", "Description=d", 2),
        [
            "3: Restart user:deploy/app.service (Requires= c.service)",
            "3: Start user:deploy/d.socket (Wants= app.service)",
        ]
    );
}
