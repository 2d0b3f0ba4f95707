//! The top of the tree.
//!
//! *Parent* none · *Restart* never: with it the daemon ends · *Owns* the order of the shutdown · *Sends to* events,
//! sessions, sync, tasks · *Lost on crash* everything, and the keeper starts anew.

use std::rc::Rc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::FutureExt as _;
use futures_util::future::join3;

use super::events::{Events, ShuttingDown};
use super::keeper_link::Drained;
use super::sessions::{DrainAll, Sessions};
use super::supervisor::ChildGaveUp;
use super::sync::{Flush, Sync};
use super::tasks::{Rest, Tasks};

/// How long the links may take to hear that the daemon ends; one whose client does not read hears nothing.
const TELL: Duration = Duration::from_millis(500);
/// From the last word to the end: a link writes in the same turn that it hears, so this is far more than it takes.
const LAST_WORDS: Duration = Duration::from_millis(10);
/// What agents and shells remember, and projects with a commit that waits, go to the workspace when the shells have
/// written their histories down, or after this; and may take so long.
const WRITTEN: Duration = Duration::from_millis(1_500);
const BROUGHT: Duration = Duration::from_millis(3_500);

/// What must happen before the tree goes down, and cannot be done by an actor: the way in is closed.
pub type CloseDoors = Box<dyn Fn() -> std::pin::Pin<Box<dyn Future<Output = ()>>>>;

pub struct Root {
    close_doors: Rc<CloseDoors>,
    drain: Option<SetDrain>,
}

/// Who is to be told at the end; they begin after the root.
#[derive(Clone, Message)]
#[rtype(result = "()")]
pub struct SetDrain {
    pub sessions: Addr<Sessions>,
    pub events: Addr<Events>,
    pub sync: Addr<Sync>,
    pub tasks: Addr<Tasks>,
}

impl Root {
    pub fn new(close_doors: CloseDoors) -> Root {
        Root { close_doors: Rc::new(close_doors), drain: None }
    }
}

impl Actor for Root {
    type Context = Context<Self>;
}

impl Handler<SetDrain> for Root {
    type Result = ();

    fn handle(&mut self, drain: SetDrain, _: &mut Self::Context) {
        self.drain = Some(drain);
    }
}

impl Handler<ChildGaveUp> for Root {
    type Result = ();

    fn handle(&mut self, child: ChildGaveUp, _: &mut Self::Context) {
        tracing::error!(name = %child.name, restarts = child.restarts, "cannot go on without it: the daemon ends");
        System::current().stop_with_code(70);
    }
}

impl Handler<Drained> for Root {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, Drained { restart }: Drained, _: &mut Self::Context) -> Self::Result {
        tracing::info!(restart, "the daemon drains");
        let (close_doors, drain) = (self.close_doors.clone(), self.drain.clone());
        Box::pin(async move {
            close_doors().await;
            if let Some(SetDrain { sessions, events, sync, tasks }) = drain {
                let _ = tasks.send(Rest).timeout(TELL).await;
                let told = events.send(ShuttingDown { restart }).timeout(TELL);
                let ended = sessions.send(DrainAll { restart }).map(drop).shared();
                let brought = bring_over(sync, ended.clone(), restart);
                let _ = join3(told, ended, brought).await;
                tokio::time::sleep(LAST_WORDS).await;
            }
            System::current().stop();
        })
    }
}

/// After a restart the next daemon does it.
async fn bring_over(sync: Addr<Sync>, written: impl Future<Output = ()>, restart: bool) {
    if !restart {
        drop(tokio::time::timeout(WRITTEN, written).await);
        let _ = sync.send(Flush).timeout(BROUGHT).await;
    }
}
