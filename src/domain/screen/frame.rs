//! Cuts a stream of bytes into text, controls and whole sequences, at exactly the places where
//! xterm.js cuts it.
//!
//! The vte parser reads what is inside ESC and CSI sequences; this file decides where they begin
//! and end, because three things must be as in the viewer: invalid UTF-8 is dropped, also inside
//! sequences; U+0080–U+009F are C1 controls; a character above ASCII ends a CSI. It also knows the
//! bytes of the sequence that is not complete yet, which a snapshot must repeat.
//!
//! Invariants: the parser only ever sees complete sequences, so it is always in its ground state;
//! a chunk boundary changes nothing; no input makes `pending` longer than [`LIMIT`].

use vte::Parser;

use super::images::{self, Protocol};
use super::params::Params;
use super::term::Term;

/// Longest incomplete sequence that is kept. A longer string is swallowed to its end: it has no
/// effect, and a snapshot taken inside it swallows the rest as well.
const LIMIT: usize = 16 * 1024;
/// So much of a string that is read over is kept, to tell what it is.
const HEAD: usize = 64;
/// `pending` gives its memory back above this.
const KEEP: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ground,
    /// After ESC, and after its intermediate bytes.
    Escape,
    Marked,
    Csi,
    Osc,
    /// Before and after the final byte of a device control string.
    DcsHead,
    Dcs,
    /// SOS, PM, APC: read over.
    Skip,
}

/// The position in the stream.
pub struct Frame {
    state: State,
    /// The sequence so far, with 7-bit introducer and without controls that were obeyed.
    pending: Vec<u8>,
    /// The character so far.
    partial: [u8; 4],
    partial_len: usize,
    /// The string in `pending` was too long.
    full: bool,
    /// Length of the string so far, in bytes.
    length: u64,
    /// The string draws a picture and was too long to be kept.
    draws: Option<Protocol>,
    params: Params,
    parser: Parser,
}

enum Decoded {
    Char(u32, usize),
    /// So many bytes are not UTF-8.
    Drop(usize),
    Incomplete,
}

impl Frame {
    pub fn new() -> Frame {
        Frame {
            state: State::Ground,
            pending: Vec::new(),
            partial: [0; 4],
            partial_len: 0,
            full: false,
            length: 0,
            draws: None,
            params: Params::default(),
            parser: Parser::new(),
        }
    }

    /// What a terminal must be given to be at the same place inside a sequence or character.
    pub fn pending(&self) -> Vec<u8> {
        let sequence = if self.state == State::Ground { &[] } else { self.pending.as_slice() };
        [sequence, &self.partial[..self.partial_len]].concat()
    }

    pub fn is_within_sequence(&self) -> bool {
        self.state != State::Ground
    }

    /// Applies all of `bytes` to `term`.
    pub fn feed(&mut self, term: &mut Term, mut bytes: &[u8]) {
        while self.partial_len > 0 && !bytes.is_empty() {
            bytes = &bytes[self.complete(term, bytes[0])..];
        }
        while let Some(&byte) = bytes.first() {
            let used = match (self.state, byte) {
                (State::Ground, 0x20..=0x7e) => {
                    let run = ascii_run(bytes);
                    term.print_ascii(&bytes[..run]);
                    run
                }
                (State::Ground, 0x1b) => self.sequence(term, bytes),
                (State::Ground, 0..0x18) => {
                    term.control(byte);
                    1
                }
                (_, 0x80..) => self.high(term, bytes),
                (State::Osc | State::Dcs | State::Skip, 0x20..=0x7e) => {
                    let run = ascii_run(bytes);
                    self.keep(&bytes[..run]);
                    run
                }
                _ => {
                    self.step(term, byte.into(), &bytes[..1]);
                    1
                }
            };
            bytes = &bytes[used..];
        }
    }

    /// A sequence that begins here: at once when it is whole, else byte by byte.
    fn sequence(&mut self, term: &mut Term, bytes: &[u8]) -> usize {
        match (bytes.get(1), bytes.get(2)) {
            (Some(b'['), _) => {
                if let Some(plain) = self.params.read(&bytes[2..]) {
                    match (plain.mark, plain.last) {
                        (b"", b'm') => term.draw_with(self.params.values()),
                        (mark, last) => self.params.with(|params| term.csi(params, mark, last.into())),
                    }
                    return 2 + plain.used;
                }
                let head = bytes[2..].iter().position(|byte| !(0x20..0x40).contains(byte));
                if let Some(end) = head.map(|at| at + 2).filter(|&at| (0x40..0x7f).contains(&bytes[at])) {
                    self.parser.advance(term, &bytes[..=end]);
                    return end + 1;
                }
            }
            (Some(b'P' | b'X' | b']' | b'^' | b'_'), _) => {}
            (Some(&last @ 0x30..0x7f), _) => {
                term.esc(b"", last);
                return 2;
            }
            (Some(0x20..0x30), Some(&last @ 0x30..0x7f)) => {
                term.esc(&bytes[1..2], last);
                return 3;
            }
            _ => {}
        }
        self.begin(State::Escape, b"\x1b");
        1
    }

    /// Bytes above ASCII, in whatever state.
    fn high(&mut self, term: &mut Term, bytes: &[u8]) -> usize {
        match decode(bytes) {
            Decoded::Char(code, len) => {
                self.step(term, code, &bytes[..len]);
                len
            }
            Decoded::Drop(len) => len,
            Decoded::Incomplete => {
                self.partial[..bytes.len()].copy_from_slice(bytes);
                self.partial_len = bytes.len();
                bytes.len()
            }
        }
    }

    /// One more byte for the character that an earlier chunk began; returns whether it was used.
    fn complete(&mut self, term: &mut Term, byte: u8) -> usize {
        let had = self.partial_len;
        self.partial[had] = byte;
        let bytes = self.partial;
        match decode(&bytes[..=had]) {
            Decoded::Incomplete => self.partial_len += 1,
            Decoded::Char(code, len) => {
                self.partial_len = 0;
                self.step(term, code, &bytes[..len]);
            }
            Decoded::Drop(len) => {
                self.partial_len = 0;
                return usize::from(len > had);
            }
        }
        1
    }

    /// One code point that the fast paths did not take; `raw` is how it was written.
    fn step(&mut self, term: &mut Term, code: u32, raw: &[u8]) {
        match (self.state, code) {
            (_, 0x18 | 0x1a) => {
                self.end();
                term.control(code as u8);
            }
            (_, 0x1b) => {
                self.finish(term);
                self.begin(State::Escape, b"\x1b");
            }
            (_, 0x80..0xa0) => self.c1(term, code as u8),
            (State::Osc, 0x07) => {
                self.finish(term);
                self.end();
            }
            (State::Dcs, 0..0x20) => self.keep(raw),
            (State::Osc | State::DcsHead | State::Skip, 0..0x20) => {}
            (_, 0..0x20) => term.control(code as u8),
            (State::Osc, 0x7f) => self.keep(raw),
            (_, 0x7f) => {}
            (State::Ground, _) => term.print_char(code),
            (State::Osc | State::Dcs, _) => self.keep(raw),
            (_, 0xa0..) => {
                if !self.is_ignoring() {
                    self.end();
                }
            }
            (_, _) => self.inside(term, code as u8),
        }
    }

    /// A printable ASCII byte within a sequence.
    fn inside(&mut self, term: &mut Term, byte: u8) {
        match (self.state, byte) {
            (State::Escape, b'[') => self.begin(State::Csi, b"\x1b["),
            (State::Escape, b']') => self.begin(State::Osc, b"\x1b]"),
            (State::Escape, b'P') => self.begin(State::DcsHead, b"\x1bP"),
            (State::Escape, b'X' | b'^' | b'_') => self.begin(State::Skip, &[0x1b, byte]),
            (State::Escape | State::Marked, 0x20..0x30) => {
                self.state = State::Marked;
                self.keep(&[byte]);
            }
            (State::Csi | State::DcsHead, 0x20..0x40) => self.keep(&[byte]),
            (State::DcsHead, _) => {
                self.state = State::Dcs;
                self.keep(&[byte]);
            }
            (State::Escape | State::Marked | State::Csi, _) => {
                self.pending.push(byte);
                self.parser.advance(term, &self.pending);
                self.end();
            }
            _ => {}
        }
    }

    fn c1(&mut self, term: &mut Term, code: u8) {
        match code {
            0x9b => self.begin(State::Csi, b"\x1b["),
            0x9d => self.begin(State::Osc, b"\x1b]"),
            0x90 => self.begin(State::DcsHead, b"\x1bP"),
            0x98 | 0x9e | 0x9f => self.begin(State::Skip, &[0x1b, code - 0x40]),
            0x9c => {
                self.finish(term);
                self.end();
            }
            _ => {
                self.end();
                term.control(code);
            }
        }
    }

    fn begin(&mut self, state: State, introducer: &[u8]) {
        self.state = state;
        self.full = false;
        self.length = 0;
        self.draws = None;
        self.pending.clear();
        self.pending.extend(introducer);
    }

    fn end(&mut self) {
        self.state = State::Ground;
        self.pending.clear();
        self.pending.shrink_to(KEEP);
    }

    /// A string came to its proper end.
    fn finish(&mut self, term: &mut Term) {
        if let Some(protocol) = self.draws.or_else(|| images::protocol(&self.pending)) {
            term.draw_image(protocol, self.length);
        }
        let text = std::str::from_utf8(self.pending.get(2..).unwrap_or_default()).unwrap_or_default();
        match self.state {
            State::Osc => term.osc(text),
            State::Dcs => term.dcs(text),
            _ => {}
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if self.full {
            return;
        }
        let limit = if self.state == State::Skip { HEAD } else { LIMIT };
        if self.pending.len() + bytes.len() < limit {
            return self.pending.extend(bytes);
        }
        self.full = true;
        let head = [&self.pending[..self.pending.len().min(HEAD)], &bytes[..bytes.len().min(HEAD)]].concat();
        self.draws = images::protocol(&head);
        // What stands for a string that was too long must mean nothing to a terminal.
        match self.state {
            State::Osc => self.pending = b"\x1b]!".to_vec(),
            State::Dcs => self.pending = b"\x1bPz".to_vec(),
            _ => {}
        }
    }

    /// Whether the parameters so far are malformed: the sequence then lasts to its final byte and
    /// means nothing.
    fn is_ignoring(&self) -> bool {
        let head = match self.state {
            State::Csi | State::DcsHead => self.pending.get(2..).unwrap_or_default(),
            _ => return false,
        };
        let mut marked = false;
        head.iter().enumerate().any(|(index, byte)| match byte {
            0x20..0x30 => {
                marked = true;
                false
            }
            0x3c..0x40 => index > 0,
            _ => marked,
        })
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frame")
            .field("state", &self.state)
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}

/// Length of the run of printable ASCII at the start, eight bytes at a time.
fn ascii_run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let (words, _) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The high bit of a byte is set by a borrow below 0x20, by itself, or by a carry from 0x7f;
        // the lowest such byte is always a true one.
        let odd = (word.wrapping_sub(ONES * 0x20) | word | word.wrapping_add(ONES)) & (ONES * 0x80);
        if odd != 0 {
            return index * 8 + odd.trailing_zeros() as usize / 8;
        }
    }
    let done = words.len() * 8;
    let rest = bytes[done..].iter().position(|byte| !(0x20..0x7f).contains(byte));
    rest.map_or(bytes.len(), |at| done + at)
}

/// The first character, decoded as xterm.js does: what is wrong is dropped, U+FEFF too.
fn decode(bytes: &[u8]) -> Decoded {
    let need = match bytes[0] {
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf8 => 4,
        _ => return Decoded::Drop(1),
    };
    let mut code = u32::from(bytes[0]) & (0x7f >> need);
    for index in 1..need {
        match bytes.get(index) {
            None => return Decoded::Incomplete,
            Some(next) if next & 0xc0 == 0x80 => code = code << 6 | u32::from(next & 0x3f),
            Some(_) => return Decoded::Drop(index),
        }
    }
    let least = [0x80, 0x800, 0x1_0000][need - 2];
    if code < least || code == 0xfeff || char::from_u32(code).is_none() {
        return Decoded::Drop(need);
    }
    Decoded::Char(code, need)
}
