//! A line of the scrollback in as few bytes as its text.
//!
//! ASCII is itself, other characters are UTF-8; control bytes announce what text cannot say.
//! Nothing reads the bytes but this file, and they are never stored outside this process.

use std::sync::Arc;

use super::cell::{COLOR, Cell, EXTENDED, Style, UNDERLINE};
use super::intern::Table;
use super::marks::Marks;
use super::row::Row;
use super::width::width;

/// A change of style: the low three bits say which of fg, bg, extra follow, four bytes each.
const STYLE: u8 = 0x10;
/// Empty cells: their number in two bytes.
const EMPTY: u8 = 0x08;
/// A cell that text cannot say: its code point and width, five bytes.
const ODD: u8 = 0x09;
/// A cluster: width, length in bytes, UTF-8.
const CLUSTER: u8 = 0x0a;

/// Flags in a line's first byte. `BACK`: four bytes of background follow.
const WRAPPED: u8 = 1;
const BACK: u8 = 2;
/// There is more than ASCII and changes of style.
const RICH: u8 = 4;
/// Two bytes of marks follow.
const MARKED: u8 = 8;

/// In the width of a cluster: it is wide, but no second half follows.
const LONE: u8 = 4;

/// One line, packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackedRow<'a>(&'a [u8]);

/// A part of a line that is nothing but text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Style(Style),
    /// ASCII in the style said last.
    Ascii(&'a [u8]),
}

/// Appends `row` to `out`.
pub fn pack(row: &Row, clusters: &Table<Arc<str>>, out: &mut Vec<u8>) {
    let head = out.len();
    out.push(if row.wrapped { WRAPPED } else { 0 });
    if row.back() != 0 {
        out[head] |= BACK | RICH;
        out.extend(row.back().to_le_bytes());
    }
    if !row.marks.is_empty() {
        out[head] |= MARKED | RICH;
        out.extend(row.marks.to_bytes());
    }
    if let Some(draft) = row.draft() {
        out[head] |= if draft.has_gaps() { RICH } else { 0 };
        return out.extend_from_slice(draft.bytes());
    }
    let mut style = Style::default();
    let mut cells = row.cells();
    while let Some(first) = cells.first() {
        if first.style != style {
            put_style(out, style, first.style);
            style = first.style;
        }
        let plain = put_ascii(out, cells, style);
        cells = &cells[plain..];
        if plain == 0 {
            out[head] |= RICH;
            let used = put_cell(out, cells, clusters);
            cells = &cells[used..];
        }
    }
}

/// Makes a packed line no longer a continuation of the one above.
pub fn unwrap_line(line: &mut [u8]) {
    line[0] &= !WRAPPED;
}

impl<'a> PackedRow<'a> {
    /// What [`pack`] wrote.
    pub fn new(bytes: &'a [u8]) -> PackedRow<'a> {
        PackedRow(bytes)
    }

    /// What [`pack`] wrote.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    pub fn is_wrapped(self) -> bool {
        self.0[0] & WRAPPED != 0
    }

    pub fn marks(self) -> Marks {
        let at = if self.0[0] & BACK != 0 { 5 } else { 1 };
        match self.0.get(at..at + 2) {
            Some(&[low, high]) if self.0[0] & MARKED != 0 => Marks::from_bytes([low, high]),
            _ => Marks::default(),
        }
    }

    /// Whether the first column has a character, none of the line's cells is odd, and a viewer that
    /// wraps into the line need not know its background.
    pub fn is_bare(self) -> bool {
        let mut style = Style::default();
        let Some(parts) = self.parts() else { return false };
        for part in parts {
            match part {
                Part::Style(next) => style = next,
                // Underlines and links may be torn, and then cannot be taken up here.
                Part::Ascii(_) => return style.bg & (COLOR | EXTENDED) == 0 && style.fg & UNDERLINE == 0,
            }
        }
        false
    }

    /// The parts of a line of ASCII without a background of its own; `None` for any other.
    pub fn parts(self) -> Option<impl Iterator<Item = Part<'a>>> {
        if self.0[0] & RICH != 0 {
            return None;
        }
        let (mut bytes, mut style) = (&self.0[1..], Style::default());
        Some(std::iter::from_fn(move || {
            let &op = bytes.first()?;
            if op < 0x20 {
                bytes = &bytes[1..];
                take_style(op, &mut bytes, &mut style);
                return Some(Part::Style(style));
            }
            let len = bytes.iter().position(|&byte| byte < 0x20).unwrap_or(bytes.len());
            let (text, rest) = bytes.split_at(len);
            bytes = rest;
            Some(Part::Ascii(text))
        }))
    }

    /// The line as cells again; the text of clusters goes into `clusters`.
    pub fn unpack(self, row: &mut Row, clusters: &mut Table<Arc<str>>) {
        row.clear(Style::default());
        row.wrapped = self.is_wrapped();
        let mut bytes = &self.0[1..];
        if self.0[0] & BACK != 0 {
            row.set_back(take_u32(&mut bytes));
        }
        row.marks = self.marks();
        if !row.marks.is_empty() {
            bytes = &bytes[2..];
        }
        unpack_cells(bytes, row.edit(), clusters);
    }
}

/// The cells of a line without its head.
pub fn unpack_cells(mut bytes: &[u8], cells: &mut Vec<Cell>, clusters: &mut Table<Arc<str>>) {
    let mut style = Style::default();
    while let Some(&op) = bytes.first() {
        if (0x20..0x7f).contains(&op) {
            let len = bytes.iter().position(|byte| !(0x20..0x7f).contains(byte)).unwrap_or(bytes.len());
            let (text, rest) = bytes.split_at(len);
            cells.extend(text.iter().map(|&byte| Cell::glyph(byte.into(), 1, style)));
            bytes = rest;
        } else if op >= 0x80 {
            let glyph = take_char(&mut bytes);
            push_glyph(cells, glyph as u32, width(glyph as u32), style);
        } else {
            bytes = &bytes[1..];
            take_special(op, &mut bytes, cells, &mut style, clusters);
        }
    }
}

/// Says `count` empty cells.
pub fn put_empty(out: &mut Vec<u8>, count: usize) {
    out.push(EMPTY);
    out.extend((count as u16).to_le_bytes());
}

/// Writes the characters at the start of `cells` that are printable ASCII in `style`; returns how many.
fn put_ascii(out: &mut Vec<u8>, cells: &[Cell], style: Style) -> usize {
    let start = out.len();
    let (blocks, rest) = cells.as_chunks::<8>();
    for block in blocks {
        let bytes = block.map(|cell| cell.ascii_in(style));
        if bytes.contains(&0) {
            out.extend(bytes.iter().take_while(|byte| **byte != 0));
            return out.len() - start;
        }
        out.extend_from_slice(&bytes);
    }
    out.extend(rest.iter().map(|cell| cell.ascii_in(style)).take_while(|byte| *byte != 0));
    out.len() - start
}

/// Says what changes from `old` to `new`.
pub fn put_style(out: &mut Vec<u8>, old: Style, new: Style) {
    let op = out.len();
    out.push(STYLE);
    for (bit, old, new) in [(1, old.fg, new.fg), (2, old.bg, new.bg), (4, old.extra, new.extra)] {
        if old != new {
            out[op] |= bit;
            out.extend(new.to_le_bytes());
        }
    }
}

/// Writes the first of `cells`; returns how many were said.
fn put_cell(out: &mut Vec<u8>, cells: &[Cell], clusters: &Table<Arc<str>>) -> usize {
    let cell = cells[0];
    let followed = cell.width() == 2 && cells.get(1) == Some(&Cell::half(cell.style));
    if cell.is_empty() {
        let count = cells.iter().take_while(|next| **next == cell).count();
        put_empty(out, count);
        return count;
    }
    if let Some(text) = cell.cluster_index().and_then(|index| clusters.get(index)) {
        let lone = if cell.width() == 2 && !followed { LONE } else { 0 };
        out.extend([CLUSTER, cell.width() as u8 | lone, text.len() as u8]);
        out.extend(text.as_bytes());
        return if followed { 2 } else { 1 };
    }
    let code = cell.code();
    if let Some(glyph) = char::from_u32(code).filter(|_| code >= 0xa0)
        && width(code) == cell.width()
        && (followed || cell.width() == 1)
    {
        out.extend(glyph.encode_utf8(&mut [0; 4]).as_bytes());
        return if followed { 2 } else { 1 };
    }
    out.push(ODD);
    out.extend(code.to_le_bytes());
    out.push(cell.width() as u8);
    1
}

fn take_special(
    op: u8,
    bytes: &mut &[u8],
    cells: &mut Vec<Cell>,
    style: &mut Style,
    clusters: &mut Table<Arc<str>>,
) {
    match op {
        EMPTY => {
            let count: usize = u16::from_le_bytes(take(bytes)).into();
            cells.resize(cells.len() + count, Cell::empty(*style));
        }
        ODD => {
            let code = take_u32(bytes);
            let [width] = take(bytes);
            cells.push(Cell::glyph(code, width.into(), *style));
        }
        CLUSTER => {
            let [marked, len] = take(bytes);
            let width = marked & !LONE;
            let (text, rest) = bytes.split_at(len.into());
            *bytes = rest;
            let text = std::str::from_utf8(text).unwrap_or_default();
            match clusters.intern(text.into()) {
                Some(index) => cells.push(Cell::cluster(index, width.into(), *style)),
                None => {
                    cells.push(Cell::glyph(text.chars().next().map_or(0, u32::from), width.into(), *style))
                }
            }
            if marked == 2 {
                cells.push(Cell::half(*style));
            }
        }
        _ => take_style(op, bytes, style),
    }
}

fn take_style(op: u8, bytes: &mut &[u8], style: &mut Style) {
    for (bit, field) in [(1, &mut style.fg), (2, &mut style.bg), (4, &mut style.extra)] {
        if op & bit != 0 {
            *field = take_u32(bytes);
        }
    }
}

fn push_glyph(cells: &mut Vec<Cell>, code: u32, width: u32, style: Style) {
    cells.push(Cell::glyph(code, width, style));
    if width == 2 {
        cells.push(Cell::half(style));
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let (head, rest) = bytes.split_first_chunk().expect("packed lines are written whole");
    *bytes = rest;
    *head
}

fn take_u32(bytes: &mut &[u8]) -> u32 {
    u32::from_le_bytes(take(bytes))
}

fn take_char(bytes: &mut &[u8]) -> char {
    let len = match bytes[0] {
        0xf0.. => 4,
        0xe0.. => 3,
        _ => 2,
    };
    let (head, rest) = bytes.split_at(len);
    *bytes = rest;
    std::str::from_utf8(head).ok().and_then(|text| text.chars().next()).unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use super::super::cell;
    use super::*;

    #[test]
    fn any_line_comes_back_as_it_was() {
        let mut clusters = Table::new(8);
        let red = Style { fg: cell::COLOR_16 | 1, ..Style::default() };
        let odd = Style { fg: 0, bg: cell::COLOR_RGB | 0x123456, extra: 9 };
        let flag = clusters.intern("e\u{301}".into()).unwrap();

        let mut row = Row::blank(Style::background(cell::COLOR_16 | 4));
        row.wrapped = true;
        row.marks = Marks::read("D;7");
        row.write_ascii(0, b"plain ", Style::default());
        row.write_ascii(6, b"red", red);
        row.edit().push(Cell::empty(odd));
        row.edit().push(Cell::empty(odd));
        push_glyph(row.edit(), '世' as u32, 2, odd);
        push_glyph(row.edit(), 'é' as u32, 1, red);
        row.edit().push(Cell::cluster(flag, 1, red));
        row.edit().push(Cell::cluster(flag, 2, red));
        row.edit().push(Cell::half(red));
        row.edit().push(Cell::cluster(flag, 2, red));
        row.edit().push(Cell::glyph(0x200b, 0, red));
        row.edit().push(Cell::glyph('世' as u32, 2, red));
        row.edit().push(Cell::half(Style::default()));

        let mut bytes = Vec::new();
        pack(&row, &clusters, &mut bytes);
        let packed = PackedRow::new(&bytes);
        let mut back = Row::default();
        packed.unpack(&mut back, &mut clusters);
        assert_eq!(back, row);
        assert!(packed.is_wrapped());
        assert!(packed.parts().is_none());
    }

    #[test]
    fn text_can_be_read_in_parts() {
        let red = Style { fg: cell::COLOR_16 | 1, ..Style::default() };
        let mut row = Row::default();
        row.write_ascii(0, b"plain and", Style::default());
        row.write_ascii(9, b" red text", red);
        row.write_ascii(18, b"!", Style::default());
        let mut bytes = Vec::new();
        pack(&row, &Table::new(1), &mut bytes);
        let parts: Vec<Part<'_>> = PackedRow::new(&bytes).parts().unwrap().collect();
        let plain = Part::Style(Style::default());
        let expected = [
            Part::Ascii(b"plain and"),
            Part::Style(red),
            Part::Ascii(b" red text"),
            plain,
            Part::Ascii(b"!"),
        ];
        assert_eq!(parts, expected);
    }

    #[test]
    fn plain_text_takes_one_byte_a_column() {
        let mut row = Row::default();
        row.write_ascii(0, b"nothing but text", Style::default());
        let mut bytes = Vec::new();
        pack(&row, &Table::new(1), &mut bytes);
        assert_eq!(bytes.len(), 1 + 16);
    }
}
