//! What the server says on the WebSocket, as far as a client of one session listens. The contract is
//! `docs/protocol.md`.

use serde::Deserialize;

use crate::domain::exit::Exit;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Heard {
    Joined {
        offset: u64,
        #[serde(default)]
        head: Option<u64>,
        cols: u16,
        rows: u16,
        owner: bool,
        #[serde(default)]
        input: Option<u64>,
    },
    InputAck {
        offset: u64,
    },
    Resized {
        cols: u16,
        rows: u16,
    },
    SessionExited {
        exit: Exit,
    },
    SessionClosed {},
    Error {
        code: String,
        message: String,
    },
    /// Nothing that this client needs to know.
    #[serde(other)]
    Other,
}
