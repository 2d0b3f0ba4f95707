//! Lines of text, joined where the terminal wrapped them.
//!
//! Each line begins and ends with plain attributes at the start of a row, so a line's bytes do not
//! depend on the lines before it.

use super::super::cell::{Cell, Style};
use super::super::intern::Table;
use super::super::links::Tables;
use super::super::pen::Pen;
use super::super::row::Row;
use super::sgr::Brush;

/// Draws lines for a viewer of `rows` × `cols`.
pub struct Painter<'a> {
    pub rows: usize,
    pub cols: usize,
    pub tables: &'a Tables,
    pub brush: Brush<'a>,
    pub out: Vec<u8>,
    /// Where the viewer's cursor is in the line being drawn.
    x: usize,
}

/// The texts that a row's clusters refer to.
pub type Clusters = Table<Box<str>>;

impl<'a> Painter<'a> {
    pub fn new(rows: usize, cols: usize, tables: &'a Tables) -> Painter<'a> {
        Painter { rows, cols, tables, brush: Brush::new(tables), out: Vec::new(), x: 0 }
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
        self.cells(row, clusters);
        match next {
            Some(next) if next.wrapped => self.run_on(row, next),
            Some(_) => {
                self.plain();
                self.say("\r\n");
            }
            None => self.plain(),
        }
    }

    pub fn plain(&mut self) {
        self.brush.set(&mut self.out, Pen::default());
    }

    pub fn style(&mut self, style: Style) {
        let pen = Pen::from_style(style, self.tables.extra(style));
        self.brush.set(&mut self.out, pen);
    }

    /// The characters of a cell, nothing for an empty one.
    pub fn glyph(&mut self, cell: Cell, clusters: &Clusters) {
        match cell.cluster_index() {
            Some(index) => self.out.extend(clusters.get(index).map_or(" ", |text| text).as_bytes()),
            None => {
                let glyph = char::from_u32(cell.code()).unwrap_or(' ');
                self.out.extend(glyph.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }

    fn cells(&mut self, row: &Row, clusters: &Clusters) {
        let cells = row.cells();
        let mut x = 0;
        while x < cells.len() {
            let cell = cells[x];
            let whole = cell.width() < 2 || x + 2 <= self.cols;
            if cell.has_content() && whole {
                self.go_to(x);
                self.style(cell.style);
                if cell.width() == 0 {
                    // A mark that stands alone does so only after a sequence.
                    self.brush.set(&mut self.out, Pen::default());
                    self.say("\x1b[m");
                    self.style(cell.style);
                }
                self.glyph(cell, clusters);
                x += cell.width().max(1) as usize;
                self.x = x;
            } else {
                let run = cells[x..].iter().take_while(|next| same_gap(**next, cell)).count().max(1);
                self.gap(x, run, cell.style);
                x += run;
            }
        }
        if row.back() != 0 && x < self.cols {
            self.gap(x, self.cols - x, Style::background(row.back()));
        }
    }

    /// Empty cells with a style. Fresh rows are empty already, so plain ones cost nothing; of the
    /// others only the background can be said.
    fn gap(&mut self, x: usize, count: usize, style: Style) {
        if style.is_default() {
            return;
        }
        self.go_to(x);
        self.style(Style::background(style.bg));
        self.say(&format!("\x1b[{count}X"));
    }

    fn go_to(&mut self, x: usize) {
        if self.x < x {
            self.say(&format!("\x1b[{}C", x - self.x));
            self.x = x;
        }
    }

    /// Goes on in the next row without a line feed: only a character that does not fit does that.
    fn run_on(&mut self, row: &Row, next: &Row) {
        let (last, first) = (row.get(self.cols - 1), next.get(0));
        let full = self.x == self.cols;
        let bare = first.style.bg & super::super::cell::COLOR == 0;
        let early =
            first.width() == 2 && last.is_empty() && last.style == first.style && self.x <= self.cols - 1;
        if bare && first.has_content() && first.width() > 0 && (full || early) {
            self.go_to(self.cols - 1);
            return self.plain();
        }
        // A space takes the last column if nothing does, another one wraps; both are taken back.
        self.plain();
        if !full {
            self.go_to(self.cols - 1);
            self.say(" ");
        }
        self.say(" ");
        if !full && self.rows > 1 {
            let cols = self.cols;
            self.say(&format!("\x1b[A\x1b[{cols}G"));
            self.style(Style::background(last.style.bg));
            self.say("\x1b[X");
            self.plain();
            self.say("\x1b[B");
        }
        self.say("\r");
        if first.is_empty() {
            self.say("\x1b[X");
        }
    }
}

/// Empty cells and orphaned halves that look alike.
fn same_gap(cell: Cell, first: Cell) -> bool {
    !cell.has_content() && cell.style == first.style
}
