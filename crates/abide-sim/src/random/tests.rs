use super::*;
use abide_model::{Presence, Wanted};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_manifest_is_one_that_would_be_accepted(wanted in desired_states()) {
        let users = wanted.users.values();
        for (scope_units, lingers) in users
            .map(|user| (&user.units, user.linger.value))
            .chain([(&wanted.units, Some(true))])
        {
            for (name, unit) in scope_units {
                let present = unit.presence == Presence::Present;
                prop_assert!(present || unit.running == Wanted::No && unit.file.is_none());
                if unit.masked == Some(true) {
                    prop_assert!(unit.running != Wanted::Yes && unit.enabled != Wanted::Yes && unit.file.is_none());
                }
                if let Some(template) = name.template() {
                    prop_assert!(scope_units.get(&template).is_some_and(abide_model::DesiredUnit::is_ours));
                }
                if present && (unit.running == Wanted::Yes || unit.enabled == Wanted::Yes) {
                    prop_assert_eq!(lingers, Some(true));
                }
                prop_assert!(!name.is_template() || unit.running == Wanted::Unmanaged || !present);
            }
        }
        for user in wanted.users.values().filter(|user| user.state == Presence::Absent) {
            prop_assert!(user.units.is_empty() && user.files.is_empty());
        }
    }

    #[test]
    fn every_history_leaves_a_host_that_can_be_looked_at(seed in hosts(), wanted in desired_states()) {
        let host = seed.build();
        let seen = host.observe(&wanted);
        prop_assert_eq!(&seen, &host.observe(&wanted));
        for name in wanted.users.keys() {
            let scope = Scope::User(name.clone());
            prop_assert_eq!(seen.scopes[&scope].as_known().is_some(), host.user(name).is_some());
        }
    }

    #[test]
    fn a_restarted_unit_runs_what_is_on_disk_after_a_reload(seed in hosts()) {
        let mut host = seed.build();
        let units: Vec<UnitRef> = host
            .managers
            .iter()
            .flat_map(|(scope, manager)| manager.definitions.values().map(|unit| UnitRef::new(scope, &unit.id)))
            .collect();
        for unit in units {
            host.reload_manager(&unit.scope).unwrap();
            if host.restart(&unit).is_ok() && host.is_up(&unit) {
                prop_assert!(host.runs_what_is_on_disk(&unit), "{}", unit);
            }
        }
    }
}
