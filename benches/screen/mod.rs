//! The screen model beside the crates that could stand in for it: the streams, the models, and the memory they use.

pub mod heap;
pub mod models;
pub mod streams;
