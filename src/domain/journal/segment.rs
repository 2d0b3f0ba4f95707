//! The first bytes of a segment file.

use std::io::{self, Read};

use crate::domain::size::Size;

/// The version this program writes, and the only one it reads.
pub const VERSION: u16 = 1;

/// Bytes this program writes as a segment's header.
pub const SEGMENT_HEADER: usize = 36;

const MAGIC: [u8; 8] = *b"CoDAjrnl";

/// Longest header a later version may write.
const LONGEST: usize = 4096;

/// Magic, version and length stand at the same place in all versions, and so does the checksum:
/// in the last four bytes of the header.
const FROZEN: usize = 12;

/// Where and when a segment begins, and how large the terminal was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The offset of the segment's first byte of output.
    pub first_offset: u64,
    /// Microseconds since the epoch.
    pub created_us: u64,
    pub size: Size,
}

/// Why the beginning of a file is not a segment's header.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file ends inside the header: its writer died.
    #[error("the file ends inside its header")]
    Torn,
    /// The magic or the checksum is wrong.
    #[error("this is not the header of a journal segment")]
    Damaged,
    #[error("the format version is {found}, this program reads version {VERSION}")]
    Version { found: u16 },
}

impl SegmentHeader {
    pub fn encode(&self) -> [u8; SEGMENT_HEADER] {
        let mut out = [0; SEGMENT_HEADER];
        out[0..8].copy_from_slice(&MAGIC);
        out[8..10].copy_from_slice(&VERSION.to_le_bytes());
        out[10..12].copy_from_slice(&(SEGMENT_HEADER as u16).to_le_bytes());
        out[12..20].copy_from_slice(&self.first_offset.to_le_bytes());
        out[20..28].copy_from_slice(&self.created_us.to_le_bytes());
        out[28..30].copy_from_slice(&self.size.rows.to_le_bytes());
        out[30..32].copy_from_slice(&self.size.cols.to_le_bytes());
        let crc = crc32fast::hash(&out[..SEGMENT_HEADER - 4]);
        out[32..36].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// Reads a header and says how many bytes it took. Fields behind the known ones are skipped.
    pub fn read(input: &mut impl Read) -> Result<(SegmentHeader, u64), HeaderError> {
        let mut bytes = [0; LONGEST];
        fill(input, &mut bytes[..FROZEN])?;
        let len = usize::from(u16_at(&bytes, 10));
        if bytes[0..8] != MAGIC || !(FROZEN + 4..=LONGEST).contains(&len) {
            return Err(HeaderError::Damaged);
        }
        fill(input, &mut bytes[FROZEN..len])?;
        if crc32fast::hash(&bytes[..len - 4]) != u32_at(&bytes, len - 4) {
            return Err(HeaderError::Damaged);
        }
        match u16_at(&bytes, 8) {
            VERSION => {}
            found => return Err(HeaderError::Version { found }),
        }
        if len < SEGMENT_HEADER {
            return Err(HeaderError::Damaged);
        }
        let size = Size::new(u16_at(&bytes, 28).into(), u16_at(&bytes, 30).into());
        let header = SegmentHeader {
            first_offset: u64_at(&bytes, 12),
            created_us: u64_at(&bytes, 20),
            size: size.map_err(|_| HeaderError::Damaged)?,
        };
        Ok((header, len as u64))
    }
}

fn fill(input: &mut impl Read, out: &mut [u8]) -> Result<(), HeaderError> {
    input.read_exact(out).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => HeaderError::Torn,
        _ => HeaderError::Io(error),
    })
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
