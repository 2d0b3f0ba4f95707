//! Lines that are no events. Prose is full of words, so only a line that begins as an error does is taken for one.

use super::{Hearing, note};

/// How lines begin that tell of an error.
const BEGINNINGS: [&str; 8] = [
    "error",
    "api error",
    "api call failed",
    "api request failed",
    "http ",
    "fatal",
    "unauthorized",
    "stream error",
];
/// What in them tells that it came from a model's gateway.
const OF_MODELS: [&str; 15] = [
    "401",
    "403",
    "429",
    "500",
    "502",
    "503",
    "529",
    "api key",
    "api error",
    "rate limit",
    "unauthorized",
    "authentication",
    "overloaded",
    "quota",
    "token is invalid",
];
/// What tells, anywhere in a line, that something was not allowed.
const DENIED: [&str; 14] = [
    "denied by user",
    "user denied",
    "rejected by user",
    "rejected by the user",
    "rejected permission",
    "rejected by user approval",
    "approval denied",
    "auto-rejecting",
    "waiting for approval timed out",
    "approval timed out",
    "tool_not_registered",
    "requested permissions",
    "not running in a trusted",
    "is not trusted",
];

impl Hearing {
    pub(super) fn words(&mut self, line: &str) {
        if is_denial(line) {
            note(&mut self.heard.denied, line);
        } else if is_api_error(line) {
            self.trouble.truncate(super::MOST);
            self.trouble.push(line.to_owned());
        }
    }
}

pub(super) fn is_denial(line: &str) -> bool {
    let line = line.to_lowercase();
    DENIED.iter().any(|word| line.contains(word))
}

fn is_api_error(line: &str) -> bool {
    let line = line.to_lowercase();
    let line = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    BEGINNINGS.iter().any(|word| line.starts_with(word)) && OF_MODELS.iter().any(|word| line.contains(word))
}
