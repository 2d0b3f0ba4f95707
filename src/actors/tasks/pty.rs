//! Runs any agent that has a command which does one thing and ends: in a session of its own, of which everything is
//! kept to be watched, and into which nobody types.

use std::time::Duration;

use actix::prelude::*;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::driver::{Driver, Launch, NotLaunched, Sight};
use crate::actors::session::{CallerId, End, Poll, Polled, Session};
use crate::actors::sessions::{Create, CreateError, Fated, Find, LookUp, Sessions, TaskRun, Wanted};
use crate::domain::exit::{Exit, Reason};
use crate::domain::tasks::{Ending, Fate, Heard, Hearing, Settled, TaskId};

/// How long a look waits for news, and an answer of the session for at the most.
const LOOK: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(10);
/// Output taken in one look, in bytes.
const MOST: usize = 256 * 1024;
/// The daemon's own name among those who poll.
const CALLER: CallerId = 0x7461_736b;

pub struct Pty {
    sessions: Addr<Sessions>,
    task: TaskId,
    session_id: String,
    /// Everything before this offset was understood.
    offset: u64,
    hearing: Hearing,
}

impl Pty {
    pub fn new(sessions: Addr<Sessions>, task: TaskId, session_id: String) -> Pty {
        Pty { sessions, task, session_id, offset: 0, hearing: Hearing::default() }
    }

    async fn session(&self) -> Option<Addr<Session>> {
        self.sessions.send(Find(self.session_id.clone())).timeout(PATIENCE).await.ok().flatten()
    }

    async fn look_up(&self) -> Option<Fated> {
        self.sessions.send(LookUp(self.session_id.clone())).timeout(PATIENCE).await.ok()
    }

    async fn poll(&mut self) -> Option<Polled> {
        let poll = Poll { caller: CALLER, from: Some(self.offset), most: MOST, wait: LOOK, after: None };
        self.session().await?.send(poll).timeout(PATIENCE).await.ok()?.ok()
    }

    async fn seen(&mut self) -> Sight {
        let Some(polled) = self.poll().await else {
            tokio::time::sleep(LOOK).await;
            return self.without_answer().await;
        };
        let active = polled.offset > self.offset;
        self.offset = polled.offset;
        self.hearing.feed(&polled.output);
        Sight { active, facts: Vec::new(), ending: polled.exit.as_ref().map(ending) }
    }

    /// A session that does not answer is busy, or is being made; or it failed, or somebody dismissed it.
    async fn without_answer(&self) -> Sight {
        let gone = match self.look_up().await {
            Some(Fated { fate: Fate::Absent, .. }) => Some(Ending::Unseen),
            Some(Fated { fate: Fate::Over, exit }) => Some(exit.as_ref().map_or(Ending::Unseen, ending)),
            _ => None,
        };
        Sight { ending: gone, ..Sight::default() }
    }
}

fn ending(exit: &Exit) -> Ending {
    match (exit.reason, exit.code, exit.signal) {
        (Reason::Unknown | Reason::Redeployed, _, _) => Ending::Unseen,
        (_, Some(code), _) => Ending::Code(code),
        (_, None, Some(signal)) => Ending::Signal(signal),
        (_, None, None) => Ending::Unseen,
    }
}

impl Driver for Pty {
    fn find(&mut self) -> LocalBoxFuture<'_, Fate> {
        async {
            loop {
                if let Some(fated) = self.look_up().await {
                    return fated.fate;
                }
            }
        }
        .boxed_local()
    }

    fn launch(&mut self, launch: Launch) -> LocalBoxFuture<'_, Result<(), NotLaunched>> {
        async move {
            let run = TaskRun { task: self.task.clone(), session_id: self.session_id.clone() };
            let wanted = Wanted {
                label: launch.label,
                argv: launch.command,
                cwd: Some(launch.cwd.into()),
                task: Some(run),
                ..Wanted::default()
            };
            match self.sessions.send(Create(wanted)).await {
                Ok(Ok(_) | Err(CreateError::Exists(_))) => Ok(()),
                Ok(Err(CreateError::Invalid(why))) => Err(NotLaunched::Never(why)),
                Ok(Err(error)) => Err(NotLaunched::Later(error.to_string())),
                Err(_) => Err(NotLaunched::Later("the sessions do not answer".to_owned())),
            }
        }
        .boxed_local()
    }

    fn look(&mut self) -> LocalBoxFuture<'_, Sight> {
        self.seen().boxed_local()
    }

    fn answer(&mut self, _: Settled) -> LocalBoxFuture<'_, Result<(), String>> {
        async { Err("this agent takes no answers while it runs".to_owned()) }.boxed_local()
    }

    fn end(&mut self) -> LocalBoxFuture<'_, ()> {
        async {
            if let Some(session) = self.session().await {
                session.do_send(End);
            }
        }
        .boxed_local()
    }

    fn heard(&self) -> Heard {
        self.hearing.heard()
    }
}
