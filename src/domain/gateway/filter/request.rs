//! Requests on their way up.

use serde::Deserialize;
use serde_json::Value;

use super::{messages, schema};
use crate::domain::gateway::vendor::Wire;

/// Fields that the workspace's chat completions refuse or that mean nothing there.
const NOT_CHAT: [&str; 3] = ["stream_options", "$schema", "store"];
/// Fields that only some models know.
const NOT_GPT: [&str; 2] = ["reasoningSummary", "reasoning_effort"];

/// What became of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// As the request names it.
    pub model: Option<String>,
    /// The body in place of the one that came; `None`: that one is right.
    pub body: Option<Vec<u8>>,
}

#[derive(Deserialize)]
struct Named {
    model: Option<String>,
}

/// Looks at the body of a request; one that is no JSON passes as it is.
pub fn request(wire: Wire, body: &[u8]) -> Mended {
    if !matches!(wire, Wire::Chat | Wire::Gemini) {
        let model = serde_json::from_slice::<Named>(body).ok().and_then(|named| named.model);
        return Mended { model, body: None };
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else { return Mended::default() };
    let model = value.get("model").and_then(Value::as_str).map(str::to_owned);
    let changed = if wire == Wire::Chat { chat(&mut value) } else { gemini(&mut value) };
    Mended { model, body: changed.then(|| value.to_string().into_bytes()) }
}

fn chat(request: &mut Value) -> bool {
    let model = request.get("model").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let Some(fields) = request.as_object_mut() else { return false };
    let Some(Value::Array(all)) = fields.get_mut("messages") else { return false };
    let mut changed = messages::mend(all);
    let before = fields.len();
    let is_gpt = model.contains("gpt");
    fields
        .retain(|name, _| !(NOT_CHAT.contains(&name.as_str()) || is_gpt && NOT_GPT.contains(&name.as_str())));
    changed |= fields.len() != before;
    for tool in fields.get_mut("tools").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(function) = tool.get_mut("function").and_then(Value::as_object_mut) else { continue };
        changed |= function.shift_remove("strict").is_some();
        if let Some(parameters) = function.get_mut("parameters") {
            changed |= schema::mend(parameters, model.contains("llama"));
        }
    }
    changed
}

/// Newer clients number their calls, which this interface refuses; order and name say the same.
fn gemini(request: &mut Value) -> bool {
    let mut changed = false;
    let contents = request.get_mut("contents").and_then(Value::as_array_mut);
    for content in contents.into_iter().flatten() {
        for part in content.get_mut("parts").and_then(Value::as_array_mut).into_iter().flatten() {
            for kind in ["functionCall", "functionResponse"] {
                let call = part.get_mut(kind).and_then(Value::as_object_mut);
                changed |= call.is_some_and(|call| call.shift_remove("id").is_some());
            }
        }
    }
    changed
}
