//! Which files a journal's folder holds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::JournalError;

const SUFFIX: &str = ".seg";

/// A segment that is being prepared; it counts only once it is renamed.
const NEW: &str = "next.new";

/// Set aside because its beginning is damaged.
const DAMAGED: &str = ".damaged";

/// One segment file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SegmentName {
    /// As the name says; the header says the same.
    pub first: u64,
    pub path: PathBuf,
    pub bytes: u64,
    pub modified: SystemTime,
}

/// The segments of `dir`, oldest first; none when there is no such folder.
pub(super) fn list(dir: &Path) -> Result<Vec<SegmentName>, JournalError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(JournalError::io("read", dir)(error)),
    };
    let mut segments = Vec::new();
    for entry in entries {
        let entry = entry.map_err(JournalError::io("read", dir))?;
        let Some(first) = first_offset(&entry.file_name()) else {
            continue;
        };
        let path = entry.path();
        // Follows links, and skips what was evicted since.
        let Ok(meta) = fs::metadata(&path) else {
            continue;
        };
        let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        segments.push(SegmentName { first, path, bytes: meta.len(), modified });
    }
    segments.sort_by_key(|segment| segment.first);
    Ok(segments)
}

fn first_offset(name: &std::ffi::OsStr) -> Option<u64> {
    let digits = name.to_str()?.strip_suffix(SUFFIX)?;
    let all_digits = digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit());
    all_digits.then(|| digits.parse().ok())?
}

/// Twenty digits, so that names sort like numbers.
pub(super) fn segment_path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:020}{SUFFIX}"))
}

pub(super) fn new_path(dir: &Path) -> PathBuf {
    dir.join(NEW)
}

/// Renames a segment whose beginning cannot be read, for a person to look at. It goes with the
/// next eviction.
pub(super) fn set_aside(path: &Path) -> Result<(), JournalError> {
    let mut name = path.as_os_str().to_owned();
    name.push(DAMAGED);
    fs::rename(path, PathBuf::from(name)).map_err(JournalError::io("set aside", path))
}

/// Deletes what was set aside.
pub(super) fn delete_damaged(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.to_str().is_some_and(|path| path.ends_with(DAMAGED)) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Deletes one segment; one that is already gone is fine.
pub(super) fn delete(segment: &SegmentName) -> Result<(), JournalError> {
    match fs::remove_file(&segment.path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(JournalError::io("delete", &segment.path)(error))
        }
        _ => Ok(()),
    }
}

/// Deletes a session's journal; other files in its folder stay. Says how many bytes that freed.
pub fn remove(dir: &Path) -> Result<u64, JournalError> {
    let segments = list(dir)?;
    for segment in &segments {
        delete(segment)?;
    }
    delete_damaged(dir);
    let _ = fs::remove_file(new_path(dir));
    let _ = fs::remove_dir(dir);
    Ok(segments.iter().map(|segment| segment.bytes).sum())
}
