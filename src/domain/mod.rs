//! Pure nouns and rules. Time is an argument; nothing here does I/O or knows an actor.

pub mod keeper_frames;
pub mod size;
