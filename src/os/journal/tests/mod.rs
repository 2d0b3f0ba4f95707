mod append;
mod budget;
mod failure;
mod kill;
mod open;
mod read;
mod roll;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use tempfile::TempDir;

use super::*;
use crate::domain::journal::{Body, Keyframe, Record};
use crate::domain::size::Size;

pub const SIZE: Size = Size { rows: 24, cols: 80 };
pub const SMALL: Limits = Limits { segment_bytes: 1000, session_bytes: 5000 };

/// A folder for one journal, deleted in the end.
pub struct Place {
    _root: TempDir,
    pub dir: PathBuf,
}

impl Place {
    pub fn new() -> Place {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("sessions").join("s1");
        Place { _root: root, dir }
    }

    pub fn open(&self) -> (Journal, Opened) {
        Journal::open(&self.dir, SMALL).unwrap()
    }

    pub fn journal(&self) -> Journal {
        self.open().0
    }

    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.dir).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The newest segment.
    pub fn last(&self) -> PathBuf {
        files::list(&self.dir).unwrap().pop().unwrap().path
    }

    pub fn read(&self, from: u64) -> Vec<Record> {
        records(&self.dir, from).unwrap().map(Result::unwrap).collect()
    }

    /// All output from an offset on; panics at a gap or when offsets do not follow each other.
    pub fn output(&self, from: u64) -> Vec<u8> {
        output(from, &self.read(from))
    }
}

pub fn output(from: u64, records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        assert_eq!(record.offset, from + out.len() as u64, "{record:?}");
        assert!(!matches!(record.body, Body::Gap(_)), "{record:?}");
        if let Body::Output(bytes) = &record.body {
            out.extend_from_slice(bytes);
        }
    }
    out
}

/// The byte that every test prints at an offset.
pub fn byte(offset: u64) -> u8 {
    (offset.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8
}

pub fn text(from: u64, to: u64) -> Vec<u8> {
    (from..to).map(byte).collect()
}

/// Appends `len` bytes at the end.
pub fn print(journal: &mut Journal, len: u64) {
    let (from, time) = (journal.end(), journal.end());
    journal.append_output(from, time, &[&text(from, from + len)]).unwrap();
}

pub fn keyframe(journal: &Journal) -> Keyframe {
    Keyframe { size: SIZE, bytes: Bytes::from(format!("screen at {}", journal.end())) }
}

pub fn roll(journal: &mut Journal) {
    let (offset, frame) = (journal.end(), keyframe(journal));
    journal.roll(offset, offset, frame).unwrap();
}

/// Prints in pieces, rolling whenever the journal wants it.
pub fn print_and_roll(journal: &mut Journal, total: u64) {
    for _ in 0..total / 100 {
        print(journal, 100);
        if journal.wants_roll() {
            roll(journal);
        }
    }
}

pub fn set_len(path: &Path, len: u64) {
    std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(len).unwrap();
}

pub fn len(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}
