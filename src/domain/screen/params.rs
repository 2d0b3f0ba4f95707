//! The parameters of a control sequence, read from the spelling that nearly every program uses.
//!
//! Anything else (sub-parameters, intermediate bytes, controls in between, very many parameters) is
//! left to the vte parser; what is read here, it would read alike.

/// Most parameters that are read here.
const MOST: usize = 16;

/// The numbers of the sequence read last.
#[derive(Default)]
pub struct Params {
    /// Each as the only value of its parameter.
    values: [[u16; 1]; MOST],
    len: usize,
}

/// `CSI`, a private mark or none, numbers between semicolons, a final byte.
pub struct Plain<'a> {
    /// The private mark, or nothing.
    pub mark: &'a [u8],
    pub last: u8,
    /// Bytes read, the introducer not counted.
    pub used: usize,
}

impl Params {
    /// Reads what follows `ESC [`. `None`: not complete, or spelled otherwise.
    pub fn read<'a>(&mut self, bytes: &'a [u8]) -> Option<Plain<'a>> {
        let marked = usize::from((b'<'..=b'?').contains(bytes.first()?));
        let mut value = 0u32;
        self.len = 0;
        for (at, &byte) in bytes.iter().enumerate().skip(marked) {
            match byte {
                b'0'..=b'9' => value = (value * 10 + u32::from(byte - b'0')).min(u16::MAX.into()),
                b';' | 0x40..=0x7e => {
                    *self.values.get_mut(self.len)? = [value as u16];
                    self.len += 1;
                    if byte != b';' {
                        return Some(Plain { mark: &bytes[..marked], last: byte, used: at + 1 });
                    }
                    value = 0;
                }
                _ => return None,
            }
        }
        None
    }

    /// Each parameter, without sub-parameters.
    pub fn values(&self) -> &[[u16; 1]] {
        &self.values[..self.len]
    }

    /// Gives `act` the same in the shape the parser gives.
    pub fn with(&self, act: impl FnOnce(&[&[u16]])) {
        const FEW: usize = 3;
        if self.len <= FEW {
            let list: [&[u16]; FEW] = std::array::from_fn(|index| &self.values[index][..]);
            act(&list[..self.len]);
        } else {
            let list: [&[u16]; MOST] = std::array::from_fn(|index| &self.values[index][..]);
            act(&list[..self.len]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(&str, Vec<u16>, char, usize)> {
        let mut params = Params::default();
        let plain = params.read(text.as_bytes())?;
        let values: Vec<u16> = params.values().iter().map(|param| param[0]).collect();
        params.with(|list| assert_eq!(list.concat(), values));
        Some((std::str::from_utf8(plain.mark).unwrap(), values, plain.last.into(), plain.used))
    }

    #[test]
    fn plain_sequences_are_read() {
        assert_eq!(read("m"), Some(("", vec![0], 'm', 1)));
        assert_eq!(read("1;31mtext"), Some(("", vec![1, 31], 'm', 5)));
        assert_eq!(read(";5H"), Some(("", vec![0, 5], 'H', 3)));
        assert_eq!(read("?1049h"), Some(("?", vec![1049], 'h', 6)));
        assert_eq!(read("99999999999999999999C"), Some(("", vec![u16::MAX], 'C', 21)));
    }

    #[test]
    fn others_are_left_alone() {
        let many = format!("{}m", "1;".repeat(MOST));
        for text in ["", "1;2", "?", "4:3m", "0 q", "!p", "1?h", "1\r2H", "1\x1b[m", "é", &many] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
