//! Texts as they are kept: without secrets, and cut.

use crate::domain::mask::{Masker, mask};

/// How much of the texts is kept, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Of one text; 0: none, only how long it was.
    pub text: usize,
    /// Of all texts of a turn.
    pub turn: usize,
    /// Calls of models and tools in a turn.
    pub spans: usize,
}

/// What is read beyond the cut, so that a secret there is whole when it is looked for.
const BEYOND: usize = 512;

/// The text without secrets, and not longer than `most` bytes but for the mark that says what is missing.
pub(super) fn clean(text: &str, most: usize) -> String {
    let read = &text[..boundary(text, most.saturating_add(BEYOND))];
    let mut masker = Masker::default();
    let lines: Vec<String> = read
        .split('\n')
        .map(|line| if masker.pass(line) { "****".to_owned() } else { mask(line).into_owned() })
        .collect();
    let mut kept = lines.join("\n");
    if text.len() > most {
        kept.truncate(boundary(&kept, most));
        let more = text.len() - most;
        kept.push_str(&format!("… ({more} bytes more)"));
    }
    kept
}

/// The last place not after `at` where a character begins.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_with_a_mark_and_have_no_secrets() {
        let token = format!("dapi{}", "0a".repeat(16));
        for (text, most, kept) in [
            ("all of it".to_owned(), 9, "all of it".to_owned()),
            ("all of it".to_owned(), 3, "all… (6 bytes more)".to_owned()),
            ("é".repeat(3), 3, "é… (3 bytes more)".to_owned()),
            ("secret plans".to_owned(), 0, "… (12 bytes more)".to_owned()),
            (format!("use {token}"), 100, "use dapi****".to_owned()),
            (format!("line\nuse {token}"), 14, "line\nuse dapi*… (31 bytes more)".to_owned()),
        ] {
            assert_eq!(clean(&text, most), kept, "{text}");
        }
        let key = "a\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nb";
        assert!(!clean(key, 1000).contains("MIIE"));
    }
}
