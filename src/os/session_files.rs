//! The folders of the sessions: `<root>/<id>/{session.json, journal/}`, for the owner's eyes only.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::domain::session_record::{SessionRecord, VERSION};

const NAME: &str = "session.json";
/// A record that could not be read when another had to be written.
const ASIDE: &str = "session.json.set-aside";

/// A session's folder could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("{act} {path}: {source}; check the disk and the permissions")]
pub struct FilesError {
    pub act: &'static str,
    pub path: PathBuf,
    pub source: io::Error,
}

pub(super) fn failed<'a>(
    act: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> FilesError + use<'a> {
    move |source| FilesError { act, path: path.to_owned(), source }
}

/// Makes `path` and what leads to it, 0700.
pub fn make_private_dir(path: &Path) -> Result<(), FilesError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed("create", path))
}

/// Writes and removes a file, to see whether that is possible.
pub fn check_writable(dir: &Path) -> Result<(), FilesError> {
    let path = dir.join(".writable");
    fs::write(&path, b"").and_then(|()| fs::remove_file(&path)).map_err(failed("write to", dir))
}

/// Writes the record so that a reader sees the old one or the new one, never half. One that this version cannot
/// read is set aside, not written over.
pub fn write(root: &Path, record: &SessionRecord) -> Result<(), FilesError> {
    let dir = root.join(&record.id);
    make_private_dir(&dir)?;
    let (next, path) = (dir.join("session.json.new"), dir.join(NAME));
    let write = || -> io::Result<()> {
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&next)?;
        file.write_all(&serde_json::to_vec_pretty(record)?)?;
        file.sync_all()?;
        if fs::read(&path).is_ok_and(|bytes| !is_ours(&bytes)) {
            fs::rename(&path, dir.join(ASIDE))?;
        }
        fs::rename(&next, &path)
    };
    write().map_err(failed("write", &path))
}

/// When the session's journal was last written to.
pub fn last_written(root: &Path, id: &str) -> Option<DateTime<Utc>> {
    let segments = fs::read_dir(root.join(id).join("journal")).ok()?;
    let times = segments.flatten().filter_map(|segment| segment.metadata().ok()?.modified().ok());
    times.max().map(DateTime::from)
}

/// Every record there is, oldest first. What cannot be read is told and left alone.
pub fn read_all(root: &Path) -> Vec<SessionRecord> {
    let Ok(entries) = fs::read_dir(root) else { return Vec::new() };
    let mut records: Vec<SessionRecord> = entries.flatten().filter_map(|entry| read(&entry.path())).collect();
    records.sort_by(|a, b| a.created_at.cmp(&b.created_at).then_with(|| a.id.cmp(&b.id)));
    records
}

fn is_ours(bytes: &[u8]) -> bool {
    serde_json::from_slice::<SessionRecord>(bytes).is_ok_and(|record| record.version <= VERSION)
}

fn read(dir: &Path) -> Option<SessionRecord> {
    let path = dir.join(NAME);
    let bytes = fs::read(&path).ok()?;
    match serde_json::from_slice::<SessionRecord>(&bytes) {
        Ok(record) if record.version > VERSION => {
            tracing::warn!(path = %path.display(), found = record.version, known = VERSION,
                "a session was written by a newer version and is left alone");
            None
        }
        Ok(record) if dir.file_name().is_some_and(|name| name == record.id.as_str()) => Some(record),
        Ok(record) => {
            tracing::warn!(path = %path.display(), id = %record.id, "a session's record lies in the wrong folder");
            None
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a session's record cannot be read and is left alone");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;

    #[test]
    fn records_survive_and_strangers_are_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let record = SessionRecord::unknown("one".into(), Utc::now());
        write(root.path(), &record).unwrap();
        let newer = SessionRecord { version: VERSION + 1, id: "two".into(), ..record.clone() };
        write(root.path(), &newer).unwrap();
        fs::create_dir(root.path().join("three")).unwrap();
        fs::write(root.path().join("three").join(NAME), "{").unwrap();
        assert_eq!(read_all(root.path()), [record]);
        assert!(root.path().join("two").join(NAME).exists());
    }
}
