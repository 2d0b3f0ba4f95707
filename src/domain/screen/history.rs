//! The scrollback: packed lines, one after another in blocks of memory.
//!
//! A line costs its packed bytes and four more. Once the scrollback is full, a block whose lines are
//! all gone becomes the next one to be written, so scrolling allocates nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use super::intern::Table;
use super::packed::{self, PackedRow};
use super::row::Row;

/// A block takes no more lines above this many bytes, and is made this large.
const FULL: usize = 15 * 1024;
const BLOCK: usize = 16 * 1024;
/// Most bytes of all lines: about 25 times what 10,000 lines of ordinary output take.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Lines that left the screen, oldest first.
#[derive(Debug, Clone, Default)]
pub struct History {
    blocks: VecDeque<Block>,
    len: usize,
    /// Bytes of the lines kept.
    bytes: usize,
    /// Lines of the first block that are no longer kept.
    gone: usize,
    /// Memory for the next block.
    spare: Option<Block>,
}

#[derive(Debug, Clone, Default)]
struct Block {
    bytes: Vec<u8>,
    /// Where each line ends.
    ends: Vec<u32>,
}

impl Block {
    fn span(&self, line: usize) -> std::ops::Range<usize> {
        let start = line.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        start..self.ends[line] as usize
    }

    fn line(&self, line: usize) -> PackedRow<'_> {
        PackedRow::new(&self.bytes[self.span(line)])
    }
}

impl History {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of all lines, packed.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets the oldest lines beyond a bound that no ordinary text comes near; returns how many.
    pub fn trim(&mut self) -> usize {
        let before = self.len;
        while self.bytes > MOST_BYTES {
            self.pop();
        }
        before - self.len
    }

    pub fn clear(&mut self) {
        *self = History::default();
    }

    /// Adds `row` as the newest line.
    pub fn push(&mut self, row: &Row, clusters: &Table<Arc<str>>) {
        if self.blocks.back().is_none_or(|block| block.bytes.len() > FULL) {
            let fresh = self.fresh();
            self.blocks.push_back(fresh);
        }
        if let Some(block) = self.blocks.back_mut() {
            let start = block.bytes.len();
            packed::pack(row, clusters, &mut block.bytes);
            block.ends.push(block.bytes.len() as u32);
            self.bytes += block.bytes.len() - start;
            self.len += 1;
        }
    }

    /// Forgets the oldest line.
    pub fn pop(&mut self) {
        let Some(first) = self.blocks.front() else { return };
        self.bytes -= first.span(self.gone).len();
        self.gone += 1;
        self.len -= 1;
        if self.gone == first.ends.len() {
            self.gone = 0;
            self.spare = self.blocks.pop_front();
        }
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = PackedRow<'_>> {
        self.blocks.iter().enumerate().flat_map(|(index, block)| {
            let start = if index == 0 { self.gone } else { 0 };
            (start..block.ends.len()).map(|line| block.line(line))
        })
    }

    /// Makes a line no longer a continuation of the one above; `false` if there is no such line.
    pub fn unwrap_line(&mut self, line: usize) -> bool {
        let mut line = line + self.gone;
        for block in &mut self.blocks {
            if line < block.ends.len() {
                let span = block.span(line);
                packed::unwrap_line(&mut block.bytes[span]);
                return true;
            }
            line -= block.ends.len();
        }
        false
    }

    /// An empty block; the very first grows as it is needed.
    fn fresh(&mut self) -> Block {
        match self.spare.take() {
            Some(mut block) => {
                block.bytes.clear();
                block.bytes.shrink_to(2 * BLOCK);
                block.ends.clear();
                block
            }
            None if self.blocks.is_empty() => Block::default(),
            None => Block { bytes: Vec::with_capacity(BLOCK), ends: Vec::new() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::cell::Style;
    use super::*;

    fn said(history: &History) -> Vec<String> {
        let mut row = Row::default();
        history
            .iter()
            .map(|packed| {
                packed.unpack(&mut row, &mut Table::new(1));
                row.cells().iter().filter_map(|cell| char::from_u32(cell.code())).collect()
            })
            .collect()
    }

    #[test]
    fn lines_come_and_go_in_order() {
        const KEPT: usize = 1000;
        let mut history = History::default();
        for number in 0..10 * KEPT {
            let mut row = Row::default();
            row.write_ascii(0, format!("{number:070}").as_bytes(), Style::default());
            row.wrapped = true;
            if history.len() == KEPT {
                history.pop();
            }
            history.push(&row, &Table::new(1));
        }
        let expected: Vec<String> = (9 * KEPT..10 * KEPT).map(|number| format!("{number:070}")).collect();
        assert_eq!(said(&history), expected);

        assert!(history.unwrap_line(500));
        assert!(!history.unwrap_line(KEPT));
        let wrapped: Vec<bool> = history.iter().map(|packed| packed.is_wrapped()).collect();
        assert_eq!(wrapped.iter().position(|wrapped| !wrapped), Some(500));
        assert_eq!(history.iter().rev().count(), KEPT);
    }

    #[test]
    fn a_full_scrollback_needs_no_more_memory() {
        let mut row = Row::default();
        row.write_ascii(0, &[b'x'; 70], Style::default());
        let mut history = History::default();
        for _ in 0..5000 {
            if history.len() == 1000 {
                history.pop();
            }
            history.push(&row, &Table::new(1));
        }
        assert!(history.blocks.len() <= 1000 * 71 / FULL + 2);
        assert!(history.blocks.iter().all(|block| block.bytes.capacity() <= 2 * BLOCK));
    }
}
