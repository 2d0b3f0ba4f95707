//! What one request comes to. Whatever becomes of it, it is noted when this goes.

use std::time::Instant;

use bytes::Bytes;

use crate::actors::gateway::{Hold, Noted, Way};
use crate::actors::traces::Tape;
use crate::domain::gateway::usage::Reader;
use crate::domain::gateway::{Finished, Outcome, Refusal, Wire};

pub struct Meter {
    way: Way,
    /// Counts the request, and holds its body's bytes.
    pub hold: Hold,
    session: String,
    agent: String,
    model: String,
    wire: Wire,
    began: Instant,
    first: Option<Instant>,
    reader: Option<Reader>,
    /// None: nothing is traced.
    tape: Option<Tape>,
    outcome: Outcome,
    trouble: Option<String>,
}

impl Meter {
    pub fn new(way: Way, session: String, agent: String, wire: Wire) -> Meter {
        let hold = way.load.enter();
        let tape = way.tap.as_ref().and_then(|tap| tap.tape(wire));
        Meter {
            way,
            hold,
            session,
            agent,
            model: String::new(),
            wire,
            began: Instant::now(),
            first: None,
            reader: None,
            tape,
            // Until anything else is known.
            outcome: Outcome::Cancelled,
            trouble: None,
        }
    }

    /// The request is read, the model is asked. `body`: if it is held.
    pub fn asked(&mut self, model: &str, body: Option<&Bytes>) {
        if let (Some(tape), Some(body)) = (&mut self.tape, body) {
            tape.asked(body);
        }
        model.clone_into(&mut self.model);
        self.began = Instant::now();
    }

    /// It went no further.
    pub fn refused(&mut self, refusal: &Refusal) {
        self.trouble = Some(refusal.to_string());
        self.outcome = match refusal {
            Refusal::Unreachable(_) | Refusal::Broken | Refusal::Late(_) => Outcome::Network,
            other => Outcome::of_status(other.status()),
        };
    }

    /// The head of the answer is there. `events`: a stream of them follows.
    pub fn answering(&mut self, status: u16, events: bool) {
        if status >= 400 {
            self.trouble = Some(format!("the model answered with status {status}"));
        } else {
            self.reader = Some(Reader::new(self.wire, events));
            if let Some(tape) = &mut self.tape {
                tape.answering(events);
            }
        }
    }

    /// A piece of the answer, as the agent gets it.
    pub fn passed(&mut self, bytes: &[u8]) {
        self.first.get_or_insert_with(Instant::now);
        if let Some(reader) = &mut self.reader {
            reader.read(bytes);
        }
        if let Some(tape) = &mut self.tape {
            tape.passed(bytes);
        }
    }

    /// The answer is whole.
    pub fn ended(&mut self, status: u16) {
        self.outcome = Outcome::of_status(status);
    }

    /// The answer broke off.
    pub fn broke(&mut self, why: &str) {
        self.outcome = Outcome::Network;
        self.trouble = Some(why.to_owned());
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let reading = self.reader.take().map(Reader::finish).unwrap_or_default();
        let mut outcome = self.outcome;
        if reading.failed && outcome == Outcome::Answered {
            outcome = Outcome::Failed;
            self.trouble = Some("the model's answer ended in an error".to_owned());
        }
        // What was asked for is what the price list knows; an alias says nothing.
        let model = if self.model.is_empty() {
            reading.model.unwrap_or_default()
        } else {
            std::mem::take(&mut self.model)
        };
        let finished = Finished {
            session: std::mem::take(&mut self.session),
            agent: std::mem::take(&mut self.agent),
            model,
            outcome,
            metered: self.wire != Wire::Other,
            tokens: reading.tokens,
            first_byte: self.first.map(|first| first - self.began),
            total: self.began.elapsed(),
        };
        let Finished { session, agent, model, .. } = &finished;
        let ms = finished.total.as_millis();
        tracing::debug!(session, agent, model, ?outcome, ms, trouble = self.trouble, "a model was asked");
        if let Some(tape) = self.tape.take() {
            tape.over(finished.clone(), self.trouble.clone());
        }
        self.way.note(Noted { finished, trouble: self.trouble.take() });
    }
}
