//! Keeps the receipts of recoveries.
//!
//! *Parent* root · *Restart* permanent · *Owns* nothing: the store keeps the newest 1000 · *Sends to* store, events ·
//! *Lost on crash* nothing: each receipt is in the database before it is told.

use actix::prelude::*;

use super::events::{Events, Published};
use super::store::{ListReceipts, Store, StoreError, keep_receipt};
use crate::domain::event::Event;
use crate::domain::receipt::Receipt;

pub struct Receipts {
    store: Addr<Store>,
    events: Addr<Events>,
}

#[derive(Message)]
#[rtype(result = "()")]
pub struct Keep(pub Receipt);

/// All receipts, newest first.
#[derive(Message)]
#[rtype(result = "Result<Vec<Receipt>, Unread>")]
pub struct List;

/// What the store keeps could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
}

impl Receipts {
    pub fn new(store: Addr<Store>, events: Addr<Events>) -> Receipts {
        Receipts { store, events }
    }
}

impl Actor for Receipts {
    type Context = Context<Self>;
}

impl Supervised for Receipts {}

impl Handler<Keep> for Receipts {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, Keep(receipt): Keep, _: &mut Self::Context) -> Self::Result {
        tracing::info!(
            session = %receipt.session_id,
            cause = %receipt.cause,
            kept = receipt.bytes_kept,
            lost = receipt.bytes_lost,
            "recovered a session"
        );
        let (keeping, events) = (keep_receipt(self.store.clone(), receipt.clone()), self.events.clone());
        Box::pin(async move {
            keeping.await;
            let session_id = receipt.session_id.clone();
            events.do_send(Published(Event::SessionRecovered { session_id, receipt }));
        })
    }
}

impl Handler<List> for Receipts {
    type Result = ResponseFuture<Result<Vec<Receipt>, Unread>>;

    fn handle(&mut self, _: List, _: &mut Self::Context) -> Self::Result {
        let asked = self.store.send(ListReceipts);
        Box::pin(async move { Ok(asked.await??) })
    }
}
