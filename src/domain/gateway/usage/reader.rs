//! Reads along while an answer passes; keeps no more of it than it must.

use serde_json::Value;

use super::Tokens;
use super::words::{Said, said};
use crate::domain::gateway::sse::{self, Piece, Splitter};
use crate::domain::gateway::vendor::Wire;

/// Longest answer in one piece that is read, in bytes; of a longer one the tokens stay unknown.
const LONGEST: usize = 4 * 1024 * 1024;

/// Words that every event has which is worth reading: most have none of them and are not parsed.
const WORTH: [&[u8]; 4] = [b"\"usage", b"\"error\"", b"\"model", b"response.failed"];

/// What was read of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// `None`: the answer did not say.
    pub tokens: Option<Tokens>,
    pub model: Option<String>,
    pub failed: bool,
}

#[derive(Debug)]
pub struct Reader {
    wire: Wire,
    form: Form,
    reading: Reading,
}

#[derive(Debug)]
enum Form {
    Events(Splitter),
    /// In one piece; `None`: longer than is read.
    Whole(Option<Vec<u8>>),
}

impl Reader {
    /// `events`: the answer is a stream of events.
    pub fn new(wire: Wire, events: bool) -> Reader {
        let form = match (wire, events) {
            (Wire::Other, _) => Form::Whole(None),
            (_, true) => Form::Events(Splitter::default()),
            (_, false) => Form::Whole(Some(Vec::new())),
        };
        Reader { wire, form, reading: Reading::default() }
    }

    pub fn read(&mut self, bytes: &[u8]) {
        match &mut self.form {
            Form::Events(splitter) => {
                let (wire, reading) = (self.wire, &mut self.reading);
                splitter.feed(bytes, &mut |piece| {
                    if let Piece::Event(event) = piece {
                        reading.hear_event(wire, event);
                    }
                });
            }
            Form::Whole(Some(kept)) if kept.len() + bytes.len() <= LONGEST => kept.extend_from_slice(bytes),
            Form::Whole(kept) => *kept = None,
        }
    }

    /// What was read in all.
    pub fn finish(mut self) -> Reading {
        if let Form::Whole(Some(kept)) = &self.form {
            match serde_json::from_slice::<Value>(kept) {
                // Gemini streams a list of answers when nobody asks for events.
                Ok(Value::Array(parts)) => {
                    parts.iter().for_each(|part| self.reading.hear(said(self.wire, part)))
                }
                Ok(value) => self.reading.hear(said(self.wire, &value)),
                Err(_) => {}
            }
        }
        self.reading
    }
}

impl Reading {
    fn hear_event(&mut self, wire: Wire, event: &[u8]) {
        let known = self.model.is_some();
        let worth =
            |word: &&[u8]| !(known && *word == b"\"model") && memchr::memmem::find(event, word).is_some();
        if !WORTH.iter().any(worth) {
            return;
        }
        let value = sse::data(event).and_then(|data| serde_json::from_slice::<Value>(&data).ok());
        if let Some(value) = value {
            self.hear(said(wire, &value));
        }
    }

    fn hear(&mut self, said: Said) {
        if let Some(more) = said.tokens {
            let tokens = self.tokens.get_or_insert_default();
            tokens.input = tokens.input.max(more.input);
            tokens.cached = tokens.cached.max(more.cached);
            tokens.written = tokens.written.max(more.written);
            tokens.output = tokens.output.max(more.output);
        }
        self.model = self.model.take().or(said.model);
        self.failed |= said.failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(wire: Wire, events: bool, text: &str, cut: usize) -> Reading {
        let mut reader = Reader::new(wire, events);
        text.as_bytes().chunks(cut).for_each(|chunk| reader.read(chunk));
        reader.finish()
    }

    #[test]
    fn a_stream_is_read_however_it_is_cut() {
        let text = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":25,\"cache_read_input_tokens\":7,\"output_tokens\":1}}}\n\n\
            event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"hi\"}}\n\n\
            event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":15}}\n\n";
        for cut in [1, 7, 4096] {
            let reading = read(Wire::Messages, true, text, cut);
            assert_eq!(reading.tokens, Some(Tokens { input: 25, cached: 7, written: 0, output: 15 }));
            assert_eq!(reading.model.as_deref(), Some("m"));
        }
    }

    #[test]
    fn an_answer_in_one_piece_is_read_and_so_is_a_list_of_them() {
        let one = r#"{"model":"m","usage":{"prompt_tokens":3,"completion_tokens":4}}"#;
        assert_eq!(read(Wire::Chat, false, one, 5).tokens.map(|tokens| tokens.output), Some(4));
        let list = r#"[{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1}},
            {"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":6}}]"#;
        assert_eq!(read(Wire::Gemini, false, list, 9).tokens.map(|tokens| tokens.output), Some(6));
    }

    #[test]
    fn what_is_no_answer_or_too_long_leaves_the_tokens_unknown() {
        assert_eq!(read(Wire::Chat, false, "<html>", 2), Reading::default());
        assert_eq!(read(Wire::Chat, true, "data: [DONE]\n\ndata: {\"usage\n\n", 2), Reading::default());
        let long = format!("{{\"a\":\"{}\",\"usage\":{{\"prompt_tokens\":1}}}}", "x".repeat(LONGEST));
        assert_eq!(read(Wire::Chat, false, &long, 1 << 16), Reading::default());
    }
}
