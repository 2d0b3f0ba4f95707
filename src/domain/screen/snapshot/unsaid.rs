//! What a snapshot cannot say, because no stream of bytes brings it about in a terminal of this
//! size. All of it is rare, and most shows only after a further change of size.

use super::super::buffer::Buffer;
use super::super::row::Row;
use super::super::term::Term;
use super::last;
use super::odd;
use super::paint::Clusters;
use super::torn::Tear;

/// A part of the state that a restored viewer does not get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unsaid {
    /// Tab stops right of the edge: they count again when the screen grows.
    TabsBeyondEdge,
    /// A saved cursor right of the last column or below the last row: the same.
    SavedBeyondEdge,
    /// A wide character that lost its second half to the edge or to a change of size; a text too long to be kept.
    CutCharacter,
    /// A pen or a mapping that only a saved cursor which is there no more could restore.
    TornPen,
    /// On the alternate screen, a wrap pending behind a last column that was emptied since.
    PendingWrap,
    /// A mark that would still join the last character, from before a change of size.
    Joining,
    /// On a screen of one row, a line that continues one which is gone.
    LoneContinuation,
}

impl Unsaid {
    /// Whether it makes a difference only when the size changes.
    pub fn is_hidden(self) -> bool {
        matches!(self, Unsaid::TabsBeyondEdge | Unsaid::SavedBeyondEdge)
    }
}

/// Everything about `term` that a snapshot leaves out, each kind once.
pub fn unsaid(term: &Term) -> Vec<Unsaid> {
    let buffers = [&term.normal, &term.alt];
    let found = [
        (Unsaid::TabsBeyondEdge, buffers.iter().any(|buffer| buffer.tabs.any_from(term.cols))),
        (Unsaid::SavedBeyondEdge, buffers.iter().any(|buffer| is_saved_beyond(term, buffer))),
        (Unsaid::CutCharacter, is_any_cut(term)),
        (Unsaid::TornPen, Tear::of(term).is_none()),
        (Unsaid::PendingWrap, last::loses_wrap(term)),
        (Unsaid::Joining, term.last.width > 0 && (!term.printing || !last::leads_on(term))),
        (Unsaid::LoneContinuation, term.rows == 1 && buffers.iter().any(|buffer| first_wrapped(buffer))),
    ];
    found.into_iter().filter(|(_, is)| *is).map(|(kind, _)| kind).collect()
}

fn is_saved_beyond(term: &Term, buffer: &Buffer) -> bool {
    let below = buffer.history.len() + term.rows;
    buffer.saved.x >= term.cols || buffer.saved.line >= below && buffer.limit == 0
}

fn first_wrapped(buffer: &Buffer) -> bool {
    match buffer.history.iter().next() {
        Some(line) => line.is_wrapped(),
        None => buffer.rows[0].wrapped,
    }
}

fn is_any_cut(term: &Term) -> bool {
    let mut above = false;
    let mut row = Row::default();
    let in_history = term.normal.history.iter().any(|packed| {
        let mut clusters = Clusters::new(usize::from(u16::MAX));
        packed.unpack(&mut row, &mut clusters);
        is_cut(&row, &mut above, term, &clusters)
    });
    let clusters = &term.tables.clusters;
    let on_screen =
        |buffer: &Buffer, above: &mut bool| buffer.rows.iter().any(|row| is_cut(row, above, term, clusters));
    in_history || on_screen(&term.normal, &mut above) || term.on_alt && on_screen(&term.alt, &mut false)
}

/// Whether a line has a half, or a cluster, that nothing makes again. `above` is whether the line before it ends in
/// a second half without a first; the same is left there for this line.
fn is_cut(row: &Row, above: &mut bool, term: &Term, clusters: &Clusters) -> bool {
    let (cols, widths) = (term.cols, term.widths);
    let torn = row.wrapped && *above || row.get(0).is_half();
    *above = row.get(cols - 1).is_half() && row.get(cols - 2).width() != 2;
    let lone = |x: usize| match x + 1 == cols {
        true => row.get(x).width() == 2,
        false if odd::is_pair(row, x, cols) => !odd::can_pair(row, x, clusters, widths),
        false => !odd::is_natural(row.get(x), clusters, widths),
    };
    let exposed = |x: usize| odd::is_exposed(row.cells(), x);
    let end = row.cells().len().min(cols);
    torn || (0..end).any(lone) || (1..end).any(exposed)
}
