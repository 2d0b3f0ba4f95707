//! Lists the commands of a session.

use std::time::Duration;

use actix::prelude::*;

use super::Recordings;
use crate::actors::journals::Flush;
use crate::domain::commands::{Page, Reader};
use crate::os::journal::{JournalError, records};

/// How long the newest output may take to reach the disk; then the list does without.
const FLUSH: Duration = Duration::from_secs(2);

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
        let flushed = self.journals.send(Flush { id: ask.id, close: false }).timeout(FLUSH);
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
