//! What a test makes the model do: turns, each taken by the first request that it fits.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::wire::Wire;

/// One answer of the model.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Turn {
    /// Which requests may take it.
    #[serde(rename = "match")]
    pub when: When,
    /// So many requests take it; 0: every one, until the script is cleared.
    pub times: u32,
    pub thinking: String,
    pub say: String,
    /// So many bytes of nonsense after what it says.
    pub filler: usize,
    pub calls: Vec<Action>,
    pub stop: Stop,
    /// `None`: estimated from the lengths.
    pub usage: Option<Usage>,
    pub pace: Pace,
    pub gates: Vec<Gate>,
    pub cut: Option<Cut>,
    /// Instead of everything above.
    pub refusal: Option<Refusal>,
    pub spoilt: Option<Spoilt>,
    pub oddities: Oddities,
}

/// All that is set must fit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    pub wire: Option<Wire>,
    /// A part of the path.
    pub path: Option<String>,
    /// A part of the model's name.
    pub model: Option<String>,
    /// Whether the request offers tools. Agents ask on the side for titles and summaries; those offer none.
    pub tools: Option<bool>,
    /// Stands somewhere in the body, as it was sent.
    pub containing: Option<String>,
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Exactly this one.
    Tool { name: String, arguments: Value },
    /// A command, by the tool that the agent offers for it.
    Shell { command: String },
    /// A new file.
    Write { path: String, content: String },
    /// A text in a file, replaced by another.
    Edit { path: String, old: String, new: String },
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The end of the turn, or tool calls when there are some.
    #[default]
    Natural,
    /// The limit of tokens was reached.
    Length,
    /// The content was refused by a filter.
    Filter,
}

/// Tokens. The formats add them up differently: here each is counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Usage {
    /// Of the prompt, neither read from a cache nor written to one.
    pub input: u64,
    /// Of the prompt, read from a cache.
    pub cached: u64,
    /// Of the prompt, written to a cache; Anthropic's format alone tells.
    pub written: u64,
    /// Of the answer, thinking included.
    pub output: u64,
    /// Of these, thinking.
    pub thinking: u64,
}

/// How a stream is cut up. Texts, thoughts and arguments come in chunks; what opens and closes them does not count.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pace {
    /// Characters in a chunk.
    pub chunk: usize,
    /// Real milliseconds before each chunk.
    pub delay_ms: u64,
    /// What goes on the wire is written so many bytes at a time; 0: event by event.
    pub shard: usize,
}

/// The answer stops before its n-th chunk until the gate is released; 0: before its head, more than there are:
/// before its end. An answer that is no stream has one chunk, its second half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    pub before: usize,
    pub name: String,
}

/// The end that comes after so many chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    pub after: usize,
    pub how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The connection is reset.
    Reset,
    /// The connection ends before the body does.
    Close,
    /// The body ends as if it were whole, without the events that end an answer.
    End,
    /// The format's own event for an error, then the end.
    Error,
}

/// A status instead of an answer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Refusal {
    pub status: u16,
    pub retry_after: RetryAfter,
    /// `None`: what the vendor says.
    pub message: Option<String>,
    pub words: Words,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    #[default]
    Absent,
    Seconds(u64),
}

/// Whose error body it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Words {
    #[default]
    Vendor,
    Databricks,
}

/// An answer that nobody can use, with 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spoilt {
    /// The connection is reset before a byte.
    NoAnswer,
    /// The page of somebody in front.
    Html,
    /// Text that is no JSON.
    NotJson,
    /// JSON that ends too early: the whole body's, or that of the first chunk's event.
    HalfJson,
    /// Nothing.
    Empty,
}

/// What Databricks' chat completions do differently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Oddities {
    /// Every tool is called `databricks-tool-call`; its name stands among the arguments.
    pub hidden_names: bool,
    /// `finish_reason` is `stop` although there are tool calls.
    pub stop_with_calls: bool,
    /// `content` is a list of blocks, as with Gemini models.
    pub content_lists: bool,
    /// Every event has the usage, whether it was asked for or not.
    pub usage_always: bool,
}

impl Default for Turn {
    fn default() -> Turn {
        Turn {
            when: When::default(),
            times: 1,
            thinking: String::new(),
            say: String::new(),
            filler: 0,
            calls: Vec::new(),
            stop: Stop::Natural,
            usage: None,
            pace: Pace::default(),
            gates: Vec::new(),
            cut: None,
            refusal: None,
            spoilt: None,
            oddities: Oddities::default(),
        }
    }
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { chunk: 16, delay_ms: 0, shard: 0 }
    }
}

impl Turn {
    #[must_use]
    pub fn say(text: impl Into<String>) -> Turn {
        Turn { say: text.into(), ..Turn::default() }
    }

    /// Answers with a status and the vendor's body for it.
    #[must_use]
    pub fn refuse(status: u16) -> Turn {
        Turn { refusal: Some(Refusal { status, ..Refusal::default() }), ..Turn::default() }
    }

    #[must_use]
    pub fn spoil(spoilt: Spoilt) -> Turn {
        Turn { spoilt: Some(spoilt), ..Turn::say("this is never heard in full") }
    }

    #[must_use]
    pub fn thinking(mut self, text: impl Into<String>) -> Turn {
        self.thinking = text.into();
        self
    }

    #[must_use]
    pub fn call(mut self, name: &str, arguments: Value) -> Turn {
        self.calls.push(Action::Tool { name: name.to_owned(), arguments });
        self
    }

    #[must_use]
    pub fn shell(mut self, command: &str) -> Turn {
        self.calls.push(Action::Shell { command: command.to_owned() });
        self
    }

    #[must_use]
    pub fn write(mut self, path: &str, content: &str) -> Turn {
        self.calls.push(Action::Write { path: path.to_owned(), content: content.to_owned() });
        self
    }

    #[must_use]
    pub fn edit(mut self, path: &str, old: &str, new: &str) -> Turn {
        self.calls.push(Action::Edit { path: path.to_owned(), old: old.to_owned(), new: new.to_owned() });
        self
    }

    #[must_use]
    pub fn usage(mut self, usage: Usage) -> Turn {
        self.usage = Some(usage);
        self
    }

    /// Characters in a chunk, real milliseconds before each.
    #[must_use]
    pub fn paced(mut self, chunk: usize, delay_ms: u64) -> Turn {
        self.pace.chunk = chunk;
        self.pace.delay_ms = delay_ms;
        self
    }

    /// Writes so many bytes at a time, through events and letters.
    #[must_use]
    pub fn sharded(mut self, bytes: usize) -> Turn {
        self.pace.shard = bytes;
        self
    }

    #[must_use]
    pub fn stop_before(mut self, chunk: usize, gate: &str) -> Turn {
        self.gates.push(Gate { before: chunk, name: gate.to_owned() });
        self
    }

    #[must_use]
    pub fn cut(mut self, after: usize, how: How) -> Turn {
        self.cut = Some(Cut { after, how });
        self
    }

    /// With a refusal: when to come again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Turn {
        self.refusal.get_or_insert_default().retry_after = RetryAfter::Seconds(seconds);
        self
    }

    /// With a refusal: in the words of Databricks.
    #[must_use]
    pub fn as_databricks(mut self) -> Turn {
        self.refusal.get_or_insert_default().words = Words::Databricks;
        self
    }

    #[must_use]
    pub fn odd(mut self, oddities: Oddities) -> Turn {
        self.oddities = oddities;
        self
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Turn {
        self.times = times;
        self
    }

    #[must_use]
    pub fn fitting(mut self, when: When) -> Turn {
        self.when = when;
        self
    }

    /// Only for a request that offers tools.
    #[must_use]
    pub fn with_tools(mut self) -> Turn {
        self.when.tools = Some(true);
        self
    }
}
