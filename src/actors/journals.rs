//! Writes every session's journal.
//!
//! *Parent* root · *Restart* permanent · *Owns* the open journals · *Sends to* the session that asked ·
//! *Lost on crash* nothing: the ring keeps what is not written, and journals are opened again on demand.
//!
//! Lives on an arbiter of its own whose only work is file I/O, so it may block: a disk that stalls stops the
//! journals, and a program once its ring is full, but no viewer and no other actor.

mod messages;

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actix::prelude::*;
use chrono::Utc;

pub use messages::{Append, Begin, Flush, Journaled, Note, Noted, Open, Recovered, Remove};

use super::session::Feed;
use crate::domain::journal::Keyframe;
use crate::domain::receipt::Ledger;
use crate::domain::size::Size;
use crate::os::journal::{HostBudget, Journal, JournalError, Limits, Opened, Recovery, SessionDir};
use crate::os::ring::{self, Ring};

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
    /// None: there is no place to write; everything is counted as missed.
    journal: Option<Journal>,
    /// Bytes missed while there was no journal.
    missed: u64,
    feed: Option<Arc<Feed>>,
    /// The last error was told; the next one only after a success.
    failing: bool,
}

impl Journals {
    pub fn new(settings: Settings) -> Journals {
        Journals { settings, open: HashMap::new(), dirty: HashSet::new() }
    }

    fn dir(&self, id: &str) -> PathBuf {
        self.settings.root.join(id).join("journal")
    }

    fn with_journal(&mut self, id: &str, act: impl FnOnce(&mut Journal) -> Result<(), JournalError>) {
        let dir = self.dir(id);
        if let Some(entry) = self.open.get_mut(id)
            && let Some(journal) = &mut entry.journal
        {
            let result = act(journal);
            entry.report(&dir, result);
        }
    }

    fn sync_dirty(&mut self) {
        for id in std::mem::take(&mut self.dirty) {
            self.with_journal(&id, Journal::sync);
        }
    }

    fn enforce_budget(&mut self) {
        let Ok(entries) = std::fs::read_dir(&self.settings.root) else { return };
        let sessions: Vec<SessionDir> = entries
            .flatten()
            .map(|entry| {
                let live = entry.file_name().to_str().is_some_and(|id| self.open.contains_key(id));
                SessionDir { path: entry.path().join("journal"), ended: !live }
            })
            .collect();
        let (evicted, error) = self.settings.budget.enforce(&sessions, SystemTime::now());
        if let Some(error) = error {
            tracing::warn!(%error, "old journals could not be deleted");
        }
        if evicted.segments > 0 {
            tracing::info!(segments = evicted.segments, bytes = evicted.bytes, "deleted old journals");
            let ids: Vec<String> = self.open.keys().cloned().collect();
            ids.iter().for_each(|id| self.with_journal(id, Journal::refresh));
        }
    }
}

fn now_us() -> u64 {
    Utc::now().timestamp_micros().max(0) as u64
}

impl Entry {
    /// Opens the journal. One that cannot be read is set aside, never overwritten; when there is no place to
    /// write, the session goes on without.
    fn open(dir: &Path, limits: Limits, size: Size) -> (Entry, Opened) {
        let opened = Journal::open(dir, limits).or_else(|error| {
            tracing::error!(%error, "the journal cannot be read and is set aside");
            let aside = dir.with_extension(format!("set-aside-{}", Utc::now().timestamp()));
            std::fs::rename(dir, aside).map_err(|_| error)?;
            Journal::open(dir, limits)
        });
        let (mut journal, opened) = match opened {
            Ok((journal, opened)) => (Some(journal), opened),
            Err(error) => {
                tracing::error!(%error, "the session goes on without a journal");
                (None, Opened::default())
            }
        };
        let mut entry = Entry { journal: None, missed: 0, feed: None, failing: false };
        if opened.last_us.is_none()
            && let Some(journal) = &mut journal
        {
            let written = journal.append_resize(now_us(), size);
            entry.report(dir, written);
        }
        entry.journal = journal;
        (entry, opened)
    }

    fn end(&self) -> u64 {
        let consumed = self.feed.as_ref().and_then(|feed| feed.ring()).map_or(0, Ring::consumed);
        self.journal.as_ref().map_or(consumed, Journal::end)
    }

    fn gap(&self) -> u64 {
        self.missed + self.journal.as_ref().map_or(0, Journal::gap_bytes)
    }

    /// Appends the ring's bytes up to `upto`: what an earlier life consumed is copied, the rest is lent.
    fn take(&mut self, ring: &Ring, upto: u64) -> Result<(), JournalError> {
        let (consumed, upto) = (ring.consumed(), upto.min(ring.head()));
        let Some(journal) = &mut self.journal else {
            self.missed += upto.saturating_sub(consumed);
            return Ok(());
        };
        let mut result = Ok(());
        if journal.end() < consumed {
            let mut bytes = Vec::new();
            let from = journal.end().max(ring.lowest());
            if ring.copy(from, consumed, ring.capacity() as usize, &mut bytes).is_ok() {
                result = journal.append_output(from, now_us(), &[&bytes]);
            }
        }
        let from = consumed.max(journal.end());
        if upto > from {
            result = result
                .and(ring.unconsumed(from, upto, |a, b| journal.append_output(from, now_us(), &[a, b])));
        }
        result
    }

    /// Logs the first of a row of failures, and its end.
    fn report(&mut self, what: &Path, result: Result<(), JournalError>) {
        match result {
            Err(error) if !self.failing => {
                tracing::error!(%error, "the journal cannot be written: output is being missed");
                self.failing = true;
            }
            Ok(()) if self.failing => {
                tracing::info!(path = %what.display(), gap = self.gap(), "the journal can be written again");
                self.failing = false;
            }
            _ => {}
        }
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
        // Feeds stay; journals may be half way through a write: open them anew from what the disk has.
        let (root, limits) = (self.settings.root.clone(), self.settings.limits);
        for (id, entry) in &mut self.open {
            let (mut anew, _) = Entry::open(&root.join(id).join("journal"), limits, Size::DEFAULT);
            anew.feed = entry.feed.take();
            *entry = anew;
        }
    }
}

impl Handler<Open> for Journals {
    type Result = MessageResult<Open>;

    fn handle(&mut self, message: Open, _: &mut Self::Context) -> Self::Result {
        let dir = self.dir(&message.id);
        let (mut entry, opened) = match self.open.remove(&message.id) {
            Some(entry) => (entry, Opened::default()),
            None => Entry::open(&dir, self.settings.limits, message.size),
        };
        let live = message.feed.is_some();
        entry.feed = message.feed.or(entry.feed);
        let mut ledger = None;
        if let Some(feed) = entry.feed.clone()
            && let Some(ring) = feed.ring()
        {
            ledger = Some(Ledger::of(entry.end(), ring.lowest(), ring.head()));
            let caught_up = entry.take(ring, ring.consumed());
            entry.report(&dir, caught_up);
        }
        let recovery = entry.journal.as_ref().map(Journal::recover).and_then(|read| {
            read.inspect_err(|error| tracing::error!(%error, "the journal cannot be read back")).ok()
        });
        let recovered = Recovered {
            recovery: recovery.unwrap_or(Recovery {
                offset: 0,
                size: message.size,
                keyframe: None,
                tail: vec![],
            }),
            exit: opened.exit,
            cut_bytes: opened.cut_bytes,
            gap: entry.gap(),
            ledger,
            end: entry.end(),
        };
        if live || entry.feed.is_some() {
            self.open.insert(message.id, entry);
        }
        MessageResult(recovered)
    }
}

impl Handler<Begin> for Journals {
    type Result = u64;

    fn handle(&mut self, Begin { id, size, bytes }: Begin, _: &mut Self::Context) -> u64 {
        let dir = self.dir(&id);
        let (mut entry, _) = Entry::open(&dir, self.settings.limits, size);
        let Some(journal) = &mut entry.journal else { return 0 };
        match journal.append_output(0, now_us(), &[&bytes]) {
            Ok(()) => {
                let end = journal.end();
                self.open.insert(id, entry);
                end
            }
            Err(error) => {
                tracing::error!(%error, session = %id, "the history could not be carried over");
                drop(std::fs::remove_dir_all(&dir));
                0
            }
        }
    }
}

impl Handler<Append> for Journals {
    type Result = ();

    fn handle(&mut self, message: Append, _: &mut Self::Context) {
        let dir = self.dir(&message.id);
        let Some(entry) = self.open.get_mut(&message.id) else { return };
        let Some(feed) = entry.feed.clone() else { return };
        let Some(ring) = feed.ring() else { return };
        let taken = entry.take(ring, message.upto);
        entry.report(&dir, taken);
        if ring.consume(message.upto) {
            ring::ring_bell(&self.settings.kick);
        }
        let wants_roll = entry.journal.as_ref().is_some_and(Journal::wants_roll);
        message.tell.do_send(Journaled { upto: message.upto, gap: entry.gap(), wants_roll });
        self.dirty.insert(message.id);
    }
}

impl Handler<Note> for Journals {
    type Result = ();

    fn handle(&mut self, message: Note, _: &mut Self::Context) {
        let now = now_us();
        self.with_journal(&message.id, |journal| match message.what {
            Noted::Resized(size) => journal.append_resize(now, size),
            Noted::Exited(exit) => journal.append_exit(now, exit),
            Noted::Screen { offset, size, bytes } => journal.roll(offset, now, Keyframe { size, bytes }),
        });
        self.dirty.insert(message.id);
    }
}

impl Handler<Flush> for Journals {
    type Result = ();

    fn handle(&mut self, message: Flush, _: &mut Self::Context) {
        self.with_journal(&message.id, Journal::sync);
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
        let dir = self.settings.root.join(&message.id);
        if let Err(error) = std::fs::remove_dir_all(&dir) {
            tracing::warn!(%error, path = %dir.display(), "the session's folder could not be deleted");
        }
    }
}
