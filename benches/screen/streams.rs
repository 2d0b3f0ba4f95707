//! What the models read: made anew for each run, the same bytes each time.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::words::{Dice, WORDS};

const LEVELS: [&str; 4] = ["INFO ", "DEBUG", "WARN ", "ERROR"];
const PATHS: [&str; 6] =
    ["src/main.rs", "src/lib.rs", "Cargo.toml", "docs", "tests", "benches/measure/mod.rs"];
/// Where a program draws lines.
const LINES: [&str; 6] = ["│", "─", "├", "└", "╭", "╯"];

/// Lines as a program logs them: 20 to 140 columns.
pub fn plain(bytes: usize) -> String {
    let mut dice = Dice::new(1);
    let mut text = String::new();
    while text.len() < bytes {
        let (second, milli) = (dice.below(60), dice.below(1000));
        let level = dice.pick(&LEVELS);
        let _ = write!(text, "09:26:{second:02}.{milli:03} {level} ");
        words(&mut text, &mut dice, 1, 18);
        text.push_str("\r\n");
    }
    text
}

fn words(text: &mut String, dice: &mut Dice, least: usize, most: usize) {
    for _ in 0..least + dice.below(most - least) {
        text.push_str(dice.pick(&WORDS));
        text.push(' ');
    }
}

/// A directory, a compiler and a comparison of files in turn, as they colour their lines.
pub fn coloured(bytes: usize) -> String {
    let mut dice = Dice::new(2);
    let mut text = String::new();
    while text.len() < bytes {
        match dice.below(6) {
            0 => {
                let (colour, path) = (dice.below(6) + 31, dice.pick(&PATHS));
                let size = dice.below(100_000);
                let _ = write!(
                    text,
                    "-rw-r--r-- 1 me me {size:6} Mar 14 09:26 \x1b[0m\x1b[01;{colour}m{path}\x1b[0m"
                );
            }
            1 => {
                let _ = write!(text, "\x1b[0m\x1b[1m\x1b[38;5;9merror[E0308]\x1b[0m\x1b[0m\x1b[1m: ");
                words(&mut text, &mut dice, 2, 7);
                text.push_str("\x1b[0m");
            }
            2 => {
                let (path, line) = (dice.pick(&PATHS), dice.below(400));
                let _ = write!(
                    text,
                    "\x1b[0m  \x1b[0m\x1b[0m\x1b[1m\x1b[38;5;12m--> \x1b[0m\x1b[0m{path}:{line}:5\x1b[0m"
                );
            }
            3 => {
                let name = dice.pick(&WORDS);
                let _ = write!(text, "\x1b[1m\x1b[32m   Compiling\x1b[0m {name} v1.0.{}", dice.below(90));
            }
            4 => {
                text.push_str(dice.pick(&["\x1b[32m+    ", "\x1b[31m-    "]));
                words(&mut text, &mut dice, 2, 9);
                text.push_str("\x1b[m");
            }
            _ => {
                let (red, green) = (dice.below(256), dice.below(256));
                let _ = write!(
                    text,
                    "\x1b[38;2;{red};{green};90mfn\x1b[39m \x1b[33m{}\x1b[39m(",
                    dice.pick(&WORDS)
                );
                words(&mut text, &mut dice, 1, 5);
                text.push_str("\x1b[3m)\x1b[23m");
            }
        }
        text.push_str("\r\n");
    }
    text
}

/// A program that draws the whole screen again and again: most rows in a few colours, a frame around it, a
/// status line; every fourth time only some places.
pub fn redraw(bytes: usize, rows: usize, cols: usize) -> String {
    let mut dice = Dice::new(3);
    let mut text = String::from("\x1b[?1049h\x1b[?25l");
    for round in 0.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str("\x1b[?2026h");
        if round % 4 == 3 {
            for _ in 0..rows {
                let (y, x, colour) = (dice.below(rows) + 1, dice.below(cols - 20) + 1, dice.below(256));
                let _ = write!(text, "\x1b[{y};{x}H\x1b[38;5;{colour}m{}\x1b[0m", dice.pick(&WORDS));
            }
        } else {
            frame(&mut text, &mut dice, rows, cols);
        }
        text.push_str("\x1b[?2026l");
    }
    text
}

fn frame(text: &mut String, dice: &mut Dice, rows: usize, cols: usize) {
    for y in 1..rows {
        let _ = write!(text, "\x1b[{y};1H\x1b[38;5;240m{}\x1b[39m ", dice.pick(&LINES));
        let mut x = 2;
        while x + 12 < cols && dice.below(8) > 0 {
            let (word, colour) = (dice.pick(&WORDS), dice.below(256));
            let _ = match dice.below(3) {
                0 => write!(text, "\x1b[38;5;{colour}m{word}\x1b[39m "),
                1 => write!(text, "\x1b[1m{word}\x1b[22m "),
                _ => write!(text, "{word} "),
            };
            x += word.len() + 1;
        }
        text.push_str("\x1b[K");
    }
    let _ = write!(text, "\x1b[{rows};1H\x1b[7m{:width$}\x1b[27m", " NORMAL  src/main.rs", width = cols - 1);
}

/// The recordings of programs on a terminal of 24 × 80 that the tests use, again and again.
pub fn recorded(bytes: usize) -> Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screen/corpus");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).context("no recordings")? {
        files.push(entry?.path());
    }
    files.sort();
    let mut once = String::new();
    for file in files {
        once += &String::from_utf8_lossy(&std::fs::read(file)?);
        once += "\x1b[?1049l\x1b[!p";
    }
    anyhow::ensure!(!once.is_empty(), "no recordings in {}", folder.display());
    Ok(once.repeat(bytes / once.len() + 1))
}
