//! Cells that plain printing does not leave: halves of wide characters without the other half,
//! empty cells with more than a background, characters that a mark has widened.
//!
//! Each is brought about in the way a stream of output brings it about. Most are made before the
//! rest of their line, while there is nothing to be disturbed.

use super::super::cell::{Cell, Style};
use super::super::graphemes::Last;
use super::super::links::MAX_CLUSTER;
use super::super::row::Row;
use super::super::widths::Widths;
use super::paint::{Clusters, Painter};

/// Whether printing what is left of an orphan would empty it.
pub fn is_exposed(cells: &[Cell], x: usize) -> bool {
    let left = cells[x - 1];
    is_orphan(cells, x) && (left.has_content() || left.is_half() && x > 1 && cells[x - 2].width() == 2)
}

pub fn is_orphan(cells: &[Cell], x: usize) -> bool {
    cells[x].is_half() && cells[x - 1].width() != 2
}

/// Whether erasing with a background makes such an empty cell.
pub fn is_background(style: Style) -> bool {
    style == Style::background(style.bg)
}

/// Whether the cell is wide and the next is not its second half.
pub fn is_pair(row: &Row, x: usize, cols: usize) -> bool {
    x + 2 <= cols && row.get(x).width() == 2 && !row.get(x + 1).is_half()
}

/// Whether the cell is what printing over the first half of a wide character leaves of the second.
fn is_emptied(cell: Cell) -> bool {
    !cell.has_content() && !is_background(cell.style)
}

/// Whether such a pair can be drawn: see [`Painter::pair`].
pub fn can_pair(row: &Row, x: usize, clusters: &Clusters, widths: Widths) -> bool {
    let (left, right) = (row.get(x), row.get(x + 1));
    let plain = right.has_content() || is_background(right.style);
    let alike = left.style == right.style;
    right.width() < 2
        && if is_cut(left, clusters, widths) {
            alike
        } else {
            let text = text(left, clusters);
            let (base, marks) = widths.parts(&text);
            // What holds more than marks can be made of a wide character cut in half.
            widths.join_anything(marks) && (plain || alike && !base.is_empty())
        }
}

impl Painter<'_> {
    /// Makes what must be there before the rest of the line, from the left to the right.
    pub fn odd_cells(&mut self, row: &Row, clusters: &Clusters, joined: bool) {
        let cells = row.cells();
        let mut free = 0;
        for x in 0..cells.len() {
            if x > 0 && is_orphan(cells, x) {
                self.orphan(x, cells[x].style);
                free = x + 1;
            } else if is_pair(row, x, self.cols) && !(x + 2 == self.cols && self.is_late(row, joined)) {
                let holes = holes_before(row, free, x);
                for hole in x - holes..x {
                    self.x = 0;
                    self.say("\r");
                    self.hole(hole, row.get(hole).style);
                    free = x;
                }
                self.pair(row, x, free, clusters);
                free = x + 2;
            }
        }
        if let Some(start) = holes_start(row, self.cols).filter(|_| !joined) {
            self.holes_at_edge(row, start);
        }
        self.x = 0;
    }

    /// Whether the pair is drawn only when the line has run on behind it.
    pub fn is_late(&self, row: &Row, joined: bool) -> bool {
        joined && self.rows > 1 && self.cols > 1 && is_pair(row, self.cols - 2, self.cols)
    }

    /// Draws the pair at the edge of the line above and comes back.
    pub fn late_pair(&mut self, row: &Row, clusters: &Clusters) {
        self.say("\x1b[A");
        self.pair(row, self.cols - 2, 0, clusters);
        self.say("\x1b[B");
    }

    /// A second half without a first one: what inserting inside a wide character leaves behind, and
    /// made the same way.
    fn orphan(&mut self, x: usize, style: Style) {
        let at = x.max(2);
        self.say(&format!("\x1b[{}G", at - 1));
        self.style(style);
        self.say(&format!("\u{3000}\x1b[{at}G"));
        self.plain();
        self.say(if x == 1 { "\x1b[@\r\x1b[P" } else { "\x1b[@\r" });
    }

    /// A wide cell and another that is not its second half, made at the edge; then the columns from
    /// `free` on that are too many are taken out.
    fn pair(&mut self, row: &Row, x: usize, free: usize, clusters: &Clusters) {
        let (left, right) = (row.get(x), row.get(x + 1));
        let edge = self.cols - 2;
        self.say("\x1b[?7l");
        if is_cut(left, clusters, self.widths) {
            self.column(edge);
            self.style(left.style);
            self.cut(left, right, clusters);
        } else {
            self.unwidened(left, right, clusters);
            self.style(if is_background(right.style) { right.style } else { left.style });
            self.widen(left, right, clusters);
        }
        self.say("\x1b[?7h");
        self.plain();
        if x < edge {
            self.column(free);
            self.say(&format!("\x1b[{}P", edge - x));
        }
        self.say("\r");
    }

    /// Draws the pair at the edge of the cursor's line as it was before marks made its first cell
    /// wide, and goes to the last column.
    pub fn unwidened(&mut self, left: Cell, right: Cell, clusters: &Clusters) {
        let text = text(left, clusters);
        let (base, _) = self.widths.parts(&text);
        let edge = self.cols - 2;
        self.column(edge);
        if is_emptied(right) {
            return self.say("\u{3000}");
        }
        if base.is_empty() && !is_background(left.style) {
            self.x = edge;
            self.hole(edge, left.style);
        } else {
            self.style(left.style);
            self.text(if base.is_empty() { " \x1b[D\x1b[X" } else { base });
        }
        self.column(edge + 1);
        self.style(right.style);
        if right.has_content() {
            self.glyph(right, clusters);
        } else {
            self.say("\x1b[X");
        }
        self.column(edge + 1);
    }

    /// Without DECAWM: after a wide character that does not fit, marks join the cell before and make
    /// it wide. The second half of what was there before is emptied with the same attributes.
    pub fn widen(&mut self, left: Cell, right: Cell, clusters: &Clusters) {
        let text = text(left, clusters);
        let (base, marks) = self.widths.parts(&text);
        if is_emptied(right) {
            self.column(self.cols - 2);
            self.text(base);
        }
        self.text("\u{3000}");
        self.marks(marks);
    }

    /// Draws a wide character and what replaces its second half: one more character, or the
    /// emptiness that a wide one leaves which does not fit.
    pub fn cut(&mut self, left: Cell, right: Cell, clusters: &Clusters) {
        self.glyph(left, clusters);
        if right.has_content() {
            self.glyph(right, clusters);
        } else {
            self.text("\u{3000}");
        }
    }

    fn column(&mut self, x: usize) {
        self.say(&format!("\x1b[{}G", x + 1));
    }

    /// An empty cell with more than a background: what is left of a wide character when its second
    /// half is printed over.
    pub fn hole(&mut self, x: usize, style: Style) {
        self.go_to(x);
        self.style(style);
        self.text("\u{3000}");
        self.say(&format!("\x1b[{}G ", x + 2));
        self.plain();
        self.say(&format!("\x1b[{}G\x1b[X", x + 2));
        self.x = x + 1;
    }

    /// Such cells up to the last column, where no wide character fits: made one column before and
    /// pushed.
    fn holes_at_edge(&mut self, row: &Row, start: usize) {
        self.x = 0;
        for x in start..self.cols {
            self.hole(x - 1, row.get(x).style);
        }
        self.column(start - 1);
        self.say("\x1b[@\r");
        self.x = 0;
    }
}

/// Whether the cell is wide by itself, and not because a mark has widened it.
pub fn is_cut(cell: Cell, clusters: &Clusters, widths: Widths) -> bool {
    let text = text(cell, clusters);
    widths.parts(&text).1.is_empty() || widths.is_wide(&text)
}

/// Whether printing the text of a cell makes just this cell, with nothing cut off.
pub fn is_natural(cell: Cell, clusters: &Clusters, widths: Widths) -> bool {
    if let Some(text) = cell.cluster_index().and_then(|index| clusters.get(index))
        && text.len() + 4 > MAX_CLUSTER
    {
        return false;
    }
    let simple = widths == Widths::Unicode11 || !cell.has_content() || cell.ascii_in(cell.style) != 0;
    simple || Last::of(&text(cell, clusters)).is_some_and(|last| last.width == cell.width())
}

/// The characters of a cell, a space for an empty one.
pub fn text(cell: Cell, clusters: &Clusters) -> String {
    match cell.cluster_index() {
        Some(index) => clusters.get(index).map_or(" ", |text| text).to_owned(),
        None => char::from_u32(cell.code()).unwrap_or(' ').to_string(),
    }
}

/// How many holes there are right before column `x`, from column `from` on.
fn holes_before(row: &Row, from: usize, x: usize) -> usize {
    (from..x).rev().take_while(|x| is_hole(row, *x)).count()
}

fn is_hole(row: &Row, x: usize) -> bool {
    row.get(x).is_empty() && !is_background(row.get(x).style)
}

/// Whether only holes lie between column `x` and a pair, which were then drawn with it.
pub fn leads_to_pair(row: &Row, x: usize, cols: usize) -> bool {
    let end = (x..cols).find(|x| !is_hole(row, *x)).unwrap_or(cols);
    end > x && is_pair(row, end, cols)
}

/// Where the holes begin that reach to the last column.
pub fn holes_start(row: &Row, cols: usize) -> Option<usize> {
    let count = (1..cols).rev().take_while(|x| is_hole(row, *x) && !is_pair(row, x - 1, cols)).count();
    (count > 0).then_some(cols - count)
}
