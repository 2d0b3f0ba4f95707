//! Brings what agents and shells remember to the workspace every few minutes, and back at the start of a new machine.
//!
//! *Parent* sync · *Restart* transient · *Owns* how the last turns went · *Sends to* nobody · *Lost on crash* the turn
//! under way.
//!
//! Nothing is pushed before what is there was fetched: a new machine knows nothing yet.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use chrono::{DateTime, Utc};
use tokio::sync::Mutex;

use super::messages::{Flush, GetRows, Row, What};
use super::pass::{Folder, Ground, pass};
use super::report::{Progress, Report};
use super::settings::SyncSettings;
use crate::domain::sync::{Standing, Way};
use crate::os::sync::Scope;

/// How often it looks whether there is a token, until the first turn went well.
const FIRST: Duration = Duration::from_secs(1);
/// The pause after a turn that may go better.
const AGAIN: Duration = Duration::from_secs(30);
/// The longest turn.
const TURN: Duration = Duration::from_secs(10 * 60);

pub struct State {
    settings: SyncSettings,
    /// One turn at a time; and whether what is there was fetched.
    turns: Rc<Mutex<Fetched>>,
    progress: Arc<Progress>,
    running: u64,
    started: u64,
    finished: u64,
    last_success: Option<DateTime<Utc>>,
    last_end: Option<DateTime<Utc>>,
    report: Report,
}

#[derive(Default)]
struct Fetched(bool);

impl State {
    pub fn new(settings: SyncSettings) -> State {
        State {
            settings,
            turns: Rc::default(),
            progress: Arc::default(),
            running: 0,
            started: 0,
            finished: 0,
            last_success: None,
            last_end: None,
            report: Report::default(),
        }
    }

    fn folder(&self) -> Option<(Ground, Folder)> {
        let destination = self.settings.place_of_state(&self.settings.user()?);
        let root = self.settings.home.clone();
        Some((self.settings.ground.clone()?, Folder { root, destination, scope: Scope::State }))
    }

    /// A turn, and the next after it.
    fn go_on(&mut self, ctx: &mut Context<Self>) {
        let Some(every) = self.settings.every else { return };
        let Some(turn) = self.turn() else {
            ctx.run_later(FIRST, Self::go_on);
            return;
        };
        let turn = turn.into_actor(self).map(move |report, act, ctx| {
            let pause = if report.again { AGAIN.min(every) } else { every };
            act.finished(report);
            ctx.run_later(pause, Self::go_on);
        });
        ctx.spawn(turn);
    }

    /// `None`: nobody knows yet whose folder it is.
    fn turn(&mut self) -> Option<impl Future<Output = Report> + use<>> {
        let (ground, folder) = self.folder()?;
        self.started += 1;
        self.running += 1;
        let (turns, progress) = (self.turns.clone(), self.progress.clone());
        Some(async move {
            let mut fetched = turns.lock().await;
            let work = async {
                if !fetched.0 {
                    let report = pass(&ground, &folder, Way::Fetch, &progress).await;
                    if report.is_unfinished() {
                        return report;
                    }
                    // What will never come does not keep all else here; it stays where it is.
                    if let Some(problem) = report.problem() {
                        tracing::warn!(
                            problem,
                            "some of what agents and shells remembered does not come back"
                        );
                    }
                    fetched.0 = true;
                }
                pass(&ground, &folder, Way::Push, &progress).await
            };
            let worked = tokio::time::timeout(TURN, work).await;
            worked.unwrap_or_else(|_| Report::nothing("it took more than ten minutes and was ended", true))
        })
    }

    fn finished(&mut self, report: Report) {
        self.running = self.running.saturating_sub(1);
        self.finished = self.started - self.running;
        self.last_end = Some(Utc::now());
        match report.problem() {
            Some(problem) => tracing::warn!(problem, "what agents and shells remember is not synchronised"),
            None => self.last_success = self.last_end,
        }
        self.report = report;
    }
}

impl Actor for State {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.go_on(ctx);
    }
}

impl Supervised for State {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.running = 0;
    }
}

impl Handler<Flush> for State {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Flush, _: &mut Self::Context) -> Self::Result {
        let turn = self.settings.every.and_then(|_| self.turn());
        let Some(turn) = turn else { return Box::pin(actix::fut::ready(())) };
        Box::pin(turn.into_actor(self).map(|report, act, _| act.finished(report)))
    }
}

impl Handler<GetRows> for State {
    type Result = MessageResult<GetRows>;

    fn handle(&mut self, _: GetRows, _: &mut Self::Context) -> Self::Result {
        if self.settings.every.is_none() {
            return MessageResult(Vec::new());
        }
        let (done, total) = self.progress.now();
        MessageResult(vec![Row {
            what: What::State,
            name: "state".to_owned(),
            standing: if self.running > 0 { Standing::Running } else { Standing::Waiting },
            started: self.started,
            finished: self.finished,
            done,
            total,
            last_success: self.last_success,
            last_end: self.last_end,
            report: self.report.clone(),
        }])
    }
}
