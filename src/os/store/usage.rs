//! What models were asked and what it came to, bounded in rows.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::database::Database;
use super::error::StoreError;
use crate::domain::gateway::{Counts, Line};
use crate::domain::usage_report::{Group, Question, Sum};

/// Rows kept; the oldest days go first.
pub const MOST: usize = 100_000;
/// Lives of the gateway that are remembered.
const WRITERS: usize = 32;

impl Database {
    /// Adds these sums, all or none. `writer` and `number` name the batch: one that was added is not added again.
    pub fn add_usage(
        &mut self,
        writer: &str,
        number: u64,
        sums: &[(Line, Counts)],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let transaction = self.write()?;
        if !remember(&transaction, writer, number, now)? {
            return Ok(());
        }
        let names: Vec<&str> = Counts::default().columns().map(|(name, _)| name).to_vec();
        let marks = vec!["?"; names.len() + 4].join(", ");
        let added: Vec<String> =
            names.iter().map(|name| format!("{name} = {name} + excluded.{name}")).collect();
        let text = format!(
            "INSERT INTO usage (day, session_id, agent, model, {}) VALUES ({marks})
             ON CONFLICT (day, session_id, agent, model) DO UPDATE SET {}",
            names.join(", "),
            added.join(", ")
        );
        {
            let mut insert = transaction.prepare_cached(&text)?;
            for (line, counts) in sums {
                let day = line.day.to_string();
                let of =
                    [&day, &line.session, &line.agent, &line.model].map(|text| Value::Text(text.clone()));
                let counts = counts
                    .columns()
                    .map(|(_, count)| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)));
                insert.execute(params_from_iter(of.into_iter().chain(counts)))?;
            }
        }
        prune(&transaction)?;
        Ok(transaction.commit()?)
    }

    /// The sums that `question` asks for, the newest day first, then the most requests.
    pub fn usage(&self, question: &Question) -> Result<Vec<Sum>, StoreError> {
        let by = |group, column: &'static str| if question.by.contains(&group) { column } else { "NULL" };
        let keys = [
            by(Group::Day, "day"),
            by(Group::Session, "session_id"),
            by(Group::Agent, "agent"),
            by(Group::Model, "model"),
        ];
        let sums = Counts::default().columns().map(|(name, _)| format!("coalesce(sum({name}), 0)"));
        let text = format!(
            "SELECT {}, {} FROM usage WHERE day >= ?1 AND day <= ?2 AND (?3 IS NULL OR session_id = ?3)
             GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC, 5 DESC LIMIT ?4",
            keys.join(", "),
            sums.join(", ")
        );
        let mut query = self.connection.prepare_cached(&text)?;
        let (since, until) = (question.since.to_string(), question.until.to_string());
        let rows = query.query_map(params![since, until, question.session, question.limit], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// False: this batch was added before.
fn remember(
    connection: &Connection,
    writer: &str,
    number: u64,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let mut last = connection.prepare_cached("SELECT number FROM usage_batches WHERE writer = ?1")?;
    let last: Option<i64> = last.query_row([writer], |row| row.get(0)).optional()?;
    if last.is_some_and(|last| last.cast_unsigned() >= number) {
        return Ok(false);
    }
    connection
        .prepare_cached("INSERT OR REPLACE INTO usage_batches (writer, number, at) VALUES (?1, ?2, ?3)")?
        .execute(params![writer, number.cast_signed(), now.timestamp_micros()])?;
    if last.is_none() {
        let old = "DELETE FROM usage_batches WHERE writer NOT IN
                   (SELECT writer FROM usage_batches ORDER BY at DESC LIMIT ?1)";
        connection.execute(old, [WRITERS as i64])?;
    }
    Ok(true)
}

/// Whole days go, so that what is left is not half of one.
fn prune(connection: &Connection) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM usage WHERE day <= (SELECT day FROM usage ORDER BY day DESC LIMIT 1 OFFSET ?1)",
        )?
        .execute([MOST as i64])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Sum> {
    let day: Option<String> = row.get(0)?;
    let mut sums = [0u64; 17];
    for (at, sum) in sums.iter_mut().enumerate() {
        *sum = row.get::<_, i64>(at + 4)?.cast_unsigned();
    }
    Ok(Sum {
        day: day.and_then(|day| day.parse::<NaiveDate>().ok()),
        session: row.get(1)?,
        agent: row.get(2)?,
        model: row.get(3)?,
        counts: Counts::from_columns(sums),
    })
}
