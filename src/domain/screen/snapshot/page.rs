//! Pages of the scrollback, newest first, for a viewer that was shown the screen alone.
//!
//! xterm.js cannot be given lines above those it has. Such a viewer either takes a whole snapshot
//! later, or shows the pages beside the terminal.

use super::super::row::Row;
use super::super::term::Term;
use super::paint::{Clusters, Painter};

/// Most texts of clusters that one line can need.
const LINE_CLUSTERS: usize = 4096;

/// Some lines of the scrollback, drawn one below the other from plain attributes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Text, SGR and OSC 8, with CR LF behind each line that does not run on.
    pub bytes: Vec<u8>,
    pub lines: usize,
    /// There are older lines still.
    pub more: bool,
}

/// The lines above the `skip` newest ones, as many as fit in `max_bytes` but at least one.
pub fn page(term: &Term, skip: usize, max_bytes: usize) -> Page {
    let history = &term.normal.history;
    let mut painter = Painter::new(term);
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let mut total = 0;
    let mut next: Option<Row> = None;
    for packed in history.iter().rev().skip(skip) {
        let mut row = Row::default();
        let mut clusters = Clusters::new(LINE_CLUSTERS);
        packed.unpack(&mut row, &mut clusters);
        painter.brush.forget();
        painter.line(&row, &clusters, Some(next.as_ref().unwrap_or(&Row::default())));
        let part = std::mem::take(&mut painter.out);
        total += part.len();
        if total > max_bytes && !parts.is_empty() {
            break;
        }
        parts.push(part);
        next = Some(row);
    }
    let lines = parts.len();
    parts.reverse();
    Page { bytes: parts.concat(), lines, more: skip + lines < history.len() }
}
