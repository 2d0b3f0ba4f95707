//! Finds operating system commands in a stream that is cut anywhere.

use memchr::{memchr, memchr3};

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
/// Ends a sequence without effect; SUBSTITUTE does, too.
const CANCEL: u8 = 0x18;
const SUBSTITUTE: u8 = 0x1a;

/// Longest content kept; a longer sequence is passed over.
pub(super) const LONGEST: usize = 16 << 10;

/// Where the stream stands.
#[derive(Debug, Default)]
enum State {
    #[default]
    Text,
    /// After an ESC outside of a sequence.
    Escape,
    /// Inside of a sequence; what of it is kept is in `content`.
    Inside,
    /// After an ESC inside of a sequence.
    Ending,
}

/// What a stream consists of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// Anything else, in order; other sequences are in it.
    Text(&'a [u8]),
    /// A whole sequence: what is between introducer and terminator, and the offsets where it begins and ends.
    Sequence { content: &'a [u8], begin: u64, end: u64 },
}

/// Reads pieces of one stream.
#[derive(Debug, Default)]
pub(super) struct Sequences {
    state: State,
    content: Vec<u8>,
    too_long: bool,
    /// Offset of the ESC that may begin a sequence.
    begin: u64,
}

impl Sequences {
    /// Says what this piece, which begins at `offset`, has.
    pub fn read(&mut self, mut offset: u64, piece: &[u8], mut found: impl FnMut(Found<'_>)) {
        let mut rest = piece;
        while let Some(&first) = rest.first() {
            let taken = match self.state {
                State::Text => {
                    let begin = memchr(ESC, rest);
                    let text = &rest[..begin.unwrap_or(rest.len())];
                    if !text.is_empty() {
                        found(Found::Text(text));
                    }
                    if let Some(at) = begin {
                        (self.state, self.begin) = (State::Escape, offset + at as u64);
                    }
                    text.len() + usize::from(begin.is_some())
                }
                State::Escape => self.escape(first, offset, &mut found),
                State::Inside => self.inside(rest, offset, &mut found),
                State::Ending if first == b'\\' => {
                    self.end(offset + 1, &mut found);
                    1
                }
                // An ESC ends the sequence, whatever follows; only ESC \ is its proper end.
                State::Ending => {
                    self.drop_content();
                    (self.state, self.begin) = (State::Escape, offset.saturating_sub(1));
                    0
                }
            };
            (offset, rest) = (offset + taken as u64, &rest[taken..]);
        }
    }

    /// Whatever was begun is void.
    pub fn reset(&mut self) {
        self.drop_content();
        self.state = State::Text;
    }

    fn escape(&mut self, byte: u8, offset: u64, found: &mut impl FnMut(Found<'_>)) -> usize {
        match byte {
            b']' => self.state = State::Inside,
            ESC => self.begin = offset,
            _ => {
                self.state = State::Text;
                found(Found::Text(&[ESC, byte]));
            }
        }
        1
    }

    fn inside(&mut self, rest: &[u8], offset: u64, found: &mut impl FnMut(Found<'_>)) -> usize {
        let end = memchr3(ESC, BEL, CANCEL, rest).unwrap_or(rest.len());
        let end = memchr(SUBSTITUTE, &rest[..end]).unwrap_or(end);
        self.keep(&rest[..end]);
        match rest.get(end) {
            None => return end,
            Some(&ESC) => self.state = State::Ending,
            Some(&BEL) => self.end(offset + end as u64 + 1, found),
            Some(_) => self.reset(),
        }
        end + 1
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.too_long |= self.content.len() + bytes.len() > LONGEST;
        if !self.too_long {
            self.content.extend_from_slice(bytes);
        }
    }

    fn end(&mut self, end: u64, found: &mut impl FnMut(Found<'_>)) {
        if !self.too_long {
            found(Found::Sequence { content: &self.content, begin: self.begin, end });
        }
        self.reset();
    }

    fn drop_content(&mut self) {
        self.content.clear();
        self.too_long = false;
    }
}
