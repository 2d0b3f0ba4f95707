//! The one writer.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use chrono::Utc;
use serde_json::Value;

use super::audit::Backlog;
use super::messages::{
    Add, ForgetSession, GetSettings, KeepReceipt, ListReceipts, ReadAudit, SetSettings, WriteSession,
};
use crate::domain::audit::{Entry, LONGEST, MOST_ROWS, Repeats, Row};
use crate::domain::receipt::Receipt;
use crate::domain::session_record::SessionRecord;
use crate::domain::tasks::Task;
use crate::os::store::{Database, Place, StoreError};

/// Audit entries written in one transaction.
const BATCH: usize = 1_000;
/// How often old audit rows are deleted: every so many entries, and every so often.
const PRUNE_AFTER: usize = 1_000;
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);

/// The store.
///
/// *Parent* root · *Restart* permanent · *Owns* the database · *Sends to* nobody · *Lost on crash* the message it was
/// handling: whoever waits for the answer asks again; the audit entries of a transaction that was being written.
///
/// Lives on an arbiter of its own whose only work is this file, so it may block. Entries that come together are written
/// in one transaction, at the end of the turn.
pub struct Store {
    /// Where the database lies.
    state: PathBuf,
    pub(super) database: Database,
    pending: Vec<Entry>,
    repeats: Repeats,
    since_pruned: usize,
    backlog: Arc<Backlog>,
    /// The last error was told; the next one only after a success.
    failing: bool,
}

/// An opened database, before its actor lives.
pub struct Prepared {
    pub store: Store,
    /// Every session there is, oldest first.
    pub sessions: Vec<SessionRecord>,
    /// Every task.
    pub tasks: Vec<Task>,
    pub backlog: Arc<Backlog>,
}

impl Store {
    /// Opens the database in `state`. Blocks: for the start only.
    pub fn prepare(state: PathBuf) -> Result<Prepared, StoreError> {
        let database = Database::open(&state, Utc::now())?;
        let (sessions, tasks) = (database.sessions()?, database.tasks()?);
        let backlog = Arc::new(Backlog::default());
        let store = Store {
            state,
            database,
            pending: Vec::new(),
            repeats: Repeats::default(),
            since_pruned: 0,
            backlog: backlog.clone(),
            failing: false,
        };
        Ok(Prepared { store, sessions, tasks, backlog })
    }

    fn flush(&mut self) {
        let entries = std::mem::take(&mut self.pending);
        if entries.is_empty() {
            return;
        }
        self.since_pruned += entries.len();
        let written = self.database.audit(entries, &mut self.repeats);
        self.report(&written);
        if self.since_pruned >= PRUNE_AFTER {
            self.prune();
        }
        let dropped = self.backlog.take_dropped();
        if dropped > 0 {
            tracing::error!(
                dropped,
                "the store was too far behind: audit rows were dropped, the log has them"
            );
        }
    }

    fn prune(&mut self) {
        self.since_pruned = 0;
        let pruned = self.database.prune_audit(MOST_ROWS, Utc::now() - LONGEST);
        self.report(&pruned);
    }

    /// Logs the first of a row of failures, and its end.
    fn report<T>(&mut self, result: &Result<T, StoreError>) {
        match result {
            Err(error) if !self.failing => {
                tracing::error!(%error, "the database cannot be used");
                self.failing = true;
            }
            Ok(_) if self.failing => {
                tracing::info!("the database can be used again");
                self.failing = false;
            }
            _ => {}
        }
    }

    /// Reports, and begins anew when the file turns out to be damaged: that sets it aside.
    pub(super) fn done<T>(
        &mut self,
        result: Result<T, StoreError>,
        ctx: &mut Context<Self>,
    ) -> Result<T, StoreError> {
        self.report(&result);
        if result.as_ref().is_err_and(StoreError::is_corruption) {
            ctx.stop();
        }
        result
    }

    /// What happened to the database while it was opened belongs into the trail.
    fn confess(&mut self) {
        let entry = |act, subject, outcome: &str, detail| Entry {
            at: Utc::now(),
            identity: "coda".to_owned(),
            act,
            subject,
            outcome: outcome.to_owned(),
            peer: String::new(),
            detail,
        };
        if let Some(aside) = self.database.just_set_aside() {
            let (path, detail) = (aside.path.display().to_string(), aside.detail.clone());
            self.pending.push(entry("store.set_aside", path, aside.reason.word(), detail));
        }
        if let Place::Memory(why) = self.database.place() {
            self.pending.push(entry("store.in_memory", String::new(), "no_place", why.clone()));
        }
    }
}

impl Actor for Store {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.confess();
        self.flush();
        self.prune();
        ctx.run_interval(PRUNE_EVERY, |act, _| act.prune());
    }
}

impl Supervised for Store {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.repeats = Repeats::default();
        match Database::open(&self.state, Utc::now()) {
            Ok(database) => self.database = database,
            Err(error) => tracing::error!(%error, "the database could not be opened again"),
        }
    }
}

impl Handler<Add> for Store {
    type Result = ();

    fn handle(&mut self, Add(entry): Add, ctx: &mut Self::Context) {
        self.backlog.leave();
        self.pending.push(entry);
        match self.pending.len() {
            // Runs when the mailbox is empty.
            1 => {
                ctx.spawn(actix::fut::ready(()).map(|(), act: &mut Store, _| act.flush()));
            }
            BATCH.. => self.flush(),
            _ => {}
        }
    }
}

impl Handler<WriteSession> for Store {
    type Result = Result<(), StoreError>;

    fn handle(&mut self, WriteSession(record): WriteSession, ctx: &mut Self::Context) -> Self::Result {
        let written = self.database.write_session(&record);
        self.done(written, ctx)
    }
}

impl Handler<ForgetSession> for Store {
    type Result = ();

    fn handle(&mut self, ForgetSession(id): ForgetSession, ctx: &mut Self::Context) {
        let forgotten = self.database.forget_session(&id);
        drop(self.done(forgotten, ctx));
    }
}

impl Handler<KeepReceipt> for Store {
    type Result = Result<(), StoreError>;

    fn handle(&mut self, KeepReceipt(receipt): KeepReceipt, ctx: &mut Self::Context) -> Self::Result {
        let kept = self.database.keep_receipt(&receipt);
        self.done(kept, ctx)
    }
}

impl Handler<ListReceipts> for Store {
    type Result = Result<Vec<Receipt>, StoreError>;

    fn handle(&mut self, _: ListReceipts, ctx: &mut Self::Context) -> Self::Result {
        let receipts = self.database.receipts();
        self.done(receipts, ctx)
    }
}

impl Handler<ReadAudit> for Store {
    type Result = Result<Vec<Row>, StoreError>;

    fn handle(&mut self, ReadAudit { before, limit }: ReadAudit, ctx: &mut Self::Context) -> Self::Result {
        self.flush();
        let rows = self.database.audit_rows(before, limit);
        self.done(rows, ctx)
    }
}

impl Handler<GetSettings> for Store {
    type Result = Result<BTreeMap<String, Value>, StoreError>;

    fn handle(&mut self, GetSettings { prefix }: GetSettings, ctx: &mut Self::Context) -> Self::Result {
        let settings = self.database.settings(&prefix);
        self.done(settings, ctx)
    }
}

impl Handler<SetSettings> for Store {
    type Result = Result<(), StoreError>;

    fn handle(&mut self, SetSettings(values): SetSettings, ctx: &mut Self::Context) -> Self::Result {
        let set = self.database.set(&values, Utc::now());
        self.done(set, ctx)
    }
}
