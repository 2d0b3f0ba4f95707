//! Git in the sessions: who signs in where, who commits, and which repositories have moved.
//!
//! *Parent* root · *Restart* permanent · *Owns* the git token, how far the repositories were at the last look · *Sends
//! to* events, and whoever holds the workspace's token · *Lost on crash* moves between the last look and the next.
//!
//! Commits are noticed by looking at what git writes when HEAD moves, not by a hook: nothing of a repository is touched,
//! and it works whatever hooks there are. `coda hook post-commit` is for those who do not want to wait for the look.

use std::path::PathBuf;
use std::time::Duration;

use actix::prelude::*;

use super::events::{Events, Published};
use crate::domain::event::Event;
use crate::domain::git_config::Person;
use crate::domain::git_credential::{Login, Request, Site};
use crate::domain::repositories::Repositories;
use crate::domain::secret::Secret;
use crate::os::{git_files, repositories};

/// How often repositories are looked at: some dozen `stat` calls.
const LOOK: Duration = Duration::from_secs(2);
/// How long whoever holds the workspace's token may take.
const ASKING: Duration = Duration::from_secs(5);

pub struct GitSettings {
    /// What git is told; `None`: nothing.
    pub files: Option<git_files::Settings>,
    pub token: Option<Secret>,
    /// Where the token goes, and the name that goes with it.
    pub sites: Vec<Site>,
    pub username: String,
    /// The workspace, and who has its current token.
    pub workspace: Option<(Site, Recipient<CurrentToken>)>,
    pub person: Option<Person>,
    /// The folder whose repositories are looked at.
    pub projects: PathBuf,
    pub events: Addr<Events>,
}

pub struct Git {
    settings: GitSettings,
    repositories: Repositories,
    /// One look at a time.
    looking: bool,
}

/// Git wants to sign in somewhere; `None`: we have nothing for it.
#[derive(Message)]
#[rtype(result = "Option<Login>")]
pub struct SignIn(pub Request);

/// Asked of whoever holds the workspace's lease: the token of now, and the second since the epoch at which it ends.
#[derive(Message)]
#[rtype(result = "Option<(Secret, Option<i64>)>")]
pub struct CurrentToken;

/// Who commits here, where nothing else says so.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Identify(pub Person);

/// HEAD of the repository with this working tree is somewhere else.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Moved(pub PathBuf);

impl Git {
    pub fn new(settings: GitSettings) -> Git {
        Git { settings, repositories: Repositories::default(), looking: false }
    }

    /// Tells git about us. It may fail: whoever uses git is then asked for a password.
    fn configure(&self) {
        let Some(files) = self.settings.files.clone() else { return };
        let person = self.settings.person.clone();
        actix_rt::task::spawn_blocking(move || {
            let written =
                files.write().and_then(|()| person.map_or(Ok(()), |person| files.identify(&person)));
            if let Err(error) = written {
                tracing::warn!(%error, "git is not told where to ask for passwords");
            }
        });
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.looking, true) {
            return;
        }
        let projects = self.settings.projects.clone();
        let looked = actix_rt::task::spawn_blocking(move || repositories::marks(&projects));
        let looked = looked.into_actor(self).map(|marks, act, _| {
            act.looking = false;
            let moved = marks.map(|marks| act.repositories.look(marks)).unwrap_or_default();
            moved.into_iter().for_each(|repository| act.tell(repository));
        });
        ctx.spawn(looked);
    }

    fn tell(&self, repository: PathBuf) {
        let repository = repository.to_string_lossy().into_owned();
        tracing::debug!(repository, "a repository has moved");
        self.settings.events.do_send(Published(Event::RepositoryMoved { repository }));
    }

    fn login(&self, request: &Request, password: Secret, expires_at: Option<i64>) -> Login {
        let username = request.username.clone().filter(|name| !name.is_empty());
        let username = username.unwrap_or_else(|| self.settings.username.clone());
        Login { username, password, expires_at }
    }
}

impl Actor for Git {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.configure();
        self.look(ctx);
        ctx.run_interval(LOOK, Git::look);
    }
}

impl Supervised for Git {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.looking = false;
    }
}

impl Handler<SignIn> for Git {
    type Result = ResponseActFuture<Self, Option<Login>>;

    fn handle(&mut self, SignIn(request): SignIn, _: &mut Self::Context) -> Self::Result {
        let settings = &self.settings;
        let ours = settings.sites.iter().any(|site| site.is_meant_by(&request));
        if let Some(token) = settings.token.clone().filter(|_| ours) {
            return Box::pin(actix::fut::ready(Some(self.login(&request, token, None))));
        }
        let workspace = settings.workspace.as_ref().filter(|(site, _)| site.is_meant_by(&request));
        let Some((_, holder)) = workspace else { return Box::pin(actix::fut::ready(None)) };
        let asked = holder.send(CurrentToken).timeout(ASKING).into_actor(self);
        Box::pin(asked.map(move |token, act, _| {
            let (token, expires_at) = token.ok().flatten()?;
            Some(act.login(&request, token, expires_at))
        }))
    }
}

impl Handler<Identify> for Git {
    type Result = ();

    fn handle(&mut self, Identify(person): Identify, _: &mut Self::Context) {
        self.settings.person = Some(person);
        self.configure();
    }
}

impl Handler<Moved> for Git {
    type Result = ();

    fn handle(&mut self, Moved(repository): Moved, _: &mut Self::Context) {
        self.tell(repository);
    }
}
