//! Starts plain shells inside tmux, where that is asked for and tmux is there.
//!
//! *Parent* root · *Restart* permanent · *Owns* the numbers it has given out · *Sends to* nobody · *Lost on crash*
//! the numbers whose sessions tmux does not show yet.
//!
//! Such a shell outlives even the keeper: the tmux server is nobody's child. It is started in the home directory, so
//! that it does not keep a directory which is gone; a shell's own directory is told to tmux, never typed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use actix::prelude::*;
use tokio::task::spawn_blocking;

use crate::domain::panes::{MOST, attach_or_create, lowest_free, numbers, settings};
use crate::os::tmux::{self, Server};

/// How long a number is kept for a session that tmux does not show yet.
const PROMISE: Duration = Duration::from_secs(30);

/// What the actor is told at its start.
#[derive(Debug, Clone)]
pub struct PanesSettings {
    pub enabled: bool,
    /// Holds socket and settings.
    pub dir: PathBuf,
    pub home: PathBuf,
    pub shell: String,
    pub environment: Vec<(String, String)>,
}

pub struct Panes {
    settings: PanesSettings,
    promised: BTreeMap<u32, Instant>,
}

/// Make ready to start a shell in `directory`. None: without tmux.
#[derive(Debug, Message)]
#[rtype(result = "Result<Option<Prepared>, PaneError>")]
pub struct Prepare {
    /// The number asked for; otherwise the lowest that is free.
    pub pane: Option<u32>,
    pub directory: PathBuf,
}

/// How to start it.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub pane: u32,
    pub argv: Vec<String>,
    pub directory: PathBuf,
    /// It runs already.
    pub reattached: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum PaneError {
    #[error("pane_id must be between 0 and {MOST}")]
    Number,
    #[error("every pane_id from 0 to {MOST} is taken; close a session first")]
    None,
    #[error("the directory {} does not exist", .0.display())]
    Directory(PathBuf),
}

/// The numbers of all that run in tmux; none when that cannot be known.
#[derive(Debug, Message)]
#[rtype(result = "BTreeSet<u32>")]
pub struct ListPanes;

/// End what runs in this one.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct KillPane(pub u32);

impl Panes {
    pub fn new(settings: PanesSettings) -> Panes {
        Panes { settings, promised: BTreeMap::new() }
    }

    /// Chooses a number, and keeps it from others until tmux shows it.
    fn choose(&mut self, wanted: Option<u32>, shown: &BTreeSet<u32>) -> Result<u32, PaneError> {
        self.promised.retain(|number, when| when.elapsed() < PROMISE && !shown.contains(number));
        let taken = shown.iter().chain(self.promised.keys()).copied().collect();
        let number = match wanted {
            Some(number) if number > MOST => return Err(PaneError::Number),
            Some(number) => number,
            None => lowest_free(&taken).ok_or(PaneError::None)?,
        };
        self.promised.insert(number, Instant::now());
        Ok(number)
    }
}

impl PanesSettings {
    /// None: tmux is not wanted, or not to be had. Looks at the disk.
    fn server(&self) -> Option<Server> {
        if !self.enabled {
            return None;
        }
        let path = self.environment.iter().find(|(name, _)| name == "PATH").map_or("", |(_, path)| path);
        let Some(program) = tmux::find(path) else {
            tracing::warn!("`sessions.tmux` is on and tmux is not on the PATH: sessions start without it");
            return None;
        };
        let server = Server::new(program, &self.dir, &self.environment);
        server.map_err(|error| tracing::warn!(%error, "sessions start without tmux")).ok()
    }

    /// What tmux shows, and the server to start another session on.
    fn look(&self, directory: &Path) -> Result<Option<(Server, BTreeSet<u32>)>, PaneError> {
        let Some(server) = self.server() else { return Ok(None) };
        if !directory.is_dir() {
            return Err(PaneError::Directory(directory.to_owned()));
        }
        if let Err(error) = server.prepare(&settings(&self.shell)) {
            tracing::warn!(%error, "tmux's settings could not be written: a session starts without it");
            return Ok(None);
        }
        let shown = numbers(&server.sessions());
        Ok(Some((server, shown)))
    }
}

impl Actor for Panes {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        // Says at the start what would be missed later.
        let settings = self.settings.clone();
        drop(spawn_blocking(move || settings.server()));
    }
}

impl Supervised for Panes {}

impl Handler<Prepare> for Panes {
    /// Atomic: nobody else chooses a number between the look at tmux and the choice.
    type Result = AtomicResponse<Self, Result<Option<Prepared>, PaneError>>;

    fn handle(&mut self, wanted: Prepare, _: &mut Self::Context) -> Self::Result {
        let (settings, directory) = (self.settings.clone(), wanted.directory.clone());
        let looked = spawn_blocking(move || settings.look(&directory)).into_actor(self);
        AtomicResponse::new(Box::pin(looked.map(move |looked, act, _| {
            let Some((server, shown)) = looked.unwrap_or(Ok(None))? else { return Ok(None) };
            let pane = act.choose(wanted.pane, &shown)?;
            let arguments = attach_or_create(pane, &wanted.directory.display().to_string());
            Ok(Some(Prepared {
                pane,
                argv: server.command(arguments),
                directory: act.settings.home.clone(),
                reattached: shown.contains(&pane),
            }))
        })))
    }
}

impl Handler<ListPanes> for Panes {
    type Result = ResponseFuture<BTreeSet<u32>>;

    fn handle(&mut self, _: ListPanes, _: &mut Self::Context) -> Self::Result {
        let settings = self.settings.clone();
        let listed = spawn_blocking(move || settings.server().map(|server| numbers(&server.sessions())));
        Box::pin(async move { listed.await.ok().flatten().unwrap_or_default() })
    }
}

impl Handler<KillPane> for Panes {
    type Result = ();

    fn handle(&mut self, KillPane(pane): KillPane, _: &mut Self::Context) {
        let settings = self.settings.clone();
        drop(spawn_blocking(move || {
            let Some(Err(error)) = settings.server().map(|server| server.kill(pane)) else { return };
            // Most often it has ended by itself.
            tracing::debug!(pane, %error, "tmux did not end a session");
        }));
    }
}
