//! The setup of a machine: a graph of steps that install and configure, without I/O.
//!
//! A [`Catalogue`] is read from files; a [`Graph`] of its steps is told what happened and what time it is, and says
//! which step begins and which is to stop. The rules:
//!
//! * a step begins when all that it needs is complete or skipped, and a token is there if it needs one;
//! * a step whose product is missing afterwards has failed, whatever it says itself;
//! * what may go better another time is tried again, later each time; what will not is an error at once;
//! * a step that needs one that failed is skipped, with the reason, and begins after all when that one is mended;
//! * a step that was interrupted begins again from its check.
//!
//! The other files are rules that steps follow: versions to choose, files of a release, mirrors and proxies.

mod catalogue;
mod graph;
mod kept;
mod node;
mod output;
mod step;

pub mod address;
pub mod enterprise;
pub mod release;
pub mod repositories;
pub mod version;

pub use catalogue::{Agent, Catalogue, CatalogueError, Source};
pub use graph::{Act, Graph, Now, Refusal, Rules, Top};
pub use kept::{Kept, VERSION};
pub use node::{Failure, Node, Outcome, State, Verdict};
pub use output::Output;
pub use step::{BadToggle, Command, Npm, Profile, Python, Run, Step, Toggle};

#[cfg(test)]
mod tests;
