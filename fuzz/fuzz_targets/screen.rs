//! Feeds the screen model whatever the fuzzer thinks of: no panic, no memory without bound, and
//! snapshots that a fresh model takes without being asked anything.
//!
//! The first three bytes are the size and the scrollback; in the rest, 0xff begins an order (change
//! the size, take a snapshot) and everything else is output. The model is compiled by itself, so
//! that an instrumented build takes seconds.

#![no_main]

#[path = "../../src/domain"]
mod domain {
    pub mod screen;
    pub mod size;
}
mod heap;

use domain::screen::Screen;
use domain::size::Size;

/// What a screen of at most 64 × 256 with 63 lines above it may cost, whatever it was fed.
const MOST_BYTES: usize = 8 << 20;
/// Longest snapshot of such a screen: 64 + 63 + 64 lines of 256 cells with 100 bytes each.
const LONGEST_SNAPSHOT: usize = 191 * 256 * 100;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let [rows, cols, lines, stream @ ..] = data else { return };
    let before = heap::used();
    let mut screen = Screen::new(size(*rows, *cols), usize::from(lines % 64));
    let mut parts = stream.split(|byte| *byte == 0xff);
    screen.feed(parts.next().unwrap_or_default());
    for part in parts {
        let output = obey(&mut screen, part);
        screen.feed(output);
        let used = heap::used().saturating_sub(before);
        assert!(used < MOST_BYTES, "{used} bytes");
    }
    check(&screen);
});

fn size(rows: u8, cols: u8) -> Size {
    Size { rows: u16::from(rows % 64) + 1, cols: u16::from(cols) + 1 }
}

/// Carries out the order at the start of `part`; returns the output behind it.
fn obey<'a>(screen: &mut Screen, part: &'a [u8]) -> &'a [u8] {
    match part {
        [0, rows, cols, rest @ ..] => {
            screen.resize(size(*rows, *cols));
            rest
        }
        [1, rest @ ..] => {
            check(screen);
            rest
        }
        rest => rest,
    }
}

fn check(screen: &Screen) {
    let bytes = screen.snapshot(usize::MAX);
    assert!(bytes.len() < LONGEST_SNAPSHOT, "{} bytes", bytes.len());
    let mut again = Screen::new(screen.size(), 63);
    again.feed(&bytes);
    assert!(again.take_replies().is_empty(), "a snapshot asks");
    assert!(screen.text().len() + screen.scrollback_text().len() <= LONGEST_SNAPSHOT);
}
