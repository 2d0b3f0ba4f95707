//! Writing sessions down, and off the list again.
//!
//! Each record that is written carries a revision higher than all before it, so that two of one session that overtake
//! each other end as the later one.

use actix::prelude::*;
use tokio::task::JoinHandle;

use super::registry::Sessions;
use crate::actors::journals::Remove;
use crate::actors::keeper_link::Tell;
use crate::actors::store::{ForgetSession, write_session};
use crate::domain::exit::Exit;
use crate::domain::keeper_frames::Order;
use crate::domain::session_record::SessionRecord;

impl Sessions {
    /// Done when the record is written down, or cannot be; goes on also when nobody waits for it.
    pub(super) fn write_record(&mut self, record: &SessionRecord) -> JoinHandle<()> {
        self.revision += 1;
        let record = SessionRecord { revision: self.revision, ..record.clone() };
        actix::spawn(write_session(self.settings.store.clone(), record))
    }

    /// Off the list, then its folder.
    pub(super) fn remove(&self, id: String) {
        self.settings.store.do_send(ForgetSession(id.clone()));
        self.settings.journals.do_send(Remove { id });
    }

    /// Writes the end down; only then may the keeper let go of the session.
    pub(super) fn end_entry(&mut self, id: &str, exit: Exit, offset: u64, ctx: &mut Context<Self>) {
        let Some(entry) = self.entry(id) else { return };
        entry.held = None;
        entry.record.exit = Some(exit);
        entry.record.offset = offset;
        let record = entry.record.clone();
        let failed = entry.failure.is_some();
        let (writing, id) = (self.write_record(&record), id.to_owned());
        self.writing.insert(id.clone(), false);
        ctx.spawn(writing.into_actor(self).map(|_, act, _| act.written(id)));
        if failed {
            self.list_ended(record, ctx);
        }
    }

    fn written(&mut self, id: String) {
        if self.writing.remove(&id) == Some(true) {
            self.remove(id.clone());
        }
        self.settings.keeper.do_send(Tell(Order::Forget { id }));
        self.tell_if_done();
    }
}
