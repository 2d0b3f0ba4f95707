//! Small orders about sessions that are there.

use actix::prelude::*;
use tokio::task::JoinHandle;

use super::messages::{Attend, Fated, IsRunning, LookUp, Rename, RenameError};
use super::registry::{Entry, Sessions};
use crate::actors::events::Published;
use crate::actors::session::{Heartbeat, Moved, Relabel};
use crate::domain::event::Event;
use crate::domain::label;
use crate::domain::tasks::Fate;

impl Handler<Rename> for Sessions {
    type Result = ResponseFuture<Result<(), RenameError>>;

    /// Answers once it is written down.
    fn handle(&mut self, Rename { id, label }: Rename, _: &mut Self::Context) -> Self::Result {
        let renamed = self.rename(&id, &label);
        let events = self.settings.events.clone();
        Box::pin(async move {
            let _ = renamed?.await;
            events.do_send(Published(Event::SessionRenamed { session_id: id, label }));
            Ok(())
        })
    }
}

impl Sessions {
    fn rename(&mut self, id: &str, label: &str) -> Result<JoinHandle<()>, RenameError> {
        label::check(label)?;
        let entry = self.entry(id).ok_or(RenameError::NotFound)?;
        label.clone_into(&mut entry.record.label);
        entry.child.addr.do_send(Relabel(label.to_owned()));
        let record = entry.record.clone();
        Ok(self.write_record(&record))
    }
}

impl Handler<Moved> for Sessions {
    type Result = ();

    fn handle(&mut self, Moved { id, cwd }: Moved, _: &mut Self::Context) {
        // The directory of tmux's client says nothing of its shell's.
        if let Some(entry) = self.entry(&id).filter(|entry| entry.record.cwd != cwd && !entry.record.tmux) {
            entry.record.cwd = cwd;
            let record = entry.record.clone();
            drop(self.write_record(&record));
        }
    }
}

impl Handler<Attend> for Sessions {
    type Result = ();

    fn handle(&mut self, Attend(ids): Attend, _: &mut Self::Context) {
        for entry in self.entries.values().filter(|entry| ids.contains(&entry.record.id)) {
            entry.child.addr.do_send(Heartbeat);
        }
    }
}

impl Handler<IsRunning> for Sessions {
    type Result = bool;

    fn handle(&mut self, IsRunning(id): IsRunning, _: &mut Self::Context) -> Self::Result {
        let runs =
            |entry: &mut Entry| entry.held.is_some() && entry.reaped.is_none() && entry.record.exit.is_none();
        self.starting.contains(&id) || self.entry(&id).is_some_and(runs)
    }
}

impl Handler<LookUp> for Sessions {
    type Result = Fated;

    fn handle(&mut self, LookUp(id): LookUp, _: &mut Self::Context) -> Fated {
        let starting = self.starting.contains(&id);
        match self.entry(&id) {
            Some(Entry { held: None, record, .. }) => Fated { fate: Fate::Over, exit: record.exit.clone() },
            Some(_) => Fated { fate: Fate::Running, exit: None },
            None if starting => Fated { fate: Fate::Running, exit: None },
            None => Fated { fate: Fate::Absent, exit: None },
        }
    }
}
