//! The door of the screen model.

use std::ops::Range;

use super::frame::Frame;
use super::images::Images;
use super::marks::Mark;
use super::snapshot::{self, Shown, Unsaid};
use super::status::{News, Status};
use super::term::Term;
use super::text::Found;
use super::widths::Widths;
use crate::domain::size::Size;

/// What a viewer shows after the output fed so far.
///
/// Equal bytes give an equal screen however they were cut into chunks. Memory is bounded by the
/// size, the lines of scrollback and fixed limits, whatever the stream.
#[derive(Debug)]
pub struct Screen {
    size: Size,
    frame: Frame,
    term: Term,
}

impl Screen {
    /// An empty screen that keeps so many lines of scrollback.
    pub fn new(size: Size, scrollback_lines: usize) -> Screen {
        Screen {
            size,
            frame: Frame::new(),
            term: Term::new(size.rows.into(), size.cols.into(), scrollback_lines),
        }
    }

    /// The same screen counting columns as `widths` says; for one that was fed nothing yet.
    pub fn with_widths(mut self, widths: Widths) -> Screen {
        self.term.widths = widths;
        self
    }

    /// Applies output: any bytes, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.frame.feed(&mut self.term, bytes);
    }

    /// Follows a change of size. Lines of the normal screen and the scrollback are wrapped anew as
    /// xterm.js does it; the alternate screen is cut or padded.
    pub fn resize(&mut self, size: Size) {
        self.size = size;
        self.term.resize(size.rows.into(), size.cols.into());
    }

    pub fn size(&self) -> Size {
        self.size
    }

    /// Bytes that make a terminal of this size, fresh or dirty, show the same screen and continue
    /// in the same state. More than `max_bytes` only when the screen alone is more: the oldest
    /// scrollback is left out first. They contain no query.
    pub fn snapshot(&self, max_bytes: usize) -> Vec<u8> {
        snapshot::snapshot(&self.term, &self.frame.pending(), max_bytes)
    }

    /// What a viewer shows now, to be told later what has changed.
    pub fn shown(&self) -> Shown {
        Shown::new(&self.term)
    }

    /// Bytes that lead a viewer which showed `since`, and was sent nothing more, to the present
    /// state. `None` when only a snapshot does. They contain no query.
    pub fn difference(&self, since: &Shown) -> Option<Vec<u8>> {
        snapshot::difference(&self.term, &self.frame.pending(), since)
    }

    /// What [`Screen::snapshot`] cannot say about this state; nothing, almost always.
    pub fn unsaid(&self) -> Vec<Unsaid> {
        snapshot::unsaid(&self.term)
    }

    /// Whether the output so far ends inside an escape sequence.
    pub fn is_within_sequence(&self) -> bool {
        self.frame.is_within_sequence()
    }

    /// Answers to queries since the last call, at most 4 KiB; the caller writes or drops them.
    pub fn take_replies(&mut self) -> Vec<u8> {
        self.term.replies.take()
    }

    /// The window title, without control characters, at most 256 characters. Titles that programs
    /// push and pop again (CSI 22 and 23 t) are followed, though xterm.js does not.
    pub fn title(&self) -> &str {
        &self.term.title.current
    }

    /// The directory the program reported (OSC 7), decoded.
    pub fn cwd(&self) -> Option<&str> {
        self.term.cwd.as_deref()
    }

    /// The lines of the normal screen and its scrollback that have marks (OSC 133, pictures), oldest
    /// first.
    pub fn marks(&self) -> Vec<Mark> {
        self.term.normal.marks()
    }

    /// What programs say about themselves (OSC 7501), the one said last at the end. Hints only.
    pub fn statuses(&self) -> &[Status] {
        self.term.statuses.list()
    }

    /// How often programs have said something about themselves so far.
    pub fn news(&self) -> News {
        self.term.statuses.news()
    }

    /// Placeholders of the newest pictures, and how many pictures there were.
    pub fn images(&self) -> &Images {
        &self.term.images
    }

    /// How often the bell rang.
    pub fn bells(&self) -> u64 {
        self.term.bells
    }

    /// Lines there are: the scrollback, then the screen; on the alternate screen its rows alone.
    /// Line 0 is the oldest.
    pub fn line_count(&self) -> usize {
        self.term.line_count()
    }

    /// Plain text of some lines, joined where the terminal wrapped them, without trailing blanks.
    pub fn text_of(&self, lines: Range<usize>) -> String {
        self.term.text(lines)
    }

    /// The rows shown as plain text.
    pub fn text(&self) -> String {
        let above = self.term.history_count();
        self.term.text(above..self.line_count())
    }

    /// The scrollback as plain text.
    pub fn scrollback_text(&self) -> String {
        self.term.text(0..self.term.history_count())
    }

    /// Lines in which `wanted` is, newest first, at most `most`. Case matters if it has capitals.
    pub fn find(&self, wanted: &str, most: usize) -> Vec<Found> {
        self.term.find(wanted, most)
    }

    /// The last lines that are not blank, oldest first: for lists and notifications.
    pub fn last_lines(&self, count: usize) -> Vec<String> {
        self.term.last_lines(count)
    }

    /// Some lines as HTML: one `pre` in the terminal's colours.
    pub fn html(&self, lines: Range<usize>) -> String {
        self.term.html(lines)
    }
}
