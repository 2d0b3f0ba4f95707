//! Plain text of a session: what was printed, line by line, without escape sequences.
//!
//! A line is what it was when the cursor left it: carriage returns, backspaces and erasing act on
//! it as on a screen, so a progress bar leaves its last state. A cursor that goes to another line
//! ends the line; what is printed there comes as a new one, so lines that are drawn again appear
//! again. Wrapped lines are joined, trailing blanks dropped.
//!
//! Absent on purpose: the screen. A wide character counts as one column.

use std::io::{self, Write};

use vte::{Params, Parser, Perform};

use super::line::Line;
use super::utf8::Utf8;
use crate::domain::journal::{Body, Record};
use crate::domain::size::Size;

/// Bytes parsed at a time, which bounds what waits to be written.
const PIECE: usize = 4 << 10;

/// Bytes without anything to show for it, after which a control string is taken for endless and
/// dropped; the parser would keep it all.
const ENDLESS: usize = 1 << 20;

const TAB: usize = 8;

/// Writes one text.
pub struct Text<W> {
    out: W,
    text: Utf8,
    parser: Parser,
    page: Page,
    /// Bytes since the parser last had anything to say.
    silent: usize,
    /// Whether the screen is not known: at the beginning, and after a gap.
    blank: bool,
}

impl<W: Write> Text<W> {
    /// For a session that begins with a terminal of this size.
    pub fn begin(out: W, size: Size) -> Text<W> {
        let page = Page { columns: size.cols.into(), ..Page::default() };
        Text { out, text: Utf8::default(), parser: Parser::new(), page, silent: 0, blank: true }
    }

    /// Writes the lines that a record completes.
    pub fn record(&mut self, record: &Record) -> io::Result<()> {
        match &record.body {
            Body::Output(bytes) => {
                self.blank = false;
                self.output(bytes)
            }
            Body::Resize(size) => {
                self.page.columns = size.cols.into();
                Ok(())
            }
            Body::Keyframe(keyframe) if self.blank => {
                self.blank = false;
                self.page.columns = keyframe.size.cols.into();
                self.output(&keyframe.bytes)
            }
            Body::Gap(bytes) => {
                self.blank = true;
                self.flush()?;
                self.parser = Parser::new();
                self.page.leave_line();
                self.page.ready.push_str(&format!("[{bytes} bytes of output are missing]\n"));
                self.write()
            }
            Body::Mark(_) | Body::Exit(_) | Body::Keyframe(_) => Ok(()),
        }
    }

    /// Writes the last line and returns the output.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        self.page.leave_line();
        self.write()?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// What it writes to, to take away what is there.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// Writes the lines that these bytes complete.
    ///
    /// The parser is given whole characters only: it takes split ones for something else.
    pub fn output(&mut self, bytes: &[u8]) -> io::Result<()> {
        let text = self.text.push(bytes);
        let mut rest = &*text;
        while !rest.is_empty() {
            let piece;
            (piece, rest) = rest.split_at(rest.floor_char_boundary(PIECE));
            self.page.active = false;
            self.parser.advance(&mut self.page, piece.as_bytes());
            self.silent = if self.page.active { 0 } else { self.silent + piece.len() };
            if self.silent > ENDLESS {
                self.parser = Parser::new();
                self.silent = 0;
            }
            self.write()?;
        }
        Ok(())
    }

    /// A character that was begun and never finished.
    fn flush(&mut self) -> io::Result<()> {
        let rest = self.text.finish();
        self.output(rest.as_bytes())
    }

    fn write(&mut self) -> io::Result<()> {
        self.out.write_all(self.page.ready.as_bytes())?;
        self.page.ready.clear();
        Ok(())
    }
}

/// What the parser draws on.
#[derive(Debug, Default)]
struct Page {
    line: Line,
    columns: usize,
    /// Whole lines that are not written yet.
    ready: String,
    /// Whether the parser had anything to say.
    active: bool,
}

impl Page {
    fn new_line(&mut self) {
        self.line.end(&mut self.ready);
    }

    /// Ends a line that says something.
    fn leave_line(&mut self) {
        if !self.line.is_blank() {
            self.new_line();
        }
    }

    /// The cursor goes to another line, at this column.
    fn go_elsewhere(&mut self, column: usize) {
        self.leave_line();
        self.line.erase_all();
        self.go(column);
    }

    fn go(&mut self, column: usize) {
        self.line.move_to(column.min(self.columns.saturating_sub(1)));
    }

    /// Up to the right margin; a line that is longer has wrapped there and stays.
    fn forward(&mut self, count: usize) {
        let column = self.line.column();
        let margin = self.columns.saturating_sub(1).max(column);
        self.line.move_to(column.saturating_add(count).min(margin));
    }
}

impl Perform for Page {
    fn print(&mut self, character: char) {
        self.active = true;
        if character.is_control() {
            return;
        }
        if self.line.is_full() {
            self.new_line();
        }
        self.line.print(character);
    }

    fn execute(&mut self, byte: u8) {
        self.active = true;
        match byte {
            b'\n' | 0x0b | 0x0c => self.new_line(),
            b'\r' => self.line.move_to(0),
            0x08 => self.line.move_to(self.line.column().saturating_sub(1)),
            b'\t' => self.forward(TAB - self.line.column() % TAB),
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], _: bool, action: char) {
        self.active = true;
        if !intermediates.is_empty() {
            return;
        }
        let param = |at| usize::from(params.iter().nth(at).map_or(0, |param| param[0]));
        let (mode, count, column) = (param(0), param(0).max(1), self.line.column());
        match (action, mode) {
            ('C' | 'a', _) => self.forward(count),
            ('D', _) => self.line.move_to(column.saturating_sub(count)),
            ('G' | '`', _) => self.go(count - 1),
            ('K' | 'J', 0) => self.line.erase_after(),
            ('K', 1) => self.line.erase_before(),
            ('K', 2) => self.line.erase_all(),
            ('X', _) => self.line.erase(count),
            ('P', _) => self.line.delete(count),
            ('@', _) => self.line.insert(count),
            ('A' | 'B' | 'd', _) | ('J', 2) => self.go_elsewhere(column),
            ('E' | 'F', _) => self.go_elsewhere(0),
            ('H' | 'f', _) => self.go_elsewhere(param(1).max(1) - 1),
            _ => {}
        }
    }

    fn esc_dispatch(&mut self, _: &[u8], _: bool, _: u8) {
        self.active = true;
    }

    fn osc_dispatch(&mut self, _: &[&[u8]], _: bool) {
        self.active = true;
    }

    fn put(&mut self, _: u8) {
        self.active = true;
    }
}

#[cfg(test)]
mod tests;
