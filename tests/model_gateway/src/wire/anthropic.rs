//! Anthropic's messages: `POST …/v1/messages`.
//!
//! Input tokens are told when the stream begins and again, all together, when it ends; those that came from a cache
//! are not among `input_tokens`.

use serde_json::{Value, json};

use super::{Asked, list, name, text};
use crate::reply::{Frame, Reply};
use crate::tools::Offer;
use crate::turn::{Stop, Usage};

pub fn read(body: &Value) -> Result<Asked, String> {
    let model = text(body, "model")?;
    if !body["messages"].is_array() {
        return Err("messages: Field required".to_owned());
    }
    if body["max_tokens"].as_u64().is_none() {
        return Err("max_tokens: Field required".to_owned());
    }
    let offers = list(body, "tools").filter(|tool| tool.get("input_schema").is_some());
    let offers =
        offers.map(|tool| Offer { name: name(tool), free: false, schema: tool["input_schema"].clone() });
    let schema =
        body.pointer("/output_config/format/schema").or_else(|| body.pointer("/output_format/schema"));
    Ok(Asked {
        model,
        stream: body["stream"] == true,
        offers: offers.collect(),
        schema: schema.cloned(),
        ..Asked::default()
    })
}

pub fn whole(reply: &Reply) -> Value {
    let mut message = head(reply);
    message["content"] = blocks(reply).into_iter().map(|block| block.whole).collect();
    message["stop_reason"] = json!(stop(reply));
    message["usage"] = usage(&reply.usage, reply.usage.output);
    message
}

pub fn stream(reply: &Reply) -> Vec<Frame> {
    let mut start = head(reply);
    start["usage"] = usage(&reply.usage, reply.usage.output.min(1));
    let mut frames = vec![
        Frame::event("message_start", &json!({ "type": "message_start", "message": start })),
        Frame::event("ping", &json!({ "type": "ping" })),
    ];
    for (index, block) in blocks(reply).into_iter().enumerate() {
        let begin = json!({ "type": "content_block_start", "index": index, "content_block": block.begin });
        frames.push(Frame::event("content_block_start", &begin));
        let delta = |delta: &Value| {
            let data = json!({ "type": "content_block_delta", "index": index, "delta": delta });
            Frame::event("content_block_delta", &data)
        };
        frames.extend(block.deltas.iter().map(|part| delta(part).chunk()));
        frames.extend(block.last.iter().map(delta));
        let end = json!({ "type": "content_block_stop", "index": index });
        frames.push(Frame::event("content_block_stop", &end));
    }
    let end = json!({
        "type": "message_delta",
        "delta": { "stop_reason": stop(reply), "stop_sequence": null },
        "usage": {
            "input_tokens": reply.usage.input,
            "cache_creation_input_tokens": reply.usage.written,
            "cache_read_input_tokens": reply.usage.cached,
            "output_tokens": reply.usage.output,
        },
    });
    frames.push(Frame::event("message_delta", &end));
    frames.push(Frame::event("message_stop", &json!({ "type": "message_stop" })));
    frames
}

struct Block {
    whole: Value,
    begin: Value,
    deltas: Vec<Value>,
    /// After the chunks: the signature of a thought.
    last: Option<Value>,
}

fn blocks(reply: &Reply) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !reply.thinking.is_empty() {
        let signature = format!("EqQB{}", reply.id);
        let deltas = reply.chunks(&reply.thinking).into_iter();
        blocks.push(Block {
            whole: json!({ "type": "thinking", "thinking": reply.thinking, "signature": signature }),
            begin: json!({ "type": "thinking", "thinking": "", "signature": "" }),
            deltas: deltas.map(|part| json!({ "type": "thinking_delta", "thinking": part })).collect(),
            last: Some(json!({ "type": "signature_delta", "signature": signature })),
        });
    }
    if !reply.text.is_empty() || !reply.has_calls() {
        let deltas = reply.chunks(&reply.text).into_iter();
        blocks.push(Block {
            whole: json!({ "type": "text", "text": reply.text }),
            begin: json!({ "type": "text", "text": "" }),
            deltas: deltas.map(|part| json!({ "type": "text_delta", "text": part })).collect(),
            last: None,
        });
    }
    for (number, call) in reply.calls.iter().enumerate() {
        let id = reply.part("toolu_01", number);
        let arguments = call.value().to_string();
        let parts = reply.chunks(&arguments).into_iter();
        blocks.push(Block {
            whole: json!({ "type": "tool_use", "id": id, "name": call.name, "input": call.value() }),
            begin: json!({ "type": "tool_use", "id": id, "name": call.name, "input": {} }),
            deltas: parts.map(|part| json!({ "type": "input_json_delta", "partial_json": part })).collect(),
            last: None,
        });
    }
    blocks
}

fn head(reply: &Reply) -> Value {
    json!({
        "id": reply.part("msg_01", 0),
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
    })
}

fn stop(reply: &Reply) -> &'static str {
    match reply.stop {
        Stop::Length => "max_tokens",
        Stop::Filter => "refusal",
        Stop::Natural if reply.has_calls() => "tool_use",
        Stop::Natural => "end_turn",
    }
}

fn usage(usage: &Usage, output: u64) -> Value {
    json!({
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.written,
        "cache_read_input_tokens": usage.cached,
        "cache_creation": { "ephemeral_5m_input_tokens": usage.written, "ephemeral_1h_input_tokens": 0 },
        "output_tokens": output,
        "service_tier": "standard",
    })
}

pub fn error(status: u16, message: &str, request: &str) -> Value {
    let kind = match status {
        400 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    };
    json!({ "type": "error", "error": { "type": kind, "message": message }, "request_id": format!("req_{request}") })
}

pub fn message(status: u16) -> &'static str {
    match status {
        401 => "invalid bearer token",
        403 => "Your API key does not have permission to use the specified resource.",
        404 => "model: not found",
        413 => "Request exceeds the maximum size",
        429 => "This request would exceed your account's rate limit. Please try again later.",
        529 => "Overloaded",
        400..=499 => "messages: at least one message is required",
        _ => "Internal server error",
    }
}

pub fn models(names: &[String]) -> Value {
    let data = names.iter().map(|name| {
        json!({ "type": "model", "id": name, "display_name": name, "created_at": "2025-01-01T00:00:00Z" })
    });
    json!({ "data": data.collect::<Vec<_>>(), "has_more": false, "first_id": names.first(), "last_id": names.last() })
}
