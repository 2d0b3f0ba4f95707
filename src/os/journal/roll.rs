//! From one segment to the next, and which old ones go.

use super::segment::SegmentFile;
use super::{Journal, JournalError, files};
use crate::domain::journal::{Body, Keyframe, Record, SegmentHeader};

impl Journal {
    /// Whether it is time for a snapshot and [`Journal::roll`].
    pub fn wants_roll(&self) -> bool {
        let current = self.current.as_ref();
        current.is_some_and(|current| current.len() >= self.roll_at && self.end > current.first)
    }

    /// Begins a new segment with a snapshot taken exactly at [`Journal::end`], then evicts the
    /// oldest segments beyond the limit. Does nothing when a segment begins there already.
    ///
    /// When the segment cannot be made the old one goes on, and asks again a quarter later.
    pub fn roll(&mut self, offset: u64, time_us: u64, keyframe: Keyframe) -> Result<(), JournalError> {
        if offset != self.end {
            let (path, end) = (self.dir.clone(), self.end);
            return Err(JournalError::Misplaced { path, keyframe: offset, end });
        }
        if self.current.as_ref().is_some_and(|current| current.first == offset) {
            return Ok(());
        }
        match self.begin(time_us, keyframe) {
            Ok(next) => self.succeed(next)?,
            Err(error) => {
                let len = self.current.as_ref().map_or(0, SegmentFile::len);
                self.roll_at = len + self.limits.segment_bytes / 4;
                return Err(error);
            }
        }
        self.evict()
    }

    /// Looks again at what is in the folder, after somebody else (the host's budget) evicted.
    pub fn refresh(&mut self) -> Result<(), JournalError> {
        let older = self.older()?;
        let bytes = older.iter().map(|segment| segment.bytes).sum();
        self.evicted_bytes += self.older_bytes.saturating_sub(bytes);
        self.older_bytes = bytes;
        if let Some(first) = older.first().map(|segment| segment.first) {
            self.first_offset = first;
        } else if let Some(current) = &self.current {
            self.first_offset = current.first;
        }
        Ok(())
    }

    /// Makes the next segment. It repeats the exit, so that the last segment always has it.
    fn begin(&self, time_us: u64, keyframe: Keyframe) -> Result<SegmentFile, JournalError> {
        let (offset, size) = (self.end, keyframe.size);
        let mut records = vec![Record { offset, time_us, body: Body::Keyframe(keyframe) }];
        if let Some((time_us, exit)) = self.exit.clone() {
            records.push(Record { offset, time_us, body: Body::Exit(exit) });
        }
        let header = SegmentHeader { first_offset: offset, created_us: time_us, size };
        SegmentFile::create(&self.dir, header, &records)
    }

    /// What was owed is now said by the new segment: its header has the size, it holds the exit,
    /// and the hole between the two segments is the gap.
    fn succeed(&mut self, next: SegmentFile) -> Result<(), JournalError> {
        self.owed = Default::default();
        self.dir_dirty = true;
        // A snapshot larger than a segment must not ask for the next one at once.
        self.roll_at = self.limits.segment_bytes.max(2 * next.len());
        match self.current.replace(next) {
            None => self.first_offset = self.end,
            Some(finished) => {
                self.older_bytes += finished.len();
                if let Some(mut waiting) = self.previous.replace(finished) {
                    waiting.sync()?;
                }
            }
        }
        Ok(())
    }

    fn evict(&mut self) -> Result<(), JournalError> {
        if self.bytes() <= self.limits.session_bytes {
            return Ok(());
        }
        files::delete_damaged(&self.dir);
        let mut too_much = self.bytes() - self.limits.session_bytes;
        for segment in self.older()? {
            if too_much == 0 {
                break;
            }
            files::delete(&segment)?;
            too_much = too_much.saturating_sub(segment.bytes);
        }
        self.refresh()
    }

    fn older(&self) -> Result<Vec<files::SegmentName>, JournalError> {
        let mut segments = files::list(&self.dir)?;
        segments.retain(|segment| self.current.as_ref().is_some_and(|current| segment.first < current.first));
        Ok(segments)
    }
}
