//! Exports a session's journal as a recording or as text, piece by piece through a bounded channel.

use std::io::{self, Write};
use std::time::Duration;

use actix::prelude::*;
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Recordings;
use super::reading::{ReadError, open};
use crate::domain::commands::Reader;
use crate::domain::journal::{Record, SegmentHeader};
use crate::domain::recording::{Cast, Text};
use crate::domain::size::Size;
use crate::os::journal::JournalError;

/// Bytes in one piece, and pieces that may wait for a slow reader.
const PIECE: usize = 64 * 1024;
const PIECES: usize = 4;
/// A reader that takes nothing for so long is cut off.
const STALLED: Duration = Duration::from_secs(300);
/// Most commands that begin within one record and get a marker.
const MARKERS: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// asciicast v3.
    Cast,
    /// Plain text, UTF-8.
    Text,
}

/// Read a session's journal; the pieces come through the channel.
#[derive(Debug, Message)]
#[rtype(result = "Result<mpsc::Receiver<io::Result<Bytes>>, ReadError>")]
pub struct Export {
    pub id: String,
    pub title: String,
    /// What the marks of its shell carry; empty: none.
    pub nonce: String,
    pub format: Format,
    /// From this offset of the output on: a part of it, or 0.
    pub from: u64,
    /// Up to this offset.
    pub until: Option<u64>,
}

impl Handler<Export> for Recordings {
    type Result = ResponseFuture<Result<mpsc::Receiver<io::Result<Bytes>>, ReadError>>;

    fn handle(&mut self, export: Export, _: &mut Self::Context) -> Self::Result {
        let dir = self.journal(&export.id);
        let (room, flushed) = (self.room(), self.flush(&export.id));
        Box::pin(async move {
            let room = room?;
            let _ = flushed.await;
            let (pieces, reader) = mpsc::channel(PIECES);
            let from = export.from;
            let opening = tokio::task::spawn_blocking(move || open(&dir, from));
            let (records, begin) = opening.await.ok().flatten().ok_or(ReadError::Gone)?;
            let until = export.until.unwrap_or(u64::MAX);
            let records = records.take_while(move |it| it.as_ref().map_or(true, |it| it.offset < until));
            drop(tokio::task::spawn_blocking(move || {
                let mut out = Pieces { buffer: Vec::with_capacity(PIECE), pieces };
                let written = match export.format {
                    Format::Cast => write_cast(&mut out, records, begin, &export),
                    Format::Text => write_text(&mut out, records, begin.size),
                };
                if let Err(error) = written.and_then(|()| out.flush()) {
                    tracing::warn!(session = %export.id, %error, "an export was cut short");
                    let _ = out.send(Err(error));
                }
                drop(room);
            }));
            Ok(reader)
        })
    }
}

type Read = Result<Record, JournalError>;

fn write_cast(
    out: &mut Pieces,
    records: impl Iterator<Item = Read>,
    begin: SegmentHeader,
    export: &Export,
) -> io::Result<()> {
    let title = Some(export.title.as_str()).filter(|title| !title.is_empty());
    let (mut cast, mut commands) =
        (Cast::begin(out, begin, title)?, Reader::new(&export.nonce, MARKERS, None));
    for record in records {
        let record = record.map_err(io::Error::other)?;
        commands.record(&record);
        for command in commands.take_begun() {
            cast.marker(record.time_us, command.line.as_deref().unwrap_or("command"))?;
        }
        cast.record(&record)?;
    }
    cast.finish().map(drop)
}

fn write_text(out: &mut Pieces, records: impl Iterator<Item = Read>, size: Size) -> io::Result<()> {
    let mut text = Text::begin(out, size);
    for record in records {
        text.record(&record.map_err(io::Error::other)?)?;
    }
    text.finish().map(drop)
}

/// Cuts a stream into pieces and waits while the reader is behind; a reader that left ends it.
struct Pieces {
    buffer: Vec<u8>,
    pieces: mpsc::Sender<io::Result<Bytes>>,
}

impl Pieces {
    /// On a thread that may wait.
    fn send(&self, piece: io::Result<Bytes>) -> io::Result<()> {
        match Handle::current().block_on(timeout(STALLED, self.pieces.send(piece))) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE));
        self.send(Ok(piece.into()))
    }
}
