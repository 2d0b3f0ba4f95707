//! OpenAI's chat completions: `POST …/chat/completions`, and what Databricks does differently with them.
//!
//! A stream tells its usage in a last event without choices, and only when `stream_options` asks for it.
//! `prompt_tokens` includes those from a cache.

use serde_json::{Map, Value, json};

use super::{Asked, list, name, text};
use crate::reply::{Frame, Reply};
use crate::tools::{Offer, Said};
use crate::turn::{Stop, Usage};

/// What Databricks calls a tool when it has lost the name.
const HIDDEN: &str = "databricks-tool-call";

pub fn read(body: &Value) -> Result<Asked, String> {
    // The path of a serving endpoint names the model, so a body may do without.
    let model = text(body, "model").unwrap_or_default();
    if !body["messages"].is_array() {
        return Err("Missing required parameter: 'messages'.".to_owned());
    }
    let offers = list(body, "tools").map(|tool| {
        let function = &tool["function"];
        Offer { name: name(function), free: false, schema: function["parameters"].clone() }
    });
    Ok(Asked {
        model,
        stream: body["stream"] == true,
        offers: offers.collect(),
        schema: body.pointer("/response_format/json_schema/schema").cloned(),
        wants_usage: body["stream_options"]["include_usage"] == true,
        as_list: false,
    })
}

pub fn whole(reply: &Reply) -> Value {
    let content =
        if reply.text.is_empty() && reply.has_calls() { Value::Null } else { content(reply, &reply.text) };
    let mut message = json!({ "role": "assistant", "content": content, "refusal": null });
    if !reply.thinking.is_empty() {
        message["reasoning_content"] = json!(reply.thinking);
    }
    if reply.has_calls() {
        let calls = reply.calls.iter().enumerate();
        message["tool_calls"] = calls
            .map(|(number, call)| {
                let (name, arguments) = spelt(reply, call);
                let function = json!({ "name": name, "arguments": arguments });
                json!({ "id": reply.part("call_", number), "type": "function", "function": function })
            })
            .collect();
    }
    let choice = json!({ "index": 0, "message": message, "logprobs": null, "finish_reason": finish(reply) });
    let mut body = head(reply, "chat.completion");
    body["choices"] = json!([choice]);
    body["usage"] = usage(&reply.usage);
    body
}

pub fn stream(reply: &Reply, wants_usage: bool) -> Vec<Frame> {
    let event = |delta: Value, finish: Option<&str>| {
        let mut body = head(reply, "chat.completion.chunk");
        body["choices"] = json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }]);
        if reply.oddities.usage_always {
            body["usage"] = usage(&reply.usage);
        } else if wants_usage {
            body["usage"] = Value::Null;
        }
        Frame::data(&body)
    };
    let mut frames = vec![event(json!({ "role": "assistant", "content": "" }), None)];
    for part in reply.chunks(&reply.thinking) {
        frames.push(event(json!({ "reasoning_content": part }), None).chunk());
    }
    for part in reply.chunks(&reply.text) {
        frames.push(event(json!({ "content": content(reply, part) }), None).chunk());
    }
    for (index, call) in reply.calls.iter().enumerate() {
        let (name, arguments) = spelt(reply, call);
        let begin = json!({
            "index": index, "id": reply.part("call_", index), "type": "function",
            "function": { "name": name, "arguments": "" },
        });
        frames.push(event(json!({ "tool_calls": [begin] }), None));
        for part in reply.chunks(&arguments) {
            let delta = json!({ "tool_calls": [{ "index": index, "function": { "arguments": part } }] });
            frames.push(event(delta, None).chunk());
        }
    }
    frames.push(event(json!({}), Some(finish(reply))));
    if wants_usage {
        let mut body = head(reply, "chat.completion.chunk");
        body["choices"] = json!([]);
        body["usage"] = usage(&reply.usage);
        frames.push(Frame::data(&body));
    }
    frames.push(Frame::text("data: [DONE]\n\n"));
    frames
}

/// Name and arguments of a call, as they go on the wire.
fn spelt(reply: &Reply, call: &Said) -> (String, String) {
    if !reply.oddities.hidden_names {
        return (call.name.clone(), call.value().to_string());
    }
    let mut arguments = Map::from_iter([("name".to_owned(), json!(call.name))]);
    if let Value::Object(given) = call.value() {
        arguments.extend(given);
    }
    (HIDDEN.to_owned(), Value::Object(arguments).to_string())
}

fn content(reply: &Reply, text: &str) -> Value {
    if !reply.oddities.content_lists {
        return json!(text);
    }
    json!([{ "type": "text", "text": text, "thoughtSignature": format!("CiQB{}", reply.id) }])
}

fn head(reply: &Reply, object: &str) -> Value {
    json!({
        "id": reply.part("chatcmpl-", 0),
        "object": object,
        "created": reply.created,
        "model": reply.model,
        "system_fingerprint": null,
    })
}

fn finish(reply: &Reply) -> &'static str {
    match reply.stop {
        Stop::Length => "length",
        Stop::Filter => "content_filter",
        Stop::Natural if reply.has_calls() && !reply.oddities.stop_with_calls => "tool_calls",
        Stop::Natural => "stop",
    }
}

fn usage(usage: &Usage) -> Value {
    let prompt = usage.input + usage.cached + usage.written;
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": usage.output,
        "total_tokens": prompt + usage.output,
        "prompt_tokens_details": { "cached_tokens": usage.cached },
        "completion_tokens_details": { "reasoning_tokens": usage.thinking },
    })
}

pub fn error(status: u16, message: &str) -> Value {
    let (kind, code) = match status {
        401 => ("invalid_request_error", json!("invalid_api_key")),
        403 => ("invalid_request_error", json!("unsupported_country_region_territory")),
        404 => ("invalid_request_error", json!("model_not_found")),
        429 => ("requests", json!("rate_limit_exceeded")),
        400..=499 => ("invalid_request_error", Value::Null),
        _ => ("server_error", Value::Null),
    };
    json!({ "error": { "message": message, "type": kind, "param": null, "code": code } })
}

pub fn message(status: u16) -> &'static str {
    match status {
        401 => {
            "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys."
        }
        403 => "Country, region, or territory not supported",
        404 => "The model does not exist or you do not have access to it.",
        413 => "The request body is too large.",
        429 => "Rate limit reached for requests. Please try again later.",
        400..=499 => "We could not parse the JSON body of your request.",
        503 | 529 => "The engine is currently overloaded, please try again later",
        _ => "The server had an error while processing your request. Sorry about that!",
    }
}

pub fn models(names: &[String]) -> Value {
    let data = names.iter();
    let data = data
        .map(|name| json!({ "id": name, "object": "model", "created": 1_735_689_600, "owned_by": "system" }));
    json!({ "object": "list", "data": data.collect::<Vec<_>>() })
}
