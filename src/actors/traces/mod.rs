//! Traces of what agents do, on their way to MLflow.
//!
//! The gateway holds a [`Tap`]: it gives a copy of each request and answer that is over, and never waits. The actor puts
//! turns together, keeps each on the disk when it is over, and brings it to MLflow when that can be reached. A trace has
//! landed when it was read back.

mod actor;
mod export;
mod messages;
mod settings;
mod tap;

pub use actor::Traces;
pub use messages::{GetTraces, Landed, Overheard, PrepareTraces, TracesReport, Trouble};
pub use settings::TracesSettings;
pub use tap::{Tap, Tape};
