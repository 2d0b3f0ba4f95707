//! The side of this machine when folders are synchronised: what is there, its contents, and what is remembered.
//! Everything here blocks on the disk.

mod content;
mod listing;
mod memory;
mod place;

pub use content::{Content, WriteError, keep_aside, read, write};
pub use listing::{Listing, ListingError, Scope, list};
pub use memory::{load, save};
pub use place::{Outside, Project, is_empty, named, project_of};
