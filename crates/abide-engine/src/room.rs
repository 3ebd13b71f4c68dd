//! Memory for the answers of all hosts that are asked at the same time.
//!
//! Each answer is limited by its question, and a few hundred hosts may be asked at once. Before a host is asked, the most
//! that it may answer is reserved: where that does not fit beside the others, it waits until one of those is done. It
//! waits before its time begins to count, and nobody waits for more, so that a host which floods or drips delays others
//! no longer than its own time lasts.

use tokio::sync::{Semaphore, SemaphorePermit};

/// For all answers together, in KiB.
const ROOM: usize = 512 << 10;

/// The memory is that of this process, whichever engine it is for.
static FREE: Semaphore = Semaphore::const_new(ROOM);

/// Waits until an answer of so many bytes fits. What is returned holds its room until it is dropped.
pub(crate) async fn reserve_memory(bytes: usize) -> Option<SemaphorePermit<'static>> {
    let kib = (bytes >> 10).min(ROOM);
    // The number is small enough, and the semaphore is never closed: this is always there.
    FREE.acquire_many(u32::try_from(kib).ok()?).await.ok()
}
