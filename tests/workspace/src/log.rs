//! The requests that came, for tests that want to know exactly which. Holds no secret: tokens are fingerprints,
//! fields that carry one are masked.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::call::{Call, Credential};
use crate::clock::Millis;
use crate::ids::fingerprint;

/// Older entries make room.
const KEPT: usize = 20_000;
/// A longer body is told by its length.
const LONGEST_BODY: usize = 64 * 1024;
/// Fields whose value is nobody's business.
const SECRET: [&str; 9] = [
    "token_value",
    "string_value",
    "bytes_value",
    "client_secret",
    "access_token",
    "refresh_token",
    "code",
    "code_verifier",
    "content",
];

#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Counts from 1 since the start.
    pub number: u64,
    pub at: Millis,
    pub method: String,
    /// As it was sent.
    pub path: String,
    pub query: Vec<(String, String)>,
    /// `none`, `bearer`, `basic` or `other`.
    pub auth: &'static str,
    /// The first eight digits of the SHA-256 of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The caller's name, when the front door let them in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// JSON and forms with secrets masked; anything else as `"<n bytes>"`.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub body: Value,
    /// 0: the connection was reset.
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// A fault had a hand in it.
    pub fault: bool,
    /// No route of the emulator: either it is missing here or the caller made it up.
    pub unknown_route: bool,
}

#[derive(Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    count: u64,
}

impl Log {
    pub fn push(&mut self, mut entry: Entry) {
        self.count += 1;
        entry.number = self.count;
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

/// An entry for a request that has not been answered yet.
pub fn entry(call: &Call, at: Millis) -> Entry {
    let auth = match call.credential() {
        Credential::None => "none",
        Credential::Bearer(_) => "bearer",
        Credential::Basic(..) => "basic",
        Credential::Other => "other",
    };
    let masked = |(name, value): &(String, String)| {
        let value = if SECRET.contains(&name.as_str()) { mask(value) } else { value.clone() };
        (name.clone(), value)
    };
    Entry {
        number: 0,
        at,
        method: call.method.clone(),
        path: call.path.clone(),
        query: call.query.iter().map(masked).collect(),
        auth,
        token: call.secret().map(|secret| fingerprint(&secret)),
        who: None,
        user_agent: call.header("user-agent").map(str::to_owned),
        body: body(call),
        status: 0,
        error_code: None,
        fault: false,
        unknown_route: false,
    }
}

fn body(call: &Call) -> Value {
    if call.body.is_empty() {
        return Value::Null;
    }
    let length = Value::String(format!("<{} bytes>", call.body.len()));
    let kind = call.header("content-type").unwrap_or_default();
    if call.body.len() > LONGEST_BODY {
        return length;
    }
    if kind.starts_with("application/x-www-form-urlencoded") {
        let fields = call.form().into_iter();
        let mut object: Value =
            fields.map(|(name, value)| (name, Value::String(value))).collect::<Map<_, _>>().into();
        hide(&mut object);
        return object;
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(&call.body) else { return length };
    // A file that happens to be JSON is still a file.
    if kind.starts_with("application/octet-stream") || call.path.contains("/import-file/") {
        return length;
    }
    hide(&mut value);
    value
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                match value {
                    Value::String(text) if SECRET.contains(&name.as_str()) => *text = mask(text),
                    value => hide(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(hide),
        _ => {}
    }
}

fn mask(secret: &str) -> String {
    format!("<{}>", fingerprint(secret))
}
