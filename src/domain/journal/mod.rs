//! The journal's format: how a session's output is written down so that a torn or damaged end is
//! seen and everything before it is kept.
//!
//! A journal is a row of *segments*. A segment is a [`SegmentHeader`] followed by [`Record`]s,
//! each with offset, time and checksum. Every segment but a session's first begins with a
//! keyframe, so it can be replayed on its own. The bytes are laid down in
//! `docs/journal-format.md`.
//!
//! Invariants: records stand in order of offset without holes; only output and gaps move the
//! offset; a [`Scanner`] never returns a record whose checksum or position is wrong.
//!
//! Absent on purpose: files (see `os::journal`), compression, and input, which may hold secrets.

mod record;
mod scan;
mod segment;

pub use record::{Body, Keyframe, Kind, MAX_PAYLOAD, RECORD_HEADER, Record, TooLarge, record_header};
pub use scan::{Scanner, Stop};
pub use segment::{HeaderError, SEGMENT_HEADER, SegmentHeader, VERSION};

#[cfg(test)]
mod tests;
