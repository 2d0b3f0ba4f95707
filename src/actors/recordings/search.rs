//! Searches journals: newest session first, newest segment first, for as long as a search may take.

use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::{Duration, Instant};

use actix::prelude::*;

use super::Recordings;
use crate::actors::session::CallerId;
use crate::actors::sessions::Listed;
use crate::domain::search::{Cursor, Hit, Place, Query, Results, Scan};
use crate::os::journal::{JournalError, records, segments};

/// How long a search may take; one segment is always read, or it would never get on.
const DEADLINE: Duration = Duration::from_secs(2);
/// Searches at once: of all, and of one caller.
const AT_ONCE: usize = 2;
const OF_ONE: usize = 1;

/// Look for a text in these sessions, newest first.
#[derive(Debug, Message)]
#[rtype(result = "Result<Found, SearchRefused>")]
pub struct Search {
    /// Who asks.
    pub caller: CallerId,
    /// Nobody waits for the answer any more when this is gone.
    pub waiting: Weak<()>,
    pub query: Query,
    pub limit: usize,
    pub from: Option<Cursor>,
    pub sessions: Vec<Searched>,
}

/// A session to look through.
#[derive(Debug, Clone)]
pub struct Searched {
    pub place: Place,
    pub label: String,
}

impl From<Listed> for Searched {
    fn from(Listed { record, .. }: Listed) -> Searched {
        let place = Place { created_us: record.created_at.timestamp_micros(), session_id: record.id };
        Searched { place, label: record.label }
    }
}

/// What was found, newest first.
#[derive(Debug, Default)]
pub struct Found {
    pub hits: Vec<(Searched, Hit)>,
    /// Where to go on; None: everything was looked at.
    pub next: Option<Cursor>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SearchRefused {
    #[error("your last search has not ended; wait for it, it takes a few seconds at most")]
    OneAtATime,
    #[error("{AT_ONCE} searches are under way; try again in a few seconds")]
    TooMany,
}

impl Handler<Search> for Recordings {
    type Result = ResponseActFuture<Self, Result<Found, SearchRefused>>;

    fn handle(&mut self, search: Search, _: &mut Self::Context) -> Self::Result {
        if let Err(refused) = may_search(&self.searching, search.caller) {
            return Box::pin(actix::fut::ready(Err(refused)));
        }
        let caller = search.caller;
        self.searching.push(caller);
        let journals: Vec<(Searched, PathBuf)> = in_order(search.sessions, search.from.as_ref())
            .map(|session| (session.clone(), self.journal(&session.place.session_id)))
            .collect();
        let (query, limit, from, waiting) = (search.query, search.limit, search.from, search.waiting);
        let searching = tokio::task::spawn_blocking(move || {
            let until = Instant::now() + DEADLINE;
            let stop = || Instant::now() > until || waiting.strong_count() == 0;
            look_through(&journals, &query, limit, from, stop)
        });
        Box::pin(searching.into_actor(self).map(move |found, act, _| {
            if let Some(at) = act.searching.iter().position(|other| *other == caller) {
                act.searching.swap_remove(at);
            }
            Ok(found.unwrap_or_default())
        }))
    }
}

fn may_search(searching: &[CallerId], caller: CallerId) -> Result<(), SearchRefused> {
    match searching {
        all if all.iter().filter(|other| **other == caller).count() >= OF_ONE => {
            Err(SearchRefused::OneAtATime)
        }
        all if all.len() >= AT_ONCE => Err(SearchRefused::TooMany),
        _ => Ok(()),
    }
}

/// The sessions that are left to look through, newest first.
fn in_order(mut sessions: Vec<Searched>, from: Option<&Cursor>) -> impl Iterator<Item = Searched> {
    sessions.retain(|session| from.is_none_or(|cursor| session.place <= cursor.place));
    sessions.sort_by(|a, b| b.place.cmp(&a.place));
    sessions.into_iter()
}

fn look_through(
    journals: &[(Searched, PathBuf)],
    query: &Query,
    limit: usize,
    from: Option<Cursor>,
    stop: impl Fn() -> bool,
) -> Found {
    let mut results = Results::new(limit);
    let mut next = None;
    let mut read = 0;
    'sessions: for (index, (session, dir)) in journals.iter().enumerate() {
        let mut before = match &from {
            Some(cursor) if cursor.place == session.place => cursor.before,
            _ => u64::MAX,
        };
        let firsts = segments(dir).unwrap_or_else(|error| skipped(&session.place, &error));
        let mut end = u64::MAX;
        for &first in firsts.iter().rev() {
            let segment = first..std::mem::replace(&mut end, first);
            if first >= before {
                continue;
            }
            before = before.min(segment.end);
            loop {
                let cursor = |before| Some(Cursor { place: session.place.clone(), before });
                if read > 0 && stop() {
                    next = cursor(before);
                    break 'sessions;
                }
                read += 1;
                let scanned = scan(dir, segment.start, before, query, limit);
                let hits = scanned.unwrap_or_else(|error| skipped(&session.place, &error));
                let oldest = hits.last().map(|hit| hit.offset);
                let more = hits.len() >= limit;
                if let Some(rest) = results.add(index, hits) {
                    next = cursor(rest);
                    break 'sessions;
                }
                // What did not fit is older; a line that was known took no room in the results.
                match oldest.filter(|_| more) {
                    Some(oldest) => before = oldest,
                    None => break,
                }
            }
            before = first;
        }
    }
    let hits = results.finish().into_iter().map(|(index, hit)| (journals[index].0.clone(), hit)).collect();
    Found { hits, next }
}

/// One damaged journal does not keep the others from being found.
fn skipped<T>(place: &Place, error: &JournalError) -> Vec<T> {
    tracing::warn!(session = %place.session_id, %error, "a part of a journal could not be searched");
    Vec::new()
}

fn scan(dir: &Path, first: u64, before: u64, query: &Query, limit: usize) -> Result<Vec<Hit>, JournalError> {
    let records = records(dir, first)?;
    let Some(begin) = records.begin() else { return Ok(Vec::new()) };
    let mut scan = Scan::new(query, limit, first, before, begin.size);
    let mut last_us = begin.created_us;
    for record in records {
        let record = record?;
        if record.offset >= before {
            break;
        }
        last_us = record.time_us;
        scan.record(&record);
    }
    Ok(scan.finish(last_us))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_search_of_each_and_two_of_all() {
        for (now, expected) in [
            (&[][..], Ok(())),
            (&[2], Ok(())),
            (&[1], Err(SearchRefused::OneAtATime)),
            (&[2, 1], Err(SearchRefused::OneAtATime)),
            (&[2, 3], Err(SearchRefused::TooMany)),
        ] {
            assert_eq!(may_search(now, 1), expected, "{now:?}");
        }
    }

    #[test]
    fn the_newest_session_comes_first_and_a_cursor_goes_on() {
        let session = |created_us, id: &str| Searched {
            place: Place { created_us, session_id: id.to_owned() },
            label: String::new(),
        };
        let sessions = vec![session(1, "a"), session(3, "c"), session(2, "b")];
        let ids = |from: Option<Cursor>| -> String {
            in_order(sessions.clone(), from.as_ref()).map(|session| session.place.session_id).collect()
        };
        assert_eq!(ids(None), "cba");
        assert_eq!(ids(Some(Cursor { place: session(2, "b").place, before: 7 })), "ba");
        assert_eq!(
            ids(Some(Cursor { place: session(2, "bb").place, before: 7 })),
            "ba",
            "dismissed meanwhile"
        );
    }
}
