//! The steps that lead from an empty file to what this program reads and writes.
//!
//! A step is never changed once it is released: a new one is added. `PRAGMA user_version` says how many were taken.

use rusqlite::{Connection, TransactionBehavior};

use super::error::StoreError;

const STEPS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
];

/// The version this program writes: the number of steps.
pub(super) const VERSION: u32 = STEPS.len() as u32;

pub(super) fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Takes the steps that are missing, each whole or not at all.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let taken = version(connection)?;
    for (number, step) in (1..).zip(STEPS).filter(|(number, _)| *number > taken) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
        tracing::debug!(version = number, "the database was migrated");
    }
    Ok(())
}
