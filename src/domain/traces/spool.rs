//! Turns that wait on the disk until they have landed.

use serde::{Deserialize, Serialize};

use super::turn::Turn;

/// The version of the form below. A reader that finds another sets the file aside as unreadable: it is dropped and
/// counted.
const VERSION: u32 = 1;

/// What is in a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptTurn {
    version: u32,
    pub turn: Turn,
}

/// A file in the spool; names sort by age.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    pub name: String,
    pub bytes: u64,
}

impl KeptTurn {
    pub fn new(turn: Turn) -> KeptTurn {
        KeptTurn { version: VERSION, turn }
    }

    pub fn parse(bytes: &[u8]) -> Option<Turn> {
        let kept: KeptTurn = serde_json::from_slice(bytes).ok()?;
        (kept.version == VERSION).then_some(kept.turn)
    }

    /// Of its file: when it ended, and its id.
    pub fn name(turn: &Turn) -> String {
        format!("{:020}-{}.json", turn.ended, turn.id)
    }
}

/// How many of the oldest must go so that the others fit. `kept`: the oldest first.
pub fn surplus(kept: &[Kept], most: usize, most_bytes: u64) -> usize {
    let mut bytes: u64 = kept.iter().map(|kept| kept.bytes).sum();
    let mut gone = kept.len().saturating_sub(most);
    bytes -= kept[..gone].iter().map(|kept| kept.bytes).sum::<u64>();
    while bytes > most_bytes && gone < kept.len() {
        bytes -= kept[gone].bytes;
        gone += 1;
    }
    gone
}
