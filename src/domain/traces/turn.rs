//! A turn: from a person's prompt to the answer that asks for no tool.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::question::ToolResult;
use super::reply::ToolCall;
use super::text::{Bounds, clean};
use crate::domain::gateway::{Outcome, Tokens};

/// Times are in nanoseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// 32 hexadecimal digits.
    pub id: String,
    pub session: String,
    pub agent: String,
    pub prompt: String,
    /// The text of the last answer.
    pub answer: String,
    pub started: u64,
    pub ended: u64,
    pub state: State,
    pub spans: Vec<Span>,
    /// Calls that found no room.
    pub left_out: u64,
    /// Whether tools were offered; a request on the side has none.
    pub has_tools: bool,
    /// Which prompt of which conversation it is, as far as this daemon knows.
    #[serde(skip)]
    pub(super) thread: u64,
    /// Bytes of all texts.
    #[serde(skip)]
    bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Open,
    Done,
    /// It ended without an answer, because of this.
    Failed(String),
}

/// A call of a model or of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub kind: Kind,
    /// Of the model, or of the tool.
    pub name: String,
    pub started: u64,
    pub ended: u64,
    pub input: String,
    pub output: String,
    /// What the model asked for: names and arguments.
    pub calls: Vec<(String, String)>,
    /// Without what came from a cache or went into one; these; and of the answer.
    pub tokens: Option<[u64; 4]>,
    pub first_byte_ms: Option<u64>,
    pub error: Option<String>,
    /// Of a tool's call whose result has not come.
    awaited: Option<Awaited>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Awaited {
    id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Model,
    Tool,
}

impl Turn {
    /// The trace's id, as MLflow writes it.
    pub fn trace(&self) -> String {
        format!("tr-{}", self.id)
    }

    pub(super) fn begin(call: &Call, id: String, bounds: &Bounds) -> Turn {
        let question = call.question.clone().unwrap_or_default();
        let mut turn = Turn {
            id,
            session: call.session.clone(),
            agent: call.agent.clone(),
            prompt: String::new(),
            answer: String::new(),
            started: call.started,
            ended: call.ended,
            state: State::Open,
            spans: Vec::new(),
            left_out: 0,
            has_tools: question.offers_tools,
            thread: question.thread,
            bytes: 0,
        };
        turn.prompt = turn.keep(&question.prompt, bounds);
        turn
    }

    /// Whether one of these is the result of a call that this turn waits for.
    pub(super) fn awaits(&self, results: &[ToolResult]) -> bool {
        let ids = || self.spans.iter().filter_map(|span| span.awaited.as_ref()?.id.as_deref());
        results.iter().any(|result| ids().any(|id| Some(id) == result.id.as_deref()))
    }

    /// Adds a call of a model, with the results of tools that came with it.
    pub(super) fn add(&mut self, call: &Call, bounds: &Bounds) {
        let results = call.question.as_ref().map(|question| question.results.clone()).unwrap_or_default();
        let given: Vec<String> =
            results.iter().map(|result| self.settle(result, call.started, bounds)).collect();
        let reply = call.reply.clone().unwrap_or_default();
        let input = if given.is_empty() { self.prompt.clone() } else { given.join("\n") };
        let output = self.keep(&reply.text, bounds);
        let asked: Vec<(ToolCall, String)> = reply
            .calls
            .into_iter()
            .map(|asked| {
                let arguments = self.keep(&asked.arguments, bounds);
                (asked, arguments)
            })
            .collect();
        self.push(
            Span {
                kind: Kind::Model,
                name: call.model.clone(),
                started: call.started,
                ended: call.ended,
                input,
                output: output.clone(),
                calls: asked.iter().map(|(call, arguments)| (call.name.clone(), arguments.clone())).collect(),
                tokens: call
                    .tokens
                    .map(|Tokens { input, cached, written, output }| [input, cached, written, output]),
                first_byte_ms: call
                    .first_byte
                    .map(|first| u64::try_from(first.as_millis()).unwrap_or(u64::MAX)),
                error: trouble(call),
                awaited: None,
            },
            bounds,
        );
        self.ended = self.ended.max(call.ended);
        self.started = self.started.min(call.started);
        if call.outcome != Outcome::Answered {
            return;
        }
        self.answer = output;
        if asked.is_empty() {
            self.close(State::Done);
        }
        for (asked, arguments) in asked {
            self.expect(asked, arguments, call.ended, bounds);
        }
    }

    pub(super) fn close(&mut self, state: State) {
        self.state = state;
        for span in &mut self.spans {
            if span.awaited.take().is_some() {
                span.ended = self.ended;
            }
        }
    }

    /// How it stands when nothing more is to come.
    pub(super) fn why_open(&self) -> String {
        let last = self.spans.iter().rev().find(|span| span.kind == Kind::Model);
        let error = last.and_then(|span| span.error.clone());
        error.unwrap_or_else(|| "the agent asked for nothing more".to_owned())
    }

    fn expect(&mut self, call: ToolCall, input: String, at: u64, bounds: &Bounds) {
        let span = Span {
            kind: Kind::Tool,
            name: crate::domain::gateway::bounded(&call.name),
            started: at,
            ended: at,
            input,
            output: String::new(),
            calls: Vec::new(),
            tokens: None,
            first_byte_ms: None,
            error: None,
            awaited: Some(Awaited { id: call.id }),
        };
        self.push(span, bounds);
    }

    /// Notes the result of a call and gives its text. Where calls have no ids, order and name say the same.
    fn settle(&mut self, result: &ToolResult, at: u64, bounds: &Bounds) -> String {
        let text = self.keep(&result.text, bounds);
        let fits = |span: &Span| match (&span.awaited, &result.id) {
            (Some(Awaited { id: Some(id) }), Some(given)) => id == given,
            (Some(_), _) => result.name.as_ref().is_none_or(|name| *name == span.name),
            (None, _) => false,
        };
        if let Some(span) = self.spans.iter_mut().find(|span| fits(span)) {
            span.awaited = None;
            span.ended = at.max(span.started);
            span.output.clone_from(&text);
            span.error = result.failed.then(|| "the tool said that it failed".to_owned());
        }
        text
    }

    fn push(&mut self, span: Span, bounds: &Bounds) {
        if self.spans.len() < bounds.spans {
            self.spans.push(span);
        } else {
            self.left_out += 1;
        }
    }

    /// The text as it is kept.
    fn keep(&mut self, text: &str, bounds: &Bounds) -> String {
        let kept = clean(text, bounds.text.min(bounds.turn.saturating_sub(self.bytes)));
        self.bytes += kept.len();
        kept
    }
}

fn trouble(call: &Call) -> Option<String> {
    let said = || match call.outcome {
        Outcome::Cancelled => "the agent did not wait for the end".to_owned(),
        _ => "the model was not heard to the end".to_owned(),
    };
    (call.outcome != Outcome::Answered).then(|| call.trouble.clone().unwrap_or_else(said))
}
