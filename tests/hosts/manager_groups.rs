//! The groups of a user's manager where nobody can see them.

use crate::support::{World, worker};

#[test]
fn a_manager_whose_process_cannot_be_looked_at_is_not_said_to_have_the_groups_of_its_account() {
    let world = World::used();
    let manifest = |groups: &str| {
        world.manifest(&format!(
            "version: 1\nname: unseengroups\nhosts: {{h1: {{}}, h2: {{}}}}\ngroups:\n  all:\n    users:\n      unseen:\n        \
             {groups}\n        units: {{a.service: {{source: a.service}}}}\n"
        ));
    };
    manifest("linger: true");
    world.file("a.service", &worker(""));
    world.converge();
    let of_manager =
        "p=$(systemctl show -p MainPID --value user@$(id -u unseen)); [ \"$p\" -gt 1 ]";
    for host in ["h1", "h2"] {
        world.fleet.sh(
            host,
            &format!(
                "groupadd -f late; usermod -aG late unseen; : >/run/nothing; {of_manager}
                 mount --bind /run/nothing /proc/$p/status"
            ),
        );
    }
    world.assert_converged();
    world.plan().does_not_say("N0802");
    // Somebody gave the account its group: whether the manager was started before or after is not known.
    for restart in ["never", "allow"] {
        manifest(&format!(
            "groups: [late]\n        manager_restart: {restart}"
        ));
        world.converge();
        let said = world.abide(&["plan", "--detailed-exitcode"]).ends_with(0);
        said.says("what runs under it may lack the group late")
            .says("N0802");
    }
    world
        .abide(&["explain", "N0802"])
        .ends_with(0)
        .says("hidepid");
    for host in ["h1", "h2"] {
        world
            .fleet
            .sh(host, &format!("{of_manager}; umount /proc/$p/status"));
    }
    // Seen, it lacks the group, and gets it.
    world
        .plan()
        .says("restart its user manager")
        .does_not_say("N0802");
    world.converge().does_not_say("N0802");
    world.plan().does_not_say("N0802");
}
