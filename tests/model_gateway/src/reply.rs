//! What the model says, before it has a format.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::tools::{Input, Said};
use crate::turn::{Oddities, Stop, Usage};

#[derive(Debug, Clone)]
pub struct Reply {
    /// Hexadecimal digits; ids of the reply and of its parts are made of it.
    pub id: String,
    pub model: String,
    /// Seconds since 1970.
    pub created: u64,
    pub thinking: String,
    pub text: String,
    pub calls: Vec<Said>,
    pub stop: Stop,
    pub usage: Usage,
    /// Characters in a chunk.
    pub chunk: usize,
    pub oddities: Oddities,
}

/// What goes on the wire at once.
#[derive(Debug, Clone)]
pub struct Frame {
    pub bytes: Bytes,
    /// It carries a chunk of text, thought or arguments; the others open and close.
    pub is_chunk: bool,
}

impl Frame {
    /// A server-sent event with a name.
    pub fn event(name: &str, data: &Value) -> Frame {
        Frame { bytes: format!("event: {name}\ndata: {data}\n\n").into(), is_chunk: false }
    }

    /// A server-sent event without one.
    pub fn data(data: &Value) -> Frame {
        Frame::text(format!("data: {data}\n\n"))
    }

    pub fn text(text: impl Into<Bytes>) -> Frame {
        Frame { bytes: text.into(), is_chunk: false }
    }

    pub fn chunk(mut self) -> Frame {
        self.is_chunk = true;
        self
    }
}

impl Reply {
    /// Two halves that differ from part to part: `msg_…`, `toolu_…`.
    pub fn part(&self, prefix: &str, number: usize) -> String {
        format!("{prefix}{number:02x}{}", self.id)
    }

    pub fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    pub fn chunks<'a>(&self, text: &'a str) -> Vec<&'a str> {
        chunks(text, self.chunk)
    }
}

impl Said {
    /// The arguments as an object.
    pub fn value(&self) -> Value {
        match &self.input {
            Input::Json(value) => value.clone(),
            Input::Text(text) => json!({ "input": text }),
        }
    }

    /// The arguments as text; JSON unless the tool is a free one.
    pub fn text(&self) -> String {
        match &self.input {
            Input::Json(value) => value.to_string(),
            Input::Text(text) => text.clone(),
        }
    }
}

/// Pieces of so many characters, at least one of them.
fn chunks(text: &str, size: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.char_indices().nth(size.max(1)).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_of_letters_not_bytes() {
        assert_eq!(chunks("äöü€", 3), ["äöü", "€"]);
        assert_eq!(chunks("ab", 0), ["a", "b"]);
        assert!(chunks("", 5).is_empty());
    }
}
