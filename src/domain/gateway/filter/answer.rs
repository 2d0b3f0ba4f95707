//! Whole answers of chat completions on their way down.

use serde_json::Value;

/// What models call a call that holds another: its name stands among the arguments.
pub(super) const WRAPPED: &str = "databricks-tool-call";

/// An answer in one piece, mended; `None`: it is right, or nothing that could be read. `model`: as the request names it.
pub fn answer(model: &str, body: &[u8]) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    let mut changed = false;
    for choice in value.get_mut("choices").and_then(Value::as_array_mut).into_iter().flatten() {
        let mut has_calls = false;
        if let Some(message) = choice.get_mut("message") {
            changed |= is_gemini(model) && flatten(message);
            let calls = message.get_mut("tool_calls").and_then(Value::as_array_mut);
            for call in calls.into_iter().flatten() {
                has_calls = true;
                changed |= unwrap(call);
            }
        }
        changed |= has_calls && call_it_calls(choice);
    }
    changed.then(|| value.to_string().into_bytes())
}

pub(super) fn is_gemini(model: &str) -> bool {
    model.to_ascii_lowercase().contains("gemini")
}

/// Content in blocks becomes the text that is in them. Signatures of thoughts go.
pub(super) fn flatten(message: &mut Value) -> bool {
    let Some(content) = message.get_mut("content") else { return false };
    let Value::Array(blocks) = &*content else { return false };
    let texts =
        blocks.iter().filter_map(|block| block.get("text").and_then(Value::as_str).or(block.as_str()));
    *content = Value::String(texts.collect());
    true
}

/// An answer with calls ends because of them.
pub(super) fn call_it_calls(choice: &mut Value) -> bool {
    match choice.get_mut("finish_reason") {
        Some(Value::String(reason)) if reason == "stop" => {
            "tool_calls".clone_into(reason);
            true
        }
        _ => false,
    }
}

/// Gives a wrapped call its own name.
fn unwrap(call: &mut Value) -> bool {
    let Some(function) = call.get_mut("function").and_then(Value::as_object_mut) else { return false };
    if function.get("name").and_then(Value::as_str) != Some(WRAPPED) {
        return false;
    }
    let arguments = function.get("arguments").and_then(Value::as_str).and_then(unwrapped);
    let Some((name, arguments)) = arguments else { return false };
    function.insert("name".to_owned(), Value::String(name));
    function.insert("arguments".to_owned(), Value::String(arguments));
    true
}

/// Name and arguments of the call inside; `None`: it is not whole, or none.
pub(super) fn unwrapped(arguments: &str) -> Option<(String, String)> {
    let Ok(Value::Object(mut arguments)) = serde_json::from_str(arguments) else { return None };
    let Some(Value::String(name)) = arguments.shift_remove("name") else { return None };
    Some((name, Value::Object(arguments).to_string()))
}
