//! How long a run may go on: it is asked again and again, and told what was seen.
//!
//! A run whose time is over goes on as long as it does something, up to the longest time there is. One that waits for a
//! person has all the time there is. One that has left its result gets a moment to end by itself; it is ended when it
//! has been quiet for that long, or is busy for far too long. Quiet alone, without a result, says nothing.

use super::Moment;

#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// From the order.
    pub timeout: Moment,
    /// Without activity for this long a run whose time is over is stopped.
    pub silence: Moment,
    /// Whatever it does, it is stopped after this.
    pub longest: Moment,
    /// A result counts when it has not changed for so long.
    pub settle: Moment,
    /// How long an agent may be quiet after its result counts before it is ended.
    pub grace: Moment,
}

/// Ten times the grace is enough for who is not quiet.
const BUSY: u32 = 10;

/// Why a run is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    TimedOut,
    /// The result is there, and the agent does nothing more.
    Idle,
    /// The result is there, and the agent finds no end.
    Busy,
}

#[derive(Debug, Clone)]
pub struct Pace {
    rules: Rules,
    began: Moment,
    active: Moment,
    /// Since when it waits for a person.
    waits: Option<Moment>,
    /// How long it has waited before.
    waited: Moment,
    /// Which valid result is there, and since when.
    result: Option<(u64, Moment)>,
    /// Since when it counts.
    settled: Option<Moment>,
}

impl Pace {
    /// `began`: when its agent was launched.
    pub fn new(rules: Rules, began: Moment, now: Moment) -> Pace {
        Pace { rules, began, active: now, waits: None, waited: Moment::ZERO, result: None, settled: None }
    }

    /// It did something.
    pub fn active(&mut self, now: Moment) {
        self.active = self.active.max(now);
    }

    /// A person is asked, or not any more.
    pub fn waits(&mut self, waits: bool, now: Moment) {
        match (self.waits, waits) {
            (None, true) => self.waits = Some(now),
            (Some(since), false) => {
                self.waited += now.saturating_sub(since);
                self.waits = None;
                self.active(now);
            }
            _ => {}
        }
    }

    /// The valid result that lies there; `mark` tells one from another.
    pub fn result(&mut self, mark: Option<u64>, now: Moment) {
        match (mark, self.result) {
            (Some(mark), Some((known, _))) if mark == known => {}
            (Some(mark), _) => {
                self.result = Some((mark, now));
                self.settled = None;
                self.active(now);
            }
            (None, Some(_)) => {
                (self.result, self.settled) = (None, None);
                self.active(now);
            }
            (None, None) => {}
        }
        if let Some((_, since)) = self.result
            && self.settled.is_none()
            && now.saturating_sub(since) >= self.rules.settle
        {
            self.settled = Some(now);
        }
    }

    /// Whether it is to be stopped now.
    pub fn due(&self, now: Moment) -> Option<Stop> {
        let since = |then: Moment| now.saturating_sub(then);
        if let Some(settled) = self.settled {
            let quiet = since(self.active.max(settled)) >= self.rules.grace;
            let busy = since(settled) >= self.rules.grace * BUSY;
            return if quiet { Some(Stop::Idle) } else { busy.then_some(Stop::Busy) };
        }
        if self.waits.is_some() {
            return None;
        }
        let ran = since(self.began).saturating_sub(self.waited);
        let over = ran >= self.rules.timeout && since(self.active) >= self.rules.silence;
        (over || ran >= self.rules.longest.max(self.rules.timeout)).then_some(Stop::TimedOut)
    }
}
