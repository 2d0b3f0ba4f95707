//! The board of tasks and what it wants done.

use std::collections::BTreeMap;
use std::time::Duration;

use actix::prelude::*;
use chrono::Utc;
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use super::driver::Driver;
use super::messages::{Happened, Rest, Shown};
use super::pty::Pty;
use super::settings::TasksSettings;
use super::watcher::{Order, Watcher};
use crate::actors::events::Published;
use crate::actors::sessions::Close;
use crate::actors::store::{ForgetTask, WriteTask, write_task};
use crate::actors::supervisor::{Child, ChildGaveUp, ChildSpec, supervise};
use crate::domain::event::Event;
use crate::domain::tasks::{
    Act, Board, Body, Ending, Entry, Evidence, Fact, Found, Heard, Now, Report, Task, TaskId, receipt,
};
use crate::os::clock;
use crate::os::store::TaskWriting;

/// How often it looks what is due by itself: what is old, what could not be written.
const TICK: Duration = Duration::from_secs(1);

/// Whether a task is safe, or why it cannot be.
type Written = Result<(), String>;

/// The tasks.
///
/// *Parent* root · *Restart* permanent · *Owns* the board, the watchers · *Sends to* store, watchers, sessions, events ·
/// *Lost on crash* nothing: the board stays; who waits for an answer asks again.
pub struct Tasks {
    pub(super) settings: TasksSettings,
    pub(super) board: Board,
    watchers: BTreeMap<TaskId, (u32, Child<Watcher>)>,
    /// What runs left, until it is written.
    left: BTreeMap<TaskId, Report>,
    /// Who waits until a revision of a task is safe, or cannot be.
    waiting: Vec<(TaskId, u64, oneshot::Sender<Written>)>,
    /// Who waits for a task to change.
    watching: Vec<(TaskId, u64, oneshot::Sender<()>)>,
    resting: bool,
}

impl Tasks {
    pub fn new(mut settings: TasksSettings) -> Tasks {
        let kept = std::mem::take(&mut settings.kept);
        let board = Board::new(settings.rules.clone(), &settings.keeper, kept);
        Tasks {
            settings,
            board,
            watchers: BTreeMap::new(),
            left: BTreeMap::new(),
            waiting: Vec::new(),
            watching: Vec::new(),
            resting: false,
        }
    }

    pub(super) fn shown(&self, id: &TaskId) -> Option<Shown> {
        let task = self.board.get(id)?.clone();
        let position = self.board.waiting().iter().position(|waiting| waiting == id).map(|place| place + 1);
        Some(Shown { task, position })
    }

    /// Answers once what is known of the task now is safe.
    pub(super) fn kept(&mut self, id: &TaskId) -> oneshot::Receiver<Written> {
        let (tell, told) = oneshot::channel();
        let revision = self.board.get(id).map_or(0, |task| task.revision);
        if self.board.is_written(id, revision) {
            let _ = tell.send(Ok(()));
        } else {
            self.waiting.push((id.clone(), revision, tell));
        }
        told
    }

    /// Answers when the task has changed since revision `seen`.
    pub(super) fn change(&mut self, id: &TaskId, seen: u64) -> oneshot::Receiver<()> {
        let (tell, told) = oneshot::channel();
        self.watching.retain(|(_, _, tell)| !tell.is_closed());
        self.watching.push((id.clone(), seen, tell));
        told
    }

    /// Does what is due.
    pub(super) fn go_on(&mut self, ctx: &mut Context<Self>) {
        if self.resting {
            return;
        }
        loop {
            let acts = self.board.due(Now { at: Utc::now(), moment: clock::since_start() });
            if acts.is_empty() {
                break;
            }
            acts.into_iter().for_each(|act| self.act(act, ctx));
        }
        let board = &self.board;
        let changed = |(id, seen, _): &mut (TaskId, u64, oneshot::Sender<()>)| {
            board.get(id).is_none_or(|task| task.revision > *seen)
        };
        for (_, _, tell) in self.watching.extract_if(.., changed) {
            let _ = tell.send(());
        }
    }

    fn act(&mut self, act: Act, ctx: &mut Context<Self>) {
        match act {
            Act::Write { task, body, trail } => self.write(*task, body, trail, ctx),
            Act::Watch(task) => self.watch(*task, ctx),
            Act::Unwatch { id, .. } => {
                if let Some((_, child)) = self.watchers.remove(&id) {
                    child.handle.stop();
                }
            }
            Act::Stop { id, run } => self.order(&id, run, Order::Stop),
            Act::Deliver { id, run, settled } => self.order(&id, run, Order::Answer(settled)),
            Act::Tell { id, session_id, state, status } => {
                tracing::info!(task = %id, session = %session_id, ?state, "task");
                let event =
                    Event::TaskChanged { task_id: id.to_string(), session_id, status: status.to_owned() };
                self.settings.events.do_send(Published(event));
            }
            Act::Forget { id, sessions } => self.forget(id, sessions),
        }
    }

    fn order(&self, id: &TaskId, run: u32, order: Order) {
        if let Some((_, child)) = self.watchers.get(id).filter(|(number, _)| *number == run) {
            child.addr.do_send(order);
        }
    }

    fn write(&mut self, task: Task, body: Option<Body>, trail: Vec<Entry>, ctx: &mut Context<Self>) {
        let (id, revision) = (task.id.clone(), task.revision);
        let report = self.left.get(&id);
        let result = report.and_then(|report| serde_json::to_string(report).ok());
        let digest = result.as_ref().map(|text| {
            let digest = Sha256::digest(text);
            digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        });
        let over = task.state.is_over();
        let receipt = over.then(|| receipt(&task, report, digest.as_deref()).to_string());
        let writing = WriteTask(TaskWriting { task, body, trail, result, receipt });
        let writing = actix::spawn(write_task(self.settings.store.clone(), writing));
        ctx.spawn(writing.into_actor(self).map(move |written, act, ctx| {
            let written = written.unwrap_or_else(|error| Err(error.to_string()));
            act.written(&id, revision, over, written, ctx);
        }));
    }

    fn written(
        &mut self,
        id: &TaskId,
        revision: u64,
        over: bool,
        written: Result<(), String>,
        ctx: &mut Context<Self>,
    ) {
        match &written {
            Ok(()) => {
                self.board.written(id, revision);
                if over {
                    self.left.remove(id);
                }
            }
            Err(why) => {
                tracing::error!(task = %id, why, "a task could not be written down");
                self.board.not_written(id);
                self.board.withdraw(id);
            }
        }
        let is_it = |(other, wanted, _): &mut (TaskId, u64, _)| other == id && *wanted <= revision;
        for (_, _, tell) in self.waiting.extract_if(.., is_it) {
            let _ = tell.send(written.clone());
        }
        // A failure is tried again at the next tick.
        if written.is_ok() {
            self.go_on(ctx);
        }
    }

    fn watch(&mut self, task: Task, ctx: &mut Context<Self>) {
        let (id, run) = (task.id.clone(), task.run.number);
        let name = format!("task:{id}");
        let spec = ChildSpec::transient(name.clone())
            .intensity(20, Duration::from_secs(60))
            .parent(&ctx.address().recipient());
        let earlier = task.order.previous.as_ref().and_then(|previous| self.board.get(previous)).cloned();
        let (settings, tasks, both) = (self.settings.clone(), ctx.address(), (task, earlier));
        let make = move |_: &mut Context<Watcher>| Watcher::new(settings, tasks, both, driver);
        let child = supervise(spec, &Arbiter::current(), self.settings.reports.clone(), make);
        let (gone, reports) = (child.handle.gone(), self.settings.reports.clone());
        ctx.spawn(gone.into_actor(self).map({
            let id = id.clone();
            move |(), act, ctx| {
                let is_it = act.watchers.get(&id).is_none_or(|(number, _)| *number == run);
                if is_it {
                    reports.forget(&name);
                    act.watchers.remove(&id);
                    act.board.unwatched(&id, run);
                    act.go_on(ctx);
                }
            }
        }));
        self.watchers.insert(id, (run, child));
    }

    fn forget(&self, id: TaskId, sessions: Vec<String>) {
        tracing::info!(task = %id, "a task is forgotten");
        sessions.into_iter().for_each(|session| self.settings.sessions.do_send(Close(session)));
        self.settings.store.do_send(ForgetTask(id.clone()));
        let files = self.settings.files.clone();
        let removing = move || match files.remove(&id) {
            Ok(()) => {}
            Err(error) => tracing::warn!(task = %id, %error, "the folder of a task could not be removed"),
        };
        drop(tokio::task::spawn_blocking(removing));
    }

    fn hear(&mut self, id: &TaskId, run: u32, fact: Fact, ctx: &mut Context<Self>) {
        if let Fact::Ended(evidence) = &fact
            && let Found::Valid(report) = &evidence.result
        {
            self.left.insert(id.clone(), (**report).clone());
        }
        self.board.hear(id, run, fact, Now { at: Utc::now(), moment: clock::since_start() });
        self.go_on(ctx);
    }
}

/// The way to run the agent of this task.
fn driver(settings: &TasksSettings, task: &Task) -> Box<dyn Driver> {
    Box::new(Pty::new(settings.sessions.clone(), task.id.clone(), task.run.session_id.clone()))
}

impl Actor for Tasks {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.go_on(ctx);
        ctx.run_interval(TICK, Tasks::go_on);
    }
}

impl Supervised for Tasks {
    fn restarting(&mut self, _: &mut Self::Context) {
        // Their answers come to nobody: each is due again.
        let ids: Vec<TaskId> = self.board.tasks().map(|task| task.id.clone()).collect();
        ids.iter().for_each(|id| self.board.not_written(id));
        for (id, (run, child)) in std::mem::take(&mut self.watchers) {
            child.handle.stop();
            self.board.unwatched(&id, run);
        }
        self.waiting.clear();
    }
}

impl Handler<Happened> for Tasks {
    type Result = ();

    fn handle(&mut self, Happened { id, run, fact }: Happened, ctx: &mut Self::Context) {
        if !self.resting {
            self.hear(&id, run, fact, ctx);
        }
    }
}

impl Handler<ChildGaveUp> for Tasks {
    type Result = ();

    fn handle(&mut self, child: ChildGaveUp, ctx: &mut Self::Context) {
        let id = child.name.strip_prefix("task:").and_then(|id| TaskId::parse(id).ok());
        let Some(task) = id.and_then(|id| self.board.get(&id)).cloned() else { return };
        let why = child.panic.map_or_else(|| "it kept ending".to_owned(), |panic| panic.to_string());
        tracing::error!(task = %task.id, why, "nobody can look after a task: its agent is ended");
        self.settings.sessions.do_send(Close(task.run.session_id.clone()));
        let evidence = Evidence { ending: Ending::Unseen, result: Found::Nothing, heard: Heard::default() };
        self.hear(&task.id, task.run.number, Fact::Ended(Box::new(evidence)), ctx);
    }
}

impl Handler<Rest> for Tasks {
    type Result = ();

    fn handle(&mut self, _: Rest, _: &mut Self::Context) {
        self.resting = true;
        std::mem::take(&mut self.watchers).into_values().for_each(|(_, child)| child.handle.stop());
    }
}
