//! What must hold for every input, one module a target. Each says more than that nothing panics.

use peak_alloc::PeakAlloc;

pub mod answer;
pub mod events;
pub mod ledger;
pub mod manifest;
pub mod quote;
pub mod saved_plan;
pub mod unit;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Runs `work`, which may take `limit` bytes more than there are now.
fn within<T>(limit: usize, work: impl FnOnce() -> T) -> T {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let done = work();
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(
        taken <= limit,
        "it took {taken} bytes, and may take {limit}"
    );
    done
}

/// A text that a terminal may get: no control characters, nothing that turns the direction.
fn assert_printable(text: &str) {
    assert_eq!(abide_model::printable_text(text), text, "not printable");
}
