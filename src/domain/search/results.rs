//! The hits of many segments, and where to go on.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use super::hits::Hit;

/// Where a session stands in the order of a search: the newest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub created_us: i64,
    pub session_id: String,
}

/// Where a search goes on: with what lies before an offset in this session, then with older sessions. As text:
/// opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub place: Place,
    pub before: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("before is not what an answer called next; begin without it")]
pub struct CursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.place.created_us, self.before, self.place.session_id)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Cursor, CursorError> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().filter(|part| !part.is_empty()).ok_or(CursorError);
        let created_us = part()?.parse().map_err(|_| CursorError)?;
        let before = part()?.parse().map_err(|_| CursorError)?;
        Ok(Cursor { place: Place { created_us, session_id: part()?.to_owned() }, before })
    }
}

/// Collects hits, the newest first.
#[derive(Debug, Default)]
pub struct Results {
    limit: usize,
    /// Each with the index of its session.
    hits: Vec<(usize, Hit)>,
    /// Where the lines of the session at hand are.
    known: HashMap<u64, usize>,
    session: usize,
}

impl Results {
    pub fn new(limit: usize) -> Results {
        Results { limit, ..Results::default() }
    }

    /// Takes the hits of a segment of a session, newest first. Some: it is full, and this is the offset before which
    /// the next search goes on.
    pub fn add(&mut self, session: usize, hits: Vec<Hit>) -> Option<u64> {
        if self.session != session {
            self.known.clear();
            self.session = session;
        }
        for hit in hits {
            if let Some(&at) = self.known.get(&hit.key) {
                self.hits[at].1.count += hit.count;
                continue;
            }
            if self.hits.len() >= self.limit {
                return Some(hit.offset + 1);
            }
            self.known.insert(hit.key, self.hits.len());
            self.hits.push((session, hit));
        }
        None
    }

    /// The hits, each with the index of its session.
    pub fn finish(self) -> Vec<(usize, Hit)> {
        self.hits
    }
}
