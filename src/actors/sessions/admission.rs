//! Whether another session may be made.

use std::time::Duration;

use actix::fut::{LocalBoxActorFuture, ready};
use actix::prelude::*;

use super::messages::{Count, CreateError, Made, Refused};
use super::registry::{Entry, Sessions};
use crate::actors::capacity::Look;
use crate::actors::panes::{Prepare, Prepared};
use crate::domain::capacity::{Slots, State};
use crate::domain::session_record::SessionRecord;

/// How long the capacity may take to be known; unknown admits.
const LOOK: Duration = Duration::from_secs(1);
/// How long tmux may take; its own deadline is shorter. Then the session starts without it.
const PREPARE: Duration = Duration::from_secs(10);

pub(super) type Admission<T> = LocalBoxActorFuture<Sessions, Result<T, CreateError>>;

impl Sessions {
    /// Ended sessions take no slot, however many are listed; nor do those of tasks, which have their own.
    pub(super) fn slots(&self) -> Slots {
        let is_theirs = |entry: &&Entry| entry.held.is_some() && entry.record.task.is_none();
        let running = self.entries.values().filter(is_theirs).count();
        Slots { running, pending: self.creating, limit: self.settings.max_sessions }
    }

    /// Takes a slot for a session that is about to be made; `created` or `give_back` returns it. Who is refused has
    /// none. `task`: it has a slot elsewhere, and only memory counts.
    pub(super) fn admit(&mut self, task: bool) -> Admission<()> {
        let slots = self.slots();
        let look = Look { pending: slots.pending, tree: false };
        let looked = self.settings.capacity.send(look).timeout(LOOK).into_actor(self);
        if !task && !slots.accepting() {
            return Box::pin(looked.map(move |reading, _, _| {
                Err(CreateError::Limit(Box::new(Refused { slots, reading: reading.ok() })))
            }));
        }
        self.creating += 1;
        Box::pin(looked.map(move |reading, act, _| match reading {
            Ok(reading) if reading.state == State::Pressure => {
                act.creating -= 1;
                Err(CreateError::Pressure(Box::new(Refused { slots, reading: Some(reading) })))
            }
            _ => Ok(()),
        }))
    }

    /// How to start a plain shell inside tmux, where that is wanted.
    pub(super) fn prepare(&mut self, record: &SessionRecord, plain: bool) -> Admission<Option<Prepared>> {
        if !plain || !self.settings.tmux {
            return Box::pin(ready(Ok(None)));
        }
        let asked = Prepare { pane: record.pane_id, directory: record.cwd.clone().into() };
        let asked = self.settings.panes.send(asked).timeout(PREPARE).into_actor(self);
        Box::pin(asked.map(|answer, _, _| {
            answer.unwrap_or(Ok(None)).map_err(|error| CreateError::Invalid(error.to_string()))
        }))
    }

    /// Gives the slot of a session back that cannot be made.
    pub(super) fn give_back(&mut self, error: CreateError) -> Admission<Made> {
        self.creating -= 1;
        Box::pin(ready(Err(error)))
    }
}

impl Handler<Count> for Sessions {
    type Result = MessageResult<Count>;

    fn handle(&mut self, _: Count, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.slots())
    }
}
