//! What is not text: a clean start, then cursors, regions, tabs, modes, colours.

use super::super::buffer::Buffer;
use super::super::cell;
use super::super::charset::Charset;
use super::super::kitty::Flags;
use super::super::palette::format_color;
use super::super::pen::Pen;
use super::super::tabs::Tabs;
use super::super::term::Term;
use super::last;
use super::paint::Painter;
use super::torn::Tear;

/// Makes any terminal a fresh one of the same size.
///
/// The alternate screen is visited because only a soft reset there clears its saved cursor. No RIS:
/// it would also drop what the page set up.
pub fn prologue(painter: &mut Painter<'_>) {
    painter.say("\x18\x1b[?47h\x1b[!p\x1b[=0;1u\x1b[<16u\x1b[?47l\x1b[!p");
    painter.say(CALM);
    painter.say("\x1b[H\x1b[2J\x1b[3J");
}

/// Goes to the alternate screen.
pub const OTHER_BUFFER: &[u8] = b"\x1b[?47h";

/// Ends whatever sequence a terminal was in (CAN) and brings back the modes of a fresh one; what it
/// shows and the saved cursors stay. Most of it repeats what DECSTR does in xterm.js, for viewers in
/// which it does less.
pub const CALM: &str = concat!(
    "\x18\x1b[?2026l\x1b[=0;1u\x1b[<16u",
    "\x1b]8;;\x1b\\\x1b[m\x1b(B\x1b)B\x1b*B\x1b+B\x0f",
    "\x1b[?6l\x1b[?7h\x1b[?45l\x1b[r\x1b[4l\x1b[20l\x1b[?1l\x1b>\x1b[?25h\x1b[0 q",
    "\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l",
    "\x1b[?1004l\x1b[?2004l",
    "\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\",
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
pub fn saved_elsewhere(buffer: &Buffer) -> bool {
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

/// Modes, mappings, cursor, pen: all that belongs to the terminal and not to a buffer.
pub fn rest(term: &Term, painter: &mut Painter<'_>) {
    let before = last::last_cell(term);
    let drops = last::is_dropped(term);
    let joins = last::joined_cell(term);
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
        last::pending_wrap(term, painter, before, torn_pen);
    } else if joins.is_none() {
        last::go_to(term, painter, term.shown().x);
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
        last::reprint(term, painter, x);
    } else if drops {
        last::drop_again(term, painter);
    }
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

fn percent_encode(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { (byte as char).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
