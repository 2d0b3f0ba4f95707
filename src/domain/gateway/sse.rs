//! Server-sent events on their way: whole ones are looked at, all bytes go on.
//!
//! What goes in comes out, in order and at once, except the beginning of an event whose end has not come: no client can
//! do anything with that either. An event longer than [`LONGEST`] goes on unread, piece by piece.

use std::borrow::Cow;

use memchr::memchr2;

/// Longest event that is looked at, in bytes.
pub const LONGEST: usize = 2 * 1024 * 1024;
/// What is kept for the next event, at most: one long event must not cost memory for the rest of a stream.
const KEPT: usize = 64 * 1024;

/// A piece of a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A whole event with the blank line that ends it.
    Event(&'a [u8]),
    /// Bytes that are no whole event.
    Passing(&'a [u8]),
}

impl<'a> Piece<'a> {
    pub fn bytes(&self) -> &'a [u8] {
        match self {
            Piece::Event(bytes) | Piece::Passing(bytes) => bytes,
        }
    }
}

/// Cuts a stream into events, however it comes in.
#[derive(Debug)]
pub struct Splitter {
    held: Vec<u8>,
    /// The line has no byte yet.
    blank: bool,
    /// The byte before was a carriage return: a line feed belongs to it.
    after_return: bool,
    /// It ended an event, which went on already.
    ended: bool,
    /// In the middle of an event that is too long.
    passing: bool,
}

impl Default for Splitter {
    fn default() -> Splitter {
        Splitter { held: Vec::new(), blank: true, after_return: false, ended: false, passing: false }
    }
}

impl Splitter {
    pub fn feed(&mut self, chunk: &[u8], give: &mut dyn FnMut(Piece<'_>)) {
        let (mut from, mut at) = (0, 0);
        while let Some(distance) = memchr2(b'\n', b'\r', &chunk[at..]) {
            self.saw(distance);
            let byte = chunk[at + distance];
            at += distance + 1;
            if byte == b'\n' && std::mem::take(&mut self.after_return) {
                if std::mem::take(&mut self.ended) {
                    give(Piece::Passing(&chunk[from..at]));
                    from = at;
                }
                continue;
            }
            self.after_return = byte == b'\r';
            if !std::mem::replace(&mut self.blank, true) {
                continue;
            }
            if self.after_return && chunk.get(at) == Some(&b'\n') {
                at += 1;
                self.after_return = false;
            }
            self.ended = self.after_return;
            self.complete(&chunk[from..at], give);
            from = at;
        }
        self.saw(chunk.len() - at);
        self.hold(&chunk[from..], give);
    }

    /// What is left when the stream has ended.
    pub fn finish(&mut self, give: &mut dyn FnMut(Piece<'_>)) {
        if !self.held.is_empty() {
            give(Piece::Passing(&std::mem::take(&mut self.held)));
        }
    }

    /// So many bytes that end no line.
    fn saw(&mut self, count: usize) {
        if count > 0 {
            (self.blank, self.after_return, self.ended) = (false, false, false);
        }
    }

    fn complete(&mut self, end: &[u8], give: &mut dyn FnMut(Piece<'_>)) {
        if std::mem::take(&mut self.passing) {
            give(Piece::Passing(end));
        } else if self.held.is_empty() {
            give(Piece::Event(end));
        } else {
            self.held.extend_from_slice(end);
            give(Piece::Event(&self.held));
            self.held.clear();
            self.held.shrink_to(KEPT);
        }
    }

    fn hold(&mut self, part: &[u8], give: &mut dyn FnMut(Piece<'_>)) {
        if part.is_empty() {
            return;
        }
        if !self.passing && self.held.len() + part.len() <= LONGEST {
            self.held.extend_from_slice(part);
            return;
        }
        self.passing = true;
        self.finish(give);
        give(Piece::Passing(part));
    }
}

/// The data of an event, its lines joined; `None`: it has none.
pub fn data(event: &[u8]) -> Option<Cow<'_, [u8]>> {
    let lines = event.split(|byte| matches!(byte, b'\n' | b'\r'));
    let mut values = lines.filter_map(|line| {
        let value = line.strip_prefix(b"data:")?;
        Some(value.strip_prefix(b" ").unwrap_or(value))
    });
    let first = values.next()?;
    let Some(second) = values.next() else { return Some(Cow::Borrowed(first)) };
    let mut all = [first, b"\n", second].concat();
    for value in values {
        all.push(b'\n');
        all.extend_from_slice(value);
    }
    Some(Cow::Owned(all))
}

/// An event with other data in place of its own; its other lines stay.
pub fn with_data(event: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + 32);
    for line in event.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.is_empty() && !line.starts_with(b"data") {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
    }
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(data);
    out.extend_from_slice(b"\n\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(chunks: &[&[u8]]) -> (Vec<String>, Vec<u8>) {
        let (mut splitter, mut events, mut all) = (Splitter::default(), Vec::new(), Vec::new());
        let mut give = |piece: Piece<'_>| {
            all.extend_from_slice(piece.bytes());
            if let Piece::Event(event) = piece
                && let Some(data) = data(event)
            {
                events.push(String::from_utf8_lossy(&data).into_owned());
            }
        };
        chunks.iter().for_each(|chunk| splitter.feed(chunk, &mut give));
        splitter.finish(&mut give);
        (events, all)
    }

    #[test]
    fn events_are_found_whatever_ends_their_lines() {
        for text in [
            "event: a\ndata: 1\n\ndata:2\n\n: comment\n\ndata: 3\ndata: 4\n\n",
            "event: a\r\ndata: 1\r\n\r\ndata:2\r\n\r\n: comment\r\n\r\ndata: 3\r\ndata: 4\r\n\r\n",
            "event: a\rdata: 1\r\rdata:2\r\r: comment\r\rdata: 3\rdata: 4\r\r",
        ] {
            let expected = ["1", "2", "3\n4"];
            assert_eq!(split(&[text.as_bytes()]).0, expected);
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            let (events, all) = split(&bytes);
            assert_eq!((events, all), (expected.map(str::to_owned).to_vec(), text.as_bytes().to_vec()));
        }
    }

    /// An event that is whole goes on at once, also when a line feed may still follow its last carriage return.
    #[test]
    fn a_whole_event_waits_for_nothing() {
        for (text, given) in
            [("data: 1\n\n", 9), ("data: 1\r\n\r\n", 11), ("data: 1\r\n\r", 10), ("data: 1\n", 0)]
        {
            let (mut splitter, mut count) = (Splitter::default(), 0);
            splitter.feed(text.as_bytes(), &mut |piece| count += piece.bytes().len());
            assert_eq!(count, given, "{text:?}");
        }
        let (mut splitter, mut pieces) = (Splitter::default(), Vec::new());
        splitter.feed(b"data: 1\r\n\r", &mut |_| {});
        splitter.feed(b"\ndata: 2\r\n\r\n", &mut |piece| pieces.push(piece.bytes().to_vec()));
        assert_eq!(pieces, [b"\n".to_vec(), b"data: 2\r\n\r\n".to_vec()]);
    }

    #[test]
    fn what_is_too_long_goes_on_unread_and_the_next_event_is_read_again() {
        let long = vec![b'x'; LONGEST];
        let (events, all) = split(&[b"data: ", &long, b"tail\n\ndata: 2\n\n"]);
        assert_eq!((events, all.len()), (vec!["2".to_owned()], 6 + LONGEST + 15));
    }

    #[test]
    fn an_event_is_written_with_other_data() {
        assert_eq!(
            with_data(b"event: a\r\ndata: 1\r\ndata: 2\r\nid: 7\r\n\r\n", b"3"),
            b"event: a\nid: 7\ndata: 3\n\n"
        );
    }

    proptest! {
        #[test]
        fn no_byte_is_lost_or_changed(text in "[a:\n\r]{0,60}", cut in 1usize..9) {
            let chunks: Vec<&[u8]> = text.as_bytes().chunks(cut).collect();
            let whole = split(&[text.as_bytes()]);
            prop_assert_eq!(&whole.1, text.as_bytes());
            prop_assert_eq!(split(&chunks).1, text.as_bytes());
        }
    }
}
