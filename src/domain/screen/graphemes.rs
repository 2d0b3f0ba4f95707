//! Grapheme clusters: which characters join the one before, and how wide that makes it.
//!
//! The rules are those of `@xterm/addon-unicode-graphemes` 0.4.0 and not quite those of Unicode: a
//! joiner joins any pictograph to anything, flags pair up from the left, and whatever stands alone
//! has a column, marks too. A cluster only ever grows from one column to two.

use super::ranges::RANGES;

/// What a character means for the borders of clusters (Grapheme_Cluster_Break).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Other,
    Prepend,
    Extend,
    /// Half a flag.
    Regional,
    Spacing,
    HangulL,
    HangulV,
    HangulT,
    HangulLv,
    HangulLvt,
    Joiner,
    Pictograph,
}

/// The character printed last, as far as the next one cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Last {
    /// Columns of its cell, 0 when nothing can be joined.
    pub width: u32,
    pub kind: Kind,
}

const KINDS: [Kind; 12] = [
    Kind::Other,
    Kind::Prepend,
    Kind::Extend,
    Kind::Regional,
    Kind::Spacing,
    Kind::HangulL,
    Kind::HangulV,
    Kind::HangulT,
    Kind::HangulLv,
    Kind::HangulLvt,
    Kind::Joiner,
    Kind::Pictograph,
];
/// Added to the kind of a wide character in [`RANGES`].
const WIDE: u8 = 16;

impl Last {
    /// The state after `code`, and whether it joins the character before.
    pub fn then(self, code: u32) -> (Last, bool) {
        let (kind, own) = look_up(code);
        if self.width == 0 || !joins(self.kind, kind) {
            return (Last { width: own, kind }, false);
        }
        match kind {
            // A third half begins another flag.
            Kind::Regional => (Last { width: 2, kind: Kind::Other }, true),
            _ => (Last { width: self.width.max(own), kind }, true),
        }
    }

    /// The state after a text that begins anew; `None` when it is more than one cluster.
    pub fn of(text: &str) -> Option<Last> {
        let mut chars = text.chars();
        let (first, _) = Last::default().then(chars.next()?.into());
        chars.try_fold(first, |last, next| {
            Some(last.then(next.into())).filter(|(_, joins)| *joins).map(|(last, _)| last)
        })
    }

    /// Whether all that may follow does the same after `other`.
    pub fn leads_like(self, other: Last) -> bool {
        let what_counts = |kind| match kind {
            Kind::Extend | Kind::Spacing | Kind::Pictograph => Kind::Other,
            Kind::HangulLv => Kind::HangulV,
            Kind::HangulLvt => Kind::HangulT,
            kind => kind,
        };
        self.width == other.width && what_counts(self.kind) == what_counts(other.kind)
    }
}

/// Whether the character joins whatever is before it.
pub fn always_joins(code: u32) -> bool {
    joins(Kind::Other, look_up(code).0)
}

/// Whether there is no border between a character of one kind and the next.
fn joins(before: Kind, after: Kind) -> bool {
    use Kind::{
        Extend, HangulL, HangulLv, HangulLvt, HangulT, HangulV, Joiner, Pictograph, Prepend, Regional,
        Spacing,
    };
    matches!(
        (before, after),
        (_, Extend | Joiner | Spacing)
            | (Prepend, _)
            | (HangulL, HangulL | HangulV | HangulLv | HangulLvt)
            | (HangulV | HangulLv, HangulV | HangulT)
            | (HangulT | HangulLvt, HangulT)
            | (Joiner, Pictograph)
            | (Regional, Regional)
    )
}

/// Kind and columns of a character that stands alone.
fn look_up(code: u32) -> (Kind, u32) {
    match code {
        0..0xa9 => return (Kind::Other, 1),
        0xac00..=0xd7a3 if (code - 0xac00).is_multiple_of(28) => return (Kind::HangulLv, 2),
        0xac00..=0xd7a3 => return (Kind::HangulLvt, 2),
        _ => {}
    }
    let after = RANGES.partition_point(|&(first, ..)| first <= code);
    match after.checked_sub(1).map(|index| RANGES[index]) {
        Some((_, last, value)) if code <= last => {
            (KINDS[usize::from(value % WIDE)], if value < WIDE { 1 } else { 2 })
        }
        _ => (Kind::Other, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_those_of_the_viewer() {
        // (text, columns of each cluster)
        let cases: [(&str, &[u32]); 18] = [
            ("ab", &[1, 1]),
            ("e\u{301}\u{302}x", &[1, 1]),
            ("世\u{301}", &[2]),
            ("\u{301}", &[1]),
            ("👩\u{200d}💻👩", &[2, 2]),
            ("✔\u{fe0f}✔", &[2, 1]),
            ("✔\u{200d}✔", &[1]),
            ("a\u{200d}💻", &[2]),
            ("👍🏽", &[2]),
            ("🏽", &[2]),
            ("🇩🇪🇫🇷🇬", &[2, 2, 1]),
            ("각\u{11a8}가", &[2, 2]),
            ("\u{1100}\u{1161}\u{11a8}", &[2]),
            ("\u{1160}", &[1]),
            ("\u{600}1", &[1]),
            ("\u{600}世", &[2]),
            ("नि", &[1]),
            ("שלום", &[1, 1, 1, 1]),
        ];
        for (text, widths) in cases {
            let (mut last, mut found) = (Last::default(), Vec::new());
            for glyph in text.chars() {
                let (next, joins) = last.then(glyph.into());
                if joins {
                    found.pop();
                }
                found.push(next.width);
                last = next;
            }
            assert_eq!(found, widths, "{text:?}");
            assert_eq!(
                Last::of(text).map(|last| last.width),
                (found.len() == 1).then_some(widths[0]),
                "{text:?}"
            );
        }
    }

    #[test]
    fn ranges_are_sorted_and_apart() {
        assert!(RANGES.windows(2).all(|pair| pair[0].1 < pair[1].0));
        assert!(
            RANGES
                .iter()
                .all(|&(first, last, value)| first <= last && usize::from(value % WIDE) < KINDS.len())
        );
    }
}
