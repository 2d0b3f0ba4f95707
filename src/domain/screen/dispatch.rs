//! From a complete sequence to the handler it means: the `Perform` of the vte parser.
//!
//! The parser is given whole CSI and ESC sequences only. Text, controls and strings never reach
//! it: see [`super::frame`].

use vte::{Params, Perform};

use super::modes::Mouse;
use super::term::Term;

/// As many parameters as the parser keeps.
const MAX_PARAMS: usize = 32;

impl Perform for Term {
    fn csi_dispatch(&mut self, params: &Params, marks: &[u8], _truncated: bool, last: char) {
        let mut list: [&[u16]; MAX_PARAMS] = [&[]; MAX_PARAMS];
        let mut len = 0;
        for param in params {
            list[len] = param;
            len += 1;
        }
        self.csi(&list[..len], marks, last);
    }

    fn esc_dispatch(&mut self, marks: &[u8], _truncated: bool, last: u8) {
        self.esc(marks, last);
    }
}

/// A parameter's own value, without its sub-parameters; 0 when absent.
fn value(params: &[&[u16]], index: usize) -> u16 {
    params.get(index).and_then(|param| param.first()).copied().unwrap_or(0)
}

/// The value, where 0 means 1.
fn count(params: &[&[u16]], index: usize) -> usize {
    value(params, index).max(1).into()
}

impl Term {
    /// C0 and the three C1 controls that mean something.
    pub fn control(&mut self, code: u8) {
        match code {
            0x07 => self.bell(),
            0x08 => self.backspace(),
            0x09 => self.tab_forward(1),
            0x0a..=0x0c => self.line_feed(),
            0x0d => self.carriage_return(),
            0x0e => self.charsets.shift(1),
            0x0f => self.charsets.shift(0),
            0x84 => self.index(),
            0x85 => {
                self.carriage_return();
                self.index();
            }
            0x88 => self.set_tab(),
            _ => {}
        }
        self.end_run();
    }

    /// Obeys an escape sequence.
    pub fn esc(&mut self, marks: &[u8], last: u8) {
        match (marks, last) {
            (b"", b'7') => self.save_cursor(),
            (b"", b'8') => self.restore_cursor(),
            (b"", b'D') => self.control(0x84),
            (b"", b'E') => self.control(0x85),
            (b"", b'H') => self.control(0x88),
            (b"", b'M') => self.reverse_index(),
            (b"", b'c') => self.full_reset(),
            (b"", b'=') => self.modes.app_keypad = true,
            (b"", b'>') => self.modes.app_keypad = false,
            (b"", b'n' | b'}') => self.charsets.shift(2),
            (b"", b'o' | b'|') => self.charsets.shift(3),
            (b"", b'~') => self.charsets.shift(1),
            (b"#", b'8') => self.alignment_pattern(),
            (b"%", b'@' | b'G') => {
                self.charsets.shift(0);
                self.charsets.designate(0, b'B');
            }
            (b"(", set) => self.charsets.designate(0, set),
            (b")" | b"-", set) => self.charsets.designate(1, set),
            (b"*" | b".", set) => self.charsets.designate(2, set),
            (b"+", set) => self.charsets.designate(3, set),
            _ => {}
        }
        self.end_run();
    }

    /// Obeys a control sequence.
    pub fn csi(&mut self, params: &[&[u16]], marks: &[u8], last: char) {
        match marks {
            b"" => self.plain_csi(params, last),
            b"?" => self.private_csi(params, last),
            _ => self.marked_csi(params, marks, last),
        }
        self.end_run();
    }

    fn plain_csi(&mut self, params: &[&[u16]], last: char) {
        let first = value(params, 0);
        let n = count(params, 0);
        match last {
            'm' => self.draw_with(params),
            'H' | 'f' => self.go_to(count(params, 1) - 1, n - 1),
            'A' => self.up(n),
            'B' => self.down(n),
            'C' | 'a' => self.go_by(n as isize, 0),
            'D' => self.go_by(-(n as isize), 0),
            'E' => {
                self.down(n);
                self.carriage_return();
            }
            'F' => {
                self.up(n);
                self.carriage_return();
            }
            'G' | '`' => self.go_to_column(n - 1),
            'd' => self.go_to_line(n - 1),
            'e' => self.go_by(0, n as isize),
            'I' => self.tab_forward(n as u16),
            'Z' => self.tab_backward(n as u16),
            'J' => self.erase_display(first, false),
            'K' => self.erase_line(first, false),
            'X' => self.erase_chars(n),
            '@' => self.insert_chars(n),
            'P' => self.delete_chars(n),
            'L' => self.insert_lines(n),
            'M' => self.delete_lines(n),
            'S' => self.scroll_up(n),
            'T' => self.scroll_down(n),
            'b' => self.repeat(n as u16),
            _ => self.rare_csi(params, last),
        }
    }

    fn rare_csi(&mut self, params: &[&[u16]], last: char) {
        let first = value(params, 0);
        match (last, first) {
            ('g', 0) => {
                let buffer = self.buffer();
                buffer.tabs.clear(buffer.x);
            }
            ('g', 3) => self.buffer().tabs.clear_all(),
            ('h' | 'l', _) => {
                for index in 0..params.len() {
                    self.ansi_mode(value(params, index), last == 'h');
                }
            }
            ('r', _) => self.set_region(first.into(), value(params, 1).into()),
            ('s', _) => self.save_cursor(),
            ('u', _) => self.restore_cursor(),
            ('c', 0) => self.report_attributes(b""),
            ('n', _) => self.report_status(first, false),
            ('t', 22 | 23) => self.title_stack(first == 22, value(params, 1)),
            _ => {}
        }
    }

    fn private_csi(&mut self, params: &[&[u16]], last: char) {
        let first = value(params, 0);
        match last {
            'h' | 'l' => {
                for index in 0..params.len() {
                    self.private_mode(value(params, index), last == 'h');
                }
            }
            'J' => self.erase_display(first, true),
            'K' => self.erase_line(first, true),
            'n' => self.report_status(first, true),
            'u' => self.report_kitty(),
            _ => {}
        }
    }

    fn marked_csi(&mut self, params: &[&[u16]], marks: &[u8], last: char) {
        let first = value(params, 0);
        let n = count(params, 0);
        let screen = usize::from(self.on_alt);
        match (marks, last) {
            (b"!", 'p') => self.soft_reset(),
            (b" ", 'q') => self.modes.cursor.apply(first),
            (b" ", '@') => self.delete_columns(0, n),
            (b" ", 'A') => self.insert_columns(0, n),
            (b"'", '}') => self.insert_columns(self.shown().x, n),
            (b"'", '~') => self.delete_columns(self.shown().x, n),
            (b"\"", 'q') => self.protect(first),
            (b"$", 'p') => self.report_ansi_mode(first),
            (b"?$", 'p') => self.report_private_mode(first),
            (b">" | b"=", 'c') if first == 0 => self.report_attributes(marks),
            (b">", 'q') if first == 0 => self.report_version(),
            (b">", 'u') => self.kitty[screen].push(first),
            (b"<", 'u') => self.kitty[screen].pop(n as u16),
            (b"=", 'u') => self.kitty[screen].set(first, value(params, 1)),
            _ => {}
        }
    }

    /// XTWINOPS 22 and 23: 0 means both names, 1 the icon's, 2 the window's.
    fn title_stack(&mut self, push: bool, which: u16) {
        for (name, other) in [(&mut self.title, 1), (&mut self.icon, 2)] {
            match (which <= 2 && which != other, push) {
                (true, true) => name.push(),
                (true, false) => name.pop(),
                _ => {}
            }
        }
    }

    /// DECSCA.
    fn protect(&mut self, what: u16) {
        match what {
            1 => self.pen.bg |= super::cell::PROTECTED,
            0 | 2 => self.pen.bg &= !super::cell::PROTECTED,
            _ => return,
        }
        self.pen_changed();
    }

    fn ansi_mode(&mut self, mode: u16, on: bool) {
        match mode {
            4 => self.modes.insert = on,
            20 => self.switches.newline = on,
            _ => {}
        }
    }

    fn private_mode(&mut self, mode: u16, on: bool) {
        match mode {
            1 => self.modes.app_cursor = on,
            2 if on => (0..4).for_each(|level| self.charsets.designate(level, b'B')),
            6 => {
                self.modes.origin = on;
                self.go_to(0, 0);
            }
            7 => self.modes.wrap = on,
            9 | 1000 | 1002 | 1003 => {
                self.switches.mouse = Mouse::from_mode(mode).filter(|_| on).unwrap_or_default();
            }
            12 => self.switches.blink = Some(on),
            25 => self.switches.hidden_cursor = !on,
            45 => self.modes.reverse_wrap = on,
            66 => self.modes.app_keypad = on,
            1004 => self.modes.focus = on,
            1006 | 1016 => self.switches.mouse_encoding = if on { mode } else { 0 },
            2004 => self.modes.bracketed_paste = on,
            2026 => self.modes.synchronized = on,
            47 | 1047 | 1048 | 1049 => self.screen_mode(mode, on),
            _ => {}
        }
    }

    fn screen_mode(&mut self, mode: u16, on: bool) {
        if on {
            if mode >= 1048 {
                self.save_cursor();
            }
            if mode != 1048 {
                self.enter_alt();
            }
        } else {
            if mode != 1048 {
                self.leave_alt();
            }
            if mode >= 1048 {
                self.restore_cursor();
            }
        }
    }
}
