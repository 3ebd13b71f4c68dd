//! What holds for every manifest and every host.

use abide_sim::random::{desireds, edits, hosts};
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::support::{assert_converges, assert_sound, told};
use crate::plan;

/// A few cases by default; `PROPTEST_CASES` raises it.
fn cases() -> Config {
    Config {
        failure_persistence: None,
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_plan_that_is_carried_out_leaves_nothing_to_do(seed in hosts(), wanted in desireds()) {
        assert_converges(&mut seed.build(), &wanted);
    }
}
