//! What the manifest says about a connection, as the transport wants it.

use std::path::{Path, PathBuf};

use abide_model::{Connection, HostName, Via};
use abide_transport::{Route, Settings};

/// The way to a host. The host's name is the ssh destination unless the manifest gives an address.
pub(crate) fn transport_settings(
    host: &HostName,
    connection: &Connection,
    runtime_dir: Option<&Path>,
) -> Settings {
    let route = match connection.via {
        Via::Local => Route::Local,
        Via::Ssh => Route::Ssh {
            destination: connection
                .address
                .clone()
                .unwrap_or_else(|| host.to_string()),
            port: connection.port,
            user: connection.user.clone(),
            config_file: connection.ssh_config.as_ref().map(PathBuf::from),
        },
    };
    Settings {
        route,
        connect_timeout: connection.connect_timeout,
        runtime_dir: runtime_dir.map(Path::to_owned),
    }
}
