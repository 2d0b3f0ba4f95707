//! A line that was only ever written from left to right, as nearly all lines are.
//!
//! It is kept as it will be packed: writing it is a copy of its text, and so is packing it.

use super::cell::{Cell, Style};
use super::intern::Table;
use super::packed;

/// ASCII, empty columns and changes of style, packed.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    bytes: Vec<u8>,
    columns: usize,
    style: Style,
    has_gaps: bool,
}

impl Draft {
    /// Columns written.
    pub fn len(&self) -> usize {
        self.columns
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether there is more than text: columns that were passed over.
    pub fn has_gaps(&self) -> bool {
        self.has_gaps
    }

    /// Keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.columns = 0;
        self.style = Style::default();
        self.has_gaps = false;
    }

    /// Goes on with printable ASCII.
    pub fn write(&mut self, text: &[u8], style: Style) {
        self.change(style);
        self.bytes.extend_from_slice(text);
        self.columns += text.len();
    }

    /// Goes on with empty columns.
    pub fn skip(&mut self, count: usize, style: Style) {
        self.change(style);
        packed::put_empty(&mut self.bytes, count);
        self.columns += count;
        self.has_gaps = true;
    }

    /// The line as cells.
    pub fn unpack(&self, cells: &mut Vec<Cell>) {
        packed::unpack_cells(&self.bytes, cells, &mut Table::new(0));
    }

    fn change(&mut self, style: Style) {
        if style != self.style {
            packed::put_style(&mut self.bytes, self.style, style);
            self.style = style;
        }
    }
}
