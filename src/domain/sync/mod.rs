//! A folder here and its copy in the workspace, kept in step without losing anything.
//!
//! For each file three contents count: what is here, what is there, and what both had when they last agreed, which the
//! [`Manifest`] remembers. [`decide`](decide::decide) is the table of what follows; [`plan`] applies it to two listings.
//!
//! Invariants: a content that one side has and the other has never seen is not overwritten and not deleted: where it
//! must make room it is kept beside, under a name that tells its time. What could not be read is not taken for gone.
//!
//! [`Queue`] says when a folder's turn is; [`names`] what things are called; [`history`] joins two shell histories.

pub mod history;
pub mod names;

mod decide;
mod digest;
mod manifest;
mod plan;
mod queue;

#[cfg(test)]
mod tests;

pub use decide::{Decision, Way};
pub use digest::Digest;
pub use manifest::{Known, Manifest, ManifestError, Stamp};
pub use plan::{Here, Plan, Sides, Step, There, plan, unread};
pub use queue::{Moment, Outcome, Queue, Refusal, Rules, Standing};
