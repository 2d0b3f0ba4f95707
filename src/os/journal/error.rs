//! What can go wrong with the journal's files, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::journal::{HeaderError, TooLarge, VERSION};

/// Reads after "failed to". After a failed write the journal is still usable.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("{action} {}: {source}; {}", path.display(), remedy(source))]
    Io { action: &'static str, path: PathBuf, source: io::Error },

    #[error(
        "read {}: its format version is {found}, this program reads version {supported}; \
         start the version of the program that wrote it, or move the file out of its folder",
        path.display()
    )]
    Version { path: PathBuf, found: u16, supported: u16 },

    #[error(
        "read {}: it is not a journal segment, or its beginning is damaged; \
         move the file out of its folder",
        path.display()
    )]
    Damaged { path: PathBuf },

    #[error(
        "append to {}: a record of {len} bytes is too long; \
         append output in smaller pieces, or take the snapshot with less scrollback",
        path.display()
    )]
    TooLarge { path: PathBuf, len: usize },

    #[error(
        "begin a segment in {} at offset {keyframe}: the journal ends at {end}; \
         take the snapshot again",
        path.display()
    )]
    Misplaced { path: PathBuf, keyframe: u64, end: u64 },
}

impl JournalError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> JournalError {
        move |source| JournalError::Io { action, path: path.to_owned(), source }
    }

    pub(super) fn too_large(path: &Path) -> impl FnOnce(TooLarge) -> JournalError {
        move |TooLarge { len }| JournalError::TooLarge { path: path.to_owned(), len }
    }

    pub(super) fn header(path: &Path, error: HeaderError) -> JournalError {
        let path = path.to_owned();
        match error {
            HeaderError::Io(source) => JournalError::Io { action: "read", path, source },
            HeaderError::Torn | HeaderError::Damaged => JournalError::Damaged { path },
            HeaderError::Version { found } => JournalError::Version { path, found, supported: VERSION },
        }
    }
}

fn remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some disk space, or lower the journal's limits"
        }
        io::ErrorKind::FileTooLarge => "raise the limit on file sizes (ulimit -f)",
        io::ErrorKind::PermissionDenied => "check who owns the folder and its mode",
        io::ErrorKind::ReadOnlyFilesystem => "mount the file system writable",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "move the file out of the folder's way"
        }
        _ => "check the disk and the folder",
    }
}
