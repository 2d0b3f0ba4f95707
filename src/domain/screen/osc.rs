//! Operating system commands: title, directory, colours, links, marks, status.

use super::marks::Marks;
use super::palette::{SPECIAL, parse_color};
use super::term::Term;
use crate::domain::percent;

/// Longest directory kept, in bytes.
const MAX_CWD: usize = 4096;

impl Term {
    /// A whole command, without its introducer and terminator.
    pub fn osc(&mut self, text: &str) {
        let (number, data) = text.split_once(';').unwrap_or((text, ""));
        let known = number.bytes().all(|byte| byte.is_ascii_digit());
        match number.parse::<u32>().ok().filter(|_| known) {
            Some(0) => {
                self.title.set(data);
                self.icon.set(data);
            }
            Some(1) => self.icon.set(data),
            Some(2) => self.title.set(data),
            Some(4) => self.indexed_colors(data),
            Some(7) => self.directory(data),
            Some(8) => self.hyperlink(data),
            Some(10) => self.special_colors(data, 0),
            Some(11) => self.special_colors(data, 1),
            Some(12) => self.special_colors(data, 2),
            Some(104) => self.restore_colors(data),
            Some(110) => self.palette.special[0] = None,
            Some(111) => self.palette.special[1] = None,
            Some(112) => self.palette.special[2] = None,
            Some(133) => self.semantic_mark(data),
            Some(7501) if data == "?" => self.replies.push("\x1b]7501;?\x1b\\"),
            Some(7501) => self.statuses.read(data),
            _ => {}
        }
        self.end_run();
    }

    fn semantic_mark(&mut self, data: &str) {
        let marks = Marks::read(data);
        if marks.is_prompt() {
            self.statuses.prompt();
        }
        self.mark_line(marks);
    }

    fn indexed_colors(&mut self, data: &str) {
        let mut slots = data.split(';');
        while let (Some(index), Some(spec)) = (slots.next(), slots.next()) {
            let Some(index) = palette_index(index) else { continue };
            if spec == "?" {
                self.report_indexed_color(index);
            } else if let Some(color) = parse_color(spec) {
                self.palette.indexed.insert(index, color);
            }
        }
    }

    fn special_colors(&mut self, data: &str, first: usize) {
        for (index, spec) in (first..SPECIAL).zip(data.split(';')) {
            if spec == "?" {
                self.report_special_color(index);
            } else if let Some(color) = parse_color(spec) {
                self.palette.special[index] = Some(color);
            }
        }
    }

    fn restore_colors(&mut self, data: &str) {
        if data.is_empty() {
            self.palette.indexed.clear();
        }
        for index in data.split(';').filter_map(palette_index) {
            self.palette.indexed.remove(&index);
        }
    }

    fn hyperlink(&mut self, data: &str) {
        let Some((params, uri)) = data.split_once(';') else { return };
        let params = params.trim();
        let link = if !uri.is_empty() {
            self.make_room_for_link();
            let id = params.split(':').find_map(|param| param.strip_prefix("id="));
            self.tables.open(id.filter(|id| !id.is_empty()), uri)
        } else if params.is_empty() {
            0
        } else {
            return;
        };
        self.pen.set_link(link);
        self.pen_changed();
    }

    fn make_room_for_link(&mut self) {
        if self.tables.is_due() || self.tables.is_full_of_links() {
            self.tables.sweep(self.pen, self.style, &[&self.normal, &self.alt]);
        }
        if self.tables.is_full_of_links() {
            self.tables.forget_links();
        }
    }

    /// OSC 7: `file://host/path`, percent-encoded.
    fn directory(&mut self, data: &str) {
        let Some(rest) = data.strip_prefix("file://") else { return };
        let Some(slash) = rest.find('/') else { return };
        let path = String::from_utf8_lossy(&percent::decode(&rest.as_bytes()[slash..])).into_owned();
        if path.len() <= MAX_CWD && !path.chars().any(char::is_control) {
            self.cwd = Some(path);
        }
    }
}

fn palette_index(text: &str) -> Option<u8> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_decoded_paths() {
        for (data, cwd) in [
            ("file://host/home/me", Some("/home/me")),
            ("file:///a%20b%C3%A9", Some("/a bé")),
            ("file:///100%", Some("/100%")),
            ("file:///%zz", Some("/%zz")),
            ("file:///a%0ab", None),
            ("file://host", None),
            ("/home/me", None),
        ] {
            let mut term = Term::new(2, 10, 0);
            term.directory(data);
            assert_eq!(term.cwd.as_deref(), cwd, "{data}");
        }
    }

    #[test]
    fn titles_are_short_and_printable() {
        let mut term = Term::new(2, 10, 0);
        term.osc("2;a;b\u{7f}\u{9b}c");
        assert_eq!(term.title.shown, "a;bc");
        term.osc(&format!("0;{}", "é".repeat(1000)));
        assert_eq!(term.title.shown.chars().count(), 256);
        assert_eq!(term.icon, term.title);
    }

    #[test]
    fn colors_are_set_and_restored() {
        let mut term = Term::new(2, 10, 0);
        term.osc("4;1;#010203;2;rgb:04/05/06;300;#fff;x;#fff;3");
        assert_eq!(term.palette.indexed.len(), 2);
        term.osc("10;#010101;#020202;#030303;#040404");
        assert_eq!(term.palette.special, [Some([1; 3]), Some([2; 3]), Some([3; 3])]);
        term.osc("104;1");
        term.osc("111");
        assert_eq!(term.palette.indexed.len(), 1);
        assert_eq!(term.palette.special[1], None);
        term.osc("104");
        assert!(term.palette.indexed.is_empty());
    }
}
