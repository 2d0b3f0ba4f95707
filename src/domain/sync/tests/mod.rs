//! Random histories on both sides.

mod histories;
mod world;
