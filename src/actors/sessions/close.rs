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
        let pane = entry.record.pane_id.filter(|_| entry.record.tmux && entry.held.is_some());
        match (&entry.held, &entry.failure) {
            (None, _) => self.dismiss(&id),
            (Some(_), None) => entry.child.addr.do_send(End),
            (Some(_), Some(_)) => self.settings.keeper.do_send(Tell(Order::End { id })),
        }
        // What runs in tmux would outlive its terminal: the end means the end.
        if let Some(pane) = pane {
            self.settings.panes.do_send(KillPane(pane));
        }
        true
    }
}
