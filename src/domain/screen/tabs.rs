//! Tab stops of one buffer, a bit for each column.

/// Columns between the stops a terminal starts with.
const EVERY: usize = 8;
/// One column more than the widest screen: a stop may be set while a wrap is pending.
const COLUMNS: usize = 1024;

/// Where HT, CHT and CBT go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tabs([u64; COLUMNS / 64]);

impl Tabs {
    pub fn new(cols: usize) -> Tabs {
        let mut tabs = Tabs([0; COLUMNS / 64]);
        (0..cols).step_by(EVERY).for_each(|x| tabs.set(x));
        tabs
    }

    pub fn set(&mut self, x: usize) {
        self.0[x / 64] |= 1 << (x % 64);
    }

    pub fn clear(&mut self, x: usize) {
        self.0[x / 64] &= !(1 << (x % 64));
    }

    pub fn clear_all(&mut self) {
        self.0 = [0; COLUMNS / 64];
    }

    pub fn has(&self, x: usize) -> bool {
        self.0[x / 64] & 1 << (x % 64) != 0
    }

    /// Whether there is a stop at column `x` or right of it.
    pub fn any_from(&self, x: usize) -> bool {
        (x..COLUMNS).any(|x| self.has(x))
    }

    /// The next stop right of `x`, else the last column.
    pub fn after(&self, x: usize, cols: usize) -> usize {
        (x + 1..cols).find(|&x| self.has(x)).unwrap_or(cols - 1)
    }

    /// The next stop left of `x`, else the first column.
    pub fn before(&self, x: usize, cols: usize) -> usize {
        (0..x).rev().find(|&x| self.has(x)).unwrap_or(0).min(cols - 1)
    }

    /// Continues the pattern into columns that a wider screen adds, as xterm.js does: from the
    /// last stop on, without touching what is there.
    pub fn extend(&mut self, cols: usize) {
        let from = if self.has(cols) { cols } else { self.before(cols, usize::MAX) };
        (from..cols).step_by(EVERY).for_each(|x| self.set(x));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_are_found_in_both_directions() {
        let mut tabs = Tabs::new(80);
        tabs.set(3);
        tabs.clear(8);
        for (x, after, before) in [(0, 3, 0), (3, 16, 0), (16, 24, 3), (72, 79, 64), (79, 79, 72)] {
            assert_eq!(tabs.after(x, 80), after, "after {x}");
            assert_eq!(tabs.before(x, 80), before, "before {x}");
        }
        tabs.clear_all();
        assert_eq!((tabs.after(5, 80), tabs.before(5, 80)), (79, 0));
    }

    #[test]
    fn a_wider_screen_continues_the_pattern() {
        let mut tabs = Tabs::new(20);
        tabs.extend(40);
        assert!([16, 24, 32].iter().all(|&x| tabs.has(x)));
        assert!(!tabs.has(40));
    }
}
