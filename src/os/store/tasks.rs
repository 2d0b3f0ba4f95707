//! Work that is handed to agents: a row each, with what happened to it and what was asked, bounded in rows.

use rusqlite::{Connection, OptionalExtension, params};

use super::database::Database;
use super::error::{StoreError, unreadable};
use super::sessions::time;
use crate::domain::tasks::{Body, Entry, Question, Settled, Task, TaskId, VERSION};

/// Rows of a task's trail that are kept.
const TRAIL: usize = 1_000;

/// What is written of a task at once.
#[derive(Debug, Clone)]
pub struct TaskWriting {
    pub task: Task,
    /// Only the first time.
    pub body: Option<Body>,
    pub trail: Vec<Entry>,
    /// What a run left; the earlier one stays without.
    pub result: Option<String>,
    pub receipt: Option<String>,
}

impl Database {
    /// Writes a task down, all of it or nothing. What is not newer than what is known changes nothing.
    pub fn write_task(&mut self, writing: &TaskWriting) -> Result<(), StoreError> {
        let transaction = self.write()?;
        let id = writing.task.id.as_str();
        if revision(&transaction, id)?.is_none_or(|known| known < writing.task.revision) {
            put(&transaction, writing)?;
            note(&transaction, id, &writing.trail)?;
            for question in &writing.task.questions {
                ask(&transaction, id, question)?;
            }
            for settled in &writing.task.settled {
                settle(&transaction, id, settled)?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Every task. What a newer version wrote is told and left alone.
    pub fn tasks(&self) -> Result<Vec<Task>, StoreError> {
        let mut query = self.connection.prepare("SELECT record FROM tasks ORDER BY created_at, id")?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?;
        let mut tasks = Vec::new();
        for text in rows {
            match serde_json::from_str::<Task>(&text?) {
                Ok(task) if task.version <= VERSION => tasks.push(task),
                Ok(task) => {
                    tracing::warn!(task = %task.id, "a task was written by a newer version and is left alone")
                }
                Err(error) => tracing::warn!(%error, "a task's row cannot be read and is left alone"),
            }
        }
        Ok(tasks)
    }

    /// What the agent of a task needs besides its record.
    pub fn task_body(&self, id: &TaskId) -> Result<Option<Body>, StoreError> {
        let text: Option<String> = self.task_column("body", id)?;
        text.map(|text| serde_json::from_str(&text).map_err(unreadable)).transpose()
    }

    /// What a task left as its result, and its receipt.
    pub fn task_result(&self, id: &TaskId) -> Result<(Option<String>, Option<String>), StoreError> {
        Ok((self.task_column("result", id)?, self.task_column("receipt", id)?))
    }

    fn task_column(&self, column: &'static str, id: &TaskId) -> Result<Option<String>, StoreError> {
        let mut query =
            self.connection.prepare_cached(&format!("SELECT {column} FROM tasks WHERE id = ?1"))?;
        Ok(query.query_row([id.as_str()], |row| row.get(0)).optional()?.flatten())
    }

    /// What happened to a task, oldest first.
    pub fn task_trail(&self, id: &TaskId) -> Result<Vec<Entry>, StoreError> {
        let mut query = self
            .connection
            .prepare_cached("SELECT at, what, detail FROM task_events WHERE task_id = ?1 ORDER BY number")?;
        let rows = query.query_map([id.as_str()], |row| {
            Ok(Entry { at: time(row.get(0)?), what: row.get(1)?, detail: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn forget_task(&mut self, id: &TaskId) -> Result<(), StoreError> {
        let transaction = self.write()?;
        for table in ["task_events WHERE task_id", "task_approvals WHERE task_id", "tasks WHERE id"] {
            transaction.execute(&format!("DELETE FROM {table} = ?1"), [id.as_str()])?;
        }
        Ok(transaction.commit()?)
    }
}

fn revision(connection: &Connection, id: &str) -> Result<Option<u64>, StoreError> {
    let mut query = connection.prepare_cached("SELECT revision FROM tasks WHERE id = ?1")?;
    let revision: Option<i64> = query.query_row([id], |row| row.get(0)).optional()?;
    Ok(revision.map(i64::cast_unsigned))
}

fn put(connection: &Connection, writing: &TaskWriting) -> Result<(), StoreError> {
    let TaskWriting { task, body, result, receipt, .. } = writing;
    let state = serde_json::to_value(task.state).map_err(unreadable)?;
    let body = body.as_ref().map(serde_json::to_string).transpose().map_err(unreadable)?;
    let mut row = connection.prepare_cached(
        "INSERT INTO tasks (id, owner, state, created_at, ended_at, revision, record, body, result, receipt)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, coalesce(?8, ''), ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, ended_at = excluded.ended_at,
             revision = excluded.revision, record = excluded.record,
             result = coalesce(excluded.result, result), receipt = coalesce(excluded.receipt, receipt)",
    )?;
    row.execute(params![
        task.id.as_str(),
        task.owner,
        state.as_str(),
        task.created_at.timestamp_micros(),
        task.ended_at.map(|at| at.timestamp_micros()),
        task.revision.cast_signed(),
        serde_json::to_string(task).map_err(unreadable)?,
        body,
        result,
        receipt,
    ])?;
    Ok(())
}

fn note(connection: &Connection, id: &str, trail: &[Entry]) -> Result<(), StoreError> {
    let mut insert = connection
        .prepare_cached("INSERT INTO task_events (task_id, at, what, detail) VALUES (?1, ?2, ?3, ?4)")?;
    for entry in trail {
        insert.execute(params![id, entry.at.timestamp_micros(), entry.what, entry.detail])?;
    }
    connection
        .prepare_cached(
            "DELETE FROM task_events WHERE task_id = ?1 AND number <=
             (SELECT number FROM task_events WHERE task_id = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute(params![id, TRAIL as i64])?;
    Ok(())
}

fn ask(connection: &Connection, id: &str, question: &Question) -> Result<(), StoreError> {
    let kind = serde_json::to_value(question.kind).map_err(unreadable)?;
    let text = serde_json::to_string(question).map_err(unreadable)?;
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO task_approvals (task_id, question_id, kind, asked_at, question)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![id, question.id, kind.as_str(), question.asked_at.timestamp_micros(), text])?;
    Ok(())
}

fn settle(connection: &Connection, id: &str, settled: &Settled) -> Result<(), StoreError> {
    ask(connection, id, &settled.question)?;
    let answer = serde_json::to_string(&settled.answer).map_err(unreadable)?;
    connection
        .prepare_cached(
            "UPDATE task_approvals SET decided_at = ?3, decided_by = ?4, answer = ?5
             WHERE task_id = ?1 AND question_id = ?2",
        )?
        .execute(params![
            id,
            settled.question.id,
            settled.answer.at.timestamp_micros(),
            settled.answer.by,
            answer
        ])?;
    Ok(())
}
