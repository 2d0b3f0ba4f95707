//! The commands of a session, found in its output by the marks of its shell (OSC 133 and OSC 7).
//!
//! Nothing is kept: the list is read from the journal whenever somebody asks. A mark that carries the session's
//! nonce is *trusted*: it comes from the shell, or from a program that has read the output of this very session.
//! Marks without it (a shell on another machine, a file somebody prints) make commands of their own and never end
//! a trusted one.

mod mark;
mod reader;
mod sequences;

pub use reader::{Command, Page, Reader};

#[cfg(test)]
mod tests;
