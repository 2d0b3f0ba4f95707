//! `~/.databrickscfg`: host and token of one profile, and not a byte of anything else.
//!
//! Many programs read this file, with readers that differ. What counts is what Python's `configparser` reads; where
//! others would read something else, or nothing at all can be read, the file is refused and left as it is.

mod edit;
mod reader;

pub use edit::{EditError, Profile, edit};

#[cfg(test)]
mod tests;
