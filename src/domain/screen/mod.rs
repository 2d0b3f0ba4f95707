//! The screen model: what a viewer would show after a stream of output, and the bytes that make a
//! fresh viewer show it too.
//!
//! Its measure is xterm.js 6, with its Unicode 11 provider or that of grapheme clusters, oddities included: a snapshot followed
//! by the rest of the stream must leave a viewer in the state the whole stream leaves it in.
//! `tests/screen` asks xterm.js itself. Nothing here does I/O, and no stream, however hostile,
//! makes it grow without bound.
//!
//! Some state is kept that xterm.js ignores, for other readers of a session: the stack of titles,
//! marks of lines (OSC 133), statuses of programs (OSC 7501), keyboard flags, placeholders of
//! pictures. None of it changes what is shown.
//!
//! Absent on purpose: the pixels of pictures; sequences that xterm.js ignores and nobody reads (left and right
//! margins, reverse video, 1005 and 1015 mouse encodings).

// The door.
mod model;
// From bytes to calls.
mod dispatch;
mod frame;
mod osc;
mod params;
mod replies;
// The terminal: state, and the handlers that change it.
mod cursor;
mod edit;
mod print;
mod reflow;
mod resize;
mod term;
// What it is made of, from large to small.
mod buffer;
mod cell;
mod charset;
mod draft;
mod graphemes;
mod history;
mod images;
mod intern;
mod kitty;
mod links;
mod marks;
mod modes;
mod packed;
mod palette;
mod pen;
mod ranges;
mod row;
mod status;
mod tabs;
mod titles;
mod width;
mod widths;
// From the terminal back to bytes, and to text.
mod html;
mod snapshot;
mod text;

pub use images::{Image, Images, Protocol};
pub use marks::{Mark, Marks};
pub use model::Screen;
pub use snapshot::{CALM, Shown, Unsaid};
pub use status::{Kind, News, State, Status};
pub use text::Found;
pub use widths::Widths;
