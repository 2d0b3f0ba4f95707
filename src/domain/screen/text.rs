//! The screen as plain text, for search, previews and people.
//!
//! Lines are counted from the oldest that is kept: the scrollback, then the screen. While the
//! alternate screen is shown, its rows are all there is, as for whoever looks at it.

use std::ops::Range;

use super::intern::Table;
use super::row::Row;
use super::snapshot::Clusters;
use super::term::Term;

/// Where a text was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The first of the lines that the text's line was wrapped into.
    pub line: usize,
    /// Characters before it in that line.
    pub column: usize,
    /// The whole line, joined where the terminal wrapped it.
    pub text: String,
}

impl Term {
    pub fn line_count(&self) -> usize {
        self.history_count() + self.rows
    }

    /// Shows each of the `lines` there are, and the texts of its clusters.
    pub fn each_line(&self, lines: Range<usize>, mut see: impl FnMut(usize, &Row, &Clusters)) {
        let above = self.history_count();
        let mut row = Row::default();
        let old = self.normal.history.iter().take(above).enumerate();
        for (line, packed) in old.skip(lines.start).take(lines.end.saturating_sub(lines.start)) {
            let mut clusters = Table::new(usize::from(u16::MAX));
            packed.unpack(&mut row, &mut clusters);
            see(line, &row, &clusters);
        }
        for (y, row) in self.shown().rows.iter().enumerate() {
            if lines.contains(&(above + y)) {
                see(above + y, row, &self.tables.clusters);
            }
        }
    }

    /// Lines as text, joined where the terminal wrapped them, without trailing blanks on a line or at
    /// the end.
    pub fn text(&self, lines: Range<usize>) -> String {
        let mut text = String::new();
        self.each_whole_line(lines, |_, line| {
            text.push_str(line.trim_end());
            text.push('\n');
        });
        text.truncate(text.trim_end().len());
        text
    }

    /// Where `wanted` is, newest first, at most `most` times and once a line; case matters only if it
    /// has capitals.
    pub fn find(&self, wanted: &str, most: usize) -> Vec<Found> {
        let exact = wanted.chars().any(char::is_uppercase);
        let mut found = std::collections::VecDeque::new();
        if wanted.is_empty() || most == 0 {
            return Vec::new();
        }
        self.each_whole_line(0..self.line_count(), |line, text| {
            let lowered;
            let searched = if exact {
                text
            } else {
                lowered = text.to_lowercase();
                &lowered
            };
            if let Some(at) = searched.find(wanted) {
                if found.len() == most {
                    found.pop_front();
                }
                let column = searched[..at].chars().count();
                found.push_back(Found { line, column, text: text.trim_end().to_owned() });
            }
        });
        found.into_iter().rev().collect()
    }

    /// The last `count` lines that are not blank, oldest first.
    pub fn last_lines(&self, count: usize) -> Vec<String> {
        let mut last = std::collections::VecDeque::new();
        let mut end = self.line_count();
        // A screen at a time, from below, until there are enough.
        while last.len() < count && end > 0 {
            let start = end.saturating_sub(self.rows.max(count));
            let mut part = Vec::new();
            self.each_line(start..end, |_, row, clusters| {
                part.push(plain(row, clusters).trim_end().to_owned());
            });
            part.retain(|line| !line.is_empty());
            part.into_iter().rev().for_each(|line| last.push_front(line));
            end = start;
        }
        last.drain(..last.len().saturating_sub(count));
        last.into()
    }

    /// Like [`Term::each_line`], but with the text of a whole line and the number of its first.
    fn each_whole_line(&self, lines: Range<usize>, mut see: impl FnMut(usize, &str)) {
        let (mut first, mut text) = (None, String::new());
        let mut free = 0;
        self.each_line(lines, |line, row, clusters| {
            if let Some(first) = first.filter(|_| !row.wrapped) {
                see(first, &text);
                text.clear();
            }
            if !row.wrapped || first.is_none() {
                first = Some(line);
            } else if (free, row.get(0).width()) != (1, 2) {
                // Erased after it was wrapped; but a wide character leaves the last column to itself.
                text.extend(std::iter::repeat_n(' ', free));
            }
            free = self.cols - row.content_len().min(self.cols);
            text.push_str(&plain(row, clusters));
        });
        if let Some(first) = first {
            see(first, &text);
        }
    }

    pub fn history_count(&self) -> usize {
        if self.on_alt { 0 } else { self.normal.history.len() }
    }
}

fn plain(row: &Row, clusters: &Clusters) -> String {
    let mut text = String::new();
    for cell in &row.cells()[..row.content_len().min(row.cells().len())] {
        match cell.cluster_index().and_then(|index| clusters.get(index)) {
            Some(cluster) => text.push_str(cluster),
            None if cell.is_half() => {}
            None if cell.has_content() => text.extend(char::from_u32(cell.code())),
            None => text.push(' '),
        }
    }
    text
}

#[cfg(test)]
mod tests;
