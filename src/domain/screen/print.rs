//! Characters: where they go, how they wrap, which ones join the one before.

use super::cell::Cell;
use super::charset;
use super::graphemes::{Kind, Last};
use super::term::Term;

impl Term {
    /// Prints a run of printable ASCII (0x20–0x7e).
    pub fn print_ascii(&mut self, mut text: &[u8]) {
        if self.modes.insert || self.charsets.active.is_some() {
            return self.print_mapped(text);
        }
        self.split_wide_before();
        if self.last.kind == Kind::Prepend
            && let Some((&first, rest)) = text.split_first()
        {
            self.put(first.into());
            text = rest;
        }
        let (cols, style, wrap) = (self.cols, self.style, self.modes.wrap);
        let mut buffer = self.buffer();
        while text.len() > cols.saturating_sub(buffer.x) {
            if buffer.x < cols {
                let (now, later) = text.split_at(cols - buffer.x);
                buffer.write_ascii(now, style);
                text = later;
            } else if wrap {
                self.wrap();
                buffer = self.buffer();
            } else {
                // Each further character replaces the last column: only the last one stays.
                buffer.x = cols - 1;
                text = &text[text.len() - 1..];
            }
        }
        buffer.write_ascii(text, style);
        buffer.split_wide_after(cols, style);
        self.last = Last { width: 1, kind: Kind::Other };
    }

    /// Prints one character above ASCII.
    pub fn print_char(&mut self, code: u32) {
        self.split_wide_before();
        self.put(code);
        self.split_wide_after();
    }

    /// REP: the text of the cell just printed, again.
    pub fn repeat(&mut self, count: u16) {
        let buffer = self.shown();
        let Some(x) = buffer.x.checked_sub(self.last.width as usize).filter(|_| self.last.width > 0) else {
            return;
        };
        let cell = buffer.rows[buffer.y].get(x);
        let text: String = match cell.cluster_index().and_then(|index| self.tables.clusters.get(index)) {
            Some(text) => text.to_string(),
            None => char::from_u32(cell.code()).filter(|_| cell.has_content()).into_iter().collect(),
        };
        self.printing = false;
        if text.len() == 1 && text.as_bytes()[0] >= 0x20 {
            let run = text.repeat(count.into());
            return self.print_ascii(run.as_bytes());
        }
        for _ in 0..count {
            for glyph in text.chars() {
                self.print_char(glyph.into());
            }
        }
    }

    fn print_mapped(&mut self, text: &[u8]) {
        self.split_wide_before();
        for &byte in text {
            let code = match self.charsets.active {
                Some(set) => charset::map(set, byte).into(),
                None => byte.into(),
            };
            self.put(code);
        }
        self.split_wide_after();
    }

    fn put(&mut self, code: u32) {
        let (last, joins) = self.widths.then(self.last, code);
        let had = if joins { self.last.width as usize } else { 0 };
        let columns = last.width;
        let taken = columns as usize - had;
        self.last = last;
        if self.shown().x + taken > self.cols && !self.make_room(columns, had) {
            self.dropped = true;
            return;
        }
        if joins && self.shown().x > 0 {
            self.join(code, columns);
            return self.spread(taken);
        }
        self.dropped = false;
        let (cols, style, insert) = (self.cols, self.style, self.modes.insert);
        let buffer = self.buffer();
        let (x, row) = (buffer.x, &mut buffer.rows[buffer.y]);
        if x >= cols {
            return;
        }
        if insert {
            row.insert(x, taken, Cell::empty(style), cols);
        }
        row.set(x, Cell::glyph(code, columns, style));
        if columns == 2 {
            row.set(x + 1, Cell::half(style));
        }
        buffer.x = x + columns.max(1) as usize;
    }

    /// The character does not fit the line: wraps, or without DECAWM stays at the end of it. What
    /// it joins, the last `had` columns, comes along.
    /// Says whether the character can be placed at all.
    fn make_room(&mut self, columns: u32, had: usize) -> bool {
        let (cols, style) = (self.cols, self.style);
        if !self.modes.wrap {
            self.buffer().x = cols - 1;
            return columns < 2;
        }
        let buffer = self.buffer();
        let start = buffer.x.saturating_sub(had);
        let row = &mut buffer.rows[buffer.y];
        let joined = row.get(start);
        for x in start..cols {
            row.set(x, Cell::empty(style));
        }
        self.wrap();
        if had > 0 {
            self.row().set(0, joined);
            self.buffer().x = had;
        }
        true
    }

    /// The character before the cursor has grown by so many columns.
    fn spread(&mut self, columns: usize) {
        let style = self.style;
        for _ in 0..columns {
            let buffer = self.buffer();
            buffer.rows[buffer.y].set(buffer.x, Cell::half(style));
            buffer.x += 1;
        }
    }

    /// Goes to the start of the next line and marks it as the continuation of this one.
    fn wrap(&mut self) {
        let last = self.rows - 1;
        let buffer = self.buffer();
        buffer.x = 0;
        if buffer.y == buffer.bottom {
            self.scroll(true);
        } else {
            buffer.y = (buffer.y + 1).min(last);
            buffer.row().wrapped = true;
        }
    }

    /// Adds a mark to the character before the cursor.
    fn join(&mut self, code: u32, columns: u32) {
        let buffer = self.shown();
        let (x, row) = (buffer.x, &buffer.rows[buffer.y]);
        let back = if row.get(x - 1).width() == 0 { 2 } else { 1 };
        let Some(at) = x.checked_sub(back) else { return };
        let cell = row.get(at);
        let Some(mark) = char::from_u32(code) else { return };
        let joined = if cell.has_content() {
            let base: String;
            let text = match cell.cluster_index().and_then(|index| self.tables.clusters.get(index)) {
                Some(text) => text,
                None => {
                    base = char::from_u32(cell.code()).unwrap_or(' ').to_string();
                    base.as_str()
                }
            };
            let text = text.to_owned();
            if self.tables.clusters.is_due() {
                self.tables.sweep(self.pen, self.style, &[&self.normal, &self.alt]);
            }
            match self.tables.cluster(&text, mark) {
                Some(index) => Cell::cluster(index, columns, cell.style),
                None => cell.with_width(columns),
            }
        } else {
            Cell::glyph(code, columns, cell.style)
        };
        self.row().set(at, joined);
    }

    /// What printing does to the character it begins in; xterm.js looks only where a run begins.
    fn split_wide_before(&mut self) {
        if !std::mem::replace(&mut self.printing, true) {
            let style = self.style;
            self.buffer().split_wide_before(style);
        }
    }

    fn split_wide_after(&mut self) {
        let (cols, style) = (self.cols, self.style);
        self.buffer().split_wide_after(cols, style);
    }
}
