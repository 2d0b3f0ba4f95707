//! The state of a terminal and the small moves everything else is made of.

use super::buffer::Buffer;
use super::cell::Style;
use super::charset::Charsets;
use super::graphemes::Last;
use super::images::{Image, Images, Protocol};
use super::kitty::Flags;
use super::links::Tables;
use super::marks::Marks;
use super::modes::{Modes, Switches};
use super::palette::Palette;
use super::pen::Pen;
use super::replies::Replies;
use super::row::Row;
use super::status::Statuses;
use super::titles::Title;
use super::widths::Widths;

/// xterm.js never has fewer columns: a wide character must fit.
pub const MIN_COLS: usize = 2;

/// Everything a stream of output can change. The handlers are `impl Term` blocks, one file for
/// each family of sequences.
#[derive(Debug)]
pub struct Term {
    pub rows: usize,
    pub cols: usize,
    /// Of xterm.js's two buffers, the one shown and the other. See [`Term::on_alt`].
    pub normal: Buffer,
    pub alt: Buffer,
    pub on_alt: bool,
    pub pen: Pen,
    /// The pen as a cell stores it; follows every change of `pen`.
    pub style: Style,
    pub charsets: Charsets,
    pub modes: Modes,
    pub switches: Switches,
    pub widths: Widths,
    /// The character just printed, of width 0 once anything else happened: a combining mark joins
    /// only a character that came right before it, and REP repeats only that.
    pub last: Last,
    /// That character was wide and fell off the edge (DECAWM off); marks join the cell before it.
    pub dropped: bool,
    /// Nothing but characters came since the last one.
    pub printing: bool,
    pub tables: Tables,
    pub palette: Palette,
    /// For the normal and the alternate screen.
    pub kitty: [Flags; 2],
    pub title: Title,
    pub icon: Title,
    pub statuses: Statuses,
    pub images: Images,
    pub cwd: Option<String>,
    pub bells: u64,
    /// Changes after which what was shown before is no measure: another buffer, another size, a
    /// scrollback that was cleared.
    pub upheavals: u64,
    pub replies: Replies,
}

impl Term {
    pub fn new(rows: usize, cols: usize, limit: usize) -> Term {
        let cols = cols.max(MIN_COLS);
        Term {
            rows,
            cols,
            normal: Buffer::new(rows, cols, limit),
            alt: Buffer::new(rows, cols, 0),
            on_alt: false,
            pen: Pen::default(),
            style: Style::default(),
            charsets: Charsets::default(),
            modes: Modes::default(),
            switches: Switches::default(),
            widths: Widths::default(),
            last: Last::default(),
            dropped: false,
            printing: false,
            tables: Tables::new(),
            palette: Palette::default(),
            kitty: Default::default(),
            title: Title::default(),
            icon: Title::default(),
            statuses: Statuses::default(),
            images: Images::default(),
            cwd: None,
            bells: 0,
            upheavals: 0,
            replies: Replies::default(),
        }
    }

    /// The buffer shown.
    pub fn buffer(&mut self) -> &mut Buffer {
        if self.on_alt { &mut self.alt } else { &mut self.normal }
    }

    pub fn shown(&self) -> &Buffer {
        if self.on_alt { &self.alt } else { &self.normal }
    }

    pub fn row_shown(&self) -> &Row {
        let buffer = self.shown();
        &buffer.rows[buffer.y]
    }

    pub fn row(&mut self) -> &mut Row {
        self.buffer().row()
    }

    /// To be called after each change of `pen`.
    pub fn pen_changed(&mut self) {
        if self.pen.extra().is_some() && self.tables.is_due() {
            self.tables.sweep(self.pen, self.style, &[&self.normal, &self.alt]);
        }
        self.style = self.tables.style(self.pen);
    }

    /// The style of cells that an erase leaves behind.
    pub fn erase_style(&self) -> Style {
        Style::background(self.pen.bg)
    }

    /// Scrolls the region up a line, with the pen's background.
    pub fn scroll(&mut self, wrapped: bool) {
        let style = self.erase_style();
        let buffer = if self.on_alt { &mut self.alt } else { &mut self.normal };
        buffer.scroll(style, wrapped, &self.tables.clusters);
    }

    /// RIS. The title, the palette and whether the cursor is hidden stay, as in xterm.js.
    pub fn full_reset(&mut self) {
        self.upheavals += 1;
        let limit = self.normal.limit;
        self.normal = Buffer::new(self.rows, self.cols, limit);
        self.alt = Buffer::new(self.rows, self.cols, 0);
        self.on_alt = false;
        self.pen = Pen::default();
        self.pen_changed();
        self.charsets = Charsets::default();
        self.modes = Modes::default();
        self.switches.mouse = Default::default();
        self.switches.mouse_encoding = 0;
        self.kitty = Default::default();
        self.statuses.clear();
    }

    /// DECSTR.
    pub fn soft_reset(&mut self) {
        self.upheavals += 1;
        self.switches.hidden_cursor = false;
        self.modes = Modes::default();
        self.charsets = Charsets::default();
        self.pen = Pen::default();
        self.pen_changed();
        self.kitty[usize::from(self.on_alt)] = Flags::default();
        let bottom = self.rows - 1;
        let buffer = self.buffer();
        buffer.top = 0;
        buffer.bottom = bottom;
        buffer.saved = super::buffer::Saved { line: buffer.history.len(), ..Default::default() };
    }

    /// Modes 47, 1047 and the second half of 1049.
    pub fn enter_alt(&mut self) {
        if self.on_alt {
            return;
        }
        let style = self.erase_style();
        for row in &mut self.alt.rows {
            row.clear(style);
        }
        self.alt.x = self.normal.x;
        self.alt.y = self.normal.y;
        self.on_alt = true;
        self.upheavals += 1;
    }

    /// Back to the normal screen; the alternate one is emptied but keeps its saved cursor.
    pub fn leave_alt(&mut self) {
        if !self.on_alt {
            return;
        }
        self.normal.x = self.alt.x;
        self.normal.y = self.alt.y;
        let saved = std::mem::take(&mut self.alt.saved);
        self.alt = Buffer::new(self.rows, self.cols, 0);
        self.alt.saved = saved;
        self.on_alt = false;
        self.upheavals += 1;
    }

    /// DECSC.
    pub fn save_cursor(&mut self) {
        let (pen, charset) = (self.pen, self.charsets.active);
        let buffer = self.buffer();
        buffer.saved.x = buffer.x;
        buffer.saved.line = buffer.history.len() + buffer.y;
        buffer.saved.fg = pen.fg;
        buffer.saved.bg = pen.bg;
        buffer.saved.charset = charset;
    }

    /// DECRC. Restores the mapping in use but not the designations, and neither the underline's
    /// style nor the link: xterm.js does the same.
    pub fn restore_cursor(&mut self) {
        let buffer = self.buffer();
        buffer.x = buffer.saved.x;
        buffer.y = buffer.saved_y();
        let saved = buffer.saved.clone();
        self.pen.fg = saved.fg;
        self.pen.bg = saved.bg;
        self.pen_changed();
        self.charsets.active = saved.charset;
        self.restrict();
    }

    /// A control, a sequence or a string was obeyed: characters after it are another run.
    pub fn end_run(&mut self) {
        self.last = Last::default();
        self.printing = false;
    }

    /// Adds marks to the cursor's line. The alternate screen has none: it has no history.
    pub fn mark_line(&mut self, marks: Marks) {
        if !self.on_alt {
            self.normal.row().marks.add(marks);
        }
    }

    /// A picture was sent, of so many bytes.
    pub fn draw_image(&mut self, protocol: Protocol, bytes: u64) {
        self.images.add(Image { protocol, bytes });
        self.mark_line(Marks::image());
    }

    pub fn bell(&mut self) {
        self.bells += 1;
    }
}
