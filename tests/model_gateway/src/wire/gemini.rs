//! Google's generateContent: `POST …/v1beta/models/M:generateContent` and `:streamGenerateContent`.
//!
//! Each event has all of the usage so far; `promptTokenCount` includes tokens from a cache, `candidatesTokenCount`
//! does not include thoughts. A call of a tool comes whole. Lines end with CR LF, as Google's do.

use serde_json::{Value, json};

use super::{Asked, list, name};
use crate::reply::{Frame, Reply};
use crate::tools::Offer;
use crate::turn::{Stop, Usage};

/// Model and kind of answer stand in the path: whoever routes the request knows them.
pub fn read(body: &Value) -> Result<Asked, String> {
    if !body["contents"].is_array() {
        return Err("* GenerateContentRequest.contents: contents is not specified".to_owned());
    }
    let declared = list(body, "tools")
        .flat_map(|tool| list(tool, "functionDeclarations").chain(list(tool, "function_declarations")));
    let offers = declared.map(|tool| {
        let schema = tool.get("parametersJsonSchema").unwrap_or(&tool["parameters"]).clone();
        Offer { name: name(tool), free: false, schema }
    });
    let config = &body["generationConfig"];
    let schema = config.get("responseJsonSchema").or_else(|| config.get("responseSchema"));
    Ok(Asked { offers: offers.collect(), schema: schema.cloned(), ..Asked::default() })
}

pub fn whole(reply: &Reply) -> Value {
    let mut parts = Vec::new();
    if !reply.thinking.is_empty() {
        parts.push(json!({ "text": reply.thinking, "thought": true }));
    }
    if !reply.text.is_empty() || !reply.has_calls() {
        parts.push(json!({ "text": reply.text }));
    }
    parts.extend(calls(reply));
    answer(reply, parts, Some(stop(reply)), usage(&reply.usage, reply.usage.output))
}

pub fn stream(reply: &Reply, as_list: bool) -> Vec<Frame> {
    let thoughts = reply.chunks(&reply.thinking).into_iter();
    let thoughts = thoughts.map(|text| json!({ "text": text, "thought": true }));
    let texts = reply.chunks(&reply.text).into_iter().map(|text| json!({ "text": text }));
    let parts = thoughts.chain(texts).chain(calls(reply));
    let some = usage(&reply.usage, reply.usage.thinking);
    let mut answers: Vec<(Value, bool)> =
        parts.map(|part| (answer(reply, vec![part], None, some.clone()), true)).collect();
    let all = usage(&reply.usage, reply.usage.output);
    answers.push((answer(reply, vec![json!({ "text": "" })], Some(stop(reply)), all), false));
    let last = answers.len() - 1;
    let frames = answers.into_iter().enumerate().map(|(at, (answer, is_chunk))| {
        let text = match as_list {
            false => format!("data: {answer}\r\n\r\n"),
            true => format!(
                "{}{answer}{}",
                if at == 0 { "[" } else { ",\r\n" },
                if at == last { "\n]\n" } else { "\n" }
            ),
        };
        Frame { is_chunk, ..Frame::text(text) }
    });
    frames.collect()
}

fn calls(reply: &Reply) -> impl Iterator<Item = Value> {
    reply.calls.iter().enumerate().map(|(number, call)| {
        let function = json!({ "name": call.name, "args": call.value(), "id": reply.part("call_", number) });
        json!({ "functionCall": function, "thoughtSignature": format!("CiQB{}", reply.id) })
    })
}

fn answer(reply: &Reply, parts: Vec<Value>, finish: Option<&str>, usage: Value) -> Value {
    let mut candidate = json!({ "content": { "role": "model", "parts": parts }, "index": 0 });
    if let Some(reason) = finish {
        candidate["finishReason"] = json!(reason);
    }
    json!({
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": reply.model,
        "responseId": reply.part("", 0),
    })
}

fn stop(reply: &Reply) -> &'static str {
    match reply.stop {
        Stop::Natural => "STOP",
        Stop::Length => "MAX_TOKENS",
        Stop::Filter => "SAFETY",
    }
}

/// After so many tokens of output, thoughts included.
fn usage(usage: &Usage, output: u64) -> Value {
    let prompt = usage.input + usage.cached + usage.written;
    let mut told = json!({
        "promptTokenCount": prompt,
        "candidatesTokenCount": output.saturating_sub(usage.thinking),
        "totalTokenCount": prompt + output,
        "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": prompt }],
    });
    if usage.cached > 0 {
        told["cachedContentTokenCount"] = json!(usage.cached);
        told["cacheTokensDetails"] = json!([{ "modality": "TEXT", "tokenCount": usage.cached }]);
    }
    if usage.thinking > 0 {
        told["thoughtsTokenCount"] = json!(usage.thinking);
    }
    told
}

pub fn error(status: u16, message: &str, retry_after: Option<u64>) -> Value {
    let name = match status {
        400 | 413 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 | 529 => "UNAVAILABLE",
        _ => "INTERNAL",
    };
    let mut error = json!({ "code": status, "message": message, "status": name });
    if let Some(seconds) = retry_after {
        let kind = "type.googleapis.com/google.rpc.RetryInfo";
        error["details"] = json!([{ "@type": kind, "retryDelay": format!("{seconds}s") }]);
    }
    json!({ "error": error })
}

pub fn message(status: u16) -> &'static str {
    match status {
        401 => {
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential."
        }
        403 => "The caller does not have permission",
        404 => "models/unknown is not found for API version v1beta, or is not supported for generateContent.",
        413 => "Request payload size exceeds the limit.",
        429 => "Resource has been exhausted (e.g. check quota).",
        503 | 529 => "The model is overloaded. Please try again later.",
        400..=499 => "Invalid JSON payload received. Unknown name \"\": Cannot bind query parameter.",
        _ => {
            "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting"
        }
    }
}

pub fn models(names: &[String]) -> Value {
    let all = names.iter().map(|name| {
        let methods = ["generateContent", "countTokens"];
        json!({ "name": format!("models/{name}"), "displayName": name, "supportedGenerationMethods": methods })
    });
    json!({ "models": all.collect::<Vec<_>>() })
}
