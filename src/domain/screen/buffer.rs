//! One of the two screens: its rows, its scrollback, its cursor and what belongs to them.
//!
//! `y` counts from the top of the screen. A saved cursor counts from the oldest line of the
//! scrollback, as in xterm.js, so it travels with the text until the scrollback is full.

use std::collections::VecDeque;
use std::sync::Arc;

use super::cell::{Cell, Style};
use super::charset::Charset;
use super::history::History;
use super::intern::Table;
use super::marks::Mark;
use super::row::Row;
use super::tabs::Tabs;

/// What DECSC keeps: not the link, not the underline's style and colour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saved {
    pub x: usize,
    /// Lines from the start of the scrollback.
    pub line: usize,
    pub fg: u32,
    pub bg: u32,
    pub charset: Charset,
}

/// Rows, scrollback, cursor, scroll region, tab stops, saved cursor.
#[derive(Debug, Clone)]
pub struct Buffer {
    pub rows: VecDeque<Row>,
    pub history: History,
    /// Lines that ever went up into the scrollback.
    pub scrolled: u64,
    /// Lines of scrollback kept; 0 for the alternate screen.
    pub limit: usize,
    /// Equal to the number of columns while a wrap is pending.
    pub x: usize,
    pub y: usize,
    /// First and last row of the scroll region.
    pub top: usize,
    pub bottom: usize,
    pub tabs: Tabs,
    pub saved: Saved,
}

impl Buffer {
    pub fn new(rows: usize, cols: usize, limit: usize) -> Buffer {
        Buffer {
            rows: (0..rows).map(|_| Row::default()).collect(),
            history: History::default(),
            scrolled: 0,
            limit,
            x: 0,
            y: 0,
            top: 0,
            bottom: rows - 1,
            tabs: Tabs::new(cols),
            saved: Saved::default(),
        }
    }

    pub fn row(&mut self) -> &mut Row {
        &mut self.rows[self.y]
    }

    /// Writes printable ASCII that fits between the cursor and the end of the line.
    pub fn write_ascii(&mut self, text: &[u8], style: Style) {
        let x = self.x;
        self.row().write_ascii(x, text, style);
        self.x += text.len();
    }

    /// Printing over the second half of a wide character empties its first half.
    pub fn split_wide_before(&mut self, style: Style) {
        let (x, row) = (self.x, &mut self.rows[self.y]);
        if x > 0 && row.is_wide(x - 1) {
            row.set(x - 1, Cell::empty(style));
        }
    }

    /// Printing over the first half of a wide character empties its second half.
    pub fn split_wide_after(&mut self, cols: usize, style: Style) {
        let (x, row) = (self.x, &mut self.rows[self.y]);
        if x < cols && row.is_half(x) {
            row.set(x, Cell::empty(style));
        }
    }

    /// Scrolls the region up one line. The top line goes to the scrollback when the region starts
    /// at the top of the screen.
    pub fn scroll(&mut self, style: Style, wrapped: bool, clusters: &Table<Arc<str>>) {
        if self.top == 0 && self.limit > 0 {
            if self.history.len() >= self.limit {
                self.history.pop();
            }
            self.history.push(&self.rows[0], clusters);
            self.scrolled += 1;
            self.saved.line = self.saved.line.saturating_sub(self.history.trim());
        }
        self.lift(self.top, self.bottom, style);
        self.rows[self.bottom].wrapped = wrapped;
    }

    /// Moves the rows `top + 1..=bottom` up by one; the last becomes blank.
    pub fn lift(&mut self, top: usize, bottom: usize, style: Style) {
        let mut row =
            if top == 0 { self.rows.pop_front() } else { self.rows.remove(top) }.unwrap_or_default();
        row.clear(style);
        if bottom == self.rows.len() {
            self.rows.push_back(row);
        } else {
            self.rows.insert(bottom, row);
        }
    }

    /// Moves the rows `top..bottom` down by one; the first becomes blank.
    pub fn sink(&mut self, top: usize, bottom: usize, style: Style) {
        let mut row = self.rows.remove(bottom).unwrap_or_default();
        row.clear(style);
        self.rows.insert(top, row);
    }

    /// The lines that have marks, counted from the oldest one kept.
    pub fn marks(&self) -> Vec<Mark> {
        let above = self.history.iter().map(|packed| packed.marks());
        let all = above.chain(self.rows.iter().map(|row| row.marks)).enumerate();
        all.filter(|(_, marks)| !marks.is_empty()).map(|(line, marks)| Mark { line, marks }).collect()
    }

    /// The saved line counted from the top of the screen; lines above it count as the first.
    pub fn saved_y(&self) -> usize {
        self.saved.line.saturating_sub(self.history.len())
    }
}
