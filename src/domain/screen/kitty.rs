//! Flags of the kitty keyboard protocol, a stack of them for each screen.
//!
//! xterm.js 6.0 ignores the protocol; the flags are kept so that a viewer which knows it gets
//! them back and so that the query can be answered.

/// As deep as the protocol asks for, and no deeper.
const DEPTH: usize = 16;
/// The five flags there are.
const KNOWN: u16 = 0b1_1111;

/// Flags in force and those below them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    pub current: u16,
    pub below: Vec<u16>,
}

impl Flags {
    /// `CSI > flags u`; when the stack is full the oldest entry is forgotten.
    pub fn push(&mut self, flags: u16) {
        if self.below.len() == DEPTH {
            self.below.remove(0);
        }
        self.below.push(self.current);
        self.current = flags & KNOWN;
    }

    /// `CSI < count u`; popping more than there is resets all flags.
    pub fn pop(&mut self, count: u16) {
        for _ in 0..count.max(1) {
            match self.below.pop() {
                Some(flags) => self.current = flags,
                None => {
                    self.current = 0;
                    break;
                }
            }
        }
    }

    /// `CSI = flags ; how u`: 1 sets all, 2 adds, 3 removes.
    pub fn set(&mut self, flags: u16, how: u16) {
        self.current = match how {
            2 => self.current | flags & KNOWN,
            3 => self.current & !flags,
            _ => flags & KNOWN,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_is_bounded_and_forgiving() {
        let mut flags = Flags::default();
        for value in 0..100 {
            flags.push(value);
        }
        assert_eq!(flags.below.len(), DEPTH);
        assert_eq!(flags.current, 99 & KNOWN);
        flags.pop(1);
        assert_eq!(flags.current, 98 & KNOWN);
        flags.pop(1000);
        assert_eq!(flags, Flags::default());
    }

    #[test]
    fn flags_are_set_added_and_removed() {
        let mut flags = Flags::default();
        for (value, how, after) in [(1, 1, 1), (4, 2, 5), (1, 3, 4), (2, 0, 2)] {
            flags.set(value, how);
            assert_eq!(flags.current, after);
        }
    }
}
