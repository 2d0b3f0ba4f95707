//! Taking a journal up again, whatever state its last writer left it in.

use std::fs::{DirBuilder, File};
use std::io::BufReader;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::files::{self, SegmentName};
use super::segment::SegmentFile;
use super::{Journal, JournalError, Limits};
use crate::domain::exit::Exit;
use crate::domain::journal::{Body, HeaderError, Scanner};
use crate::domain::size::Size;

/// What [`Journal::open`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// The offset after the last whole record; 0 in a new journal.
    pub end: u64,
    /// The oldest offset that can be read.
    pub first_offset: u64,
    /// Bytes of segment files that were torn or damaged and are cut off or set aside.
    pub cut_bytes: u64,
    /// How the program ended, if it did.
    pub exit: Option<Exit>,
    /// The terminal's last size; none in a new journal.
    pub size: Option<Size>,
    /// The time of the last record, microseconds since the epoch: the last sign of life.
    pub last_us: Option<u64>,
    /// Bytes of all segments.
    pub bytes: u64,
}

/// A segment that can be written on.
struct Tail {
    path: std::path::PathBuf,
    first: u64,
    good: u64,
    end: u64,
    size: Size,
    last_us: u64,
    exit: Option<(u64, Exit)>,
    /// Whether a snapshot begins it.
    keyframe: bool,
}

impl Journal {
    /// Opens the journal in `dir`, which is made (0700) when it is not there. Reads the last
    /// segment only, and cuts off its torn end.
    pub fn open(dir: &Path, limits: Limits) -> Result<(Journal, Opened), JournalError> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(JournalError::io("create", dir))?;
        let mut segments = files::list(dir)?;
        let _ = std::fs::remove_file(files::new_path(dir));
        let mut cut_bytes = 0;
        let tail = last_usable(&mut segments, &mut cut_bytes)?;
        let mut journal = Journal::empty(dir, limits);
        let mut opened = Opened { cut_bytes, ..Opened::default() };
        if let Some(tail) = tail {
            segments.pop();
            journal.first_offset = segments.first().map_or(tail.first, |segment| segment.first);
            journal.older_bytes = segments.iter().map(|segment| segment.bytes).sum();
            journal.current = Some(SegmentFile::resume(&tail.path, tail.first, tail.good)?);
            (journal.end, journal.size) = (tail.end, tail.size);
            (journal.exit, journal.last_us) = (tail.exit, tail.last_us);
            opened.end = journal.end;
            opened.first_offset = journal.first_offset;
            opened.exit = journal.exit.clone().map(|(_, exit)| exit);
            opened.size = Some(journal.size);
            opened.last_us = Some(journal.last_us);
            opened.bytes = journal.bytes();
        }
        Ok((journal, opened))
    }

    fn empty(dir: &Path, limits: Limits) -> Journal {
        Journal {
            dir: dir.to_owned(),
            limits,
            current: None,
            previous: None,
            dir_dirty: false,
            end: 0,
            last_us: 0,
            size: Size::DEFAULT,
            owed: Default::default(),
            roll_at: limits.segment_bytes,
            first_offset: 0,
            older_bytes: 0,
            evicted_bytes: 0,
            gap_bytes: 0,
            exit: None,
        }
    }
}

/// The newest segment whose beginning is whole; newer ones are set aside. It is the last of
/// `segments` afterwards.
fn last_usable(segments: &mut Vec<SegmentName>, cut_bytes: &mut u64) -> Result<Option<Tail>, JournalError> {
    while let Some(segment) = segments.last() {
        let tail = scan(segment)?;
        // Without its snapshot a segment cannot be replayed; the one before it can.
        let usable = tail.filter(|tail| tail.keyframe || segments.len() == 1);
        if let Some(tail) = usable {
            *cut_bytes += segment.bytes.saturating_sub(tail.good);
            return Ok(Some(tail));
        }
        files::set_aside(&segment.path)?;
        *cut_bytes += segment.bytes;
        segments.pop();
    }
    Ok(None)
}

/// Reads a whole segment; `None` when its header is torn or damaged.
fn scan(segment: &SegmentName) -> Result<Option<Tail>, JournalError> {
    let path = &segment.path;
    let file = File::open(path).map_err(JournalError::io("open", path))?;
    let mut scanner = match Scanner::new(BufReader::with_capacity(64 << 10, file)) {
        Ok(scanner) if scanner.header().first_offset == segment.first => scanner,
        Ok(_) | Err(HeaderError::Torn | HeaderError::Damaged) => return Ok(None),
        Err(error) => return Err(JournalError::header(path, error)),
    };
    let header = scanner.header();
    let mut tail = Tail {
        path: path.clone(),
        first: header.first_offset,
        good: 0,
        end: 0,
        size: header.size,
        last_us: header.created_us,
        exit: None,
        keyframe: false,
    };
    while let Some(record) = scanner.next_record().map_err(JournalError::io("read", path))? {
        tail.last_us = record.time_us;
        match record.body {
            Body::Resize(size) => tail.size = size,
            Body::Exit(exit) => tail.exit = Some((record.time_us, exit)),
            Body::Keyframe(frame) => (tail.size, tail.keyframe) = (frame.size, true),
            Body::Output(_) | Body::Mark(_) | Body::Gap(_) => {}
        }
    }
    (tail.good, tail.end) = (scanner.good(), scanner.end());
    Ok(Some(tail))
}
