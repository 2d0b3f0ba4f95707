//! Text as a person would copy it.

use crate::domain::screen::{Found, Screen};
use crate::domain::size::Size;

fn fed(stream: &str) -> Screen {
    let mut screen = Screen::new(Size { rows: 4, cols: 10 }, 100);
    screen.feed(stream.as_bytes());
    screen
}

#[test]
fn a_range_is_joined_where_it_was_wrapped() {
    let screen = fed("first\r\nabcdefghijklmnopqrstuvwxyz\r\n한글  \r\n\r\nlast\r\n");
    assert_eq!(screen.line_count(), 8);
    assert_eq!(screen.text_of(0..8), "first\nabcdefghijklmnopqrstuvwxyz\n한글\n\nlast");
    assert_eq!(screen.text_of(2..4), "klmnopqrstuvwxyz");
    assert_eq!(screen.text_of(5..100), "\nlast");
    assert_eq!(screen.text_of(7..7), "");
    assert_eq!(screen.text(), "한글\n\nlast");
}

#[test]
fn the_newest_finds_come_first() {
    let screen = fed("Error one\r\nfine\r\nan error, two\r\nfine\r\nerrors\r\n");
    let lines = |wanted: &str, most| -> Vec<(usize, usize)> {
        screen.find(wanted, most).iter().map(|found| (found.line, found.column)).collect()
    };
    assert_eq!(lines("error", 10), [(5, 0), (2, 3), (0, 0)]);
    assert_eq!(lines("error", 2), [(5, 0), (2, 3)]);
    assert_eq!(lines("Error", 10), [(0, 0)], "capitals count");
    assert_eq!(lines("", 10), []);
    // Across the end of a line that was wrapped after "an error, ".
    assert_eq!(screen.find("r, two", 1), [Found { line: 2, column: 7, text: "an error, two".to_owned() }]);
}

#[test]
fn the_last_lines_are_never_blank() {
    let screen = fed("one\r\n\r\ntwo\r\n\r\n\r\n\r\n\r\nthree\r\n\r\n");
    assert_eq!(screen.last_lines(2), ["two", "three"]);
    assert_eq!(screen.last_lines(9), ["one", "two", "three"]);
    assert_eq!(screen.last_lines(0), [""; 0]);
}

#[test]
fn the_alternate_screen_has_no_past() {
    let screen = fed("past\r\n\r\n\r\n\r\n\r\n\x1b[?1049h\x1b[Hnow");
    assert_eq!(screen.line_count(), 4);
    assert_eq!(screen.text_of(0..4), "now");
    assert_eq!(screen.find("past", 5), []);
}
