//! Carries facts to a reader that is no actor.
//!
//! *Parent* none: it lives as long as its reader · *Restart* never · *Owns* a bounded queue · *Sends to* its reader ·
//! *Lost on crash* hints; lists are the truth.

use actix::prelude::*;
use tokio::sync::mpsc::{self, Receiver, Sender, error::TrySendError};

use super::{Listen, Published, ShuttingDown};
use crate::domain::event::Event;

/// Facts that may wait for a slow reader.
const MOST: usize = 256;

/// What a reader is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    Fact(Event),
    /// Facts were left out because the reader was slow: it should read the lists again.
    Missed,
    /// The daemon is about to end; `restart`: and will be back.
    ShuttingDown {
        restart: bool,
    },
}

pub struct Tap {
    out: Sender<Told>,
    /// Facts were left out and nobody was told.
    missed: bool,
}

impl Tap {
    /// Begins to listen. What it hears comes out of the receiver; dropping that ends it.
    pub fn open(events: &Addr<super::Events>) -> Receiver<Told> {
        let (out, receiver) = mpsc::channel(MOST);
        let tap = Tap { out, missed: false }.start();
        events.do_send(Listen { events: tap.clone().recipient(), shutdown: tap.recipient() });
        receiver
    }

    fn tell(&mut self, told: Told, ctx: &mut Context<Self>) {
        if self.missed && self.out.try_send(Told::Missed).is_ok() {
            self.missed = false;
        }
        match self.out.try_send(told) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => self.missed = true,
            Err(TrySendError::Closed(_)) => ctx.stop(),
        }
    }
}

impl Actor for Tap {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let out = self.out.clone();
        ctx.spawn(async move { out.closed().await }.into_actor(self).map(|(), _, ctx| ctx.stop()));
    }
}

impl Handler<Published> for Tap {
    type Result = ();

    fn handle(&mut self, Published(event): Published, ctx: &mut Self::Context) {
        self.tell(Told::Fact(event), ctx);
    }
}

impl Handler<ShuttingDown> for Tap {
    type Result = ();

    fn handle(&mut self, ShuttingDown { restart }: ShuttingDown, ctx: &mut Self::Context) {
        self.tell(Told::ShuttingDown { restart }, ctx);
        ctx.stop();
    }
}
