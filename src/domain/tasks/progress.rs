//! What an agent says on its way: lines of JSON in `status.jsonl`. They tell people how far it is, and that it lives;
//! nothing in them ends a task or changes its state.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cut;

/// Longest line that is read, in bytes; of a longer one nothing is.
const LINE: usize = 64 * 1024;
const STEP: usize = 100;
const MESSAGE: usize = 4 * 1024;

/// One thing that the agent says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Such as `plan` or `execute_2`; empty where it does not say.
    pub step: String,
    pub message: String,
    pub at: DateTime<Utc>,
}

/// Reads the file as it grows.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// The beginning of a line whose end is not there yet.
    rest: Vec<u8>,
    /// That line is too long, and the rest of it is passed over.
    skipping: bool,
    /// How many steps there were.
    pub steps: u64,
    /// Lines that were none.
    pub unreadable: u64,
}

impl Progress {
    /// The steps in what came.
    pub fn feed(&mut self, bytes: &[u8], now: DateTime<Utc>) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        let mut piece = pieces.next().unwrap_or_default();
        for next in pieces {
            self.take(piece);
            steps.extend(self.end_line(now));
            piece = next;
        }
        self.take(piece);
        steps
    }

    fn take(&mut self, piece: &[u8]) {
        self.skipping |= self.rest.len() + piece.len() > LINE;
        if self.skipping {
            self.rest.clear();
        } else {
            self.rest.extend_from_slice(piece);
        }
    }

    fn end_line(&mut self, now: DateTime<Utc>) -> Option<Step> {
        let line = std::mem::take(&mut self.rest);
        let skipped = std::mem::take(&mut self.skipping);
        if !skipped && line.trim_ascii().is_empty() {
            return None;
        }
        let step = if skipped { None } else { step(&line, now) };
        self.steps += u64::from(step.is_some());
        self.unreadable += u64::from(step.is_none());
        step
    }
}

fn step(line: &[u8], now: DateTime<Utc>) -> Option<Step> {
    let Ok(Value::Object(line)) = serde_json::from_slice(line) else { return None };
    let text = |key: &str, most| cut(line.get(key).and_then(Value::as_str).unwrap_or_default(), most);
    let step = Step { step: text("step", STEP), message: text("message", MESSAGE), at: now };
    (!step.step.is_empty() || !step.message.is_empty()).then_some(step)
}
