//! The messages of a chat request.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Mending one thing may uncover another; more often than this it never did.
const PASSES: usize = 5;
/// Stands where a model insists on a text and the agent has none.
const SOMETHING: &str = ".";

/// Mends the messages in place. Whether there was anything to mend.
pub(super) fn mend(messages: &mut Vec<Value>) -> bool {
    let mut changed = false;
    for _ in 0..PASSES {
        let (mut again, mut kept) = (false, Vec::with_capacity(messages.len()));
        let mut calls = BTreeSet::new();
        for mut message in messages.drain(..) {
            again |= mend_one(&mut message, &calls);
            if !is_wanted(&message, &calls) {
                again = true;
                continue;
            }
            if role(&message) == "assistant" {
                calls = calls_of(&message);
            }
            kept.push(message);
        }
        *messages = kept;
        if !again {
            return changed;
        }
        changed = true;
    }
    changed
}

/// Mends what is inside; `calls`: those of the assistant's message before this one.
fn mend_one(message: &mut Value, calls: &BTreeSet<String>) -> bool {
    let (assistant, tool) = (role(message) == "assistant", role(message) == "tool");
    let has_calls =
        message.get("tool_calls").and_then(Value::as_array).is_some_and(|calls| !calls.is_empty());
    match message.get_mut("content") {
        Some(Value::Array(blocks)) => {
            let before = blocks.len();
            blocks.retain(|block| !is_empty_text(block) && !is_stray_result(block, calls));
            blocks.len() != before
        }
        Some(content @ Value::Null) if assistant && !has_calls => {
            *content = json!(SOMETHING);
            true
        }
        // The result of a call may be empty, and without it the call has none.
        Some(Value::String(text)) if (assistant || tool) && text.trim().is_empty() => {
            SOMETHING.clone_into(text);
            true
        }
        _ => false,
    }
}

/// Whether a message stays.
fn is_wanted(message: &Value, calls: &BTreeSet<String>) -> bool {
    match (role(message), message.get("content")) {
        ("assistant", _) => true,
        (_, Some(Value::Array(blocks))) if blocks.is_empty() => false,
        (_, Some(Value::String(text))) if text.trim().is_empty() => false,
        ("tool", _) => {
            let id = message.get("tool_call_id").and_then(Value::as_str);
            id.is_some_and(|id| calls.contains(id))
        }
        _ => true,
    }
}

fn role(message: &Value) -> &str {
    message.get("role").and_then(Value::as_str).unwrap_or_default()
}

fn kind(block: &Value) -> &str {
    block.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn is_empty_text(block: &Value) -> bool {
    kind(block) == "text"
        && block.get("text").and_then(Value::as_str).is_none_or(|text| text.trim().is_empty())
}

/// The result of a call that the assistant did not make.
fn is_stray_result(block: &Value, calls: &BTreeSet<String>) -> bool {
    let id = block.get("tool_use_id").and_then(Value::as_str).unwrap_or_default();
    kind(block) == "tool_result" && !calls.contains(id)
}

/// Ids of the calls that a message makes, in both ways of writing them.
fn calls_of(message: &Value) -> BTreeSet<String> {
    let list = |name: &str| message.get(name).and_then(Value::as_array).into_iter().flatten();
    let uses = list("content").filter(|block| kind(block) == "tool_use");
    let ids = list("tool_calls").chain(uses).filter_map(|call| call.get("id").and_then(Value::as_str));
    ids.map(str::to_owned).collect()
}
