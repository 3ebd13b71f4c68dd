//! What a manager has read for itself: the groups of its user, its environment, its defaults.

use super::case::Case;
use crate::fleet::skip;
use crate::support::World;

fn service(more: &str) -> String {
    format!("[Service]\nExecStart=/bin/sleep infinity\n{more}[Install]\nWantedBy=default.target\n")
}

fn on_both(case: &Case, script: &str) {
    case.each(|at| {
        at.root(script);
    });
}

/// The names of the groups that the unit's main process has.
const GROUPS: &str = "pid=$(ctl show -p MainPID --value UNIT); for id in $(sed -n 's/^Groups://p' /proc/$pid/status); do getent group $id; done | cut -d: -f1";

#[test]
fn a_group_that_comes_later_reaches_the_units_with_a_restart_of_their_manager_that_was_allowed() {
    let mut case = Case::user("grouped");
    on_both(&case, "groupadd -f late");
    case.unit("a.service", &service(""));
    case.begin();
    case.user_key("groups: [late]");
    let refused = "what runs under it does not have the group late";
    case.plan()
        .ends_with(7)
        .says(refused)
        .says("manager_restart");
    case.apply().ends_with(7);
    case.each(|at| {
        at.root("! id -Gn grouped | grep -w late");
    });

    case.user_key("manager_restart: never");
    case.plan().ends_with(0).says("groups").says(refused);
    case.apply().ends_with(0);
    case.plan().ends_with(0).says("No changes").says(refused);
    case.world
        .abide(&["status", "--exit-code"])
        .ends_with(0)
        .says(refused);
    case.world.abide(&["drift"]).ends_with(0).says(refused);
    case.world
        .abide(&["drift", "-q"])
        .ends_with(0)
        .does_not_say(refused);

    case.without_user_key("manager_restart");
    case.plan().ends_with(7).says(refused);
    case.world.abide(&["status", "--exit-code"]).ends_with(2);
    case.user_key("manager_restart: allow");
    case.unit("b.service", &service(""));
    case.plan()
        .ends_with(0)
        .says("restart its user manager, which stops all units of the user");
    case.converge();
    case.each(|at| {
        for unit in ["a.service", "b.service"] {
            let groups = at.sh(&GROUPS.replace("UNIT", unit));
            assert!(groups.contains("late"), "{unit}: {groups}");
        }
    });
    case.world.abide(&["drift"]).ends_with(0);
}

/// `~/.config/systemd/user.conf` came after 247 (docs/systemd-facts.md).
fn lacks_user_conf(world: &World, host: &str) -> bool {
    world.show(host, "root", "", "Version").starts_with("247")
}

#[test]
fn the_environment_of_a_manager_is_read_before_its_units_restart() {
    let mut case = Case::user("environed");
    let declare = |case: &mut Case, value: u8| {
        case.user_key(&format!(
            r#"files: {{.config/environment.d/10.conf: {{content: "FROM_ENVIRONMENT={value}\n"}}, .config/systemd/user.conf.d/10.conf: {{content: "[Manager]\nDefaultEnvironment=FROM_DEFAULTS={value}\n"}}}}"#
        ));
    };
    declare(&mut case, 1);
    case.unit("a.service", &service("")).keys(
        "a.service",
        "restart_on: [~/.config/environment.d/10.conf, ~/.config/systemd/user.conf.d/10.conf]",
    );
    case.begin();
    let has = |case: &Case, value: u8| {
        case.each(|at| {
            let all =
                at.sh("tr '\\0' '\\n' </proc/$(ctl show -p MainPID --value a.service)/environ");
            let mut names = vec!["FROM_ENVIRONMENT"];
            match lacks_user_conf(&case.world, at.host) {
                true => skip("systemd 247 reads no user.conf in a home"),
                false => names.push("FROM_DEFAULTS"),
            }
            for name in names {
                assert!(
                    all.contains(&format!("{name}={value}")),
                    "{name}={value} in {all}"
                );
            }
        });
    };
    has(&case, 1);
    declare(&mut case, 2);
    let plan = case.plan().says("restart").says("daemon-reload");
    match lacks_user_conf(&case.world, "h1") {
        true => plan.says("reads no `user.conf` in a home").says("N0801"),
        false => plan.does_not_say("N0801"),
    };
    case.converge();
    has(&case, 2);
    // By hand, and put back.
    case.each(|at| {
        at.sh("echo FROM_ENVIRONMENT=3 >~/.config/environment.d/10.conf; ctl daemon-reload; ctl restart a.service");
    });
    case.converge();
    has(&case, 2);
}

#[test]
fn the_defaults_of_the_system_manager_are_read_before_a_unit_that_names_them_restarts() {
    let mut case = Case::system("defaulted");
    let write = |case: &Case, value: u8| {
        on_both(
            case,
            &format!(
                "mkdir -p /etc/systemd/system.conf.d; printf '[Manager]\\nDefaultEnvironment=FROM_DEFAULTS={value}\\n' >/etc/systemd/system.conf.d/defaulted.conf"
            ),
        );
    };
    write(&case, 1);
    on_both(&case, "systemctl daemon-reload");
    case.unit("defaulted.service", &service("")).keys(
        "defaulted.service",
        "restart_on: [/etc/systemd/system.conf.d/defaulted.conf]",
    );
    case.begin();
    write(&case, 2);
    case.plan().says("daemon-reload").says("restart");
    case.converge();
    case.each(|at| {
        at.root("tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value defaulted.service)/environ | grep FROM_DEFAULTS=2");
    });
    on_both(
        &case,
        "rm /etc/systemd/system.conf.d/defaulted.conf; systemctl daemon-reload",
    );
}

#[test]
fn what_a_host_gives_to_the_managers_of_users_is_read_before_a_unit_that_names_it_restarts() {
    let mut case = Case::user("given");
    let environment = "";
    let defaults = "[Manager]\\nDefaultEnvironment=";
    let files = [
        ("/etc/environment.d/given.conf", environment),
        ("/run/environment.d/given-run.conf", environment),
        ("/etc/environment", environment),
        ("/etc/systemd/user.conf.d/given.conf", defaults),
        ("/run/systemd/user.conf.d/given-run.conf", defaults),
    ];
    let paths = files.map(|(path, _)| path);
    case.unit("a.service", &service(""))
        .keys("a.service", &format!("restart_on: [{}]", paths.join(", ")));
    case.begin();
    on_both(
        &case,
        "mkdir -p /etc/environment.d /run/environment.d /etc/systemd/user.conf.d /run/systemd/user.conf.d",
    );
    // Each by itself: what is read for one of them would be read for all.
    for (number, (path, before)) in files.into_iter().enumerate() {
        on_both(
            &case,
            &format!("printf '{before}GIVEN_{number}=1\\n' >>{path}"),
        );
        case.plan().says(path).says("daemon-reload").says("restart");
        case.world.abide(&["drift"]).ends_with(2).says(path);
        case.converge();
        case.each(|at| {
            let all =
                at.sh("tr '\\0' '\\n' </proc/$(ctl show -p MainPID --value a.service)/environ");
            let given = all.contains(&format!("GIVEN_{number}=1"));
            assert!(given, "{path} on {}: {all}", at.host);
        });
    }
    on_both(
        &case,
        "rm /*/environment.d/given*.conf /*/systemd/user.conf.d/given*.conf; sed -i /GIVEN/d /etc/environment",
    );
}

#[test]
fn what_was_edited_until_the_next_boot_is_drift() {
    let edited = |directory: &str, ctl: &str| {
        format!(
            "mkdir -p {directory}; printf '[Service]\\nNice=3\\n' >{directory}/override.conf; {ctl} daemon-reload"
        )
    };
    let mut case = Case::user("edited");
    case.unit("a.service", &service(""));
    case.begin();
    case.each(|at| {
        at.sh(&edited(
            "/run/user/$(id -u)/systemd/user/a.service.d",
            "ctl",
        ));
    });
    let said = case.world.abide(&["drift"]).ends_with(2);
    said.says_in_order(&[
        "override.conf was added in /run/user/",
        "/systemd/user/a.service.d, as `systemctl edit` does",
    ]);
    let mut case = Case::system("edited");
    case.unit("edited.service", &service(""));
    case.begin();
    let directory = "/run/systemd/system/edited.service.d";
    on_both(&case, &edited(directory, "systemctl"));
    case.world.abide(&["drift"]).ends_with(2).says(&format!(
        "override.conf was added in {directory}, as `systemctl edit` does"
    ));
    on_both(
        &case,
        &format!("rm -r {directory}; systemctl daemon-reload"),
    );
}

#[test]
fn what_set_property_wrote_is_drift_wherever_it_was_written() {
    let mut case = Case::user("propertied");
    case.unit("a.service", &service(""));
    case.begin();
    case.each(|at| {
        at.sh("ctl set-property a.service TasksMax=77; ctl set-property --runtime a.service MemoryMax=1G");
    });
    case.world
        .abide(&["drift"])
        .ends_with(2)
        .says("50-TasksMax.conf was added in /home/propertied/.config/systemd/user.control/a.service.d")
        .says_in_order(&["50-MemoryMax.conf was added in /run/user/", "/systemd/user.control/a.service.d"]);
    case.each(|at| {
        at.sh("ctl revert a.service");
    });

    let mut case = Case::system("propertied");
    case.unit("propertied.service", &service(""));
    case.begin();
    on_both(
        &case,
        "systemctl set-property propertied.service TasksMax=77; systemctl set-property --runtime propertied.service MemoryMax=1G",
    );
    case.world
        .abide(&["drift"])
        .ends_with(2)
        .says("50-TasksMax.conf was added in /etc/systemd/system.control/propertied.service.d")
        .says("50-MemoryMax.conf was added in /run/systemd/system.control/propertied.service.d");
}
