//! Reads the records of one segment as lines with their places.

use memchr::{memchr_iter, memrchr};

use super::hits::{Hit, Hits};
use super::query::Query;
use crate::domain::journal::{Body, Record};
use crate::domain::recording::Text;
use crate::domain::size::Size;

/// Bytes read at a time: how exact the place of a line is that no line feed ended.
const PIECE: usize = 4 << 10;

/// Finds what one segment has.
pub struct Scan<'q> {
    text: Text<Vec<u8>>,
    hits: Hits<'q>,
    /// Lines from here on do not count.
    before: u64,
    /// Where the line begins that is being read.
    begin: u64,
    /// The first offset that was not given to a line.
    next: u64,
}

impl<'q> Scan<'q> {
    /// For a segment that begins at `first` with a terminal of this size. Keeps the newest `limit` hits before an
    /// offset.
    pub fn new(query: &'q Query, limit: usize, first: u64, before: u64, size: Size) -> Scan<'q> {
        let text = Text::begin(Vec::new(), size);
        Scan { text, hits: Hits::new(query, limit), before, begin: first, next: first }
    }

    pub fn record(&mut self, record: &Record) {
        match &record.body {
            Body::Output(bytes) => {
                let (mut offset, mut rest) = (record.offset, &bytes[..]);
                while !rest.is_empty() {
                    let window = &rest[..rest.len().min(PIECE)];
                    let piece = &window[..memrchr(b'\n', window).map_or(window.len(), |at| at + 1)];
                    self.piece(offset, record.time_us, piece);
                    (offset, rest) = (offset + piece.len() as u64, &rest[piece.len()..]);
                }
            }
            Body::Gap(_) | Body::Resize(_) => {
                // What a `Vec` is written to cannot fail.
                let _ = self.text.record(record);
                self.lines(record.offset, record.time_us, &[]);
            }
            Body::Mark(_) | Body::Exit(_) | Body::Keyframe(_) => {}
        }
    }

    /// The hits, newest first.
    pub fn finish(self, time_us: u64) -> Vec<Hit> {
        let Scan { text, mut hits, before, begin, next } = self;
        // The line that was begun, if it says anything.
        let rest = text.finish().unwrap_or_default();
        for (place, line) in (begin.max(next)..).zip(String::from_utf8_lossy(&rest).lines()) {
            hits.line(line, time_us, place < before, place);
        }
        hits.finish().collect()
    }

    fn piece(&mut self, offset: u64, time_us: u64, piece: &[u8]) {
        let _ = self.text.output(piece);
        if !self.lines(offset, time_us, piece) {
            return;
        }
        self.begin = if piece.ends_with(b"\n") { offset + piece.len() as u64 } else { offset };
    }

    /// Takes the lines that are whole. False: there are none.
    fn lines(&mut self, offset: u64, time_us: u64, piece: &[u8]) -> bool {
        let mut ready = std::mem::take(self.text.get_mut());
        let some = !ready.is_empty();
        if let Ok(lines) = std::str::from_utf8(&ready) {
            // Where each line ended with a line feed, their places are known.
            let plain = some && memchr_iter(b'\n', piece).count() == memchr_iter(b'\n', &ready).count();
            let mut ends = memchr_iter(b'\n', piece).map(|at| offset + at as u64 + 1);
            let mut place = self.begin;
            for line in lines.lines() {
                // No two lines have the same place, or a page could not go on between them.
                place = place.max(self.next);
                self.next = place + 1;
                self.hits.line(line, time_us, place < self.before, place);
                place = ends.next().filter(|_| plain).unwrap_or(offset);
            }
        }
        ready.clear();
        *self.text.get_mut() = ready;
        some
    }
}
