//! One line of the screen.
//!
//! A row keeps cells only up to the last one that was written; the rest of the line is empty and
//! shows `back`. Which column is the last is the owner's knowledge, given as `cols`. A line that was
//! only written from left to right is a [`Draft`]; anything else done to it makes it cells.

use std::cell::OnceCell;

use super::cell::{Cell, Style};
use super::draft::Draft;
use super::marks::Marks;

/// Cells, the background of the unwritten rest, and whether the line above runs on into this one.
#[derive(Debug, Clone, Default)]
pub struct Row {
    draft: Draft,
    /// In place of the draft once `edited`.
    cells: Vec<Cell>,
    edited: bool,
    /// The draft as cells, if anybody has looked.
    view: OnceCell<Box<[Cell]>>,
    back: u32,
    pub wrapped: bool,
    pub marks: Marks,
}

impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        (self.back, self.wrapped, self.marks, self.cells())
            == (other.back, other.wrapped, other.marks, other.cells())
    }
}

impl Eq for Row {}

impl Row {
    pub fn blank(style: Style) -> Row {
        Row { back: style.bg, ..Row::default() }
    }

    /// A blank row that the line above runs on into.
    pub fn continuation() -> Row {
        Row { wrapped: true, ..Row::default() }
    }

    /// Makes the row blank and keeps its memory.
    pub fn clear(&mut self, style: Style) {
        self.empty();
        self.back = style.bg;
        self.wrapped = false;
        self.marks = Marks::default();
    }

    pub fn get(&self, x: usize) -> Cell {
        self.cells().get(x).copied().unwrap_or(self.rest())
    }

    pub fn cells(&self) -> &[Cell] {
        if self.edited {
            return &self.cells;
        }
        self.view.get_or_init(|| {
            let mut cells = Vec::new();
            self.draft.unpack(&mut cells);
            cells.into()
        })
    }

    /// The line as it is packed, if it was only written from left to right.
    pub fn draft(&self) -> Option<&Draft> {
        (!self.edited).then_some(&self.draft)
    }

    /// The cells, to be changed.
    pub fn edit(&mut self) -> &mut Vec<Cell> {
        if !self.edited {
            self.edited = true;
            self.cells.clear();
            self.draft.unpack(&mut self.cells);
            self.draft.clear();
            self.view.take();
        }
        &mut self.cells
    }

    /// Whether the column holds the first half of a wide character.
    pub fn is_wide(&self, x: usize) -> bool {
        self.edited && self.cells.get(x).is_some_and(|cell| cell.width() == 2)
    }

    /// Whether the column holds a second half.
    pub fn is_half(&self, x: usize) -> bool {
        self.edited && self.cells.get(x).is_some_and(|cell| cell.is_half())
    }

    /// The background colour of the columns that were never written.
    pub fn back(&self) -> u32 {
        self.back
    }

    /// For a row rebuilt from storage.
    pub fn set_back(&mut self, back: u32) {
        self.back = back;
    }

    pub fn set(&mut self, x: usize, cell: Cell) {
        let rest = self.rest();
        let cells = self.edit();
        if x < cells.len() {
            cells[x] = cell;
        } else {
            cells.resize(x, rest);
            cells.push(cell);
        }
    }

    /// Writes printable ASCII from column `x` on.
    pub fn write_ascii(&mut self, x: usize, text: &[u8], style: Style) {
        if text.is_empty() {
            return;
        }
        self.stretch(x);
        if !self.edited && x == self.draft.len() {
            self.view.take();
            return self.draft.write(text, style);
        }
        let cells = self.edit();
        let room = (cells.len() - x).min(text.len());
        let (over, more) = text.split_at(room);
        for (cell, &byte) in cells[x..].iter_mut().zip(over) {
            *cell = Cell::glyph(byte.into(), 1, style);
        }
        cells.extend(more.iter().map(|&byte| Cell::glyph(byte.into(), 1, style)));
    }

    /// Empties the columns `start..end`; with `keep_protected` those under DECSCA stay.
    pub fn erase(&mut self, start: usize, end: usize, style: Style, cols: usize, keep_protected: bool) {
        let end = end.min(cols);
        let fill = Cell::empty(style);
        let guarded = |cell: Cell| keep_protected && cell.is_protected();
        if start > 0 && self.is_wide(start - 1) && !guarded(self.get(start - 1)) {
            self.set(start - 1, fill);
        }
        if end > 0 && end < cols && self.is_wide(end - 1) && !guarded(self.get(end)) {
            self.set(end, fill);
        }
        if keep_protected && self.cells().iter().skip(start).any(|cell| cell.is_protected()) {
            for x in start..end {
                if !self.get(x).is_protected() {
                    self.set(x, fill);
                }
            }
        } else {
            self.fill(start, end, fill, cols);
        }
    }

    /// Sets every column to `cell`, protected ones too.
    pub fn fill_all(&mut self, cell: Cell, cols: usize) {
        self.empty();
        self.edit().resize(cols, cell);
    }

    /// Shifts right from `pos`; what leaves the line on the right is lost.
    pub fn insert(&mut self, pos: usize, count: usize, fill: Cell, cols: usize) {
        if pos > 0 && self.is_wide(pos - 1) {
            self.set(pos - 1, fill);
        }
        let count = count.min(cols - pos);
        let cells = self.edit();
        if cells.len() > pos {
            cells.splice(pos..pos, std::iter::repeat_n(fill, count));
            cells.truncate(cols);
        } else {
            self.fill(pos, pos + count, fill, cols);
        }
        if self.is_wide(cols - 1) {
            self.set(cols - 1, fill);
        }
    }

    /// Shifts left onto `pos`; empty cells come in on the right.
    pub fn delete(&mut self, pos: usize, count: usize, fill: Cell, cols: usize) {
        let count = count.min(cols - pos);
        self.stretch_to(cols, fill);
        let cells = self.edit();
        if cells.len() > pos {
            cells.drain(pos..(pos + count).min(cells.len()));
        }
        self.fill(cols - count, cols, fill, cols);
        if pos > 0 && self.is_wide(pos - 1) {
            self.set(pos - 1, fill);
        }
        if self.is_half(pos) {
            self.set(pos, fill);
        }
    }

    /// Columns up to and with the last one that has content.
    pub fn content_len(&self) -> usize {
        let cells = self.cells();
        let last = cells.iter().rposition(|cell| cell.has_content());
        last.map_or(0, |x| x + cells[x].width() as usize)
    }

    /// Follows a change of the number of columns from `old` to `new`.
    pub fn resize(&mut self, old: usize, new: usize) {
        if new > old && self.back != 0 {
            self.stretch(old);
            self.back = 0;
        }
        if self.len() > new {
            self.edit().truncate(new);
        }
    }

    fn rest(&self) -> Cell {
        Cell::empty(Style::background(self.back))
    }

    /// Columns written.
    fn len(&self) -> usize {
        if self.edited { self.cells.len() } else { self.draft.len() }
    }

    fn empty(&mut self) {
        self.draft.clear();
        self.cells.clear();
        self.edited = false;
        self.view.take();
    }

    /// Makes the columns before `x` real.
    fn stretch(&mut self, x: usize) {
        let (len, rest) = (self.len(), self.rest());
        if len >= x {
            return;
        }
        if self.edited {
            self.cells.resize(x, rest);
        } else {
            self.view.take();
            self.draft.skip(x - len, rest.style);
        }
    }

    /// Before cells of another background than the rest come in from the right edge.
    fn stretch_to(&mut self, cols: usize, fill: Cell) {
        if fill != self.rest() {
            self.stretch(cols);
        }
    }

    fn fill(&mut self, start: usize, end: usize, fill: Cell, cols: usize) {
        if start >= end {
            return;
        }
        if end >= cols && fill == Cell::empty(Style::background(fill.style.bg)) {
            if fill.style.bg != self.back {
                self.stretch(start);
            }
            if start == 0 {
                self.empty();
            } else if start < self.len() {
                self.edit().truncate(start);
            }
            self.back = fill.style.bg;
            return;
        }
        self.stretch(end);
        self.edit()[start..end].fill(fill);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLS: usize = 8;

    fn row(text: &str) -> Row {
        let mut row = Row::default();
        row.write_ascii(0, text.as_bytes(), Style::default());
        row
    }

    fn shown(row: &Row) -> String {
        (0..COLS)
            .map(|x| match row.get(x) {
                cell if cell.is_half() => '<',
                cell if cell.is_empty() && cell.style.bg != 0 => '#',
                cell if cell.is_empty() => '.',
                cell => char::from_u32(cell.code()).unwrap_or('?'),
            })
            .collect()
    }

    #[test]
    fn edits_keep_the_line_as_wide_as_it_was() {
        let plain = Cell::default();
        let blue = Cell::empty(Style::background(0x0100_0004));
        type Edit = fn(&mut Row, Cell);
        let cases: [(&str, Edit, Cell, &str); 9] = [
            ("abcdefgh", |row, fill| row.insert(2, 3, fill, COLS), plain, "ab...cde"),
            ("abc", |row, fill| row.insert(1, 2, fill, COLS), blue, "a##bc..."),
            ("abc", |row, fill| row.insert(5, 9, fill, COLS), blue, "abc..###"),
            ("abcdefgh", |row, fill| row.delete(2, 3, fill, COLS), plain, "abfgh..."),
            ("abc", |row, fill| row.delete(1, 1, fill, COLS), blue, "ac.....#"),
            ("abc", |row, fill| row.erase(1, 2, fill.style, COLS, false), plain, "a.c....."),
            ("abc", |row, fill| row.erase(2, 99, fill.style, COLS, false), blue, "ab######"),
            ("abc", |row, fill| row.erase(5, 99, fill.style, COLS, false), blue, "abc..###"),
            ("abc", |row, fill| row.erase(4, 6, fill.style, COLS, false), blue, "abc.##.."),
        ];
        for (before, edit, fill, after) in cases {
            let mut row = row(before);
            edit(&mut row, fill);
            assert_eq!(shown(&row), after, "{before}");
        }
    }

    #[test]
    fn cutting_a_wide_character_leaves_no_half() {
        let mut wide = row("a");
        wide.edit().push(Cell::glyph('世'.into(), 2, Style::default()));
        wide.edit().push(Cell::half(Style::default()));
        wide.edit().push(Cell::glyph('b'.into(), 1, Style::default()));

        let mut erased = wide.clone();
        erased.erase(2, 3, Style::default(), COLS, false);
        assert_eq!(shown(&erased), "a..b....");

        let mut deleted = wide.clone();
        deleted.delete(0, 2, Cell::default(), COLS);
        assert_eq!(shown(&deleted), ".b......");
    }

    #[test]
    fn erasing_to_the_end_costs_no_cells() {
        let mut row = row("abc");
        row.erase(0, COLS, Style::background(0x0100_0001), COLS, false);
        assert_eq!(row.cells().len(), 0);
        assert_eq!(shown(&row), "########");
    }
}
