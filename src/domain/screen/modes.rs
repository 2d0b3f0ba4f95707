//! Switches of the terminal, at their power-on values by default.

/// What the mouse reports (9, 1000, 1002, 1003); setting one replaces the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mouse {
    #[default]
    Off,
    X10,
    Buttons,
    Drag,
    Any,
}

impl Mouse {
    /// The private mode that asks for it.
    pub fn from_mode(mode: u16) -> Option<Mouse> {
        match mode {
            9 => Some(Mouse::X10),
            1000 => Some(Mouse::Buttons),
            1002 => Some(Mouse::Drag),
            1003 => Some(Mouse::Any),
            _ => None,
        }
    }

    pub fn mode(self) -> Option<u16> {
        match self {
            Mouse::Off => None,
            Mouse::X10 => Some(9),
            Mouse::Buttons => Some(1000),
            Mouse::Drag => Some(1002),
            Mouse::Any => Some(1003),
        }
    }
}

/// The cursor's shape as the program asked for it (DECSCUSR); `None` leaves it to the viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CursorStyle {
    pub shape: Option<Shape>,
    pub blink: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Block,
    Underline,
    Bar,
}

impl CursorStyle {
    /// DECSCUSR. 0 gives the choice back; parameters above 6 say only whether it blinks.
    pub fn apply(&mut self, param: u16) {
        match param {
            0 => return *self = CursorStyle::default(),
            1 | 2 => self.shape = Some(Shape::Block),
            3 | 4 => self.shape = Some(Shape::Underline),
            5 | 6 => self.shape = Some(Shape::Bar),
            _ => {}
        }
        self.blink = Some(param % 2 == 1);
    }

    /// The parameter that brings it about; 0 for the viewer's choice.
    pub fn param(self) -> u16 {
        let Some(blink) = self.blink else { return 0 };
        let steady = match self.shape {
            Some(Shape::Block) => 2,
            Some(Shape::Underline) => 4,
            Some(Shape::Bar) => 6,
            None => 8,
        };
        steady - u16::from(blink)
    }
}

/// Modes that a soft reset (DECSTR) puts back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modes {
    pub insert: bool,
    pub app_cursor: bool,
    pub app_keypad: bool,
    pub origin: bool,
    pub wrap: bool,
    pub reverse_wrap: bool,
    pub focus: bool,
    pub bracketed_paste: bool,
    pub synchronized: bool,
    pub cursor: CursorStyle,
}

impl Default for Modes {
    fn default() -> Modes {
        Modes {
            insert: false,
            app_cursor: false,
            app_keypad: false,
            origin: false,
            wrap: true,
            reverse_wrap: false,
            focus: false,
            bracketed_paste: false,
            synchronized: false,
            cursor: CursorStyle::default(),
        }
    }
}

/// Modes that a soft reset leaves alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Switches {
    pub hidden_cursor: bool,
    /// LNM: a line feed also returns.
    pub newline: bool,
    /// Mode 12, when the program has said anything about it.
    pub blink: Option<bool>,
    pub mouse: Mouse,
    /// 1006 or 1016; 0 for the plain encoding. xterm.js knows no other.
    pub mouse_encoding: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_styles_survive_a_round_trip() {
        for param in 0..=8 {
            let mut style = CursorStyle::default();
            style.apply(param);
            assert_eq!(style.param(), param);
        }
    }

    #[test]
    fn mouse_modes_survive_a_round_trip() {
        for mode in [9, 1000, 1002, 1003] {
            assert_eq!(Mouse::from_mode(mode).and_then(Mouse::mode), Some(mode));
        }
    }
}
