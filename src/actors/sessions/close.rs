//! Closing a session.

use actix::prelude::*;

use super::messages::Close;
use super::registry::Sessions;
use crate::actors::keeper_link::Tell;
use crate::actors::panes::KillPane;
use crate::actors::session::End;
use crate::domain::keeper_frames::Order;

impl Handler<Close> for Sessions {
    type Result = bool;

    fn handle(&mut self, Close(id): Close, _: &mut Self::Context) -> bool {
        let Some(entry) = self.entry(&id) else { return false };
        match (&entry.held, &entry.failure) {
            (None, _) => self.dismiss(&id),
            (Some(_), None) => {
                entry.child.addr.do_send(End);
                self.end_pane(&id);
            }
            (Some(_), Some(_)) => {
                self.end_pane(&id);
                self.settings.keeper.do_send(Tell(Order::End { id }));
            }
        }
        true
    }
}

impl Sessions {
    /// What runs in tmux would outlive its terminal: where we end a session, the end means the end.
    pub(super) fn end_pane(&mut self, id: &str) {
        let Some(entry) = self.entry(id) else { return };
        if let Some(pane) = entry.record.pane_id.filter(|_| entry.record.tmux) {
            self.settings.panes.do_send(KillPane(pane));
        }
    }
}
