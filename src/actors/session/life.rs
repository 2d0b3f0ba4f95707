//! A session's recovery, its end, and the daemon's.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use chrono::Utc;

use super::actor::{Ended, Origin, Session, SessionSettings};
use super::feed::Feed;
use super::messages::{Drain, End, Fact, ProgramEnded};
use super::output::Bell;
use crate::actors::events::Published;
use crate::actors::journals::{Flush, Noted, Open, Recovered};
use crate::actors::receipts::Keep;
use crate::domain::event::Event;
use crate::domain::exit::{Exit, Reason};
use crate::domain::journal::Body as Entry;
use crate::domain::receipt::{Ledger, Receipt};
use crate::domain::screen::Screen;
use crate::os::journal::Recovery;
use crate::os::ring::Ring;

/// A process that the program left behind may hold the terminal, so that its output never ends: once there was none
/// for so long after the program was reaped, that was all.
const LINGER: Duration = Duration::from_millis(250);
/// How often that is waited for while there is output; what has come by then still counts.
const LINGERS: u32 = 20;
/// How long a journal may take to be read.
const RECOVERY: Duration = Duration::from_secs(60);

impl Session {
    /// Gets screen and place in the output back from the journal, then listens to the keeper. Nothing else is
    /// handled before that is done.
    pub(super) fn recover(&mut self, ctx: &mut Context<Self>) {
        if !self.running() {
            return;
        }
        let open = Open { id: self.id.clone(), size: self.size, feed: Some(self.feed.clone()) };
        let opening = self.addrs.journals.send(open).timeout(RECOVERY);
        ctx.wait(opening.into_actor(self).map(|answer, act, ctx| match answer {
            Ok(recovered) => act.recovered(recovered, ctx),
            // The supervisor tries again.
            Err(error) => panic!("the journal did not answer: {error}"),
        }));
    }

    fn recovered(&mut self, recovered: Recovered, ctx: &mut Context<Self>) {
        let screen = draw(recovered.recovery, &self.settings);
        self.size = screen.size();
        self.screen = Some(screen);
        self.fed = recovered.end;
        self.journal.asked = recovered.end;
        self.journal.taken = recovered.end;
        self.journal.gap = recovered.gap;
        if recovered.cut_bytes > 0 {
            tracing::warn!(session = %self.id, bytes = recovered.cut_bytes, "cut a torn end off the journal");
        }
        self.write_receipt(recovered.ledger);
        self.recall_activity(ctx);
        let Some(body) = self.body.clone() else { return };
        match Bell::new(&body) {
            Ok(bell) => drop(ctx.add_stream(bell)),
            Err(error) => panic!("the session's bell cannot be heard: {error}"),
        }
        if self.status.is_some() {
            self.linger(LINGERS, ctx);
        }
        self.settle_input();
        self.write_input(ctx);
        self.pump(ctx);
    }

    /// Says what a recovery found, if this start is one.
    fn write_receipt(&mut self, ledger: Option<Ledger>) {
        let origin = std::mem::replace(&mut self.origin, Origin::Created);
        let (cause, down_at) = match (self.crashed.take(), origin) {
            (Some(at), _) => ("the session's actor crashed and was restarted".to_owned(), at),
            (None, Origin::Adopted(Some(death))) => (format!("the daemon {}", death.cause), death.at),
            (None, Origin::Readopted) => ("the session was taken up again on request".to_owned(), Utc::now()),
            _ => return,
        };
        let Some(ledger) = ledger else { return };
        let receipt = Receipt {
            session_id: self.id.clone(),
            label: self.label.clone(),
            cause,
            down_at,
            back_at: Utc::now(),
            bytes_kept: ledger.kept,
            bytes_lost: ledger.lost,
            offset: ledger.from,
        };
        self.receipt = Some(receipt.clone());
        self.addrs.receipts.do_send(Keep(receipt));
    }

    /// The screen, drawn again from the journal if it was given up.
    pub(super) fn with_screen(&self) -> ResponseActFuture<Self, ()> {
        if self.screen.is_some() {
            return Box::pin(actix::fut::ready(()));
        }
        let open = Open { id: self.id.clone(), size: self.size, feed: None };
        let opening = self.addrs.journals.send(open).timeout(RECOVERY);
        Box::pin(opening.into_actor(self).map(|answer, act, _| match answer {
            Ok(recovered) => {
                let screen = draw(recovered.recovery, &act.settings);
                (act.size, act.fed) = (screen.size(), recovered.end);
                act.feed.publish(recovered.end);
                act.screen = Some(screen);
            }
            Err(error) => tracing::error!(session = %act.id, %error, "the journal did not answer"),
        }))
    }

    fn linger(&mut self, left: u32, ctx: &mut Context<Self>) {
        let before = self.feed.ring().map_or(self.fed, Ring::head);
        ctx.run_later(LINGER, move |act, ctx| {
            let head = act.feed.ring().map_or(act.fed, Ring::head);
            if left > 1 && (head != before || act.fed < head) {
                return act.linger(left - 1, ctx);
            }
            act.overdue = Some(head);
            act.pump(ctx);
        });
    }

    /// Once the program is reaped and its output is in: writes the end down and lets go of it.
    pub(super) fn finish_if_over(&mut self, ctx: &mut Context<Self>) {
        let (Some(status), Some(ring)) = (self.status, self.feed.ring()) else { return };
        let complete = ring.ended() && ring.head() == self.fed;
        let overdue = self.overdue.is_some_and(|offset| self.fed >= offset);
        if self.finishing || !(complete || overdue) {
            return;
        }
        self.finishing = true;
        self.publish(self.fed);
        let exit = Exit::from_status(status.code, status.signal, status.at);
        let exit = self.ending.map_or(exit.clone(), |reason| exit.because(reason));
        self.write_down(true, ctx);
        self.note(Noted::Exited(exit.clone()));
        let flush = Flush { id: self.id.clone(), close: true };
        let flushed = self.addrs.journals.send(flush).into_actor(self);
        ctx.spawn(flushed.map(|_, act, ctx| act.finish(exit, ctx)));
    }

    fn finish(&mut self, exit: Exit, ctx: &mut Context<Self>) {
        let (id, offset) = (self.id.clone(), self.fed);
        tracing::info!(session = %id, code = ?exit.code, signal = ?exit.signal, offset, "the session ended");
        self.addrs.ended.do_send(Ended { id: id.clone(), exit: exit.clone(), offset });
        self.addrs.events.do_send(Published(Event::SessionEnded { session_id: id, exit: exit.clone() }));
        for viewer in &self.viewers {
            viewer.tell(Fact::Exited { offset, exit: exit.clone() });
        }
        self.exit = Some(exit);
        self.activity_is_over(ctx);
        self.drop_input();
        self.body = None;
        self.feed = Arc::new(Feed::new(None, offset));
        self.wake_pollers();
        self.drained();
    }

    /// Answers those who wait for something to be written down, when it is. Of what has ended everything is.
    pub(super) fn drained(&mut self) {
        let taken = if self.running() { self.journal.taken } else { u64::MAX };
        for (_, waiting) in self.draining.extract_if(.., |(offset, _)| *offset <= taken) {
            let _ = waiting.send(());
        }
    }
}

/// Draws what the journal has of a session's last segment.
fn draw(recovery: Recovery, settings: &SessionSettings) -> Screen {
    let mut screen = Screen::new(recovery.size, settings.scrollback_lines).with_widths(settings.widths);
    if let Some(keyframe) = recovery.keyframe {
        screen.feed(&keyframe.bytes);
    }
    for record in recovery.tail {
        match record.body {
            Entry::Output(bytes) => screen.feed(&bytes),
            Entry::Resize(size) => screen.resize(size),
            _ => {}
        }
    }
    // History never speaks: what it asked was answered, or nobody waits for the answer any more.
    drop(screen.take_replies());
    screen
}

impl Handler<ProgramEnded> for Session {
    type Result = ();

    fn handle(&mut self, ProgramEnded(status): ProgramEnded, ctx: &mut Self::Context) {
        if self.status.replace(status).is_none() {
            self.linger(LINGERS, ctx);
            self.pump(ctx);
        }
    }
}

impl Handler<End> for Session {
    type Result = ();

    fn handle(&mut self, _: End, _: &mut Self::Context) {
        self.end_for(Reason::Closed);
    }
}

impl Handler<Drain> for Session {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) -> Self::Result {
        let (done, wait) = tokio::sync::oneshot::channel();
        self.draining.retain(|(_, waiting)| !waiting.is_closed());
        self.draining.push((self.feed.ring().map_or(self.fed, Ring::head), done));
        self.pump(ctx);
        self.write_down(true, ctx);
        self.drained();
        Box::pin(async move { drop(wait.await) })
    }
}
