//! Breaking a child on purpose, to see it come back.
//!
//! The supervisor does the breaking, inside the child's own turn, so every child can be
//! broken and none has to help. Who may ask for it is not decided here: the daemon offers it
//! only with `--chaos`.

use std::time::Duration;

use actix::{fut::wrap_future, prelude::*};
use serde::{Deserialize, Serialize};

use super::orders::Orders;

/// Where a child breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrashSite {
    /// In its turn, as a message handler that panics: queued messages stay.
    Handler,
    /// In a future it spawned.
    Future,
    /// In a timer.
    Timer,
    /// At its next start, once. Does not cause that start.
    Started,
}

/// Carries out what was ordered; panics if that is what it takes. Call inside the turn.
pub(super) fn carry_out<A>(orders: &Orders, ctx: &mut Context<A>, starting: bool)
where
    A: Actor<Context = Context<A>>,
{
    if starting && orders.take(CrashSite::Started) {
        panic!("crash on order: started");
    }
    if orders.take(CrashSite::Future) {
        ctx.spawn(wrap_future(async { panic!("crash on order: future") }));
    }
    if orders.take(CrashSite::Timer) {
        ctx.run_later(Duration::from_millis(1), |_, _| panic!("crash on order: timer"));
    }
    if orders.take(CrashSite::Handler) {
        panic!("crash on order: handler");
    }
}
