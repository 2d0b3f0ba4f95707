//! Text out of bytes that were cut anywhere.

use std::borrow::Cow;
use std::str;

/// Joins characters that are split over pieces. What is not UTF-8 becomes U+FFFD.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// The beginning of a character, 3 bytes at most.
    carry: Vec<u8>,
}

impl Utf8 {
    /// The text of this piece, with what was left of the one before it.
    pub fn push<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, str> {
        if self.carry.is_empty() {
            let whole = bytes.len() - unfinished(bytes);
            self.carry.extend_from_slice(&bytes[whole..]);
            return String::from_utf8_lossy(&bytes[..whole]);
        }
        let mut joined = std::mem::take(&mut self.carry);
        joined.extend_from_slice(bytes);
        self.carry = joined.split_off(joined.len() - unfinished(&joined));
        String::from_utf8_lossy(&joined).into_owned().into()
    }

    /// U+FFFD if a character was begun, else nothing.
    pub fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.carry)).into_owned()
    }
}

/// The text of `bytes` up to the last whole character, or all of it when nothing more will come; and how many bytes
/// that is. What is not UTF-8 becomes U+FFFD.
pub fn whole_text(bytes: &[u8], over: bool) -> (String, usize) {
    let whole = if over { bytes.len() } else { bytes.len() - unfinished(bytes) };
    (String::from_utf8_lossy(&bytes[..whole]).into_owned(), whole)
}

/// How many bytes at the end are the beginning of a character that may yet be completed.
fn unfinished(bytes: &[u8]) -> usize {
    let begins_character = |back: &usize| {
        let tail = &bytes[bytes.len() - back..];
        let error = str::from_utf8(tail).err();
        error.is_some_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    (1..=bytes.len().min(3)).find(begins_character).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        for (bytes, over, expected) in [
            ("aé".as_bytes(), false, ("aé", 3)),
            (&"aé".as_bytes()[..2], false, ("a", 1)),
            (&"aé".as_bytes()[..2], true, ("a\u{fffd}", 2)),
            (b"a\xffb", false, ("a\u{fffd}b", 3)),
            (b"", true, ("", 0)),
        ] {
            assert_eq!(whole_text(bytes, over), (expected.0.to_owned(), expected.1));
        }
    }

    #[test]
    fn characters_are_joined_and_nonsense_is_replaced() {
        for (pieces, expected) in [
            (&[&b"h\xc3"[..], b"\xa9"] as &[&[u8]], &["h", "é"] as &[&str]),
            (&[b"\xe2", b"\x94", b"\x80!"], &["", "", "─!"]),
            (&[b"\xf0\x9f", b"\xa6\x80"], &["", "🦀"]),
            (&[b"\xf0\x9f", b"x"], &["", "\u{fffd}x"]),
            (&[b"\xff", b"\xc0\x80"], &["\u{fffd}", "\u{fffd}\u{fffd}"]),
            (&[b"\xe0\x80", b"x"], &["\u{fffd}\u{fffd}", "x"]),
            (&[b"\x80", b""], &["\u{fffd}", ""]),
        ] {
            let mut utf8 = Utf8::default();
            let texts: Vec<Cow<'_, str>> = pieces.iter().map(|piece| utf8.push(piece)).collect();
            assert_eq!(texts, expected);
            assert_eq!(utf8.finish(), "");
        }
        let mut utf8 = Utf8::default();
        assert_eq!(utf8.push(b"ok\xe2\x94"), "ok");
        assert_eq!(utf8.finish(), "\u{fffd}");
    }

    proptest! {
        #[test]
        fn where_it_is_cut_does_not_matter(
            text in ".{0,30}",
            noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
            cuts in prop::collection::vec(1..6usize, 1..80),
        ) {
            let mut bytes = text.into_bytes();
            bytes.push(b'.');
            for (at, byte) in noise {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let (mut utf8, mut rest, mut joined) = (Utf8::default(), &bytes[..], String::new());
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                joined.push_str(&utf8.push(piece));
                rest = after;
            }
            joined.push_str(&utf8.push(rest));
            joined.push_str(&utf8.finish());
            prop_assert_eq!(joined, String::from_utf8_lossy(&bytes));
        }
    }
}
