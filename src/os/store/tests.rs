//! What the database keeps, and what becomes of one that is not ours.

mod keeping;
mod opening;
mod tasks;
mod usage;
