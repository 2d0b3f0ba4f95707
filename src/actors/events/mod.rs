//! Facts, and who hears them.

mod hub;
mod tap;

pub use hub::{Events, Listen, Published, ShuttingDown};
pub use tap::{Tap, Told};
