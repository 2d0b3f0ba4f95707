//! What an agent asks: its request holds the whole conversation, of which the last prompt and what is new count.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use crate::domain::gateway::Wire;

/// A request, as far as a turn needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The last prompt and which of all it is: the same in all requests of a turn.
    pub thread: u64,
    /// The same of the prompt before that.
    pub before: Option<u64>,
    /// Empty: there is none.
    pub prompt: String,
    /// Results of tools that no request had before.
    pub results: Vec<ToolResult>,
    /// Agents ask on the side for titles and the like; those offer no tools.
    pub offers_tools: bool,
}

/// What a tool gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolResult {
    /// Of the call; `None`: calls have none there, or it was taken out.
    pub id: Option<String>,
    pub name: Option<String>,
    pub text: String,
    pub failed: bool,
}

/// A part of a conversation.
enum Part {
    Prompt(String),
    /// What agents add of their own in a person's name.
    Context,
    /// The model spoke or called.
    Said,
    Result(ToolResult),
}

impl Question {
    /// `None`: it is not written as this interface is.
    pub fn read(wire: Wire, body: &[u8]) -> Option<Question> {
        let request: Value = serde_json::from_slice(body).ok()?;
        let parts = match wire {
            Wire::Messages => list(&request, "messages").flat_map(messages).collect(),
            Wire::Responses => responses(&request),
            Wire::Chat => list(&request, "messages").map(chat).collect(),
            Wire::Gemini => list(&request, "contents").flat_map(gemini).collect(),
            Wire::Other => return None,
        };
        let offers_tools = list(&request, "tools").next().is_some();
        Some(Question::of(parts, offers_tools))
    }

    fn of(parts: Vec<Part>, offers_tools: bool) -> Question {
        let mut results: Vec<ToolResult> = Vec::new();
        for part in parts.iter().rev() {
            match part {
                Part::Result(result) => results.push(result.clone()),
                Part::Context => {}
                Part::Prompt(_) | Part::Said => break,
            }
        }
        results.reverse();
        let prompts: Vec<String> = parts
            .into_iter()
            .filter_map(|part| if let Part::Prompt(text) = part { Some(text) } else { None })
            .collect();
        let thread = |count: usize| {
            let mut hasher = DefaultHasher::new();
            (count, prompts.get(count.wrapping_sub(1))).hash(&mut hasher);
            hasher.finish()
        };
        Question {
            thread: thread(prompts.len()),
            before: (prompts.len() > 1).then(|| thread(prompts.len() - 1)),
            prompt: prompts.last().cloned().unwrap_or_default(),
            results,
            offers_tools,
        }
    }
}

fn messages(message: &Value) -> Vec<Part> {
    if message["role"] == "assistant" {
        return vec![Part::Said];
    }
    let blocks = || list(message, "content");
    let results: Vec<Part> = blocks()
        .filter(|block| block["type"] == "tool_result")
        .map(|block| {
            Part::Result(ToolResult {
                id: text(block, "tool_use_id"),
                name: None,
                text: flat(&block["content"]),
                failed: block["is_error"] == true,
            })
        })
        .collect();
    // What stands beside results is the agent's, not the person's.
    if results.is_empty() { vec![spoken(&message["content"])] } else { results }
}

fn responses(request: &Value) -> Vec<Part> {
    if let Some(prompt) = request["input"].as_str() {
        return vec![Part::Prompt(prompt.to_owned())];
    }
    let part = |item: &Value| {
        let kind = item["type"].as_str().unwrap_or("message");
        match (kind, item["role"].as_str()) {
            ("message", Some("user")) => spoken(&item["content"]),
            ("message", Some("assistant")) => Part::Said,
            ("message" | "reasoning", _) => Part::Context,
            (kind, _) if kind.ends_with("_output") => Part::Result(ToolResult {
                id: text(item, "call_id"),
                name: None,
                text: flat(&item["output"]),
                failed: false,
            }),
            _ => Part::Said,
        }
    };
    list(request, "input").map(part).collect()
}

fn chat(message: &Value) -> Part {
    match message["role"].as_str() {
        Some("user") => spoken(&message["content"]),
        Some("tool" | "function") => Part::Result(ToolResult {
            id: text(message, "tool_call_id"),
            name: text(message, "name"),
            text: flat(&message["content"]),
            failed: false,
        }),
        Some("assistant") => Part::Said,
        _ => Part::Context,
    }
}

fn gemini(content: &Value) -> Vec<Part> {
    if content["role"] == "model" {
        return vec![Part::Said];
    }
    let results: Vec<Part> = list(content, "parts")
        .filter_map(|part| part.get("functionResponse"))
        .map(|given| {
            let response = &given["response"];
            let error = response.get("error");
            let output = error.or_else(|| response.get("output")).unwrap_or(response);
            let (id, name) = (text(given, "id"), text(given, "name"));
            Part::Result(ToolResult { id, name, text: flat(output), failed: error.is_some() })
        })
        .collect();
    if results.is_empty() { vec![spoken(&content["parts"])] } else { results }
}

/// What a person said, without what the agent put beside it.
fn spoken(content: &Value) -> Part {
    let pieces: Vec<String> = match content {
        Value::Array(blocks) => blocks.iter().map(block).collect(),
        other => vec![flat(other)],
    };
    let own: Vec<String> = pieces.into_iter().filter(|piece| !is_context(piece)).collect();
    if own.is_empty() { Part::Context } else { Part::Prompt(own.join("\n")) }
}

/// Agents put what they add themselves into tags: `<system-reminder>…</system-reminder>`.
fn is_context(piece: &str) -> bool {
    let piece = piece.trim();
    let name = piece.strip_prefix('<').and_then(|rest| rest.split_once('>')).map(|(name, _)| name);
    let is_name = |name: &&str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_".contains(&byte))
    };
    piece.is_empty() || name.filter(is_name).is_some_and(|name| piece.ends_with(&format!("</{name}>")))
}

/// Content of any form as one text.
pub(super) fn flat(content: &Value) -> String {
    match content {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().map(block).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

fn block(block: &Value) -> String {
    if let Some(text) = block.as_str().or_else(|| block["text"].as_str()) {
        return text.to_owned();
    }
    // Pictures and files are named, not kept.
    let kind = block["type"].as_str().or_else(|| block.as_object()?.keys().next().map(String::as_str));
    format!("[{}]", kind.unwrap_or("?"))
}

pub(super) fn list<'a>(value: &'a Value, name: &str) -> std::slice::Iter<'a, Value> {
    value.get(name).and_then(Value::as_array).map(|all| all.iter()).unwrap_or_default()
}

pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}
