//! Starting a child, and the handle on a started one.

use std::sync::Arc;

use actix::{ArbiterHandle, dev::channel, prelude::*};

use super::{chaos::CrashSite, orders::Orders, post::Post, reports::Reports, runner::run, spec::ChildSpec};

/// A supervised actor: its address, valid over restarts, and the handle.
#[derive(Debug)]
pub struct Child<A: Actor> {
    pub addr: Addr<A>,
    pub handle: ChildHandle,
}

impl<A: Actor> Clone for Child<A> {
    fn clone(&self) -> Child<A> {
        Child { addr: self.addr.clone(), handle: self.handle.clone() }
    }
}

/// Starts an actor on an arbiter and keeps it as its spec says.
///
/// The address is valid at once, from any thread; messages wait until the actor is there.
/// `make` runs on the arbiter. A panic in it gives the child up, for it cannot be called
/// again: leave what can fail to `started`. When the arbiter is gone the child is stopped
/// from the start and every `send` fails.
pub fn supervise<A, F>(spec: ChildSpec, arbiter: &ArbiterHandle, reports: Reports, make: F) -> Child<A>
where
    A: Actor<Context = Context<A>> + Supervised,
    F: FnOnce(&mut Context<A>) -> A + Send + 'static,
{
    let (sender, mailbox) = channel::channel(spec.mailbox);
    let orders = Arc::new(Orders::new(Arc::clone(&spec.name)));
    let handle = ChildHandle(Arc::clone(&orders));
    let post = Post::open(spec, orders, reports);
    arbiter.spawn_fn(move || {
        actix::spawn(run(post, mailbox, make));
    });
    Child { addr: Addr::new(sender), handle }
}

/// The supervisor's side of a child. Any thread may use it; dropping it means nothing.
#[derive(Debug, Clone)]
pub struct ChildHandle(pub(super) Arc<Orders>);

impl ChildHandle {
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Orders the child to stop, for good, whatever its restart policy.
    ///
    /// The actor gets its `stopping` and `stopped`; an actor with work to finish answers
    /// `Running::Continue` in `stopping` and calls `ctx.stop()` when it has. Once the spec's
    /// stop deadline has passed it is dropped as it is. Messages still queued get an error.
    /// A child that is waiting to be restarted is dropped without hooks. To wait, use
    /// [`ChildHandle::gone`].
    pub fn stop(&self) {
        self.0.stop();
    }

    /// Waits until the child is gone for good, be it stopped, done or given up.
    pub fn gone(&self) -> impl Future<Output = ()> + Send + use<> {
        self.0.gone()
    }

    pub fn is_gone(&self) -> bool {
        self.0.is_gone()
    }

    /// Breaks the child at its next turn (see [`CrashSite`]). For tests and `--chaos`.
    pub fn crash(&self, site: CrashSite) {
        self.0.crash(site);
    }
}
