//! The screen as plain text, for search, previews and people.

use super::intern::Table;
use super::row::Row;
use super::term::Term;

impl Term {
    /// The rows shown, without trailing blanks on a line or at the end.
    pub fn text(&self) -> String {
        let lines = self.shown().rows.iter().map(|row| line(row, &self.tables.clusters));
        join(lines)
    }

    pub fn scrollback_text(&self) -> String {
        let mut row = Row::default();
        let lines = self.normal.history.iter().map(|packed| {
            let mut clusters = Table::new(usize::from(u16::MAX));
            packed.unpack(&mut row, &mut clusters);
            line(&row, &clusters)
        });
        join(lines)
    }
}

fn join(lines: impl Iterator<Item = String>) -> String {
    let mut text = lines.collect::<Vec<_>>().join("\n");
    text.truncate(text.trim_end().len());
    text
}

fn line(row: &Row, clusters: &Table<Box<str>>) -> String {
    let mut text = String::new();
    for cell in row.cells() {
        match cell.cluster_index().and_then(|index| clusters.get(index)) {
            Some(cluster) => text.push_str(cluster),
            None if cell.is_half() => {}
            None if cell.has_content() => text.extend(char::from_u32(cell.code())),
            None => text.push(' '),
        }
    }
    text.truncate(text.trim_end().len());
    text
}
