//! A user who does nothing: the ground on which the others are judged.

use crate::attack::{Promise, attack};
use crate::support::World;

#[test]
fn a_user_who_does_nothing_is_managed_on_both_versions() {
    let _attack = attack("nothing: the control", Promise::OwnReach);
    let world = World::both("attack-none");
    world.file(
        "units/app.service",
        "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n",
    );
    world.manifest(
        "version: 1\nname: none\nhosts: {h1: {}, h2: {}}\ngroups:\n  all:\n    users:\n      mallory:\n        units:\n          app.service: {source: units/app.service}\n",
    );
    world.abide(&["apply", "--yes"]).ends_with(0);
    world.assert_converged();
}
