//! Pictures: sixel, iTerm2 (OSC 1337), kitty (APC G).
//!
//! xterm.js draws none of them without an addon and neither moves its cursor nor prints anything, so
//! the model does the same. A picture leaves a placeholder: its line is marked, and what it was is
//! remembered for the newest few. The payload is read over and never kept beyond the few bytes that
//! say what it is.

use std::collections::VecDeque;

/// Most placeholders remembered.
const MOST: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Sixel,
    Iterm,
    Kitty,
}

/// A picture that was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image {
    pub protocol: Protocol,
    /// Length of the sequence's inside, in bytes.
    pub bytes: u64,
}

/// The newest placeholders, and how many there were.
#[derive(Debug, Clone, Default)]
pub struct Images {
    newest: VecDeque<Image>,
    seen: u64,
}

impl Images {
    pub fn add(&mut self, image: Image) {
        if self.newest.len() == MOST {
            self.newest.pop_front();
        }
        self.newest.push_back(image);
        self.seen += 1;
    }

    /// Oldest first.
    pub fn newest(&self) -> impl Iterator<Item = Image> {
        self.newest.iter().copied()
    }

    pub fn seen(&self) -> u64 {
        self.seen
    }
}

/// The protocol of a sequence that draws, by its beginning with the 7-bit introducer. A kitty picture
/// in parts is the part that says what to do with it.
pub fn protocol(start: &[u8]) -> Option<Protocol> {
    if let Some(rest) = start.strip_prefix(b"\x1bP") {
        let last = rest.iter().find(|byte| !(b'0'..=b';').contains(byte));
        return (last == Some(&b'q')).then_some(Protocol::Sixel);
    }
    if let Some(rest) = start.strip_prefix(b"\x1b]1337;") {
        let draws = rest.starts_with(b"File=") || rest.starts_with(b"MultipartFile=");
        return draws.then_some(Protocol::Iterm);
    }
    let controls = start.strip_prefix(b"\x1b_G")?.split(|byte| *byte == b';').next()?;
    let draws = controls.split(|byte| *byte == b',').any(|field| field == b"a=T" || field == b"a=p");
    draws.then_some(Protocol::Kitty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_that_draw_are_known_by_their_beginning() {
        for (start, expected) in [
            ("\x1bPq#0;2;0;0;0", Some(Protocol::Sixel)),
            ("\x1bP0;1;0q\"1;1", Some(Protocol::Sixel)),
            ("\x1bP$qm", None),
            ("\x1bP+q544e", None),
            ("\x1b]1337;File=inline=1:AAAA", Some(Protocol::Iterm)),
            ("\x1b]1337;CurrentDir=/", None),
            ("\x1b_Ga=T,f=100;AAAA", Some(Protocol::Kitty)),
            ("\x1b_Gi=1,a=p", Some(Protocol::Kitty)),
            ("\x1b_Gi=1,a=q;AAAA", None),
            ("\x1b_Gm=1;AAAA", None),
            ("\x1b_other", None),
            ("", None),
        ] {
            assert_eq!(protocol(start.as_bytes()), expected, "{start:?}");
        }
    }

    #[test]
    fn only_the_newest_are_remembered() {
        let mut images = Images::default();
        (0..100).for_each(|bytes| images.add(Image { protocol: Protocol::Kitty, bytes }));
        assert_eq!(images.newest().map(|image| image.bytes).next(), Some(100 - MOST as u64));
        assert_eq!(images.seen(), 100);
    }
}
