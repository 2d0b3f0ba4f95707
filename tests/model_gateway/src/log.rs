//! The requests that came, for tests that want to know exactly which, and how each of them ended. Unlike a real log it
//! keeps everything, credentials included: tests must see which token came and that no other secret did.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::call::Call;
use crate::wire::Wire;

/// Older entries make room.
const KEPT: usize = 20_000;
/// Bytes of all bodies; older entries lose theirs.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It is being answered.
    #[default]
    Open,
    /// All of the answer was handed to the connection.
    Whole,
    /// The script cut the answer off.
    Cut,
    /// The client went away first.
    Left,
}

#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Counts from 1 since the start.
    pub number: u64,
    pub method: String,
    pub path: String,
    pub query: String,
    /// As they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// As it came; empty once much has come after it.
    #[serde(serialize_with = "as_json")]
    pub body: Bytes,
    pub wire: Option<Wire>,
    /// As the request names it.
    pub model: String,
    /// A stream was asked for.
    pub stream: bool,
    /// A turn of the script was its answer.
    pub scripted: bool,
    /// 0: not answered yet, or the connection was reset.
    pub status: u16,
    /// Chunks and bytes of the answer that were handed to the connection.
    pub chunks: usize,
    pub bytes: usize,
    /// The gate that its answer waits at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_at: Option<String>,
    pub end: End,
    /// No path of the model side: either it is missing here or the caller made it up.
    pub unknown_route: bool,
}

impl Entry {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// What stands behind `Bearer`.
    pub fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// The body; null when it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

fn as_json<S: Serializer>(body: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => value.serialize(serializer),
        Err(_) if body.is_empty() => serializer.serialize_none(),
        Err(_) => serializer.serialize_str(&format!("<{} bytes>", body.len())),
    }
}

#[derive(Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    count: u64,
    bytes: usize,
}

impl Log {
    /// The number of the new entry.
    pub fn open(&mut self, call: &Call) -> u64 {
        self.count += 1;
        if self.entries.len() == KEPT
            && let Some(oldest) = self.entries.pop_front()
        {
            self.bytes -= oldest.body.len();
        }
        self.entries.push_back(Entry {
            number: self.count,
            method: call.method.clone(),
            path: call.path.clone(),
            query: call.query.clone(),
            headers: call.headers.clone(),
            body: Bytes::new(),
            wire: None,
            model: String::new(),
            stream: false,
            scripted: false,
            status: 0,
            chunks: 0,
            bytes: 0,
            waits_at: None,
            end: End::Open,
            unknown_route: false,
        });
        self.count
    }

    /// Nothing happens to an entry that has been forgotten.
    pub fn change(&mut self, number: u64, change: impl FnOnce(&mut Entry)) {
        let first = self.entries.front().map_or(0, |entry| entry.number);
        let at = number.checked_sub(first).and_then(|at| usize::try_from(at).ok());
        if let Some(entry) = at.and_then(|at| self.entries.get_mut(at)) {
            change(entry);
        }
    }

    pub fn set_body(&mut self, number: u64, body: &Bytes) {
        self.bytes += body.len();
        self.change(number, |entry| entry.body = body.clone());
        let mut oldest = self.entries.iter_mut();
        while self.bytes > KEPT_BYTES
            && let Some(entry) = oldest.next()
        {
            self.bytes -= entry.body.len();
            entry.body = Bytes::new();
        }
    }

    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Call {
        let (method, path) = ("POST".to_owned(), "/v1/messages".to_owned());
        Call { method, path, query: String::new(), headers: vec![], body: Bytes::new() }
    }

    #[test]
    fn bodies_and_entries_are_bounded() {
        let mut log = Log::default();
        let body = Bytes::from(vec![b'x'; KEPT_BYTES / 2]);
        for _ in 0..3 {
            let number = log.open(&call());
            log.set_body(number, &body);
        }
        let lengths: Vec<usize> = log.entries().map(|entry| entry.body.len()).collect();
        assert_eq!(lengths, [0, body.len(), body.len()]);
        for _ in 0..KEPT {
            log.open(&call());
        }
        assert_eq!((log.entries().count(), log.bytes), (KEPT, 0));
        log.change(1, |_| panic!("it was forgotten"));
        log.clear();
        let number = log.open(&call());
        log.change(number, |entry| entry.status = 200);
        assert_eq!(log.entries().next().map(|entry| entry.status), Some(200));
    }
}
