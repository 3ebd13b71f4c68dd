//! What a manifest declares is what plans speak of.

use abide_model::{Desired, ResourceId};
use abide_sim::{SimHost, desired};

use super::support::{as_declared, planned};
use crate::declared;

fn wanted() -> Desired {
    desired("h1")
        .system()
        .unit("nginx.service", "[Service]\nExecStart=/bin/nginx\n")
        .user("deploy")
        .linger(Some(true))
        .file(".config/app/env", "A=1\n")
        .unit("web.container", "[Container]\nImage=img:1\n")
        .build()
}

#[test]
fn a_converged_host_has_everything_that_is_declared() {
    let host = as_declared(&wanted());
    let all = declared(&wanted(), Some(&host.observe(&wanted())));
    assert_eq!(planned(&host, &wanted()).unchanged, all.len());
}

#[test]
fn every_planned_resource_of_a_fresh_host_is_declared_seen_or_not() {
    let host = SimHost::new();
    let plan = planned(&host, &wanted());
    for all in [
        declared(&wanted(), None),
        declared(&wanted(), Some(&host.observe(&wanted()))),
    ] {
        for action in &plan.actions {
            let is_known = matches!(action.resource, ResourceId::Manager(_))
                || all.iter().any(|one| one.is_meant_by(&action.resource));
            assert!(is_known, "{} is not in {all:?}", action.resource);
        }
    }
}
