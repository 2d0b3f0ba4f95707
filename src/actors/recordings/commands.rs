//! Lists the commands of a session.

use actix::prelude::*;

use super::Recordings;
use crate::domain::commands::{Page, Reader};
use crate::os::journal::{JournalError, records};

/// Read the commands of a session from its journal.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page, JournalError>")]
pub struct ReadCommands {
    pub id: String,
    /// What the marks of its shell carry; empty: none.
    pub nonce: String,
    pub limit: usize,
    /// Only commands whose output begins before this offset.
    pub before: Option<u64>,
}

impl Handler<ReadCommands> for Recordings {
    type Result = ResponseFuture<Result<Page, JournalError>>;

    fn handle(&mut self, ask: ReadCommands, _: &mut Self::Context) -> Self::Result {
        let dir = self.journal(&ask.id);
        let flushed = self.flush(&ask.id);
        let mut reader = Reader::new(&ask.nonce, ask.limit, ask.before);
        Box::pin(async move {
            let _ = flushed.await;
            let reading = tokio::task::spawn_blocking(move || {
                for record in records(&dir, 0)? {
                    reader.record(&record?);
                }
                Ok(reader.finish())
            });
            reading.await.unwrap_or_else(|_| Ok(Page::default()))
        })
    }
}
