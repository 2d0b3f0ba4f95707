//! What models were asked: batches of sums are added, each once.

use actix::prelude::*;
use chrono::Utc;

use super::actor::Store;
use crate::domain::gateway::{Counts, Line};
use crate::domain::usage_report::{Question, Sum};
use crate::os::store::StoreError;

/// Add these sums. `writer` and `number` name the batch: one that was added is not added again.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct AddUsage {
    pub writer: String,
    pub number: u64,
    pub sums: Vec<(Line, Counts)>,
}

/// The sums that are asked for.
#[derive(Debug, Message)]
#[rtype(result = "Result<Vec<Sum>, StoreError>")]
pub struct ReadUsage(pub Question);

impl Handler<AddUsage> for Store {
    type Result = Result<(), StoreError>;

    fn handle(&mut self, batch: AddUsage, ctx: &mut Self::Context) -> Self::Result {
        let added = self.database.add_usage(&batch.writer, batch.number, &batch.sums, Utc::now());
        self.done(added, ctx)
    }
}

impl Handler<ReadUsage> for Store {
    type Result = Result<Vec<Sum>, StoreError>;

    fn handle(&mut self, ReadUsage(question): ReadUsage, ctx: &mut Self::Context) -> Self::Result {
        let sums = self.database.usage(&question);
        self.done(sums, ctx)
    }
}
