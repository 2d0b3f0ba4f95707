//! Moving the cursor, line feeds, tabs.

use super::term::Term;

impl Term {
    /// Keeps the cursor on the screen, and in the region under DECOM; ends a pending wrap.
    pub fn restrict(&mut self) {
        self.restrict_to(self.cols - 1);
    }

    /// The same, up to column `last`: erasing keeps a pending wrap.
    pub fn restrict_to(&mut self, last: usize) {
        let (origin, rows) = (self.modes.origin, self.rows);
        let buffer = self.buffer();
        buffer.x = buffer.x.min(last);
        buffer.y = if origin { buffer.y.clamp(buffer.top, buffer.bottom) } else { buffer.y.min(rows - 1) };
    }

    /// Goes to a place; under DECOM `y` counts from the top of the region.
    pub fn go_to(&mut self, x: usize, y: usize) {
        let origin = self.modes.origin;
        let buffer = self.buffer();
        buffer.x = x;
        buffer.y = if origin { buffer.top + y } else { y };
        self.restrict();
    }

    /// Moves by a distance. xterm.js adds the top of the region once more under DECOM, and so
    /// does this.
    pub fn go_by(&mut self, dx: isize, dy: isize) {
        self.restrict();
        let origin = self.modes.origin;
        let buffer = self.buffer();
        let top = if origin { buffer.top as isize } else { 0 };
        buffer.x = (buffer.x as isize + dx).max(0) as usize;
        buffer.y = (buffer.y as isize + dy + top).max(0) as usize;
        self.restrict();
    }

    /// CUU: stops at the top of the region when it starts inside.
    pub fn up(&mut self, count: usize) {
        let buffer = self.shown();
        let stop = buffer.y.checked_sub(buffer.top).unwrap_or(count);
        self.go_by(0, -(count.min(stop) as isize));
    }

    /// CUD: stops at the bottom of the region when it starts inside.
    pub fn down(&mut self, count: usize) {
        let buffer = self.shown();
        let stop = buffer.bottom.checked_sub(buffer.y).unwrap_or(count);
        self.go_by(0, count.min(stop) as isize);
    }

    /// HPA, CHA: the column alone.
    pub fn go_to_column(&mut self, x: usize) {
        let y = self.shown().y;
        self.go_to(x, y);
    }

    /// VPA: the row alone.
    pub fn go_to_line(&mut self, y: usize) {
        let x = self.shown().x;
        self.go_to(x, y);
    }

    pub fn carriage_return(&mut self) {
        self.buffer().x = 0;
    }

    /// LF, VT, FF.
    pub fn line_feed(&mut self) {
        let (newline, rows, cols) = (self.switches.newline, self.rows, self.cols);
        let buffer = self.buffer();
        if newline {
            buffer.x = 0;
        }
        if buffer.y == buffer.bottom {
            self.scroll(false);
        } else if buffer.y + 1 < rows {
            buffer.y += 1;
            buffer.row().wrapped = false;
        }
        let buffer = self.buffer();
        if buffer.x >= cols {
            buffer.x -= 1;
        }
    }

    /// IND.
    pub fn index(&mut self) {
        self.restrict();
        let last = self.rows - 1;
        let buffer = self.buffer();
        if buffer.y == buffer.bottom {
            self.scroll(false);
        } else {
            buffer.y = (buffer.y + 1).min(last);
        }
        self.restrict();
    }

    /// RI.
    pub fn reverse_index(&mut self) {
        self.restrict();
        let style = self.erase_style();
        let buffer = self.buffer();
        if buffer.y == buffer.top {
            buffer.sink(buffer.top, buffer.bottom, style);
        } else {
            buffer.y = buffer.y.saturating_sub(1);
            self.restrict();
        }
    }

    /// BS; under mode 45 also from the start of a wrapped line to the end of the one above.
    pub fn backspace(&mut self) {
        if !self.modes.reverse_wrap {
            self.restrict();
            let buffer = self.buffer();
            buffer.x = buffer.x.saturating_sub(1);
            return;
        }
        let cols = self.cols;
        self.restrict_to(cols);
        let buffer = self.buffer();
        if buffer.x > 0 {
            buffer.x -= 1;
        } else if buffer.y > buffer.top && buffer.y <= buffer.bottom && buffer.row().wrapped {
            buffer.row().wrapped = false;
            buffer.y -= 1;
            buffer.x = cols - 1;
            if buffer.row().get(cols - 1).is_empty() {
                buffer.x -= 1;
            }
        }
        self.restrict();
    }

    /// HT and CHT.
    pub fn tab_forward(&mut self, count: u16) {
        let cols = self.cols;
        let buffer = self.buffer();
        for _ in 0..usize::from(count).min(cols) {
            if buffer.x < cols {
                buffer.x = buffer.tabs.after(buffer.x, cols);
            }
        }
    }

    /// CBT.
    pub fn tab_backward(&mut self, count: u16) {
        let cols = self.cols;
        let buffer = self.buffer();
        for _ in 0..usize::from(count).min(cols) {
            if buffer.x < cols {
                buffer.x = buffer.tabs.before(buffer.x, cols);
            }
        }
    }

    /// HTS.
    pub fn set_tab(&mut self) {
        let buffer = self.buffer();
        buffer.tabs.set(buffer.x);
    }

    /// DECSTBM; a region of less than two rows is refused.
    pub fn set_region(&mut self, top: usize, bottom: usize) {
        let bottom = if bottom == 0 || bottom > self.rows { self.rows } else { bottom };
        let top = top.max(1);
        if bottom > top {
            let buffer = self.buffer();
            buffer.top = top - 1;
            buffer.bottom = bottom - 1;
            self.go_to(0, 0);
        }
    }
}
