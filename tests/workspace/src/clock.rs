//! The time of the workspace: milliseconds since 1970 that run at a rate of their own and can be moved by hand.
//! Token lifetimes, state machines, propagation and rate limits follow it; what a client waits for on the wire
//! (the delay of a fault, a slow body) is real time.

use std::time::Instant;

use chrono::{DateTime, SecondsFormat, Utc};

/// Milliseconds of the workspace's own time.
pub type Millis = i64;

#[derive(Debug)]
pub struct Clock {
    /// What the clock showed at `since`.
    shown: Millis,
    since: Instant,
    /// Workspace milliseconds per real millisecond; 0 stands still.
    rate: f64,
}

impl Clock {
    /// Shows the machine's time and runs at its pace.
    pub fn new() -> Clock {
        Clock { shown: Utc::now().timestamp_millis(), since: Instant::now(), rate: 1.0 }
    }

    pub fn now(&self) -> Millis {
        let real = self.since.elapsed().as_secs_f64() * 1000.0;
        self.shown + (real * self.rate) as Millis
    }

    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// From now on time runs `rate` times as fast as outside; 0 stops it.
    pub fn run(&mut self, rate: f64) {
        self.set(self.now());
        self.rate = rate.max(0.0);
    }

    /// Moves the hands; back too, as a clock does that is put right.
    pub fn advance(&mut self, by: Millis) {
        self.set(self.now() + by);
    }

    pub fn set(&mut self, to: Millis) {
        self.shown = to;
        self.since = Instant::now();
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::new()
    }
}

/// As the apps API writes times: `2026-11-20T18:44:21.701Z`.
pub fn rfc3339(at: Millis) -> String {
    let time = DateTime::<Utc>::from_timestamp_millis(at).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// As HTTP headers write times: `Fri, 20 Nov 2026 18:44:21 GMT`.
pub fn http_date(at: Millis) -> String {
    let time = DateTime::<Utc>::from_timestamp_millis(at).unwrap_or_default();
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_clock_moves_by_hand_only() {
        let mut clock = Clock::new();
        clock.run(0.0);
        let before = clock.now();
        clock.advance(60_000);
        assert_eq!(clock.now(), before + 60_000);
        clock.advance(-1_000);
        assert_eq!(clock.now(), before + 59_000);
    }

    #[test]
    fn times_are_written_as_the_apis_write_them() {
        assert_eq!(rfc3339(1_795_200_261_701), "2026-11-20T18:44:21.701Z");
        assert_eq!(http_date(1_795_200_261_701), "Fri, 20 Nov 2026 18:44:21 GMT");
    }
}
