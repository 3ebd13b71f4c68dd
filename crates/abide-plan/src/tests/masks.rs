//! Masks that somebody made, and where they are.

use abide_model::{Desired, DesiredUnit, Presence, Wanted};
use abide_sim::{Edit, SimHost, desired, path, scope, unit_ref};

use super::support::{
    WEB, as_declared, assert_converges, one, refusals, seen_unit, service, steps,
};

const VENDOR: &str = "[Service]\nExecStart=/bin/x\n[Install]\nWantedBy=multi-user.target\n";
const NGINX: &str = "system/nginx.service";

/// Every unit of the manifest, changed so.
fn each(mut wanted: Desired, change: impl Fn(&mut DesiredUnit)) -> Desired {
    let of_users = wanted
        .users
        .values_mut()
        .flat_map(|user| user.units.values_mut());
    wanted.units.values_mut().chain(of_users).for_each(change);
    wanted
}

/// A package's unit, of which the manifest says this much.
fn nginx(masked: Option<bool>, running: Wanted, enabled: Wanted) -> Desired {
    each(
        desired("h1").foreign_unit("nginx.service").build(),
        |unit| {
            (unit.masked, unit.running, unit.enabled) = (masked, running, enabled);
        },
    )
}

/// A host on which somebody has masked it.
fn masked_by_hand() -> SimHost {
    let mut host = SimHost::new().with_vendor_unit(false, "nginx.service", VENDOR);
    host.edit(&Edit::Mask(unit_ref(NGINX)));
    host.reload_manager(&scope("system")).unwrap();
    host
}

#[test]
fn a_mask_by_hand_forbids_what_the_manifest_asks_for_and_nothing_else() {
    use Wanted::{No, Unmanaged, Yes};
    let refused = |running, enabled| {
        let plan = assert_converges(&mut masked_by_hand(), &nginx(None, running, enabled));
        refusals(&plan)
    };
    let masked = [format!("{NGINX}: it is masked on the host")];
    assert_eq!(refused(Yes, Unmanaged), masked);
    assert_eq!(refused(Unmanaged, Yes), masked);
    assert_eq!(refused(Unmanaged, Unmanaged), Vec::<String>::new());
    assert_eq!(refused(No, No), Vec::<String>::new());
}

#[test]
fn a_mask_by_hand_goes_where_the_manifest_says_so() {
    let wanted = nginx(Some(false), Wanted::Yes, Wanted::Unmanaged);
    let plan = assert_converges(&mut masked_by_hand(), &wanted);
    assert!(
        steps(&plan).contains(&format!("{NGINX}: unmask")),
        "{:?}",
        steps(&plan)
    );
}

#[test]
fn links_to_a_unit_that_stays_masked_start_nothing_and_stay() {
    use Wanted::{No, Unmanaged};
    let absent = each(nginx(None, No, No), |unit| {
        unit.presence = Presence::Absent;
    });
    for wanted in [
        nginx(Some(true), No, No),
        nginx(None, Unmanaged, No),
        absent,
    ] {
        let mut host = masked_by_hand();
        let link = "stale.target.wants/nginx.service".to_owned();
        host.edit(&Edit::Link(unit_ref(NGINX), link));
        let plan = assert_converges(&mut host, &wanted);
        let disables = steps(&plan).iter().any(|step| step.contains("disable"));
        assert!(!disables, "{:?}", steps(&plan));
    }
}

#[test]
fn links_to_a_template_that_stays_masked_start_nothing_and_stay() {
    let template = "[Service]\nExecStart=/bin/x %i\n[Install]\nWantedBy=multi-user.target\n";
    let wanted = desired("h1").foreign_unit("pool@one.service").build();
    let wanted = each(wanted, |unit| unit.enabled = Wanted::No);
    let mut host = SimHost::new().with_vendor_unit(false, "pool@.service", template);
    host.edit(&Edit::Mask(unit_ref("system/pool@.service")));
    host.reload_manager(&scope("system")).unwrap();
    let link = "multi-user.target.wants/pool@one.service".to_owned();
    host.edit(&Edit::Link(unit_ref("system/pool@one.service"), link));
    let plan = assert_converges(&mut host, &wanted);
    let disables = steps(&plan).iter().any(|step| step.contains("disable"));
    assert!(!disables, "{:?}", steps(&plan));
}

#[test]
fn a_link_goes_where_only_another_unit_is_masked_or_the_mask_is_gone() {
    let wanted = nginx(None, Wanted::Unmanaged, Wanted::No);
    let link = Edit::Link(
        unit_ref(NGINX),
        "stale.target.wants/nginx.service".to_owned(),
    );
    let mut other = SimHost::new().with_vendor_unit(false, "nginx.service", VENDOR);
    other.edit(&Edit::Mask(unit_ref("system/other.service")));
    // The manager has the mask still.
    let mut undone = masked_by_hand();
    undone.remove_file(&path("/etc/systemd/system/nginx.service"));
    for mut host in [other, undone] {
        host.edit(&link);
        let plan = assert_converges(&mut host, &wanted);
        let disable = format!("{NGINX}: disable -stale.target.wants/nginx.service");
        assert!(steps(&plan).contains(&disable), "{:?}", steps(&plan));
    }
}

#[test]
fn our_unit_file_undoes_a_mask_in_its_place() {
    let wanted = one("web.service", &service("/bin/web")).build();
    let wanted = each(wanted, |unit| unit.masked = None);
    let mut host = as_declared(&wanted);
    assert!(super::support::planned(&host, &wanted).is_empty());
    host.edit(&Edit::Stop(unit_ref(WEB)));
    host.write_link(
        &path("/home/deploy/.config/systemd/user/web.service"),
        "/dev/null",
        "deploy",
    );
    host.reload_manager(&scope("user:deploy")).unwrap();
    let plan = assert_converges(&mut host, &wanted);
    assert_eq!(steps(&plan)[0], format!("{WEB}: unmask"));
}

/// The plan for a unit that is masked in a place where nothing of it can be undone.
fn masked_elsewhere(wanted: &Desired) -> (Vec<String>, Vec<String>) {
    of_masked_elsewhere(&masked_by_hand(), wanted)
}

fn masked_elsewhere_and_linked(wanted: &Desired) -> (Vec<String>, Vec<String>) {
    let mut host = masked_by_hand();
    host.edit(&Edit::Link(
        unit_ref(NGINX),
        "stale.target.wants/nginx.service".to_owned(),
    ));
    of_masked_elsewhere(&host, wanted)
}

fn of_masked_elsewhere(host: &SimHost, wanted: &Desired) -> (Vec<String>, Vec<String>) {
    let mut seen = host.observe(wanted);
    let link = "nginx.service";
    let system = super::support::seen_of(&mut seen, "system");
    system.links.retain(|one| one.path != link);
    system.files.retain(|at, _| at.file_name() != link);
    system.files.insert(
        path("/etc/systemd/system/nginx.service"),
        abide_model::Observation::Absent,
    );
    let unit = seen_unit(&mut seen, NGINX);
    unit.load = "masked".to_owned();
    unit.fragment = Some(path("/run/systemd/system/nginx.service"));
    let plan = crate::plan(wanted, &seen);
    (steps(&plan), refusals(&plan))
}

#[test]
fn a_mask_elsewhere_is_as_good_as_ours_and_cannot_be_undone() {
    let none: (Vec<String>, Vec<String>) = (vec![], vec![]);
    let (steps, _) = masked_elsewhere_and_linked(&nginx(Some(true), Wanted::No, Wanted::No));
    assert!(
        !steps.iter().any(|step| step.contains("disable")),
        "{steps:?}"
    );
    let with = |masked, running| nginx(masked, running, Wanted::Unmanaged);
    let (steps, refused) = masked_elsewhere(&with(Some(true), Wanted::No));
    assert!(
        !steps.iter().any(|step| step.ends_with(": mask")) && refused.is_empty(),
        "{steps:?} {refused:?}"
    );
    let refusal = format!(
        "{NGINX}: it is masked outside its configuration directory, where it cannot be undone for good"
    );
    for (masked, running) in [
        (Some(false), Wanted::Unmanaged),
        (None, Wanted::Yes),
        (None, Wanted::Unmanaged),
    ] {
        let (steps, refused) = masked_elsewhere(&with(masked, running));
        assert_eq!((&steps, &refused), (&none.0, &vec![refusal.clone()]));
    }
}
