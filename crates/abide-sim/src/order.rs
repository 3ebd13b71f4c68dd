//! The order in which systemd goes through its hash tables: by a key that is new in every process, so by none.
//! What depends on it depends on luck, and is another in another order here too.

use std::collections::BTreeSet;

use abide_model::UnitName;

/// An order of names. The default is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NameOrder(pub u64);

impl NameOrder {
    pub(crate) fn sort_names(self, names: BTreeSet<UnitName>) -> Vec<UnitName> {
        let mut sorted: Vec<UnitName> = names.into_iter().collect();
        if self.0 != 0 {
            sorted.sort_by_key(|name| self.rank(name));
        }
        sorted
    }

    /// FNV-1a, begun with the order.
    fn rank(self, name: &UnitName) -> u64 {
        let bytes = self
            .0
            .to_le_bytes()
            .into_iter()
            .chain(name.as_str().bytes());
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}
