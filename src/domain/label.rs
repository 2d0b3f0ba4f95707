//! What a session may be called.

/// Longest label, in characters.
pub const MOST: usize = 200;

/// A label that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    #[error("label is longer than {MOST} characters")]
    TooLong,
    #[error("label must not contain control characters")]
    Control,
}

/// Any text of one line; an empty one is no label.
pub fn check(label: &str) -> Result<(), LabelError> {
    if label.chars().count() > MOST {
        Err(LabelError::TooLong)
    } else if label.chars().any(char::is_control) {
        Err(LabelError::Control)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_of_text() {
        for (label, expected) in [
            ("", Ok(())),
            ("Claude · fix the build 🦀", Ok(())),
            (&"é".repeat(MOST), Ok(())),
            (&"é".repeat(MOST + 1), Err(LabelError::TooLong)),
            ("two\nlines", Err(LabelError::Control)),
            ("\u{1b}[31mred", Err(LabelError::Control)),
        ] {
            assert_eq!(check(label), expected, "{label:?}");
        }
    }
}
