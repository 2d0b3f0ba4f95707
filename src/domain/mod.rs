//! Pure nouns and rules. Time is an argument; nothing here does I/O or knows an actor.

pub mod exit;
pub mod journal;
pub mod receipt;
pub mod recording;
pub mod size;
