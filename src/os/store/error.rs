//! What goes wrong with the database.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::os::session_files::FilesError;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("use the database: {0}; check the disk")]
    Sqlite(#[from] rusqlite::Error),
    #[error("{act} {path}: {source}; check the disk and the permissions")]
    File { act: &'static str, path: PathBuf, source: io::Error },
    #[error(transparent)]
    Session(#[from] FilesError),
    #[error("{0}")]
    Refused(String),
}

impl StoreError {
    /// The file is not a whole database; only setting it aside helps.
    pub fn is_corruption(&self) -> bool {
        let StoreError::Sqlite(error) = self else { return false };
        matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    }
}

/// What does not fit in its column or cannot be read back from it.
pub(super) fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Sqlite(rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
