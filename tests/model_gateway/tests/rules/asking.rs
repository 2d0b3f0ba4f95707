//! Asks a mock as a client would.

use std::time::Duration;

use model_gateway::{ModelGateway, Wire};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

/// For whatever ought to happen at once.
pub const SOON: Duration = Duration::from_secs(10);

pub const WIRES: [Wire; 4] = [Wire::Anthropic, Wire::Responses, Wire::Chat, Wire::Gemini];

pub fn client() -> reqwest::Client {
    // An error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

pub fn path(wire: Wire, stream: bool) -> &'static str {
    match wire {
        Wire::Anthropic => "/anthropic/v1/messages",
        Wire::Responses => "/openai/v1/responses",
        Wire::Chat => "/mlflow/v1/chat/completions",
        Wire::Gemini if stream => "/gemini/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
        Wire::Gemini => "/gemini/v1beta/models/gemini-2.5-pro:generateContent",
    }
}

/// The smallest request of a format.
pub fn question(wire: Wire, stream: bool) -> Value {
    let messages = json!([{ "role": "user", "content": "hello" }]);
    match wire {
        Wire::Anthropic => {
            json!({ "model": "claude", "max_tokens": 100, "messages": messages, "stream": stream })
        }
        Wire::Responses => json!({ "model": "gpt", "input": messages, "stream": stream }),
        Wire::Chat => {
            let options = json!({ "include_usage": true });
            json!({ "model": "llama", "messages": messages, "stream": stream, "stream_options": options })
        }
        Wire::Gemini => json!({ "contents": [{ "role": "user", "parts": [{ "text": "hello" }] }] }),
    }
}

pub fn request(models: &ModelGateway, wire: Wire, body: &Value, stream: bool) -> RequestBuilder {
    let url = format!("{}{}", models.url(), path(wire, stream));
    client().post(url).bearer_auth(models.token()).json(body)
}

pub async fn ask(models: &ModelGateway, wire: Wire, stream: bool) -> Response {
    request(models, wire, &question(wire, stream), stream).send().await.unwrap()
}

/// Status and JSON.
pub async fn whole(models: &ModelGateway, wire: Wire) -> (u16, Value) {
    let answer = ask(models, wire, false).await;
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null))
}

/// The data of the events of a stream; what is no JSON is text.
pub async fn events(models: &ModelGateway, wire: Wire) -> Vec<Value> {
    let text = ask(models, wire, true).await.text().await.unwrap();
    read_events(&text)
}

pub fn read_events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap_or_else(|_| json!(data))).collect()
}

/// All strings at a place, one after the other.
pub fn joined(events: &[Value], pointer: &str) -> String {
    events.iter().filter_map(|event| event.pointer(pointer)?.as_str()).collect()
}

/// Whatever text the answer has, put together by the rules of its format.
pub fn text_of(wire: Wire, events: &[Value]) -> String {
    match wire {
        Wire::Anthropic => joined(events, "/delta/text"),
        Wire::Responses => {
            let of_text = |event: &&Value| event["type"] == "response.output_text.delta";
            let deltas: Vec<Value> = events.iter().filter(of_text).cloned().collect();
            joined(&deltas, "/delta")
        }
        Wire::Chat => joined(events, "/choices/0/delta/content"),
        Wire::Gemini => joined(events, "/candidates/0/content/parts/0/text"),
    }
}
