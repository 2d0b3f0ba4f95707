//! Four models of a terminal behind one trait: ours, and three crates as their documentation says to use them.

use std::num::NonZeroU16;

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::term::{Config, Term};
use alacritty_terminal::vte::ansi::Processor;
use coda::domain::screen::Screen;
use coda::domain::size::Size;

/// Lines of scrollback of every model.
pub const SCROLLBACK: usize = 10_000;
/// Larger than any snapshot.
const NO_LIMIT: usize = usize::MAX;

pub trait Model {
    fn feed(&mut self, text: &str);
    /// Bytes that draw it again, if it can say them. Only ours have the scrollback.
    fn snapshot(&self) -> Option<Vec<u8>>;
}

/// A name, and an empty terminal of that size.
pub type Make = (&'static str, fn(Size) -> Box<dyn Model>);

/// Ours first.
pub const MODELS: [Make; 4] = [
    ("CoDA", |size| Box::new(Screen::new(size, SCROLLBACK))),
    ("vt100", |size| Box::new(vt100::Parser::new(side(size.rows), side(size.cols), SCROLLBACK))),
    ("avt", |size| Box::new(avt(size))),
    ("alacritty", |size| Box::new(Alacritty::new(size))),
];

impl Model for Screen {
    fn feed(&mut self, text: &str) {
        Screen::feed(self, text.as_bytes());
    }

    fn snapshot(&self) -> Option<Vec<u8>> {
        Some(Screen::snapshot(self, NO_LIMIT))
    }
}

fn side(cells: u16) -> NonZeroU16 {
    NonZeroU16::new(cells).unwrap_or(NonZeroU16::MIN)
}

impl Model for vt100::Parser {
    fn feed(&mut self, text: &str) {
        self.process(text.as_bytes());
    }

    fn snapshot(&self) -> Option<Vec<u8>> {
        Some(self.screen().state_formatted().into())
    }
}

fn avt(size: Size) -> avt::Terminal {
    avt::Terminal::with_scrollback(size.cols.into(), size.rows.into(), Some(SCROLLBACK))
        .expect("sizes are above zero")
}

impl Model for avt::Terminal {
    fn feed(&mut self, text: &str) {
        avt::Terminal::feed(self, text);
    }

    fn snapshot(&self) -> Option<Vec<u8>> {
        Some(self.dump().into())
    }
}

struct Alacritty {
    term: Term<VoidListener>,
    parser: Processor,
}

struct Cells(Size);

impl Dimensions for Cells {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }

    fn screen_lines(&self) -> usize {
        self.0.rows.into()
    }

    fn columns(&self) -> usize {
        self.0.cols.into()
    }
}

impl Alacritty {
    fn new(size: Size) -> Alacritty {
        let config = Config { scrolling_history: SCROLLBACK, ..Config::default() };
        Alacritty { term: Term::new(config, &Cells(size), VoidListener), parser: Processor::new() }
    }
}

impl Model for Alacritty {
    fn feed(&mut self, text: &str) {
        self.parser.advance(&mut self.term, text.as_bytes());
    }

    fn snapshot(&self) -> Option<Vec<u8>> {
        None
    }
}
