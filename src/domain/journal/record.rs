//! One entry of the journal: what happened, at which offset, when.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::Value;

use super::segment::{u16_at, u64_at};
use crate::domain::exit::Exit;
use crate::domain::size::Size;

/// Bytes in front of every payload.
pub const RECORD_HEADER: usize = 25;

/// Longest payload; a longer length in a file is damage. Room for a snapshot of a terminal with
/// a large, colourful scrollback.
pub const MAX_PAYLOAD: usize = 64 << 20;

/// One entry. Output begins at `offset`; anything else happened when the output had reached it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub offset: u64,
    /// Microseconds since the epoch. The clock may have been set back between two records.
    pub time_us: u64,
    pub body: Body,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    Output(Bytes),
    Resize(Size),
    /// Anything worth finding again; JSON.
    Mark(Value),
    Exit(Exit),
    Keyframe(Keyframe),
    /// So many bytes of output from here on could not be stored.
    Gap(u64),
}

/// A snapshot: bytes that redraw a terminal of this size as it was at the record's offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyframe {
    pub size: Size,
    pub bytes: Bytes,
}

/// The kinds as they stand in a file. Numbers are never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Output = 1,
    Resize = 2,
    Mark = 3,
    Exit = 4,
    Keyframe = 5,
    Gap = 6,
}

/// A payload that no reader would accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record of {len} bytes is longer than {MAX_PAYLOAD}")]
pub struct TooLarge {
    pub len: usize,
}

/// The bytes to write in front of `payload`, so that the payload itself need not be copied.
pub fn record_header(
    offset: u64,
    time_us: u64,
    kind: Kind,
    payload: &[&[u8]],
) -> Result<[u8; RECORD_HEADER], TooLarge> {
    let len = payload.iter().map(|part| part.len()).sum();
    if len > MAX_PAYLOAD {
        return Err(TooLarge { len });
    }
    let mut out = [0; RECORD_HEADER];
    out[0..8].copy_from_slice(&offset.to_le_bytes());
    out[8..16].copy_from_slice(&time_us.to_le_bytes());
    out[16] = kind as u8;
    out[17..21].copy_from_slice(&(len as u32).to_le_bytes());
    let crc = checksum(&out, payload);
    out[21..25].copy_from_slice(&crc.to_le_bytes());
    Ok(out)
}

/// Over the header without its last four bytes, then the payload.
pub(super) fn checksum(header: &[u8; RECORD_HEADER], payload: &[&[u8]]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&header[..RECORD_HEADER - 4]);
    payload.iter().for_each(|part| crc.update(part));
    crc.finalize()
}

impl Record {
    /// The offset after this record, `None` when there is no such offset.
    pub fn end(&self) -> Option<u64> {
        self.offset.checked_add(self.body.span())
    }

    /// The whole record in one piece, for what is not output.
    pub fn encode(&self) -> Result<Vec<u8>, TooLarge> {
        let (prefix, payload) = self.body.payload();
        let kind = self.body.kind();
        let header = record_header(self.offset, self.time_us, kind, &[&prefix, payload])?;
        Ok([&header[..], &prefix, payload].concat())
    }
}

impl Body {
    pub fn kind(&self) -> Kind {
        match self {
            Body::Output(_) => Kind::Output,
            Body::Resize(_) => Kind::Resize,
            Body::Mark(_) => Kind::Mark,
            Body::Exit(_) => Kind::Exit,
            Body::Keyframe(_) => Kind::Keyframe,
            Body::Gap(_) => Kind::Gap,
        }
    }

    /// By how much it moves the offset.
    pub fn span(&self) -> u64 {
        match self {
            Body::Output(bytes) => bytes.len() as u64,
            Body::Gap(bytes) => *bytes,
            _ => 0,
        }
    }

    /// As it stands in a file: small things first, bulk second.
    pub fn payload(&self) -> (Cow<'static, [u8]>, &[u8]) {
        let owned = |bytes: Vec<u8>| (Cow::Owned(bytes), &[][..]);
        match self {
            Body::Output(bytes) => (Cow::Borrowed(&[]), bytes),
            Body::Resize(size) => owned(encode_size(*size).to_vec()),
            Body::Mark(mark) => owned(mark.to_string().into_bytes()),
            Body::Exit(exit) => {
                owned(serde_json::to_vec(exit).expect("an exit is plain numbers and strings"))
            }
            Body::Keyframe(frame) => (encode_size(frame.size).to_vec().into(), &frame.bytes),
            Body::Gap(bytes) => owned(bytes.to_le_bytes().to_vec()),
        }
    }

    /// `None` for a kind or a payload that only a newer program understands. Bytes and fields
    /// behind the known ones are skipped.
    pub(super) fn decode(kind: u8, payload: Vec<u8>) -> Option<Body> {
        Some(match kind {
            1 => Body::Output(payload.into()),
            2 => Body::Resize(decode_size(&payload)?),
            3 => Body::Mark(serde_json::from_slice(&payload).ok()?),
            4 => Body::Exit(serde_json::from_slice(&payload).ok()?),
            5 => Body::Keyframe(Keyframe {
                size: decode_size(&payload)?,
                bytes: Bytes::from(payload).slice(4..),
            }),
            6 if payload.len() >= 8 => Body::Gap(u64_at(&payload, 0)),
            _ => return None,
        })
    }
}

fn encode_size(size: Size) -> [u8; 4] {
    let ([a, b], [c, d]) = (size.rows.to_le_bytes(), size.cols.to_le_bytes());
    [a, b, c, d]
}

fn decode_size(payload: &[u8]) -> Option<Size> {
    if payload.len() < 4 {
        return None;
    }
    Size::new(u16_at(payload, 0).into(), u16_at(payload, 2).into()).ok()
}
