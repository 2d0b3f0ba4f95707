//! The cursor, and the character before it: a mark that follows may join it, and what comes after the
//! last column wraps.

use super::super::cell::Cell;
use super::super::graphemes::Last;
use super::super::row::Row;
use super::super::term::Term;
use super::super::widths::Widths;
use super::odd;
use super::paint::Painter;
use super::torn::{Tear, is_torn_cell};

/// What [`rest`] needs on the screen, with attributes of its own: the cell before the edge as it was
/// before marks made it wide.
pub fn prepare(term: &Term, painter: &mut Painter<'_>) {
    let drops = is_dropped(term);
    let torn = Tear::of(term).is_some_and(|tear| tear.pen);
    let again = joined_cell(term).is_some() || can_repeat(term, last_two(term).1, torn);
    if is_widened(term) && (drops || again && last_cell(term) == Some(term.cols - 1)) {
        let (left, right) = last_two(term);
        let right = if drops { right } else { Cell::default() };
        painter.say(&format!("\x1b[{}H\x1b[?7l", term.shown().y + 1));
        painter.unwidened(left, right, &term.tables.clusters);
        painter.say("\x1b[?7h");
        painter.plain();
    }
}

/// Whether a pending wrap cannot be brought about: the last column holds nothing to be printed
/// again, and there is no other screen to do it on.
pub fn loses_wrap(term: &Term) -> bool {
    let torn = Tear::of(term).is_some_and(|tear| tear.pen);
    let last = last_cell(term).map(|x| term.row_shown().get(x));
    let again = last.is_some_and(|cell| can_repeat(term, cell, torn));
    term.on_alt && term.shown().x == term.cols && !again && (torn || !is_uniform(term.row_shown(), term.cols))
}

/// A wide character was dropped at the edge (DECAWM off): a mark that follows would join the cell
/// before the edge.
pub fn is_dropped(term: &Term) -> bool {
    let waits = term.last.width == 2 && term.printing && !term.modes.wrap;
    waits && term.dropped && term.shown().x + 1 == term.cols
}

/// The first column of the character before the cursor, when there is one.
pub fn last_cell(term: &Term) -> Option<usize> {
    let buffer = term.shown();
    let row = &buffer.rows[buffer.y];
    let back = if row.get(buffer.x.checked_sub(1)?).is_half() { 2 } else { 1 };
    let x = buffer.x.checked_sub(back)?;
    let cell = row.get(x);
    (cell.has_content() && cell.width() as usize == back).then_some(x)
}

/// The same when a mark would still join it. After a change of size it need not be the last
/// character any more.
pub fn joined_cell(term: &Term) -> Option<usize> {
    let is_last = |x: &usize| term.row_shown().get(*x).width() == term.last.width;
    last_cell(term).filter(is_last).filter(|_| term.printing && !is_dropped(term))
}

/// Whether a mark that follows meets the same character before it as in `term`.
pub fn leads_on(term: &Term) -> bool {
    let clusters = &term.tables.clusters;
    let said = if is_dropped(term) {
        let left = odd::text(last_two(term).0, clusters);
        let marks = if is_widened(term) { term.widths.parts(&left).1 } else { "" };
        Last::of(&format!("\u{3000}{marks}"))
    } else {
        joined_cell(term).and_then(|x| Last::of(&odd::text(term.row_shown().get(x), clusters)))
    };
    term.widths == Widths::Unicode11 || said.is_some_and(|said| said.leads_like(term.last))
}

pub fn go_to(term: &Term, painter: &mut Painter<'_>, x: usize) {
    let buffer = term.shown();
    let top = if term.modes.origin { buffer.top } else { 0 };
    painter.say(&format!("\x1b[{};{}H", buffer.y.saturating_sub(top) + 1, x + 1));
}

/// Fills the last column, so that the next character wraps. A torn pen is neither changed nor
/// lost: only the cell it drew itself is drawn again with it.
pub fn pending_wrap(term: &Term, painter: &mut Painter<'_>, last: Option<usize>, torn: bool) {
    let buffer = term.shown();
    let (y, cols, row) = (buffer.y + 1, term.cols, term.row_shown());
    let cell = last.map(|x| (x, buffer.rows[buffer.y].get(x)));
    match cell.filter(|(_, cell)| can_repeat(term, *cell, torn)) {
        Some((x, cell)) => {
            if torn {
                painter.brush.adjust(&mut painter.out, term.pen);
            } else {
                painter.style(cell.style);
            }
            print_last(term, painter, x, true);
            // Anything but a character ends the run: no mark joins.
            painter.say("\0");
        }
        None if term.on_alt && is_uniform(row, cols) && !torn => {
            // Erasing the whole line leaves the cursor where it is.
            go_to(term, painter, cols - 1);
            painter.say(" ");
            painter.style(row.get(0).style);
            painter.say("\x1b[2K");
        }
        None if term.on_alt => go_to(term, painter, cols - 1),
        None => {
            // The cell was erased since, or must not be touched. Changing buffers takes the cursor
            // along as it is, so the wrap is brought about on the other one.
            painter.say(&format!("\x1b[?47h\x1b[{y};{cols}H \x1b[?47l"));
        }
    }
}

/// Prints the last character again, as the very last thing: a mark that follows must join it. It
/// was printed with the pen and the mapping that are in force now.
pub fn reprint(term: &Term, painter: &mut Painter<'_>, x: usize) {
    if term.modes.insert {
        // What inserting will push to the right comes from the right first.
        let cell = term.row_shown().get(x);
        go_to(term, painter, x);
        let columns = painter.widths.first_columns(&odd::text(cell, &term.tables.clusters), cell.width());
        painter.say(&format!("\x1b[{columns}P"));
        painter.glyph(cell, &term.tables.clusters);
    } else {
        print_last(term, painter, x, false);
    }
}

/// Drops one again. What the last one and its marks have made wide must be made wide once more.
pub fn drop_again(term: &Term, painter: &mut Painter<'_>) {
    let clusters = &term.tables.clusters;
    let (left, right) = last_two(term);
    if is_widened(term) {
        painter.widen(left, right, clusters);
    } else if odd::is_pair(term.row_shown(), term.cols - 2, term.cols) {
        go_to(term, painter, term.cols - 2);
        painter.cut(left, right, clusters);
        painter.text(if right.has_content() { "\u{3000}" } else { "" });
    } else {
        painter.text("\u{3000}");
    }
}

/// Prints the character at `x`, and the wide one before it when printing alone would split that:
/// the mode that allows it (DECAWM off) is either not said yet or in force.
fn print_last(term: &Term, painter: &mut Painter<'_>, x: usize, wraps: bool) {
    let row = term.row_shown();
    let clusters = &term.tables.clusters;
    let cell = row.get(x);
    let left = row.get(x.saturating_sub(1));
    if x == 0 || !odd::is_pair(row, x - 1, term.cols) {
        go_to(term, painter, x);
        return painter.glyph(cell, clusters);
    }
    painter.say(if wraps { "\x1b[?7l" } else { "" });
    if odd::is_cut(left, clusters, term.widths) {
        go_to(term, painter, x - 1);
        painter.cut(left, cell, clusters);
    } else {
        go_to(term, painter, x);
        painter.widen(left, cell, clusters);
        painter.glyph(cell, clusters);
    }
    painter.say(if wraps { "\x1b[?7h" } else { "" });
}

/// Whether marks have made the cell before the edge wide.
fn is_widened(term: &Term) -> bool {
    let (row, x) = (term.row_shown(), term.cols - 2);
    odd::is_pair(row, x, term.cols) && !odd::is_cut(row.get(x), &term.tables.clusters, term.widths)
}

fn last_two(term: &Term) -> (Cell, Cell) {
    let row = term.row_shown();
    (row.get(term.cols - 2), row.get(term.cols - 1))
}

/// Whether the last cell may be printed again: a torn pen must not be changed for it, and none can be
/// made any more.
fn can_repeat(term: &Term, cell: Cell, torn: bool) -> bool {
    if torn { term.on_alt && cell.style == term.style } else { !is_torn_cell(&term.tables, cell.style) }
}

/// Whether erasing the whole line makes it look like this.
fn is_uniform(row: &Row, cols: usize) -> bool {
    let first = row.get(0);
    first.is_empty()
        && odd::is_background(first.style)
        && !row.wrapped
        && (1..cols).all(|x| row.get(x) == first)
}
