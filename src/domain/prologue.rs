//! What a session that goes on from an ended one begins with: the old history, then a line that divides.

use chrono::{DateTime, Utc};

use super::exit::{Exit, Reason};
use super::screen::{CALM, Screen};
use super::size::Size;

/// Largest prologue, in bytes, the divider not counted.
const MOST: usize = 1024 * 1024;
/// Bytes that draw the history of `old`, which ended with `exit`, and the divider below it.
pub fn prologue(old: &Screen, exit: &Exit) -> Vec<u8> {
    let mut bytes = old.snapshot(MOST);
    // Out of everything that the program may have left behind, in both buffers.
    bytes.extend_from_slice(format!("{CALM}\x1b[?47l{CALM}").as_bytes());
    let size = old.size();
    let mut settled = Screen::new(size, 0);
    settled.feed(&bytes);
    let is_used = |row: &usize| !settled.text_of(*row..row + 1).is_empty();
    match (0..settled.line_count()).rev().find(is_used) {
        Some(row) => bytes.extend_from_slice(format!("\x1b[{};1H\r\n", row + 1).as_bytes()),
        None => bytes.extend_from_slice(b"\x1b[H"),
    }
    bytes.extend_from_slice(format!("\x1b[2m{}\x1b[m\r\n", divider(exit, size)).as_bytes());
    bytes
}

/// One line, as wide as the terminal at most.
fn divider(exit: &Exit, size: Size) -> String {
    let text = format!("── {} ──", sentence(exit));
    text.chars().take(size.cols.into()).collect()
}

fn sentence(exit: &Exit) -> String {
    let how = match (exit.reason, exit.code, exit.signal) {
        (Reason::Redeployed, ..) => "the server went down".to_owned(),
        (Reason::Closed, ..) => "closed".to_owned(),
        (Reason::Idle, ..) => "ended, because nobody looked after it".to_owned(),
        (_, Some(code), _) => format!("ended with exit code {code}"),
        (_, None, Some(signal)) => format!("killed by signal {signal}"),
        (_, None, None) => "ended, nobody saw how".to_owned(),
    };
    format!("{how} · {}", minute(exit.at))
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { rows: 6, cols: 40 };

    fn exit() -> Exit {
        Exit::from_code(2, DateTime::from_timestamp(1_700_000_000, 0).unwrap())
    }

    /// A terminal that was shown the prologue of what `output` left, and then `more`.
    fn after(output: &[u8], more: &[u8]) -> Screen {
        let mut old = Screen::new(SIZE, 100);
        old.feed(output);
        let mut new = Screen::new(SIZE, 100);
        new.feed(&prologue(&old, &exit()));
        assert!(new.take_replies().is_empty());
        new.feed(more);
        new
    }

    #[test]
    fn history_then_divider_then_the_new_program() {
        let screen = after(b"one\r\ntwo\r\n$ ", b"$ new");
        let text: Vec<String> = screen.text().lines().map(|row| row.trim_end().to_owned()).collect();
        assert_eq!(
            text[..5],
            ["one", "two", "$", "── ended with exit code 2 · 2023-11-14 2", "$ new"],
            "{text:?}"
        );
    }

    #[test]
    fn a_full_screen_scrolls() {
        let lines: String = (1..=20).map(|number| format!("line {number}\r\n")).collect();
        let screen = after(lines.as_bytes(), b"new");
        let text = screen.text();
        assert!(text.contains("line 20") && text.trim_end().ends_with("new"), "{text}");
        assert!(screen.scrollback_text().starts_with("line 1"));
    }

    #[test]
    fn what_a_dead_program_left_behind_is_undone() {
        let dirty =
            b"shell\r\n\x1b[?1049h\x1b[?1000;1006;2004;25l\x1b[?1000;1006;2004h\x1b[?6h\x1b[2;4r\x1b[31;1m\
            \x1b(0\x1b[>1uapp";
        let screen = after(dirty, b"abc");
        let mut clean = Screen::new(SIZE, 100);
        clean.feed(b"abc");
        let text = screen.text();
        assert!(text.contains("shell") && !text.contains("app"), "{text}");
        let modes = |screen: &Screen| {
            let mut probe = Screen::new(SIZE, 0);
            probe.feed(&screen.snapshot(0));
            probe
                .feed(b"\x1b[?1000$p\x1b[?1006$p\x1b[?2004$p\x1b[?6$p\x1b[?1049$p\x1b[?25$p\x1b[?7$p\x1b[?u");
            String::from_utf8(probe.take_replies()).unwrap()
        };
        assert_eq!(modes(&screen), modes(&clean));
        assert!(text.contains("abc"), "line drawing is off: {text}");
    }
}
