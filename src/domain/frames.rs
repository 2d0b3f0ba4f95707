//! What travels on `/ws`: text frames as JSON, binary frames as bytes. The contract is `docs/protocol.md`.

use serde::{Deserialize, Serialize};

use super::exit::Exit;
use super::screen::Widths;

/// Name of the WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "coda.v1";
/// Largest frame from the server, in bytes.
pub const MAX_OUT: usize = 64 * 1024;
/// Largest frame from a client, in bytes.
pub const MAX_IN: usize = 1024 * 1024;
/// `[u8 kind][u32 channel][u64 offset]`
pub const OUT_HEADER: usize = 13;
/// `[u8 kind][u32 channel]`
pub const IN_HEADER: usize = 5;

/// Binary frames from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutKind {
    Output = 1,
    SnapshotPart = 2,
    SnapshotLast = 3,
    Difference = 4,
}

/// Appends the header of a binary frame from the server.
pub fn put_header(out: &mut Vec<u8>, kind: OutKind, channel: u32, offset: u64) {
    out.push(kind as u8);
    out.extend_from_slice(&channel.to_le_bytes());
    out.extend_from_slice(&offset.to_le_bytes());
}

/// A binary frame from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutFrame<'a> {
    pub kind: OutKind,
    pub channel: u32,
    pub offset: u64,
    pub payload: &'a [u8],
}

impl<'a> OutFrame<'a> {
    pub fn parse(frame: &'a [u8]) -> Result<OutFrame<'a>, FrameError> {
        let (header, payload) = frame
            .split_first_chunk::<OUT_HEADER>()
            .ok_or_else(|| FrameError(format!("a binary frame needs {OUT_HEADER} bytes of header")))?;
        let [kind, c0, c1, c2, c3, offset @ ..] = *header;
        let kind = match kind {
            1 => OutKind::Output,
            2 => OutKind::SnapshotPart,
            3 => OutKind::SnapshotLast,
            4 => OutKind::Difference,
            _ => return Err(FrameError(format!("binary frames of kind {kind} are not known"))),
        };
        let channel = u32::from_le_bytes([c0, c1, c2, c3]);
        Ok(OutFrame { kind, channel, offset: u64::from_le_bytes(offset), payload })
    }
}

/// A binary frame from a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputFrame<'a> {
    pub channel: u32,
    pub input: &'a [u8],
}

/// A frame that cannot be understood; the text says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FrameError(pub String);

impl<'a> InputFrame<'a> {
    pub fn bytes(&self) -> Vec<u8> {
        let mut frame = Vec::with_capacity(IN_HEADER + self.input.len());
        frame.push(1);
        frame.extend_from_slice(&self.channel.to_le_bytes());
        frame.extend_from_slice(self.input);
        frame
    }

    pub fn parse(frame: &'a [u8]) -> Result<InputFrame<'a>, FrameError> {
        let (header, input) = frame
            .split_first_chunk::<IN_HEADER>()
            .ok_or_else(|| FrameError(format!("a binary frame needs {IN_HEADER} bytes of header")))?;
        let [kind, channel @ ..] = *header;
        if kind != 1 {
            return Err(FrameError(format!("binary frames of kind {kind} are not known; input is kind 1")));
        }
        Ok(InputFrame { channel: u32::from_le_bytes(channel), input })
    }
}

/// Text frames from a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "ClientMessage"))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    JoinSession {
        channel: u32,
        session_id: String,
        #[serde(default)]
        #[cfg_attr(test, ts(optional, type = "number"))]
        from: Option<u64>,
        #[cfg_attr(test, ts(type = "number"))]
        cols: i64,
        #[cfg_attr(test, ts(type = "number"))]
        rows: i64,
        #[serde(default)]
        mode: Mode,
        #[serde(default)]
        #[cfg_attr(test, ts(optional, type = "number"))]
        input_id: Option<u64>,
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
        differences: bool,
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<History>"))]
        history: History,
    },
    /// Asks for a snapshot with so many bytes, of which history takes what the screen leaves.
    History {
        channel: u32,
        #[serde(default)]
        #[cfg_attr(test, ts(optional, type = "number"))]
        bytes: Option<u64>,
    },
    LeaveSession {
        channel: u32,
    },
    TerminalResize {
        channel: u32,
        #[cfg_attr(test, ts(type = "number"))]
        cols: i64,
        #[cfg_attr(test, ts(type = "number"))]
        rows: i64,
    },
    Ack {
        channel: u32,
        #[cfg_attr(test, ts(type = "number"))]
        offset: u64,
    },
    Heartbeat {
        #[serde(default)]
        session_ids: Vec<String>,
    },
    TerminalInput {
        channel: u32,
        input: String,
    },
}

impl ClientFrame {
    pub fn parse(text: &str) -> Result<ClientFrame, FrameError> {
        serde_json::from_str(text)
            .map_err(|error| FrameError(format!("the text frame is not valid: {error}")))
    }
}

/// Whether a viewer may type and resize.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "JoinMode"))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Write,
    Read,
}

/// When a viewer that needs a snapshot gets the lines above the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// With the screen.
    #[default]
    With,
    /// When it asks: the screen alone is there sooner.
    After,
}

/// Text frames from the server.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "ServerMessage"))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    Joined {
        channel: u32,
        session_id: String,
        #[cfg_attr(test, ts(type = "number"))]
        offset: u64,
        #[cfg_attr(test, ts(optional, type = "number"))]
        head: Option<u64>,
        cols: u16,
        rows: u16,
        label: String,
        owner: bool,
        #[cfg_attr(test, ts(optional, type = "number | null"))]
        input: Option<u64>,
        #[cfg_attr(test, ts(optional, as = "Option<Widths>"))]
        widths: Widths,
    },
    InputAck {
        channel: u32,
        #[cfg_attr(test, ts(type = "number"))]
        offset: u64,
    },
    Resized {
        channel: u32,
        #[cfg_attr(test, ts(type = "number"))]
        offset: u64,
        cols: u16,
        rows: u16,
        owner: bool,
    },
    SessionExited {
        channel: u32,
        session_id: String,
        exit: Exit,
    },
    SessionClosed {
        channel: u32,
        session_id: String,
    },
    ShuttingDown {
        restart: bool,
    },
    Event(super::event::Event),
    Heartbeat {},
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        channel: Option<u32>,
        code: &'static str,
        message: String,
    },
}

impl ServerFrame {
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a frame holds only strings, numbers and flags")
    }
}

/// Close codes of `/ws`.
pub mod close {
    pub const UNAUTHENTICATED: u16 = 4401;
    pub const NO_SUCH_SESSION: u16 = 4404;
    pub const RESTARTING: u16 = 1012;
    pub const TOO_SLOW: u16 = 1013;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_frames_are_parsed() {
        let frame = [1, 7, 0, 0, 0, b'l', b's'];
        assert_eq!(InputFrame::parse(&frame), Ok(InputFrame { channel: 7, input: b"ls" }));
        assert_eq!(InputFrame { channel: 7, input: b"ls" }.bytes(), frame);
    }

    #[test]
    fn malformed_binary_frames_are_refused() {
        for frame in [&[][..], &[1], &[1, 0, 0, 0], &[0, 0, 0, 0, 0], &[9, 1, 0, 0, 0, 65]] {
            assert!(InputFrame::parse(frame).is_err(), "{frame:?}");
        }
    }

    #[test]
    fn join_defaults_to_write_without_offset() {
        let text = r#"{"type":"join_session","channel":1,"session_id":"a","cols":80,"rows":24}"#;
        let frame = ClientFrame::parse(text).unwrap();
        let expected = ClientFrame::JoinSession {
            channel: 1,
            session_id: "a".into(),
            from: None,
            cols: 80,
            rows: 24,
            mode: Mode::Write,
            input_id: None,
            differences: false,
            history: History::With,
        };
        assert_eq!(frame, expected);
    }

    #[test]
    fn malformed_text_frames_are_refused() {
        for text in ["", "{}", "[]", r#"{"type":"nonsense"}"#, r#"{"type":"ack","channel":-1,"offset":0}"#] {
            assert!(ClientFrame::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_header_is_little_endian() {
        let mut out = Vec::new();
        put_header(&mut out, OutKind::SnapshotLast, 0x0102, 0x0a0b0c);
        assert_eq!(out, [3, 2, 1, 0, 0, 0x0c, 0x0b, 0x0a, 0, 0, 0, 0, 0]);
        assert_eq!(out.len(), OUT_HEADER);
        out.extend_from_slice(b"x");
        let (kind, payload) = (OutKind::SnapshotLast, &b"x"[..]);
        let frame = OutFrame { kind, channel: 0x0102, offset: 0x0a0b0c, payload };
        assert_eq!(OutFrame::parse(&out), Ok(frame));
        assert!(OutFrame::parse(&out[..12]).is_err() && OutFrame::parse(&[9; 13]).is_err());
    }
}
