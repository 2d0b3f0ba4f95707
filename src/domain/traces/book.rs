//! The turns that are under way.

use std::time::Duration;

use super::call::Call;
use super::text::Bounds;
use super::turn::{State, Turn};

/// Which request belongs to which turn.
#[derive(Debug)]
pub struct Book {
    open: Vec<Turn>,
    bounds: Bounds,
    /// Turns under way at most; beyond it the oldest ends.
    most: usize,
    /// A turn ends when nothing was heard of it for so long.
    idle: Duration,
}

impl Book {
    pub fn new(bounds: Bounds, most: usize, idle: Duration) -> Book {
        Book { open: Vec::new(), bounds, most, idle }
    }

    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// Adds a call; gives the turns that are over now. `id`: for a new one.
    pub fn hear(&mut self, call: &Call, id: impl FnOnce() -> String) -> Vec<Turn> {
        let mut over = self.left_behind(call);
        let at = self.find(call).unwrap_or_else(|| {
            self.open.push(Turn::begin(call, id(), &self.bounds));
            self.open.len() - 1
        });
        let turn = &mut self.open[at];
        turn.add(call, &self.bounds);
        if turn.state != State::Open {
            over.push(self.open.remove(at));
        }
        if self.open.len() > self.most {
            over.extend(self.end(|_, place| place == 0, "there were too many at once"));
        }
        over
    }

    /// Turns of which nothing was heard for too long. `now`: nanoseconds since 1970.
    pub fn ended_by(&mut self, now: u64) -> Vec<Turn> {
        let idle = u64::try_from(self.idle.as_nanos()).unwrap_or(u64::MAX);
        self.end(|turn, _| turn.ended.saturating_add(idle) <= now, "")
    }

    /// The turn that waits for what this call brings, or that has its prompt.
    fn find(&self, call: &Call) -> Option<usize> {
        let ours = |turn: &Turn| turn.session == call.session && turn.agent == call.agent;
        let Some(question) = &call.question else {
            // Too long to be read: it belongs to the one that was heard of last.
            let all = self.open.iter().enumerate().filter(|(_, turn)| ours(turn) && turn.has_tools);
            return all.max_by_key(|(_, turn)| turn.ended).map(|(place, _)| place);
        };
        let awaits = self.open.iter().position(|turn| ours(turn) && turn.awaits(&question.results));
        awaits.or_else(|| {
            let same =
                |turn: &Turn| turn.thread == question.thread && turn.has_tools == question.offers_tools;
            self.open.iter().position(|turn| ours(turn) && same(turn))
        })
    }

    /// Whoever says something new does not wait for the turn before.
    fn left_behind(&mut self, call: &Call) -> Vec<Turn> {
        let Some(before) = call.question.as_ref().and_then(|question| question.before) else {
            return Vec::new();
        };
        let left = |turn: &Turn, _: usize| {
            turn.session == call.session
                && turn.agent == call.agent
                && turn.thread == before
                && turn.has_tools
        };
        self.end(left, "")
    }

    /// `why`: empty if the turn itself knows.
    fn end(&mut self, which: impl Fn(&Turn, usize) -> bool, why: &str) -> Vec<Turn> {
        let (mut over, mut open) = (Vec::new(), Vec::new());
        for (place, mut turn) in std::mem::take(&mut self.open).into_iter().enumerate() {
            if which(&turn, place) {
                let why = if why.is_empty() { turn.why_open() } else { why.to_owned() };
                turn.close(State::Failed(why));
                over.push(turn);
            } else {
                open.push(turn);
            }
        }
        self.open = open;
        over
    }
}
