//! What a model answers: its text, and the tools it asks for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::question::{flat, list, text};
use crate::domain::gateway::Wire;
use crate::domain::gateway::sse::{self, Piece, Splitter};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    pub text: String,
    /// None: this is the end of the turn.
    pub calls: Vec<ToolCall>,
}

/// A tool that the model asks for. `arguments`: JSON, or a text that is the tool's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolCall {
    pub id: Option<String>,
    pub name: String,
    pub arguments: String,
}

impl Reply {
    /// What of it can be read; `events`: it is a stream of them.
    pub fn read(wire: Wire, events: bool, body: &[u8]) -> Reply {
        let values = if events { events_of(body) } else { whole(body) };
        match wire {
            Wire::Messages => messages(&values),
            Wire::Responses => responses(&values),
            Wire::Chat => chat(&values),
            Wire::Gemini => gemini(&values),
            Wire::Other => Reply::default(),
        }
    }
}

fn events_of(body: &[u8]) -> Vec<Value> {
    let (mut splitter, mut values) = (Splitter::default(), Vec::new());
    splitter.feed(body, &mut |piece| {
        if let Piece::Event(event) = piece {
            values.extend(sse::data(event).and_then(|data| serde_json::from_slice::<Value>(&data).ok()));
        }
    });
    values
}

/// Gemini streams a list when nobody asks for events.
fn whole(body: &[u8]) -> Vec<Value> {
    match serde_json::from_slice(body) {
        Ok(Value::Array(values)) => values,
        Ok(value) => vec![value],
        Err(_) => Vec::new(),
    }
}

/// Blocks in the order of their numbers; pieces are added to what is there.
#[derive(Default)]
struct Blocks(BTreeMap<u64, (String, Option<ToolCall>)>);

impl Blocks {
    fn at(&mut self, index: u64) -> &mut (String, Option<ToolCall>) {
        self.0.entry(index).or_default()
    }

    fn reply(self) -> Reply {
        let mut reply = Reply::default();
        for (text, call) in self.0.into_values() {
            reply.text += &text;
            reply.calls.extend(call);
        }
        reply
    }
}

fn messages(values: &[Value]) -> Reply {
    let mut blocks = Blocks::default();
    for value in values {
        let index = value["index"].as_u64().unwrap_or(0);
        match value["type"].as_str() {
            Some("message") => {
                for (index, block) in list(value, "content").enumerate() {
                    begin_block(&mut blocks, index as u64, block);
                }
            }
            Some("content_block_start") => begin_block(&mut blocks, index, &value["content_block"]),
            Some("content_block_delta") => {
                let (said, call) = blocks.at(index);
                let delta = &value["delta"];
                said.push_str(delta["text"].as_str().unwrap_or_default());
                if let Some(call) = call {
                    call.arguments.push_str(delta["partial_json"].as_str().unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    blocks.reply()
}

fn begin_block(blocks: &mut Blocks, index: u64, block: &Value) {
    let (said, call) = blocks.at(index);
    match block["type"].as_str() {
        Some("text") => said.push_str(block["text"].as_str().unwrap_or_default()),
        Some("tool_use") => {
            // A stream begins with an empty object, whose text follows.
            let input = Some(&block["input"])
                .filter(|input| input.as_object().is_some_and(|input| !input.is_empty()));
            let arguments = input.map(Value::to_string).unwrap_or_default();
            *call = Some(ToolCall {
                id: text(block, "id"),
                name: text(block, "name").unwrap_or_default(),
                arguments,
            });
        }
        _ => {}
    }
}

fn responses(values: &[Value]) -> Reply {
    let mut reply = Reply::default();
    let done: Vec<&Value> = values
        .iter()
        .filter(|value| value["type"] == "response.output_item.done")
        .map(|value| &value["item"])
        .collect();
    // A whole answer, or a stream that tells its items only at its end.
    let at_once = values.iter().rev().map(|value| value.get("response").unwrap_or(value));
    let items = if done.is_empty() {
        at_once
            .map(|value| list(value, "output").collect::<Vec<_>>())
            .find(|all| !all.is_empty())
            .unwrap_or_default()
    } else {
        done
    };
    for item in items {
        match item["type"].as_str() {
            Some("message") => reply.text += &flat(&item["content"]),
            Some(kind) if kind.ends_with("_call") => {
                let own = item.get("arguments").or_else(|| item.get("input")).or_else(|| item.get("action"));
                let name = text(item, "name").unwrap_or_else(|| kind.trim_end_matches("_call").to_owned());
                let arguments = own.map(flat).unwrap_or_default();
                // The vendor's own tools run there and have no result that anybody sends.
                reply.calls.extend(text(item, "call_id").map(|id| ToolCall {
                    id: Some(id),
                    name,
                    arguments,
                }));
            }
            _ => {}
        }
    }
    reply
}

fn chat(values: &[Value]) -> Reply {
    let mut blocks = Blocks::default();
    for value in values {
        let Some(choice) = list(value, "choices").next() else { continue };
        let said = choice.get("delta").or_else(|| choice.get("message")).unwrap_or(&Value::Null);
        blocks.at(0).0 += &flat(&said["content"]);
        for (place, part) in list(said, "tool_calls").enumerate() {
            let index = part["index"].as_u64().unwrap_or(place as u64);
            let call = blocks.at(index + 1).1.get_or_insert_default();
            let function = &part["function"];
            call.id = call.id.take().or_else(|| text(part, "id"));
            call.name += function["name"].as_str().unwrap_or_default();
            call.arguments += function["arguments"].as_str().unwrap_or_default();
        }
    }
    blocks.reply()
}

fn gemini(values: &[Value]) -> Reply {
    let mut reply = Reply::default();
    for value in values {
        let Some(candidate) = list(value, "candidates").next() else { continue };
        for part in list(&candidate["content"], "parts").filter(|part| part["thought"] != true) {
            reply.text += part["text"].as_str().unwrap_or_default();
            if let Some(call) = part.get("functionCall") {
                let name = text(call, "name").unwrap_or_default();
                reply.calls.push(ToolCall {
                    id: text(call, "id"),
                    name,
                    arguments: call["args"].to_string(),
                });
            }
        }
    }
    reply
}
