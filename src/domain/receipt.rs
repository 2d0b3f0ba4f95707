//! What a recovery found: the receipt people see, and the arithmetic behind it.
//!
//! After the daemon dies, its journal ends at one offset and the ring that the keeper went on
//! filling holds the bytes up to another. [`Ledger::of`] says where to go on and what that leaves
//! out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::exit::rfc3339;

/// What happened to one session while nobody looked after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Receipt {
    pub session_id: String,
    pub label: String,
    /// A sentence: "the daemon was killed by signal 9".
    pub cause: String,
    #[serde(with = "rfc3339")]
    #[cfg_attr(test, ts(type = "string"))]
    pub down_at: DateTime<Utc>,
    #[serde(with = "rfc3339")]
    #[cfg_attr(test, ts(type = "string"))]
    pub back_at: DateTime<Utc>,
    /// Output that the ring held beyond the journal's end.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes_kept: u64,
    /// Output that is neither in the journal nor in the ring.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes_lost: u64,
    /// Where the session's output continues.
    #[cfg_attr(test, ts(type = "number"))]
    pub offset: u64,
}

/// Where a recovered session continues, and what of its output there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ledger {
    /// The first offset to read from the ring.
    pub from: u64,
    /// Bytes beyond the journal that the ring still has.
    pub kept: u64,
    /// Bytes beyond the journal that the ring no longer has.
    pub lost: u64,
    /// Bytes by which the journal is ahead of the ring. Bytes enter the journal only through the
    /// ring, so anything but 0 means the two do not belong together.
    pub ahead: u64,
}

impl Ledger {
    /// `journal` is the journal's end; `floor..head` is what the ring can still be read from.
    /// A floor above the head counts as the head: an empty ring.
    pub fn of(journal: u64, floor: u64, head: u64) -> Ledger {
        let floor = floor.min(head);
        let from = journal.max(floor);
        Ledger {
            from,
            kept: head.saturating_sub(from),
            lost: floor.saturating_sub(journal),
            ahead: journal.saturating_sub(head),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_to_go_on_and_what_is_missing() {
        const M: u64 = u64::MAX;
        for (case, (journal, floor, head), (from, kept, lost, ahead)) in [
            ("nothing was ever printed", (0, 0, 0), (0, 0, 0, 0)),
            ("nothing happened meanwhile", (100, 100, 100), (100, 0, 0, 0)),
            ("the ring begins in the journal", (100, 40, 150), (100, 50, 0, 0)),
            ("the ring begins at its end", (100, 100, 150), (100, 50, 0, 0)),
            ("a hole between them", (100, 130, 150), (130, 20, 30, 0)),
            ("a hole and an empty ring", (100, 150, 150), (150, 0, 50, 0)),
            ("the journal is gone", (0, 900, 1000), (900, 100, 900, 0)),
            ("the journal of another life", (160, 100, 150), (160, 0, 0, 10)),
            ("a floor above the head", (100, 170, 150), (150, 0, 50, 0)),
            ("no overflow", (5, M - 1, M), (M - 1, 1, M - 6, 0)),
        ] {
            let ledger = Ledger::of(journal, floor, head);
            assert_eq!(ledger, Ledger { from, kept, lost, ahead }, "{case}");
        }
    }

    #[test]
    fn is_spelled_as_in_the_protocol() {
        let at = |s| DateTime::from_timestamp(s, 0).unwrap();
        let receipt = Receipt {
            session_id: "s1".into(),
            label: "build".into(),
            cause: "the daemon was killed by signal 9".into(),
            down_at: at(1_700_000_000),
            back_at: at(1_700_000_001),
            bytes_kept: 20,
            bytes_lost: 0,
            offset: 120,
        };
        let value = serde_json::to_value(&receipt).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "session_id": "s1", "label": "build", "cause": "the daemon was killed by signal 9",
                "down_at": "2023-11-14T22:13:20Z", "back_at": "2023-11-14T22:13:21Z",
                "bytes_kept": 20, "bytes_lost": 0, "offset": 120,
            })
        );
        assert_eq!(serde_json::from_value::<Receipt>(value).unwrap(), receipt);
    }
}
