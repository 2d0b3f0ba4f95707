//! What a line is besides its text: where a prompt, a command or its output begins and how the
//! command ended (OSC 133), and that a picture was drawn there.
//!
//! xterm.js knows none of it. The marks of a line travel with it, into the scrollback too.

/// The marks of one line, in two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks(u16);

const PROMPT: u16 = 1;
const INPUT: u16 = 2;
const OUTPUT: u16 = 4;
const DONE: u16 = 8;
/// The exit status is known; it is the high byte.
const STATUS: u16 = 16;
const IMAGE: u16 = 32;

/// A line that has marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Lines from the oldest one that is kept, which is 0.
    pub line: usize,
    pub marks: Marks,
}

impl Marks {
    /// The inside of an OSC 133: `A` a prompt, `B` what is typed at it, `C` output, `D` and perhaps
    /// `;status` the end of the command.
    pub fn read(data: &str) -> Marks {
        let (kind, rest) = data.split_once(';').unwrap_or((data, ""));
        match kind {
            "A" => Marks(PROMPT),
            "B" => Marks(INPUT),
            "C" => Marks(OUTPUT),
            "D" => match rest.split(';').next().and_then(|status| status.parse::<u8>().ok()) {
                Some(status) => Marks(DONE | STATUS | u16::from(status) << 8),
                None => Marks(DONE),
            },
            _ => Marks::default(),
        }
    }

    pub fn image() -> Marks {
        Marks(IMAGE)
    }

    pub fn from_bytes(bytes: [u8; 2]) -> Marks {
        Marks(u16::from_le_bytes(bytes))
    }

    pub fn to_bytes(self) -> [u8; 2] {
        self.0.to_le_bytes()
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds marks; of two ends of commands the later one counts.
    pub fn add(&mut self, more: Marks) {
        if more.0 & DONE != 0 {
            self.0 &= !(STATUS | 0xff00);
        }
        self.0 |= more.0;
    }

    /// A prompt begins on this line.
    pub fn is_prompt(self) -> bool {
        self.0 & PROMPT != 0
    }

    /// What is typed at the prompt begins on this line.
    pub fn is_input(self) -> bool {
        self.0 & INPUT != 0
    }

    /// A command's output begins on this line.
    pub fn is_output(self) -> bool {
        self.0 & OUTPUT != 0
    }

    /// A command ended above this line.
    pub fn is_done(self) -> bool {
        self.0 & DONE != 0
    }

    /// Its exit status, when the shell said it.
    pub fn status(self) -> Option<u8> {
        (self.0 & STATUS != 0).then_some(self.0.to_le_bytes()[1])
    }

    /// A picture, which is not kept, was drawn from this line on.
    pub fn is_image(self) -> bool {
        self.0 & IMAGE != 0
    }

    /// The sequences that set the marks again, in the order in which a shell says them.
    pub fn said(self) -> String {
        let done = match self.status() {
            Some(status) => format!("D;{status}"),
            None => "D".to_owned(),
        };
        let kinds = [
            (self.is_done(), done.as_str()),
            (self.is_prompt(), "A"),
            (self.is_input(), "B"),
            (self.is_output(), "C"),
        ];
        kinds.iter().filter(|(is, _)| *is).map(|(_, kind)| format!("\x1b]133;{kind}\x1b\\")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_and_said() {
        for (data, status, said) in [
            ("A", None, "\x1b]133;A\x1b\\"),
            ("A;aid=7", None, "\x1b]133;A\x1b\\"),
            ("B", None, "\x1b]133;B\x1b\\"),
            ("C", None, "\x1b]133;C\x1b\\"),
            ("D", None, "\x1b]133;D\x1b\\"),
            ("D;0", Some(0), "\x1b]133;D;0\x1b\\"),
            ("D;130;aid=7", Some(130), "\x1b]133;D;130\x1b\\"),
            ("D;x", None, "\x1b]133;D\x1b\\"),
            ("Z", None, ""),
        ] {
            let marks = Marks::read(data);
            assert_eq!(marks.status(), status, "{data}");
            assert_eq!(marks.said(), said, "{data}");
            assert_eq!(Marks::from_bytes(marks.to_bytes()), marks);
        }
    }

    #[test]
    fn the_last_end_counts() {
        let mut marks = Marks::read("D;1");
        marks.add(Marks::read("A"));
        marks.add(Marks::read("D;2"));
        assert_eq!(marks.said(), "\x1b]133;D;2\x1b\\\x1b]133;A\x1b\\");
    }
}
