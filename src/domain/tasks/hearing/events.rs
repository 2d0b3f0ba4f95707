//! Events of the agents that have them. Each is known by its own fields, so that one reader does for all.

use serde_json::Value;

use super::words::is_denial;
use super::{Hearing, Said, note};

impl Hearing {
    pub(super) fn understand(&mut self, event: &Value) {
        self.name(event);
        match text(event, "type") {
            "result" if event.get("subtype").is_some() => self.claude_result(event),
            "result" => self.gemini_result(event),
            "turn.started" | "step_start" => self.heard.unfinished = true,
            "turn.completed" => self.success(),
            "turn.failed" => self.failure(message(&event["error"])),
            "item.completed" => self.codex_item(&event["item"]),
            "tool_result" => self.gemini_tool(event),
            "tool_use" => self.opencode_tool(&event["part"]["state"]),
            "step_finish" if text(&event["part"], "reason") == "tool-calls" => self.heard.unfinished = true,
            "step_finish" => self.success(),
            "error" => self.trouble(message(if event["error"].is_null() { event } else { &event["error"] })),
            "" if event.get("response").is_some() || event.get("error").is_some() => self.gemini_whole(event),
            "" if event.get("completed").is_some() && event.get("failed").is_some() => {
                self.hermes_usage(event)
            }
            _ => {}
        }
    }

    fn name(&mut self, event: &Value) {
        let named = ["session_id", "thread_id", "sessionID"].iter().find_map(|key| event[*key].as_str());
        if let Some(name) = named.filter(|name| !name.is_empty() && name.len() <= 200) {
            self.heard.conversation = Some(name.to_owned());
        }
    }

    fn success(&mut self) {
        self.heard.unfinished = false;
        self.heard.said = Some(Said::Success);
        self.trouble.clear();
    }

    fn failure(&mut self, why: String) {
        self.heard.unfinished = false;
        note(&mut self.heard.api_errors, &why);
        self.heard.said = Some(Said::Failure(why));
    }

    fn trouble(&mut self, why: String) {
        self.heard.said = None;
        if is_denial(&why) {
            note(&mut self.heard.denied, &why);
        } else if self.trouble.len() < super::MOST {
            self.trouble.push(why);
        }
    }

    /// Its `subtype` says success whatever happened.
    fn claude_result(&mut self, event: &Value) {
        for denial in event["permission_denials"].as_array().into_iter().flatten() {
            let input = &denial["tool_input"];
            let what = ["command", "file_path", "url"].iter().find_map(|key| input[*key].as_str());
            let line = format!("{}: {}", text(denial, "tool_name"), what.unwrap_or_default());
            note(&mut self.heard.denied, line.trim_end_matches(": "));
        }
        let api = text(event, "terminal_reason") == "api_error" || !event["api_error_status"].is_null();
        let errs = event["is_error"] == true || text(event, "subtype").starts_with("error");
        match (api, errs) {
            (false, false) => self.success(),
            (true, _) => self.failure(text_or(event, "result", "the model did not answer")),
            (false, true) => {
                let why = text_or(event, "result", text(event, "subtype"));
                self.heard.unfinished = false;
                self.heard.said = Some(Said::Failure(why));
            }
        }
    }

    fn codex_item(&mut self, item: &Value) {
        let declined = text(item, "status") == "declined";
        match text(item, "type") {
            "error" if is_denial(text(item, "message")) => {
                note(&mut self.heard.denied, text(item, "message"))
            }
            "command_execution" if declined => note(&mut self.heard.denied, text(item, "command")),
            "file_change" | "mcp_tool_call" if declined => {
                note(&mut self.heard.denied, &format!("{} was declined", text(item, "type")));
            }
            "command_execution" if is_denial(text(item, "aggregated_output")) => {
                note(&mut self.heard.denied, text(item, "command"));
            }
            _ => {}
        }
    }

    fn gemini_tool(&mut self, event: &Value) {
        let why = message(&event["error"]);
        let kind = text(&event["error"], "type").to_lowercase();
        let refused = ["tool_not_registered", "policy", "permission", "denied"];
        let is_refusal = refused.iter().any(|word| kind.contains(word)) || is_denial(&why);
        if text(event, "status") == "error" && is_refusal {
            note(&mut self.heard.denied, &format!("{kind}: {why}"));
        }
    }

    fn gemini_result(&mut self, event: &Value) {
        if text(event, "status") == "success" {
            self.success();
        } else {
            self.failure(message(&event["error"]));
        }
    }

    fn gemini_whole(&mut self, event: &Value) {
        if event["error"].is_null() {
            self.success();
        } else {
            self.failure(message(&event["error"]));
        }
    }

    /// It refuses by itself what it would have to ask for.
    fn opencode_tool(&mut self, state: &Value) {
        let why = text(state, "error");
        let lower = why.to_lowercase();
        let refused = is_denial(why) || lower.contains("permission") || lower.contains("rejected");
        if text(state, "status") == "error" && refused {
            note(&mut self.heard.denied, why);
        }
    }

    fn hermes_usage(&mut self, event: &Value) {
        if event["failed"] == true || event["completed"] == false {
            self.failure(text_or(event, "error", "its usage file says that it failed"));
        } else {
            self.success();
        }
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn text_or(value: &Value, key: &str, other: &str) -> String {
    let said = text(value, key);
    if said.is_empty() { other.to_owned() } else { said.to_owned() }
}

/// Wherever an error says what it is.
fn message(error: &Value) -> String {
    let places =
        [&error["data"]["message"], &error["message"], &error["error"]["message"], &error["name"], error];
    let said = places.iter().find_map(|place| place.as_str()).filter(|said| !said.is_empty());
    said.map_or_else(|| "it does not say why".to_owned(), str::to_owned)
}
