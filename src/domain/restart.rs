//! When an actor that ended is started again, and when that stops being worth it.
//!
//! Pure arithmetic: the caller says how the child ended and what time it is, and gets a
//! decision. Time is a [`Duration`] since any fixed moment and must not run backwards.
//!
//! Invariants: within any span shorter than [`Intensity::within`] there are at most
//! [`Intensity::max`] restarts; no wait is longer than [`Backoff::max`].
//!
//! Absent on purpose: jitter. Children are not clients of one server that a synchronised
//! retry could overload.

use std::{collections::VecDeque, time::Duration};

/// Which ends are followed by a new start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Every end. For children the program is not itself without.
    Permanent,
    /// A panic. A normal end means that the work is done.
    Transient,
    /// None.
    Temporary,
}

/// At most `max` restarts within `within`; one more end is the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intensity {
    pub max: u32,
    pub within: Duration,
}

impl Intensity {
    /// 20 restarts in 60 s.
    pub const DEFAULT: Intensity = Intensity { max: 20, within: Duration::from_secs(60) };
}

/// How long to wait before a restart: `first`, then twice the wait before, up to `max`.
///
/// A `first` of zero restarts at once the first time; the second wait is then
/// [`Backoff::STEP`]. A child that ran for [`Intensity::within`] starts over at `first`.
///
/// A `max` so long that the intensity's restarts do not fit into its span means that the
/// child is never given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    pub first: Duration,
    pub max: Duration,
}

impl Backoff {
    /// At once, then 50 ms doubling up to 1 s: a child that dies at every start is given up
    /// after 16 s of the default intensity's 60.
    pub const DEFAULT: Backoff = Backoff { first: Duration::ZERO, max: Duration::from_secs(1) };

    /// The second wait when the first is zero.
    pub const STEP: Duration = Duration::from_millis(50);

    fn after(self, previous: Option<Duration>) -> Duration {
        let wait = match previous {
            None => self.first,
            Some(Duration::ZERO) => Backoff::STEP,
            Some(wait) => wait.saturating_mul(2),
        };
        wait.min(self.max)
    }
}

/// How a child came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Normally,
    Panicked,
}

/// What follows an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Start it again once `after` has passed.
    Restart { after: Duration },
    /// Its work is done; nobody needs to be told.
    Done,
    /// It ended badly, or too often, and stays down: its parent decides what that means.
    /// A temporary child that panicked is here too.
    GiveUp,
}

/// The recent restarts of one child.
#[derive(Debug, Clone)]
pub struct RestartWindow {
    restart: Restart,
    intensity: Intensity,
    backoff: Backoff,
    /// When each restart that may still count was decided, oldest first; at most `max`.
    decided: VecDeque<Duration>,
    /// The last restart: when its child came up, and the wait before it.
    last: Option<(Duration, Duration)>,
}

impl RestartWindow {
    pub fn new(restart: Restart, intensity: Intensity, backoff: Backoff) -> RestartWindow {
        RestartWindow { restart, intensity, backoff, decided: VecDeque::new(), last: None }
    }

    /// What follows an end at `now`. A [`Decision::Restart`] counts as carried out.
    pub fn decide(&mut self, ended: Ended, now: Duration) -> Decision {
        match (self.restart, ended) {
            (Restart::Permanent, _) | (Restart::Transient, Ended::Panicked) => self.again(now),
            (Restart::Transient | Restart::Temporary, Ended::Normally) => Decision::Done,
            (Restart::Temporary, Ended::Panicked) => Decision::GiveUp,
        }
    }

    fn again(&mut self, now: Duration) -> Decision {
        let within = self.intensity.within;
        while let Some(&oldest) = self.decided.front()
            && now.saturating_sub(oldest) >= within
        {
            self.decided.pop_front();
        }
        if self.decided.len() >= self.intensity.max as usize {
            return Decision::GiveUp;
        }
        let streak = self.last.filter(|(up, _)| now.saturating_sub(*up) < within);
        let after = self.backoff.after(streak.map(|(_, wait)| wait));
        self.decided.push_back(now);
        self.last = Some((now.saturating_add(after), after));
        Decision::Restart { after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn window(restart: Restart, max: u32, first: u64, longest: u64) -> RestartWindow {
        let intensity = Intensity { max, within: SECOND };
        let backoff = Backoff { first: ms(first), max: ms(longest) };
        RestartWindow::new(restart, intensity, backoff)
    }

    #[test]
    fn the_policy_says_which_ends_are_followed_by_a_start() {
        let restart = Decision::Restart { after: ms(0) };
        for (policy, ended, expected) in [
            (Restart::Permanent, Ended::Normally, restart),
            (Restart::Permanent, Ended::Panicked, restart),
            (Restart::Transient, Ended::Normally, Decision::Done),
            (Restart::Transient, Ended::Panicked, restart),
            (Restart::Temporary, Ended::Normally, Decision::Done),
            (Restart::Temporary, Ended::Panicked, Decision::GiveUp),
        ] {
            let decision = window(policy, 5, 0, 0).decide(ended, ms(7));
            assert_eq!(decision, expected, "{policy:?} {ended:?}");
        }
    }

    #[test]
    fn one_end_too_many_is_the_last() {
        let mut window = window(Restart::Permanent, 2, 0, 0);
        for (now, gives_up) in
            [(0, false), (500, false), (999, true), (1000, false), (1001, true), (1500, false)]
        {
            let decision = window.decide(Ended::Panicked, ms(now));
            assert_eq!(decision == Decision::GiveUp, gives_up, "at {now} ms");
        }
    }

    #[test]
    fn an_intensity_of_none_never_restarts() {
        let mut window = window(Restart::Permanent, 0, 0, 0);
        assert_eq!(window.decide(Ended::Panicked, ms(0)), Decision::GiveUp);
    }

    #[test]
    fn the_wait_doubles_up_to_its_limit() {
        for (first, longest, waits) in [
            (10, 100, [10, 20, 40, 80, 100, 100]),
            (0, 300, [0, 50, 100, 200, 300, 300]),
            (0, 0, [0, 0, 0, 0, 0, 0]),
            (500, 200, [200, 200, 200, 200, 200, 200]),
        ] {
            let mut window = window(Restart::Permanent, 100, first, longest);
            for (nth, wait) in waits.into_iter().enumerate() {
                let after = ms(wait);
                let decision = window.decide(Ended::Panicked, ms(nth as u64));
                assert_eq!(decision, Decision::Restart { after }, "restart {nth}");
            }
        }
    }

    #[test]
    fn a_quiet_span_starts_the_wait_over() {
        let mut window = window(Restart::Permanent, 100, 10, 1000);
        for (now, wait) in [
            (0, 10),
            (100, 20),
            // Came up at 120: quiet for 999 ms, then for a whole second.
            (1119, 40),
            (2159, 10),
        ] {
            let after = ms(wait);
            let decision = window.decide(Ended::Panicked, ms(now));
            assert_eq!(decision, Decision::Restart { after }, "at {now} ms");
        }
    }

    #[test]
    fn the_defaults_give_up_on_a_child_that_dies_at_every_start() {
        let mut window = RestartWindow::new(Restart::Permanent, Intensity::DEFAULT, Backoff::DEFAULT);
        let mut now = ms(0);
        let mut restarts = 0;
        while let Decision::Restart { after } = window.decide(Ended::Panicked, now) {
            now += after;
            restarts += 1;
        }
        assert_eq!(restarts, 20);
        assert!(now < ms(16_000), "{now:?}");
    }

    fn ends() -> impl Strategy<Value = Vec<(bool, u64)>> {
        prop::collection::vec((any::<bool>(), 0..400_u64), 1..200)
    }

    proptest! {
        #[test]
        fn no_window_holds_more_restarts_than_the_intensity(
            ends in ends(), max in 0..10_u32, first in 0..100_u64, longest in 0..500_u64,
        ) {
            let mut window = window(Restart::Permanent, max, first, longest);
            let (mut now, mut restarts) = (ms(0), Vec::new());
            for (panicked, gap) in ends {
                now += ms(gap);
                let ended = if panicked { Ended::Panicked } else { Ended::Normally };
                match window.decide(ended, now) {
                    Decision::Restart { after } => {
                        prop_assert!(after <= ms(longest));
                        restarts.push(now);
                        now += after;
                    }
                    Decision::GiveUp => {
                        let recent = restarts.iter().filter(|at| now - **at < SECOND);
                        prop_assert_eq!(recent.count(), max as usize, "gave up too early");
                    }
                    Decision::Done => prop_assert!(false, "a permanent child is never done"),
                }
            }
            for at in &restarts {
                let span = restarts.iter().filter(|other| **other >= *at && **other - *at < SECOND);
                prop_assert!(span.count() <= max as usize);
            }
        }

        #[test]
        fn transient_restarts_only_on_panic_and_temporary_never(ends in ends()) {
            let mut transient = window(Restart::Transient, 1000, 0, 0);
            let mut temporary = window(Restart::Temporary, 1000, 0, 0);
            let mut now = ms(0);
            for (panicked, gap) in ends {
                now += ms(gap);
                let ended = if panicked { Ended::Panicked } else { Ended::Normally };
                let restarted = matches!(transient.decide(ended, now), Decision::Restart { .. });
                prop_assert_eq!(restarted, panicked);
                let never = temporary.decide(ended, now);
                prop_assert!(!matches!(never, Decision::Restart { .. }), "temporary restarted");
            }
        }
    }
}
