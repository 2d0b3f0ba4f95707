//! Where each interface says what it used. All of them count up: the largest number is the last.

use serde_json::Value;

use super::Tokens;
use crate::domain::gateway::vendor::Wire;

/// What an event or an answer says, as far as it says anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub tokens: Option<Tokens>,
    pub model: Option<String>,
    /// The answer began well and ended in an error.
    pub failed: bool,
}

pub(super) fn said(wire: Wire, value: &Value) -> Said {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let is = |kind: &str| value.get("type").and_then(Value::as_str) == Some(kind);
    match wire {
        Wire::Messages => Said {
            tokens: used(value, &["/message/usage", "/usage"]).map(messages),
            model: text("/message/model").or_else(|| text("/model")),
            failed: is("error"),
        },
        Wire::Responses => Said {
            tokens: used(value, &["/response/usage", "/usage"]).map(responses),
            model: text("/response/model").or_else(|| text("/model")),
            failed: is("error") || is("response.failed"),
        },
        Wire::Chat => Said {
            tokens: used(value, &["/usage"]).map(chat),
            model: text("/model"),
            failed: value.get("error").is_some_and(|error| !error.is_null()),
        },
        Wire::Gemini => Said {
            tokens: used(value, &["/usageMetadata"]).map(gemini),
            model: text("/modelVersion"),
            failed: value.get("error").is_some_and(|error| !error.is_null()),
        },
        Wire::Other => Said::default(),
    }
}

fn used<'a>(value: &'a Value, places: &[&str]) -> Option<&'a Value> {
    places.iter().filter_map(|place| value.pointer(place)).find(|usage| usage.is_object())
}

fn number(usage: &Value, pointer: &str) -> u64 {
    usage.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

fn messages(usage: &Value) -> Tokens {
    Tokens {
        input: number(usage, "/input_tokens"),
        cached: number(usage, "/cache_read_input_tokens"),
        written: number(usage, "/cache_creation_input_tokens"),
        output: number(usage, "/output_tokens"),
    }
}

fn responses(usage: &Value) -> Tokens {
    let cached = number(usage, "/input_tokens_details/cached_tokens");
    Tokens {
        input: number(usage, "/input_tokens").saturating_sub(cached),
        cached,
        written: 0,
        output: number(usage, "/output_tokens"),
    }
}

/// The workspace's chat completions say of Claude's cache what Anthropic says.
fn chat(usage: &Value) -> Tokens {
    let cached = number(usage, "/prompt_tokens_details/cached_tokens");
    let cached = cached.max(number(usage, "/cache_read_input_tokens"));
    let written = number(usage, "/cache_creation_input_tokens");
    Tokens {
        input: number(usage, "/prompt_tokens").saturating_sub(cached + written),
        cached,
        written,
        output: number(usage, "/completion_tokens"),
    }
}

fn gemini(usage: &Value) -> Tokens {
    let cached = number(usage, "/cachedContentTokenCount");
    let input = number(usage, "/promptTokenCount") + number(usage, "/toolUsePromptTokenCount");
    Tokens {
        input: input.saturating_sub(cached),
        cached,
        written: 0,
        output: number(usage, "/candidatesTokenCount") + number(usage, "/thoughtsTokenCount"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_interface_is_understood() {
        let tokens = |input, cached, written, output| Some(Tokens { input, cached, written, output });
        for (wire, value, expected) in [
            (
                Wire::Messages,
                json!({"type": "message_start", "message": {"model": "m", "usage": {"input_tokens": 5,
                    "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2, "output_tokens": 1}}}),
                tokens(5, 3, 2, 1),
            ),
            (
                Wire::Messages,
                json!({"type": "message_delta", "usage": {"output_tokens": 9}}),
                tokens(0, 0, 0, 9),
            ),
            (
                Wire::Responses,
                json!({"type": "response.completed", "response": {"usage": {"input_tokens": 10,
                    "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 7}}}),
                tokens(6, 4, 0, 7),
            ),
            (Wire::Responses, json!({"type": "response.created", "response": {"usage": null}}), None),
            (
                Wire::Chat,
                json!({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 2,
                    "prompt_tokens_details": {"cached_tokens": 1}}}),
                tokens(9, 1, 0, 2),
            ),
            (
                Wire::Chat,
                json!({"usage": {"prompt_tokens": 10, "completion_tokens": 2, "cache_read_input_tokens": 4,
                    "cache_creation_input_tokens": 5}}),
                tokens(1, 4, 5, 2),
            ),
            (
                Wire::Gemini,
                json!({"modelVersion": "m", "usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 3,
                    "thoughtsTokenCount": 2, "cachedContentTokenCount": 6}}),
                tokens(2, 6, 0, 5),
            ),
            (Wire::Other, json!({"usage": {"input_tokens": 1}}), None),
        ] {
            assert_eq!(said(wire, &value).tokens, expected, "{wire:?}");
        }
    }

    #[test]
    fn an_error_in_the_middle_of_an_answer_is_seen() {
        for (wire, value, failed) in [
            (Wire::Messages, json!({"type": "error", "error": {"type": "overloaded_error"}}), true),
            (Wire::Responses, json!({"type": "response.failed", "response": {}}), true),
            (Wire::Chat, json!({"error": {"message": "x"}}), true),
            (Wire::Chat, json!({"error": null, "choices": []}), false),
            (Wire::Gemini, json!({"error": {"code": 503}}), true),
        ] {
            assert_eq!(said(wire, &value).failed, failed, "{value}");
        }
    }
}
