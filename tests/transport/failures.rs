//! Hosts that cannot be reached, each for its own reason.

use std::path::PathBuf;
use std::time::Duration;

use abide_transport::{ConnectError, Route, Settings, connect};

use crate::fleet::Fleet;
use crate::route;

async fn refusal(settings: &Settings) -> ConnectError {
    connect(settings).await.map(|_| ()).unwrap_err()
}

/// The fleet's ssh configuration with one line before all others, which therefore wins.
fn configured(fleet: &Fleet, name: &str, line: &str) -> Settings {
    let file = fleet.directory().join(format!("ssh_config.{name}"));
    let text = std::fs::read_to_string(fleet.ssh_config()).unwrap();
    std::fs::write(&file, format!("{line}\n{text}")).unwrap();
    let mut settings = route(fleet, "h1");
    if let Route::Ssh { config_file, .. } = &mut settings.route {
        *config_file = Some(file);
    }
    settings
}

fn changed_key(fleet: &Fleet) -> PathBuf {
    let known = std::fs::read_to_string(fleet.directory().join("known_hosts")).unwrap();
    let file = fleet.directory().join("known_hosts.changed");
    // A character inside each key: still base64, another key.
    let changed = known.lines().map(|line| {
        let (start, end) = line.split_at(line.len() - 8);
        format!("{start}AAAA{}\n", end.split_at(4).1)
    });
    std::fs::write(&file, changed.collect::<String>()).unwrap();
    file
}

#[tokio::test]
async fn every_failure_says_its_reason() {
    let fleet = Fleet::up("transport", &[("h1", "bookworm")]);

    let mut closed = route(&fleet, "h1");
    let mut stranger = route(&fleet, "h1");
    let mut nameless = route(&fleet, "no-such-host.invalid");
    if let Route::Ssh { port, .. } = &mut closed.route {
        *port = Some(9);
    }
    if let Route::Ssh { user, .. } = &mut stranger.route {
        *user = Some("nobody".to_owned());
    }
    assert!(matches!(
        refusal(&closed).await,
        ConnectError::Unreachable { .. }
    ));
    assert!(matches!(
        refusal(&stranger).await,
        ConnectError::LoginRefused { .. }
    ));
    assert!(matches!(
        refusal(&nameless).await,
        ConnectError::Unresolvable { .. }
    ));

    let unknown = configured(&fleet, "unknown", "UserKnownHostsFile /dev/null");
    assert!(matches!(
        refusal(&unknown).await,
        ConnectError::HostKeyUnknown { .. }
    ));
    let file = changed_key(&fleet);
    let changed = configured(
        &fleet,
        "changed",
        &format!("UserKnownHostsFile {}", file.display()),
    );
    let refused = refusal(&changed).await;
    let ConnectError::HostKeyChanged { place, .. } = &refused else {
        panic!("{refused:?}")
    };
    assert!(place.starts_with(file.to_str().unwrap()), "{place}");

    let jump = configured(
        &fleet,
        "jump",
        "Host h1\nProxyJump nobody@h1x\nHost h1x\nHostName none.invalid\nHost *",
    );
    let refused = refusal(&jump).await.to_string();
    assert_eq!(refused, "the name `none.invalid` has no address");
    let broken = configured(&fleet, "broken", "NoSuchOption yes");
    assert!(matches!(
        refusal(&broken).await,
        ConnectError::Configuration { .. }
    ));

    fleet.isolate("h1");
    nameless = route(&fleet, "h1");
    nameless.connect_timeout = Duration::from_secs(1);
    assert!(matches!(
        refusal(&nameless).await,
        ConnectError::TimedOut { .. } | ConnectError::Unreachable { .. }
    ));
}
