//! Git in the sessions: who signs in where, who commits, and which repositories have moved.
//!
//! *Parent* root · *Restart* permanent · *Owns* the git token, how far the repositories were at the last look · *Sends
//! to* events · *Lost on crash* moves between the last look and the next.
//!
//! Commits are noticed by looking at what git writes when HEAD moves, not by a hook: nothing of a repository is touched,
//! and it works whatever hooks there are. `coda hook post-commit` is for those who do not want to wait for the look.

use std::path::PathBuf;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::watch;

use super::credentials::{Published, Standing};
use super::events::{Events, Published as Fact};
use crate::config::{Config, Configure};
use crate::domain::event::Event;
use crate::domain::git_config::Person;
use crate::domain::git_credential::{Login, Request, Site};
use crate::domain::repositories::Repositories;
use crate::domain::secret::Secret;
use crate::os::{git_files, repositories};

/// How often repositories are looked at: some dozen `stat` calls.
const LOOK: Duration = Duration::from_secs(2);

pub struct GitSettings {
    /// What git is told; `None`: nothing.
    pub files: Option<git_files::Settings>,
    pub token: Option<Secret>,
    /// Where the token goes, and the name that goes with it.
    pub sites: Vec<Site>,
    pub username: String,
    pub workspace: Option<Site>,
    /// The workspace's token of now, and whose it is.
    pub lease: watch::Receiver<Published>,
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

/// Who commits here, where nothing else says so.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Identify(pub Person);

/// HEAD of the repository with this working tree is somewhere else.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Moved(pub PathBuf);

impl GitSettings {
    /// `lease`: where the workspace's token is published.
    pub fn of(
        config: &Config,
        lease: watch::Receiver<Published>,
        events: Addr<Events>,
    ) -> std::io::Result<GitSettings> {
        let home = std::path::absolute(&config.home)?;
        let site = |host: &String| Site::parse(host).ok();
        let token = config.git.token.clone();
        let sites: Vec<Site> = config.git.hosts.iter().filter(|_| token.is_some()).filter_map(site).collect();
        let workspace = config.platform.databricks_host.as_ref().and_then(site);
        let files = git_files::Settings {
            home: home.clone(),
            folder: std::path::absolute(config.state_dir())?.join("git"),
            sites: sites.iter().chain(&workspace).cloned().collect(),
            program: std::env::current_exe()?,
        };
        let configure = match config.git.configure {
            Configure::Platform => !config.platform.is_local(),
            Configure::Always => true,
            Configure::Never => false,
        };
        Ok(GitSettings {
            files: configure.then_some(files),
            token,
            sites,
            username: config.git.username.clone(),
            workspace,
            lease,
            person: config.platform.owner_email.as_deref().and_then(|email| Person::new(email, None)),
            projects: home.join("projects"),
            events,
        })
    }
}

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
        self.learn_who_commits();
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

    /// Whose token the workspace took makes the commits, unless somebody has said who does.
    fn learn_who_commits(&mut self) {
        if self.settings.person.is_some() || self.settings.files.is_none() {
            return;
        }
        let Standing::Known { user, .. } = self.settings.lease.borrow().standing.clone() else { return };
        self.settings.person = Person::new(&user, None);
        if self.settings.person.is_some() {
            self.configure();
        }
    }

    fn tell(&self, repository: PathBuf) {
        let repository = repository.to_string_lossy().into_owned();
        tracing::debug!(repository, "a repository has moved");
        self.settings.events.do_send(Fact(Event::RepositoryMoved { repository }));
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
    type Result = Option<Login>;

    fn handle(&mut self, SignIn(request): SignIn, _: &mut Self::Context) -> Self::Result {
        let settings = &self.settings;
        let password = if settings.sites.iter().any(|site| site.is_meant_by(&request)) {
            settings.token.clone()
        } else if settings.workspace.as_ref().is_some_and(|site| site.is_meant_by(&request)) {
            settings.lease.borrow().token.clone()
        } else {
            None
        };
        let named = request.username.filter(|name| !name.is_empty());
        let username = named.unwrap_or_else(|| settings.username.clone());
        Some(Login { username, password: password?, expires_at: None })
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
