//! What a session is asked, and what it tells its viewers.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use bytes::Bytes;

use super::feed::{Feed, Room, ViewerCell};
use crate::domain::activity::Current;
use crate::domain::exit::Exit;
use crate::domain::frames::{History, Mode};
use crate::domain::keeper_frames::Status;
use crate::domain::receipt::Receipt;
use crate::domain::screen::Widths;
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
    pub history: History,
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
    pub widths: Widths,
    /// Nobody types into this session, whatever was asked for.
    pub read_only: bool,
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
    /// Most bytes; the screen itself is whole whatever it takes.
    pub most: usize,
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

/// Names one client of one session that polls, for as long as the daemon lives.
pub type CallerId = u64;

/// Ask for output on behalf of a client without a link.
#[derive(Debug, Message)]
#[rtype(result = "Result<Polled, PollError>")]
pub struct Poll {
    pub caller: CallerId,
    /// Offset that the client has; without it the session remembers.
    pub from: Option<u64>,
    /// In bytes.
    pub most: usize,
    /// How long to wait for news if there is none.
    pub wait: Duration,
    /// What counts as news lies behind this offset; without it, behind what the client has.
    pub after: Option<u64>,
}

/// `output` is what lies between the offsets `from` and `offset`. `from` is more than what was asked for when the
/// journal does not have that any more.
#[derive(Debug)]
pub struct Polled {
    pub output: String,
    pub from: u64,
    pub offset: u64,
    /// Only with the last of the output.
    pub exit: Option<Exit>,
    /// Nobody had looked after the session for so long that it would have been ended soon.
    pub timeout_warning: bool,
    /// The daemon is about to end and will not be back.
    pub shutting_down: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("offset {from} lies beyond the end of the output, which is {end}; ask from {end} or less")]
pub struct PollError {
    pub from: u64,
    pub end: u64,
}

/// Input of a client without a link; the answer is the offset of the output before it.
#[derive(Debug, Message)]
#[rtype(result = "Result<u64, TypeError>")]
pub struct Type {
    pub caller: CallerId,
    pub bytes: Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TypeError {
    #[error("the program does not read and its input is full; nothing was taken, send it again later")]
    Full,
    #[error("the program has ended; start another session")]
    Ended,
    #[error(
        "this session is the run of a task: it can be watched, and nobody types into it; answer or stop the task"
    )]
    ReadOnly,
}

/// A client without a link was given a screen and so has everything before `offset`.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct CaughtUp {
    pub caller: CallerId,
    pub offset: u64,
}

/// A client without a link says how large its terminal is.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ResizeFor {
    pub caller: CallerId,
    pub size: Size,
}

/// Somebody looks after the session. True when it would have been ended soon for want of that.
#[derive(Debug, Message)]
#[rtype(result = "bool")]
pub struct Heartbeat;

/// The daemon is about to end and will not be back.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ShuttingDown;

/// The session has another label.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Relabel(pub String);

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
    /// The directory of the program, or where its shell says it is.
    pub cwd: Option<String>,
    /// Bells rung so far.
    pub bells: u64,
    pub since: Since,
    /// Time left until it is ended for want of attention.
    pub ends_in: Option<Duration>,
    /// It was warned of that.
    pub idle_warning: bool,
    pub receipt: Option<Receipt>,
    /// Output that the journal could not store (full disk), in bytes.
    pub journal_gap: u64,
    /// None: nobody says what goes on.
    pub activity: Option<Current>,
}

/// A hook of an agent in this session says this.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Hooked(pub serde_json::Value);

/// How long ago things were.
#[derive(Debug, Clone, Copy)]
pub struct Since {
    pub output: Duration,
    pub input: Duration,
    /// A viewer was there; 0 while one is.
    pub watched: Duration,
}

/// What a session that goes on from this one takes over.
#[derive(Debug, Message)]
#[rtype(result = "Heritage")]
pub struct Inherit;

#[derive(Debug, Default, MessageResponse)]
pub struct Heritage {
    /// Draws the history and a divider; None while the session runs.
    pub prologue: Option<Bytes>,
    pub cwd: Option<String>,
    pub size: Option<Size>,
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
