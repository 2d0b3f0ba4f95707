//! What all journals of a host may take together.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::JournalError;
use super::files::{self, SegmentName};

/// Bounds of all journals together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostBudget {
    pub bytes: u64,
    /// Segments that nothing was written to for longer go, whatever their size.
    pub max_age: Option<Duration>,
}

impl Default for HostBudget {
    fn default() -> HostBudget {
        HostBudget { bytes: 2 << 30, max_age: None }
    }
}

/// One session's journal, as the budget sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionDir {
    pub path: PathBuf,
    /// No program writes to it any more, and no [`Journal`](super::Journal) is open on it.
    pub ended: bool,
}

/// What a round of [`HostBudget::enforce`] deleted and left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evicted {
    pub segments: u64,
    pub bytes: u64,
    /// Bytes of all journals afterwards; above the budget when only current segments are left.
    pub left: u64,
}

/// What goes first. The newest segment of a session that has not ended never goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    EndedOld,
    EndedLast,
    LiveOld,
}

impl HostBudget {
    /// Deletes segments beyond the age, then beyond the size: those of ended sessions first, and
    /// of each kind the one that was written longest ago. Goes on after an error and returns the
    /// first. Journals that are open must be [refreshed](super::Journal::refresh) afterwards.
    pub fn enforce(&self, sessions: &[SessionDir], now: SystemTime) -> (Evicted, Option<JournalError>) {
        let mut result = Evicted::default();
        let mut failure = None;
        let mut candidates = Vec::new();
        for session in sessions {
            match files::list(&session.path) {
                Ok(segments) => {
                    result.left += segments.iter().map(|segment| segment.bytes).sum::<u64>();
                    candidates.extend(ranked(session.ended, segments));
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        candidates.sort_by_key(|(rank, segment)| (*rank, segment.modified, segment.first));
        let (old, rest): (Vec<_>, Vec<_>) =
            candidates.into_iter().partition(|(_, segment)| self.too_old(segment, now));
        let young = rest.iter().map(|(_, segment)| (segment, false));
        for (segment, expired) in old.iter().map(|(_, segment)| (segment, true)).chain(young) {
            if !expired && result.left <= self.bytes {
                break;
            }
            match files::delete(segment) {
                Ok(()) => {
                    result.segments += 1;
                    result.bytes += segment.bytes;
                    result.left -= segment.bytes;
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        (result, failure)
    }

    fn too_old(&self, segment: &SegmentName, now: SystemTime) -> bool {
        let age = now.duration_since(segment.modified).unwrap_or_default();
        self.max_age.is_some_and(|limit| age > limit)
    }
}

fn ranked(ended: bool, mut segments: Vec<SegmentName>) -> Vec<(Rank, SegmentName)> {
    let last = segments.pop();
    let rank = if ended { Rank::EndedOld } else { Rank::LiveOld };
    let older = segments.into_iter().map(|segment| (rank, segment));
    older.chain(last.filter(|_| ended).map(|last| (Rank::EndedLast, last))).collect()
}
