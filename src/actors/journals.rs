//! Writes every session's journal.
//!
//! *Parent* root · *Restart* permanent · *Owns* the open journals · *Sends to* the session that asked ·
//! *Lost on crash* nothing: the ring keeps what is not written, and journals are opened again on demand.
//!
//! Lives on an arbiter of its own whose only work is file I/O, so it may block: a disk that stalls stops the
//! journals, and a program once its ring is full, but no viewer and no other actor.

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actix::prelude::*;
use bytes::Bytes;
use chrono::Utc;

use super::session::Feed;
use crate::domain::exit::Exit;
use crate::domain::journal::Keyframe;
use crate::domain::receipt::Ledger;
use crate::domain::size::Size;
use crate::os::journal::{HostBudget, Journal, JournalError, Limits, Opened, Recovery, SessionDir};
use crate::os::ring;

/// How often the host-wide budget is looked after.
const BUDGET_EVERY: Duration = Duration::from_secs(60);

pub struct Journals {
    settings: Settings,
    open: HashMap<String, Entry>,
    dirty: HashSet<String>,
}

/// What the journals are told at their start.
#[derive(Clone)]
pub struct Settings {
    /// Holds a folder per session.
    pub root: PathBuf,
    pub limits: Limits,
    pub budget: HostBudget,
    pub sync_every: Duration,
    /// Tells the keeper that a full ring has room.
    pub kick: Arc<OwnedFd>,
}

struct Entry {
    journal: Journal,
    feed: Option<Arc<Feed>>,
    /// The last error was told; the next one only after a success.
    failing: bool,
}

/// Opens a session's journal, or finds it open, and reads what is needed to go on.
#[derive(Message)]
#[rtype(result = "Result<Recovered, JournalError>")]
pub struct Open {
    pub id: String,
    /// The size of a new session.
    pub size: Size,
    /// None: the session is over.
    pub feed: Option<Arc<Feed>>,
}

pub struct Recovered {
    pub recovery: Recovery,
    /// How the program ended, if the journal says so.
    pub exit: Option<Exit>,
    /// Bytes of a torn end that were cut off.
    pub cut_bytes: u64,
    /// Output that could not be stored, in bytes.
    pub gap: u64,
    /// What of the ring there is; none for a session that is over.
    pub ledger: Option<Ledger>,
    /// Offset that the journal has reached.
    pub end: u64,
}

/// Takes the ring's bytes up to `upto`. Never fails: what cannot be stored is counted.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Append {
    pub id: String,
    pub upto: u64,
    pub tell: Recipient<Journaled>,
}

/// The journal has taken everything before `upto`.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Journaled {
    pub upto: u64,
    /// Bytes that could not be stored, in all.
    pub gap: u64,
    pub wants_roll: bool,
}

/// Something happened at the journal's end.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Note {
    pub id: String,
    pub what: Noted,
}

pub enum Noted {
    Resized(Size),
    Exited(Exit),
    /// The screen as of this offset: begins a new segment.
    Screen { offset: u64, size: Size, bytes: Bytes },
}

/// Forces to the disk what was written; answers when it is there.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Flush {
    pub id: String,
    /// Close it, too.
    pub close: bool,
}

/// Deletes a session's folder.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Remove {
    pub id: String,
}

impl Journals {
    pub fn new(settings: Settings) -> Journals {
        Journals { settings, open: HashMap::new(), dirty: HashSet::new() }
    }

    fn dir(&self, id: &str) -> PathBuf {
        self.settings.root.join(id)
    }

    fn sync_dirty(&mut self) {
        for id in std::mem::take(&mut self.dirty) {
            let Some(entry) = self.open.get_mut(&id) else { continue };
            let synced = entry.journal.sync();
            report(&id, entry, synced);
        }
    }

    fn enforce_budget(&mut self) {
        let Ok(entries) = std::fs::read_dir(&self.settings.root) else { return };
        let sessions: Vec<SessionDir> = entries
            .flatten()
            .map(|entry| {
                let live = entry.file_name().to_str().is_some_and(|id| self.open.contains_key(id));
                SessionDir { path: entry.path(), ended: !live }
            })
            .collect();
        let (evicted, error) = self.settings.budget.enforce(&sessions, SystemTime::now());
        if let Some(error) = error {
            tracing::warn!(%error, "old journals could not be deleted");
        }
        if evicted.segments > 0 {
            tracing::info!(segments = evicted.segments, bytes = evicted.bytes, "deleted old journals");
            for (id, entry) in &mut self.open {
                let refreshed = entry.journal.refresh();
                report(id, entry, refreshed);
            }
        }
    }
}

/// Logs the first of a row of failures, and its end.
fn report(id: &str, entry: &mut Entry, result: Result<(), JournalError>) {
    match result {
        Err(error) if !entry.failing => {
            tracing::error!(session = %id, %error, "the journal cannot be written: output is being missed");
            entry.failing = true;
        }
        Ok(()) if entry.failing => {
            tracing::info!(session = %id, gap = entry.journal.gap_bytes(), "the journal can be written again");
            entry.failing = false;
        }
        _ => {}
    }
}

fn now_us() -> u64 {
    Utc::now().timestamp_micros().max(0) as u64
}

impl Entry {
    /// Appends `self.end..upto` from the ring; what an earlier life consumed is copied, the rest is lent.
    fn take(&mut self, feed: &Feed, upto: u64) -> Result<(), JournalError> {
        let Some(ring) = feed.ring() else { return Ok(()) };
        let mut result = Ok(());
        let consumed = ring.consumed();
        if self.journal.end() < consumed {
            let mut bytes = Vec::new();
            let from = self.journal.end().max(ring.lowest());
            if ring.copy(from, consumed, ring.capacity() as usize, &mut bytes).is_ok() {
                result = self.journal.append_output(from, now_us(), &[&bytes]);
            }
        }
        let from = consumed.max(self.journal.end());
        let upto = upto.min(ring.head());
        if upto > from {
            let appended = ring.unconsumed(from, upto, |a, b| self.journal.append_output(from, now_us(), &[a, b]));
            result = result.and(appended);
        }
        result
    }
}

impl Actor for Journals {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Err(error) = std::fs::create_dir_all(&self.settings.root) {
            tracing::error!(%error, path = %self.settings.root.display(), "the folder of journals cannot be made");
        }
        ctx.run_interval(self.settings.sync_every, |act, _| act.sync_dirty());
        ctx.run_interval(BUDGET_EVERY, |act, _| act.enforce_budget());
    }
}

impl Supervised for Journals {
    fn restarting(&mut self, _: &mut Self::Context) {
        // Feeds stay, journals may be half way through a write: open them anew from what the disk has.
        for (id, entry) in &mut self.open {
            match Journal::open(&self.settings.root.join(id), self.settings.limits) {
                Ok((journal, _)) => entry.journal = journal,
                Err(error) => tracing::error!(session = %id, %error, "the journal cannot be opened again"),
            }
        }
    }
}

impl Handler<Open> for Journals {
    type Result = Result<Recovered, JournalError>;

    fn handle(&mut self, message: Open, _: &mut Self::Context) -> Self::Result {
        let known = self.open.remove(&message.id);
        let (mut entry, opened) = match known {
            Some(entry) => (entry, Opened::default()),
            None => {
                let (mut journal, opened) = Journal::open(&self.dir(&message.id), self.settings.limits)?;
                if opened.last_us.is_none() {
                    journal.append_resize(now_us(), message.size)?;
                }
                (Entry { journal, feed: None, failing: false }, opened)
            }
        };
        let recovery = entry.journal.recover()?;
        let ledger = message.feed.as_ref().and_then(|feed| feed.ring()).map(|ring| {
            Ledger::of(entry.journal.end(), ring.lowest(), ring.head())
        });
        let (end, gap) = (entry.journal.end(), entry.journal.gap_bytes());
        if message.feed.is_some() {
            entry.feed = message.feed;
            self.open.insert(message.id, entry);
        }
        Ok(Recovered { recovery, exit: opened.exit, cut_bytes: opened.cut_bytes, gap, ledger, end })
    }
}

impl Handler<Append> for Journals {
    type Result = ();

    fn handle(&mut self, message: Append, _: &mut Self::Context) {
        let Some(entry) = self.open.get_mut(&message.id) else { return };
        let Some(feed) = entry.feed.clone() else { return };
        let taken = entry.take(&feed, message.upto);
        report(&message.id, entry, taken);
        if let Some(ring) = feed.ring()
            && ring.consume(message.upto)
        {
            ring::ring_bell(&self.settings.kick);
        }
        let journal = &entry.journal;
        let (gap, wants_roll) = (journal.gap_bytes(), journal.wants_roll());
        message.tell.do_send(Journaled { upto: message.upto, gap, wants_roll });
        self.dirty.insert(message.id);
    }
}

impl Handler<Note> for Journals {
    type Result = ();

    fn handle(&mut self, message: Note, _: &mut Self::Context) {
        let Some(entry) = self.open.get_mut(&message.id) else { return };
        let now = now_us();
        let written = match message.what {
            Noted::Resized(size) => entry.journal.append_resize(now, size),
            Noted::Exited(exit) => entry.journal.append_exit(now, exit),
            Noted::Screen { offset, size, bytes } => {
                entry.journal.roll(offset, now, Keyframe { size, bytes })
            }
        };
        report(&message.id, entry, written);
        self.dirty.insert(message.id);
    }
}

impl Handler<Flush> for Journals {
    type Result = ();

    fn handle(&mut self, message: Flush, _: &mut Self::Context) {
        if let Some(entry) = self.open.get_mut(&message.id) {
            let synced = entry.journal.sync();
            report(&message.id, entry, synced);
        }
        self.dirty.remove(&message.id);
        if message.close {
            self.open.remove(&message.id);
        }
    }
}

impl Handler<Remove> for Journals {
    type Result = ();

    fn handle(&mut self, message: Remove, _: &mut Self::Context) {
        self.open.remove(&message.id);
        self.dirty.remove(&message.id);
        let dir = self.dir(&message.id);
        if let Err(error) = std::fs::remove_dir_all(&dir) {
            tracing::warn!(%error, path = %dir.display(), "the session's folder could not be deleted");
        }
    }
}
