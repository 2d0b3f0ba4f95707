//! Colours that the program changed (OSC 4, 10, 11, 12) and the ones a viewer starts with.

use std::collections::BTreeMap;

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// The three colours beside the palette, by their OSC number less 10.
pub const SPECIAL: usize = 3;

/// Changed colours only; everything else is the viewer's theme.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Palette {
    pub indexed: BTreeMap<u8, Rgb>,
    pub special: [Option<Rgb>; SPECIAL],
}

impl Palette {
    /// The colour as the program would see it; unchanged ones are xterm's defaults.
    pub fn indexed_or_default(&self, index: u8) -> Rgb {
        self.indexed.get(&index).copied().unwrap_or_else(|| default_color(index))
    }

    /// Foreground, background, cursor.
    pub fn special_or_default(&self, index: usize) -> Rgb {
        self.special[index].unwrap_or([[0xff; 3], [0; 3], [0xff; 3]][index])
    }
}

/// Reads `rgb:r/g/b` with one to four digits each, or `#rgb` in its four lengths.
pub fn parse_color(spec: &str) -> Option<Rgb> {
    let spec = spec.to_ascii_lowercase();
    if let Some(parts) = spec.strip_prefix("rgb:") {
        let mut parts = parts.split('/');
        let [red, green, blue] = [parts.next()?, parts.next()?, parts.next()?];
        let same = red.len() == green.len() && green.len() == blue.len();
        if !same || parts.next().is_some() || !(1..=4).contains(&red.len()) {
            return None;
        }
        let max = (1u32 << (4 * red.len())) - 1;
        let scale = |part| Some(((hex(part)? * 255 * 2 + max) / (2 * max)) as u8);
        return Some([scale(red)?, scale(green)?, scale(blue)?]);
    }
    let digits = spec.strip_prefix('#')?;
    if !matches!(digits.len(), 3 | 6 | 9 | 12) || !digits.is_ascii() {
        return None;
    }
    let each = digits.len() / 3;
    let channel = |index: usize| {
        let value = hex(&digits[index * each..(index + 1) * each])?;
        Some(match each {
            1 => value << 4,
            2 => value,
            3 => value >> 4,
            _ => value >> 8,
        } as u8)
    };
    Some([channel(0)?, channel(1)?, channel(2)?])
}

/// `rgb:rrrr/gggg/bbbb`, the form of xterm's answers.
pub fn format_color([red, green, blue]: Rgb) -> String {
    format!("rgb:{red:02x}{red:02x}/{green:02x}{green:02x}/{blue:02x}{blue:02x}")
}

fn hex(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if plain { u32::from_str_radix(digits, 16).ok() } else { None }
}

/// The palette xterm.js starts with.
fn default_color(index: u8) -> Rgb {
    const NAMED: [u32; 16] = [
        0x2e3436, 0xcc0000, 0x4e9a06, 0xc4a000, 0x3465a4, 0x75507b, 0x06989a, 0xd3d7cf, 0x555753, 0xef2929,
        0x8ae234, 0xfce94f, 0x729fcf, 0xad7fa8, 0x34e2e2, 0xeeeeec,
    ];
    const CUBE: [u8; 6] = [0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff];
    match index {
        0..16 => {
            let [_, red, green, blue] = NAMED[index as usize].to_be_bytes();
            [red, green, blue]
        }
        16..232 => {
            let index = (index - 16) as usize;
            [CUBE[index / 36], CUBE[index / 6 % 6], CUBE[index % 6]]
        }
        232.. => [8 + (index - 232) * 10; 3],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_read_as_the_viewer_reads_them() {
        for (spec, color) in [
            ("rgb:ff/00/80", Some([255, 0, 128])),
            ("RGB:F/0/8", Some([255, 0, 136])),
            ("rgb:ffff/0000/8080", Some([255, 0, 128])),
            ("rgb:fff/000/800", Some([255, 0, 128])),
            ("#f08", Some([0xf0, 0, 0x80])),
            ("#ff0080", Some([255, 0, 128])),
            ("#fff000800", Some([255, 0, 128])),
            ("#ffff00008000", Some([255, 0, 128])),
            ("rgb:ff/0/80", None),
            ("rgb:ff/00", None),
            ("rgb:gg/00/00", None),
            ("rgb:+f/00/00", None),
            ("#ff00", None),
            ("#éé", None),
            ("red", None),
            ("", None),
        ] {
            assert_eq!(parse_color(spec), color, "{spec}");
        }
    }

    #[test]
    fn what_is_formatted_reads_back() {
        let color = [1, 2, 254];
        assert_eq!(parse_color(&format_color(color)), Some(color));
        assert_eq!(default_color(16), [0, 0, 0]);
        assert_eq!(default_color(231), [255, 255, 255]);
        assert_eq!(default_color(255), [238, 238, 238]);
    }
}
