//! The database: `<home>/.coda/coda.db`, for the owner's eyes only.
//!
//! SQLite in WAL mode with one writer, whoever owns the [`Database`]. A transaction is safe from the death of this
//! process when its call returns; a power cut can take the last ones (`synchronous = NORMAL`), never the database.
//! What it holds is listed in `migrations/0001.sql`; there is one file per noun here.
//!
//! A database that is damaged or newer than this program is set aside under another name, with its `-wal` and `-shm`,
//! and a fresh one takes its place: nothing is written over. Where there is no place for a database at all, it lives in
//! memory, so that a full disk keeps nobody from working.

mod database;
mod error;
mod migrations;
mod set_aside;

mod audit;
mod receipts;
mod sessions;
mod settings;
mod tasks;
mod usage;

pub use database::{Database, Place};
pub use error::StoreError;
pub use receipts::MOST as MOST_RECEIPTS;
pub use set_aside::{Reason, SetAside};
pub use tasks::TaskWriting;

#[cfg(test)]
mod tests;
