//! Small facts by name, each a JSON value.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use super::database::Database;
use super::error::{StoreError, unreadable};

/// Longest name and value, in bytes.
const KEY: usize = 400;
const VALUE: usize = 320 * 1024;

impl Database {
    pub fn setting(&self, key: &str) -> Result<Option<Value>, StoreError> {
        let mut query = self.connection.prepare_cached("SELECT value FROM settings WHERE key = ?1")?;
        let text: Option<String> = query.query_row([key], |row| row.get(0)).optional()?;
        text.map(|text| serde_json::from_str(&text).map_err(unreadable)).transpose()
    }

    /// The settings whose names begin so.
    pub fn settings(&self, prefix: &str) -> Result<BTreeMap<String, Value>, StoreError> {
        let mut query = self
            .connection
            .prepare_cached("SELECT key, value FROM settings WHERE substr(key, 1, length(?1)) = ?1")?;
        let rows = query.query_map([prefix], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        rows.map(|row| {
            let (key, text) = row?;
            Ok((key, serde_json::from_str(&text).map_err(unreadable)?))
        })
        .collect()
    }

    /// Sets all of these or none; null removes.
    pub fn set(&mut self, values: &BTreeMap<String, Value>, now: DateTime<Utc>) -> Result<(), StoreError> {
        let transaction = self.write()?;
        for (key, value) in values {
            let text = value.to_string();
            if key.is_empty() || key.len() > KEY || text.len() > VALUE {
                let most = format!("a setting's name may have 1 to {KEY} bytes, its value {VALUE}");
                return Err(StoreError::Refused(most));
            }
            if value.is_null() {
                transaction.execute("DELETE FROM settings WHERE key = ?1", [key])?;
                continue;
            }
            transaction.execute(
                "INSERT INTO settings (key, value, changed_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at",
                params![key, text, now.timestamp_micros()],
            )?;
        }
        Ok(transaction.commit()?)
    }
}
