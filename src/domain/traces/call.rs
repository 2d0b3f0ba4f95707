//! One request to a model, as the gateway saw it.

use std::time::Duration;

use super::question::Question;
use super::reply::Reply;
use crate::domain::gateway::{Finished, Outcome, Tokens, Wire};

/// A request and its answer, as they went over the wire.
#[derive(Debug)]
pub struct Heard<'a> {
    pub wire: Wire,
    pub finished: &'a Finished,
    /// What went wrong, if something did.
    pub trouble: Option<&'a str>,
    /// Nanoseconds since 1970, when it was over.
    pub ended: u64,
    /// As the model got it; `None`: too long to be read.
    pub request: Option<&'a [u8]>,
    /// As the agent got it; `None`: too long to be read.
    pub answer: Option<&'a [u8]>,
    /// The answer is a stream of events.
    pub events: bool,
}

/// The same, understood. Times are in nanoseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub session: String,
    pub agent: String,
    pub model: String,
    pub started: u64,
    pub ended: u64,
    pub first_byte: Option<Duration>,
    pub outcome: Outcome,
    pub tokens: Option<Tokens>,
    pub trouble: Option<String>,
    pub question: Option<Question>,
    pub reply: Option<Reply>,
}

impl Call {
    pub fn read(heard: &Heard<'_>) -> Call {
        let Finished { session, agent, model, outcome, tokens, first_byte, total, .. } =
            heard.finished.clone();
        Call {
            session,
            agent,
            model: crate::domain::gateway::bounded(&model),
            started: heard.ended.saturating_sub(u64::try_from(total.as_nanos()).unwrap_or(0)),
            ended: heard.ended,
            first_byte,
            outcome,
            tokens,
            trouble: heard.trouble.map(str::to_owned),
            question: heard.request.and_then(|body| Question::read(heard.wire, body)),
            reply: heard.answer.map(|body| Reply::read(heard.wire, heard.events, body)),
        }
    }
}
