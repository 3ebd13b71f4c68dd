//! A number of things, or a part of them all.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A count, or a share of a whole in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Share {
    /// This many.
    Count(usize),
    /// This many of a hundred, rounded up.
    Percent(u8),
}

impl Share {
    /// The count that this is of `whole`.
    pub fn count_of(self, whole: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => (whole * usize::from(percent)).div_ceil(100),
        }
    }
}
