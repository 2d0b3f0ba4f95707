//! What came of a turn.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::databricks::{Class, Failure};

/// Names that a report holds of each kind; the counts are always right.
const MOST: usize = 100;

/// Failures in a row, of the kind that may be the workspace's, after which a turn ends. One file can have such a failure
/// all by itself, again and again; the others shall not wait for it.
const ENOUGH: u32 = 3;

/// A file, and something about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub path: String,
    pub text: String,
}

#[derive(Debug, Clone, Default)]
pub struct Report {
    pub uploaded: usize,
    pub downloaded: usize,
    pub deleted: usize,
    /// Both sides had the same already.
    pub same: usize,
    /// What had to make room, under its new name.
    pub kept: Vec<Note>,
    pub kept_count: usize,
    /// Files that changed in the workspace alone and were left as they are there.
    pub theirs: Vec<Note>,
    pub theirs_count: usize,
    /// Files that cannot be synchronised, and why.
    pub skipped: Vec<Note>,
    pub skipped_count: usize,
    pub failed: Vec<Note>,
    pub failed_count: usize,
    /// What ended the turn early.
    pub error: Option<String>,
    /// Another turn may do better.
    pub again: bool,
}

/// How far a turn is; read by others.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicUsize,
    total: AtomicUsize,
}

/// Whether other calls may go better.
#[derive(Debug, Default)]
pub(super) struct Hope {
    failures: Cell<u32>,
}

impl Hope {
    /// How a call went.
    pub fn note(&self, failure: Option<&Failure>) {
        let failures = match failure {
            // Lost is lost: a call that was under way changes nothing.
            _ if self.is_lost() => return,
            None => 0,
            Some(failure) if failure.class == Class::Unauthenticated => ENOUGH,
            Some(failure) if is_general(failure) => self.failures.get() + 1,
            Some(_) => return,
        };
        self.failures.set(failures);
    }

    pub fn is_lost(&self) -> bool {
        self.failures.get() >= ENOUGH
    }
}

impl Report {
    /// It could not even begin.
    pub fn nothing(why: impl Into<String>, again: bool) -> Report {
        Report { error: Some(why.into()), again, ..Report::default() }
    }

    pub fn failure(failure: &Failure) -> Report {
        Report::nothing(failure.to_string(), may_pass(failure))
    }

    pub fn is_success(&self) -> bool {
        self.error.is_none() && self.failed_count == 0
    }

    /// Something is missing that another turn may bring.
    pub fn is_unfinished(&self) -> bool {
        self.error.is_some() || self.failed_count > 0 && self.again
    }

    /// In a few words, for people.
    pub fn problem(&self) -> Option<String> {
        let first = || self.failed.first().map(|note| format!("{}: {}", note.path, note.text));
        self.error.clone().or_else(first)
    }

    pub(super) fn keep(&mut self, path: String, under: String) {
        note(&mut self.kept, &mut self.kept_count, path, under);
    }

    pub(super) fn leave(&mut self, path: String) {
        note(&mut self.theirs, &mut self.theirs_count, path, "changed in the workspace".to_owned());
    }

    pub(super) fn skip(&mut self, path: String, why: impl ToString) {
        note(&mut self.skipped, &mut self.skipped_count, path, why.to_string());
    }

    pub(super) fn fail(&mut self, path: String, why: impl ToString, again: bool) {
        self.again |= again;
        note(&mut self.failed, &mut self.failed_count, path, why.to_string());
    }
}

fn note(notes: &mut Vec<Note>, count: &mut usize, path: String, text: String) {
    *count += 1;
    if notes.len() < MOST {
        notes.push(Note { path, text });
    }
}

/// Whether the same may go well later: also when there is no token, since somebody may paste one.
pub(super) fn may_pass(failure: &Failure) -> bool {
    failure.is_transient() || failure.class == Class::Unauthenticated
}

/// Whether it may be the workspace's failure and not that of one file.
pub(super) fn is_general(failure: &Failure) -> bool {
    may_pass(failure) && !matches!(failure.class, Class::Busy | Class::Unknown)
        || failure.class == Class::Quota
}

impl Progress {
    pub fn begin(&self, total: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    pub fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Done, and all.
    pub fn now(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_s_failure_ends_no_turn_and_an_outage_does() {
        use Class::*;
        for (calls, is_lost) in [
            (vec![None, Some(Unavailable), None, Some(Unavailable), Some(Unreachable), None], false),
            (vec![Some(Forbidden), Some(Invalid), Some(Busy), Some(Unknown), Some(Exists)], false),
            (vec![Some(Unavailable), Some(Forbidden), Some(TooMany(None)), Some(Unreachable)], true),
            (vec![Some(Quota), Some(Quota), Some(Quota), None], true),
            (vec![None, Some(Unauthenticated), None], true),
        ] {
            let hope = Hope::default();
            for class in &calls {
                hope.note(class.map(|class| Failure::unasked("write", class, "no")).as_ref());
            }
            assert_eq!(hope.is_lost(), is_lost, "{calls:?}");
        }
    }
}
