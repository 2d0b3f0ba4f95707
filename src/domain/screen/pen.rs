//! The pen: attributes that the next character gets (SGR, DECSCA, OSC 8).

use super::cell::{self, Style};
use super::term::Term;

/// Where the underline's style sits in [`Pen::under`], above its colour.
const UNDER_SHIFT: u32 = 26;
const UNDER_STYLE: u32 = 7 << UNDER_SHIFT;

/// Current attributes. `fg` and `bg` as in [`Style`]; DECSC keeps only those two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pen {
    pub fg: u32,
    pub bg: u32,
    /// Underline colour and style (0 none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed).
    pub under: u32,
    /// Number of the open hyperlink, 0 for none.
    pub link: u32,
}

/// What [`Style::extra`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Extra {
    pub under: u32,
    pub link: u32,
}

impl Term {
    /// SGR: changes the pen.
    pub fn draw_with<P: AsRef<[u16]>>(&mut self, params: &[P]) {
        self.pen.apply(params);
        self.pen_changed();
        self.end_run();
    }
}

impl Pen {
    /// The underline style in force; a style without the flag underlines nothing.
    pub fn under_style(self) -> u32 {
        (self.under & UNDER_STYLE) >> UNDER_SHIFT
    }

    pub fn set_link(&mut self, link: u32) {
        self.link = link;
        self.update_extended();
    }

    /// Whether cells need an [`Extra`], and which.
    pub fn extra(self) -> Option<Extra> {
        (self.bg & cell::EXTENDED != 0).then_some(Extra { under: self.under, link: self.link })
    }

    /// The pen that draws a cell of this style; `protected` and all.
    pub fn from_style(style: Style, extra: Extra) -> Pen {
        Pen { fg: style.fg, bg: style.bg, under: extra.under, link: extra.link }
    }

    /// Applies the parameters of `CSI … m`, each with its sub-parameters.
    pub fn apply<P: AsRef<[u16]>>(&mut self, params: &[P]) {
        let mut index = 0;
        while index < params.len() {
            let param = params[index].as_ref();
            let code = param.first().copied().unwrap_or(0);
            match code {
                38 | 48 | 58 => index += self.extended_color(&params[index..]),
                4 => self.underline(param.get(1).copied().unwrap_or(1).into()),
                _ => self.simple(code),
            }
            index += 1;
        }
    }

    fn simple(&mut self, code: u16) {
        let color = |base: u16, bright: u32| cell::COLOR_16 | u32::from(code - base) | bright;
        match code {
            0 => self.reset(),
            1 => self.fg |= cell::BOLD,
            2 => self.bg |= cell::DIM,
            3 => self.bg |= cell::ITALIC,
            5 => self.fg |= cell::BLINK,
            7 => self.fg |= cell::INVERSE,
            8 => self.fg |= cell::INVISIBLE,
            9 => self.fg |= cell::STRIKE,
            21 => self.underline(2),
            22 => {
                self.fg &= !cell::BOLD;
                self.bg &= !cell::DIM;
            }
            23 => self.bg &= !cell::ITALIC,
            24 => self.underline(0),
            25 => self.fg &= !cell::BLINK,
            27 => self.fg &= !cell::INVERSE,
            28 => self.fg &= !cell::INVISIBLE,
            29 => self.fg &= !cell::STRIKE,
            30..=37 => set(&mut self.fg, color(30, 0)),
            39 => set(&mut self.fg, 0),
            40..=47 => set(&mut self.bg, color(40, 0)),
            49 => set(&mut self.bg, 0),
            53 => self.bg |= cell::OVERLINE,
            55 => self.bg &= !cell::OVERLINE,
            // xterm.js stores -1, which reads as white rather than as the text's colour.
            59 => {
                set(&mut self.under, cell::COLOR);
                self.update_extended();
            }
            90..=97 => set(&mut self.fg, color(90, 8)),
            100..=107 => set(&mut self.bg, color(100, 8)),
            _ => {}
        }
    }

    /// SGR 0 leaves the hyperlink open.
    fn reset(&mut self) {
        *self = Pen { link: self.link, ..Pen::default() };
        self.update_extended();
    }

    fn underline(&mut self, style: u32) {
        let style = if style > 5 { 1 } else { style };
        self.under = self.under & !UNDER_STYLE | style << UNDER_SHIFT;
        if style == 0 {
            self.fg &= !cell::UNDERLINE;
        } else {
            self.fg |= cell::UNDERLINE;
        }
        self.update_extended();
    }

    fn update_extended(&mut self) {
        if self.under & UNDER_STYLE == 0 && self.link == 0 {
            self.bg &= !cell::EXTENDED;
        } else {
            self.bg |= cell::EXTENDED;
        }
    }

    /// 38, 48 and 58 in every spelling; returns how many further parameters belong to it.
    fn extended_color<P: AsRef<[u16]>>(&mut self, params: &[P]) -> usize {
        let (target, color, used) = plain_color(params).unwrap_or_else(|| {
            let (values, used) = color_values(params);
            let color = match values[1] {
                2 => Some(rgb(values[3], values[4], values[5])),
                5 => Some(cell::COLOR_256 | byte(values[3])),
                _ => None,
            };
            (values[0], color, used)
        });
        if let Some(color) = color {
            match target {
                38 => set(&mut self.fg, color),
                48 => set(&mut self.bg, color),
                _ => set(&mut self.under, color),
            }
        }
        used
    }
}

/// Target, colour, and how many further parameters were read, where all are there and none has
/// sub-parameters.
fn plain_color<P: AsRef<[u16]>>(params: &[P]) -> Option<(u16, Option<u32>, usize)> {
    let only = |index: usize| match params.get(index)?.as_ref() {
        [value] => Some(*value),
        _ => None,
    };
    let target = only(0)?;
    match only(1)? {
        5 => Some((target, Some(cell::COLOR_256 | byte(only(2)?)), 2)),
        2 => Some((target, Some(rgb(only(2)?, only(3)?, only(4)?)), 4)),
        _ => None,
    }
}

/// Target, mode, colour space, and up to three values, wherever the separators put them; and how
/// many further parameters were read. Follows `_extractColor` of xterm.js step by step.
fn color_values<P: AsRef<[u16]>>(params: &[P]) -> ([u16; 6], usize) {
    let mut values = [0; 6];
    // One once the slot of the colour space was passed over.
    let mut space = 0;
    let mut at = 0;
    loop {
        let param = params[at].as_ref();
        values[at + space] = param.first().copied().unwrap_or(0);
        let subs = param.get(1..).unwrap_or_default();
        if !subs.is_empty() {
            for (index, &sub) in subs.iter().enumerate() {
                if values[1] == 5 {
                    space = 1;
                }
                match values.get_mut(at + index + 1 + space) {
                    Some(value) => *value = sub,
                    None => break,
                }
            }
            return (values, at);
        }
        if values[1] == 5 && at + space >= 2 || values[1] == 2 && at + space >= 5 {
            return (values, at);
        }
        if values[1] != 0 {
            space = 1;
        }
        at += 1;
        if at >= params.len() || at + space >= values.len() {
            return (values, at);
        }
    }
}

fn rgb(red: u16, green: u16, blue: u16) -> u32 {
    cell::COLOR_RGB | byte(red) << 16 | byte(green) << 8 | byte(blue)
}

fn byte(value: u16) -> u32 {
    u32::from(value & 0xff)
}

fn set(field: &mut u32, color: u32) {
    *field = *field & !cell::COLOR | color;
}

#[cfg(test)]
mod tests {
    use super::*;

    type Param<'a> = &'a [u16];

    fn pen(params: &[Param<'_>]) -> Pen {
        let mut pen = Pen::default();
        pen.apply(params);
        pen
    }

    #[test]
    fn colors_are_read_in_every_spelling() {
        let rgb = cell::COLOR_RGB | 0x010203;
        let indexed = cell::COLOR_256 | 200;
        let cases: [(&[Param<'_>], u32); 9] = [
            (&[&[31]], cell::COLOR_16 | 1),
            (&[&[95]], cell::COLOR_16 | 13),
            (&[&[38], &[5], &[200]], indexed),
            (&[&[38, 5, 200]], indexed),
            (&[&[38], &[2], &[1], &[2], &[3]], rgb),
            (&[&[38, 2, 0, 1, 2, 3]], rgb),
            (&[&[38, 2, 9, 1, 2, 3]], rgb),
            (&[&[31], &[39]], 0),
            (&[&[38], &[9], &[1]], 0),
        ];
        for (params, fg) in cases {
            assert_eq!(pen(params).fg & cell::COLOR, fg, "{params:?}");
        }
    }

    #[test]
    fn a_color_takes_its_own_parameters_only() {
        let pen = pen(&[&[38], &[5], &[200], &[1], &[48], &[2], &[1], &[2], &[3], &[3]]);
        assert_ne!(pen.fg & cell::BOLD, 0);
        assert_ne!(pen.bg & cell::ITALIC, 0);
        assert_eq!(pen.bg & cell::COLOR, cell::COLOR_RGB | 0x010203);
    }

    #[test]
    fn underline_has_a_style_and_a_flag() {
        for (params, style, flag) in [
            (&[&[4][..]][..], 1, true),
            (&[&[4, 3]], 3, true),
            (&[&[4, 9]], 1, true),
            (&[&[21]], 2, true),
            (&[&[4], &[24]], 0, false),
            (&[&[4, 0]], 0, false),
        ] {
            let pen = pen(params);
            assert_eq!(pen.under_style(), style, "{params:?}");
            assert_eq!(pen.fg & cell::UNDERLINE != 0, flag, "{params:?}");
            assert_eq!(pen.extra().is_some(), flag, "{params:?}");
        }
    }

    #[test]
    fn a_reset_keeps_the_link() {
        let mut pen = pen(&[&[1], &[4]]);
        pen.set_link(3);
        pen.apply(&[&[0]]);
        assert_eq!(pen.extra(), Some(Extra { under: 0, link: 3 }));
    }
}
