//! One line of the screen.
//!
//! A row keeps cells only up to the last one that was written; the rest of the line is empty and
//! shows `back`. Which column is the last is the owner's knowledge, given as `cols`.

use super::cell::{Cell, Style};

/// Cells, the background of the unwritten rest, and whether the line above runs on into this one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    cells: Vec<Cell>,
    back: u32,
    pub wrapped: bool,
}

impl Row {
    pub fn blank(style: Style) -> Row {
        Row { cells: Vec::new(), back: style.bg, wrapped: false }
    }

    /// A blank row that the line above runs on into.
    pub fn continuation() -> Row {
        Row { wrapped: true, ..Row::default() }
    }

    /// Makes the row blank and keeps its memory.
    pub fn clear(&mut self, style: Style) {
        self.cells.clear();
        self.back = style.bg;
        self.wrapped = false;
    }

    pub fn get(&self, x: usize) -> Cell {
        self.cells.get(x).copied().unwrap_or(self.rest())
    }

    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The background colour of the columns that were never written.
    pub fn back(&self) -> u32 {
        self.back
    }

    /// For a row rebuilt from storage.
    pub fn set_back(&mut self, back: u32) {
        self.back = back;
    }

    pub fn push(&mut self, cell: Cell) {
        self.cells.push(cell);
    }

    pub fn set(&mut self, x: usize, cell: Cell) {
        if x < self.cells.len() {
            self.cells[x] = cell;
        } else {
            self.stretch(x);
            self.cells.push(cell);
        }
    }

    /// Writes printable ASCII from column `x` on.
    pub fn write_ascii(&mut self, x: usize, text: &[u8], style: Style) {
        self.stretch(x);
        let room = (self.cells.len() - x).min(text.len());
        let (over, more) = text.split_at(room);
        for (cell, &byte) in self.cells[x..].iter_mut().zip(over) {
            *cell = Cell::glyph(byte.into(), 1, style);
        }
        self.cells.extend(more.iter().map(|&byte| Cell::glyph(byte.into(), 1, style)));
    }

    /// Empties the columns `start..end`; with `keep_protected` those under DECSCA stay.
    pub fn erase(&mut self, start: usize, end: usize, style: Style, cols: usize, keep_protected: bool) {
        let end = end.min(cols);
        let fill = Cell::empty(style);
        let guarded = |cell: Cell| keep_protected && cell.is_protected();
        if start > 0 && self.get(start - 1).width() == 2 && !guarded(self.get(start - 1)) {
            self.set(start - 1, fill);
        }
        if end > 0 && end < cols && self.get(end - 1).width() == 2 && !guarded(self.get(end)) {
            self.set(end, fill);
        }
        if keep_protected && self.cells.iter().skip(start).any(|cell| cell.is_protected()) {
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
        self.cells.clear();
        self.cells.resize(cols, cell);
    }

    /// Shifts right from `pos`; what leaves the line on the right is lost.
    pub fn insert(&mut self, pos: usize, count: usize, fill: Cell, cols: usize) {
        if pos > 0 && self.get(pos - 1).width() == 2 {
            self.set(pos - 1, fill);
        }
        let count = count.min(cols - pos);
        if self.cells.len() > pos {
            self.cells.splice(pos..pos, std::iter::repeat_n(fill, count));
            self.cells.truncate(cols);
        } else {
            self.fill(pos, pos + count, fill, cols);
        }
        if self.get(cols - 1).width() == 2 {
            self.set(cols - 1, fill);
        }
    }

    /// Shifts left onto `pos`; empty cells come in on the right.
    pub fn delete(&mut self, pos: usize, count: usize, fill: Cell, cols: usize) {
        let count = count.min(cols - pos);
        self.stretch_to(cols, fill);
        if self.cells.len() > pos {
            self.cells.drain(pos..(pos + count).min(self.cells.len()));
        }
        self.fill(cols - count, cols, fill, cols);
        if pos > 0 && self.get(pos - 1).width() == 2 {
            self.set(pos - 1, fill);
        }
        if self.get(pos).is_half() {
            self.set(pos, fill);
        }
    }

    /// Columns up to and with the last one that has content.
    pub fn content_len(&self) -> usize {
        let last = self.cells.iter().rposition(|cell| cell.has_content());
        last.map_or(0, |x| x + self.cells[x].width() as usize)
    }

    /// Follows a change of the number of columns from `old` to `new`.
    pub fn resize(&mut self, old: usize, new: usize) {
        if new > old && self.back != 0 {
            self.stretch(old);
            self.back = 0;
        }
        self.cells.truncate(new);
    }

    fn rest(&self) -> Cell {
        Cell::empty(Style::background(self.back))
    }

    /// Makes the columns before `x` real.
    fn stretch(&mut self, x: usize) {
        if self.cells.len() < x {
            self.cells.resize(x, self.rest());
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
            self.cells.truncate(start);
            self.back = fill.style.bg;
            return;
        }
        self.stretch(end);
        self.cells[start..end].fill(fill);
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
        wide.push(Cell::glyph('世'.into(), 2, Style::default()));
        wide.push(Cell::half(Style::default()));
        wide.push(Cell::glyph('b'.into(), 1, Style::default()));

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
