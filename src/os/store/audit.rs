//! The audit trail, bounded in rows and age.

use rusqlite::{Connection, Row as SqlRow, params};

use chrono::{DateTime, Utc};

use super::database::Database;
use super::error::StoreError;
use super::sessions::time;
use crate::domain::audit::{Entry, Repeats, Row};

impl Database {
    /// Keeps these entries, oldest first, all or none; refusals of one kind share a row.
    pub fn audit(&mut self, entries: Vec<Entry>, repeats: &mut Repeats) -> Result<(), StoreError> {
        let transaction = self.write()?;
        for mut entry in entries.into_iter().map(Entry::bounded) {
            let shared = repeats.row_of(&mut entry);
            let counted = shared.map_or(Ok(false), |row| count(&transaction, row, entry.at))?;
            if !counted {
                let row = insert(&transaction, &entry)?;
                repeats.begun(&entry, row);
            }
        }
        Ok(transaction.commit()?)
    }

    /// At most `limit` rows below the number `before`, newest first.
    pub fn audit_rows(&self, before: Option<u64>, limit: u32) -> Result<Vec<Row>, StoreError> {
        let mut query = self.connection.prepare_cached(
            "SELECT number, at, identity, act, subject, outcome, peer, detail, count, last_at
             FROM audit WHERE number < ?1 ORDER BY number DESC LIMIT ?2",
        )?;
        let before = before.and_then(|number| i64::try_from(number).ok()).unwrap_or(i64::MAX);
        let rows = query.query_map(params![before, limit], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps the newest `most` rows, and of those none from before `since`. How many went.
    pub fn prune_audit(&mut self, most: usize, since: DateTime<Utc>) -> Result<usize, StoreError> {
        let many = "DELETE FROM audit WHERE number <= (SELECT number FROM audit ORDER BY number DESC LIMIT 1 OFFSET ?1)";
        let transaction = self.write()?;
        let gone = transaction.execute(many, [most as i64])?
            + transaction.execute("DELETE FROM audit WHERE last_at < ?1", [since.timestamp_micros()])?;
        transaction.commit()?;
        Ok(gone)
    }
}

/// False: there is no such row any more.
fn count(connection: &Connection, row: u64, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let mut update = connection
        .prepare_cached("UPDATE audit SET count = count + 1, last_at = max(last_at, ?2) WHERE number = ?1")?;
    Ok(update.execute(params![row.cast_signed(), at.timestamp_micros()])? == 1)
}

fn insert(connection: &Connection, entry: &Entry) -> Result<u64, StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO audit (at, identity, act, subject, outcome, peer, detail, count, last_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?1)",
    )?;
    let Entry { at, identity, act, subject, outcome, peer, detail } = entry;
    let row = insert.insert(params![at.timestamp_micros(), identity, act, subject, outcome, peer, detail])?;
    Ok(row.cast_unsigned())
}

fn read(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        number: row.get::<_, i64>(0)?.cast_unsigned(),
        at: time(row.get(1)?),
        identity: row.get(2)?,
        act: row.get(3)?,
        subject: row.get(4)?,
        outcome: row.get(5)?,
        peer: row.get(6)?,
        detail: row.get(7)?,
        count: row.get::<_, i64>(8)?.cast_unsigned(),
        last_at: time(row.get(9)?),
    })
}
