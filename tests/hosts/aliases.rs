//! Aliases whose name another unit has: seen by the plan, not by the step that would make the link.

use crate::support::World;

const MANIFEST: &str = r#"
version: 1
name: aliases
hosts: {h1: {}, h2: {}}
groups:
  all:
    units:
      al-gets.service: {enabled: true}
      al-same.service: {content: "[Service]\nExecStart=/bin/true\n[Install]\nAlias=al-one.service\n", state: unmanaged, enabled: true}
      al-names.service: {enabled: true}
      al-ours.service: {content: "[Service]\nExecStart=/bin/true\n", state: unmanaged}
      al-file.service: {content: "[Service]\nExecStart=/bin/true\n[Install]\nAlias=al-there.service\n", state: unmanaged, enabled: true}
      al-link.service: {content: "[Service]\nExecStart=/bin/true\n[Install]\nAlias=al-linked.service\n", state: unmanaged, enabled: true}
      al-fine.service: {content: "[Service]\nExecStart=/bin/true\n[Install]\nAlias=al-free.service\n", state: unmanaged, enabled: true}
"#;

const THERE: &str = "
for unit in gets:one names:ours; do
  printf '[Service]\\nExecStart=/bin/true\\n[Install]\\nAlias=al-%s.service\\n' ${unit#*:} >/lib/systemd/system/al-${unit%:*}.service
done
printf '[Service]\\nExecStart=/bin/true\\n' >/etc/systemd/system/al-there.service
ln -s /lib/systemd/system/systemd-journald.service /etc/systemd/system/al-linked.service
systemctl daemon-reload";

#[test]
fn an_alias_that_is_taken_is_refused_before_anything_is_done() {
    let world = World::both("aliases");
    for host in ["h1", "h2"] {
        world.fleet.sh(host, THERE);
    }
    world.manifest(MANIFEST);
    let refused = [
        "its alias al-one.service is to be an alias of al-gets.service too",
        "its alias al-ours.service is the name of a unit that is declared too",
        "its alias al-there.service is taken there: /etc/systemd/system/al-there.service is a file",
        "its alias al-linked.service is taken there: it names",
        "abide explain R0107",
    ];
    let says = |said: crate::support::Said| {
        refused
            .iter()
            .fold(said.ends_with(1), |said, text| said.says(text))
    };
    says(world.plan());
    // What can be done is, no step fails, and the refusals stay.
    says(world.apply()).does_not_say("failed:");
    let later = world.plan().ends_with(1).says("8 refused");
    later.says("its alias al-one.service is taken there: it names");
    for host in ["h1", "h2"] {
        let link = world
            .fleet
            .sh(host, "readlink /etc/systemd/system/al-free.service");
        assert_eq!(link.trim(), "/etc/systemd/system/al-fine.service");
        world.fleet.sh(
            host,
            "rm /etc/systemd/system/al-there.service /etc/systemd/system/al-linked.service; systemctl daemon-reload",
        );
    }
    world.manifest(
        &MANIFEST
            .replace(
                "al-gets.service: {enabled: true}",
                "al-gets.service: {enabled: false}",
            )
            .replace("al-names.service: {enabled: true}", "al-names.service: {}"),
    );
    // A name that becomes free by a run is there for the next.
    world.apply();
    world.converge();
}

/// Two units, in the order of their names, and what each is also called.
fn two(world: &World, first: &str, second: &str) {
    let unit = |install: &str| {
        format!(
            "{{content: \"[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=default.target\\n{install}\\n\"}}"
        )
    };
    let units = format!(
        "{{al-first.service: {}, al-second.service: {}}}",
        unit(first),
        unit(second)
    );
    world.manifest(&format!(
        "version: 1\nname: moves\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    units: {units}\n    users:\n      almoves: {{units: {units}}}\n"
    ));
}

#[test]
fn an_alias_goes_over_from_one_unit_to_another_by_one_apply() {
    let world = World::used();
    for (first, second, is) in [
        ("Alias=al-name.service", "", "al-first.service"),
        ("", "Alias=al-name.service", "al-second.service"),
        ("Alias=al-name.service", "", "al-first.service"),
        (
            "Alias=al-other.service",
            "Alias=al-name.service",
            "al-second.service",
        ),
        // Each gets the other's.
        (
            "Alias=al-name.service",
            "Alias=al-other.service",
            "al-first.service",
        ),
    ] {
        two(&world, first, second);
        world.converge();
        for host in ["h1", "h2"] {
            for user in ["root", "almoves"] {
                assert_eq!(world.show(host, user, "al-name.service", "Id"), is);
                for unit in ["al-first.service", "al-second.service"] {
                    world.assert_active(host, user, unit);
                }
            }
        }
        world.abide(&["drift"]).ends_with(0);
        world.abide(&["status", "--exit-code"]).ends_with(0);
    }
}
