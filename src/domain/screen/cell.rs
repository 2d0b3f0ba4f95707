//! What one place on the screen holds: a glyph, its width and its style.
//!
//! The bit layout follows xterm.js (`common/buffer/Constants.ts`), so that a rule read there can
//! be checked here line by line. A cell is 16 bytes. Long clusters and rare attributes do not fit:
//! they are kept in tables (see [`super::intern`]) and named here by a number.

/// Colour bits of `fg`, `bg` and the underline colour: two bits of mode, 24 of value.
pub const COLOR: u32 = 0x03ff_ffff;
/// The mode bits alone.
pub const COLOR_MODE: u32 = 0x0300_0000;
/// The value is one of the 16 named colours.
pub const COLOR_16: u32 = 0x0100_0000;
/// The value is an index in the 256-colour palette.
pub const COLOR_256: u32 = 0x0200_0000;
/// The value is red, green, blue.
pub const COLOR_RGB: u32 = 0x0300_0000;

/// Flags in `fg`.
pub const INVERSE: u32 = 0x0400_0000;
pub const BOLD: u32 = 0x0800_0000;
pub const UNDERLINE: u32 = 0x1000_0000;
pub const BLINK: u32 = 0x2000_0000;
pub const INVISIBLE: u32 = 0x4000_0000;
pub const STRIKE: u32 = 0x8000_0000;

/// Flags in `bg`.
pub const ITALIC: u32 = 0x0400_0000;
pub const DIM: u32 = 0x0800_0000;
/// The style has an underline style, an underline colour or a hyperlink.
pub const EXTENDED: u32 = 0x1000_0000;
pub const PROTECTED: u32 = 0x2000_0000;
pub const OVERLINE: u32 = 0x4000_0000;

const CODE: u32 = 0x001f_ffff;
const COMBINED: u32 = 0x0020_0000;
const WIDTH_SHIFT: u32 = 22;

/// How a cell looks. `extra` is a number in the table of rare attributes, 0 for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    pub fg: u32,
    pub bg: u32,
    pub extra: u32,
}

impl Style {
    /// What an erased cell keeps of the pen: the background colour.
    pub fn background(bg: u32) -> Style {
        Style { fg: 0, bg: bg & COLOR, extra: 0 }
    }

    pub fn is_default(self) -> bool {
        self == Style::default()
    }
}

/// One place on the screen.
///
/// Width 1 without content is an empty cell, which is not the same as a space: it is not copied
/// and it does not count when a line is wrapped anew. Width 0 without content is the second half
/// of a wide character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    content: u32,
    pub style: Style,
}

impl Default for Cell {
    fn default() -> Cell {
        Cell::empty(Style::default())
    }
}

impl Cell {
    pub fn empty(style: Style) -> Cell {
        Cell { content: 1 << WIDTH_SHIFT, style }
    }

    /// The second half of a wide character.
    pub fn half(style: Style) -> Cell {
        Cell { content: 0, style }
    }

    pub fn glyph(code: u32, width: u32, style: Style) -> Cell {
        Cell { content: code | width << WIDTH_SHIFT, style }
    }

    /// A character with marks; `index` names its text in the table of clusters.
    pub fn cluster(index: u32, width: u32, style: Style) -> Cell {
        Cell { content: index & CODE | COMBINED | width << WIDTH_SHIFT, style }
    }

    pub fn with_width(self, width: u32) -> Cell {
        Cell { content: self.content & (CODE | COMBINED) | width << WIDTH_SHIFT, ..self }
    }

    pub fn width(self) -> u32 {
        self.content >> WIDTH_SHIFT
    }

    pub fn has_content(self) -> bool {
        self.content & (CODE | COMBINED) != 0
    }

    /// The code point of a simple glyph; 0 for empty cells, halves and clusters.
    pub fn code(self) -> u32 {
        if self.content & COMBINED == 0 { self.content & CODE } else { 0 }
    }

    /// The number of the cluster's text, when the cell holds one.
    pub fn cluster_index(self) -> Option<u32> {
        (self.content & COMBINED != 0).then_some(self.content & CODE)
    }

    /// The printable ASCII character of width 1 in this style; 0 for any other cell.
    pub fn ascii_in(self, style: Style) -> u8 {
        let code = self.content ^ 1 << WIDTH_SHIFT;
        let other =
            (self.style.fg ^ style.fg) | (self.style.bg ^ style.bg) | (self.style.extra ^ style.extra);
        if code.wrapping_sub(0x20) < 0x5f && other == 0 { code as u8 } else { 0 }
    }

    pub fn is_half(self) -> bool {
        self.content == 0
    }

    pub fn is_empty(self) -> bool {
        self.content == 1 << WIDTH_SHIFT
    }

    pub fn is_protected(self) -> bool {
        self.style.bg & PROTECTED != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_cells_are_told_apart() {
        let style = Style { fg: BOLD, bg: 0, extra: 7 };
        // (cell, width, content, half, empty, ascii)
        for (cell, width, content, half, empty, ascii) in [
            (Cell::default(), 1, false, false, true, false),
            (Cell::half(style), 0, false, true, false, false),
            (Cell::glyph('a'.into(), 1, style), 1, true, false, false, true),
            (Cell::glyph(' '.into(), 1, style), 1, true, false, false, true),
            (Cell::glyph('世'.into(), 2, style), 2, true, false, false, false),
            (Cell::glyph(0x200d, 0, style), 0, true, false, false, false),
            (Cell::cluster(3, 2, style), 2, true, false, false, false),
        ] {
            assert_eq!(cell.width(), width, "{cell:?}");
            assert_eq!(cell.has_content(), content, "{cell:?}");
            assert_eq!(cell.is_half(), half, "{cell:?}");
            assert_eq!(cell.is_empty(), empty, "{cell:?}");
            assert_eq!(cell.ascii_in(cell.style) != 0, ascii, "{cell:?}");
        }
    }

    #[test]
    fn a_cell_is_sixteen_bytes() {
        assert_eq!(size_of::<Cell>(), 16);
    }
}
