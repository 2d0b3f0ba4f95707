//! Answers to what programs ask: the ones xterm.js gives, and a few it does not.
//!
//! Answers are kept until somebody takes them. Who that is, and whether they are written to the
//! program at all, is decided by the caller: a viewer answers too, and one answer is enough.

use super::cell;
use super::palette::format_color;
use super::term::Term;

/// Most bytes of answers kept; what comes after is dropped.
const LIMIT: usize = 4096;

/// Answers not yet taken.
#[derive(Debug, Default)]
pub struct Replies(Vec<u8>);

impl Replies {
    pub fn push(&mut self, reply: &str) {
        if self.0.len() + reply.len() <= LIMIT {
            self.0.extend(reply.as_bytes());
        }
    }

    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

/// Answers of DECRQM.
const UNKNOWN: u8 = 0;
const SET: u8 = 1;
const RESET: u8 = 2;
const ALWAYS_SET: u8 = 3;
const ALWAYS_RESET: u8 = 4;

fn state(on: bool) -> u8 {
    if on { SET } else { RESET }
}

impl Term {
    /// DA1, DA2 and DA3; xterm.js does not answer the last.
    pub fn report_attributes(&mut self, mark: &[u8]) {
        self.replies.push(match mark {
            b">" => "\x1b[>0;276;0c",
            b"=" => "\x1bP!|00000000\x1b\\",
            _ => "\x1b[?1;2c",
        });
    }

    /// XTVERSION: what the viewer is.
    pub fn report_version(&mut self) {
        self.replies.push("\x1bP>|xterm.js(6.0.0)\x1b\\");
    }

    /// DSR: 5 asks for health, 6 for the cursor.
    pub fn report_status(&mut self, what: u16, private: bool) {
        let buffer = self.shown();
        let (y, x) = (buffer.y + 1, buffer.x + 1);
        match (what, private) {
            (5, false) => self.replies.push("\x1b[0n"),
            (6, false) => self.replies.push(&format!("\x1b[{y};{x}R")),
            (6, true) => self.replies.push(&format!("\x1b[?{y};{x}R")),
            _ => {}
        }
    }

    pub fn report_kitty(&mut self) {
        let flags = self.kitty[usize::from(self.on_alt)].current;
        self.replies.push(&format!("\x1b[?{flags}u"));
    }

    /// DECRQM for a mode without `?`.
    pub fn report_ansi_mode(&mut self, mode: u16) {
        let state = match mode {
            2 => ALWAYS_RESET,
            4 => state(self.modes.insert),
            12 => ALWAYS_SET,
            20 => state(self.switches.newline),
            _ => UNKNOWN,
        };
        self.replies.push(&format!("\x1b[{mode};{state}$y"));
    }

    /// DECRQM for a mode with `?`.
    pub fn report_private_mode(&mut self, mode: u16) {
        let (modes, switches) = (&self.modes, &self.switches);
        let state = match mode {
            1 => state(modes.app_cursor),
            6 => state(modes.origin),
            7 => state(modes.wrap),
            8 => ALWAYS_SET,
            9 | 1000 | 1002 | 1003 => state(switches.mouse.mode() == Some(mode)),
            12 => state(switches.blink.unwrap_or(false)),
            25 => state(!switches.hidden_cursor),
            45 => state(modes.reverse_wrap),
            66 => state(modes.app_keypad),
            67 | 1005 | 1015 => ALWAYS_RESET,
            1004 => state(modes.focus),
            1006 | 1016 => state(switches.mouse_encoding == mode),
            1048 => SET,
            47 | 1047 | 1049 => state(self.on_alt),
            2004 => state(modes.bracketed_paste),
            2026 => state(modes.synchronized),
            _ => UNKNOWN,
        };
        self.replies.push(&format!("\x1b[?{mode};{state}$y"));
    }

    /// A whole device control string; only DECRQSS means anything here.
    pub fn dcs(&mut self, text: &str) {
        if let Some(setting) = text.strip_prefix("$q") {
            let reply = self.setting(setting);
            self.replies.push(&reply);
        }
        self.end_run();
    }

    fn setting(&self, name: &str) -> String {
        let buffer = self.shown();
        match name {
            "\"q" => format!("\x1bP1$r{}\"q\x1b\\", u8::from(self.pen.bg & cell::PROTECTED != 0)),
            "\"p" => "\x1bP1$r61;1\"p\x1b\\".to_owned(),
            "r" => format!("\x1bP1$r{};{}r\x1b\\", buffer.top + 1, buffer.bottom + 1),
            "m" => "\x1bP1$r0m\x1b\\".to_owned(),
            " q" => format!("\x1bP1$r{} q\x1b\\", self.modes.cursor.param().max(1)),
            _ => "\x1bP0$r\x1b\\".to_owned(),
        }
    }

    pub fn report_indexed_color(&mut self, index: u8) {
        let color = format_color(self.palette.indexed_or_default(index));
        self.replies.push(&format!("\x1b]4;{index};{color}\x1b\\"));
    }

    /// OSC 10, 11, 12.
    pub fn report_special_color(&mut self, index: usize) {
        let color = format_color(self.palette.special_or_default(index));
        self.replies.push(&format!("\x1b]{};{color}\x1b\\", 10 + index));
    }
}
