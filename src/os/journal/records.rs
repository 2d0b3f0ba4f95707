//! Reading a journal: to recover a screen, to export, to page through history.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use super::files::{self, SegmentName};
use super::{Journal, JournalError};
use crate::domain::journal::{Body, HeaderError, Keyframe, Record, Scanner, SegmentHeader};
use crate::domain::size::Size;

type SegmentScanner = Scanner<BufReader<File>>;

/// What it takes to rebuild a session's screen. Begin with a terminal of `size`, feed it the
/// snapshot if there is one, then the tail.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovery {
    /// Where it begins.
    pub offset: u64,
    pub size: Size,
    /// None in a session's first segment, which begins with an empty terminal.
    pub keyframe: Option<Keyframe>,
    pub tail: Vec<Record>,
}

impl Journal {
    /// Reads the current segment.
    pub fn recover(&self) -> Result<Recovery, JournalError> {
        let mut recovery = Recovery { offset: self.end, size: self.size, keyframe: None, tail: Vec::new() };
        let Some(current) = &self.current else {
            return Ok(recovery);
        };
        let path = &current.path;
        let mut scanner = open(path)
            .map_err(JournalError::io("open", path))?
            .map_err(|error| JournalError::header(path, error))?;
        (recovery.offset, recovery.size) = (current.first, scanner.header().size);
        while let Some(record) = scanner.next_record().map_err(JournalError::io("read", path))? {
            if let Body::Keyframe(keyframe) = record.body {
                (recovery.offset, recovery.size) = (record.offset, keyframe.size);
                recovery.keyframe = Some(keyframe);
                recovery.tail.clear();
            } else {
                recovery.tail.push(record);
            }
        }
        Ok(recovery)
    }
}

/// The records of the journal in `dir` from an offset on, in order: output is cut to begin
/// exactly there, anything else counts when it happened there or later. What evictions or damage
/// left out between two segments comes as a gap. Ends where the journal ended, at the earliest,
/// when this was called.
pub fn records(dir: &Path, from: u64) -> Result<Records, JournalError> {
    let mut queue: VecDeque<SegmentName> = files::list(dir)?.into();
    while queue.get(1).is_some_and(|second| second.first <= from) {
        queue.pop_front();
    }
    let mut records = Records { queue, reading: None, next: from, begin: None };
    records.advance()?;
    Ok(records)
}

/// Output from `from` on, in one piece: at most `most` bytes and nothing at or behind `end`. It begins later when what
/// was asked for is not there any more, and at `end` when none of it is.
pub fn output(dir: &Path, from: u64, end: u64, most: usize) -> Result<(u64, Vec<u8>), JournalError> {
    let mut piece: Option<(u64, Vec<u8>)> = None;
    for record in records(dir, from)? {
        let record = record?;
        let Body::Output(bytes) = record.body else { continue };
        let (begin, taken) = piece.get_or_insert_with(|| (record.offset, Vec::new()));
        let next = *begin + taken.len() as u64;
        if record.offset != next || next >= end {
            break;
        }
        let room = (most - taken.len()).min(usize::try_from(end - next).unwrap_or(usize::MAX));
        taken.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if taken.len() >= most {
            break;
        }
    }
    Ok(piece.filter(|(begin, _)| *begin < end).unwrap_or((end, Vec::new())))
}

/// Where the segments of the journal in `dir` begin, oldest first: each can be read for itself.
pub fn segments(dir: &Path) -> Result<Vec<u64>, JournalError> {
    Ok(files::list(dir)?.into_iter().map(|segment| segment.first).collect())
}

/// See [`records`].
#[derive(Debug)]
pub struct Records {
    queue: VecDeque<SegmentName>,
    reading: Option<(PathBuf, SegmentScanner)>,
    /// The offset of the next byte of output to yield.
    next: u64,
    begin: Option<SegmentHeader>,
}

impl Records {
    /// The header of the segment that it began to read: an export's size and time. `None` when
    /// there is no journal.
    pub fn begin(&self) -> Option<SegmentHeader> {
        self.begin
    }

    /// The offset of the next byte of output; before the first record, where the output begins.
    pub fn offset(&self) -> u64 {
        self.next
    }

    fn step(&mut self) -> Result<Option<Record>, JournalError> {
        loop {
            let Some((path, scanner)) = &mut self.reading else {
                return Ok(None);
            };
            let record = scanner.next_record().map_err(JournalError::io("read", path))?;
            match record.map(|record| self.accept(record)) {
                Some(Some(record)) => return Ok(Some(record)),
                Some(None) => {}
                None => {
                    if let Some(gap) = self.advance()? {
                        return Ok(Some(gap));
                    }
                }
            }
        }
    }

    /// Goes to the next segment that can be read; returns the hole in front of it.
    fn advance(&mut self) -> Result<Option<Record>, JournalError> {
        self.reading = None;
        while let Some(segment) = self.queue.pop_front() {
            let path = segment.path;
            let scanner = match open(&path) {
                Ok(Ok(scanner)) => scanner,
                Ok(Err(HeaderError::Torn | HeaderError::Damaged)) => continue,
                Ok(Err(error)) => return Err(JournalError::header(&path, error)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(JournalError::io("open", &path)(error)),
            };
            let header = scanner.header();
            self.reading = Some((path, scanner));
            let hole = header.first_offset.saturating_sub(self.next);
            let (offset, time_us) = (self.next, header.created_us);
            self.next += hole;
            // In front of the first segment there is no hole: that was evicted.
            let first = self.begin.is_none();
            self.begin.get_or_insert(header);
            return Ok((hole > 0 && !first).then_some(Record { offset, time_us, body: Body::Gap(hole) }));
        }
        Ok(None)
    }

    /// What of a record lies at or after `next`.
    fn accept(&mut self, mut record: Record) -> Option<Record> {
        let end = record.offset + record.body.span();
        let known = self.next.saturating_sub(record.offset);
        if known > 0 && end <= self.next {
            return None;
        }
        match &mut record.body {
            Body::Output(bytes) => *bytes = bytes.slice(known as usize..),
            Body::Gap(bytes) => *bytes -= known,
            _ => {}
        }
        record.offset += known;
        self.next = end;
        Some(record)
    }
}

impl Iterator for Records {
    type Item = Result<Record, JournalError>;

    /// After an error there is nothing more.
    fn next(&mut self) -> Option<Self::Item> {
        let record = self.step();
        if record.is_err() {
            self.reading = None;
        }
        record.transpose()
    }
}

fn open(path: &Path) -> io::Result<Result<SegmentScanner, HeaderError>> {
    let file = File::open(path)?;
    Ok(Scanner::new(BufReader::with_capacity(64 << 10, file)))
}
