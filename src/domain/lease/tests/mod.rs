//! The machine: rule by rule, then against a workspace that fails in every way it can.

mod day;
mod rules;
mod world;
