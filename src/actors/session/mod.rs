//! One session: the actor that turns a program's output into a journal, a screen and something to watch.
//!
//! [`feed`] is what it shares with its viewers, [`messages`] what it is asked; [`actor`] holds its state,
//! [`output`] the way from the ring to journal, screen and viewers, [`input`] the way back, [`viewers`] who
//! watches and at which size, [`pollers`] who asks again and again, [`text`] what its screen says, [`idle`] what
//! happens when nobody does, [`place`] where it works, [`life`] its recovery and its end.

mod activity;
mod actor;
mod feed;
mod idle;
mod input;
mod life;
mod messages;
mod output;
mod place;
mod pollers;
mod text;
mod viewers;

pub use actor::{Ended, Moved, Origin, Session, SessionAddrs, SessionParts, SessionSettings};
pub use feed::{Body, Feed, MAX_INPUT, Room, ViewerCell};
pub use messages::{
    CallerId, CaughtUp, Describe, Description, Dismissed, Drain, End, Fact, Heartbeat, Heritage, Hooked,
    Inherit, Input, InputId, Join, Joined, Leave, Poll, PollError, Polled, ProgramEnded, Relabel, Resize,
    ResizeFor, ShuttingDown, Since, Snapshot, SnapshotReply, Start, TakeDifference, TakeSnapshot, ToViewer,
    Type, TypeError,
};
pub use text::TakeText;
pub use viewers::SNAPSHOT_BYTES;
