//! Whose instance this is.

mod search;
mod sources;

pub use search::{Begun, OwnerSearch, Search};
pub use sources::{AppRecord, TokenOwner};
