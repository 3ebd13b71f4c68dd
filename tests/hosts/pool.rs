//! Hosts that one test after the other uses, for booting takes longer than most tests. A test has its hosts for itself
//! while it runs; what it leaves there are users and units of its own names. Hosts of a test that failed are thrown away.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::fleet::Fleet;

/// A fleet of one test.
pub struct Lease {
    /// `None` only while it is given back.
    fleet: Option<Fleet>,
    /// Whether others may use it later.
    pooled: bool,
}

struct Pool {
    idle: Vec<Fleet>,
    /// How many tests have a lease now. With the last one the pool is emptied: nothing drops a static.
    leased: usize,
}

static POOL: Mutex<Pool> = Mutex::new(Pool {
    idle: Vec::new(),
    leased: 0,
});

fn pool() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lease {
    /// A fleet for this test alone.
    pub fn own(fleet: Fleet) -> Self {
        Self {
            fleet: Some(fleet),
            pooled: false,
        }
    }

    /// `h1` with systemd 252 and `h2` with systemd 257, used before or new.
    pub fn of_both() -> Self {
        let idle = {
            let mut pool = pool();
            pool.leased += 1;
            pool.idle.pop()
        };
        let mut lease = Self {
            fleet: idle,
            pooled: true,
        };
        if lease.fleet.is_none() {
            lease.fleet = Some(Fleet::up("cases", &[("h1", "bookworm"), ("h2", "trixie")]));
        }
        lease
    }
}

impl Deref for Lease {
    type Target = Fleet;

    fn deref(&self) -> &Fleet {
        self.fleet.as_ref().expect("a lease has its fleet")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.pooled {
            return;
        }
        let surplus = {
            let mut pool = pool();
            pool.leased -= 1;
            if !std::thread::panicking() {
                pool.idle.extend(self.fleet.take());
            }
            match pool.leased {
                0 => std::mem::take(&mut pool.idle),
                _ => Vec::new(),
            }
        };
        // Taking hosts down takes a while: not under the lock.
        drop(surplus);
    }
}
