//! Attributes as SGR, DECSCA and OSC 8.

use super::super::cell::{self, COLOR};
use super::super::links::{Link, Name, Tables};
use super::super::pen::Pen;

/// Sequences that change a viewer's attributes; it remembers what they are.
pub struct Brush<'a> {
    tables: &'a Tables,
    pen: Pen,
    /// Links without an `id=`, in the order they were met: the viewer must see that cells far
    /// apart belong to one link.
    counted: Vec<u64>,
}

impl<'a> Brush<'a> {
    pub fn new(tables: &'a Tables) -> Brush<'a> {
        Brush { tables, pen: Pen::default(), counted: Vec::new() }
    }

    /// Another stream of attributes begins: nothing is known but that they are plain.
    pub fn forget(&mut self) {
        self.pen = Pen::default();
    }

    /// Makes the attributes plain whatever they are.
    pub fn reset(&mut self, out: &mut Vec<u8>) {
        out.extend(b"\x1b]8;;\x1b\\\x1b[m");
        self.pen = Pen::default();
    }

    /// Whether this very pen is in force, contradictions included.
    pub fn has(&self, pen: Pen) -> bool {
        self.pen == pen
    }

    /// Says the link once more, or that there is none: whether the pen has more than colours is
    /// then decided anew.
    pub fn reopen(&mut self, out: &mut Vec<u8>, pen: Pen) {
        let link = self.tables.links.get(pen.link);
        out.extend(self.hyperlink(link));
    }

    /// Brings about the colours and flags of `pen` without a word about its underline and link.
    pub fn adjust(&mut self, out: &mut Vec<u8>, pen: Pen) {
        let plain = Pen { fg: pen.fg & !cell::UNDERLINE, under: 0, ..pen };
        sgr(out, b"22;23;25;27;28;29;39;49;55", plain);
        out.extend(if pen.bg & cell::PROTECTED != 0 { b"\x1b[1\"q" } else { b"\x1b[2\"q" });
        self.pen = pen;
    }

    pub fn set(&mut self, out: &mut Vec<u8>, pen: Pen) {
        if pen.link != self.pen.link {
            let link = self.tables.links.get(pen.link);
            out.extend(self.hyperlink(link));
        }
        let mark = cell::EXTENDED;
        let same = (pen.fg, pen.bg & !mark, pen.under) == (self.pen.fg, self.pen.bg & !mark, self.pen.under);
        if !same {
            self.change(out, pen);
        }
        self.pen = pen;
    }

    /// Says what is new, as long as no flag must be taken away; else everything.
    fn change(&mut self, out: &mut Vec<u8>, pen: Pen) {
        let (old, flags) = (self.pen, !(COLOR | cell::EXTENDED));
        let gone = old.fg & !pen.fg & !COLOR | old.bg & !pen.bg & flags;
        let underlined = (old.fg ^ pen.fg) & cell::UNDERLINE | old.under ^ pen.under;
        let anew = gone | underlined != 0;
        match pen {
            Pen { fg: 0, bg: 0, under: 0, .. } => out.extend(b"\x1b[m"),
            _ if anew => sgr(out, b"0", pen),
            _ => added(out, old, pen),
        }
        if pen.bg & cell::PROTECTED != 0 && (anew || old.bg & cell::PROTECTED == 0) {
            out.extend(b"\x1b[1\"q");
        }
    }

    fn hyperlink(&mut self, link: Option<&Link>) -> Vec<u8> {
        let Some(link) = link else { return b"\x1b]8;;\x1b\\".to_vec() };
        let id = match &link.name {
            Name::Given(id) => id.to_string(),
            Name::Counted(number) => {
                let known = self.counted.iter().position(|seen| seen == number);
                let index = known.unwrap_or_else(|| {
                    self.counted.push(*number);
                    self.counted.len() - 1
                });
                format!("~{index}")
            }
        };
        format!("\x1b]8;id={id};{}\x1b\\", link.uri).into_bytes()
    }
}

/// All attributes in one sequence that begins with `start`.
fn sgr(out: &mut Vec<u8>, start: &[u8], pen: Pen) {
    out.extend(b"\x1b[");
    out.extend(start);
    flags(out, pen.fg, pen.bg);
    if pen.fg & cell::UNDERLINE != 0 {
        out.extend(b";4");
        if pen.under_style() > 1 {
            number(out, b':', pen.under_style());
        }
    }
    color(out, pen.fg, 30);
    color(out, pen.bg, 40);
    color(out, pen.under, 50);
    out.push(b'm');
}

/// What `pen` has more than `old`, and other colours: half the bytes of a picture in text.
fn added(out: &mut Vec<u8>, old: Pen, pen: Pen) {
    let start = out.len() + 1;
    out.push(0x1b);
    flags(out, pen.fg & !old.fg, pen.bg & !old.bg);
    for (old, new, base) in [(old.fg, pen.fg, 30), (old.bg, pen.bg, 40)] {
        if (old ^ new) & COLOR == 0 {
            continue;
        }
        match new & COLOR {
            0 => number(out, b';', base + 9),
            _ => color(out, new, base),
        }
    }
    // In place of the first separator.
    match out.get_mut(start) {
        Some(first) => {
            *first = b'[';
            out.push(b'm');
        }
        None => out.truncate(start - 1),
    }
}

fn flags(out: &mut Vec<u8>, fg: u32, bg: u32) {
    let flags: [(u32, u32, &[u8]); 8] = [
        (fg, cell::BOLD, b";1"),
        (bg, cell::DIM, b";2"),
        (bg, cell::ITALIC, b";3"),
        (fg, cell::BLINK, b";5"),
        (fg, cell::INVERSE, b";7"),
        (fg, cell::INVISIBLE, b";8"),
        (fg, cell::STRIKE, b";9"),
        (bg, cell::OVERLINE, b";53"),
    ];
    for (field, flag, code) in flags {
        if field & flag != 0 {
            out.extend(code);
        }
    }
}

/// `base` is 30 for text, 40 for background, 50 for underline.
fn color(out: &mut Vec<u8>, field: u32, base: u32) {
    let value = field & 0x00ff_ffff;
    let [_, red, green, blue] = value.to_be_bytes();
    // An underline's colour has sub-parameters, the others parameters.
    let between = if base == 50 { b':' } else { b';' };
    match field & cell::COLOR_MODE {
        cell::COLOR_16 if value < 8 => number(out, b';', base + value),
        cell::COLOR_16 => number(out, b';', base + 60 + value % 8),
        cell::COLOR_256 => {
            number(out, b';', base + 8);
            number(out, between, 5);
            number(out, between, value);
        }
        cell::COLOR_RGB => {
            number(out, b';', base + 8);
            number(out, between, 2);
            if base == 50 {
                // The colour space, left out.
                out.push(b':');
            }
            for part in [red, green, blue] {
                number(out, between, part.into());
            }
        }
        _ => {}
    }
}

/// A number below 1000 after `before`.
fn number(out: &mut Vec<u8>, before: u8, value: u32) {
    let digits = [value / 100 % 10, value / 10 % 10, value % 10].map(|digit| b'0' + digit as u8);
    let unused = usize::from(value < 100) + usize::from(value < 10);
    out.push(before);
    out.extend_from_slice(&digits[unused..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood() {
        let params: [&[&[u16]]; 8] = [
            &[&[1], &[31], &[44]],
            &[&[2], &[3], &[95], &[103]],
            &[&[4, 3], &[58, 2, 0, 1, 2, 3]],
            &[&[21], &[58, 5, 9]],
            &[&[38], &[2], &[1], &[2], &[3], &[48], &[5], &[200]],
            &[&[5], &[7], &[8], &[9], &[53]],
            &[&[4, 4]],
            &[&[4, 5]],
        ];
        for params in params {
            let mut pen = Pen::default();
            pen.apply(params);
            let mut said = Vec::new();
            sgr(&mut said, b"0", pen);
            let said = String::from_utf8(said).unwrap();
            let inner = said.strip_prefix("\x1b[").unwrap().strip_suffix('m').unwrap();
            let parsed: Vec<Vec<u16>> = inner
                .split(';')
                .map(|param| param.split(':').map(|part| part.parse().unwrap_or(0)).collect())
                .collect();
            let parsed: Vec<&[u16]> = parsed.iter().map(Vec::as_slice).collect();
            let mut back = Pen { fg: cell::BOLD, ..Pen::default() };
            back.apply(&parsed);
            assert_eq!(back, pen, "{said:?}");
        }
    }
}
