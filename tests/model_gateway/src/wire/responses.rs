//! OpenAI's responses: `POST …/responses`.
//!
//! Every event has a number; the whole response, with its usage, stands in the last one. `input_tokens` includes
//! those from a cache.

use serde_json::{Value, json};

use super::{Asked, list, name, text};
use crate::reply::{Frame, Reply};
use crate::tools::{Input, Offer, Said};
use crate::turn::{Stop, Usage};

pub fn read(body: &Value) -> Result<Asked, String> {
    let model = text(body, "model")?;
    if body.get("input").is_none_or(Value::is_null) {
        return Err("Missing required parameter: 'input'.".to_owned());
    }
    Ok(Asked {
        model,
        stream: body["stream"] == true,
        offers: list(body, "tools").filter_map(offer).collect(),
        schema: body.pointer("/text/format/schema").cloned(),
        ..Asked::default()
    })
}

fn offer(tool: &Value) -> Option<Offer> {
    let free = match tool["type"].as_str()? {
        "function" => false,
        "custom" => true,
        _ => return None,
    };
    Some(Offer { name: name(tool), free, schema: tool["parameters"].clone() })
}

pub fn whole(reply: &Reply) -> Value {
    let items = items(reply).into_iter().map(|item| item.whole).collect();
    ended(reply, items)
}

pub fn stream(reply: &Reply) -> Vec<Frame> {
    let mut events = Events::default();
    let begun = head(reply, "in_progress");
    events.push("response.created", json!({ "response": begun }));
    events.push("response.in_progress", json!({ "response": begun }));
    let items = items(reply);
    for (index, item) in items.iter().enumerate() {
        events.push("response.output_item.added", json!({ "output_index": index, "item": item.begin }));
        for (kind, data, is_chunk) in &item.events {
            let mut data = data.clone();
            data["output_index"] = json!(index);
            data["item_id"] = item.begin["id"].clone();
            events.push(kind, data);
            events.0.last_mut().expect("one was just pushed").is_chunk = *is_chunk;
        }
        events.push("response.output_item.done", json!({ "output_index": index, "item": item.whole }));
    }
    let response = ended(reply, items.into_iter().map(|item| item.whole).collect());
    let kind = if response["status"] == "completed" { "response.completed" } else { "response.incomplete" };
    events.push(kind, json!({ "response": response }));
    events.0
}

/// `response.failed`, in the middle of a stream.
pub fn failure(reply: &Reply, message: &str) -> Frame {
    let mut response = head(reply, "failed");
    response["error"] = json!({ "code": "server_error", "message": message });
    let data = json!({ "type": "response.failed", "sequence_number": 999, "response": response });
    Frame::event("response.failed", &data)
}

/// Numbers what is pushed.
#[derive(Default)]
struct Events(Vec<Frame>);

impl Events {
    fn push(&mut self, kind: &str, mut data: Value) {
        data["type"] = json!(kind);
        data["sequence_number"] = json!(self.0.len());
        self.0.push(Frame::event(kind, &data));
    }
}

struct Item {
    whole: Value,
    begin: Value,
    /// Kind, data, and whether it carries a chunk.
    events: Vec<(&'static str, Value, bool)>,
}

fn items(reply: &Reply) -> Vec<Item> {
    let mut items = Vec::new();
    if !reply.thinking.is_empty() {
        items.push(thought(reply));
    }
    if !reply.text.is_empty() || !reply.has_calls() {
        items.push(message_item(reply));
    }
    items.extend(reply.calls.iter().enumerate().map(|(number, call)| call_item(reply, number, call)));
    items
}

fn thought(reply: &Reply) -> Item {
    let id = reply.part("rs_", 0);
    let part = json!({ "type": "summary_text", "text": reply.thinking });
    let empty = json!({ "type": "summary_text", "text": "" });
    let mut events =
        vec![("response.reasoning_summary_part.added", json!({ "summary_index": 0, "part": empty }), false)];
    for text in reply.chunks(&reply.thinking) {
        let data = json!({ "summary_index": 0, "delta": text });
        events.push(("response.reasoning_summary_text.delta", data, true));
    }
    let done = json!({ "summary_index": 0, "text": reply.thinking });
    events.push(("response.reasoning_summary_text.done", done, false));
    events.push(("response.reasoning_summary_part.done", json!({ "summary_index": 0, "part": part }), false));
    Item {
        whole: json!({ "type": "reasoning", "id": id, "summary": [part] }),
        begin: json!({ "type": "reasoning", "id": id, "summary": [] }),
        events,
    }
}

fn message_item(reply: &Reply) -> Item {
    let id = reply.part("msg_", 0);
    let part = |text: &str| json!({ "type": "output_text", "annotations": [], "logprobs": [], "text": text });
    let item = |status: &str, content: Value| json!({ "type": "message", "id": id, "status": status, "role": "assistant", "content": content });
    let mut events =
        vec![("response.content_part.added", json!({ "content_index": 0, "part": part("") }), false)];
    for text in reply.chunks(&reply.text) {
        let data = json!({ "content_index": 0, "delta": text, "logprobs": [] });
        events.push(("response.output_text.delta", data, true));
    }
    let done = json!({ "content_index": 0, "text": reply.text, "logprobs": [] });
    events.push(("response.output_text.done", done, false));
    let done = json!({ "content_index": 0, "part": part(&reply.text) });
    events.push(("response.content_part.done", done, false));
    let whole = item("completed", json!([part(&reply.text)]));
    Item { whole, begin: item("in_progress", json!([])), events }
}

fn call_item(reply: &Reply, number: usize, call: &Said) -> Item {
    let free = matches!(call.input, Input::Text(_));
    let (kind, field, prefix) =
        if free { ("custom_tool_call", "input", "ctc_") } else { ("function_call", "arguments", "fc_") };
    let (delta, done) = if free {
        ("response.custom_tool_call_input.delta", "response.custom_tool_call_input.done")
    } else {
        ("response.function_call_arguments.delta", "response.function_call_arguments.done")
    };
    let text = call.text();
    let item = |status: &str, text: &str| {
        let mut item = json!({
            "type": kind, "id": reply.part(prefix, number), "status": status,
            "call_id": reply.part("call_", number), "name": call.name,
        });
        item[field] = json!(text);
        item
    };
    let parts = reply.chunks(&text).into_iter();
    let mut events: Vec<_> = parts.map(|part| (delta, json!({ "delta": part }), true)).collect();
    let mut end = json!({});
    end[field] = json!(text);
    events.push((done, end, false));
    Item { whole: item("completed", &text), begin: item("in_progress", ""), events }
}

fn head(reply: &Reply, status: &str) -> Value {
    json!({
        "id": reply.part("resp_", 0),
        "object": "response",
        "created_at": reply.created,
        "status": status,
        "error": null,
        "incomplete_details": null,
        "instructions": null,
        "model": reply.model,
        "output": [],
        "parallel_tool_calls": true,
        "tool_choice": "auto",
        "usage": null,
    })
}

fn ended(reply: &Reply, items: Vec<Value>) -> Value {
    let reason = match reply.stop {
        Stop::Natural => None,
        Stop::Length => Some("max_output_tokens"),
        Stop::Filter => Some("content_filter"),
    };
    let mut response = head(reply, if reason.is_some() { "incomplete" } else { "completed" });
    if let Some(reason) = reason {
        response["incomplete_details"] = json!({ "reason": reason });
    }
    response["output"] = items.into();
    response["usage"] = usage(&reply.usage);
    response
}

fn usage(usage: &Usage) -> Value {
    let input = usage.input + usage.cached + usage.written;
    json!({
        "input_tokens": input,
        "input_tokens_details": { "cached_tokens": usage.cached },
        "output_tokens": usage.output,
        "output_tokens_details": { "reasoning_tokens": usage.thinking },
        "total_tokens": input + usage.output,
    })
}
