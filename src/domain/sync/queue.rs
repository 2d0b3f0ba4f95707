//! Whose turn it is: many wishes become few turns, one after the other.
//!
//! A wish waits until its folder has been quiet for a while, at most for a certain time. What failed and may succeed
//! later gets another turn after a pause that grows. A wish that comes during its folder's turn gets another turn,
//! because nobody knows what that one has seen.

use std::collections::BTreeMap;
use std::time::Duration;

/// Time since some beginning.
pub type Moment = Duration;

/// When turns come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// So long nothing new must have been wished.
    pub quiet: Moment,
    /// So long a wish waits at most.
    pub longest: Moment,
    /// Wishes for so many folders at most.
    pub most: usize,
    /// The first pause after a failure; the next are twice as long each, up to the longest.
    pub pause: Moment,
    pub longest_pause: Moment,
}

/// There is no room for another folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} folders wait to be synchronised already; try again when some are done")]
pub struct Refusal(pub usize);

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It went well, or will go no better.
    Ended,
    /// Later it may go better.
    Again,
}

/// How a folder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Idle,
    Waiting,
    Running,
}

#[derive(Debug, Clone, Copy)]
struct Wish {
    first: Moment,
    last: Moment,
    /// Not before this, because it failed.
    not_before: Moment,
    at_once: bool,
    failures: u32,
}

/// `K` names what is to be done.
#[derive(Debug, Clone)]
pub struct Queue<K> {
    rules: Rules,
    wishes: BTreeMap<K, Wish>,
    /// Whose turn it is, and how often it has failed.
    running: Option<(K, u32)>,
}

impl<K: Ord + Clone> Queue<K> {
    pub fn new(rules: Rules) -> Queue<K> {
        Queue { rules, wishes: BTreeMap::new(), running: None }
    }

    /// Wishes a turn; `at_once`: as soon as no other is under way.
    pub fn wish(&mut self, now: Moment, key: K, at_once: bool) -> Result<(), Refusal> {
        if let Some(wish) = self.wishes.get_mut(&key) {
            wish.last = now;
            wish.at_once |= at_once;
            return Ok(());
        }
        if self.wishes.len() >= self.rules.most {
            return Err(Refusal(self.rules.most));
        }
        let wish = Wish { first: now, last: now, not_before: Moment::ZERO, at_once, failures: 0 };
        self.wishes.insert(key, wish);
        Ok(())
    }

    /// Begins the turn that is due, if one is and none is under way.
    pub fn next(&mut self, now: Moment) -> Option<K> {
        if self.running.is_some() {
            return None;
        }
        let due = self.wishes.iter().filter(|(_, wish)| self.rules.due(wish) <= now);
        let (key, wish) = due.min_by_key(|(_, wish)| wish.first).map(|(key, wish)| (key.clone(), *wish))?;
        self.wishes.remove(&key);
        self.running = Some((key.clone(), wish.failures));
        Some(key)
    }

    /// The turn under way is over.
    pub fn finished(&mut self, now: Moment, outcome: Outcome) {
        let Some((key, failures)) = self.running.take() else { return };
        if outcome == Outcome::Ended {
            return;
        }
        let pause = self.rules.pause_after(failures);
        // One that came meanwhile is the same wish, and at once means at once.
        let wish = self.wishes.entry(key).or_insert(Wish {
            first: now,
            last: now,
            not_before: Moment::ZERO,
            at_once: false,
            failures: 0,
        });
        wish.failures = failures.saturating_add(1);
        wish.not_before = now.saturating_add(pause);
    }

    /// Whoever waits, waits no longer: this is the end.
    pub fn hurry(&mut self) {
        self.wishes.values_mut().for_each(|wish| wish.at_once = true);
    }

    /// Whether a turn is under way or comes at once.
    pub fn is_urgent(&self) -> bool {
        self.running.is_some() || self.wishes.values().any(|wish| wish.at_once)
    }

    /// When the next turn is due, if nothing else is wished.
    pub fn wake(&self) -> Option<Moment> {
        let none_runs = self.running.is_none();
        self.wishes.values().map(|wish| self.rules.due(wish)).min().filter(|_| none_runs)
    }

    pub fn standing(&self, key: &K) -> Standing {
        match &self.running {
            Some((running, _)) if running == key => Standing::Running,
            _ if self.wishes.contains_key(key) => Standing::Waiting,
            _ => Standing::Idle,
        }
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.wishes.len()
    }
}

impl Rules {
    fn due(&self, wish: &Wish) -> Moment {
        if wish.at_once {
            return wish.first;
        }
        let quiet = wish.last.saturating_add(self.quiet);
        quiet.min(wish.first.saturating_add(self.longest)).max(wish.not_before)
    }

    fn pause_after(&self, failures: u32) -> Moment {
        self.pause.saturating_mul(1 << failures.min(16)).min(self.longest_pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Moment = Moment::from_secs(1);

    fn queue() -> Queue<&'static str> {
        Queue::new(Rules {
            quiet: SECOND * 5,
            longest: SECOND * 30,
            most: 3,
            pause: SECOND * 5,
            longest_pause: SECOND * 60,
        })
    }

    /// The turns of a queue in which each takes no time, from now until `until`.
    fn turns(queue: &mut Queue<&'static str>, until: u32, outcome: Outcome) -> Vec<(u32, &'static str)> {
        let mut turns = Vec::new();
        for second in 0..=until {
            while let Some(key) = queue.next(SECOND * second) {
                queue.finished(SECOND * second, outcome);
                turns.push((second, key));
            }
        }
        turns
    }

    #[test]
    fn a_storm_is_one_turn_when_it_is_over() {
        let mut queue = queue();
        (0..100).for_each(|wish| queue.wish(SECOND * wish / 50, "a", false).unwrap());
        assert_eq!(turns(&mut queue, 60, Outcome::Ended), [(7, "a")]);
    }

    #[test]
    fn a_storm_without_end_has_a_turn_now_and_then() {
        let mut queue = queue();
        let mut seen = Vec::new();
        for second in 0..100 {
            queue.wish(SECOND * second, "a", false).unwrap();
            if queue.next(SECOND * second).is_some() {
                seen.push(second);
                queue.finished(SECOND * second, Outcome::Ended);
            }
        }
        assert_eq!(seen, [30, 61, 92]);
    }

    #[test]
    fn one_at_a_time_and_what_came_meanwhile_comes_again() {
        let mut queue = queue();
        queue.wish(SECOND, "a", true).unwrap();
        queue.wish(SECOND * 2, "b", true).unwrap();
        assert_eq!(queue.next(SECOND * 2), Some("a"));
        assert_eq!((queue.next(SECOND * 2), queue.wake()), (None, None));
        queue.wish(SECOND * 3, "a", true).unwrap();
        assert_eq!((queue.standing(&"a"), queue.standing(&"b")), (Standing::Running, Standing::Waiting));
        queue.finished(SECOND * 4, Outcome::Ended);
        assert_eq!(turns(&mut queue, 10, Outcome::Ended), [(2, "b"), (3, "a")]);
        assert_eq!(queue.standing(&"a"), Standing::Idle);
    }

    #[test]
    fn pauses_grow_and_a_person_s_wish_waits_for_none() {
        let mut queue = queue();
        queue.wish(Moment::ZERO, "a", false).unwrap();
        let failed = turns(&mut queue, 200, Outcome::Again);
        assert_eq!(failed.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [5, 10, 20, 40, 80, 140, 200]);
        queue.wish(SECOND * 201, "a", true).unwrap();
        assert_eq!(queue.next(SECOND * 201), Some("a"));
        queue.finished(SECOND * 201, Outcome::Ended);
        assert_eq!(queue.wake(), None);
    }

    #[test]
    fn at_the_end_every_wish_has_one_turn_and_a_failure_no_second() {
        let mut queue = queue();
        queue.wish(SECOND, "a", false).unwrap();
        queue.wish(SECOND, "b", false).unwrap();
        assert!(!queue.is_urgent());
        queue.hurry();
        assert_eq!(queue.next(SECOND), Some("a"));
        queue.finished(SECOND, Outcome::Again);
        assert!(queue.is_urgent());
        assert_eq!(queue.next(SECOND), Some("b"));
        assert!(queue.is_urgent());
        queue.finished(SECOND, Outcome::Ended);
        assert!(!queue.is_urgent() && queue.next(SECOND).is_none());
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let mut queue = queue();
        ["a", "b", "c"].iter().for_each(|key| queue.wish(SECOND, key, false).unwrap());
        assert_eq!(queue.wish(SECOND, "d", true), Err(Refusal(3)));
        assert_eq!((queue.wish(SECOND, "b", true), queue.waiting()), (Ok(()), 3));
    }
}
