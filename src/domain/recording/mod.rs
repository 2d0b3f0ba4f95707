//! Recordings: a journal's records as something people keep or play.
//!
//! Each format takes records one by one and writes to anything, so an export is streamed and
//! holds no more than one record.
//!
//! Both begin with the snapshot of the first segment that is still there, or with an empty
//! terminal. Later snapshots are skipped, since the output between them says the same; only after
//! a gap does one stand for what is missing.

mod cast;
mod line;
mod text;
mod timeline;
mod utf8;

pub use cast::Cast;
pub use text::Text;
pub use timeline::{Part, Pause, Survey, Timeline};
pub use utf8::whole_text;
