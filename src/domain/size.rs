//! The size of a terminal.

use serde::{Deserialize, Serialize};

/// Smallest and largest accepted number of rows and of columns.
pub const MIN: u32 = 1;
pub const MAX: u32 = 1000;

/// Rows × columns, in cells. Always within [`MIN`]`..=`[`MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    pub rows: u16,
    pub cols: u16,
}

/// A size outside the limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{side} must be between {MIN} and {MAX}, not {value}")]
pub struct SizeError {
    pub side: &'static str,
    pub value: i64,
}

impl Size {
    /// What a session gets when nobody has said how large its viewer is.
    pub const DEFAULT: Size = Size { rows: 32, cols: 120 };

    /// Checks both sides; the error names the side and the limit.
    pub fn new(rows: i64, cols: i64) -> Result<Size, SizeError> {
        Ok(Size { rows: side("rows", rows)?, cols: side("cols", cols)? })
    }
}

fn side(side: &'static str, value: i64) -> Result<u16, SizeError> {
    if (i64::from(MIN)..=i64::from(MAX)).contains(&value) {
        Ok(value as u16)
    } else {
        Err(SizeError { side, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_inclusive() {
        for (rows, cols, ok) in [
            (1, 1, true),
            (1000, 1000, true),
            (0, 80, false),
            (24, 0, false),
            (24, 1001, false),
            (24, 70_000, false),
            (-1, 80, false),
        ] {
            assert_eq!(Size::new(rows, cols).is_ok(), ok, "{rows}×{cols}");
        }
        let error = Size::new(24, 70_000).unwrap_err();
        assert_eq!(error.to_string(), "cols must be between 1 and 1000, not 70000");
    }
}
