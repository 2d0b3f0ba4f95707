//! The journal of one session, open for writing.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::JournalError;
use super::segment::SegmentFile;
use crate::domain::exit::Exit;
use crate::domain::journal::{Body, Kind, Record, SegmentHeader, record_header};
use crate::domain::size::Size;

/// Bounds of one session's journal, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A segment that has passed this wants a successor.
    pub segment_bytes: u64,
    /// Oldest segments go while all of them together are larger.
    pub session_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { segment_bytes: 4 << 20, session_bytes: 64 << 20 }
    }
}

/// One session's journal. After an error it is still usable.
#[derive(Debug)]
pub struct Journal {
    pub(super) dir: PathBuf,
    pub(super) limits: Limits,
    /// None until the first append.
    pub(super) current: Option<SegmentFile>,
    /// Finished, but perhaps not on the disk yet.
    pub(super) previous: Option<SegmentFile>,
    pub(super) dir_dirty: bool,
    /// The offset after everything that was appended, stored or not.
    pub(super) end: u64,
    /// The time of the last append.
    pub(super) last_us: u64,
    pub(super) size: Size,
    pub(super) owed: Owed,
    /// The segment's length at which it wants a successor.
    pub(super) roll_at: u64,
    pub(super) first_offset: u64,
    /// Bytes of all segments but the current one.
    pub(super) older_bytes: u64,
    pub(super) evicted_bytes: u64,
    pub(super) gap_bytes: u64,
    pub(super) exit: Option<(u64, Exit)>,
}

/// What could not be written when it happened and comes before anything else.
#[derive(Debug, Default)]
pub(super) struct Owed {
    /// Bytes before `end` that are not in the file.
    pub gap: u64,
    pub resize: Option<(u64, Size)>,
    pub exit: Option<(u64, Exit)>,
}

impl Owed {
    fn is_empty(&self) -> bool {
        self.gap == 0 && self.resize.is_none() && self.exit.is_none()
    }
}

impl Journal {
    /// Appends output that begins at `offset`, as one record. What lies before [`Journal::end`]
    /// is already there and skipped; what is missing between the two is recorded as a gap.
    ///
    /// On an error the bytes are counted as a gap and `end` has moved past them: the caller goes
    /// on with what follows, and must not append them again.
    pub fn append_output(&mut self, offset: u64, time_us: u64, output: &[&[u8]]) -> Result<(), JournalError> {
        self.miss(offset.saturating_sub(self.end));
        let known = self.end.saturating_sub(offset);
        let output = without_first(output, known);
        let len: u64 = output.iter().map(|part| part.len() as u64).sum();
        if len == 0 {
            return Ok(());
        }
        let written = self.write(time_us, Kind::Output, &output);
        match &written {
            Ok(()) => self.end += len,
            Err(_) => self.miss(len),
        }
        written
    }

    /// The terminal has this size from here on. On an error the record is written later.
    pub fn append_resize(&mut self, time_us: u64, size: Size) -> Result<(), JournalError> {
        self.last_us = time_us;
        self.size = size;
        self.owed.resize = Some((time_us, size));
        self.settle()
    }

    /// On an error the mark is lost.
    pub fn append_mark(&mut self, time_us: u64, mark: &Value) -> Result<(), JournalError> {
        self.write(time_us, Kind::Mark, &[mark.to_string().as_bytes()])
    }

    /// The program has ended. On an error the record is written later.
    pub fn append_exit(&mut self, time_us: u64, exit: Exit) -> Result<(), JournalError> {
        self.last_us = time_us;
        self.exit = Some((time_us, exit.clone()));
        self.owed.exit = Some((time_us, exit));
        self.settle()
    }

    /// Writes what is owed, then puts on the disk what the kernel still holds. Without this,
    /// what was appended survives the end of this process, but not of the machine.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        let owed = self.settle_all();
        if let Some(previous) = &mut self.previous {
            previous.sync()?;
            self.previous = None;
        }
        if let Some(current) = &mut self.current {
            current.sync()?;
        }
        if self.dir_dirty {
            let synced = std::fs::File::open(&self.dir).and_then(|dir| dir.sync_all());
            synced.map_err(JournalError::io("sync", &self.dir))?;
            self.dir_dirty = false;
        }
        owed
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The offset after everything that was appended.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The oldest offset that can still be read.
    pub fn first_offset(&self) -> u64 {
        self.first_offset
    }

    /// Bytes of all its segments.
    pub fn bytes(&self) -> u64 {
        self.older_bytes + self.current.as_ref().map_or(0, SegmentFile::len)
    }

    /// Bytes of output that could not be stored since it was opened, or never arrived.
    pub fn gap_bytes(&self) -> u64 {
        self.gap_bytes
    }

    /// Bytes of segments that retention deleted since it was opened.
    pub fn evicted_bytes(&self) -> u64 {
        self.evicted_bytes
    }

    fn miss(&mut self, bytes: u64) {
        self.end += bytes;
        self.owed.gap += bytes;
        self.gap_bytes += bytes;
    }

    fn write(&mut self, time_us: u64, kind: Kind, payload: &[&[u8]]) -> Result<(), JournalError> {
        self.last_us = time_us;
        self.settle()?;
        self.put(time_us, kind, payload)
    }

    /// Writes what is owed, when nothing else is to be written.
    fn settle_all(&mut self) -> Result<(), JournalError> {
        if self.owed.is_empty() {
            return Ok(());
        }
        self.settle()?;
        let gap = self.gap();
        if let Some(current) = self.current.as_mut().filter(|_| !gap.is_empty()) {
            current.append(&[&gap])?;
            self.owed.gap = 0;
        }
        Ok(())
    }

    /// Writes what is owed but the gap, which goes in front of the next record.
    fn settle(&mut self) -> Result<(), JournalError> {
        if self.current.is_none() {
            let first_offset = self.end - self.owed.gap;
            let header = SegmentHeader { first_offset, created_us: self.last_us, size: self.size };
            self.current = Some(SegmentFile::create(&self.dir, header, &[])?);
            self.first_offset = first_offset;
            self.dir_dirty = true;
            self.owed.resize = None;
        }
        if let Some((time_us, size)) = self.owed.resize {
            self.put_body(time_us, &Body::Resize(size))?;
            self.owed.resize = None;
        }
        if let Some((time_us, exit)) = self.owed.exit.clone() {
            self.put_body(time_us, &Body::Exit(exit))?;
            self.owed.exit = None;
        }
        Ok(())
    }

    fn put_body(&mut self, time_us: u64, body: &Body) -> Result<(), JournalError> {
        let (small, bulk) = body.payload();
        self.put(time_us, body.kind(), &[&small, bulk])
    }

    /// Writes a record and the gap in front of it, both or neither: on a disk that has room for
    /// the one but not the other, a gap grows instead of being followed by another.
    fn put(&mut self, time_us: u64, kind: Kind, payload: &[&[u8]]) -> Result<(), JournalError> {
        let gap = self.gap();
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let header = record_header(self.end, time_us, kind, payload)
            .map_err(JournalError::too_large(&current.path))?;
        let mut parts = Vec::with_capacity(2 + payload.len());
        parts.extend([&gap[..], &header[..]]);
        parts.extend(payload);
        current.append(&parts)?;
        self.owed.gap = 0;
        Ok(())
    }

    /// The record of what is missing; empty when nothing is.
    fn gap(&self) -> Vec<u8> {
        let (gap, time_us) = (self.owed.gap, self.last_us);
        let record = Record { offset: self.end - gap, time_us, body: Body::Gap(gap) };
        if gap == 0 { Vec::new() } else { record.encode().expect("a gap is a few bytes") }
    }
}

/// The parts without their first `skip` bytes.
fn without_first<'a>(parts: &[&'a [u8]], skip: u64) -> Vec<&'a [u8]> {
    let mut skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let mut rest = Vec::with_capacity(parts.len());
    for part in parts {
        let known = skip.min(part.len());
        skip -= known;
        rest.push(&part[known..]);
    }
    rest
}
