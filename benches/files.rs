//! What is printed in bulk: made anew for each run, the same bytes each time.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::words::{Dice, WORDS};

/// A file, and how many bytes a terminal makes of it.
pub struct Bulk {
    pub path: PathBuf,
    /// Every line's end becomes two bytes.
    pub printed: u64,
}

/// Lines of words, up to `bytes`; coloured: a change of colour in front of every word.
pub fn write(dir: &Path, bytes: u64, coloured: bool) -> Result<Bulk> {
    let path = dir.join(format!("{}-{bytes}", if coloured { "coloured" } else { "plain" }));
    let mut file = BufWriter::with_capacity(1 << 20, std::fs::File::create(&path)?);
    let (mut written, mut lines) = (0u64, 0u64);
    let mut dice = Dice::new(7);
    while written < bytes {
        let mut line = String::new();
        let mut width = 0;
        while width < 60 {
            let word = dice.pick(&WORDS);
            if coloured {
                let (bold, colour) = (dice.below(2), dice.below(256));
                line += &format!("\x1b[{bold};38;5;{colour}m");
            }
            line += word;
            line.push(' ');
            width += word.len() + 1;
        }
        line += if coloured { "\x1b[0m\n" } else { "\n" };
        file.write_all(line.as_bytes())?;
        written += line.len() as u64;
        lines += 1;
    }
    file.flush()?;
    Ok(Bulk { path, printed: written + lines })
}
