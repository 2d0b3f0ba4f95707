//! Streamed answers of chat completions on their way down.
//!
//! A wrapped call comes in pieces and says its name only among them, so its pieces are held until it is whole and then
//! given as one, under its own name, in the event that completed it. Everything else goes on at once, and what needs no
//! mending with its own bytes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::answer::{WRAPPED, call_it_calls, flatten, is_gemini, unwrapped};
use crate::domain::gateway::sse::{self, Piece, Splitter};

/// Longest arguments of a call that are held, in bytes; longer ones go on as they came.
const LONGEST: usize = 1024 * 1024;

/// Mends one answer.
#[derive(Debug, Default)]
pub struct ChatStream {
    splitter: Splitter,
    mender: Mender,
}

#[derive(Debug, Default)]
struct Mender {
    gemini: bool,
    /// By the numbers of choice and call.
    held: BTreeMap<(u64, u64), Held>,
    /// Wrapped calls that were given: what still comes of them is blank.
    given: BTreeSet<(u64, u64)>,
    /// Choices that have made calls.
    calling: BTreeSet<u64>,
    /// What every event of this answer says besides its choices.
    envelope: Map<String, Value>,
}

#[derive(Debug)]
struct Held {
    id: Value,
    arguments: String,
}

/// What becomes of an event.
enum Verdict {
    AsItIs,
    Mended,
    /// Everything in it is held.
    Nothing,
}

impl ChatStream {
    /// `model`: as the request names it.
    pub fn new(model: &str) -> ChatStream {
        let mender = Mender { gemini: is_gemini(model), ..Mender::default() };
        ChatStream { splitter: Splitter::default(), mender }
    }

    /// Appends to `out` what the agent is to have for this piece of the answer.
    pub fn feed(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        let mender = &mut self.mender;
        self.splitter.feed(chunk, &mut |piece| match piece {
            Piece::Event(event) => mender.event(event, out),
            Piece::Passing(bytes) => out.extend_from_slice(bytes),
        });
    }

    /// The answer has ended: what is still held goes as it came.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.mender.release(out);
        self.splitter.finish(&mut |piece| out.extend_from_slice(piece.bytes()));
    }
}

impl Mender {
    fn event(&mut self, event: &[u8], out: &mut Vec<u8>) {
        let data = sse::data(event);
        if data.as_deref().is_some_and(|data| data.trim_ascii() == b"[DONE]") {
            self.release(out);
        }
        let value = data.and_then(|data| serde_json::from_slice::<Value>(&data).ok());
        let Some(mut value) = value else { return out.extend_from_slice(event) };
        match self.mend(&mut value) {
            Verdict::AsItIs => out.extend_from_slice(event),
            Verdict::Mended => out.extend(sse::with_data(event, value.to_string().as_bytes())),
            Verdict::Nothing => {}
        }
    }

    fn mend(&mut self, value: &mut Value) -> Verdict {
        let Some(fields) = value.as_object_mut() else { return Verdict::AsItIs };
        let mut choices = match fields.get_mut("choices") {
            Some(Value::Array(choices)) => std::mem::take(choices),
            _ => return Verdict::AsItIs,
        };
        let (count, mut changed) = (choices.len(), false);
        choices.retain_mut(|choice| {
            let (mended, empty) = self.choice(choice);
            changed |= mended;
            !(mended && empty)
        });
        let nothing = choices.is_empty() && count > 0 && fields.get("usage").is_none_or(Value::is_null);
        if changed {
            let others = fields.iter().filter(|(name, _)| !matches!(name.as_str(), "choices" | "usage"));
            self.envelope = others.map(|(name, value)| (name.clone(), value.clone())).collect();
        }
        fields.insert("choices".to_owned(), Value::Array(choices));
        match (changed, nothing) {
            (false, _) => Verdict::AsItIs,
            (true, false) => Verdict::Mended,
            (true, true) => Verdict::Nothing,
        }
    }

    /// Whether it was mended, and whether nothing is left of it.
    fn choice(&mut self, choice: &mut Value) -> (bool, bool) {
        let number = choice.get("index").and_then(Value::as_u64).unwrap_or(0);
        let ends = choice.get("finish_reason").is_some_and(|reason| !reason.is_null());
        let mut mended = false;
        let delta = choice.get_mut("delta");
        if let Some(delta) = delta {
            mended |= self.gemini && flatten(delta);
            mended |= self.calls(number, delta);
            if ends {
                mended |= self.give_back(number, delta);
            }
        }
        mended |= ends && self.calling.contains(&number) && call_it_calls(choice);
        let bare = choice.get("delta").and_then(Value::as_object).is_some_and(Map::is_empty);
        (mended, bare && !ends)
    }

    /// Holds the pieces of wrapped calls and puts whole ones in their place.
    fn calls(&mut self, choice: u64, delta: &mut Value) -> bool {
        let Some(fields) = delta.as_object_mut() else { return false };
        let Some(Value::Array(calls)) = fields.get_mut("tool_calls") else { return false };
        if !calls.is_empty() {
            self.calling.insert(choice);
        }
        let mut changed = false;
        let mut kept = Vec::with_capacity(calls.len());
        for call in calls.drain(..) {
            let number = call.get("index").and_then(Value::as_u64).unwrap_or(0);
            let wraps = call.pointer("/function/name").and_then(Value::as_str) == Some(WRAPPED);
            let at = (choice, number);
            let is_rest = !wraps && self.given.contains(&at) && is_blank(&call);
            if !wraps && !is_rest && !self.held.contains_key(&at) {
                kept.push(call);
                continue;
            }
            changed = true;
            if !is_rest {
                kept.extend(self.piece(at, &call));
            }
        }
        let empty = kept.is_empty();
        *calls = kept;
        if empty && changed {
            fields.shift_remove("tool_calls");
        }
        changed
    }

    /// Takes a piece of a wrapped call; gives the call once it is whole, or too long to be held.
    fn piece(&mut self, at: (u64, u64), call: &Value) -> Option<Value> {
        let held = self.held.entry(at).or_insert_with(|| Held { id: Value::Null, arguments: String::new() });
        if let Some(id) = call.get("id").filter(|id| !id.is_null()) {
            held.id = id.clone();
        }
        let more = call.pointer("/function/arguments").and_then(Value::as_str).unwrap_or_default();
        held.arguments.push_str(more);
        // Only the last piece can close the braces.
        let whole = if more.contains('}') { unwrapped(&held.arguments) } else { None };
        if whole.is_none() && held.arguments.len() <= LONGEST {
            return None;
        }
        let held = self.held.remove(&at)?;
        self.given.insert(at);
        let (name, arguments) = whole.unwrap_or_else(|| (WRAPPED.to_owned(), held.arguments));
        Some(written(at.1, &held.id, &name, &arguments))
    }

    /// The choice ends: what is held of it goes as it came.
    fn give_back(&mut self, choice: u64, delta: &mut Value) -> bool {
        let mine: Vec<(u64, u64)> =
            self.held.range((choice, 0)..=(choice, u64::MAX)).map(|(at, _)| *at).collect();
        let Some(fields) = delta.as_object_mut().filter(|_| !mine.is_empty()) else { return false };
        let calls = fields.entry("tool_calls").or_insert_with(|| json!([]));
        for at in mine {
            if let (Some(held), Some(calls)) = (self.held.remove(&at), calls.as_array_mut()) {
                calls.push(written(at.1, &held.id, WRAPPED, &held.arguments));
            }
        }
        true
    }

    /// The answer ends without having ended its choices.
    fn release(&mut self, out: &mut Vec<u8>) {
        for ((choice, number), held) in std::mem::take(&mut self.held) {
            let call = written(number, &held.id, WRAPPED, &held.arguments);
            let mut event = self.envelope.clone();
            let choices =
                json!([{ "index": choice, "delta": { "tool_calls": [call] }, "finish_reason": null }]);
            event.insert("choices".to_owned(), choices);
            out.extend(sse::with_data(b"", Value::Object(event).to_string().as_bytes()));
        }
    }
}

/// Whether a piece of a call says nothing.
fn is_blank(call: &Value) -> bool {
    let text = |pointer: &str| call.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    text("/function/name").is_empty() && text("/function/arguments").trim().is_empty()
}

fn written(number: u64, id: &Value, name: &str, arguments: &str) -> Value {
    json!({ "index": number, "id": id, "type": "function", "function": { "name": name, "arguments": arguments } })
}
