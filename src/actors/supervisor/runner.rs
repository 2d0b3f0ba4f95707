//! The task that owns a child: polls its context, catches its panics, restarts it.
//!
//! One runner per child, on the child's arbiter. The actor value, its mailbox and its address
//! live in actix's `ContextFut`, which is kept over restarts.
//!
//! Invariants: nothing of the actor runs uncontained, not even its drop; every runner ends
//! with exactly one of *stopped* and *given up* in the reports, and then the handle's `gone`;
//! by then the mailbox is closed. Only an arbiter that is torn down drops a runner without
//! its hooks being contained here; tokio contains those.

use std::{
    future::{poll_fn, ready},
    ops::ControlFlow,
    pin::Pin,
    task::{self, Poll},
    time::Duration,
};

use actix::{
    dev::{ContextFut, channel::AddressReceiver},
    fut::wrap_future,
    prelude::*,
};
use tokio::{
    task::yield_now,
    time::{Instant, timeout},
};

use super::{
    chaos,
    panics::Panic,
    post::{Last, Post},
    roster::{LifeEvent, StopCause},
};
use crate::domain::restart::{Decision, Ended, Restart, RestartWindow};

/// How many handle numbers a restart skips at most (see [`Runner::restart`]). 1.5 MiB, freed
/// in the next turn.
const SKIPPED_MAX: usize = 65_536;

/// A child from its making to its end.
pub(super) async fn run<A, F>(post: Post, mailbox: AddressReceiver<A>, make: F)
where
    A: Actor<Context = Context<A>> + Supervised,
    F: FnOnce(&mut Context<A>) -> A,
{
    if post.orders.stopped() {
        drop(mailbox);
        return post.conclude(Last::Stopped(StopCause::Ordered));
    }
    let made = post.contain(|| {
        let mut ctx = Context::with_receiver(mailbox);
        let actor = make(&mut ctx);
        ctx.into_future(actor)
    });
    match made {
        Ok(body) => Runner::new(post, body).run().await,
        Err(panic) => {
            post.report(LifeEvent::Crashed(panic.clone()));
            let panic = Some(panic);
            post.conclude(Last::GivenUp { restarts: 0, panic });
        }
    }
}

/// How one life of a child ended.
enum End {
    Ordered,
    Normally,
    Panicked(Panic),
}

struct Runner<A>
where
    A: Actor<Context = Context<A>> + Supervised,
{
    body: ContextFut<A, Context<A>>,
    /// A permanent child does not end because nobody holds its address.
    _held: Option<Addr<A>>,
    window: RestartWindow,
    epoch: Instant,
    restarts: u32,
    last_panic: Option<Panic>,
    /// Whether this life has survived its first turn.
    up: bool,
    /// Last: its drop says that the rest is gone.
    post: Post,
}

impl<A> Runner<A>
where
    A: Actor<Context = Context<A>> + Supervised,
{
    fn new(post: Post, body: ContextFut<A, Context<A>>) -> Runner<A> {
        let spec = &post.spec;
        Runner {
            _held: (spec.restart == Restart::Permanent).then(|| body.address()),
            window: RestartWindow::new(spec.restart, spec.intensity, spec.backoff),
            epoch: Instant::now(),
            restarts: 0,
            last_panic: None,
            up: false,
            body,
            post,
        }
    }

    async fn run(mut self) {
        let mut end = self.life().await;
        let last = loop {
            let ended = match end {
                End::Ordered => break Last::Stopped(self.wind_down().await),
                End::Normally => Ended::Normally,
                End::Panicked(panic) => self.crashed(panic),
            };
            match self.window.decide(ended, self.epoch.elapsed()) {
                Decision::Done => break Last::Stopped(StopCause::Done),
                Decision::GiveUp => break self.given_up(),
                Decision::Restart { after } => end = self.next_life(after).await,
            }
        };
        self.bury(last);
    }

    /// From the first turn to the end, or to a stop order.
    async fn life(&mut self) -> End {
        poll_fn(|cx| {
            self.post.orders.wake(cx.waker());
            if self.post.orders.stopped() {
                return Poll::Ready(End::Ordered);
            }
            match self.turn(cx) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(())) => Poll::Ready(End::Normally),
                Err(panic) => Poll::Ready(End::Panicked(panic)),
            }
        })
        .await
    }

    async fn next_life(&mut self, after: Duration) -> End {
        self.restarts += 1;
        self.up = false;
        self.post.report(LifeEvent::Restarting { after });
        if self.rest(after).await.is_break() {
            return End::Ordered;
        }
        match self.restart() {
            Ok(()) => self.life().await,
            Err(panic) => End::Panicked(panic),
        }
    }

    /// One poll of the actor's context: `started` if due, messages, futures, timers, hooks.
    fn turn(&mut self, cx: &mut task::Context<'_>) -> Result<Poll<()>, Panic> {
        let Runner { body, post, up, .. } = self;
        let turned = post.busy.turn(|| {
            post.contain(|| {
                chaos::carry_out(&post.orders, body.ctx(), !*up);
                Pin::new(body).poll(cx)
            })
        });
        if turned.is_ok() && !self.up {
            self.up = true;
            self.post.report(LifeEvent::Started);
        }
        turned
    }

    /// Waits before a restart; breaks off when the child is ordered to stop.
    async fn rest(&self, after: Duration) -> ControlFlow<()> {
        if after.is_zero() {
            // The neighbours get a turn between two restarts.
            yield_now().await;
        }
        let ordered = poll_fn(|cx| {
            self.post.orders.wake(cx.waker());
            if self.post.orders.stopped() { Poll::Ready(()) } else { Poll::Pending }
        });
        match timeout(after, ordered).await {
            Ok(()) => ControlFlow::Break(()),
            Err(_) => ControlFlow::Continue(()),
        }
    }

    /// Puts the context back to its beginning and lets the actor do the same.
    ///
    /// actix refuses that without an address, so one is held meanwhile: a child that lives by
    /// its timers alone is restarted too.
    ///
    /// actix also numbers futures from one again, yet remembers cancellations it did not get
    /// to: a future cancelled in the turn that panicked would take the new one of the same
    /// number with it. So the numbers of the last life are skipped, up to [`SKIPPED_MAX`].
    fn restart(&mut self) -> Result<(), Panic> {
        let nothing = || wrap_future(ready(()));
        let Runner { body, post, .. } = self;
        let used = body.ctx().spawn(nothing()).into_usize();
        post.contain(|| {
            let _held = body.address();
            body.restart();
        })?;
        let skipped = used.min(SKIPPED_MAX);
        while body.ctx().spawn(nothing()).into_usize() < skipped {}
        Ok(())
    }

    fn crashed(&mut self, panic: Panic) -> Ended {
        self.last_panic = Some(panic.clone());
        self.post.report(LifeEvent::Crashed(panic));
        Ended::Panicked
    }

    fn given_up(&mut self) -> Last {
        Last::GivenUp { restarts: self.restarts, panic: self.last_panic.take() }
    }

    /// The order to stop: the actor's hooks, within the deadline.
    async fn wind_down(&mut self) -> StopCause {
        if !self.up {
            return StopCause::Ordered;
        }
        self.post.report(LifeEvent::Stopping);
        self.body.ctx().stop();
        let deadline = self.post.spec.stop_deadline;
        let stopped = poll_fn(|cx| match self.turn(cx) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(None),
            Err(panic) => Poll::Ready(Some(panic)),
        });
        let stopped = timeout(deadline, stopped).await;
        match stopped {
            Ok(None) => StopCause::Ordered,
            Ok(Some(panic)) => {
                self.crashed(panic);
                StopCause::Ordered
            }
            Err(_) => StopCause::Overran,
        }
    }

    /// Drops the actor and what is left in its mailbox, then says so.
    fn bury(self, last: Last) {
        let Runner { mut body, post, .. } = self;
        let buried = post.contain(move || {
            // Without this, dropping it would poll it once more.
            body.ctx().terminate();
            drop(body);
        });
        if let Err(panic) = buried {
            post.report(LifeEvent::Crashed(panic));
        }
        post.conclude(last);
    }
}
