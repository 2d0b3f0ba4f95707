//! The mock of the model side, seen from outside.

mod asking;
mod control;
mod endings;
mod formats;
mod oddities;
mod refusals;
mod tools;
