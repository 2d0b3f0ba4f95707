//! What a session is asked, and what it tells its viewers.

use std::sync::Arc;

use actix::prelude::*;
use bytes::Bytes;

use super::feed::{Feed, Room, ViewerCell};
use crate::domain::exit::Exit;
use crate::domain::frames::Mode;
use crate::domain::keeper_frames::Status;
use crate::domain::receipt::Receipt;
use crate::domain::size::Size;
use crate::domain::size_owner::ViewerId;

/// Become a viewer. Sent by links.
#[derive(Message)]
#[rtype(result = "Joined")]
pub struct Join {
    pub viewer: ViewerId,
    pub to: Recipient<ToViewer>,
    pub channel: u32,
    /// Offset that the viewer already has.
    pub from: Option<u64>,
    pub size: Size,
    pub mode: Mode,
    /// Counts this viewer's input over reconnects.
    pub input_id: Option<InputId>,
    /// It can be told what has changed on its screen.
    pub differences: bool,
}

/// Chosen by a client; see `docs/protocol.md`, "Input". Never 0.
pub type InputId = u64;

#[derive(MessageResponse)]
pub struct Joined {
    pub feed: Arc<Feed>,
    pub cell: Arc<ViewerCell>,
    pub label: String,
    pub size: Size,
    pub owner: bool,
    pub start: Start,
    /// Marks told before this viewer came.
    pub marks: u64,
    pub exit: Option<Exit>,
    /// Input of this viewer's id that was taken before; none when it is not counted.
    pub input: Option<u64>,
}

/// Where a viewer's stream begins.
pub enum Start {
    /// With the bytes from this offset.
    At(u64),
    Snapshot(Snapshot),
}

/// Bytes that redraw the terminal as of `offset`.
#[derive(Clone)]
pub struct Snapshot {
    pub offset: u64,
    pub bytes: Bytes,
}

/// Ask for a fresh snapshot: for a viewer that fell out of the ring, or for somebody who only looks.
#[derive(Message)]
#[rtype(result = "SnapshotReply")]
pub struct TakeSnapshot {
    pub viewer: Option<ViewerId>,
}

/// Ask what has changed since the screen that the viewer was drawn at `since`, in at most `most` bytes and in fewer
/// than have come since; `None` when it cannot be said so.
#[derive(Message)]
#[rtype(result = "Option<Snapshot>")]
pub struct TakeDifference {
    pub viewer: ViewerId,
    pub since: u64,
    pub most: usize,
}

/// A snapshot with the size it was taken at and the marks told before it.
#[derive(MessageResponse)]
pub struct SnapshotReply {
    pub snapshot: Snapshot,
    pub size: Size,
    pub marks: u64,
}

#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave {
    pub viewer: ViewerId,
}

/// Input of a writer; `room` bounds how much of it can wait.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Input {
    pub viewer: ViewerId,
    pub bytes: Bytes,
    pub room: Room,
}

#[derive(Message)]
#[rtype(result = "()")]
pub struct Resize {
    pub viewer: ViewerId,
    pub size: Size,
}

/// A fact for one viewer. A link may have had another viewer on the same channel a moment ago: only `viewer` says
/// for whom the fact is.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ToViewer {
    pub viewer: ViewerId,
    pub channel: u32,
    pub fact: Fact,
}

#[derive(Debug, Clone)]
pub enum Fact {
    /// There is more to pull.
    More,
    /// From `offset` on the size is this.
    Resized { offset: u64, size: Size, owner: bool },
    /// The output ends at `offset`.
    Exited { offset: u64, exit: Exit },
    /// Input before `offset` has reached the program.
    InputWritten { offset: u64 },
    /// There is room for input again.
    Room,
    /// The viewer did not keep up: it is no viewer any more.
    CutOff,
    /// The session was dismissed.
    Closed,
}

/// What a session is like now.
#[derive(Message)]
#[rtype(result = "Description")]
pub struct Describe;

#[derive(Debug, Clone, MessageResponse)]
pub struct Description {
    pub size: Size,
    pub title: String,
    pub process: Option<String>,
    pub offset: u64,
    pub viewers: usize,
    pub exit: Option<Exit>,
    /// Seconds since the last output or input.
    pub idle_seconds: f64,
    /// Seconds since a viewer was last there; 0 while one is.
    pub unwatched_seconds: f64,
    pub receipt: Option<Receipt>,
    /// Output that the journal could not store (full disk), in bytes.
    pub journal_gap: u64,
}

/// The program ended and was reaped.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ProgramEnded(pub Status);

/// End the program: the exit will carry the reason `closed`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct End;

/// Write everything down; answers when the journal has it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Drain;

/// Tell the viewers that the session is dismissed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Dismissed;
