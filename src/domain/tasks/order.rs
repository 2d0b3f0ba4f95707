//! What somebody wants done.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{TaskId, cut};

/// Longest prompt and context, in bytes.
pub const PROMPT: usize = 256 * 1024;
pub const CONTEXT: usize = 64 * 1024;
/// Longest idempotency key, and longest name of anything else, in bytes.
const KEY: usize = 200;
const NAME: usize = 4 * 1024;
/// The beginning of a prompt that lists show, in characters.
const SUMMARY: usize = 100;

/// What is wanted, as it was said; what is missing takes its default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wish {
    pub prompt: String,
    /// An object, or the text of one.
    pub context: Option<Value>,
    pub agent: Option<String>,
    /// Absolute, or below `~/projects`.
    pub cwd: Option<String>,
    pub previous_session_id: Option<String>,
    /// `smart` or `yolo`; anything else is `smart`.
    pub permissions: Option<String>,
    pub timeout_s: Option<i64>,
    pub workflow_protocol: Option<bool>,
    pub idempotency_key: Option<String>,
}

/// How freely an agent acts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permissions {
    #[default]
    Smart,
    Yolo,
}

/// What is wanted, checked: what lists and decisions need of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub agent: String,
    pub cwd: Option<String>,
    /// The beginning of the prompt.
    pub summary: String,
    pub previous_session_id: Option<String>,
    /// The task of that session.
    pub previous: Option<TaskId>,
    pub permissions: Permissions,
    pub timeout_s: u64,
    pub workflow_protocol: bool,
    pub idempotency_key: Option<String>,
    /// Told by no other order.
    pub digest: String,
}

/// The rest of it, which only the agent needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Body {
    pub prompt: String,
    pub context: Option<Value>,
}

/// What orders may be.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Who can be asked; where nobody is named, the first of those that are here.
    pub agents: Vec<Hand>,
    /// How long a task may take where nothing is said, and at the most, in seconds.
    pub timeout_s: u64,
    pub longest_s: u64,
}

/// An agent that works on tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hand {
    pub name: String,
    pub program: String,
    /// Its program is on this machine.
    pub is_here: bool,
}

/// Why a task was not taken on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the prompt is empty; say what is to be done")]
    Empty,
    #[error("{what} is longer than {most} bytes; put it into a file and name that in the prompt")]
    TooLong { what: &'static str, most: usize },
    #[error("context must be a JSON object, or the text of one: {0}")]
    Context(String),
    #[error("timeout_s is {said}; choose a value from 1 to {most}, or 0 for the default")]
    Timeout { said: i64, most: u64 },
    #[error("there is no agent {said:?} for tasks; there are: {known}")]
    Agent { said: String, known: String },
    #[error(
        "{agent} is not on this machine: there is no program {program:?}; install it with `coda setup` or in the page's \
         setup panel, or name another command in [tasks.commands] of coda.toml"
    )]
    NotHere { agent: String, program: String },
    #[error("no agent is set up for tasks; name its command in [tasks.commands] of coda.toml")]
    NoAgent,
    #[error("{0} must not be empty or contain control characters")]
    Text(&'static str),
    #[error(
        "the idempotency key belongs to another order, task {0}; take a new key, or repeat that order as it was"
    )]
    KeyTaken(TaskId),
    #[error("no task ran in session {0:?}; coda_inbox lists the tasks there are")]
    NoSuchSession(String),
    #[error("task {0} is not over yet; wait for its result before going on from it")]
    NotOver(TaskId),
    #[error("{waiting} tasks wait already, which is the limit; try again when one has ended, or cancel one")]
    Full { waiting: usize },
    #[error("{0}")]
    Place(String),
    #[error("the task could not be written down: {0}; nothing was started, try again")]
    NotKept(String),
}

impl Refusal {
    /// For programs.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Full { .. } => "queue_full",
            Refusal::KeyTaken(_) => "idempotency_key_taken",
            Refusal::NoSuchSession(_) => "session_not_found",
            Refusal::NotOver(_) => "task_not_over",
            Refusal::Agent { .. } | Refusal::NotHere { .. } | Refusal::NoAgent => "agent_unavailable",
            Refusal::NotKept(_) => "not_kept",
            _ => "invalid",
        }
    }
}

impl Wish {
    /// The order that this is, or what is wrong with it.
    pub fn check(self, terms: &Terms) -> Result<(Order, Body), Refusal> {
        let digest = self.digest();
        let agent = agent(self.agent.as_deref(), terms)?;
        let timeout_s = timeout(self.timeout_s, terms)?;
        let name = |text: Option<String>, what: &'static str, most: usize| match text {
            Some(text) if text.len() > most => Err(Refusal::TooLong { what, most }),
            Some(text) if text.chars().any(char::is_control) => Err(Refusal::Text(what)),
            text => Ok(text.filter(|text| !text.is_empty())),
        };
        if self.prompt.trim().is_empty() {
            return Err(Refusal::Empty);
        }
        if self.prompt.len() > PROMPT {
            return Err(Refusal::TooLong { what: "the prompt", most: PROMPT });
        }
        let order = Order {
            agent,
            cwd: name(self.cwd, "cwd", NAME)?,
            summary: summary(&self.prompt),
            previous_session_id: name(self.previous_session_id, "previous_session_id", KEY)?,
            previous: None,
            permissions: match self.permissions.as_deref() {
                Some("yolo") => Permissions::Yolo,
                _ => Permissions::Smart,
            },
            timeout_s,
            workflow_protocol: self.workflow_protocol.unwrap_or(true),
            idempotency_key: name(self.idempotency_key, "idempotency_key", KEY)?,
            digest,
        };
        Ok((order, Body { prompt: self.prompt, context: context(self.context)? }))
    }

    /// Of everything that tells this order from another.
    fn digest(&self) -> String {
        let told = serde_json::json!([
            self.prompt,
            self.context,
            self.agent,
            self.cwd,
            self.previous_session_id,
            self.permissions,
            self.timeout_s,
            self.workflow_protocol,
        ]);
        Sha256::digest(told.to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn agent(said: Option<&str>, terms: &Terms) -> Result<String, Refusal> {
    let first = terms.agents.iter().find(|agent| agent.is_here).or(terms.agents.first());
    let first = first.ok_or(Refusal::NoAgent)?;
    let wanted = match said.filter(|said| !said.is_empty()) {
        None => first,
        Some(said) => {
            let known =
                || terms.agents.iter().map(|agent| agent.name.as_str()).collect::<Vec<_>>().join(", ");
            let found = terms.agents.iter().find(|agent| agent.name == said);
            found.ok_or_else(|| Refusal::Agent { said: cut(said, KEY), known: known() })?
        }
    };
    match wanted.is_here {
        true => Ok(wanted.name.clone()),
        false => Err(Refusal::NotHere { agent: wanted.name.clone(), program: wanted.program.clone() }),
    }
}

fn timeout(said: Option<i64>, terms: &Terms) -> Result<u64, Refusal> {
    match said {
        None | Some(0) => Ok(terms.timeout_s),
        Some(said) => match u64::try_from(said) {
            Ok(seconds) if seconds <= terms.longest_s => Ok(seconds),
            _ => Err(Refusal::Timeout { said, most: terms.longest_s }),
        },
    }
}

/// Nothing, `{}` and empty text are no context.
fn context(said: Option<Value>) -> Result<Option<Value>, Refusal> {
    let said = match said {
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) if text.len() <= CONTEXT => {
            Some(serde_json::from_str(&text).map_err(|error| Refusal::Context(error.to_string()))?)
        }
        said => said,
    };
    match said {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) if map.is_empty() => Ok(None),
        Some(value) if value.to_string().len() > CONTEXT => {
            Err(Refusal::TooLong { what: "context", most: CONTEXT })
        }
        Some(value @ Value::Object(_)) => Ok(Some(value)),
        Some(_) => Err(Refusal::Context("it is none".to_owned())),
    }
}

/// On one line, without what could move a cursor.
fn summary(prompt: &str) -> String {
    let plain = prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    plain.chars().filter(|c| !c.is_control()).take(SUMMARY).collect()
}
