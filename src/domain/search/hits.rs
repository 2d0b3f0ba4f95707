//! The lines of one segment that match.

use std::collections::VecDeque;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use super::query::Query;
use crate::domain::mask::{Masker, mask};

/// Lines shown before and after a hit.
const CONTEXT: usize = 2;
/// Longest line shown, and how much of it may stand before the match, in characters.
const SHOWN: usize = 400;
const LEAD: usize = 100;

/// A line that matches, with secrets masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Where the line begins in the session's output, or up to 4 KiB before it where a program moves the cursor about.
    pub offset: u64,
    /// When it was printed, in microseconds since the epoch.
    pub time_us: u64,
    pub line: String,
    pub before: Vec<String>,
    pub after: Vec<String>,
    /// How often the same line was seen.
    pub count: u64,
    /// Of the line as it was printed.
    pub(super) key: u64,
    /// Which line of the segment it is.
    number: u64,
}

/// Takes the lines of a segment in order and keeps the newest hits.
#[derive(Debug)]
pub(super) struct Hits<'q> {
    query: &'q Query,
    limit: usize,
    hits: VecDeque<Hit>,
    /// The newest lines.
    recent: VecDeque<String>,
    number: u64,
    masker: Masker,
    scratch: String,
}

impl<'q> Hits<'q> {
    pub fn new(query: &'q Query, limit: usize) -> Hits<'q> {
        let (hits, recent) = (VecDeque::new(), VecDeque::new());
        Hits { query, limit, hits, recent, number: 0, masker: Masker::default(), scratch: String::new() }
    }

    /// The next line and its place; one that does not count is only shown around others.
    pub fn line(&mut self, line: &str, time_us: u64, counts: bool, offset: u64) {
        self.number += 1;
        let hidden = self.masker.pass(line);
        let shown = if hidden { Masker::hidden() } else { line };
        for hit in self.hits.iter_mut().rev().take(CONTEXT) {
            if hit.number + CONTEXT as u64 >= self.number {
                hit.after.push(shown.to_owned());
            }
        }
        if counts && self.query.find(line, &mut self.scratch).is_some() {
            self.hit(line, shown, time_us, offset);
        }
        let mut oldest =
            if self.recent.len() < CONTEXT { None } else { self.recent.pop_front() }.unwrap_or_default();
        oldest.clear();
        oldest.push_str(shown);
        self.recent.push_back(oldest);
    }

    /// The hits, newest first.
    pub fn finish(self) -> impl Iterator<Item = Hit> {
        let query = self.query;
        self.hits.into_iter().rev().map(|hit| shown(hit, query))
    }

    fn hit(&mut self, line: &str, shown: &str, time_us: u64, offset: u64) {
        let key = BuildHasherDefault::<DefaultHasher>::default().hash_one(line.trim());
        let mut count = 1;
        if let Some(at) = self.hits.iter().rposition(|hit| hit.key == key) {
            count += self.hits.remove(at).map_or(0, |same| same.count);
        }
        if self
            .hits
            .back()
            .is_some_and(|last| last.number + CONTEXT as u64 >= self.number && line.starts_with(&last.line))
        {
            self.hits.pop_back();
        }
        let before = self.recent.iter().cloned().collect();
        let line = shown.to_owned();
        self.hits.push_back(Hit {
            offset,
            time_us,
            line,
            before,
            after: Vec::new(),
            count,
            key,
            number: self.number,
        });
        if self.hits.len() > self.limit {
            self.hits.pop_front();
        }
    }
}

/// Masked first, then cut: a secret that is cut would not be recognised.
fn shown(mut hit: Hit, query: &Query) -> Hit {
    let line = mask(&hit.line);
    let at = query.find(&line, &mut String::new()).map_or(0, |at| line.floor_char_boundary(at));
    hit.line = cut(&line, line[..at].chars().count());
    for line in hit.before.iter_mut().chain(&mut hit.after) {
        *line = cut(&mask(line), 0);
    }
    hit
}

/// The part of a long line around a character.
fn cut(line: &str, at: usize) -> String {
    let length = line.chars().count();
    if length <= SHOWN {
        return line.to_owned();
    }
    let begin = at.saturating_sub(LEAD).min(length - SHOWN);
    let part: String = line.chars().skip(begin).take(SHOWN).collect();
    let (before, after) = (if begin > 0 { "…" } else { "" }, if begin + SHOWN < length { "…" } else { "" });
    format!("{before}{part}{after}")
}
