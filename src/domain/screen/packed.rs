//! A line of the scrollback in as few bytes as its text.
//!
//! ASCII is itself, other characters are UTF-8; control bytes announce what text cannot say.
//! Nothing reads the bytes but this file, and they are never stored outside this process.

use super::cell::{Cell, Style};
use super::intern::Table;
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

const WRAPPED: u8 = 1;
const BACK: u8 = 2;
/// In the width of a cluster: it is wide, but no second half follows.
const LONE: u8 = 4;

/// One line, packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedRow(Box<[u8]>);

impl PackedRow {
    /// Packs `row`; `scratch` saves an allocation and is left dirty.
    pub fn pack(row: &Row, clusters: &Table<Box<str>>, scratch: &mut Vec<u8>) -> PackedRow {
        scratch.clear();
        scratch.push(if row.wrapped { WRAPPED } else { 0 } | if row.back() != 0 { BACK } else { 0 });
        if row.back() != 0 {
            scratch.extend(row.back().to_le_bytes());
        }
        let mut style = Style::default();
        let mut cells = row.cells();
        while let Some(first) = cells.first() {
            if first.style != style {
                put_style(scratch, style, first.style);
                style = first.style;
            }
            let plain = cells.iter().take_while(|cell| cell.is_ascii() && cell.style == style).count();
            if plain > 0 {
                scratch.extend(cells[..plain].iter().map(|cell| cell.code() as u8));
                cells = &cells[plain..];
            } else {
                let used = put_cell(scratch, cells, clusters);
                cells = &cells[used..];
            }
        }
        PackedRow(scratch.as_slice().into())
    }

    pub fn is_wrapped(&self) -> bool {
        self.0[0] & WRAPPED != 0
    }

    pub fn unwrap_line(&mut self) {
        self.0[0] &= !WRAPPED;
    }

    /// The line as cells again; the text of clusters goes into `clusters`.
    pub fn unpack(&self, row: &mut Row, clusters: &mut Table<Box<str>>) {
        row.clear(Style::default());
        row.wrapped = self.is_wrapped();
        let mut bytes = &self.0[1..];
        if self.0[0] & BACK != 0 {
            row.set_back(take_u32(&mut bytes));
        }
        let mut style = Style::default();
        while let Some(&op) = bytes.first() {
            if (0x20..0x7f).contains(&op) {
                row.push(Cell::glyph(op.into(), 1, style));
                bytes = &bytes[1..];
            } else if op >= 0x80 {
                let glyph = take_char(&mut bytes);
                push_glyph(row, glyph as u32, width(glyph as u32), style);
            } else {
                bytes = &bytes[1..];
                take_special(op, &mut bytes, row, &mut style, clusters);
            }
        }
    }
}

fn put_style(out: &mut Vec<u8>, old: Style, new: Style) {
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
fn put_cell(out: &mut Vec<u8>, cells: &[Cell], clusters: &Table<Box<str>>) -> usize {
    let cell = cells[0];
    let followed = cell.width() == 2 && cells.get(1) == Some(&Cell::half(cell.style));
    if cell.is_empty() {
        let count = cells.iter().take_while(|next| **next == cell).count();
        out.push(EMPTY);
        out.extend((count as u16).to_le_bytes());
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

fn take_special(op: u8, bytes: &mut &[u8], row: &mut Row, style: &mut Style, clusters: &mut Table<Box<str>>) {
    match op {
        EMPTY => {
            for _ in 0..u16::from_le_bytes(take(bytes)) {
                row.push(Cell::empty(*style));
            }
        }
        ODD => {
            let code = take_u32(bytes);
            let [width] = take(bytes);
            row.push(Cell::glyph(code, width.into(), *style));
        }
        CLUSTER => {
            let [marked, len] = take(bytes);
            let width = marked & !LONE;
            let (text, rest) = bytes.split_at(len.into());
            *bytes = rest;
            let text = std::str::from_utf8(text).unwrap_or_default();
            match clusters.intern(text.into()) {
                Some(index) => row.push(Cell::cluster(index, width.into(), *style)),
                None => row.push(Cell::glyph(text.chars().next().map_or(0, u32::from), width.into(), *style)),
            }
            if marked == 2 {
                row.push(Cell::half(*style));
            }
        }
        _ => {
            for (bit, field) in [(1, &mut style.fg), (2, &mut style.bg), (4, &mut style.extra)] {
                if op & bit != 0 {
                    *field = take_u32(bytes);
                }
            }
        }
    }
}

fn push_glyph(row: &mut Row, code: u32, width: u32, style: Style) {
    row.push(Cell::glyph(code, width, style));
    if width == 2 {
        row.push(Cell::half(style));
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
        row.write_ascii(0, b"plain ", Style::default());
        row.write_ascii(6, b"red", red);
        row.push(Cell::empty(odd));
        row.push(Cell::empty(odd));
        push_glyph(&mut row, '世' as u32, 2, odd);
        push_glyph(&mut row, 'é' as u32, 1, red);
        row.push(Cell::cluster(flag, 1, red));
        row.push(Cell::cluster(flag, 2, red));
        row.push(Cell::half(red));
        row.push(Cell::cluster(flag, 2, red));
        row.push(Cell::glyph(0x200b, 0, red));
        row.push(Cell::glyph('世' as u32, 2, red));
        row.push(Cell::half(Style::default()));

        let packed = PackedRow::pack(&row, &clusters, &mut Vec::new());
        let mut back = Row::default();
        packed.unpack(&mut back, &mut clusters);
        assert_eq!(back, row);
        assert!(packed.is_wrapped());
    }

    #[test]
    fn plain_text_takes_one_byte_a_column() {
        let mut row = Row::default();
        row.write_ascii(0, b"nothing but text", Style::default());
        let packed = PackedRow::pack(&row, &Table::new(1), &mut Vec::new());
        assert_eq!(packed.0.len(), 1 + 16);
    }
}
