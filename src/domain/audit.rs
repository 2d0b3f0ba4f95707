//! Who did what: one entry for every privileged act and for every refusal.
//!
//! An entry never holds a secret. Refusals of one kind within a minute share a row, and only so many kinds are told
//! apart at a time, so that nobody fills the disk by being refused.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

/// The outcome of what was done as asked; any other outcome is the code of a refusal.
pub const DONE: &str = "ok";
/// Rows kept, and for how long.
pub const MOST_ROWS: usize = 50_000;
pub const LONGEST: TimeDelta = TimeDelta::days(90);

/// Refusals within this span of the first share its row.
const SHARED: TimeDelta = TimeDelta::minutes(1);
/// Kinds of refusals told apart within that span; the rest share rows that name nobody.
const KINDS: usize = 64;
/// In place of a name where there are too many.
const MANY: &str = "(many)";
/// Longest field, in characters.
const FIELD: usize = 300;

/// Something that was done or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub at: DateTime<Utc>,
    /// Who: "local", an e-mail address, or empty for somebody who did not say.
    pub identity: String,
    /// What: "session.create", "deny".
    pub act: &'static str,
    /// To what: a session's id, an address of ours.
    pub subject: String,
    /// [`DONE`], or why not, as a slug.
    pub outcome: String,
    /// From which address.
    pub peer: String,
    pub detail: String,
}

/// An entry as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Grows with time.
    pub number: u64,
    pub at: DateTime<Utc>,
    pub identity: String,
    pub act: String,
    pub subject: String,
    pub outcome: String,
    pub peer: String,
    pub detail: String,
    /// How often it happened since, and when last.
    pub count: u64,
    pub last_at: DateTime<Utc>,
}

impl Entry {
    /// Cuts every field to a length that a row should have.
    #[must_use]
    pub fn bounded(self) -> Entry {
        let cut = |text: String| match text.char_indices().nth(FIELD) {
            Some((end, _)) => text[..end].to_owned(),
            None => text,
        };
        Entry {
            identity: cut(self.identity),
            subject: cut(self.subject),
            outcome: cut(self.outcome),
            peer: cut(self.peer),
            detail: cut(self.detail),
            ..self
        }
    }

    pub fn is_refusal(&self) -> bool {
        self.outcome != DONE
    }
}

/// Which row a refusal is counted in.
#[derive(Debug, Default)]
pub struct Repeats {
    rows: HashMap<Kind, (u64, DateTime<Utc>)>,
}

type Kind = (&'static str, String, String, String);

fn kind(entry: &Entry) -> Kind {
    (entry.act, entry.outcome.clone(), entry.identity.clone(), entry.peer.clone())
}

impl Repeats {
    /// The row that this entry adds to; `None`: it gets a row of its own, and [`Repeats::begun`] is told which. When
    /// there are too many kinds at once, the entry no longer says who it was.
    pub fn row_of(&mut self, entry: &mut Entry) -> Option<u64> {
        if !entry.is_refusal() {
            return None;
        }
        let now = entry.at;
        self.rows.retain(|_, (_, since)| (now - *since).abs() < SHARED);
        if self.rows.len() >= KINDS && !self.rows.contains_key(&kind(entry)) {
            entry.detail.clear();
            for name in [&mut entry.identity, &mut entry.peer, &mut entry.subject] {
                *name = MANY.to_owned();
            }
        }
        self.rows.get(&kind(entry)).map(|(row, _)| *row)
    }

    pub fn begun(&mut self, entry: &Entry, row: u64) {
        if entry.is_refusal() {
            self.rows.insert(kind(entry), (row, entry.at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(peer: &str, seconds: i64) -> Entry {
        Entry {
            at: DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap(),
            identity: String::new(),
            act: "deny",
            subject: format!("/api/{seconds}"),
            outcome: "unauthorized".into(),
            peer: peer.into(),
            detail: "GET".into(),
        }
    }

    #[test]
    fn refusals_of_one_kind_share_a_row_for_a_minute() {
        let mut repeats = Repeats::default();
        let mut row = |mut entry: Entry, fresh: u64| {
            let shared = repeats.row_of(&mut entry);
            if shared.is_none() {
                repeats.begun(&entry, fresh);
            }
            shared
        };
        assert_eq!(row(refused("a", 0), 1), None);
        assert_eq!(row(refused("a", 1), 9), Some(1));
        assert_eq!(row(refused("b", 2), 2), None, "somebody else");
        assert_eq!(row(Entry { outcome: "bad_host".into(), ..refused("a", 3) }, 3), None, "another reason");
        assert_eq!(row(refused("a", 59), 9), Some(1));
        assert_eq!(row(refused("a", 60), 4), None, "a new minute");
        assert_eq!(row(refused("a", 61), 9), Some(4));
        let done = Entry { outcome: DONE.into(), ..refused("a", 61) };
        assert_eq!(row(done.clone(), 5), None);
        assert_eq!(row(done, 6), None, "what was done is never counted together");
        assert_eq!(row(refused("a", -100), 7), None, "a clock that was set back");
    }

    #[test]
    fn a_scanner_with_many_names_gets_few_rows() {
        let mut repeats = Repeats::default();
        let mut rows = 0;
        for number in 0..100_000 {
            let mut entry = refused(&format!("10.0.{}.{}", number / 256, number % 256), 5);
            if repeats.row_of(&mut entry).is_none() {
                rows += 1;
                repeats.begun(&entry, rows);
            }
            assert_eq!(entry.peer == MANY, number >= KINDS, "{number}");
        }
        assert_eq!(rows as usize, KINDS + 1);
    }

    #[test]
    fn long_fields_are_cut_between_characters() {
        let entry = Entry { detail: "ä".repeat(1000), ..refused("a", 0) }.bounded();
        assert_eq!(entry.detail, "ä".repeat(FIELD));
    }
}
