//! Reading a segment record by record, up to the first that is torn or damaged.

use std::io::{self, Read};

use super::record::{Body, MAX_PAYLOAD, RECORD_HEADER, Record, checksum};
use super::segment::{HeaderError, SegmentHeader, u32_at, u64_at};

/// Yields the records of one segment. It reads in small pieces: give it something buffered.
#[derive(Debug)]
pub struct Scanner<R> {
    input: R,
    header: SegmentHeader,
    good: u64,
    end: u64,
    stop: Option<Stop>,
}

/// Why a scan yields nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The file ends with a whole record.
    Clean,
    /// The file ends inside a record: its writer died, or is still writing.
    Torn,
    /// A checksum or an offset is wrong.
    Damaged,
}

impl<R: Read> Scanner<R> {
    pub fn new(mut input: R) -> Result<Scanner<R>, HeaderError> {
        let (header, good) = SegmentHeader::read(&mut input)?;
        Ok(Scanner { input, header, good, end: header.first_offset, stop: None })
    }

    pub fn header(&self) -> SegmentHeader {
        self.header
    }

    /// The byte position in the file after the last good record.
    pub fn good(&self) -> u64 {
        self.good
    }

    /// The offset after the last good record.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Why the scan ended; `None` while it has not.
    pub fn stop(&self) -> Option<Stop> {
        self.stop
    }

    /// The next record; `None` at the end. What only a newer program understands is skipped.
    pub fn next_record(&mut self) -> io::Result<Option<Record>> {
        while self.stop.is_none() {
            match self.step()? {
                Ok(Some(record)) => return Ok(Some(record)),
                Ok(None) => {}
                Err(stop) => self.stop = Some(stop),
            }
        }
        Ok(None)
    }

    fn step(&mut self) -> io::Result<Result<Option<Record>, Stop>> {
        let mut header = [0; RECORD_HEADER];
        match fill(&mut self.input, &mut header)? {
            0 => return Ok(Err(Stop::Clean)),
            RECORD_HEADER => {}
            _ => return Ok(Err(Stop::Torn)),
        }
        let len = u32_at(&header, 17) as usize;
        if len > MAX_PAYLOAD {
            return Ok(Err(Stop::Damaged));
        }
        // Grows as bytes arrive: a damaged length allocates no more than the file holds.
        let mut payload = Vec::new();
        self.input.by_ref().take(len as u64).read_to_end(&mut payload)?;
        if payload.len() < len {
            return Ok(Err(Stop::Torn));
        }
        if checksum(&header, &[&payload]) != u32_at(&header, 21) {
            return Ok(Err(Stop::Damaged));
        }
        Ok(self.accept(&header, payload))
    }

    fn accept(&mut self, header: &[u8; RECORD_HEADER], payload: Vec<u8>) -> Result<Option<Record>, Stop> {
        let bytes = (RECORD_HEADER + payload.len()) as u64;
        let record = Body::decode(header[16], payload).map(|body| Record {
            offset: u64_at(header, 0),
            time_us: u64_at(header, 8),
            body,
        });
        if let Some(record) = &record {
            if record.offset != self.end {
                return Err(Stop::Damaged);
            }
            self.end = record.end().ok_or(Stop::Damaged)?;
        }
        self.good += bytes;
        Ok(record)
    }
}

/// Reads until `out` is full or the input ends; says how much.
fn fill(input: &mut impl Read, out: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < out.len() {
        match input.read(&mut out[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
