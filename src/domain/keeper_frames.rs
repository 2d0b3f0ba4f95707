//! What the keeper and the daemon say to each other, one JSON object per message.
//!
//! Frozen for every version: `hello`, `spawn`, `signal`, `forget`, `exited`, with the ring's layout. Other
//! frames and fields are only ever added; an unknown frame is ignored by whoever receives it, and a field
//! that is missing takes its default. So a newer daemon works with an older keeper.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Version of this protocol; a daemon that meets a keeper with another major one refuses to start.
pub const VERSION: u32 = 1;

/// Daemon → keeper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "frame", rename_all = "snake_case")]
pub enum Order {
    /// First frame of a daemon.
    Hello { version: u32, release: String },
    /// The daemon answers requests; `url` is what a person opens.
    Ready { url: String },
    /// Start a program on a new PTY.
    Spawn(Spawn),
    /// Send a signal to a session's process group.
    Signal { id: String, signal: i32 },
    /// End a session: HUP, 2 s, TERM, 3 s, KILL.
    End { id: String },
    /// Let go of a session: close its PTY, drop its ring.
    Forget { id: String },
    /// Keep this in memory for the next daemon.
    Lease { blob: Option<String> },
    /// Replace the daemon by the binary now on disk.
    Restart {},
    #[serde(other)]
    Unknown,
}

/// A program to start. `rows` × `cols` in cells, `ring_bytes` a power of two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spawn {
    pub id: String,
    pub argv: Vec<String>,
    pub env: Vec<(String, String)>,
    pub cwd: String,
    pub rows: u16,
    pub cols: u16,
    pub ring_bytes: u64,
    /// Offset of the first byte of output; only for a keeper with the feature [`STARTS_LATER`].
    #[serde(default)]
    pub start: u64,
    /// How far behind the daemon the program stands when both want the processor, 0–19.
    #[serde(default)]
    pub niceness: u8,
}

/// A keeper's feature: output may begin at another offset than 0.
pub const STARTS_LATER: &str = "starts_later";

/// Keeper → daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "frame", rename_all = "snake_case")]
pub enum Fact {
    /// First frame of a keeper; carries the listener and the kick bell.
    Welcome(Welcome),
    /// The gateway's listener, with the secret of which the sessions' keys are made. An older daemon passes it over.
    Gateway { secret: String },
    /// A session that lives; carries PTY master, ring and wake bell.
    Session(Kept),
    /// Every session has been told.
    Complete {},
    /// Answer to `spawn`; carries PTY master, ring and wake bell.
    Spawned(Kept),
    /// Answer to a `spawn` that failed.
    SpawnFailed { id: String, error: String },
    /// The program of a session ended and was reaped.
    Exited { id: String, status: Status },
    /// Stop soon; `restart` says whether another daemon will follow.
    Drain { restart: bool },
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    pub version: u32,
    pub release: String,
    /// Admits whoever knows it in local mode.
    pub access_token: String,
    /// Secrets from the keeper's environment, by the names of their variables.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// How many daemons came before this one.
    pub generation: u64,
    /// How the one before ended.
    #[serde(default)]
    pub last_death: Option<Death>,
    #[serde(default)]
    pub lease: Option<String>,
    /// What this keeper can do besides what every one can.
    #[serde(default)]
    pub features: Vec<String>,
}

/// End of a daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Death {
    pub at: DateTime<Utc>,
    /// Reads on after "the daemon ".
    pub cause: String,
}

/// A session the keeper holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub id: String,
    pub pid: i32,
    #[serde(default)]
    pub exited: Option<Status>,
}

/// How a program ended. Both `None`: unknown, which is never success.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub at: DateTime<Utc>,
}
