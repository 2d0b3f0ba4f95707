//! Stands before those who synchronise.
//!
//! *Parent* root · *Restart* permanent · *Owns* its two children, on an arbiter of their own · *Sends to* them ·
//! *Lost on crash* nothing: the children stay.
//!
//! A child that cannot be kept does not take the daemon with it, since sessions matter more: it is shown as given up.

use std::time::Duration;

use actix::prelude::*;
use futures_util::future::join;

use super::messages::{Accepted, AskError, Flush, GetRows, GetStatus, RestoreProject, Status, SyncProject};
use super::projects::Projects;
use super::settings::SyncSettings;
use super::state::State;
use crate::actors::events::{Listen, Published, ShuttingDown};
use crate::actors::supervisor::{ChildGaveUp, ChildSpec, supervise};
use crate::domain::event::Event;

/// How long a child may take to answer; it looks at files for some.
const ANSWER: Duration = Duration::from_secs(10);
const ROWS: Duration = Duration::from_secs(2);

/// Wishes that may wait to be looked at.
const WISHES: usize = 256;

pub struct Sync {
    settings: SyncSettings,
    children: Option<Children>,
    given_up: Vec<String>,
}

#[derive(Clone)]
struct Children {
    projects: Addr<Projects>,
    state: Addr<State>,
}

impl Sync {
    pub fn new(settings: SyncSettings) -> Sync {
        Sync { settings, children: None, given_up: Vec::new() }
    }
}

impl Actor for Sync {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if self.children.is_some() || self.settings.ground.is_none() {
            return;
        }
        let own = Arbiter::new().handle();
        let reports = self.settings.reports.clone();
        let parent = ctx.address().recipient();
        let (first, second) = (self.settings.clone(), self.settings.clone());
        let spec = ChildSpec::transient("sync.projects").mailbox(WISHES).parent(&parent);
        let projects = supervise(spec, &own, reports.clone(), move |_| Projects::new(first)).addr;
        let spec = ChildSpec::transient("sync.state").parent(&parent);
        let state = supervise(spec, &own, reports, move |_| State::new(second)).addr;
        self.children = Some(Children { projects, state });
        let (events, shutdown) = (ctx.address().recipient(), ctx.address().recipient());
        self.settings.events.do_send(Listen { events, shutdown });
    }
}

impl Supervised for Sync {}

impl Handler<ChildGaveUp> for Sync {
    type Result = ();

    fn handle(&mut self, child: ChildGaveUp, _: &mut Self::Context) {
        tracing::error!(name = %child.name, restarts = child.restarts, "no longer synchronised until the next start");
        self.given_up.push(child.name.to_string());
    }
}

impl Handler<SyncProject> for Sync {
    type Result = ResponseFuture<Result<Accepted, AskError>>;

    fn handle(&mut self, ask: SyncProject, _: &mut Self::Context) -> Self::Result {
        let children = self.children.clone();
        Box::pin(async move {
            let projects = children.ok_or(AskError::NoWorkspace)?.projects;
            projects.send(ask).timeout(ANSWER).await.map_err(|_| AskError::NoAnswer)?
        })
    }
}

impl Handler<RestoreProject> for Sync {
    type Result = ResponseFuture<Result<Accepted, AskError>>;

    fn handle(&mut self, ask: RestoreProject, _: &mut Self::Context) -> Self::Result {
        let children = self.children.clone();
        Box::pin(async move {
            let projects = children.ok_or(AskError::NoWorkspace)?.projects;
            projects.send(ask).timeout(ANSWER).await.map_err(|_| AskError::NoAnswer)?
        })
    }
}

impl Handler<GetStatus> for Sync {
    type Result = ResponseFuture<Status>;

    fn handle(&mut self, _: GetStatus, _: &mut Self::Context) -> Self::Result {
        let (user, given_up) = (self.settings.user(), self.given_up.clone());
        let Some(children) = self.children.clone() else {
            return Box::pin(std::future::ready(Status::default()));
        };
        Box::pin(async move {
            let mut rows = children.state.send(GetRows).timeout(ROWS).await.unwrap_or_default();
            rows.extend(children.projects.send(GetRows).timeout(ROWS).await.unwrap_or_default());
            Status { is_on: true, user, rows, given_up }
        })
    }
}

impl Handler<Flush> for Sync {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Flush, _: &mut Self::Context) -> Self::Result {
        let children = self.children.clone();
        Box::pin(async move {
            if let Some(children) = children {
                // Whoever asked has its own deadline.
                let _ = join(children.state.send(Flush), children.projects.send(Flush)).await;
            }
        })
    }
}

impl Handler<Published> for Sync {
    type Result = ();

    fn handle(&mut self, Published(event): Published, _: &mut Self::Context) {
        let (Event::RepositoryMoved { repository }, Some(children)) = (event, &self.children) else { return };
        if !self.settings.projects {
            return;
        }
        let ask = SyncProject { path: repository.into(), at_once: false };
        if children.projects.try_send(ask).is_err() {
            tracing::warn!(
                "a commit is not brought over: too many come at once; the next one brings it along"
            );
        }
    }
}

impl Handler<ShuttingDown> for Sync {
    type Result = ();

    fn handle(&mut self, _: ShuttingDown, _: &mut Self::Context) {}
}
