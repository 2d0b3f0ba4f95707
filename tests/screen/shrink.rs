//! Makes a stream that differs shorter, for whoever has to find out why.

use super::oracle::{self, Case, Step};

/// Leaves out of `steps` whatever can be left out while `case` still gives one that differs.
pub fn shrink(mut steps: Vec<Step>, case: impl Fn(&[Step]) -> Option<Case>) -> Vec<Step> {
    let mut size = 16;
    while size > 0 {
        let candidates = candidates(&steps, size);
        let cases: Vec<(usize, Case)> =
            candidates.iter().enumerate().filter_map(|(index, steps)| Some((index, case(steps)?))).collect();
        let (indices, cases): (Vec<usize>, Vec<Case>) = cases.into_iter().unzip();
        let Some(verdicts) = oracle::ask(&cases) else { return steps };
        let worse = verdicts.iter().position(|verdict| !verdict.differences.is_empty());
        match worse {
            Some(at) => steps = candidates[indices[at]].clone(),
            None => size /= 2,
        }
    }
    steps
}

/// The same steps without `size` pieces somewhere, or without a change of size.
fn candidates(steps: &[Step], size: usize) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        match step {
            Step::Resize(..) => found.push([&steps[..index], &steps[index + 1..]].concat()),
            Step::Bytes(bytes) => {
                let pieces = pieces(bytes);
                for from in (0..pieces.len()).step_by(size) {
                    let to = (from + size).min(pieces.len());
                    let less = [&pieces[..from], &pieces[to..]].concat().concat();
                    let mut shorter = steps.to_vec();
                    shorter[index] = Step::Bytes(less);
                    found.push(shorter);
                }
            }
        }
    }
    found
}

/// Whole sequences, and characters.
fn pieces(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    let mut inside = false;
    for &byte in bytes {
        let continues = inside && byte != 0x1b || byte & 0xc0 == 0x80;
        match pieces.last_mut().filter(|_| continues) {
            Some(piece) => piece.push(byte),
            None => {
                pieces.push(vec![byte]);
                inside = byte == 0x1b;
            }
        }
        let introduces = b"[]P_^(?>".contains(&byte) && pieces.last().is_some_and(|piece| piece.len() == 2);
        let ends = (0x40..0x7f).contains(&byte) || byte == 0x07;
        let string = pieces.last().is_some_and(|piece| piece.starts_with(b"\x1b]"));
        if inside && ends && !introduces && (!string || byte == 0x07 || byte == b'\\') && byte != 0x1b {
            inside = false;
        }
    }
    pieces
}
