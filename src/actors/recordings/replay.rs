//! Looks through a session's journal for what a player needs to know.

use std::path::Path;

use actix::prelude::*;

use super::Recordings;
use super::reading::{ReadError, open};
use crate::domain::commands::{Command, Reader};
use crate::domain::recording::{Survey, Timeline};

/// Most commands told: the newest.
const COMMANDS: usize = 1_000;

/// Find out how long a session's recording is, where it can be entered and what happens in it.
#[derive(Debug, Message)]
#[rtype(result = "Result<Replay, ReadError>")]
pub struct ReadReplay {
    pub id: String,
    /// What the marks of its shell carry; empty: none.
    pub nonce: String,
}

#[derive(Debug)]
pub struct Replay {
    pub timeline: Timeline,
    /// The times of these are microseconds since the recording begins.
    pub commands: Vec<Command>,
}

impl Handler<ReadReplay> for Recordings {
    type Result = ResponseFuture<Result<Replay, ReadError>>;

    fn handle(&mut self, ask: ReadReplay, _: &mut Self::Context) -> Self::Result {
        let dir = self.journal(&ask.id);
        let (room, flushed) = (self.room(), self.flush(&ask.id));
        Box::pin(async move {
            let room = room?;
            let _ = flushed.await;
            let reading = tokio::task::spawn_blocking(move || {
                let replay = survey(&dir, &ask.nonce);
                drop(room);
                replay
            });
            reading.await.unwrap_or(Err(ReadError::Gone))
        })
    }
}

fn survey(dir: &Path, nonce: &str) -> Result<Replay, ReadError> {
    let (records, begin) = open(dir, 0).ok_or(ReadError::Gone)?;
    let (mut survey, mut reader) = (Survey::begin(begin), Reader::new(nonce, COMMANDS, None));
    for record in records {
        let mut record = record?;
        record.time_us = survey.record(&record);
        reader.record(&record);
    }
    Ok(Replay { timeline: survey.finish(), commands: reader.finish().commands })
}
