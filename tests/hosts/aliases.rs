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
