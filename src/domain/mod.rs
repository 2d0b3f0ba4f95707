//! Pure nouns and rules. Time is an argument; nothing here does I/O or knows an actor.

pub mod screen;
pub mod size;
