//! Issues the tickets that open WebSockets, and takes them back.
//!
//! *Parent* root · *Restart* permanent · *Owns* the tickets · *Sends to* nobody · *Lost on crash* unspent
//! tickets: a client asks for another.

use std::time::{Duration, Instant};

use actix::prelude::*;

use crate::domain::access::Identity;
use crate::domain::ticket::{TicketError, Tickets};
use crate::os::random;

pub use crate::os::random::NoRandomness;

pub struct Door {
    lifetime: Duration,
    tickets: Tickets<Identity>,
    since: Instant,
}

/// A ticket for somebody who may come in.
#[derive(Message)]
#[rtype(result = "Result<Issued, NoRandomness>")]
pub struct Issue(pub Identity);

pub struct Issued {
    pub ticket: String,
    pub lifetime: Duration,
}

/// Spends a ticket.
#[derive(Message)]
#[rtype(result = "Result<Identity, TicketError>")]
pub struct Redeem(pub String);

impl Door {
    pub fn new(lifetime: Duration) -> Door {
        Door { lifetime, tickets: Tickets::new(lifetime), since: Instant::now() }
    }
}

impl Actor for Door {
    type Context = Context<Self>;
}

impl Supervised for Door {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.tickets = Tickets::new(self.lifetime);
    }
}

impl Handler<Issue> for Door {
    type Result = Result<Issued, NoRandomness>;

    fn handle(&mut self, Issue(identity): Issue, _: &mut Self::Context) -> Self::Result {
        let ticket = random::token()?;
        self.tickets.issue(ticket.clone(), identity, self.since.elapsed());
        Ok(Issued { ticket, lifetime: self.lifetime })
    }
}

impl Handler<Redeem> for Door {
    type Result = Result<Identity, TicketError>;

    fn handle(&mut self, Redeem(ticket): Redeem, _: &mut Self::Context) -> Self::Result {
        self.tickets.redeem(&ticket, self.since.elapsed())
    }
}
