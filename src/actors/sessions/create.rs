//! Making a session.

use actix::prelude::*;
use chrono::Utc;

use super::messages::{Create, CreateError, Wanted};
use super::registry::Sessions;
use crate::actors::events::Published;
use crate::actors::keeper_link::{Handed, SpawnError, Start};
use crate::actors::session::Origin;
use crate::domain::event::Event;
use crate::domain::keeper_frames::Spawn;
use crate::domain::label;
use crate::domain::session_record::{SessionRecord, VERSION};
use crate::domain::shell_integration::{self, Injected};
use crate::os::{random, session_files};

/// Most arguments, and their bytes in all.
const ARGUMENTS: usize = 1_000;
const ARGUMENT_BYTES: usize = 32 * 1024;

impl Handler<Create> for Sessions {
    type Result = ResponseActFuture<Self, Result<String, CreateError>>;

    fn handle(&mut self, Create(wanted): Create, _: &mut Self::Context) -> Self::Result {
        let record = match self.check(wanted) {
            Ok(record) => record,
            Err(error) => return Box::pin(actix::fut::ready(Err(error))),
        };
        self.creating += 1;
        let (root, written) = (self.settings.root.clone(), record.clone());
        let writing = tokio::task::spawn_blocking(move || session_files::write(&root, &written));
        let starting = self.settings.keeper.send(Start(self.spawn_order(&record)));
        let made = async move {
            match writing.await {
                Ok(Ok(())) => {}
                // A full disk is when a shell is wanted most.
                Ok(Err(error)) => tracing::error!(%error, "a session's record could not be written"),
                Err(error) => tracing::error!(%error, "writing a session's record was cut short"),
            }
            starting.await.unwrap_or(Err(SpawnError::Lost))
        };
        Box::pin(made.into_actor(self).map(|started, act, ctx| act.created(record, started, ctx)))
    }
}

impl Sessions {
    /// The record of what is wanted, or what is wrong with it.
    fn check(&self, wanted: Wanted) -> Result<SessionRecord, CreateError> {
        if self.draining {
            return Err(CreateError::Draining);
        }
        let (current, limit) = (self.entries.len() + self.creating, self.settings.max_sessions);
        if current >= limit {
            return Err(CreateError::Limit { current, limit });
        }
        label::check(&wanted.label).map_err(|error| CreateError::Invalid(error.to_string()))?;
        let bytes: usize = wanted.argv.iter().map(String::len).sum();
        if wanted.argv.len() > ARGUMENTS || bytes > ARGUMENT_BYTES {
            let most = format!("command is longer than {ARGUMENTS} arguments or {ARGUMENT_BYTES} bytes");
            return Err(CreateError::Invalid(most));
        }
        let nul = |text: &String| text.contains('\0');
        let cwd = wanted.cwd.unwrap_or_else(|| self.settings.directory.clone()).display().to_string();
        if wanted.argv.iter().any(nul) || nul(&cwd) {
            return Err(CreateError::Invalid("command and cwd must not contain NUL".to_owned()));
        }
        let argv = if wanted.argv.is_empty() { vec![self.settings.shell.clone()] } else { wanted.argv };
        // Without random bytes its marks are trusted as little as anybody's.
        let nonce = self.settings.marks.as_ref().and_then(|_| random::token().ok()).unwrap_or_default();
        Ok(SessionRecord {
            version: VERSION,
            id: uuid::Uuid::new_v4().to_string(),
            label: wanted.label,
            argv,
            cwd,
            created_at: Utc::now(),
            size: wanted.size.unwrap_or(self.settings.size),
            exit: None,
            offset: 0,
            nonce,
        })
    }

    fn spawn_order(&self, record: &SessionRecord) -> Spawn {
        let environment = &self.settings.environment;
        let folder = self.settings.marks.as_deref();
        let injected = folder.and_then(|folder| {
            shell_integration::inject(&record.argv, folder, &record.nonce, environment.get("ZDOTDIR"))
        });
        let Injected { argv, mut variables } = injected.unwrap_or_else(|| Injected::none(&record.argv));
        variables.push(("CODA_SESSION_ID", record.id.clone()));
        Spawn {
            id: record.id.clone(),
            argv,
            env: environment.with(variables),
            cwd: record.cwd.clone(),
            rows: record.size.rows,
            cols: record.size.cols,
            ring_bytes: self.settings.ring_bytes,
        }
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
        match started {
            Ok(mut handed) => {
                handed.kept.exited = handed.kept.exited.or(ended);
                self.adopt(record, handed, Origin::Created, ctx);
                let event = Event::SessionCreated { session_id: id.clone(), label };
                self.settings.events.do_send(Published(event));
                Ok(id)
            }
            Err(error) => {
                self.settings.journals.do_send(crate::actors::journals::Remove { id });
                Err(match error {
                    SpawnError::Refused(why) => CreateError::Invalid(why),
                    SpawnError::Lost => CreateError::Failed(error.to_string()),
                })
            }
        }
    }
}
