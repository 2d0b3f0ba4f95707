//! The whole snapshot, in order, within its size.

use super::super::buffer::Buffer;
use super::super::cell::Cell;
use super::super::packed::{self, PackedRow};
use super::super::row::Row;
use super::super::term::Term;
use super::last;
use super::paint::{Clusters, Painter};
use super::state;

/// Most texts of clusters that two lines of scrollback can need.
const LINE_CLUSTERS: usize = 4096;

/// What redrawing a borrowed saved cursor may add after the size was reckoned.
const SLACK: usize = 64;

/// Bytes that redraw `term`, then `pending`. When they would be more than `max_bytes`, the oldest
/// lines of the scrollback are left out; the screen itself never is.
pub fn snapshot(term: &Term, pending: &[u8], max_bytes: usize) -> Vec<u8> {
    let mut painter = Painter::new(term);
    state::prologue(&mut painter);
    state::surroundings(term, &mut painter);
    painter.say("\x1b[H");
    let head = std::mem::take(&mut painter.out);

    screen(term, &mut painter, &term.normal, true);
    let shown = std::mem::take(&mut painter.out);
    tail(term, &mut painter);
    let mut end = std::mem::take(&mut painter.out);

    let room = max_bytes.saturating_sub(head.len() + shown.len() + end.len() + pending.len() + SLACK);
    let borrowed = painter.borrowed;
    let history = history(term, &mut painter, room);
    painter.brush.forget();
    state::saved_line(&mut painter, &term.normal, history.count());
    if history.continues {
        painter.continue_nothing();
    }
    let start = std::mem::take(&mut painter.out);
    if painter.borrowed && !borrowed {
        tail(term, &mut painter);
        end = std::mem::take(&mut painter.out);
    }
    let parts = [&head, &start, &history.lines, &shown, &end, pending];
    let mut all = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    all.extend(head);
    all.extend(start);
    history.oldest_first().for_each(|line| all.extend_from_slice(line));
    all.extend(shown);
    all.extend(end);
    all.extend(pending);
    all
}

/// Everything behind the rows of the normal screen.
fn tail(term: &Term, painter: &mut Painter<'_>) {
    if !term.on_alt {
        last::prepare(term, painter);
    }
    state::buffer(painter, &term.normal, &term.kitty[0], false);
    let visit = state::has_saved_cursor(&term.alt) || term.kitty[1] != Default::default();
    if term.on_alt {
        // The cursor left behind decides how lines wrap anew when the size changes.
        painter.say(&format!("\x1b[{};{}H", term.normal.y + 1, (term.normal.x + 1).min(term.cols)));
        painter.say("\x1b[?47h\x1b[r\x1b[H");
        painter.on_alt = true;
        if term.alt.rows[0].wrapped {
            painter.continue_nothing();
        }
        screen(term, painter, &term.alt, false);
        last::prepare(term, painter);
        state::buffer(painter, &term.alt, &term.kitty[1], true);
    } else if visit || painter.borrowed {
        painter.say("\x1b[?47h");
        painter.on_alt = true;
        state::buffer(painter, &term.alt, &term.kitty[1], true);
        painter.say("\x1b[?47l");
    }
    painter.on_alt = false;
    state::statuses(term, painter);
    state::rest(term, painter);
}

/// Lines of the scrollback, drawn.
struct Drawn {
    /// Newest first.
    lines: Vec<u8>,
    /// Where each line ends, after a 0.
    ends: Vec<usize>,
    /// The oldest line continues one that is not there.
    continues: bool,
}

impl Drawn {
    fn count(&self) -> usize {
        self.ends.len() - 1
    }

    fn oldest_first(&self) -> impl Iterator<Item = &[u8]> {
        self.ends.windows(2).rev().map(|pair| &self.lines[pair[0]..pair[1]])
    }
}

/// The rows of one screen. Blank rows at the end are said only when lines must scroll above them.
fn screen(term: &Term, painter: &mut Painter<'_>, buffer: &Buffer, normal: bool) {
    let empty = |row: &Row| row.cells().iter().all(|cell| *cell == Cell::default());
    let blank = |row: &Row| empty(row) && row.back() == 0 && !row.wrapped && row.marks.is_empty();
    let used = buffer.rows.iter().rposition(|row| !blank(row)).map_or(0, |last| last + 1);
    let count = if normal && !buffer.history.is_empty() { buffer.rows.len() } else { used };
    for y in 0..count {
        let next = buffer.rows.get(y + 1).filter(|_| y + 1 < count);
        painter.line(&buffer.rows[y], &term.tables.clusters, next);
    }
}

/// The newest lines of the scrollback that fit in `room` bytes.
fn history(term: &Term, painter: &mut Painter<'_>, room: usize) -> Drawn {
    let buffer = &term.normal;
    painter.brush.forget();
    let mut top = Vec::new();
    packed::pack(&buffer.rows[0], &term.tables.clusters, &mut top);
    let mut next = PackedRow::new(&top);
    let (mut row, mut below) = (Row::default(), Row::default());
    let mut ends = vec![0];
    painter.out.reserve(room.min(2 * buffer.history.bytes()));
    for packed in buffer.history.iter().rev() {
        if !painter.text_line(packed, next) {
            let mut clusters = Clusters::new(LINE_CLUSTERS);
            next.unpack(&mut below, &mut clusters);
            packed.unpack(&mut row, &mut clusters);
            painter.line(&row, &clusters, Some(&below));
        }
        if painter.out.len() > room {
            painter.out.truncate(ends[ends.len() - 1]);
            break;
        }
        ends.push(painter.out.len());
        next = packed;
    }
    // `next` is now the oldest line that is said.
    Drawn { lines: std::mem::take(&mut painter.out), ends, continues: next.is_wrapped() }
}
