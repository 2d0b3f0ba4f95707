//! A change of size.

use super::buffer::Buffer;
use super::cell::Style;
use super::intern::Table;
use super::row::Row;
use super::term::{MIN_COLS, Term};

impl Term {
    pub fn resize(&mut self, rows: usize, cols: usize) {
        let cols = cols.max(MIN_COLS);
        let old = self.cols;
        for buffer in [&mut self.normal, &mut self.alt] {
            for row in &mut buffer.rows {
                row.resize(old, cols);
            }
            fit_rows(buffer, rows, &mut self.tables.clusters);
            buffer.x = buffer.x.min(cols - 1);
            buffer.saved.x = buffer.saved.x.min(cols - 1);
            buffer.top = 0;
            buffer.bottom = rows - 1;
            buffer.tabs.extend(cols);
        }
        self.rows = rows;
        self.cols = cols;
    }
}

/// Adds rows from the scrollback or below; takes blank rows below the cursor or the top ones.
fn fit_rows(buffer: &mut Buffer, rows: usize, clusters: &mut Table<Box<str>>) {
    while buffer.rows.len() < rows {
        let last = buffer.y + 1 == buffer.rows.len();
        let packed = if last { buffer.history.pop_back() } else { None };
        match packed {
            Some(packed) => {
                let mut row = Row::default();
                packed.unpack(&mut row, clusters);
                buffer.rows.push_front(row);
                buffer.y += 1;
            }
            None => buffer.rows.push_back(Row::blank(Style::default())),
        }
    }
    while buffer.rows.len() > rows {
        if buffer.y + 1 < buffer.rows.len() {
            buffer.rows.pop_back();
        } else {
            buffer.top = 0;
            buffer.bottom = buffer.rows.len() - 1;
            buffer.scroll(Style::default(), false, clusters);
            buffer.rows.pop_back();
            buffer.y -= 1;
        }
    }
}
