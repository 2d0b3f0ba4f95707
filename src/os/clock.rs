//! The clock that never jumps.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Time since this machine was started, sleep included: the same for every process.
pub fn since_start() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
}
