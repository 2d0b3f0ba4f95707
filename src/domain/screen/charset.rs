//! Character sets G0–G3: which ASCII characters are drawn as something else.
//!
//! Two facts of xterm.js are kept: a set only maps codes below 127, and restoring the cursor
//! restores the *mapping in use* without touching the designations, so the two can disagree.

/// A designated set by its final byte (`0` is line drawing); `None` maps nothing.
pub type Charset = Option<u8>;

/// Designations, the shifted-in one, and the mapping in use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Charsets {
    pub sets: [Charset; 4],
    pub level: usize,
    pub active: Charset,
}

impl Charsets {
    /// SO, SI, LS2, LS3 and their right-hand forms.
    pub fn shift(&mut self, level: usize) {
        self.level = level;
        self.active = self.sets[level];
    }

    /// `ESC ( B` and its kin; an unknown final byte changes nothing, as in xterm.js.
    pub fn designate(&mut self, level: usize, last: u8) {
        if is_known(last) {
            let set = (last != b'B').then_some(last);
            self.sets[level] = set;
            if self.level == level {
                self.active = set;
            }
        }
    }
}

/// What the set draws for a printable ASCII byte.
pub fn map(set: u8, byte: u8) -> char {
    let (from, to) = table(set);
    let found = from.bytes().position(|candidate| candidate == byte);
    found.and_then(|index| to.chars().nth(index)).unwrap_or(byte as char)
}

fn is_known(last: u8) -> bool {
    b"0AB4C5RQKYE6ZH7=".contains(&last)
}

fn table(set: u8) -> (&'static str, &'static str) {
    match set {
        b'0' => ("`abcdefghijklmnopqrstuvwxyz{|}~", "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·"),
        b'A' => ("#", "£"),
        b'4' => ("#@[\\]{|}~", "£¾i½|¨f¼´"),
        b'C' | b'5' => ("[\\]^`{|}~", "ÄÖÅÜéäöåü"),
        b'R' => ("#@[\\]{|}~", "£à°ç§éùè¨"),
        b'Q' => ("@[\\]^`{|}~", "àâçêîôéùèû"),
        b'K' => ("@[\\]{|}~", "§ÄÖÜäöüß"),
        b'Y' => ("#@[\\]`{|}~", "£§°çéùàòèì"),
        b'E' | b'6' => ("@[\\]^`{|}~", "ÄÆØÅÜäæøåü"),
        b'Z' => ("#@[\\]{|}", "£§¡Ñ¿°ñç"),
        b'H' | b'7' => ("@[\\]^`{|}~", "ÉÄÖÅÜéäöåü"),
        b'=' => ("#@[\\]^_`{|}~", "ùàéçêîèôäöüû"),
        _ => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_pair_up() {
        for &set in b"0A4C5RQKYE6ZH7=" {
            let (from, to) = table(set);
            assert_eq!(from.len(), to.chars().count(), "{}", set as char);
            assert_eq!(map(set, from.as_bytes()[0]), to.chars().next().unwrap());
            assert_eq!(map(set, b' '), ' ');
        }
    }

    #[test]
    fn shifting_and_designating_choose_the_mapping() {
        let mut charsets = Charsets::default();
        charsets.designate(1, b'0');
        assert_eq!(charsets.active, None);
        charsets.shift(1);
        assert_eq!(charsets.active, Some(b'0'));
        charsets.designate(1, b'?');
        assert_eq!(charsets.active, Some(b'0'), "unknown sets are ignored");
        charsets.designate(1, b'B');
        assert_eq!(charsets.active, None);
    }
}
