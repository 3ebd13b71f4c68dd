use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use abide_model::{Become, Connection, Desired, FleetHost, ManifestName, Policy, Via};

use super::*;
use crate::cancel;

fn host(name: &str) -> EngineHost {
    let name = HostName::parse(name).unwrap();
    let desired = Desired {
        manifest: ManifestName::parse("m").unwrap(),
        host: name.clone(),
        users: BTreeMap::new(),
        units: BTreeMap::new(),
        linger_exclusive: None,
        policy: Policy::default(),
    };
    let connection = Connection {
        via: Via::Local,
        address: None,
        port: None,
        user: None,
        r#become: Become::Never,
        connect_timeout: Duration::from_secs(1),
        ssh_config: None,
    };
    EngineHost::new(
        name,
        FleetHost {
            groups: BTreeSet::new(),
            connection,
            desired,
        },
    )
}

fn hosts(count: usize) -> Vec<EngineHost> {
    (0..count)
        .map(|number| host(&format!("h{number}")))
        .collect()
}

#[tokio::test]
async fn no_more_hosts_than_allowed_are_worked_on_at_once() {
    let (_canceller, cancel) = cancel();
    let now = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (counted, peak) = (Arc::clone(&now), Arc::clone(&most));
    let turns = for_each_host(hosts(20), 3, &cancel, move |host| {
        let (now, most) = (Arc::clone(&counted), Arc::clone(&peak));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(2)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            (host, ())
        }
    })
    .await;
    assert_eq!(turns.len(), 20);
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_have_their_turns_in_their_order() {
    let (_canceller, cancel) = cancel();
    let begun = Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = Arc::clone(&begun);
    let _turns = for_each_host(hosts(200), 1, &cancel, move |host| {
        noted.lock().unwrap().push(host.name.clone());
        async move { (host, ()) }
    })
    .await;
    let wanted: Vec<HostName> = hosts(200).into_iter().map(|host| host.name).collect();
    assert_eq!(*begun.lock().unwrap(), wanted);
}

#[tokio::test]
async fn after_an_interruption_running_hosts_end_and_no_other_begins() {
    let (canceller, cancel) = cancel();
    let canceller = Arc::new(canceller);
    let turns = for_each_host(hosts(5), 1, &cancel, move |host| {
        let canceller = Arc::clone(&canceller);
        async move {
            canceller.request_end(Urgency::Finish);
            tokio::time::sleep(Duration::from_millis(20)).await;
            (host, ())
        }
    })
    .await;
    let had = turns
        .values()
        .filter(|turn| matches!(turn, Turn::Had(..)))
        .count();
    let missed = turns
        .values()
        .filter(|turn| matches!(turn, Turn::Missed(_)))
        .count();
    assert_eq!((had, missed), (1, 4));
}

#[tokio::test]
async fn a_host_whose_task_breaks_down_does_not_end_the_others() {
    let (_canceller, cancel) = cancel();
    let turns = for_each_host(hosts(3), 2, &cancel, |host| async {
        assert_ne!(host.name.as_str(), "h1", "a bug");
        (host, ())
    })
    .await;
    assert!(matches!(
        turns[&HostName::parse("h1").unwrap()],
        Turn::Broken(_)
    ));
    assert!(matches!(
        turns[&HostName::parse("h2").unwrap()],
        Turn::Had(..)
    ));
}
