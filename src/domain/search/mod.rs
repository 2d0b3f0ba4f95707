//! Full-text search in what sessions printed.
//!
//! Lines are those of a recording as text ([`super::recording::Text`]): escape sequences removed, wrapped lines
//! joined, a line as it was when the cursor left it. What a program draws again and again appears again and again
//! there, so identical lines of a session are one hit, at the newest place, with how often they were seen; and of a
//! line that grows while it is typed only the last state counts. Secrets are masked in what is shown, not in what is
//! compared.
//!
//! A journal is read segment by segment, the newest first. Absent on purpose: what a segment's snapshot repeats from
//! the ones before it, and a line that begins in one segment and ends in the next.

mod hits;
mod query;
mod results;
mod scan;

pub use hits::Hit;
pub use query::{Query, QueryError};
pub use results::{Cursor, CursorError, Place, Results};
pub use scan::Scan;

#[cfg(test)]
mod tests;
