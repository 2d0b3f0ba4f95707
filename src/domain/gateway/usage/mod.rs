//! What an answer says it has cost in tokens, in the words of each interface.

mod reader;
mod words;

pub use reader::{Reader, Reading};

/// Tokens of one request, counted once: what comes from a cache or goes into one is not in `input`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    pub input: u64,
    /// Read from the vendor's cache.
    pub cached: u64,
    /// Written into it.
    pub written: u64,
    pub output: u64,
}
