//! The four formats. Each reads a request, writes a reply whole or as a stream, and has its own words for errors.

mod anthropic;
mod chat;
mod gemini;
mod responses;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::reply::{Frame, Reply};
use crate::tools::Offer;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    /// Anthropic's messages.
    Anthropic,
    /// OpenAI's responses.
    Responses,
    /// OpenAI's chat completions.
    Chat,
    /// Google's generateContent.
    Gemini,
}

/// What a request wants, whatever its format.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub model: String,
    /// The answer is a stream of events.
    pub stream: bool,
    pub offers: Vec<Offer>,
    /// The answer must be JSON that fits it.
    pub schema: Option<Value>,
    /// Chat completions: a last event with the usage is wanted.
    pub wants_usage: bool,
    /// Gemini: a stream that is one JSON list and no events.
    pub as_list: bool,
}

impl Wire {
    /// What is missing or wrong is an error message.
    pub fn read(self, body: &Value) -> Result<Asked, String> {
        match self {
            Wire::Anthropic => anthropic::read(body),
            Wire::Responses => responses::read(body),
            Wire::Chat => chat::read(body),
            Wire::Gemini => gemini::read(body),
        }
    }

    pub fn whole(self, reply: &Reply) -> Value {
        match self {
            Wire::Anthropic => anthropic::whole(reply),
            Wire::Responses => responses::whole(reply),
            Wire::Chat => chat::whole(reply),
            Wire::Gemini => gemini::whole(reply),
        }
    }

    pub fn stream(self, reply: &Reply, asked: &Asked) -> Vec<Frame> {
        match self {
            Wire::Anthropic => anthropic::stream(reply),
            Wire::Responses => responses::stream(reply),
            Wire::Chat => chat::stream(reply, asked.wants_usage),
            Wire::Gemini => gemini::stream(reply, asked.as_list),
        }
    }

    /// The body of an error.
    pub fn error(self, status: u16, message: &str, retry_after: Option<u64>, request: &str) -> Value {
        match self {
            Wire::Anthropic => anthropic::error(status, message, request),
            Wire::Responses | Wire::Chat => chat::error(status, message),
            Wire::Gemini => gemini::error(status, message, retry_after),
        }
    }

    /// The event for an error in the middle of a stream.
    pub fn failure(self, reply: &Reply) -> Frame {
        let message = self.message(500);
        match self {
            Wire::Anthropic => {
                Frame::event("error", &anthropic::error(529, anthropic::message(529), &reply.id))
            }
            Wire::Responses => responses::failure(reply, message),
            Wire::Chat => Frame::data(&chat::error(500, message)),
            Wire::Gemini => {
                Frame::text(format!("data: {}\r\n\r\n", gemini::error(503, self.message(503), None)))
            }
        }
    }

    /// What the vendor says with a status.
    pub fn message(self, status: u16) -> &'static str {
        match self {
            Wire::Anthropic => anthropic::message(status),
            Wire::Responses | Wire::Chat => chat::message(status),
            Wire::Gemini => gemini::message(status),
        }
    }

    /// The header with the id of a request.
    pub fn id_header(self) -> Option<&'static str> {
        match self {
            Wire::Anthropic => Some("request-id"),
            Wire::Responses | Wire::Chat => Some("x-request-id"),
            Wire::Gemini => None,
        }
    }

    /// The answer to a question for the number of tokens.
    pub fn count(self, tokens: u64) -> Value {
        match self {
            Wire::Gemini => json!({
                "totalTokens": tokens,
                "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": tokens }],
            }),
            Wire::Anthropic | Wire::Responses | Wire::Chat => json!({ "input_tokens": tokens }),
        }
    }

    pub fn models(self, names: &[String]) -> Value {
        match self {
            Wire::Anthropic => anthropic::models(names),
            Wire::Responses | Wire::Chat => chat::models(names),
            Wire::Gemini => gemini::models(names),
        }
    }
}

/// A field that must be there, as text.
fn text(body: &Value, name: &str) -> Result<String, String> {
    let found = body[name].as_str().filter(|text| !text.is_empty());
    found.map(str::to_owned).ok_or_else(|| format!("{name}: Field required"))
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

fn name(value: &Value) -> String {
    value["name"].as_str().unwrap_or_default().to_owned()
}
