//! What the comparison with real hosts (tests/differential) once showed to be otherwise than it was simulated. Each was
//! seen on systemd 252 and 257, where it does not say which.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test stops where a host is not as it should be"
)]

mod jobs;
mod links;
mod memory;
mod triggers;

use abide_model::{ActiveState, ObservedUnit, UnitRef};
use abide_sim::{Edit, SimHost, desired, path, scope, unit_ref};

const DAEMON: &str = "[Service]\nExecStart=/bin/daemon\n";
const CONFIG: &str = "/etc/systemd/system";

fn host(systemd: u32) -> SimHost {
    let mut host = SimHost::new();
    host.facts.systemd = systemd;
    host
}

fn unit(name: &str) -> UnitRef {
    unit_ref(&format!("system/{name}"))
}

fn write(host: &mut SimHost, name: &str, text: &str) {
    host.edit(&Edit::Write(unit(name), text.to_owned()));
}

fn drop_in(host: &mut SimHost, name: &str, text: &str) {
    let edit = Edit::DropIn(unit(name), "10-a.conf".to_owned(), text.to_owned());
    host.edit(&edit);
}

fn link(host: &mut SimHost, name: &str, target: &str) {
    host.write_link(&path(&format!("{CONFIG}/{name}")), target, "root");
}

fn reload(host: &mut SimHost) {
    host.reload_manager(&scope("system")).unwrap();
}

fn show(host: &SimHost, name: &str) -> ObservedUnit {
    let seen = host.observe(&desired("h1").foreign_unit(name).build());
    let system = seen.scopes[&scope("system")].as_known().unwrap();
    system.units[&unit(name).unit].clone()
}

fn state(host: &SimHost, name: &str) -> (String, ActiveState) {
    let seen = show(host, name);
    (seen.load, seen.active)
}

fn is_known(host: &SimHost, name: &str) -> bool {
    let known = host.in_memory(&scope("system"));
    known.contains_key(&unit(name).unit)
}

fn links(host: &SimHost) -> Vec<String> {
    host.links(&scope("system")).into_iter().collect()
}
