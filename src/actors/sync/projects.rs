//! Brings projects to the workspace, and back when asked.
//!
//! *Parent* sync · *Restart* transient · *Owns* the queue of turns, how they went · *Sends to* nobody · *Lost on crash*
//! the turn under way, which comes again: what it did is seen then.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use chrono::{DateTime, Utc};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::messages::{Accepted, AskError, Flush, GetRows, RestoreProject, Row, SyncProject, What};
use super::pass::{Folder, pass};
use super::report::{Progress, Report};
use super::settings::SyncSettings;
use crate::domain::sync::{Outcome, Queue, Standing, Way};
use crate::os::clock;
use crate::os::sync::{Project, Scope, is_empty, named, project_of};

/// How often it looks whose turn it is.
const TICK: Duration = Duration::from_millis(200);
/// Projects that are remembered; beyond that the one that rested longest is forgotten.
const MOST: usize = 256;
/// The longest turn.
const TURN: Duration = Duration::from_secs(30 * 60);

/// What, and which.
type Key = (What, String);

pub struct Projects {
    settings: SyncSettings,
    queue: Queue<Key>,
    records: BTreeMap<Key, Record>,
    /// Who wants to know when nothing waits any more.
    flushing: Vec<oneshot::Sender<()>>,
}

struct Record {
    project: Project,
    started: u64,
    finished: u64,
    progress: Arc<Progress>,
    last_success: Option<DateTime<Utc>>,
    last_end: Option<DateTime<Utc>>,
    report: Report,
}

impl Projects {
    pub fn new(settings: SyncSettings) -> Projects {
        let queue = Queue::new(settings.rules.clone());
        Projects { settings, queue, records: BTreeMap::new(), flushing: Vec::new() }
    }

    fn accept(&mut self, what: What, project: Project, at_once: bool) -> Result<Accepted, AskError> {
        let name = project.name.clone();
        let key = (what, name.clone());
        self.queue.wish(clock::since_start(), key.clone(), at_once)?;
        let record = self.records.entry(key).or_insert_with(|| Record {
            project,
            started: 0,
            finished: 0,
            progress: Arc::default(),
            last_success: None,
            last_end: None,
            report: Report::default(),
        });
        let turn = record.started + 1;
        self.forget_one();
        Ok(Accepted { name, turn })
    }

    fn forget_one(&mut self) {
        if self.records.len() <= MOST {
            return;
        }
        let idle = self.records.iter().filter(|(key, _)| self.queue.standing(key) == Standing::Idle);
        let oldest = idle.min_by_key(|(_, record)| record.last_end).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            self.records.remove(&oldest);
        }
    }

    fn go_on(&mut self, ctx: &mut Context<Self>) {
        let Some(key) = self.queue.next(clock::since_start()) else { return };
        let (Some(record), Some(ground)) = (self.records.get_mut(&key), self.settings.ground.clone()) else {
            self.queue.finished(clock::since_start(), Outcome::Ended);
            return;
        };
        record.started += 1;
        let (progress, project) = (record.progress.clone(), record.project.clone());
        let way = if key.0 == What::Restore { Way::Restore } else { Way::Push };
        let folder = self.settings.user().map(|user| Folder {
            root: project.root,
            destination: self.settings.place_of_project(&user, &project.name),
            scope: Scope::Project,
        });
        let turn = async move {
            let Some(folder) = folder else {
                return Report::nothing("there is no token yet; paste one, and this goes on", true);
            };
            let passed = tokio::time::timeout(TURN, pass(&ground, &folder, way, &progress)).await;
            passed.unwrap_or_else(|_| Report::nothing("it took more than half an hour and was ended", true))
        };
        ctx.spawn(turn.into_actor(self).map(move |report, act, ctx| act.finished(&key, report, ctx)));
    }

    fn finished(&mut self, key: &Key, report: Report, ctx: &mut Context<Self>) {
        // A person waits for a restore, and says so when it is to be tried again.
        let again = report.again && key.0 == What::Project;
        self.queue.finished(clock::since_start(), if again { Outcome::Again } else { Outcome::Ended });
        if let Some(problem) = report.problem() {
            tracing::warn!(project = key.1, problem, again, "a project is not synchronised");
        } else {
            let Report { uploaded, downloaded, deleted, .. } = report;
            tracing::info!(project = key.1, uploaded, downloaded, deleted, "synchronised a project");
        }
        if let Some(record) = self.records.get_mut(key) {
            record.finished = record.started;
            record.last_end = Some(Utc::now());
            record.last_success = if report.is_success() { record.last_end } else { record.last_success };
            record.report = report;
        }
        self.go_on(ctx);
        if !self.queue.is_urgent() {
            // Each is only woken by this, whether it still waits or not.
            self.flushing.clear();
        }
    }
}

impl Actor for Projects {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(TICK, |act, ctx| act.go_on(ctx));
    }
}

impl Supervised for Projects {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.queue.finished(clock::since_start(), Outcome::Again);
    }
}

impl Handler<SyncProject> for Projects {
    type Result = ResponseActFuture<Self, Result<Accepted, AskError>>;

    fn handle(&mut self, SyncProject { path, at_once }: SyncProject, _: &mut Self::Context) -> Self::Result {
        let projects = self.settings.folder();
        let found = spawn_blocking(move || project_of(&projects, &path));
        Box::pin(found.into_actor(self).map(move |found, act, _| {
            let project = found.map_err(|_| AskError::NoAnswer)??;
            act.accept(What::Project, project, at_once)
        }))
    }
}

impl Handler<RestoreProject> for Projects {
    type Result = ResponseActFuture<Self, Result<Accepted, AskError>>;

    fn handle(&mut self, ask: RestoreProject, _: &mut Self::Context) -> Self::Result {
        let projects = self.settings.folder();
        let found = spawn_blocking(move || {
            let project = match (&ask.name, &ask.path) {
                (Some(name), _) => named(&projects, name)?,
                (None, path) => project_of(&projects, path.as_deref().unwrap_or(&projects))?,
            };
            let unreadable = |source| AskError::Unreadable { path: project.root.clone(), source };
            if !ask.force && !is_empty(&project.root).map_err(unreadable)? {
                return Err(AskError::NotEmpty(project.root));
            }
            Ok(project)
        });
        Box::pin(found.into_actor(self).map(|found, act, _| {
            let project = found.map_err(|_| AskError::NoAnswer)??;
            act.accept(What::Restore, project, true)
        }))
    }
}

impl Handler<Flush> for Projects {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Flush, ctx: &mut Self::Context) -> Self::Result {
        self.queue.hurry();
        self.go_on(ctx);
        if !self.queue.is_urgent() {
            return Box::pin(std::future::ready(()));
        }
        let (flushing, flushed) = oneshot::channel();
        self.flushing.push(flushing);
        Box::pin(async move {
            // It is dropped when nothing waits any more.
            let _ = flushed.await;
        })
    }
}

impl Handler<GetRows> for Projects {
    type Result = MessageResult<GetRows>;

    fn handle(&mut self, _: GetRows, _: &mut Self::Context) -> Self::Result {
        let rows = self.records.iter().map(|(key, record)| {
            let (done, total) = record.progress.now();
            Row {
                what: key.0,
                name: key.1.clone(),
                standing: self.queue.standing(key),
                started: record.started,
                finished: record.finished,
                done,
                total,
                last_success: record.last_success,
                last_end: record.last_end,
                report: record.report.clone(),
            }
        });
        MessageResult(rows.collect())
    }
}
