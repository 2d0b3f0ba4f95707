//! The key that detaches, in the forms in which terminals send it.

use std::str::FromStr;

/// What it is when nothing else is said.
pub const DETACH: &str = "C-]";

/// Caps Lock and Num Lock, in the keyboard protocols' bits.
const LOCKS: u32 = 64 | 128;
const CTRL: u32 = 4;

/// A key held with Ctrl, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetachKey(Option<u8>);

impl FromStr for DetachKey {
    type Err = String;

    fn from_str(text: &str) -> Result<DetachKey, String> {
        if text == "none" {
            return Ok(DetachKey(None));
        }
        let named = ["C-", "c-", "^", "ctrl-", "Ctrl-"].iter().find_map(|prefix| text.strip_prefix(prefix));
        match named.map(str::as_bytes) {
            Some([key @ (b'@'..=b'_' | b'a'..=b'z')]) => Ok(DetachKey(Some(key.to_ascii_lowercase()))),
            _ => Err("say C- and a letter or one of @ [ \\ ] ^ _, such as C-], or `none`".to_owned()),
        }
    }
}

impl std::fmt::Display for DetachKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(key) => write!(f, "Ctrl-{}", char::from(key).to_uppercase()),
            None => f.write_str("none"),
        }
    }
}

impl DetachKey {
    /// Where in what was typed the key begins.
    pub fn find(self, typed: &[u8]) -> Option<usize> {
        let key = self.0?;
        let control = key.to_ascii_uppercase() & 0x1f;
        let plain = typed.iter().position(|&byte| byte == control);
        // Ctrl-[ is Escape: only a protocol that tells them apart can mean it.
        let plain = plain.filter(|_| control != 0x1b);
        let said = typed.windows(2).enumerate().filter(|(_, two)| *two == b"\x1b[").map(|(at, _)| at);
        let mut said = said.filter(|at| is_said(&typed[at + 2..], key));
        [plain, said.next()].into_iter().flatten().min()
    }
}

/// Whether a sequence says that `key` was pressed with Ctrl: `93;5u` (kitty) or `27;5;93~` (xterm).
fn is_said(sequence: &[u8], key: u8) -> bool {
    let Some(end) = sequence.iter().position(|byte| (0x40..=0x7e).contains(byte)) else { return false };
    let Ok(text) = std::str::from_utf8(&sequence[..end]) else { return false };
    let mut params = text.split(';');
    let (code, held) = match sequence[end] {
        b'u' => (params.next(), params.next()),
        b'~' if params.next() == Some("27") => {
            let held = params.next();
            (params.next(), held)
        }
        _ => return false,
    };
    let first = |param: Option<&str>| param?.split(':').next()?.parse::<u32>().ok();
    let event = held.and_then(|held| held.split(':').nth(1));
    let held = first(held).map(|held| held.saturating_sub(1) & !LOCKS);
    let released = event == Some("3");
    first(code) == Some(key.into()) && held == Some(CTRL) && !released
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_every_form() {
        let key: DetachKey = DETACH.parse().unwrap();
        assert_eq!(key.to_string(), "Ctrl-]");
        for (typed, place) in [
            (&b"ab\x1dcd"[..], Some(2)),
            (b"\x1b[93;5u", Some(0)),
            (b"x\x1b[93;5:1u", Some(1)),
            (b"\x1b[93;133u", Some(0)),
            (b"\x1b[93:125;5u", Some(0)),
            (b"\x1b[27;5;93~", Some(0)),
            (b"\x1b[A\x1b[93;5u", Some(3)),
            (b"\x1b[93;5:3u", None),
            (b"\x1b[93;6u", None),
            (b"\x1b[93u", None),
            (b"\x1b[94;5u", None),
            (b"]\x1b[5~", None),
            (b"\x1b[", None),
            (b"", None),
        ] {
            assert_eq!(key.find(typed), place, "{:?}", String::from_utf8_lossy(typed));
        }
    }

    #[test]
    fn another_key_or_none_can_be_chosen() {
        for (text, typed) in
            [("C-a", &b"\x01"[..]), ("^Q", b"\x11"), ("ctrl-\\", b"\x1c"), ("C-[", b"\x1b[91;5u")]
        {
            assert_eq!(text.parse::<DetachKey>().unwrap().find(typed), Some(0), "{text}");
        }
        assert_eq!("C-[".parse::<DetachKey>().unwrap().find(b"\x1b"), None);
        assert_eq!("none".parse::<DetachKey>().unwrap().find(b"\x1d\x01"), None);
        for wrong in ["", "a", "C-", "C-ab", "C-1", "M-a"] {
            assert!(wrong.parse::<DetachKey>().is_err(), "{wrong}");
        }
    }
}
