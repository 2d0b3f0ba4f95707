//! What recoveries found, the newest [`MOST`].

use std::fs;
use std::path::Path;

use rusqlite::{Connection, params};

use super::database::Database;
use super::error::{StoreError, unreadable};
use crate::domain::receipt::Receipt;

/// Receipts kept.
pub const MOST: usize = 1000;

impl Database {
    /// Keeps a receipt; one that is there already is not kept twice.
    pub fn keep_receipt(&mut self, receipt: &Receipt) -> Result<(), StoreError> {
        let transaction = self.write()?;
        insert(&transaction, receipt)?;
        prune(&transaction)?;
        Ok(transaction.commit()?)
    }

    /// All receipts, newest first.
    pub fn receipts(&self) -> Result<Vec<Receipt>, StoreError> {
        let mut query =
            self.connection.prepare_cached("SELECT receipt FROM receipts ORDER BY number DESC")?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?;
        rows.filter_map(|text| match text {
            Ok(text) => serde_json::from_str(&text).ok().map(Ok),
            Err(error) => Some(Err(error.into())),
        })
        .collect()
    }

    /// Takes in the file of an earlier version, one JSON object a line, oldest first, and renames it. What cannot be
    /// read there (torn by a power cut) is passed over; a failure is told, and the next start tries again.
    pub(super) fn import_receipts(&mut self, path: &Path) {
        let Ok(text) = fs::read_to_string(path) else { return };
        let imported = self.take_in(&text).and_then(|count| {
            let done = path.with_extension("jsonl.imported");
            let renamed = fs::rename(path, &done);
            renamed.map_err(|source| StoreError::File { act: "rename", path: path.to_owned(), source })?;
            Ok(count)
        });
        match imported {
            Ok(count) => tracing::info!(count, path = %path.display(), "took in the receipts"),
            Err(error) => tracing::error!(%error, "the receipts of an earlier version could not be taken in"),
        }
    }

    fn take_in(&mut self, text: &str) -> Result<usize, StoreError> {
        let receipts: Vec<Receipt> =
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let transaction = self.write()?;
        for receipt in &receipts {
            insert(&transaction, receipt)?;
        }
        prune(&transaction)?;
        transaction.commit()?;
        Ok(receipts.len())
    }
}

fn insert(connection: &Connection, receipt: &Receipt) -> Result<(), StoreError> {
    let text = serde_json::to_string(receipt).map_err(unreadable)?;
    connection
        .prepare_cached("INSERT OR IGNORE INTO receipts (session_id, back_at, receipt) VALUES (?1, ?2, ?3)")?
        .execute(params![receipt.session_id, receipt.back_at.timestamp_micros(), text])?;
    Ok(())
}

fn prune(connection: &Connection) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM receipts WHERE number <= (SELECT number FROM receipts ORDER BY number DESC LIMIT 1 OFFSET ?1)",
        )?
        .execute([MOST as i64])?;
    Ok(())
}
