//! What a snapshot and a model may take, at worst.

use coda::domain::screen::Screen;
use coda::domain::size::Size;

use super::oracle::Case;
use super::{Start, Step, case, judge};

/// Most bytes until a viewer has painted its first correct screen.
const FIRST_PAINT: usize = 256 * 1024;

/// A screen where no cell is like another: `say` draws the one of this number.
fn painted(size: Size, say: impl Fn(u32) -> String) -> Vec<u8> {
    let row = |y: u32| -> String {
        let cells = (0..u32::from(size.cols)).map(|x| say(y * u32::from(size.cols) + x));
        format!("\x1b[{};1H{}", y + 1, cells.collect::<String>())
    };
    (0..u32::from(size.rows)).map(row).collect::<String>().into_bytes()
}

/// Spreads the numbers of cells over all colours, most of them of three digits a part.
fn color(number: u32) -> String {
    let mixed = number.wrapping_mul(0x9e37_79b1) >> 8;
    let [_, red, green, blue] = mixed.to_be_bytes().map(|part| part | 0x80);
    format!("{red};{green};{blue}")
}

fn text(number: u32) -> String {
    format!("\x1b[38;2;{}mx", color(number))
}

/// A color for each eight columns.
fn words(number: u32) -> String {
    if number.is_multiple_of(8) { format!("\x1b[3{}mx", number / 8 % 8) } else { "x".to_owned() }
}

/// As programs draw pictures: each character is two pixels.
fn pixels(number: u32) -> String {
    format!("\x1b[38;2;{};48;2;{}m▀", color(2 * number), color(2 * number + 1))
}

fn first_paint(size: Size, stream: &[u8]) -> usize {
    let mut screen = Screen::new(size, 10_000);
    (0..12_000).for_each(|line| screen.feed(format!("line {line} above the picture\r\n").as_bytes()));
    screen.feed(stream);
    let whole = screen.snapshot(FIRST_PAINT);
    let mut again = Screen::new(size, 10_000);
    again.feed(&whole);
    assert!(again.snapshot(0) == screen.snapshot(0), "a cell was left out");
    whole.len()
}

/// Nothing of a screen is ever left out, so the bound is one of what can be on it.
#[test]
fn a_screen_where_every_cell_has_its_own_color_is_painted_within_the_bound() {
    let most = |rows, cols| Size { rows, cols };
    for (size, say) in [
        (most(24, 80), pixels as fn(u32) -> String),
        (most(50, 200), text),
        (most(50, 120), pixels),
        (most(200, 500), words),
    ] {
        let bytes = first_paint(size, &painted(size, say));
        eprintln!("{} × {}: {bytes} bytes", size.rows, size.cols);
        assert!(bytes <= FIRST_PAINT, "{bytes} bytes of {} × {}", size.rows, size.cols);
    }
}

/// Larger pictures are more than that, and whole all the same. A cell says at most two colours and
/// a character.
#[test]
fn a_screen_that_is_more_than_the_bound_is_painted_whole() {
    const CELL: usize = "\x1b[38;2;255;255;255;48;2;255;255;255m▀".len();
    const REST: usize = 16 * 1024;
    for (rows, cols) in [(50, 200), (200, 500)] {
        let size = Size { rows, cols };
        let bytes = first_paint(size, &painted(size, pixels));
        eprintln!("{rows} × {cols}: {bytes} bytes");
        assert!(bytes > FIRST_PAINT && bytes <= usize::from(rows) * usize::from(cols) * CELL + REST);
    }
}

/// xterm.js agrees about the colours that are said one after another.
#[test]
fn pictures_are_restored() {
    let cases = [text as fn(u32) -> String, pixels].map(|say| -> Option<Case> {
        let start = Start::new(20, 40, 10);
        let stream = painted(start.size, say);
        case("picture".to_owned(), start, &[Step::Bytes(stream.clone())], stream.len() / 2, false)
    });
    judge(cases.into_iter().collect());
}

/// 16 MiB of lines and 1 MiB of links, whatever is fed.
#[test]
fn scrollback_and_links_are_bounded_in_bytes() {
    let size = Size { rows: 10, cols: 1000 };
    let mut screen = Screen::new(size, 10_000);
    let line: String = (0..1000).map(pixels).collect();
    (0..3000).for_each(|_| screen.feed(format!("{line}\r\n").as_bytes()));
    let kept = screen.line_count() - usize::from(size.rows);
    assert!((1300..1500).contains(&kept), "{kept} lines of 12 KB, packed, are kept");
    assert!(screen.scrollback_text().len() > 100_000);

    let mut ordinary = Screen::new(Size { rows: 24, cols: 200 }, 10_000);
    let line = format!("\x1b[32m{}\x1b[m {}", "x".repeat(60), "y".repeat(130));
    (0..11_000).for_each(|_| ordinary.feed(format!("{line}\r\n").as_bytes()));
    assert_eq!(ordinary.line_count(), 10_000 + 24, "ordinary lines are all kept");
}

/// The newest links work however many there were, and the oldest are given up for them.
#[test]
fn the_newest_of_many_links_are_kept() {
    let size = Size { rows: 10, cols: 40 };
    let mut screen = Screen::new(size, 10_000);
    let long = "a".repeat(4000);
    for number in 0..9000 {
        screen.feed(format!("\x1b]8;;https://{number}.example/{long}\x07link\x1b]8;;\x07\r\n").as_bytes());
    }
    let html = screen.html(0..screen.line_count());
    let has = |number: u32| html.contains(&format!("https://{number}.example/"));
    assert!(has(8999) && has(8900), "new links are there");
    assert!(!has(0) && !has(5000), "old ones are not");
    assert!(html.len() < 4 << 20);
}
