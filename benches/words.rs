//! What the measured text is made of: the same words in the same order in each run.

/// Numbers that look random and are not.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    pub fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

pub const WORDS: [&str; 24] = [
    "session",
    "the",
    "keeper",
    "of",
    "bytes",
    "error",
    "and",
    "compiling",
    "a",
    "journal",
    "warning",
    "in",
    "to",
    "fn",
    "0x7f3a",
    "request",
    "took",
    "ms",
    "connection",
    "closed",
    "retry",
    "with",
    "offset",
    "4096",
];
