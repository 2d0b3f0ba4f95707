//! The list of sessions: a row each, and a copy in the session's own folder.
//!
//! The copy is written first, then the row, and both carry the same revision; so after a crash between the two the
//! copy is the newer one, and a database that was lost is made again from the copies.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use super::database::Database;
use super::error::{StoreError, unreadable};
use crate::domain::session_record::{SessionRecord, VERSION};
use crate::os::session_files;

impl Database {
    /// Writes a session down: its copy, then its row. What of the two is possible is done, also when the other fails.
    /// A record that is not newer than what is known changes nothing.
    pub fn write_session(&mut self, record: &SessionRecord) -> Result<(), StoreError> {
        if revision(&self.connection, &record.id)?.is_some_and(|known| known >= record.revision) {
            return Ok(());
        }
        let copied = session_files::write(&self.sessions, record).map_err(StoreError::from);
        put(&self.connection, record).and(copied)
    }

    /// Takes a session off the list. Its folder is somebody else's to delete, afterwards.
    pub fn forget_session(&mut self, id: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached("DELETE FROM sessions WHERE id = ?1")?.execute([id])?;
        Ok(())
    }

    /// Every session, oldest first. What a newer version wrote is told and left alone.
    pub fn sessions(&self) -> Result<Vec<SessionRecord>, StoreError> {
        let mut query = self.connection.prepare("SELECT record FROM sessions ORDER BY created_at, id")?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?;
        let mut records = Vec::new();
        for text in rows {
            match serde_json::from_str::<SessionRecord>(&text?) {
                Ok(record) if record.version <= VERSION => records.push(record),
                Ok(record) => {
                    tracing::warn!(session = %record.id, found = record.version, known = VERSION,
                        "a session was written by a newer version and is left alone");
                }
                Err(error) => tracing::warn!(%error, "a session's row cannot be read and is left alone"),
            }
        }
        Ok(records)
    }

    /// Brings rows and folders together: the higher revision wins. A session that is over and has no folder any more
    /// was being removed.
    pub(super) fn reconcile_sessions(&mut self) -> Result<(), StoreError> {
        let copies = session_files::read_all(&self.sessions);
        let rows: BTreeMap<String, SessionRecord> =
            self.sessions()?.into_iter().map(|record| (record.id.clone(), record)).collect();
        let root = self.sessions.clone();
        let transaction = self.write()?;
        for copy in &copies {
            if rows.get(&copy.id).is_none_or(|row| row.revision < copy.revision) {
                put(&transaction, copy)?;
            }
        }
        for row in rows.values().filter(|row| row.exit.is_some() && !root.join(&row.id).exists()) {
            transaction.execute("DELETE FROM sessions WHERE id = ?1", [&row.id])?;
        }
        Ok(transaction.commit()?)
    }
}

fn revision(connection: &Connection, id: &str) -> Result<Option<u64>, StoreError> {
    let mut query = connection.prepare_cached("SELECT revision FROM sessions WHERE id = ?1")?;
    let revision: Option<i64> = query.query_row([id], |row| row.get(0)).optional()?;
    Ok(revision.map(i64::cast_unsigned))
}

fn put(connection: &Connection, record: &SessionRecord) -> Result<(), StoreError> {
    let text = serde_json::to_string(record).map_err(unreadable)?;
    let mut row = connection.prepare_cached(
        "INSERT INTO sessions (id, created_at, ended_at, label, revision, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at, ended_at = excluded.ended_at,
             label = excluded.label, revision = excluded.revision, record = excluded.record",
    )?;
    row.execute(params![
        record.id,
        record.created_at.timestamp_micros(),
        record.exit.as_ref().map(|exit| exit.at.timestamp_micros()),
        record.label,
        record.revision.cast_signed(),
        text,
    ])?;
    Ok(())
}

/// From a column back to a time.
pub(super) fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}
