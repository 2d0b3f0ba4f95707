//! The one segment that is written to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::io::{pwritev, retry_on_intr};

use super::{JournalError, files};
use crate::domain::journal::{Record, SegmentHeader};

/// An open segment. Every write goes to the byte after the last whole record, so whatever a
/// failed write left behind is overwritten even where it could not be cut off.
#[derive(Debug)]
pub(super) struct SegmentFile {
    pub first: u64,
    pub path: PathBuf,
    file: File,
    good: u64,
    /// There may be bytes after `good`.
    ragged: bool,
    dirty: bool,
}

impl SegmentFile {
    /// Writes header and first records under another name, then renames, so that no reader and
    /// no crash of this process ever sees half a beginning.
    pub fn create(
        dir: &Path,
        header: SegmentHeader,
        records: &[Record],
    ) -> Result<SegmentFile, JournalError> {
        let (temporary, path) = (files::new_path(dir), files::segment_path(dir, header.first_offset));
        let mut parts = vec![header.encode().to_vec()];
        for record in records {
            parts.push(record.encode().map_err(JournalError::too_large(&path))?);
        }
        let _ = fs::remove_file(&temporary);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .map_err(JournalError::io("create", &temporary))?;
        let first = header.first_offset;
        let mut segment = SegmentFile { first, path, file, good: 0, ragged: false, dirty: true };
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let moved = segment.append(&parts).and_then(|()| {
            fs::rename(&temporary, &segment.path).map_err(JournalError::io("create", &segment.path))
        });
        if moved.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        moved.map(|()| segment)
    }

    /// Takes up a segment whose last whole record ends at byte `good`; cuts off what follows.
    pub fn resume(path: &Path, first: u64, good: u64) -> Result<SegmentFile, JournalError> {
        let file = OpenOptions::new().write(true).open(path).map_err(JournalError::io("open", path))?;
        let path = path.to_owned();
        let mut segment = SegmentFile { first, path, file, good, ragged: true, dirty: true };
        segment.trim();
        Ok(segment)
    }

    /// Its bytes on disk, whole records only.
    pub fn len(&self) -> u64 {
        self.good
    }

    /// Adds one record, or nothing at all.
    pub fn append(&mut self, parts: &[&[u8]]) -> Result<(), JournalError> {
        if self.ragged {
            self.trim();
        }
        self.dirty = true;
        match write_all_at(&self.file, parts, self.good) {
            Ok(bytes) => {
                self.good += bytes;
                Ok(())
            }
            Err(error) => {
                self.ragged = true;
                self.trim();
                Err(JournalError::io("write", &self.path)(error))
            }
        }
    }

    /// Puts on the disk what the kernel still holds. After an error the kernel may have dropped
    /// it; the next call cannot know.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        if self.dirty {
            self.file.sync_data().map_err(JournalError::io("sync", &self.path))?;
            self.dirty = false;
        }
        Ok(())
    }

    fn trim(&mut self) {
        self.ragged = self.file.set_len(self.good).is_err();
    }
}

/// Writes all parts from byte `at` on; says how much that was.
fn write_all_at(file: &File, parts: &[&[u8]], at: u64) -> io::Result<u64> {
    let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
    let mut rest = &mut slices[..];
    IoSlice::advance_slices(&mut rest, 0); // Empty slices in front would look like a write of 0.
    let mut written = 0;
    while !rest.is_empty() {
        match retry_on_intr(|| pwritev(file, rest, at + written))? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            n => {
                written += n as u64;
                IoSlice::advance_slices(&mut rest, n);
            }
        }
    }
    Ok(written)
}
