//! Spreads facts to whoever listens.
//!
//! *Parent* root · *Restart* permanent · *Owns* the listeners · *Sends to* links · *Lost on crash* the
//! listeners' hints since; lists are the truth, and the listeners themselves stay.

use actix::prelude::*;
use futures_util::future::join_all;

use crate::domain::event::Event;

/// A fact for anyone. A listener whose mailbox is full misses it.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Published(pub Event);

/// The daemon is about to end; `restart`: and will be back. Answers when every listener has heard it.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct ShuttingDown {
    pub restart: bool,
}

/// Tell this listener from now on, until its mailbox closes.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Listen {
    pub events: Recipient<Published>,
    pub shutdown: Recipient<ShuttingDown>,
}

#[derive(Default)]
pub struct Events {
    listeners: Vec<Listen>,
}

impl Actor for Events {
    type Context = Context<Self>;
}

impl Supervised for Events {}

impl Handler<Listen> for Events {
    type Result = ();

    fn handle(&mut self, listener: Listen, _: &mut Self::Context) {
        self.listeners.retain(|listener| listener.events.connected());
        self.listeners.push(listener);
    }
}

impl Handler<Published> for Events {
    type Result = ();

    fn handle(&mut self, fact: Published, _: &mut Self::Context) {
        self.listeners
            .retain(|listener| !matches!(listener.events.try_send(fact.clone()), Err(SendError::Closed(_))));
    }
}

impl Handler<ShuttingDown> for Events {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, fact: ShuttingDown, _: &mut Self::Context) -> Self::Result {
        let heard = join_all(self.listeners.iter().map(|listener| listener.shutdown.send(fact)));
        Box::pin(async move { drop(heard.await) })
    }
}
