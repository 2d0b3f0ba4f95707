//! How characters are counted: one of the two providers of xterm.js.

use serde::{Deserialize, Serialize};

use super::graphemes::{Last, always_joins};
use super::width::width;

/// What a viewer must use as well, or lines would wrap at other places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Widths {
    /// Each character by itself; marks join what is before them.
    #[default]
    Unicode11,
    /// Grapheme clusters: emoji of several characters, flags, syllables take the columns of one.
    Graphemes,
}

impl Widths {
    /// The state after `code`, and whether it joins the character before.
    pub fn then(self, last: Last, code: u32) -> (Last, bool) {
        if self == Widths::Graphemes {
            return last.then(code);
        }
        let own = width(code);
        let joins = own == 0 && last.width > 0;
        (Last { width: if joins { last.width } else { own }, ..last }, joins)
    }

    /// Whether the text takes two columns however it came about.
    pub fn is_wide(self, text: &str) -> bool {
        match self {
            Widths::Unicode11 => text.chars().any(|glyph| width(glyph.into()) == 2),
            Widths::Graphemes => Last::of(text).is_some_and(|last| last.width == 2),
        }
    }

    /// The text of a cell up to its last character that is no mark, and the marks after it.
    pub fn parts(self, text: &str) -> (&str, &str) {
        let end = |(at, glyph): (usize, char)| at + glyph.len_utf8();
        let base = match self {
            Widths::Unicode11 => text.char_indices().rfind(|(_, glyph)| width((*glyph).into()) > 0).map(end),
            // Any first character has a column; alone and joined to nothing it is a mark.
            Widths::Graphemes => {
                let is_base = |glyph: char| text.len() > glyph.len_utf8() || !always_joins(glyph.into());
                text.char_indices().next().filter(|(_, glyph)| is_base(*glyph)).map(end)
            }
        };
        text.split_at(base.unwrap_or(0))
    }

    /// Columns that the first character of a cell's text is printed with, when it is `all` wide.
    pub fn first_columns(self, text: &str, all: u32) -> u32 {
        match self {
            Widths::Unicode11 => all,
            Widths::Graphemes => {
                text.chars().next().map_or(all, |first| Last::default().then(first.into()).0.width)
            }
        }
    }

    /// Whether these marks join any character.
    pub fn join_anything(self, marks: &str) -> bool {
        self == Widths::Unicode11 || marks.chars().all(|mark| always_joins(mark.into()))
    }
}
