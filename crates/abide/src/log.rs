//! What abide did, for who looks into it: `-vv`, or `ABIDE_LOG` with levels by part (`debug`, `abide_transport=trace`).
//!
//! It goes to standard error, line by line, each with the seconds since the start and the host it is about. No secret is
//! ever in it: what is sent and what comes back is told by its size (`tests/hosts/saved/secrets.rs` looks for canaries at
//! the greatest level).

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::time::uptime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::args::Output;
use crate::environment::Environment;
use crate::failure::Failure;

/// The variable that says what is logged.
pub(crate) const VARIABLE: &str = "ABIDE_LOG";

/// Begins to log, where that is asked for. `ABIDE_LOG` has precedence over `-vv`.
pub(crate) fn begin(output: &Output, environment: &Environment) -> Result<(), Failure> {
    let Some(levels) = parse_levels(output.verbose, environment.log.as_deref())? else {
        return Ok(());
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_timer(uptime())
        .with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(lines)
        .with(levels)
        .init();
    Ok(())
}

/// What is logged; `None` where nothing is.
fn parse_levels(verbose: u8, variable: Option<&str>) -> Result<Option<Targets>, Failure> {
    let of_all_crates = |level| Targets::new().with_target("abide", level);
    match (variable, verbose) {
        (Some(said), _) => said.parse().map(Some).map_err(|_error| {
            Failure::usage_error(format!("{VARIABLE}={said} names no level of the log")).with_hint(format!(
                "{VARIABLE}=debug, or by part: {VARIABLE}=abide_engine=debug,abide_transport=trace"
            ))
        }),
        (None, 0 | 1) => Ok(None),
        (None, 2) => Ok(Some(of_all_crates(LevelFilter::DEBUG))),
        (None, _) => Ok(Some(of_all_crates(LevelFilter::TRACE))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn the_variable_has_precedence_over_the_flag_and_must_mean_something() {
        let logs = |verbose, variable, level| {
            parse_levels(verbose, variable)
                .map(|levels| {
                    levels.is_some_and(|levels| levels.would_enable("abide_engine", &level))
                })
                .map_err(|failure| failure.message)
        };
        assert_eq!(logs(1, None, Level::DEBUG), Ok(false));
        assert_eq!(logs(2, None, Level::DEBUG), Ok(true));
        assert_eq!(logs(2, None, Level::TRACE), Ok(false));
        assert_eq!(logs(3, None, Level::TRACE), Ok(true));
        assert_eq!(logs(3, Some("warn"), Level::DEBUG), Ok(false));
        assert_eq!(logs(0, Some("abide_engine=trace"), Level::TRACE), Ok(true));
        assert!(logs(0, Some("loud"), Level::INFO).is_ok_and(|on| !on));
        assert!(logs(0, Some("abide=loud"), Level::INFO).is_err());
    }
}
