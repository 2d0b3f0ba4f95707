//! What a step has printed: its last lines, without secrets.

use std::collections::VecDeque;

use crate::domain::mask::{Masker, mask};

/// Lines and bytes kept, and the longest line, in bytes.
const LINES: usize = 400;
const BYTES: usize = 48 * 1024;
const LONGEST: usize = 2_000;

/// The end of a step's output. A line that goes beyond the bound pushes the oldest ones out.
#[derive(Debug, Default)]
pub struct Output {
    lines: VecDeque<String>,
    bytes: usize,
    left_out: usize,
    masker: Masker,
}

impl Output {
    /// What an earlier daemon kept.
    pub fn kept(text: &str) -> Output {
        let mut output = Output::default();
        text.lines().for_each(|line| output.push(line));
        output
    }

    /// Adds a line; secrets in it are made unreadable.
    pub fn push(&mut self, line: &str) {
        let line = if self.masker.pass(line) { Masker::hidden().to_owned() } else { masked(line) };
        self.bytes += line.len() + 1;
        self.lines.push_back(line);
        while self.lines.len() > LINES || self.bytes > BYTES {
            let Some(gone) = self.lines.pop_front() else { break };
            self.bytes -= gone.len() + 1;
            self.left_out += 1;
        }
    }

    pub fn clear(&mut self) {
        *self = Output::default();
    }

    /// The lines, oldest first, after a word on how many are no longer kept.
    pub fn lines(&self) -> Vec<String> {
        let first =
            (self.left_out > 0).then(|| format!("… {} lines before this are not kept", self.left_out));
        first.into_iter().chain(self.lines.iter().cloned()).collect()
    }

    /// The last line that says something.
    pub fn last(&self) -> Option<&str> {
        self.lines.iter().rev().map(|line| line.trim()).find(|line| !line.is_empty())
    }
}

fn masked(line: &str) -> String {
    // What is cut off could be what tells a secret: so it is masked first, within reason.
    let whole = mask(&line[..line.floor_char_boundary(2 * LONGEST)]).into_owned();
    whole[..whole.floor_char_boundary(LONGEST)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_end_is_kept_and_secrets_are_not() {
        let mut output = Output::default();
        output.push("GET https://ann:hunter22@mirror.example/x");
        output.push("token dapi0123456789abcdef0123456789abcdef");
        assert_eq!(output.lines(), ["GET https://ann:****@mirror.example/x", "token dapi****"]);
        for number in 0..500 {
            output.push(&format!("line {number}"));
        }
        let lines = output.lines();
        assert_eq!(lines.len(), LINES + 1);
        assert_eq!(lines[0], "… 102 lines before this are not kept");
        assert_eq!(output.last(), Some("line 499"));
    }

    proptest! {
        #[test]
        fn it_never_grows_beyond_its_bounds(lines in prop::collection::vec("\\PC{0,6000}", 0..60)) {
            let mut output = Output::default();
            lines.iter().for_each(|line| output.push(line));
            prop_assert!(output.lines.len() <= LINES && output.bytes <= BYTES);
            prop_assert_eq!(output.bytes, output.lines.iter().map(|line| line.len() + 1).sum::<usize>());
        }
    }
}
