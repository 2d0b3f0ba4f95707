//! What agents print: events as lines of JSON, or words. What is understood of it speaks for or against a result, and
//! never makes one.

mod events;
mod words;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cut;

/// Longest line that is read, in bytes.
const LINE: usize = 1024 * 1024;
/// Lines kept of a kind, and the length of each in bytes.
const MOST: usize = 20;
const KEPT: usize = 500;

/// The driver's or the program's own word about the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    Success,
    Failure(String),
}

/// What was understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// Tools and commands that were not allowed.
    pub denied: Vec<String>,
    /// Answers of models that were errors, whatever they looked like.
    pub api_errors: Vec<String>,
    pub said: Option<Said>,
    /// A turn has begun and was not ended.
    pub unfinished: bool,
    /// The agent's own name for the conversation.
    pub conversation: Option<String>,
}

/// Understands output as it comes.
#[derive(Debug, Clone, Default)]
pub struct Hearing {
    heard: Heard,
    /// The beginning of a line whose end is not there yet.
    rest: String,
    /// That line is too long.
    skipping: bool,
    /// Lines of an object that spans several.
    object: Option<String>,
    /// Errors that the program may get over by itself.
    trouble: Vec<String>,
}

impl Hearing {
    pub fn feed(&mut self, text: &str) {
        let mut pieces = text.split('\n');
        let mut piece = pieces.next().unwrap_or_default();
        for next in pieces {
            self.take(piece);
            self.end_line();
            piece = next;
        }
        self.take(piece);
    }

    /// All that was understood; the last line counts also without an end.
    pub fn heard(&self) -> Heard {
        let mut whole = self.clone();
        whole.end_line();
        let Hearing { mut heard, trouble, .. } = whole;
        if heard.said != Some(Said::Success) {
            trouble.into_iter().for_each(|line| note(&mut heard.api_errors, &line));
        }
        heard
    }

    fn take(&mut self, piece: &str) {
        self.skipping |= self.rest.len() + piece.len() > LINE;
        if self.skipping {
            self.rest.clear();
        } else {
            self.rest.push_str(piece);
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.rest);
        if std::mem::take(&mut self.skipping) {
            self.object = None;
            return;
        }
        let line = plain(&line);
        match (&mut self.object, line.as_str()) {
            (None, "{") => self.object = Some("{".to_owned()),
            (Some(object), line) => {
                object.push('\n');
                object.push_str(line);
                let whole = line == "}";
                if whole || object.len() > LINE {
                    let object = self.object.take().filter(|_| whole).unwrap_or_default();
                    self.event(&object);
                }
            }
            (None, line) if line.trim_start().starts_with('{') => self.event(line.trim_start()),
            (None, line) => self.words(line),
        }
    }

    fn event(&mut self, text: &str) {
        match serde_json::from_str::<Value>(text) {
            Ok(event) if event.is_object() => self.understand(&event),
            _ => self.words(text),
        }
    }
}

fn note(lines: &mut Vec<String>, line: &str) {
    let line = cut(line.trim(), KEPT);
    if lines.len() < MOST && !line.is_empty() && !lines.contains(&line) {
        lines.push(line);
    }
}

/// A line without what moves cursors and colours text.
fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\u{1b}', Some('[')) => {
                rest.next();
                while rest.next().is_some_and(|c| !('@'..='~').contains(&c)) {}
            }
            ('\u{1b}', Some(']')) => {
                while rest.next().is_some_and(|c| c != '\u{7}' && c != '\u{1b}') {}
                rest.next_if_eq(&'\\');
            }
            ('\u{1b}', _) => drop(rest.next()),
            (c, _) if c.is_control() && c != '\t' => {}
            (c, _) => out.push(c),
        }
    }
    out
}
