//! From the ring to the viewers, the screen and the journal.

use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::{Duration, Instant};

use actix::prelude::*;
use futures_util::Stream;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::actor::Session;
use super::feed::Body;
use super::input::Queued;
use super::messages::Fact;
use crate::actors::journals::{Append, Journaled, Note, Noted};
use crate::os::{fds, ring};

/// A turn is over after this; the rest goes on behind the others.
const TURN: Duration = Duration::from_millis(2);
/// Bytes given to the screen between two looks at the clock.
const SLICE: u64 = 64 * 1024;
/// Output that comes so soon after input is shown at once.
const ECHO: Duration = Duration::from_millis(20);
/// Otherwise viewers are woken this often at most, or when this much has come.
const COALESCE: Duration = Duration::from_millis(4);
const COALESCE_BYTES: u64 = 32 * 1024;
/// While output comes faster than this, in bytes a second, the keeper need not ring for each piece: the session looks
/// again after a nap. Viewers are woken no more often anyway.
const FLOOD: f64 = 8e6;
const NAP: Duration = Duration::from_millis(1);
/// The journal is asked for this much at once, or after this time. The ring keeps it safe meanwhile.
const JOURNAL_BYTES: u64 = 64 * 1024;
const JOURNAL_DELAY: Duration = Duration::from_millis(100);
/// A journal that has not answered for so long is asked again.
const ANSWER: Duration = Duration::from_secs(2);
/// A new segment begins this often at most, because drawing its screen costs as much as some MB of output.
const ROLL_EVERY: Duration = Duration::from_millis(500);
/// Answers to a program's queries that may wait while it does not read.
const MOST_REPLIES: usize = 64;

/// The keeper rang: there is output, or its end.
pub(super) struct Rang;

/// The bell as a stream of rings.
pub(super) struct Bell(AsyncFd<Arc<OwnedFd>>);

impl Bell {
    pub(super) fn new(body: &Body) -> std::io::Result<Bell> {
        Ok(Bell(fds::watch(body.bell.clone(), Interest::READABLE)?))
    }
}

impl Stream for Bell {
    type Item = Rang;

    fn poll_next(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Rang>> {
        loop {
            let Ok(mut guard) = ready!(self.0.poll_read_ready(cx)) else { return Poll::Ready(None) };
            let rang = ring::silence_bell(self.0.get_ref());
            // A silenced bell has nothing more to say: asking it again would cost a system call.
            guard.clear_ready();
            if rang {
                return Poll::Ready(Some(Rang));
            }
        }
    }
}

impl StreamHandler<Rang> for Session {
    fn handle(&mut self, _: Rang, ctx: &mut Self::Context) {
        self.last_output = Instant::now();
        self.look_where_soon(ctx);
        self.pump(ctx);
    }

    fn finished(&mut self, _: &mut Self::Context) {
        // The bell ends only with the session.
    }
}

impl Session {
    /// Takes what the ring has, for a turn; then sleeps until the keeper rings.
    pub(super) fn pump(&mut self, ctx: &mut Context<Self>) {
        if self.screen.is_none() {
            return;
        }
        let feed = self.feed.clone();
        let Some(ring) = feed.ring() else { return };
        let began = Instant::now();
        loop {
            let head = ring.head();
            self.announce(head, ctx);
            self.feed_screen(head.min(self.fed + SLICE), ctx);
            if self.fed == ring.head() && (ring.ended() || self.naps(ctx) || ring.sleep(self.fed)) {
                break;
            }
            if began.elapsed() > TURN {
                self.go_on_later(ctx);
                break;
            }
        }
        self.write_down(false, ctx);
        self.finish_if_over(ctx);
    }

    /// In a flood of output: looks again a little later, and spares keeper and session a ring for every few KiB.
    fn naps(&mut self, ctx: &mut Context<Self>) -> bool {
        let (since, offset) = self.pace.measured;
        let elapsed = since.elapsed();
        if elapsed >= NAP {
            self.pace.flooding = self.fed.saturating_sub(offset) as f64 >= FLOOD * elapsed.as_secs_f64();
            self.pace.measured = (Instant::now(), self.fed);
        }
        let naps = self.pace.flooding && self.last_input.elapsed() >= ECHO;
        if naps && !std::mem::replace(&mut self.pace.napping, true) {
            ctx.run_later(NAP, |act, ctx| {
                act.pace.napping = false;
                act.pump(ctx);
            });
        }
        naps
    }

    /// Lets the other actors of this thread have their turn first; a message to itself would not.
    fn go_on_later(&mut self, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.pace.continuing, true) {
            ctx.spawn(tokio::task::yield_now().into_actor(self).map(|(), act, ctx| {
                act.pace.continuing = false;
                act.pump(ctx);
            }));
        }
    }

    /// Lets viewers see everything before `head`: now, or a little later with what comes until then.
    fn announce(&mut self, head: u64, ctx: &mut Context<Self>) {
        let news = head.saturating_sub(self.feed.published());
        if news == 0 {
            return;
        }
        let since = self.pace.last_wake.elapsed();
        if self.last_input.elapsed() < ECHO || since >= COALESCE || news >= COALESCE_BYTES {
            self.publish(head);
        } else if !std::mem::replace(&mut self.pace.timer, true) {
            ctx.run_later(COALESCE - since, |act, _| {
                act.pace.timer = false;
                let head = act.feed.ring().map(ring::Ring::head);
                act.publish(head.unwrap_or_default());
            });
        }
    }

    pub(super) fn publish(&mut self, head: u64) {
        self.feed.publish(head);
        self.pace.last_wake = Instant::now();
        for viewer in &self.viewers {
            viewer.wake();
        }
        self.wake_pollers();
    }

    /// Gives the screen everything before `upto` and answers the program's questions if nobody else does.
    pub(super) fn feed_screen(&mut self, upto: u64, ctx: &mut Context<Self>) {
        let (Some(ring), Some(screen)) = (self.feed.ring(), &mut self.screen) else { return };
        if upto <= self.fed {
            return;
        }
        if self.settings.screen_model {
            ring.unconsumed(self.fed, upto, |a, b| {
                screen.feed(a);
                screen.feed(b);
            });
        }
        self.fed = upto;
        let replies = screen.take_replies();
        if !replies.is_empty() && !self.owner.has_writers() && self.input.len() < MOST_REPLIES {
            self.input.push_back(Queued { bytes: replies.into(), room: None, from: None });
            self.write_input(ctx);
        }
        self.look_at_activity(ctx);
    }

    /// Asks the journal to take what the screen has seen. `now`: without waiting for more.
    pub(super) fn write_down(&mut self, now: bool, ctx: &mut Context<Self>) {
        let pending = self.fed.saturating_sub(self.journal.asked);
        if pending == 0 || (self.journal.busy && !now) {
            return;
        }
        if now || pending >= JOURNAL_BYTES {
            self.journal.busy = true;
            self.journal.asked = self.fed;
            let tell = ctx.address().recipient();
            self.addrs.journals.do_send(Append { id: self.id.clone(), upto: self.fed, tell });
            self.expect_answer(ctx);
        } else if !std::mem::replace(&mut self.journal.timer, true) {
            ctx.run_later(JOURNAL_DELAY, |act, ctx| {
                act.journal.timer = false;
                act.write_down(true, ctx);
            });
        }
    }

    /// A journal that crashed over the question will not answer it; without an answer the program would wait for
    /// ever once its ring is full.
    fn expect_answer(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.journal.watched, true) {
            return;
        }
        let asked = self.journal.asked;
        ctx.run_later(ANSWER, move |act, ctx| {
            act.journal.watched = false;
            if act.journal.busy && act.journal.asked == asked {
                act.journal.asked = asked.min(act.feed.ring().map_or(asked, ring::Ring::consumed));
                act.write_down(true, ctx);
            } else if act.journal.busy {
                act.expect_answer(ctx);
            }
        });
    }

    pub(super) fn note(&self, what: Noted) {
        self.addrs.journals.do_send(Note { id: self.id.clone(), what });
    }
}

impl Handler<Journaled> for Session {
    type Result = ();

    fn handle(&mut self, message: Journaled, ctx: &mut Self::Context) {
        if message.upto < self.journal.asked {
            return;
        }
        self.journal.busy = false;
        self.journal.gap = message.gap;
        self.journal.taken = message.upto;
        if message.wants_roll && self.journal.rolled.elapsed() >= ROLL_EVERY {
            self.journal.rolled = Instant::now();
            self.write_down(true, ctx);
            if let Some(screen) = &self.screen {
                let bytes = screen.snapshot(super::viewers::KEYFRAME_BYTES).into();
                self.note(Noted::Screen { offset: self.fed, size: self.size, bytes });
            }
        }
        self.write_down(false, ctx);
        if !self.draining.is_empty() {
            self.drained();
        }
    }
}

impl super::viewers::Viewer {
    /// Tells the viewer that there is more, unless it was told and has not looked yet.
    pub(super) fn wake(&self) {
        if !self.cell.woken.swap(true, std::sync::atomic::Ordering::AcqRel) {
            self.tell(Fact::More);
        }
    }
}
