//! The table of sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use chrono::{DateTime, Utc};
use futures_util::future::join_all;

use super::messages::{Find, List, Listed, Readopt, ReadoptError};
use crate::actors::capacity::Capacity;
use crate::actors::events::{Events, Published};
use crate::actors::journals::{Flush, Journals};
use crate::actors::keeper_link::{Handed, KeeperLink, Reaped};
use crate::actors::panes::Panes;
use crate::actors::receipts::Receipts;
use crate::actors::session::{
    Body, Describe, Dismissed, Ended, Feed, Origin, ProgramEnded, Session, SessionAddrs, SessionParts,
    SessionSettings,
};
use crate::actors::store::Store;
use crate::actors::supervisor::{Child, ChildGaveUp, ChildSpec, Reports, supervise};
use crate::domain::environment::Environment;
use crate::domain::event::Event;
use crate::domain::exit::{Exit, Reason};
use crate::domain::gateway::Variables;
use crate::domain::keeper_frames::{Death, Status};
use crate::domain::session_record::SessionRecord;
use crate::domain::size::Size;
use crate::os::session_files;

/// How long a session may take to describe itself for a list.
const DESCRIBE: Duration = Duration::from_secs(1);
/// How long a session may take to tell its viewers that it was dismissed.
const DISMISS: Duration = Duration::from_secs(1);

/// The registry of sessions.
///
/// *Parent* root · *Restart* permanent · *Owns* the table, and of each running session the PTY and the ring ·
/// *Sends to* sessions, keeper_link, store, journals, events · *Lost on crash* nothing: the table stays.
pub struct Sessions {
    pub(super) settings: SessionsSettings,
    pub(super) entries: BTreeMap<Key, Entry>,
    pub(super) creating: usize,
    /// Their programs may run before the keeper has said so.
    pub(super) starting: BTreeSet<String>,
    /// Programs that ended before their sessions were made.
    pub(super) ended_early: BTreeMap<String, Status>,
    /// Sessions whose end is being written to the disk, and whether they were dismissed meanwhile.
    pub(super) writing: BTreeMap<String, bool>,
    /// Revision of the record that was written last: see `writing`.
    pub(super) revision: u64,
    pub(super) draining: bool,
    /// Who waits before the daemon ends, and whether it will be back.
    pub(super) done_tell: Vec<(bool, tokio::sync::oneshot::Sender<()>)>,
    inherited: Option<Inherited>,
    next_arbiter: usize,
}

/// What was there before this daemon: sessions on the list, those of them that live, how the last daemon ended.
type Inherited = (Vec<SessionRecord>, Vec<Handed>, Option<Death>);

/// Sorts sessions by age.
pub(super) type Key = (DateTime<Utc>, String);

pub(super) struct Entry {
    pub record: SessionRecord,
    pub child: Child<Session>,
    pub held: Option<Held>,
    /// How its program ended, once the keeper has said so.
    pub reaped: Option<Status>,
    pub failure: Option<String>,
}

/// What the registry keeps of a running session, so that it outlives the session's actor.
#[derive(Clone)]
pub(super) struct Held {
    pub body: Arc<Body>,
    pub feed: Arc<Feed>,
}

/// What the registry is told at its start.
pub struct SessionsSettings {
    /// Holds a folder per session.
    pub root: PathBuf,
    pub shell: String,
    pub directory: PathBuf,
    pub size: Size,
    pub keeper_features: Vec<String>,
    pub ring_bytes: u64,
    pub max_sessions: usize,
    /// How far programs stand behind the daemon.
    pub niceness: u8,
    /// Plain shells run inside tmux.
    pub tmux: bool,
    pub environment: Environment,
    /// What sessions are told about the way to their models; none where there is none.
    pub gateway: Option<Variables>,
    /// The folder of the files that make shells mark their commands; none: they do not.
    pub marks: Option<PathBuf>,
    pub session: SessionSettings,
    /// Sessions live here, one after the other.
    pub arbiters: Vec<ArbiterHandle>,
    pub reports: Reports,
    pub store: Addr<Store>,
    pub journals: Addr<Journals>,
    pub keeper: Addr<KeeperLink>,
    pub events: Addr<Events>,
    pub receipts: Addr<Receipts>,
    pub capacity: Addr<Capacity>,
    pub panes: Addr<Panes>,
}

impl Sessions {
    /// The registry that will take over what is on the list and what the keeper handed on; `death`: how the last daemon
    /// ended.
    pub fn new(
        settings: SessionsSettings,
        records: Vec<SessionRecord>,
        handed: Vec<Handed>,
        death: Option<Death>,
    ) -> Sessions {
        let revision = records.iter().map(|record| record.revision).max().unwrap_or(0);
        Sessions {
            settings,
            revision,
            entries: BTreeMap::new(),
            creating: 0,
            starting: BTreeSet::new(),
            ended_early: BTreeMap::new(),
            writing: BTreeMap::new(),
            draining: false,
            done_tell: Vec::new(),
            inherited: Some((records, handed, death)),
            next_arbiter: 0,
        }
    }

    /// Takes over the sessions that live, and lists those that are over.
    fn take_over(&mut self, (records, handed, death): Inherited, ctx: &mut Context<Self>) {
        let mut by_id: BTreeMap<String, SessionRecord> =
            records.into_iter().map(|record| (record.id.clone(), record)).collect();
        for handed in handed {
            let id = handed.kept.id.clone();
            let record = by_id.remove(&id).unwrap_or_else(|| SessionRecord::unknown(id, Utc::now()));
            self.adopt(record, handed, Origin::Adopted(death.clone()), ctx);
        }
        for (_, mut record) in by_id {
            // The same keeper knows nothing of it: it was written down, and not started. Its task will be.
            if record.exit.is_none() && record.task.is_some() && death.is_some() {
                self.remove(record.id);
                continue;
            }
            if record.exit.is_none() {
                record.exit = Some(self.lost_end(&record.id, death.as_ref()));
                drop(self.write_record(&record));
            }
            self.list_ended(record, ctx);
        }
    }

    /// Starts the actor of a session whose program the keeper holds.
    pub(super) fn adopt(
        &mut self,
        record: SessionRecord,
        handed: Handed,
        origin: Origin,
        ctx: &mut Context<Self>,
    ) {
        let consumed = handed.ring.consumed();
        let feed = Arc::new(Feed::new(Some(handed.ring), consumed));
        let held = Held { body: handed.body, feed };
        let status = handed.kept.exited.map(|status| record.told(status));
        self.start_child(record, Some(held), origin, status, ctx);
    }

    /// The end of a session that nobody holds any more. When there was no daemon before us, the keeper went, too.
    fn lost_end(&self, id: &str, death: Option<&Death>) -> Exit {
        let at = session_files::last_written(&self.settings.root, id).unwrap_or_else(Utc::now);
        let reason = if death.is_none() { Reason::Redeployed } else { Reason::Unknown };
        Exit::unknown(at).because(reason)
    }

    pub(super) fn list_ended(&mut self, record: SessionRecord, ctx: &mut Context<Self>) {
        self.start_child(record, None, Origin::Ended, None, ctx);
    }

    fn start_child(
        &mut self,
        record: SessionRecord,
        held: Option<Held>,
        origin: Origin,
        status: Option<Status>,
        ctx: &mut Context<Self>,
    ) {
        let feed =
            held.as_ref().map_or_else(|| Arc::new(Feed::new(None, record.offset)), |held| held.feed.clone());
        let parts = SessionParts {
            id: record.id.clone(),
            label: record.label.clone(),
            settings: SessionSettings {
                idle: self.settings.session.idle.filter(|_| record.task.is_none()),
                ..self.settings.session
            },
            is_task: record.task.is_some(),
            files: self.settings.root.join(&record.id),
            addrs: self.addrs(ctx),
            feed,
            body: held.as_ref().map(|held| held.body.clone()),
            size: record.size,
            origin,
            status,
            exit: record.exit.clone(),
        };
        let spec = ChildSpec::transient(format!("session:{}", record.id))
            .intensity(20, Duration::from_secs(60))
            .parent(&ctx.address().recipient());
        let arbiter = self.next_arbiter();
        let child = supervise(spec, &arbiter, self.settings.reports.clone(), move |_| Session::new(parts));
        let key = (record.created_at, record.id.clone());
        self.entries.insert(key, Entry { record, child, held, reaped: status, failure: None });
    }

    fn addrs(&self, ctx: &Context<Self>) -> SessionAddrs {
        SessionAddrs {
            journals: self.settings.journals.clone(),
            keeper: self.settings.keeper.clone(),
            events: self.settings.events.clone(),
            receipts: self.settings.receipts.clone(),
            ended: ctx.address().recipient(),
            moved: ctx.address().recipient(),
        }
    }

    fn next_arbiter(&mut self) -> ArbiterHandle {
        let arbiters = &self.settings.arbiters;
        self.next_arbiter = (self.next_arbiter + 1) % arbiters.len();
        arbiters[self.next_arbiter].clone()
    }

    pub(super) fn entry(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.values_mut().find(|entry| entry.record.id == id)
    }

    pub(super) fn dismiss(&mut self, id: &str) {
        self.entries.retain(|_, entry| {
            if entry.record.id != id {
                return true;
            }
            let Child { addr, handle } = entry.child.clone();
            // An order to stop overtakes messages, and the viewers must hear this one.
            actix::spawn(async move {
                let _ = addr.send(Dismissed).timeout(DISMISS).await;
                handle.stop();
            });
            false
        });
        match self.writing.get_mut(id) {
            // Or its record would come back after the folder is gone.
            Some(dismissed) => *dismissed = true,
            None => self.remove(id.to_owned()),
        }
        self.settings.events.do_send(Published(Event::SessionClosed { session_id: id.to_owned() }));
    }
}

impl Actor for Sessions {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(inherited) = self.inherited.take() {
            self.take_over(inherited, ctx);
        }
    }
}

impl Supervised for Sessions {
    fn restarting(&mut self, _: &mut Self::Context) {
        // Nobody waits for those any more.
        self.creating = 0;
        self.starting.clear();
        self.writing.clear();
        self.ended_early.clear();
    }
}

impl Handler<Find> for Sessions {
    type Result = Option<Addr<Session>>;

    fn handle(&mut self, Find(id): Find, _: &mut Self::Context) -> Self::Result {
        self.entry(&id).filter(|entry| entry.failure.is_none()).map(|entry| entry.child.addr.clone())
    }
}

impl Handler<List> for Sessions {
    type Result = ResponseFuture<Vec<Listed>>;

    fn handle(&mut self, _: List, _: &mut Self::Context) -> Self::Result {
        let asked: Vec<_> = self
            .entries
            .values()
            .map(|entry| {
                let describe = entry.child.addr.send(Describe).timeout(DESCRIBE);
                let (record, failure) = (entry.record.clone(), entry.failure.clone());
                let offset = entry.held.as_ref().map_or(record.offset, |held| held.feed.published());
                async move { Listed { record, failure, offset, description: describe.await.ok() } }
            })
            .collect();
        Box::pin(join_all(asked))
    }
}

impl Handler<Readopt> for Sessions {
    type Result = Result<(), ReadoptError>;

    fn handle(&mut self, Readopt(id): Readopt, ctx: &mut Self::Context) -> Self::Result {
        let entry = self.entry(&id).ok_or(ReadoptError::NotFound)?;
        if entry.failure.is_none() {
            return Err(ReadoptError::NotFailed);
        }
        self.readopt(&id, ctx);
        Ok(())
    }
}

impl Handler<Reaped> for Sessions {
    type Result = ();

    fn handle(&mut self, Reaped { id, status }: Reaped, ctx: &mut Self::Context) {
        let Some(entry) = self.entry(&id) else {
            if self.creating > 0 {
                self.ended_early.insert(id, status);
            }
            return;
        };
        let status = entry.record.told(status);
        entry.reaped = Some(status);
        if entry.failure.is_none() {
            entry.child.addr.do_send(ProgramEnded(status));
        } else {
            // Somebody has to take the rest of its output and write down the end.
            self.readopt(&id, ctx);
        }
    }
}

impl Sessions {
    fn readopt(&mut self, id: &str, ctx: &mut Context<Self>) {
        let Some(entry) = self.entry(id) else { return };
        let (record, held, reaped) = (entry.record.clone(), entry.held.clone(), entry.reaped);
        self.start_child(record, held, Origin::Readopted, reaped, ctx);
    }

    /// The end of a session that not even its last actor could finish: without what nobody has taken.
    fn end_failed(&mut self, id: &str, status: Status, ctx: &mut Context<Self>) {
        let Some(entry) = self.entry(id) else { return };
        let exit = Exit::from_status(status.code, status.signal, status.at);
        let offset = entry.held.as_ref().map_or(entry.record.offset, |held| held.feed.published());
        self.settings.journals.do_send(Flush { id: id.to_owned(), close: true });
        self.end_entry(id, exit, offset, ctx);
    }
}

impl Handler<Ended> for Sessions {
    type Result = ();

    fn handle(&mut self, Ended { id, exit, offset }: Ended, ctx: &mut Self::Context) {
        if exit.reason == Reason::Idle {
            self.end_pane(&id);
        }
        self.end_entry(&id, exit, offset, ctx);
    }
}

impl Handler<ChildGaveUp> for Sessions {
    type Result = ();

    fn handle(&mut self, message: ChildGaveUp, ctx: &mut Self::Context) {
        let Some(id) = message.name.strip_prefix("session:").map(str::to_owned) else { return };
        let failure = message.panic.map_or_else(
            || "it kept ending".to_owned(),
            |panic| format!("it crashed {} times, last: {panic}", message.restarts + 1),
        );
        tracing::error!(session = %id, %failure, "the session failed; its program lives on in the keeper");
        let event = Event::SessionFailed { session_id: id.clone(), failure: failure.clone() };
        self.settings.events.do_send(Published(event));
        let Some(entry) = self.entry(&id) else { return };
        entry.failure = Some(failure);
        if let (Some(status), Some(_)) = (entry.reaped, &entry.held) {
            self.end_failed(&id, status, ctx);
        }
    }
}
