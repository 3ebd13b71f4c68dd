//! Which machine a host is.

use crate::digest::Digest;

/// Who a host is, beyond its name: a digest of its machine-id(5), which itself should not be shown around. `None` for a
/// host that has none.
pub fn from_machine_id(machine_id: &str) -> Option<Digest> {
    let id = machine_id.trim();
    // systemd writes this word where the id is not made yet.
    let known = !id.is_empty() && id != "uninitialized";
    known.then(|| Digest::of_parts([b"abide host identity 1".as_slice(), id.as_bytes()]))
}
