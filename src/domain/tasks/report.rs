//! What an agent left as its result: `result.json`, which it may still be writing, or may have got wrong.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::cut;

/// Largest `result.json`, in bytes.
pub const MOST: usize = 1024 * 1024;
/// Longest text in it, and longest list.
const TEXT: usize = 64 * 1024;
const ITEMS: usize = 2_000;
const NAME: usize = 4 * 1024;

/// What the agent says of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    Completed,
    Failed,
    InfoNeeded,
    NeedsApproval,
}

/// A result that makes sense.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub claim: Claim,
    pub summary: String,
    pub feedback: String,
    pub files_changed: Vec<String>,
    pub artifacts: Map<String, Value>,
    pub errors: Vec<String>,
    /// What was wrong with it and could be passed over.
    pub faults: Vec<String>,
}

/// What lies where the result should be.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    Nothing,
    /// It is no result, or not yet: why.
    Unreadable(String),
    Valid(Box<Report>),
}

impl Found {
    /// From the bytes of the file; at most one more than [`MOST`] need be given.
    pub fn read(bytes: &[u8]) -> Found {
        if bytes.len() > MOST {
            return Found::Unreadable(format!("it is larger than {MOST} bytes"));
        }
        match serde_json::from_slice::<Value>(bytes) {
            Ok(Value::Object(object)) => {
                Report::of(object).map_or_else(Found::Unreadable, |report| Found::Valid(Box::new(report)))
            }
            Ok(_) => Found::Unreadable("it is no JSON object".to_owned()),
            Err(error) => Found::Unreadable(format!("it is no JSON: {error}")),
        }
    }

    pub fn report(&self) -> Option<&Report> {
        match self {
            Found::Valid(report) => Some(report),
            _ => None,
        }
    }
}

impl Report {
    fn of(mut object: Map<String, Value>) -> Result<Report, String> {
        let claim = match object.get("status") {
            Some(Value::String(status)) => match status.as_str() {
                "completed" | "done" => Claim::Completed,
                "failed" => Claim::Failed,
                "info_needed" => Claim::InfoNeeded,
                "needs_approval" => Claim::NeedsApproval,
                other => return Err(format!("its `status` is {:?}, which says nothing", cut(other, 100))),
            },
            Some(_) => return Err("its `status` is no text".to_owned()),
            None => return Err("it has no `status`".to_owned()),
        };
        let mut faults = Vec::new();
        let summary = text(&mut object, "summary", &mut faults);
        let feedback = text(&mut object, "feedback", &mut faults);
        let asks = matches!(claim, Claim::InfoNeeded | Claim::NeedsApproval);
        if asks && summary.trim().is_empty() && feedback.trim().is_empty() {
            return Err("it asks for something and does not say what".to_owned());
        }
        Ok(Report {
            claim,
            summary,
            feedback,
            files_changed: names(&mut object, "files_changed", &mut faults),
            errors: names(&mut object, "errors", &mut faults),
            artifacts: artifacts(&mut object, &mut faults),
            faults,
        })
    }

    /// What it asks for, if it does.
    pub fn asked(&self) -> &str {
        if self.feedback.trim().is_empty() { &self.summary } else { &self.feedback }
    }
}

fn text(object: &mut Map<String, Value>, key: &str, faults: &mut Vec<String>) -> String {
    match object.remove(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) if text.len() <= TEXT => text,
        Some(Value::String(text)) => {
            faults.push(format!("`{key}` was cut to {TEXT} bytes"));
            cut(&text, TEXT)
        }
        Some(_) => {
            faults.push(format!("`{key}` is no text"));
            String::new()
        }
    }
}

/// A list of texts, or of objects with a `path` or a `message`.
fn names(object: &mut Map<String, Value>, key: &str, faults: &mut Vec<String>) -> Vec<String> {
    let list = match object.remove(key) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => {
            faults.push(format!("`{key}` is no list"));
            return Vec::new();
        }
    };
    if list.len() > ITEMS {
        faults.push(format!("`{key}` was cut to {ITEMS} entries"));
    }
    let name = |value: &Value| match value {
        Value::String(text) => Some(cut(text, NAME)),
        Value::Object(one) => {
            one.get("path").or_else(|| one.get("message")).and_then(Value::as_str).map(|text| cut(text, NAME))
        }
        _ => None,
    };
    let named: Vec<Option<String>> = list.iter().take(ITEMS).map(name).collect();
    if named.contains(&None) {
        faults.push(format!("an entry of `{key}` is no text"));
    }
    named.into_iter().flatten().collect()
}

fn artifacts(object: &mut Map<String, Value>, faults: &mut Vec<String>) -> Map<String, Value> {
    match object.remove("artifacts") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(map)) if map.len() <= ITEMS => map,
        Some(Value::Array(list)) if list.is_empty() => Map::new(),
        Some(Value::Object(_)) => {
            faults.push(format!("`artifacts` has more than {ITEMS} entries"));
            Map::new()
        }
        Some(_) => {
            faults.push("`artifacts` is no object".to_owned());
            Map::new()
        }
    }
}
