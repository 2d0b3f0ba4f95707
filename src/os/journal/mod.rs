//! The journal's files: a folder per session with segments named after their first offset.
//!
//! One [`Journal`] is the only writer of its folder; it blocks, so it lives on a thread of its
//! own. Readers ([`records`], [`Journal::recover`]) open the files for themselves and stop at the
//! last whole record, so they work while the journal grows.
//!
//! Invariants: a record is in the file whole or not at all, as far as later appends are
//! concerned; the offset never goes back; what could not be stored is counted and, once writing
//! works again, recorded as a gap; the newest segment is never evicted under its writer.
//!
//! Absent on purpose: a lock (the keeper runs one daemon at a time), timers (the caller decides
//! when to sync), compression.

mod budget;
mod error;
mod files;
mod open;
mod records;
mod roll;
mod segment;
mod writer;

pub use budget::{Evicted, HostBudget, SessionDir};
pub use error::JournalError;
pub use files::remove;
pub use open::Opened;
pub use records::{Records, Recovery, output, records, segments};
pub use writer::{Journal, Limits};

#[cfg(test)]
mod tests;
