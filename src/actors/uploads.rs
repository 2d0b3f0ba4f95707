//! Receives uploaded files.
//!
//! *Parent* root · *Restart* permanent · *Owns* who may receive, and the space promised to them · *Sends to* whoever
//! uploads, through a bounded channel · *Lost on crash* uploads under way: their clients are told, their files are
//! swept.
//!
//! A file is written piece by piece on the blocking pool. Its sender says [`Piece::End`] when it is complete: a
//! channel that closes without it is a client that left, and leaves nothing.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actix::prelude::*;
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::domain::upload::{fits, media_type, sanitise};
use crate::os::uploads::{Arrived, FOLDER, Folder, FolderError, Part};

/// How often old files are looked for.
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// Pieces that may wait to be written.
const PIECES: usize = 4;
/// Uploads that may wait for a turn, and how long each does.
const WAITING: usize = 32;
const WAIT: Duration = Duration::from_secs(20);
/// A client that sends nothing for so long has left; one that has not finished after so long is sent away.
const IDLE: Duration = Duration::from_secs(30);
const WHOLE: Duration = Duration::from_secs(10 * 60);
/// What a form may hold besides the file, in bytes.
pub const FORM: u64 = 64 * 1024;

/// What the actor is told at its start.
#[derive(Debug, Clone)]
pub struct UploadsSettings {
    pub home: PathBuf,
    /// Largest file, and all our files together, in bytes.
    pub max_bytes: u64,
    pub quota_bytes: u64,
    pub max_age: Duration,
    /// Files received at the same time.
    pub concurrent: usize,
}

pub struct Uploads {
    settings: UploadsSettings,
    turns: Arc<Semaphore>,
    waiting: usize,
    promised: HashMap<u64, u64>,
    next: u64,
}

/// Receive a file that its client calls `name`; `body`: length in bytes of the form it comes in, if that is known.
#[derive(Debug, Message)]
#[rtype(result = "Result<Receiving, UploadError>")]
pub struct Begin {
    pub name: String,
    pub body: Option<u64>,
}

/// Where the pieces go, and where the answer comes from.
pub struct Receiving {
    pub pieces: mpsc::Sender<Piece>,
    pub stored: oneshot::Receiver<Result<Stored, UploadError>>,
}

#[derive(Debug)]
pub enum Piece {
    Bytes(Bytes),
    End,
}

/// A file that has arrived. `media_type` is there for images, known by their content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub path: PathBuf,
    pub name: String,
    pub bytes: u64,
    pub media_type: Option<&'static str>,
}

#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("the file is larger than {most} bytes, which is `uploads.max_bytes`; send a smaller one")]
    TooLarge { most: u64 },
    #[error(
        "{} holds {used} of {quota} bytes: no room for this file; remove files there, or wait: they go after {days} days",
        folder.display()
    )]
    Quota { folder: PathBuf, used: u64, quota: u64, days: u64 },
    #[error("too many files are being uploaded; try again in a moment")]
    Busy,
    #[error("the upload was not finished; send it again")]
    CutShort,
    #[error("the disk is full: no room for this file; remove something and try again")]
    DiskFull,
    #[error(transparent)]
    Folder(FolderError),
}

impl From<FolderError> for UploadError {
    fn from(error: FolderError) -> UploadError {
        match error {
            FolderError::DiskFull => UploadError::DiskFull,
            error => UploadError::Folder(error),
        }
    }
}

/// A turn has come: is there room?
#[derive(Message)]
#[rtype(result = "Result<Receiving, UploadError>")]
struct Admit {
    begin: Begin,
    turn: OwnedSemaphorePermit,
}

impl Uploads {
    pub fn new(settings: UploadsSettings) -> Uploads {
        let turns = Arc::new(Semaphore::new(settings.concurrent));
        Uploads { settings, turns, waiting: 0, promised: HashMap::new(), next: 0 }
    }

    fn sweep(&self) {
        let UploadsSettings { home, max_age, .. } = self.settings.clone();
        drop(spawn_blocking(move || {
            // A folder that is not there needs no sweeping, and is not made for it.
            if !home.join(FOLDER).exists() {
                return;
            }
            match Folder::open(&home).and_then(|folder| folder.sweep(SystemTime::now(), max_age)) {
                Ok(0) => {}
                Ok(removed) => tracing::info!(removed, "removed old uploads"),
                Err(error) => tracing::warn!(%error, "old uploads could not be looked for"),
            }
        }));
    }

    fn quota(&self, used: u64) -> UploadError {
        UploadError::Quota {
            folder: self.settings.home.join(FOLDER),
            used,
            quota: self.settings.quota_bytes,
            days: self.settings.max_age.as_secs() / 86_400,
        }
    }

    /// Begins to receive into `part`; the space it was promised and its turn are given back at the end.
    fn receive(&mut self, admit: Admit, part: Part, most: u64, ctx: &mut Context<Self>) -> Receiving {
        let number = self.next;
        self.next += 1;
        self.promised.insert(number, most);
        let (pieces, inbox) = mpsc::channel(PIECES);
        let (answer, stored) = oneshot::channel();
        let name = sanitise(&admit.begin.name);
        let limit = self.settings.max_bytes;
        let receiving = async move {
            let written = timeout(WHOLE, write(part, name, inbox, limit)).await;
            (written.unwrap_or(Err(UploadError::CutShort)), admit.turn)
        };
        ctx.spawn(receiving.into_actor(self).map(move |(written, turn), act, _| {
            act.promised.remove(&number);
            drop(turn);
            let _ = answer.send(written);
        }));
        Receiving { pieces, stored }
    }
}

/// Writes what comes until its end.
async fn write(
    mut part: Part,
    name: String,
    mut inbox: mpsc::Receiver<Piece>,
    limit: u64,
) -> Result<Stored, UploadError> {
    let mut left = limit;
    while let Ok(Some(piece)) = timeout(IDLE, inbox.recv()).await {
        let Piece::Bytes(bytes) = piece else {
            let called = name.clone();
            let Arrived { path, bytes, first } = pooled(move || part.finish(&called)).await?;
            return Ok(Stored { path, name, bytes, media_type: media_type(&first) });
        };
        left = left.checked_sub(bytes.len() as u64).ok_or(UploadError::TooLarge { most: limit })?;
        part = pooled(move || part.write(&bytes).map(|()| part)).await?;
    }
    Err(UploadError::CutShort)
}

/// Does it on the blocking pool.
async fn pooled<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, FolderError> + Send + 'static,
) -> Result<T, UploadError> {
    Ok(spawn_blocking(act).await.map_err(|_| UploadError::CutShort)??)
}

impl Actor for Uploads {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.sweep();
        ctx.run_interval(SWEEP, |act, _| act.sweep());
    }
}

impl Supervised for Uploads {
    fn restarting(&mut self, _: &mut Self::Context) {
        *self = Uploads::new(self.settings.clone());
    }
}

impl Handler<Begin> for Uploads {
    type Result = ResponseActFuture<Self, Result<Receiving, UploadError>>;

    fn handle(&mut self, begin: Begin, ctx: &mut Self::Context) -> Self::Result {
        let most = self.settings.max_bytes;
        if begin.body.is_some_and(|bytes| bytes > most.saturating_add(FORM)) {
            return Box::pin(actix::fut::ready(Err(UploadError::TooLarge { most })));
        }
        if self.waiting >= WAITING {
            return Box::pin(actix::fut::ready(Err(UploadError::Busy)));
        }
        self.waiting += 1;
        let (turns, uploads) = (self.turns.clone(), ctx.address());
        let turn = async move { timeout(WAIT, turns.acquire_owned()).await.ok()?.ok() }.into_actor(self);
        let turn = turn.map(|turn, act, _| {
            act.waiting -= 1;
            turn
        });
        Box::pin(turn.then(move |turn, act, _| {
            let admitted = async move {
                let turn = turn.ok_or(UploadError::Busy)?;
                uploads.send(Admit { begin, turn }).await.unwrap_or(Err(UploadError::CutShort))
            };
            admitted.into_actor(act)
        }))
    }
}

impl Handler<Admit> for Uploads {
    /// Atomic: no upload can end, and give its space back, between the look at the disk and the promise.
    type Result = AtomicResponse<Self, Result<Receiving, UploadError>>;

    fn handle(&mut self, admit: Admit, _: &mut Self::Context) -> Self::Result {
        let home = self.settings.home.clone();
        let looked = pooled(move || {
            let folder = Folder::open(&home)?;
            Ok((folder.used()?, folder.begin()?))
        });
        AtomicResponse::new(Box::pin(looked.into_actor(self).map(|looked, act, ctx| {
            let (used, part) = looked?;
            let most = admit.begin.body.unwrap_or(u64::MAX).min(act.settings.max_bytes);
            let promised = act.promised.values().sum();
            if !fits(used, promised, most, act.settings.quota_bytes) {
                return Err(act.quota(used));
            }
            Ok(act.receive(admit, part, most, ctx))
        })))
    }
}
