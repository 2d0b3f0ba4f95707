//! Erasing, inserting, deleting, scrolling by command.

use super::cell::{Cell, Style};
use super::term::Term;

impl Term {
    /// ED and DECSED.
    pub fn erase_display(&mut self, what: u16, keep_protected: bool) {
        self.restrict_to(self.cols);
        let (rows, cols, style) = (self.rows, self.cols, self.erase_style());
        let buffer = self.buffer();
        let (x, y) = (buffer.x, buffer.y);
        match what {
            0 => {
                buffer.rows[y].erase(x, cols, style, cols, keep_protected);
                if x == 0 {
                    buffer.rows[y].wrapped = false;
                }
                self.reset_rows(y + 1, rows, keep_protected);
            }
            1 => {
                buffer.rows[y].erase(0, x + 1, style, cols, keep_protected);
                buffer.rows[y].wrapped = false;
                if x + 1 >= cols {
                    self.unwrap_from_top(y + 1);
                }
                self.reset_rows(0, y, keep_protected);
            }
            2 => self.reset_rows(0, rows, keep_protected),
            3 => {
                buffer.history.clear();
                self.upheavals += 1;
            }
            _ => {}
        }
    }

    /// EL and DECSEL.
    pub fn erase_line(&mut self, what: u16, keep_protected: bool) {
        self.restrict_to(self.cols);
        let (cols, style) = (self.cols, self.erase_style());
        let buffer = self.buffer();
        let (start, end, unwrap) = match what {
            0 => (buffer.x, cols, buffer.x == 0),
            1 => (0, buffer.x + 1, false),
            2 => (0, cols, true),
            _ => return,
        };
        let row = buffer.row();
        row.erase(start, end, style, cols, keep_protected);
        if unwrap {
            row.wrapped = false;
        }
    }

    /// ECH.
    pub fn erase_chars(&mut self, count: usize) {
        self.restrict();
        let (cols, style) = (self.cols, self.erase_style());
        let buffer = self.buffer();
        let x = buffer.x;
        buffer.row().erase(x, x + count, style, cols, false);
    }

    /// ICH.
    pub fn insert_chars(&mut self, count: usize) {
        self.restrict();
        let (cols, fill) = (self.cols, Cell::empty(self.erase_style()));
        let buffer = self.buffer();
        let x = buffer.x;
        buffer.row().insert(x, count, fill, cols);
    }

    /// DCH.
    pub fn delete_chars(&mut self, count: usize) {
        self.restrict();
        let (cols, fill) = (self.cols, Cell::empty(self.erase_style()));
        let buffer = self.buffer();
        let x = buffer.x;
        buffer.row().delete(x, count, fill, cols);
    }

    /// IL.
    pub fn insert_lines(&mut self, count: usize) {
        self.in_region(|term, style| {
            let buffer = term.buffer();
            let (y, bottom) = (buffer.y, buffer.bottom);
            (0..count.min(bottom + 1 - y)).for_each(|_| buffer.sink(y, bottom, style));
            buffer.x = 0;
        });
    }

    /// DL.
    pub fn delete_lines(&mut self, count: usize) {
        self.in_region(|term, style| {
            let buffer = term.buffer();
            let (y, bottom) = (buffer.y, buffer.bottom);
            (0..count.min(bottom + 1 - y)).for_each(|_| buffer.lift(y, bottom, style));
            buffer.x = 0;
        });
    }

    /// SU. Nothing goes to the scrollback.
    pub fn scroll_up(&mut self, count: usize) {
        let style = self.erase_style();
        let buffer = self.buffer();
        let (top, bottom) = (buffer.top, buffer.bottom);
        (0..count.min(bottom + 1 - top)).for_each(|_| buffer.lift(top, bottom, style));
    }

    /// SD. The new lines have no background: xterm.js differs from SU here.
    pub fn scroll_down(&mut self, count: usize) {
        let buffer = self.buffer();
        let (top, bottom) = (buffer.top, buffer.bottom);
        (0..count.min(bottom + 1 - top)).for_each(|_| buffer.sink(top, bottom, Style::default()));
    }

    /// SL and DECDC: cuts columns out of every row of the region, from `x` on.
    pub fn delete_columns(&mut self, x: usize, count: usize) {
        self.each_region_row(|row, fill, cols| row.delete(x % cols, count, fill, cols));
    }

    /// SR and DECIC: puts empty columns into every row of the region, at `x`.
    pub fn insert_columns(&mut self, x: usize, count: usize) {
        self.each_region_row(|row, fill, cols| row.insert(x % cols, count, fill, cols));
    }

    /// DECALN.
    pub fn alignment_pattern(&mut self) {
        self.go_to(0, 0);
        let (cols, style) = (self.cols, Style { extra: 0, ..self.style });
        let buffer = self.buffer();
        let y = buffer.y;
        for row in buffer.rows.range_mut(y..) {
            row.fill_all(Cell::glyph('E'.into(), 1, style), cols);
            row.wrapped = false;
        }
        self.go_to(0, 0);
    }

    fn reset_rows(&mut self, start: usize, end: usize, keep_protected: bool) {
        let (cols, style) = (self.cols, self.erase_style());
        for row in self.buffer().rows.range_mut(start..end.max(start)) {
            if keep_protected {
                for x in 0..cols {
                    if !row.get(x).is_protected() {
                        row.set(x, Cell::empty(style));
                    }
                }
                row.wrapped = false;
            } else {
                row.clear(style);
            }
        }
    }

    /// ED 1 at the end of a line means to unwrap the next one, but xterm.js counts that line from
    /// the start of the scrollback.
    fn unwrap_from_top(&mut self, line: usize) {
        let buffer = self.buffer();
        let above = buffer.history.len();
        if buffer.history.unwrap_line(line) {
            self.upheavals += 1;
        } else if let Some(row) = buffer.rows.get_mut(line - above) {
            row.wrapped = false;
        }
    }

    fn in_region(&mut self, edit: impl FnOnce(&mut Term, Style)) {
        self.restrict();
        let buffer = self.shown();
        if (buffer.top..=buffer.bottom).contains(&buffer.y) {
            edit(self, self.erase_style());
        }
    }

    fn each_region_row(&mut self, edit: impl Fn(&mut super::row::Row, Cell, usize)) {
        let (cols, fill) = (self.cols, Cell::empty(self.erase_style()));
        let buffer = self.buffer();
        if (buffer.top..=buffer.bottom).contains(&buffer.y) {
            for row in buffer.rows.range_mut(buffer.top..=buffer.bottom) {
                edit(row, fill, cols);
                row.wrapped = false;
            }
        }
    }
}
