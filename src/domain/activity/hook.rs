//! What agents' hooks tell.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Activity, Claim, Source};

/// Longest text of a payload that is passed on, in characters.
const LONGEST: usize = 1_000;
/// Texts of a payload that are read.
const READ: [&str; 11] = [
    "hook_event_name",
    "type",
    "prompt",
    "tool_name",
    "message",
    "notification_type",
    "error",
    "title",
    "last_assistant_message",
    "last-assistant-message",
    "prompt_response",
];
/// What of a tool's input says what it is about.
const TOLD: [&str; 6] = ["command", "file_path", "path", "url", "query", "pattern"];

/// What a hook says about its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Claim(Claim),
    /// The agent has ended.
    Over,
    /// Nothing that changes anything.
    Nothing,
}

/// `payload`: what the agent gives its hooks, as Claude Code, Codex and Gemini CLI form it. The event's name is in
/// `hook_event_name`, or in `type`.
pub fn heard(payload: &Value, now: DateTime<Utc>) -> Told {
    let text = |name: &str| payload.get(name).and_then(Value::as_str).unwrap_or_default();
    let event = Some(text("hook_event_name")).filter(|name| !name.is_empty()).unwrap_or(text("type"));
    let claim = |activity, evidence: &str| Told::Claim(Claim::new(Source::Hook, activity, evidence, now));
    match event {
        "UserPromptSubmit" | "BeforeAgent" => claim(Activity::Working, text("prompt")),
        "PreToolUse" | "PostToolUse" | "BeforeTool" | "AfterTool" | "PostToolUseFailure" => {
            claim(Activity::Working, &tool(payload))
        }
        "PermissionRequest" => claim(Activity::NeedsApproval, &tool(payload)),
        "Elicitation" => claim(Activity::NeedsInput, text("message")),
        "Notification" => match text("notification_type") {
            "permission_prompt" | "ToolPermission" => claim(Activity::NeedsApproval, text("message")),
            "elicitation_dialog" => claim(Activity::NeedsInput, text("message")),
            _ => Told::Nothing,
        },
        "Stop" | "AfterAgent" => claim(Activity::Done, last_words(payload)),
        "agent-turn-complete" => claim(Activity::Done, text("last-assistant-message")),
        "StopFailure" => claim(Activity::Error, text("error")),
        "SessionStart" => claim(Activity::Idle, ""),
        "SessionEnd" => Told::Over,
        _ => Told::Nothing,
    }
}

/// Of what an agent gives its hooks, what [`heard`] reads; texts cut to a length that evidence never has.
pub fn essence(payload: &Value) -> Value {
    let cut = |value: &Value| match value {
        Value::String(text) => Some(Value::from(text.chars().take(LONGEST).collect::<String>())),
        _ => None,
    };
    let mut kept = serde_json::Map::new();
    for (key, value) in payload.as_object().into_iter().flatten() {
        if let Some(text) = cut(value).filter(|_| READ.contains(&key.as_str())) {
            kept.insert(key.clone(), text);
        }
    }
    let input = payload.get("tool_input").and_then(Value::as_object).into_iter().flatten();
    let input = input.filter(|(key, _)| TOLD.contains(&key.as_str()));
    let input: serde_json::Map<_, _> =
        input.filter_map(|(key, value)| Some((key.clone(), cut(value)?))).collect();
    if !input.is_empty() {
        kept.insert("tool_input".to_owned(), input.into());
    }
    kept.into()
}

/// `Bash: cargo test`, the name alone where there is nothing short to say.
fn tool(payload: &Value) -> String {
    let name = payload.get("tool_name").and_then(Value::as_str).unwrap_or("a tool");
    let input = payload.get("tool_input");
    let what = TOLD.iter().find_map(|key| input?.get(key)?.as_str());
    what.map_or_else(|| name.to_owned(), |what| format!("{name}: {what}"))
}

fn last_words(payload: &Value) -> &str {
    let names = ["last_assistant_message", "prompt_response"];
    names.iter().find_map(|name| payload.get(name)?.as_str()).unwrap_or_default()
}
