//! Whether there is room for another session: their number, and the memory of the container we are in.
//!
//! Memory counts only where the container has a limit of its own. What the host as a whole uses never does, and a
//! reading that is not there admits: a gate that cannot see must not lock anyone out.

/// The container's memory, in bytes. `used` is the working set: what could not be given back at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    pub used: u64,
    pub limit: u64,
}

impl Memory {
    /// Of the limit, in per cent.
    pub fn percent(&self) -> f64 {
        self.used as f64 / self.limit.max(1) as f64 * 100.0
    }
}

/// When memory is under pressure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// From here on nobody is admitted, in per cent of the limit.
    pub high_percent: u64,
    /// From here down they are again.
    pub resume_percent: u64,
    /// What a new session is expected to need, in bytes.
    pub reserve: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Ok,
    Pressure,
    /// No reading, or no limit: only the number of sessions counts.
    Unavailable,
}

impl Rule {
    /// Room kept for a session: never more than an eighth of the container, or a small one could hold none.
    pub fn reserve_of(&self, limit: u64) -> u64 {
        self.reserve.min(limit / 8)
    }
}

/// Remembers pressure until it is really over, so that it does not come and go with every page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gate {
    latched: bool,
}

impl Gate {
    /// Takes a reading; `pending` sessions have been admitted that do not show in it yet.
    ///
    /// Pressure begins at the high mark or when one more session would go beyond the limit; it ends at the resume
    /// mark, and only if that session would fit: each end is the exact opposite of its beginning.
    pub fn observe(&mut self, rule: &Rule, memory: Option<Memory>, pending: usize) -> State {
        let Some(memory) = memory else {
            self.latched = false;
            return State::Unavailable;
        };
        let reserve = rule.reserve_of(memory.limit);
        let used = memory.used.saturating_add(reserve.saturating_mul(pending as u64));
        let percent = u128::from(used) * 100;
        let of = |mark: u64| u128::from(mark) * u128::from(memory.limit);
        let fits = used.saturating_add(reserve) <= memory.limit;
        self.latched = if self.latched {
            !(fits && percent <= of(rule.resume_percent))
        } else {
            !fits || percent >= of(rule.high_percent)
        };
        if self.latched { State::Pressure } else { State::Ok }
    }
}

/// Sessions that run, that are being made, and how many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    pub running: usize,
    pub pending: usize,
    pub limit: usize,
}

impl Slots {
    pub fn taken(&self) -> usize {
        self.running + self.pending
    }

    pub fn accepting(&self) -> bool {
        self.taken() < self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;
    const RULE: Rule = Rule { high_percent: 80, resume_percent: 70, reserve: 768 * MIB };

    /// A container of 10,000 MiB, so that a per cent is 100 MiB.
    fn memory(percent: f64) -> Option<Memory> {
        Some(Memory { used: (percent * 100.0 * MIB as f64) as u64, limit: 10_000 * MIB })
    }

    #[test]
    fn pressure_begins_at_the_high_mark_and_ends_at_the_resume_mark() {
        let mut gate = Gate::default();
        for (percent, expected) in [
            (10.0, State::Ok),
            (79.9, State::Ok),
            (80.0, State::Pressure),
            (75.0, State::Pressure),
            (70.1, State::Pressure),
            (70.0, State::Ok),
            (79.9, State::Ok),
            (95.0, State::Pressure),
            (0.0, State::Ok),
        ] {
            assert_eq!(gate.observe(&RULE, memory(percent), 0), expected, "{percent} %");
        }
    }

    #[test]
    fn sessions_on_their_way_count() {
        for (pending, expected) in [(0, State::Ok), (3, State::Ok), (4, State::Pressure)] {
            assert_eq!(Gate::default().observe(&RULE, memory(50.0), pending), expected, "{pending}");
        }
    }

    #[test]
    fn nobody_is_admitted_who_would_not_fit() {
        let rule = Rule { high_percent: 99, resume_percent: 98, ..RULE };
        let mut gate = Gate::default();
        assert_eq!(gate.observe(&rule, memory(92.4), 0), State::Pressure, "9240 + 768 MiB is too much");
        assert_eq!(gate.observe(&rule, memory(92.33), 0), State::Pressure, "9233 + 768 is, too");
        assert_eq!(gate.observe(&rule, memory(92.32), 0), State::Ok, "9232 + 768 is not");
    }

    #[test]
    fn a_small_container_still_holds_sessions() {
        let small = Memory { used: 100 * MIB, limit: 512 * MIB };
        assert_eq!(RULE.reserve_of(small.limit), 64 * MIB);
        assert_eq!(Gate::default().observe(&RULE, Some(small), 0), State::Ok);
    }

    #[test]
    fn no_reading_admits_and_forgets() {
        let mut gate = Gate::default();
        assert_eq!(gate.observe(&RULE, memory(90.0), 0), State::Pressure);
        assert_eq!(gate.observe(&RULE, None, 1_000), State::Unavailable);
        assert_eq!(gate.observe(&RULE, memory(75.0), 0), State::Ok);
        let absurd = Memory { used: u64::MAX, limit: 0 };
        assert_eq!(gate.observe(&RULE, Some(absurd), usize::MAX), State::Pressure);
    }

    #[test]
    fn slots_count_what_is_on_its_way() {
        let slots = Slots { running: 3, pending: 1, limit: 5 };
        assert!(slots.accepting());
        assert!(!Slots { pending: 2, ..slots }.accepting());
        assert_eq!(slots.taken(), 4);
    }
}
