//! Answers to whoever asks about tasks.

use std::cmp::Reverse;

use actix::fut::ready;
use actix::prelude::*;
use chrono::Utc;
use serde_json::Value;

use super::messages::{
    Accepted, Cancel, GetResult, GetTask, GetTrail, Inbox, Left, Listing, NoTask, Reply, ReplyError, Run,
    Shown, Watch,
};
use super::prepare::place;
use super::registry::Tasks;
use crate::actors::store::{ReadTask, ReadTaskTrail};
use crate::domain::tasks::{Body, Entry, NotAnswered, Now, Order, Refusal, TaskId};
use crate::os::{clock, random};

impl Handler<Run> for Tasks {
    type Result = ResponseActFuture<Self, Result<Accepted, Refusal>>;

    fn handle(&mut self, Run { who, wish }: Run, _: &mut Self::Context) -> Self::Result {
        let settings = self.settings.clone();
        let checking = tokio::task::spawn_blocking(move || {
            let (order, body) = wish.check(&settings.terms())?;
            Ok((place(&settings.home, order)?, body))
        });
        Box::pin(checking.into_actor(self).then(move |checked, act, ctx| {
            let checked = checked.unwrap_or_else(|error| Err(Refusal::NotKept(error.to_string())));
            match checked.and_then(|(order, body)| act.submit(&who, order, body, ctx)) {
                Ok((id, again)) => act.accepted(&id, again),
                Err(refusal) => Box::pin(ready(Err(refusal))),
            }
        }))
    }
}

impl Tasks {
    fn submit(
        &mut self,
        who: &str,
        order: Order,
        body: Body,
        ctx: &mut Context<Self>,
    ) -> Result<(TaskId, bool), Refusal> {
        let token = random::token().map_err(|error| Refusal::NotKept(error.to_string()))?;
        let id = TaskId::fresh(&token).map_err(|error| Refusal::NotKept(error.to_string()))?;
        let session = uuid::Uuid::new_v4().to_string();
        let now = Now { at: Utc::now(), moment: clock::since_start() };
        let taken = self.board.submit(who, (order, body), (id, session), now)?;
        self.go_on(ctx);
        Ok((taken.id, taken.again))
    }

    /// Answers once it is written down.
    fn accepted(&mut self, id: &TaskId, again: bool) -> ResponseActFuture<Self, Result<Accepted, Refusal>> {
        let (id, kept) = (id.clone(), self.kept(id));
        Box::pin(kept.into_actor(self).map(move |kept, act, _| {
            let lost = || Err("the tasks were started anew".to_owned());
            kept.unwrap_or_else(|_| lost()).map_err(Refusal::NotKept)?;
            let shown = act.shown(&id).ok_or_else(|| Refusal::NotKept("it was forgotten".to_owned()))?;
            Ok(Accepted { shown, again })
        }))
    }

    /// Answers with the task once it is written down. That it could not be is told in the log, and tried again.
    fn safe(&mut self, id: &TaskId) -> ResponseActFuture<Self, Option<Shown>> {
        let (id, kept) = (id.clone(), self.kept(id));
        Box::pin(kept.into_actor(self).map(move |_, act, _| act.shown(&id)))
    }
}

impl Handler<Inbox> for Tasks {
    type Result = MessageResult<Inbox>;

    fn handle(&mut self, asked: Inbox, _: &mut Self::Context) -> Self::Result {
        let cursor = Utc::now();
        let waiting = self.board.waiting();
        let wanted = self.board.tasks().filter(|task| {
            asked.owner.as_ref().is_none_or(|owner| task.owner == *owner)
                && asked.status.as_ref().is_none_or(|status| task.status() == status)
                && asked.since.is_none_or(|since| task.changed_at > since)
        });
        let mut tasks: Vec<Shown> = wanted
            .map(|task| Shown {
                task: task.clone(),
                position: waiting.iter().position(|id| *id == task.id).map(|place| place + 1),
            })
            .collect();
        tasks.sort_by_key(|shown| Reverse(shown.task.created_at));
        tasks.sort_by_key(|shown| {
            let since = shown.task.state.needs_a_person().then_some(shown.task.changed_at);
            (since.is_none(), since)
        });
        MessageResult(Listing { tasks, cursor })
    }
}

impl Handler<GetTask> for Tasks {
    type Result = Option<Shown>;

    fn handle(&mut self, GetTask(id): GetTask, _: &mut Self::Context) -> Self::Result {
        self.shown(&id)
    }
}

impl Handler<Watch> for Tasks {
    type Result = ResponseActFuture<Self, Option<Shown>>;

    fn handle(&mut self, Watch { id, seen, wait }: Watch, _: &mut Self::Context) -> Self::Result {
        let now = self.shown(&id);
        if now.as_ref().is_none_or(|shown| shown.task.revision > seen) {
            return Box::pin(ready(now));
        }
        let changed = tokio::time::timeout(wait, self.change(&id, seen));
        Box::pin(changed.into_actor(self).map(move |_, act, _| act.shown(&id)))
    }
}

impl Handler<GetResult> for Tasks {
    type Result = ResponseActFuture<Self, Result<Option<Left>, String>>;

    fn handle(&mut self, GetResult(id): GetResult, _: &mut Self::Context) -> Self::Result {
        if self.board.get(&id).is_none() {
            return Box::pin(ready(Ok(None)));
        }
        // What it left is written together with its end.
        let safe = self.safe(&id);
        Box::pin(safe.then(move |_, act, _| {
            // What is read may be newer than what is shown, never older.
            let (shown, reading) = (act.shown(&id), act.settings.store.send(ReadTask(id)));
            reading.into_actor(act).map(move |read, _, _| {
                let read = read.map_err(|_| "the store does not answer; try again".to_owned())?;
                let papers = read.map_err(|error| error.to_string())?;
                let json =
                    |text: Option<String>| text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
                Ok(shown.map(|shown| Left {
                    shown,
                    result: json(papers.result),
                    receipt: json(papers.receipt),
                }))
            })
        }))
    }
}

impl Handler<GetTrail> for Tasks {
    type Result = ResponseFuture<Result<Vec<Entry>, String>>;

    fn handle(&mut self, GetTrail(id): GetTrail, _: &mut Self::Context) -> Self::Result {
        let reading = self.settings.store.send(ReadTaskTrail(id));
        Box::pin(async move {
            let read = reading.await.map_err(|_| "the store does not answer; try again".to_owned())?;
            read.map_err(|error| error.to_string())
        })
    }
}

impl Handler<Reply> for Tasks {
    type Result = ResponseActFuture<Self, Result<Shown, ReplyError>>;

    fn handle(&mut self, reply: Reply, ctx: &mut Self::Context) -> Self::Result {
        let session = uuid::Uuid::new_v4().to_string();
        let answered = self.board.answer(&reply.id, reply.question.as_deref(), reply.answer(), session);
        let answered = answered.ok_or(ReplyError::NoTask(NoTask)).and_then(|answered| Ok(answered?));
        if let Err(error) = answered {
            return Box::pin(ready(Err(error)));
        }
        self.go_on(ctx);
        Box::pin(self.safe(&reply.id).map(|shown, _, _| Ok(shown.ok_or(NoTask)?)))
    }
}

impl Handler<Cancel> for Tasks {
    type Result = ResponseActFuture<Self, Result<Shown, NoTask>>;

    fn handle(&mut self, Cancel { id, by }: Cancel, ctx: &mut Self::Context) -> Self::Result {
        let now = Now { at: Utc::now(), moment: clock::since_start() };
        if self.board.cancel(&id, &by, now).is_none() {
            return Box::pin(ready(Err(NoTask)));
        }
        self.go_on(ctx);
        Box::pin(self.safe(&id).map(|shown, _, _| shown.ok_or(NoTask)))
    }
}

impl ReplyError {
    /// For programs.
    pub fn code(&self) -> &'static str {
        match self {
            ReplyError::NoTask(_) => "task_not_found",
            ReplyError::NotAnswered(NotAnswered::NotAsked(_) | NotAnswered::NotOpen(_)) => "not_asked",
            ReplyError::NotAnswered(_) => "invalid",
        }
    }
}
