//! One thing that is done over and over: one at a time, with pauses that grow while it fails.

use super::Moment;

/// The first pause after a failure, doubled up to the longest.
const FIRST: Moment = Moment::from_secs(5);
const LONGEST: Moment = Moment::from_secs(60);
/// After an answer that time alone will not change.
pub const SLOW: Moment = Moment::from_secs(300);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Job {
    running: bool,
    failures: u32,
    /// Not before this.
    from: Moment,
}

impl Job {
    pub fn may_start(&self, now: Moment) -> bool {
        !self.running && now >= self.from
    }

    pub fn is_running(&self) -> bool {
        self.running
    }

    pub fn start(&mut self) {
        self.running = true;
    }

    pub fn done(&mut self) {
        *self = Job::default();
    }

    /// It failed; the next time not before `least` has passed.
    pub fn failed(&mut self, now: Moment, least: Option<Moment>) {
        let pause = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        let pause = pause.max(least.unwrap_or_default());
        *self = Job {
            running: false,
            failures: self.failures.saturating_add(1),
            from: now.saturating_add(pause),
        };
    }

    /// How often it failed since it last went well.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// When it may start, given that it is wanted from `wanted` on; `None` while it runs.
    pub fn next(&self, wanted: Moment) -> Option<Moment> {
        (!self.running).then_some(wanted.max(self.from))
    }
}
