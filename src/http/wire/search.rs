//! Full-text search.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::commands::time;
use crate::actors::recordings::{Found, Searched};
use crate::domain::search::Hit;

/// Most matches in one answer, and how many when nobody says.
const MOST: usize = 200;
const USUAL: usize = 50;

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct SearchQuery {
    /// Text to look for, at most 200 characters; upper and lower case are the same unless it has upper case.
    #[serde(default)]
    pub q: String,
    /// Only this session.
    pub session: Option<String>,
    /// Most matches in the answer: 1–200, 50 by default.
    limit: Option<usize>,
    /// Go on where an answer ended: its `next`.
    pub before: Option<String>,
}

impl SearchQuery {
    pub fn limit(&self) -> usize {
        self.limit.unwrap_or(USUAL).clamp(1, MOST)
    }
}

/// A line that matches. Secrets are masked; long lines are cut.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct SearchMatch {
    pub session_id: String,
    pub label: String,
    /// Where the line begins in the session's output, in bytes; up to 4 KiB before it where a program moves the
    /// cursor about.
    #[cfg_attr(test, ts(type = "number"))]
    pub offset: u64,
    /// RFC 3339, UTC.
    #[cfg_attr(test, ts(type = "string"))]
    pub time: DateTime<Utc>,
    pub line: String,
    /// Lines before and after it, two at most each.
    pub before: Vec<String>,
    pub after: Vec<String>,
    /// How often the same line was seen in this session; the newest is shown.
    #[cfg_attr(test, ts(type = "number"))]
    pub count: u64,
}

/// Answer to `/api/search`: newest session first, newest match first.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct SearchAnswer {
    pub matches: Vec<SearchMatch>,
    /// Everything was looked at.
    pub complete: bool,
    /// Goes on as `before`; null when complete.
    pub next: Option<String>,
}

impl From<Found> for SearchAnswer {
    fn from(found: Found) -> SearchAnswer {
        let row = |(Searched { place, label }, hit): (Searched, Hit)| SearchMatch {
            session_id: place.session_id,
            label,
            offset: hit.offset,
            time: time(hit.time_us),
            line: hit.line,
            before: hit.before,
            after: hit.after,
            count: hit.count,
        };
        SearchAnswer {
            matches: found.hits.into_iter().map(row).collect(),
            complete: found.next.is_none(),
            next: found.next.map(|cursor| cursor.to_string()),
        }
    }
}
