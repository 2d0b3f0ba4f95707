//! Attributes that contradict themselves: an underline without a style, a link that is open but not
//! drawn, a character set in use that is not the one designated.
//!
//! In xterm.js only DECRC makes them, because DECSC keeps the flags of the pen but neither its
//! underline's style nor its link. They are brought about again in the same way. A line that is
//! being drawn borrows the saved cursor of the alternate screen, which is set for good later.

use super::super::cell::{self, Style};
use super::super::charset::Charset;
use super::super::links::Tables;
use super::super::pen::Pen;
use super::super::term::Term;
use super::paint::Painter;

/// Whether flags and style disagree about the underline or about there being more than colours.
pub fn is_torn(pen: Pen) -> bool {
    tears_underline(pen) || tears_mark(pen)
}

fn tears_underline(pen: Pen) -> bool {
    (pen.fg & cell::UNDERLINE != 0) != (pen.under_style() != 0)
}

fn tears_mark(pen: Pen) -> bool {
    (pen.bg & cell::EXTENDED != 0) != (pen.under_style() != 0 || pen.link != 0)
}

/// Whether a cell of this style can only be drawn with a torn pen. A link hides the underline's
/// style, and without the mark of more than colours there is none.
pub fn is_torn_cell(tables: &Tables, style: Style) -> bool {
    let pen = Pen::from_style(style, tables.extra(style));
    let underlined = style.fg & cell::UNDERLINE != 0;
    if style.bg & cell::EXTENDED == 0 { underlined } else { pen.link == 0 && tears_underline(pen) }
}

/// Makes the pen that draws a torn cell. The cursor must not be waiting to wrap.
pub fn take_up(painter: &mut Painter<'_>, style: Style) {
    let pen = Pen::from_style(style, painter.tables.extra(style));
    if painter.brush.has(pen) {
        return;
    }
    painter.borrowed = true;
    if !painter.on_alt {
        painter.say("\x1b[?47h");
    }
    painter.plain();
    let underlined = style.fg & cell::UNDERLINE != 0;
    painter.say(if underlined { "\x1b[4m\x1b7" } else { "\x1b]8;;.\x1b\\\x1b7\x1b]8;;\x1b\\" });
    painter.brush.set(&mut painter.out, consistent(pen));
    painter.say(if underlined { "\x1b[24m\x1b8" } else { "\x1b8" });
    if style.bg & cell::EXTENDED == 0 {
        // Closing a link looks again whether there is more than colours.
        painter.say("\x1b]8;;\x1b\\");
    }
    if !painter.on_alt {
        painter.say("\x1b[?47l");
    }
    painter.brush.adjust(&mut painter.out, pen);
}

/// The pen and the mapping in use, as far as the saved cursors can bring them about.
pub struct Tear {
    pub pen: bool,
    pub mapping: bool,
    /// Of the other screen's saved cursor.
    elsewhere: bool,
}

impl Tear {
    /// How to bring about the torn state of `term`: `None` when no saved cursor helps.
    pub fn of(term: &Term) -> Option<Tear> {
        let mapping = term.charsets.active != term.charsets.sets[term.charsets.level];
        let pen = is_torn(term.pen);
        let here = &term.shown().saved;
        if helps(term, (here.fg, here.bg, here.charset)) {
            return Some(Tear { pen, mapping, elsewhere: false });
        }
        let there = &term.alt.saved;
        let elsewhere = !term.on_alt && helps(term, (there.fg, there.bg, there.charset));
        elsewhere.then_some(Tear { pen, mapping, elsewhere })
    }

    pub fn is_needed(&self) -> bool {
        self.pen || self.mapping
    }

    /// Lets DECRC do it; the cursor it moves is placed afterwards.
    pub fn apply(&self, term: &Term, painter: &mut Painter<'_>) {
        painter.brush.set(&mut painter.out, consistent(term.pen));
        painter.say(if self.elsewhere { "\x1b[?47h\x1b8\x1b[?47l" } else { "\x1b8" });
        if !self.mapping {
            painter.say(["\x0f", "\x0e", "\x1bn", "\x1bo"][term.charsets.level]);
        }
        if !self.pen {
            painter.brush.reset(&mut painter.out);
        } else if !tears_mark(term.pen) {
            painter.brush.reopen(&mut painter.out, term.pen);
        }
    }
}

/// Whether restoring this saved cursor leaves the pen and the mapping as torn as they are.
fn helps(term: &Term, (fg, bg, charset): (u32, u32, Charset)) -> bool {
    let pen = term.pen;
    let mapping = term.charsets.active != term.charsets.sets[term.charsets.level];
    let flag = !is_torn(pen) || (fg ^ pen.fg) & cell::UNDERLINE == 0;
    let mark = !tears_mark(pen) || (bg ^ pen.bg) & cell::EXTENDED == 0;
    flag && mark && (!mapping || charset == term.charsets.active)
}

/// The same pen with flags that follow from its style and link, and without colours.
fn consistent(pen: Pen) -> Pen {
    let underline = if pen.under_style() != 0 { cell::UNDERLINE } else { 0 };
    let mark = if pen.under_style() != 0 || pen.link != 0 { cell::EXTENDED } else { 0 };
    Pen { fg: underline, bg: mark, ..pen }
}
