//! The top of the tree.
//!
//! *Parent* none · *Restart* never: with it the daemon ends · *Owns* the order of the shutdown · *Sends to* events,
//! sessions · *Lost on crash* everything, and the keeper starts anew.

use std::rc::Rc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::future::join;

use super::events::{Events, ShuttingDown};
use super::keeper_link::Drained;
use super::sessions::{DrainAll, Sessions};
use super::supervisor::ChildGaveUp;

/// How long the links may take to hear that the daemon ends; one whose client does not read hears nothing.
const TELL: Duration = Duration::from_millis(500);
/// From the last word to the end: a link writes in the same turn that it hears, so this is far more than it takes.
const LAST_WORDS: Duration = Duration::from_millis(10);

/// What must happen before the tree goes down, and cannot be done by an actor: the way in is closed.
pub type CloseDoors = Box<dyn Fn() -> std::pin::Pin<Box<dyn Future<Output = ()>>>>;

pub struct Root {
    close_doors: Rc<CloseDoors>,
    drain: Option<SetDrain>,
}

/// Who hears of the end; known once the tree stands.
#[derive(Clone, Message)]
#[rtype(result = "()")]
pub struct SetDrain {
    pub sessions: Addr<Sessions>,
    pub events: Addr<Events>,
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
            if let Some(SetDrain { sessions, events }) = drain {
                let told = events.send(ShuttingDown { restart }).timeout(TELL);
                let _ = join(told, sessions.send(DrainAll { restart })).await;
                tokio::time::sleep(LAST_WORDS).await;
            }
            System::current().stop();
        })
    }
}
