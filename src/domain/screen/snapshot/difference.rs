//! From what a viewer showed at an earlier offset to what it would show now, in as few bytes as the
//! changed lines.
//!
//! The viewer is taken for exactly what it was, so much that a snapshot repairs is left alone here:
//! whatever cannot be said line by line (another size, the other buffer, scrollback that was cleared
//! or wrapped anew, a first line that is a continuation) is answered with "no".

use super::super::buffer::Saved;
use super::super::links::Tables;
use super::super::packed::{self, PackedRow};
use super::super::row::Row;
use super::super::term::Term;
use super::last;
use super::paint::{Clusters, Painter};
use super::state;
use super::unsaid::{Unsaid, unsaid};

/// Lines scrolled since then that are worth repeating.
const MOST_LINES: u64 = 1000;
/// Most texts of clusters that those lines and the screen can need.
const CLUSTERS: usize = 65_536;

/// What a viewer shows, as far as it takes to tell what has changed since.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Where each row of the buffer shown ends in `packed`.
    ends: Vec<usize>,
    packed: Vec<u8>,
    cols: usize,
    on_alt: bool,
    saved: Saved,
    scrolled: u64,
    upheavals: u64,
    sweeps: u64,
}

impl Shown {
    pub fn new(term: &Term) -> Shown {
        let (mut packed, mut ends) = (Vec::new(), Vec::new());
        for row in &term.shown().rows {
            packed::pack(row, &term.tables.clusters, &mut packed);
            ends.push(packed.len());
        }
        Shown {
            ends,
            packed,
            cols: term.cols,
            on_alt: term.on_alt,
            saved: term.shown().saved.clone(),
            scrolled: term.shown().scrolled,
            upheavals: term.upheavals,
            sweeps: term.tables.sweeps,
        }
    }

    fn row(&self, y: usize) -> &[u8] {
        let start = y.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.packed[start..self.ends[y]]
    }
}

/// Bytes that lead a viewer from `old` to `term` and `pending`; `None` when a snapshot is needed.
pub fn difference(term: &Term, pending: &[u8], old: &Shown) -> Option<Vec<u8>> {
    let buffer = term.shown();
    let news = buffer.scrolled.checked_sub(old.scrolled)?;
    let same = (term.rows, term.cols, term.on_alt) == (old.ends.len(), old.cols, old.on_alt);
    let undisturbed = (term.upheavals, term.tables.sweeps) == (old.upheavals, old.sweeps);
    let kept = news <= MOST_LINES.min(buffer.history.len() as u64) || term.on_alt && news == 0;
    let saved =
        buffer.saved == old.saved || !state::saved_elsewhere(buffer) && state::has_saved_cursor(buffer);
    let sayable = unsaid(term).into_iter().all(Unsaid::is_hidden);
    if !same || !undisturbed || !kept || !saved || !sayable {
        return None;
    }
    let lines = Lines::new(term, news as usize);
    let runs = lines.runs(old, term.rows)?;
    // A link without a name cannot be taken up again.
    if term.pen.link != 0 || runs.iter().flatten().any(|line| lines.has_link(*line, &term.tables)) {
        return None;
    }

    let mut painter = Painter::new(term);
    painter.say(state::CALM);
    state::surroundings(term, &mut painter);
    for run in &runs {
        lines.draw(run, &mut painter);
    }
    last::prepare(term, &mut painter);
    state::buffer(&mut painter, buffer, &term.kitty[usize::from(term.on_alt)], false);
    state::rest(term, &mut painter);
    painter.out.extend(pending);
    // Some odd cells are drawn by way of the other buffer, and leave a mark on it.
    let astray = painter.out.windows(state::OTHER_BUFFER.len()).any(|bytes| bytes == state::OTHER_BUFFER);
    (!astray).then_some(painter.out)
}

/// The lines that scrolled since and the screen below them, oldest first. As many as the screen has
/// are drawn where the viewer still shows older ones; the others scroll in from below.
struct Lines {
    packed: Vec<Vec<u8>>,
    rows: Vec<Row>,
    clusters: Clusters,
}

impl Lines {
    fn new(term: &Term, news: usize) -> Lines {
        let buffer = term.shown();
        let mut packed: Vec<Vec<u8>> =
            buffer.history.iter().rev().take(news).map(|line| line.bytes().to_vec()).collect();
        packed.reverse();
        for row in &buffer.rows {
            let mut line = Vec::new();
            packed::pack(row, &term.tables.clusters, &mut line);
            packed.push(line);
        }
        let mut clusters = Clusters::new(CLUSTERS);
        let unpack = |line: &Vec<u8>| {
            let mut row = Row::default();
            PackedRow::new(line).unpack(&mut row, &mut clusters);
            row
        };
        let rows = packed.iter().map(unpack).collect();
        Lines { packed, rows, clusters }
    }

    /// Which lines must be drawn. A continuation is drawn together with the line it continues;
    /// `None` when that is not on the viewer's screen any more.
    fn runs(&self, old: &Shown, screen: usize) -> Option<Vec<Vec<usize>>> {
        let mut draw: Vec<bool> =
            (0..self.rows.len()).map(|y| y >= screen || self.packed[y] != old.row(y)).collect();
        for y in (0..draw.len()).rev() {
            if draw[y] && self.rows[y].wrapped {
                *draw.get_mut(y.checked_sub(1)?)? = true;
            }
        }
        let drawn: Vec<usize> = (0..draw.len()).filter(|&y| draw[y]).collect();
        Some(drawn.chunk_by(|above, below| above + 1 == *below).map(<[usize]>::to_vec).collect())
    }

    fn has_link(&self, line: usize, tables: &Tables) -> bool {
        self.rows[line].cells().iter().any(|cell| tables.extra(cell.style).link != 0)
    }

    /// Draws a run: over what the viewer has there, and below it as many as there are.
    fn draw(&self, run: &[usize], painter: &mut Painter<'_>) {
        let (first, screen) = (run[0], painter.rows);
        if first >= screen {
            painter.say(&format!("\x1b[{screen};1H\n"));
        } else {
            for y in run.iter().filter(|&&y| y < screen) {
                painter.say(&format!("\x1b[{};1H\x1b[2K", y + 1));
            }
            painter.say(&format!("\x1b[{};1H", first + 1));
        }
        for (at, &y) in run.iter().enumerate() {
            let next = run.get(at + 1).map(|&next| &self.rows[next]);
            painter.line(&self.rows[y], &self.clusters, next);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::screen::Screen;
    use crate::domain::size::Size;

    fn frame(number: usize) -> String {
        format!("\x1b[H\x1b[2Kframe {number}\r\r\n\x1b[2K\x1b[3{}m{number:078}\x1b[m", number % 8)
    }

    /// What changed since `before`, and the screen now.
    fn told(before: &str, since: &str) -> (Option<String>, Screen) {
        let mut screen = Screen::new(Size { rows: 10, cols: 80 }, 100);
        screen.feed(before.as_bytes());
        let shown = screen.shown();
        screen.feed(since.as_bytes());
        let said = screen.difference(&shown).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (said, screen)
    }

    #[test]
    fn only_changed_lines_are_said() {
        let still: String = (0..9).map(|line| format!("\x1b[{};1Hstill {line}", line + 2)).collect();
        let since: String = (2..5000).map(frame).collect();
        let (said, screen) = told(&(still + &frame(1)), &since);
        let said = said.expect("a difference");
        assert!(said.len() < 700 && said.contains("frame 4999"), "{said:?}");
        assert!(!said.contains("still"), "{said:?}");
        assert!(screen.text().contains("still 8"));
    }

    #[test]
    fn lines_that_scrolled_by_are_said_and_no_others() {
        let (said, _) =
            told("one\r\ntwo\r\n", &(0..20).map(|line| format!("line {line}\r\n")).collect::<String>());
        let said = said.expect("a difference");
        assert!((0..20).all(|line| said.contains(&format!("line {line}"))), "{said:?}");
        assert!(!said.contains("one"));
    }

    #[test]
    fn what_cannot_be_said_line_by_line_is_not() {
        for since in ["\x1b[?1049h", "\x1b[3J", "\x1bc", "\x1b]8;;https://example.org\x07link"] {
            assert_eq!(told("one\r\n", since).0, None, "{since:?}");
        }
        let lines = "line\r\n".repeat(200);
        assert_eq!(told("one\r\n", &lines).0, None, "more than the scrollback keeps");
    }
}
