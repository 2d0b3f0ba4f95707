//! Making a session.

use actix::fut::ready;
use actix::prelude::*;
use chrono::Utc;
use futures_util::future::join;

use super::admission::Admission;
use super::messages::{Create, CreateError, Made, Wanted};
use super::registry::Sessions;
use super::resurrect::Own;
use crate::actors::events::Published;
use crate::actors::keeper_link::{Handed, SpawnError, Start};
use crate::actors::panes::Prepared;
use crate::actors::session::Origin;
use crate::domain::event::Event;
use crate::domain::keeper_frames::Spawn;
use crate::domain::label;
use crate::domain::session_record::{SessionRecord, VERSION};
use crate::domain::shell_integration::{self, Injected};
use crate::os::random;

/// Most arguments, and their bytes in all.
const ARGUMENTS: usize = 1_000;
const ARGUMENT_BYTES: usize = 32 * 1024;

impl Handler<Create> for Sessions {
    type Result = ResponseActFuture<Self, Result<Made, CreateError>>;

    fn handle(&mut self, Create(mut wanted): Create, _: &mut Self::Context) -> Self::Result {
        let own = Own { cwd: wanted.cwd.is_some(), size: wanted.size.is_some() };
        let (from, plain) = (wanted.from.take(), wanted.argv.is_empty());
        let record = match self.check(wanted) {
            Ok(record) => record,
            Err(error) => return Box::pin(ready(Err(error))),
        };
        if record.task.is_some() {
            self.starting.insert(record.id.clone());
        }
        Box::pin(self.admit(record.task.is_some()).then(move |admitted, act, _| match admitted {
            Ok(()) => act.make(record, from, own, plain),
            Err(error) => {
                act.starting.remove(&record.id);
                Box::pin(ready(Err(error)))
            }
        }))
    }
}

impl Sessions {
    /// Makes a session that has a slot: looks for the one it goes on from, and for its place in tmux.
    fn make(
        &mut self,
        record: SessionRecord,
        from: Option<String>,
        own: Own,
        plain: bool,
    ) -> Admission<Made> {
        let found = match from {
            Some(from) => self.go_on(&from, record, own),
            None => Box::pin(ready(Ok((record, 0)))),
        };
        Box::pin(found.then(move |found, act, _| {
            let (record, start) = match found {
                Ok(found) => found,
                Err(error) => return act.give_back(error),
            };
            Box::pin(act.prepare(&record, plain).then(move |prepared, act, _| match prepared {
                Ok(prepared) => act.start(record, start, prepared),
                Err(error) => {
                    act.remove(record.id);
                    act.give_back(error)
                }
            }))
        }))
    }

    /// Starts the program of `record`, whose output begins at `start`.
    fn start(
        &mut self,
        mut record: SessionRecord,
        start: u64,
        prepared: Option<Prepared>,
    ) -> Admission<Made> {
        record.tmux = prepared.is_some();
        record.pane_id = prepared.as_ref().map(|prepared| prepared.pane).or(record.pane_id);
        let reattached = prepared.as_ref().is_some_and(|prepared| prepared.reattached);
        // Also when it cannot be written down: a full disk is when a shell is wanted most.
        let writing = self.write_record(&record);
        self.starting.insert(record.id.clone());
        let starting = self.settings.keeper.send(Start(self.spawn_order(&record, start, prepared)));
        let made = async move { join(writing, starting).await.1.unwrap_or(Err(SpawnError::Lost)) };
        Box::pin(made.into_actor(self).map(move |started, act, ctx| {
            let pane_id = record.pane_id;
            act.created(record, started, ctx).map(|id| Made { id, pane_id, reattached })
        }))
    }

    /// The record of what is wanted, or what is wrong with it.
    fn check(&self, wanted: Wanted) -> Result<SessionRecord, CreateError> {
        if self.draining {
            return Err(CreateError::Draining);
        }
        label::check(&wanted.label).map_err(|error| CreateError::Invalid(error.to_string()))?;
        let bytes: usize = wanted.argv.iter().map(String::len).sum();
        if wanted.argv.len() > ARGUMENTS || bytes > ARGUMENT_BYTES {
            let most = format!("command is longer than {ARGUMENTS} arguments or {ARGUMENT_BYTES} bytes");
            return Err(CreateError::Invalid(most));
        }
        let exists =
            |id: &String| self.starting.contains(id) || self.entries.values().any(|it| it.record.id == *id);
        if let Some(id) = wanted.task.as_ref().map(|run| &run.session_id).filter(|id| exists(id)) {
            return Err(CreateError::Exists(id.clone()));
        }
        let nul = |text: &String| text.contains('\0');
        let cwd = wanted.cwd.unwrap_or_else(|| self.settings.directory.clone()).display().to_string();
        if wanted.argv.iter().any(nul) || nul(&cwd) {
            return Err(CreateError::Invalid("command and cwd must not contain NUL".to_owned()));
        }
        let argv = if wanted.argv.is_empty() { vec![self.settings.shell.clone()] } else { wanted.argv };
        // Without random bytes its marks are trusted as little as anybody's.
        let nonce = self.settings.marks.as_ref().and_then(|_| random::token().ok()).unwrap_or_default();
        let (task, id) = wanted.task.map(|run| (run.task, run.session_id)).unzip();
        Ok(SessionRecord {
            version: VERSION,
            id: id.unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
            label: wanted.label,
            argv,
            cwd,
            created_at: Utc::now(),
            size: wanted.size.unwrap_or(self.settings.size),
            exit: None,
            offset: 0,
            revision: 0,
            pane_id: wanted.pane_id,
            tmux: false,
            task,
            nonce,
        })
    }

    fn spawn_order(&self, record: &SessionRecord, start: u64, prepared: Option<Prepared>) -> Spawn {
        let (argv, cwd, mut variables) = match (prepared, self.marked(record)) {
            (Some(prepared), _) => (prepared.argv, prepared.directory.display().to_string(), Vec::new()),
            (None, Some(marked)) => (marked.argv, record.cwd.clone(), marked.variables),
            (None, None) => (record.argv.clone(), record.cwd.clone(), Vec::new()),
        };
        variables.push(("CODA_SESSION_ID", record.id.clone()));
        variables.extend(record.task.as_ref().map(|task| ("CODA_TASK_ID", task.to_string())));
        let given = self.settings.gateway.as_ref().map(|gateway| gateway.of(&record.id)).unwrap_or_default();
        Spawn {
            id: record.id.clone(),
            argv,
            env: self.settings.environment.with_given(variables, given),
            cwd,
            rows: record.size.rows,
            cols: record.size.cols,
            ring_bytes: self.settings.ring_bytes,
            start,
            niceness: self.settings.niceness,
        }
    }

    /// How to start it with marks, if it is a shell that takes them.
    fn marked(&self, record: &SessionRecord) -> Option<Injected> {
        let zdotdir = self.settings.environment.get("ZDOTDIR");
        shell_integration::inject(&record.argv, self.settings.marks.as_deref()?, &record.nonce, zdotdir)
    }

    fn created(
        &mut self,
        record: SessionRecord,
        started: Result<Handed, SpawnError>,
        ctx: &mut Context<Self>,
    ) -> Result<String, CreateError> {
        self.creating -= 1;
        let (id, label) = (record.id.clone(), record.label.clone());
        let ended = self.ended_early.remove(&id);
        self.starting.remove(&id);
        match started {
            Ok(mut handed) => {
                handed.kept.exited = handed.kept.exited.or(ended);
                self.adopt(record, handed, Origin::Created, ctx);
                let event = Event::SessionCreated { session_id: id.clone(), label };
                self.settings.events.do_send(Published(event));
                Ok(id)
            }
            Err(error) => {
                self.remove(id);
                Err(match error {
                    SpawnError::Refused(why) => CreateError::Invalid(why),
                    SpawnError::Lost => CreateError::Failed(error.to_string()),
                })
            }
        }
    }
}
