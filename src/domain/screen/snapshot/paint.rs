//! Lines of text, joined where the terminal wrapped them.
//!
//! Each line begins and ends with plain attributes at the start of a row, so a line's bytes do not
//! depend on the lines before it.

use std::sync::Arc;

use super::super::cell::{COLOR, Cell, Style};
use super::super::graphemes::Last;
use super::super::intern::Table;
use super::super::links::Tables;
use super::super::packed::{PackedRow, Part};
use super::super::pen::Pen;
use super::super::row::Row;
use super::super::term::Term;
use super::super::widths::Widths;
use super::odd::{holes_start, is_background, is_orphan, is_pair, leads_to_pair, text};
use super::sgr::Brush;
use super::torn;

/// Draws lines for a viewer of `rows` × `cols`.
pub struct Painter<'a> {
    pub rows: usize,
    pub cols: usize,
    pub tables: &'a Tables,
    pub widths: Widths,
    pub brush: Brush<'a>,
    pub out: Vec<u8>,
    /// Where the viewer's cursor is in the line being drawn.
    pub x: usize,
    /// The character said last, and where it ends in `out`: behind anything else nothing joins.
    last: (usize, Last),
    /// The alternate screen is being drawn.
    pub on_alt: bool,
    /// The saved cursor of the alternate screen was used for drawing and must be set again.
    pub borrowed: bool,
}

/// The texts that a row's clusters refer to.
pub type Clusters = Table<Arc<str>>;

impl<'a> Painter<'a> {
    pub fn new(term: &'a Term) -> Painter<'a> {
        Painter {
            rows: term.rows,
            cols: term.cols,
            tables: &term.tables,
            widths: term.widths,
            brush: Brush::new(&term.tables),
            out: Vec::new(),
            x: 0,
            last: Default::default(),
            on_alt: false,
            borrowed: false,
        }
    }

    pub fn say(&mut self, text: &str) {
        self.out.extend(text.as_bytes());
    }

    /// Makes the empty line at the top a continuation of one that is not there: wraps into the
    /// second line and deletes the first. Needs an empty screen and the cursor at home.
    pub fn continue_nothing(&mut self) {
        if self.rows > 1 {
            let cols = self.cols;
            self.say(&format!("\x1b[{cols}G  \x1b[H\x1b[M\x1b[X"));
        }
    }

    /// Draws `row` from its first column and goes to the start of `next`.
    pub fn line(&mut self, row: &Row, clusters: &Clusters, next: Option<&Row>) {
        self.x = 0;
        self.last = Default::default();
        self.cells(row, clusters, next.is_some_and(|next| next.wrapped));
        if !row.marks.is_empty() {
            self.say(&row.marks.said());
        }
        match next {
            Some(next) if next.wrapped => {
                self.run_on(row, next, clusters);
                if self.is_late(row, true) {
                    self.late_pair(row, clusters);
                }
            }
            Some(_) => {
                self.plain();
                self.say("\r\n");
            }
            None => self.plain(),
        }
    }

    /// Draws a packed line of nothing but text; `false`, with nothing said, when it takes more.
    pub fn text_line(&mut self, row: PackedRow<'_>, next: PackedRow<'_>) -> bool {
        let Some(parts) = row.parts() else { return false };
        let start = self.out.len();
        self.x = 0;
        for part in parts {
            match part {
                Part::Style(style) => self.style(style),
                Part::Ascii(text) => {
                    self.out.extend_from_slice(text);
                    self.x += text.len();
                }
            }
        }
        self.plain();
        if !next.is_wrapped() {
            self.out.extend(b"\r\n");
            return true;
        }
        let runs_on = self.x == self.cols && next.is_bare();
        if !runs_on {
            self.out.truncate(start);
        }
        runs_on
    }

    pub fn plain(&mut self) {
        self.brush.set(&mut self.out, Pen::default());
    }

    /// Takes up the pen of a cell. The cursor must not be waiting to wrap when that pen is torn.
    pub fn style(&mut self, style: Style) {
        if torn::is_torn_cell(self.tables, style) {
            return torn::take_up(self, style);
        }
        let pen = Pen::from_style(style, self.tables.extra(style));
        self.brush.set(&mut self.out, pen);
    }

    /// The characters of a cell, nothing for an empty one.
    pub fn glyph(&mut self, cell: Cell, clusters: &Clusters) {
        match cell.cluster_index() {
            Some(index) => self.text(clusters.get(index).map_or(" ", |text| text)),
            None => {
                let glyph = char::from_u32(cell.code()).unwrap_or(' ');
                self.text(glyph.encode_utf8(&mut [0; 4]));
            }
        }
    }

    /// Characters that must not join those before them.
    pub fn text(&mut self, text: &str) {
        self.part(text);
        self.marks(text);
    }

    /// Characters that may join those before them.
    pub fn marks(&mut self, text: &str) {
        if self.widths == Widths::Graphemes {
            let last = text.chars().fold(self.said_last(), |last, next| last.then(next.into()).0);
            self.last = (self.out.len() + text.len(), last);
        }
        self.say(text);
    }

    /// Parts the character said last from a text that would join it; any control does that.
    pub fn part(&mut self, text: &str) {
        let joins = |first: char| self.said_last().then(first.into()).1;
        if self.widths == Widths::Graphemes && text.chars().next().is_some_and(joins) {
            self.say("\0");
        }
    }

    fn said_last(&self) -> Last {
        if self.out.len() == self.last.0 { self.last.1 } else { Last::default() }
    }

    fn cells(&mut self, row: &Row, clusters: &Clusters, joined: bool) {
        let cells = row.cells();
        self.odd_cells(row, clusters, joined);
        let end = holes_start(row, self.cols).filter(|_| !joined).unwrap_or(self.cols);
        let mut x = 0;
        while x < cells.len().min(end) {
            let cell = cells[x];
            let whole = cell.width() < 2 || x + 2 <= self.cols;
            if leads_to_pair(row, x, self.cols) && !self.is_late(row, joined) {
                x += 1;
                continue;
            }
            if is_pair(row, x, self.cols) {
                x += 2;
                continue;
            }
            let mut next = if cell.has_content() && whole {
                x + cell.width().max(1) as usize
            } else {
                let same = |next: &&Cell| {
                    !next.has_content() && (next.is_half(), next.style) == (cell.is_half(), cell.style)
                };
                x + cells[x..].iter().take_while(same).count().max(1)
            };
            if cell.has_content() && whole {
                self.go_to(x);
                self.character(cell, clusters);
                self.x = next;
            } else if !cell.is_half() {
                // The rest that was never written looks the same: one gap.
                let on =
                    next == cells.len() && cell.is_empty() && cell.style == Style::background(row.back());
                next = if on { end } else { next.min(end) };
                self.gap(x, next, cell.style);
            }
            x = next;
        }
        if row.back() != 0 && x < end {
            self.gap(x, end, Style::background(row.back()));
        }
    }

    fn character(&mut self, cell: Cell, clusters: &Clusters) {
        if cell.width() == 0 {
            // A mark that stands alone does so only after a sequence.
            self.plain();
            self.say("\x1b[m");
        }
        self.style(cell.style);
        self.glyph(cell, clusters);
    }

    /// Empty cells. Fresh rows are empty already, so plain ones cost nothing.
    fn gap(&mut self, x: usize, end: usize, style: Style) {
        if style.is_default() {
            return;
        }
        if is_background(style) {
            self.go_to(x);
            self.style(style);
            return self.say(&format!("\x1b[{}X", end - x));
        }
        for x in x..end.min(self.cols - 1) {
            self.hole(x, style);
        }
    }

    pub fn go_to(&mut self, x: usize) {
        if self.x < x {
            self.say(&format!("\x1b[{}C", x - self.x));
            self.x = x;
        }
    }

    /// Goes on in the next row without a line feed: only a character that does not fit does that.
    fn run_on(&mut self, row: &Row, next: &Row, clusters: &Clusters) {
        let (last, first) = (row.get(self.cols - 1), next.get(0));
        let full = self.x == self.cols;
        let late = self.is_late(row, true);
        // The viewer gives a row that scrolls in the background of what wraps.
        let cells = next.cells();
        let odd = (1..cells.len()).any(|x| is_orphan(cells, x));
        let odd = odd
            || (0..cells.len()).any(|x| is_pair(next, x, self.cols))
            || holes_start(next, self.cols).is_some();
        let torn = torn::is_torn_cell(self.tables, first.style);
        let bare = first.style.bg & COLOR == 0 && first.has_content() && !odd && !torn;
        let early = first.width() == 2 && last.is_empty() && last.style == first.style && !late;
        if bare && (full && first.width() > 0 || !full && early) {
            self.go_to(self.cols - 1);
            self.part(&text(first, clusters));
            return self.plain();
        }
        // A space, or a wide character that leaves the last column empty; both are taken back.
        if full {
            self.plain();
            self.text(" ");
            self.say("\r\x1b[X");
        } else {
            self.go_to(self.cols - 1);
            self.style(last.style);
            self.text("\u{3000}");
            self.plain();
            self.say(&format!("\r\x1b[{}X", self.cols));
        }
    }
}
