//! When to acknowledge, and when to try again.

use std::time::{Duration, Instant};

/// Acknowledged at the latest after so many bytes, or so long.
const EVERY_BYTES: u64 = 32 * 1024;
const EVERY: Duration = Duration::from_millis(50);
/// The first wait between two attempts, then twice as long, up to the longest. The server is on this machine: there is
/// no crowd to spread.
const FIRST: Duration = Duration::from_millis(125);
const LONGEST: Duration = Duration::from_secs(1);

/// Acknowledgements are cumulative; this says when the next is due.
#[derive(Debug, Default)]
pub struct AckPacer {
    acked: u64,
    parsed: u64,
    due: Option<Instant>,
}

impl AckPacer {
    /// A new stream: before `offset` all is acknowledged.
    pub fn restart(&mut self, offset: u64) {
        *self = AckPacer { acked: offset, parsed: offset, due: None };
    }

    pub fn parsed(&mut self, offset: u64, now: Instant) {
        self.parsed = self.parsed.max(offset);
        if self.parsed - self.acked >= EVERY_BYTES {
            self.due = Some(now);
        } else if self.parsed > self.acked {
            self.due.get_or_insert(now + EVERY);
        }
    }

    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// The offset to acknowledge now.
    pub fn take(&mut self) -> u64 {
        self.due = None;
        self.acked = self.parsed;
        self.parsed
    }
}

/// How long to wait before an attempt; they count from 0, and the first comes at once.
pub fn delay(attempt: u32) -> Duration {
    if attempt == 0 {
        return Duration::ZERO;
    }
    FIRST.saturating_mul(1 << (attempt - 1).min(10)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_is_acknowledged_at_once_and_little_soon() {
        let now = Instant::now();
        let mut acks = AckPacer::default();
        acks.restart(100);
        assert_eq!(acks.due(), None);
        acks.parsed(100, now);
        assert_eq!(acks.due(), None);
        acks.parsed(101, now);
        assert_eq!(acks.due(), Some(now + EVERY));
        acks.parsed(100 + EVERY_BYTES, now);
        assert_eq!(acks.due(), Some(now));
        assert_eq!(acks.take(), 100 + EVERY_BYTES);
        assert_eq!(acks.due(), None);
        acks.parsed(100 + EVERY_BYTES, now);
        assert_eq!(acks.due(), None);
    }

    #[test]
    fn waits_grow_to_a_second() {
        let waits: Vec<u128> = (0..7).map(|attempt| delay(attempt).as_millis()).collect();
        assert_eq!(waits, [0, 125, 250, 500, 1000, 1000, 1000]);
    }
}
