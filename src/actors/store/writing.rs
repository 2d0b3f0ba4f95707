//! Writing what must not be lost, whatever becomes of the store meanwhile.

use std::time::Duration;

use actix::dev::ToEnvelope;
use actix::prelude::*;

use super::actor::Store;
use super::messages::{KeepReceipt, WriteSession};
use super::tasks::WriteTask;
use super::usage::AddUsage;
use crate::domain::receipt::Receipt;
use crate::domain::session_record::SessionRecord;
use crate::os::store::StoreError;

/// How often to ask again when the store breaks in the middle, and after what pause: longer than it takes to come
/// back.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// Writes a session down and comes back when it is, or cannot be: that is told, and keeps nobody from working.
pub async fn write_session(store: Addr<Store>, record: SessionRecord) {
    if let Err(why) = insist(&store, || WriteSession(record.clone())).await {
        tracing::error!(session = %record.id, why, "a session's record could not be written");
    }
}

/// Keeps a receipt, in the same way.
pub async fn keep_receipt(store: Addr<Store>, receipt: Receipt) {
    if let Err(why) = insist(&store, || KeepReceipt(receipt.clone())).await {
        tracing::error!(session = %receipt.session_id, why, "a receipt could not be written");
    }
}

/// Adds sums of use, in the same way; the error says why they were not.
pub async fn add_usage(store: Addr<Store>, batch: AddUsage) -> Result<(), String> {
    insist(&store, || batch.clone()).await
}

/// Writes a task down, in the same way; the error says why it is not.
pub async fn write_task(store: Addr<Store>, writing: WriteTask) -> Result<(), String> {
    insist(&store, || writing.clone()).await
}

/// A message that may come twice.
async fn insist<M>(store: &Addr<Store>, message: impl Fn() -> M) -> Result<(), String>
where
    M: Message<Result = Result<(), StoreError>> + Send + 'static,
    Store: Handler<M>,
    Context<Store>: ToEnvelope<Store, M>,
{
    for _ in 0..TRIES {
        match store.send(message()).await {
            // It was damaged, and the next life of the store has a sound one.
            Ok(Err(error)) if error.is_corruption() => {}
            Ok(written) => return written.map_err(|error| error.to_string()),
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err("the store does not answer".to_owned())
}
