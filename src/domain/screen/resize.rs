//! A change of size, in the steps and with the oddities of xterm.js: a viewer does the same at the
//! same offset, and both must end up with the same lines.

use super::buffer::Buffer;
use super::cell::Style;
use super::links::Tables;
use super::reflow;
use super::row::Row;
use super::term::{MIN_COLS, Term};

impl Term {
    pub fn resize(&mut self, rows: usize, cols: usize) {
        let cols = cols.max(MIN_COLS);
        if (rows, cols) == (self.rows, self.cols) {
            return;
        }
        self.upheavals += 1;
        let old = (self.rows, self.cols);
        resize(&mut self.normal, old, (rows, cols), &mut self.tables, true);
        if self.on_alt {
            resize(&mut self.alt, old, (rows, cols), &mut self.tables, false);
        } else {
            self.alt.rows.resize_with(rows, Row::default);
            self.alt.bottom = rows - 1;
        }
        self.normal.tabs.extend(cols);
        self.alt.tabs.extend(cols);
        self.rows = rows;
        self.cols = cols;
        self.printing = false;
    }
}

/// All lines of a buffer in one list while it changes its size.
pub struct Lines {
    pub list: Vec<Row>,
    /// Lines above the screen.
    pub base: usize,
    /// The cursor's row on the screen.
    pub y: usize,
    /// The saved cursor's line; below 0 for a while.
    pub saved: isize,
    pub rows: usize,
    /// Most lines that may be kept.
    pub limit: usize,
}

fn resize(
    buffer: &mut Buffer,
    old: (usize, usize),
    new: (usize, usize),
    tables: &mut Tables,
    wraps_anew: bool,
) {
    let ((old_rows, old_cols), (rows, cols)) = (old, new);
    let mut lines = unpack(buffer, tables, rows);
    if cols > old_cols {
        lines.list.iter_mut().for_each(|row| row.resize(old_cols, cols));
    }
    let gained = fit(&mut lines, old_rows);
    lines.trim();
    buffer.x = buffer.x.min(cols - 1);
    buffer.saved.x = buffer.saved.x.min(cols - 1);
    lines.y = lines.y.min(rows - 1) + gained;
    if wraps_anew && cols > old_cols {
        reflow::widen(&mut lines, old_cols, cols);
    } else if wraps_anew && cols < old_cols {
        reflow::narrow(&mut lines, old_cols, cols);
    }
    if cols < old_cols {
        lines.list.iter_mut().for_each(|row| row.resize(old_cols, cols));
    }
    buffer.top = 0;
    buffer.bottom = rows - 1;
    pack(buffer, lines, tables);
}

/// Adds rows from above or below, or takes blank ones below the cursor or lets the top go up.
/// Returns how far the screen moved up over the scrollback.
fn fit(lines: &mut Lines, old_rows: usize) -> usize {
    let mut gained = 0;
    for _ in old_rows..lines.rows {
        if lines.list.len() >= lines.rows + lines.base {
            continue;
        }
        if lines.base > 0 && lines.list.len() <= lines.base + lines.y + gained + 1 {
            lines.base -= 1;
            gained += 1;
        } else {
            lines.list.push(Row::blank(Style::default()));
        }
    }
    for _ in lines.rows..old_rows {
        if lines.list.len() <= lines.rows + lines.base {
            continue;
        }
        if lines.list.len() > lines.base + lines.y + 1 {
            lines.list.pop();
        } else {
            lines.base += 1;
        }
    }
    gained
}

impl Lines {
    fn trim(&mut self) {
        let excess = self.list.len().saturating_sub(self.limit);
        self.list.drain(..excess);
        self.base = self.base.saturating_sub(excess);
        self.saved = if excess > 0 { (self.saved - excess as isize).max(0) } else { self.saved };
    }
}

fn unpack(buffer: &mut Buffer, tables: &mut Tables, rows: usize) -> Lines {
    let base = buffer.history.len();
    let mut list = Vec::with_capacity(base + buffer.rows.len());
    for packed in buffer.history.iter() {
        let mut row = Row::default();
        packed.unpack(&mut row, &mut tables.clusters);
        list.push(row);
    }
    buffer.history.clear();
    list.extend(buffer.rows.drain(..));
    Lines { list, base, y: buffer.y, saved: buffer.saved.line as isize, rows, limit: rows + buffer.limit }
}

fn pack(buffer: &mut Buffer, mut lines: Lines, tables: &Tables) {
    // The steps above keep the screen full; this only makes sure of it.
    lines.base = lines.base.min(lines.list.len().saturating_sub(1));
    lines.list.resize_with(lines.base + lines.rows, Row::default);
    let excess = lines.base.saturating_sub(buffer.limit);
    for row in lines.list.drain(..lines.base).skip(excess) {
        buffer.history.push(&row, &tables.clusters);
    }
    lines.saved -= buffer.history.trim() as isize;
    buffer.rows.extend(lines.list);
    buffer.y = lines.y.min(lines.rows - 1);
    buffer.saved.line = lines.saved.max(0) as usize;
}
