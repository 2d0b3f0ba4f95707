//! The line that is being printed, until the cursor leaves it.

/// Longest line, in characters; a longer one is broken.
pub(super) const LONGEST: usize = 10_000;

/// Characters and a cursor, which may stand beyond the last one.
#[derive(Debug, Default)]
pub(super) struct Line {
    cells: Vec<char>,
    column: usize,
}

impl Line {
    pub fn is_full(&self) -> bool {
        self.column >= LONGEST
    }

    /// Puts a character over what is there.
    pub fn print(&mut self, character: char) {
        if self.column >= self.cells.len() {
            self.cells.resize(self.column + 1, ' ');
        }
        self.cells[self.column] = character;
        self.column += 1;
    }

    pub fn column(&self) -> usize {
        self.column
    }

    pub fn move_to(&mut self, column: usize) {
        self.column = column.min(LONGEST - 1);
    }

    pub fn erase_after(&mut self) {
        self.cells.truncate(self.column);
    }

    pub fn erase_before(&mut self) {
        let end = self.cells.len().min(self.column + 1);
        self.cells[..end].fill(' ');
    }

    pub fn erase_all(&mut self) {
        self.cells.clear();
    }

    /// Blanks `count` characters from the cursor on.
    pub fn erase(&mut self, count: usize) {
        let begin = self.column.min(self.cells.len());
        let end = self.column.saturating_add(count).min(self.cells.len());
        self.cells[begin..end].fill(' ');
    }

    /// Takes out `count` characters; the rest moves up.
    pub fn delete(&mut self, count: usize) {
        let begin = self.column.min(self.cells.len());
        let end = self.column.saturating_add(count).min(self.cells.len());
        self.cells.drain(begin..end);
    }

    /// Makes room for `count` characters; the rest moves back.
    pub fn insert(&mut self, count: usize) {
        if self.column < self.cells.len() {
            let count = count.min(LONGEST - self.column.min(LONGEST));
            let blanks = std::iter::repeat_n(' ', count);
            self.cells.splice(self.column..self.column, blanks);
            self.cells.truncate(LONGEST);
        }
    }

    /// Adds the line to `out` without trailing blanks and begins the next one.
    pub fn end(&mut self, out: &mut String) {
        let len = self.cells.iter().rposition(|cell| *cell != ' ').map_or(0, |last| last + 1);
        out.extend(&self.cells[..len]);
        out.push('\n');
        self.cells.clear();
        self.column = 0;
    }

    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| *cell == ' ')
    }
}
