//! This machine as a host.

use abide_transport::{Route, Settings, connect};

use crate::behaves;

#[tokio::test]
async fn this_machine_runs_commands_as_a_host_does() {
    let session = connect(&Settings::new(Route::Local)).await.unwrap();
    behaves(&session).await;
    session.close().await;
}
