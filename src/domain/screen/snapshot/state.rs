//! What is not text: a clean start, then cursors, regions, tabs, modes, colours.

use super::super::buffer::Buffer;
use super::super::cell::{self, Cell};
use super::super::charset::Charset;
use super::super::kitty::Flags;
use super::super::palette::format_color;
use super::super::pen::Pen;
use super::super::row::Row;
use super::super::tabs::Tabs;
use super::super::term::Term;
use super::odd;
use super::paint::Painter;
use super::torn::{Tear, is_torn_cell};

/// Makes any terminal a fresh one of the same size.
///
/// CAN ends whatever sequence it was in. The alternate screen is visited because only a soft reset
/// there clears its saved cursor. Most of the rest repeats what DECSTR does in xterm.js, for
/// viewers in which it does less. No RIS: it would also drop what the page set up.
pub const PROLOGUE: &str = concat!(
    "\x18\x1b[?2026l",
    "\x1b[?47h\x1b[!p\x1b[=0;1u\x1b[<16u\x1b[?47l\x1b[!p\x1b[=0;1u\x1b[<16u",
    "\x1b]8;;\x1b\\\x1b[m\x1b(B\x1b)B\x1b*B\x1b+B\x0f",
    "\x1b[?6l\x1b[?7h\x1b[?45l\x1b[r\x1b[4l\x1b[20l\x1b[?1l\x1b>\x1b[?25h\x1b[0 q",
    "\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l",
    "\x1b[?1004l\x1b[?2004l",
    "\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\",
    "\x1b[H\x1b[2J\x1b[3J",
);

/// Most bytes said about programs' statuses.
const STATUS_ROOM: usize = 16 * 1024;

/// Title, directory and colours.
pub fn surroundings(term: &Term, painter: &mut Painter<'_>) {
    if term.title == term.icon && term.title.is_plain() {
        painter.say(&format!("\x1b]0;{}\x1b\\", term.title.shown));
    } else {
        painter.say(&term.title.said(2, 2));
        painter.say(&term.icon.said(1, 1));
    }
    if let Some(cwd) = &term.cwd {
        painter.say(&format!("\x1b]7;file://{}\x1b\\", percent_encode(cwd)));
    }
    for (index, color) in &term.palette.indexed {
        painter.say(&format!("\x1b]4;{index};{}\x1b\\", format_color(*color)));
    }
    for (index, color) in term.palette.special.iter().enumerate() {
        if let Some(color) = color {
            painter.say(&format!("\x1b]{};{}\x1b\\", 10 + index, format_color(*color)));
        }
    }
}

/// Tab stops, saved cursor and region of one buffer, and its keyboard flags. Leaves the cursor
/// anywhere and the attributes plain.
pub fn buffer(painter: &mut Painter<'_>, buffer: &Buffer, kitty: &Flags, tabs_as_new: bool) {
    if !tabs_as_new || buffer.tabs != Tabs::new(painter.cols) {
        tabs(painter, &buffer.tabs);
    }
    saved_cursor(painter, buffer);
    if buffer.top != 0 || buffer.bottom + 1 != painter.rows {
        painter.say(&format!("\x1b[{};{}r", buffer.top + 1, buffer.bottom + 1));
    }
    let levels = kitty.below.iter().skip(1).chain((!kitty.below.is_empty()).then_some(&kitty.current));
    match kitty.below.first() {
        Some(0) => {}
        first => painter.say(&match first.unwrap_or(&kitty.current) {
            0 => String::new(),
            flags => format!("\x1b[={flags};1u"),
        }),
    }
    for flags in levels {
        painter.say(&format!("\x1b[>{flags}u"));
    }
}

/// Whether the saved cursor's line is not on the screen: it went up into the scrollback, or the
/// scrollback it was counted from is gone.
fn saved_elsewhere(buffer: &Buffer) -> bool {
    let above = buffer.history.len();
    !(above..above + buffer.rows.len()).contains(&buffer.saved.line)
}

pub fn has_saved_cursor(buffer: &Buffer) -> bool {
    let saved = &buffer.saved;
    (saved.x, saved.line, saved.fg, saved.bg, saved.charset) != (0, 0, 0, 0, None)
}

/// DECSC for a line that is not on the screen, on a screen that is still empty. Lines are scrolled
/// up until the count is right, and forgotten: the count stays.
pub fn saved_line(painter: &mut Painter<'_>, buffer: &Buffer, kept: usize) {
    if !has_saved_cursor(buffer) || !saved_elsewhere(buffer) {
        return;
    }
    let line = (buffer.saved.line + kept).saturating_sub(buffer.history.len());
    let y = line.min(painter.rows - 1);
    painter.say(&format!("\x1b[{};1H", painter.rows));
    painter.say(&"\n".repeat(line - y));
    save(painter, buffer, y);
    painter.say("\x1b[3J\x1b[H");
}

/// DECSC at the right place, with the right attributes and mapping.
fn saved_cursor(painter: &mut Painter<'_>, buffer: &Buffer) {
    let needed = has_saved_cursor(buffer) || painter.on_alt && painter.borrowed;
    // The alternate screen has no scrollback: a line below it stands for the last one.
    if needed && (buffer.limit == 0 && painter.on_alt || !saved_elsewhere(buffer)) {
        save(painter, buffer, buffer.saved_y().min(painter.rows - 1));
    }
}

fn save(painter: &mut Painter<'_>, buffer: &Buffer, y: usize) {
    let saved = &buffer.saved;
    let x = saved.x.min(painter.cols - 1);
    painter.say(&format!("\x1b[{};{}H", y + 1, x + 1));
    painter.brush.set(&mut painter.out, Pen { fg: saved.fg, bg: saved.bg, ..Pen::default() });
    designate(painter, 0, saved.charset);
    painter.say(match (saved.fg & cell::UNDERLINE != 0, saved.bg & cell::EXTENDED != 0) {
        // Only a link leaves this mark without an underline.
        (false, true) => "\x1b]8;;.\x1b\\\x1b7\x1b]8;;\x1b\\",
        // Only closing a link takes it away from a restored underline.
        (true, false) => "\x1b7\x1b[24m\x1b8\x1b]8;;\x1b\\\x1b7",
        _ => "\x1b7",
    });
    if saved.charset.is_some() {
        designate(painter, 0, Some(b'B'));
    }
    painter.plain();
}

/// What programs said about themselves; behind the lines, because the mark of a prompt ends some of it.
pub fn statuses(term: &Term, painter: &mut Painter<'_>) {
    painter.say(&term.statuses.said(STATUS_ROOM));
}

/// What [`rest`] needs on the screen, with attributes of its own: the cell before the edge as it was
/// before marks made it wide.
pub fn prepare(term: &Term, painter: &mut Painter<'_>) {
    let drops = is_dropped(term);
    let torn = Tear::of(term).is_some_and(|tear| tear.pen);
    let again = joined_cell(term).is_some() || can_repeat(term, last_two(term).1, torn);
    if is_widened(term) && (drops || again && last_cell(term) == Some(term.cols - 1)) {
        let (left, right) = last_two(term);
        let right = if drops { right } else { Cell::default() };
        painter.say(&format!("\x1b[{}H\x1b[?7l", term.shown().y + 1));
        painter.unwidened(left, right, &term.tables.clusters);
        painter.say("\x1b[?7h");
        painter.plain();
    }
}

/// Modes, mappings, cursor, pen: all that belongs to the terminal and not to a buffer.
pub fn rest(term: &Term, painter: &mut Painter<'_>) {
    let last = last_cell(term);
    let drops = is_dropped(term);
    let joins = joined_cell(term);
    let wraps = joins.is_none() && term.shown().x == term.cols;
    let tear = Tear::of(term).filter(Tear::is_needed);
    if let Some(tear) = &tear {
        mappings(term, painter);
        tear.apply(term, painter);
    }
    let torn_pen = tear.as_ref().is_some_and(|tear| tear.pen);
    if term.modes.origin {
        painter.say("\x1b[?6h");
    }
    if wraps {
        pending_wrap(term, painter, last, torn_pen);
    } else if joins.is_none() {
        go_to(term, painter, term.shown().x);
    }
    if tear.is_none() {
        mappings(term, painter);
    }
    modes(term, painter);
    if torn_pen {
        painter.brush.adjust(&mut painter.out, term.pen);
    } else {
        painter.brush.set(&mut painter.out, term.pen);
    }
    if let Some(x) = joins {
        reprint(term, painter, x);
    } else if drops {
        drop_again(term, painter);
    }
}

/// A wide character was dropped at the edge (DECAWM off): a mark that follows would join the cell
/// before the edge.
fn is_dropped(term: &Term) -> bool {
    term.last_width == 2 && term.printing && !term.modes.wrap && term.shown().x + 1 == term.cols
}

/// Drops one again. What the last one and its marks have made wide must be made wide once more.
fn drop_again(term: &Term, painter: &mut Painter<'_>) {
    let clusters = &term.tables.clusters;
    let (left, right) = last_two(term);
    if is_widened(term) {
        painter.widen(left, right, clusters);
    } else if odd::is_pair(term.row_shown(), term.cols - 2, term.cols) {
        go_to(term, painter, term.cols - 2);
        painter.cut(left, right, clusters);
        painter.say(if right.has_content() { "\u{3000}" } else { "" });
    } else {
        painter.say("\u{3000}");
    }
}

/// Whether marks have made the cell before the edge wide.
fn is_widened(term: &Term) -> bool {
    let (row, x) = (term.row_shown(), term.cols - 2);
    odd::is_pair(row, x, term.cols) && !odd::is_cut(row.get(x), &term.tables.clusters)
}

fn last_two(term: &Term) -> (Cell, Cell) {
    let row = term.row_shown();
    (row.get(term.cols - 2), row.get(term.cols - 1))
}

fn tabs(painter: &mut Painter<'_>, tabs: &Tabs) {
    painter.say("\x1b[3g");
    for x in (0..painter.cols).filter(|&x| tabs.has(x)) {
        painter.say(&format!("\x1b[{}G\x1bH", x + 1));
    }
}

fn designate(painter: &mut Painter<'_>, level: usize, set: Charset) {
    if let Some(set) = set {
        painter.out.extend([0x1b, b"()*+"[level], set]);
    }
}

fn mappings(term: &Term, painter: &mut Painter<'_>) {
    for (level, set) in term.charsets.sets.iter().enumerate() {
        designate(painter, level, *set);
    }
    painter.say(["", "\x0e", "\x1bn", "\x1bo"][term.charsets.level]);
}

fn modes(term: &Term, painter: &mut Painter<'_>) {
    let (modes, switches) = (&term.modes, &term.switches);
    let said = [
        (modes.insert, "\x1b[4h"),
        (switches.newline, "\x1b[20h"),
        (modes.app_cursor, "\x1b[?1h"),
        (modes.app_keypad, "\x1b="),
        (!modes.wrap, "\x1b[?7l"),
        (modes.reverse_wrap, "\x1b[?45h"),
        (switches.blink == Some(true), "\x1b[?12h"),
        (switches.blink == Some(false), "\x1b[?12l"),
        (switches.hidden_cursor, "\x1b[?25l"),
        (modes.focus, "\x1b[?1004h"),
        (modes.bracketed_paste, "\x1b[?2004h"),
    ];
    for (on, sequence) in said {
        if on {
            painter.say(sequence);
        }
    }
    if let Some(mode) = switches.mouse.mode() {
        painter.say(&format!("\x1b[?{mode}h"));
    }
    if switches.mouse_encoding != 0 {
        painter.say(&format!("\x1b[?{}h", switches.mouse_encoding));
    }
    if modes.cursor != Default::default() {
        painter.say(&format!("\x1b[{} q", modes.cursor.param()));
    }
}

fn go_to(term: &Term, painter: &mut Painter<'_>, x: usize) {
    let buffer = term.shown();
    let top = if term.modes.origin { buffer.top } else { 0 };
    painter.say(&format!("\x1b[{};{}H", buffer.y.saturating_sub(top) + 1, x + 1));
}

/// The first column of the character before the cursor, when there is one.
fn last_cell(term: &Term) -> Option<usize> {
    let buffer = term.shown();
    let row = &buffer.rows[buffer.y];
    let back = if row.get(buffer.x.checked_sub(1)?).is_half() { 2 } else { 1 };
    let x = buffer.x.checked_sub(back)?;
    let cell = row.get(x);
    (cell.has_content() && cell.width() as usize == back).then_some(x)
}

/// The same when a mark would still join it. After a change of size it need not be the last
/// character any more.
fn joined_cell(term: &Term) -> Option<usize> {
    let is_last = |x: &usize| term.row_shown().get(*x).width() == term.last_width;
    last_cell(term).filter(is_last).filter(|_| term.printing && !is_dropped(term))
}

/// Fills the last column, so that the next character wraps. A torn pen is neither changed nor
/// lost: only the cell it drew itself is drawn again with it.
fn pending_wrap(term: &Term, painter: &mut Painter<'_>, last: Option<usize>, torn: bool) {
    let buffer = term.shown();
    let (y, cols, row) = (buffer.y + 1, term.cols, term.row_shown());
    let cell = last.map(|x| (x, buffer.rows[buffer.y].get(x)));
    match cell.filter(|(_, cell)| can_repeat(term, *cell, torn)) {
        Some((x, cell)) => {
            if torn {
                painter.brush.adjust(&mut painter.out, term.pen);
            } else {
                painter.style(cell.style);
            }
            print_last(term, painter, x, true);
            // Anything but a character ends the run: no mark joins.
            painter.say("\0");
        }
        None if term.on_alt && is_uniform(row, cols) && !torn => {
            // Erasing the whole line leaves the cursor where it is.
            go_to(term, painter, cols - 1);
            painter.say(" ");
            painter.style(row.get(0).style);
            painter.say("\x1b[2K");
        }
        None if term.on_alt => go_to(term, painter, cols - 1),
        None => {
            // The cell was erased since, or must not be touched. Changing buffers takes the cursor
            // along as it is, so the wrap is brought about on the other one.
            painter.say(&format!("\x1b[?47h\x1b[{y};{cols}H \x1b[?47l"));
        }
    }
}

/// Whether the last cell may be printed again: a torn pen must not be changed for it, and none can be
/// made any more.
fn can_repeat(term: &Term, cell: Cell, torn: bool) -> bool {
    if torn { term.on_alt && cell.style == term.style } else { !is_torn_cell(&term.tables, cell.style) }
}

/// Whether a pending wrap cannot be brought about: the last column holds nothing to be printed
/// again, and there is no other screen to do it on.
pub fn loses_wrap(term: &Term) -> bool {
    let torn = Tear::of(term).is_some_and(|tear| tear.pen);
    let last = last_cell(term).map(|x| term.row_shown().get(x));
    let again = last.is_some_and(|cell| can_repeat(term, cell, torn));
    term.on_alt && term.shown().x == term.cols && !again && (torn || !is_uniform(term.row_shown(), term.cols))
}

/// Whether erasing the whole line makes it look like this.
fn is_uniform(row: &Row, cols: usize) -> bool {
    let first = row.get(0);
    first.is_empty()
        && odd::is_background(first.style)
        && !row.wrapped
        && (1..cols).all(|x| row.get(x) == first)
}

/// Prints the last character again, as the very last thing: a mark that follows must join it. It
/// was printed with the pen and the mapping that are in force now.
fn reprint(term: &Term, painter: &mut Painter<'_>, x: usize) {
    if term.modes.insert {
        // What inserting will push to the right comes from the right first.
        let cell = term.row_shown().get(x);
        go_to(term, painter, x);
        painter.say(&format!("\x1b[{}P", cell.width()));
        painter.glyph(cell, &term.tables.clusters);
    } else {
        print_last(term, painter, x, false);
    }
}

/// Prints the character at `x`, and the wide one before it when printing alone would split that:
/// the mode that allows it (DECAWM off) is either not said yet or in force.
fn print_last(term: &Term, painter: &mut Painter<'_>, x: usize, wraps: bool) {
    let row = term.row_shown();
    let clusters = &term.tables.clusters;
    let cell = row.get(x);
    let left = row.get(x.saturating_sub(1));
    if x == 0 || !odd::is_pair(row, x - 1, term.cols) {
        go_to(term, painter, x);
        return painter.glyph(cell, clusters);
    }
    painter.say(if wraps { "\x1b[?7l" } else { "" });
    if odd::is_cut(left, clusters) {
        go_to(term, painter, x - 1);
        painter.cut(left, cell, clusters);
    } else {
        go_to(term, painter, x);
        painter.widen(left, cell, clusters);
        painter.glyph(cell, clusters);
    }
    painter.say(if wraps { "\x1b[?7h" } else { "" });
}

fn percent_encode(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { (byte as char).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
