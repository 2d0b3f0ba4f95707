//! What the journals are asked.

use std::sync::Arc;

use actix::prelude::*;
use bytes::Bytes;

use crate::actors::session::Feed;
use crate::domain::exit::Exit;
use crate::domain::receipt::Ledger;
use crate::domain::size::Size;
use crate::os::journal::Recovery;

/// Opens a session's journal, or finds it open, and reads what is needed to go on.
#[derive(Message)]
#[rtype(result = "Recovered")]
pub struct Open {
    pub id: String,
    /// The size of a new session.
    pub size: Size,
    /// None: the session is over.
    pub feed: Option<Arc<Feed>>,
}

pub struct Recovered {
    pub recovery: Recovery,
    /// How the program ended, if the journal says so.
    pub exit: Option<Exit>,
    /// Bytes of a torn end that were cut off.
    pub cut_bytes: u64,
    /// Output that could not be stored, in bytes.
    pub gap: u64,
    /// What of the ring there is; none for a session that is over.
    pub ledger: Option<Ledger>,
    /// Offset that the journal has reached.
    pub end: u64,
}

/// Begins the journal of a session to be with output that its program never printed; answers with where that ends, or
/// with 0 when it could not be stored.
#[derive(Message)]
#[rtype(result = "u64")]
pub struct Begin {
    pub id: String,
    pub size: Size,
    pub bytes: Bytes,
}

/// Takes the ring's bytes up to `upto`. Never fails: what cannot be stored is counted.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Append {
    pub id: String,
    pub upto: u64,
    pub tell: Recipient<Journaled>,
}

/// The journal has taken everything before `upto`.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Journaled {
    pub upto: u64,
    /// Bytes that could not be stored, in all.
    pub gap: u64,
    pub wants_roll: bool,
}

/// Something happened at the journal's end.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Note {
    pub id: String,
    pub what: Noted,
}

pub enum Noted {
    Resized(Size),
    Exited(Exit),
    /// The screen as of this offset: begins a new segment.
    Screen {
        offset: u64,
        size: Size,
        bytes: Bytes,
    },
}

/// Forces to the disk what was written; answers when it is there.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Flush {
    pub id: String,
    /// Close it, too.
    pub close: bool,
}

/// Deletes a session's folder.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Remove {
    pub id: String,
}
