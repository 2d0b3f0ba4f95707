//! What a screen says, for those who do not draw it: as text, as HTML, or as the bytes that draw it elsewhere.

use serde::{Deserialize, Serialize};

use super::screen::Screen;

/// Most lines that can be asked for.
pub const MOST_LINES: usize = 100_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Plain text, UTF-8; lines that the terminal wrapped are joined.
    #[default]
    Text,
    /// Text with escape sequences, which draws the screen on a terminal of the same size.
    Ansi,
    /// One `pre` in the terminal's colours.
    Html,
}

/// What was asked for cannot be given; the text says what can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    #[error("lines must be between 1 and {MOST_LINES}, not {0}")]
    Lines(usize),
    #[error("lines go with the formats text and html; ansi draws the whole screen")]
    Whole,
}

/// A form, and how many lines of it: the last that are not blank, or the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capture {
    form: Form,
    lines: Option<usize>,
}

impl Capture {
    pub fn new(form: Form, lines: Option<usize>) -> Result<Capture, CaptureError> {
        match lines {
            Some(lines) if !(1..=MOST_LINES).contains(&lines) => Err(CaptureError::Lines(lines)),
            Some(_) if form == Form::Ansi => Err(CaptureError::Whole),
            _ => Ok(Capture { form, lines }),
        }
    }

    pub fn of(self, screen: &Screen) -> Vec<u8> {
        match (self.form, self.lines) {
            (Form::Ansi, _) => screen.snapshot(0),
            (Form::Text, None) => ended(screen.text()),
            (Form::Text, Some(lines)) => ended(last_text(screen, lines)),
            (Form::Html, lines) => {
                let (rows, count) = (usize::from(screen.size().rows), screen.line_count());
                let end = lines.map_or(count, |_| used(screen));
                screen.html(end.saturating_sub(lines.unwrap_or(rows))..end).into_bytes()
            }
        }
    }
}

fn ended(mut text: String) -> Vec<u8> {
    if !text.is_empty() {
        text.push('\n');
    }
    text.into_bytes()
}

/// Looks at more rows until there are enough lines: one line may have been wrapped into many.
fn last_text(screen: &Screen, lines: usize) -> String {
    let end = used(screen);
    let mut rows = lines;
    loop {
        let start = end.saturating_sub(rows);
        let text = screen.text_of(start..end);
        let begin = text.rmatch_indices('\n').nth(lines - 1).map(|(at, _)| at + 1);
        match begin {
            Some(begin) => return text[begin..].to_owned(),
            None if start == 0 => return text,
            None => rows = rows.saturating_mul(2),
        }
    }
}

/// The number of lines without the blank ones at the end.
fn used(screen: &Screen) -> usize {
    let count = screen.line_count();
    (0..count).rev().find(|&line| !screen.text_of(line..line + 1).is_empty()).map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::size::Size;

    fn said(form: Form, lines: Option<usize>) -> String {
        let mut screen = Screen::new(Size { rows: 4, cols: 8 }, 100);
        screen.feed(b"one\r\ntwo\r\nthree\r\n\r\n\x1b[1mlong enough\x1b[m\r\n");
        String::from_utf8(Capture::new(form, lines).unwrap().of(&screen)).unwrap()
    }

    #[test]
    fn without_a_number_it_is_the_screen() {
        assert_eq!(said(Form::Text, None), "\nlong enough\n");
        assert!(said(Form::Html, None).contains("long eno"), "{}", said(Form::Html, None));
        assert!(!said(Form::Html, None).contains("three"));
        assert!(said(Form::Ansi, None).contains("\x1b[2J"));
    }

    #[test]
    fn the_last_lines_are_whole_ones_and_blanks_at_the_end_do_not_count() {
        assert_eq!(said(Form::Text, Some(1)), "long enough\n");
        assert_eq!(said(Form::Text, Some(3)), "three\n\nlong enough\n");
        assert_eq!(said(Form::Text, Some(50)), "one\ntwo\nthree\n\nlong enough\n");
        assert!(said(Form::Html, Some(4)).contains("three"));
    }

    #[test]
    fn what_cannot_be_given_is_refused() {
        assert_eq!(Capture::new(Form::Text, Some(0)), Err(CaptureError::Lines(0)));
        assert_eq!(Capture::new(Form::Html, Some(MOST_LINES + 1)), Err(CaptureError::Lines(MOST_LINES + 1)));
        assert_eq!(Capture::new(Form::Ansi, Some(3)), Err(CaptureError::Whole));
    }

    #[test]
    fn an_empty_screen_says_nothing() {
        let screen = Screen::new(Size { rows: 4, cols: 8 }, 100);
        assert_eq!(Capture::new(Form::Text, Some(3)).unwrap().of(&screen), b"");
    }
}
