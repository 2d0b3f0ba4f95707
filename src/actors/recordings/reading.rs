//! What everybody who reads a whole journal needs: a place among few, the newest output on the disk, the journal open.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix::dev::Request;
use tokio::sync::OwnedSemaphorePermit;

use super::Recordings;
use crate::actors::journals::{Flush, Journals};
use crate::domain::journal::SegmentHeader;
use crate::os::journal::{JournalError, Records, records};

/// How long the newest output may take to reach the disk; then readers do without.
const FLUSH: Duration = Duration::from_secs(2);
/// Journals read at once, each on a thread of the blocking pool and with a few hundred KiB on their way.
pub(super) const AT_ONCE: usize = 16;

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("this session has no journal any more")]
    Gone,
    #[error("{AT_ONCE} recordings are being read; try again in a few seconds")]
    Busy,
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl Recordings {
    /// A place among those who read; it is free again when this is dropped.
    pub(super) fn room(&self) -> Result<OwnedSemaphorePermit, ReadError> {
        Arc::clone(&self.reading).try_acquire_owned().map_err(|_| ReadError::Busy)
    }

    /// Brings a session's newest output to the disk.
    pub(super) fn flush(&self, id: &str) -> Request<Journals, Flush> {
        self.journals.send(Flush { id: id.to_owned(), close: false }).timeout(FLUSH)
    }
}

/// Opens the journal in a folder at an offset; None: there is none.
pub(super) fn open(dir: &Path, from: u64) -> Option<(Records, SegmentHeader)> {
    let records = records(dir, from).ok()?;
    let begin = records.begin()?;
    Some((records, begin))
}
