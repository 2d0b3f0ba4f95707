//! Exports a session's journal as a recording or as text, piece by piece through a bounded channel.

use std::io::{self, Write};

use actix::prelude::*;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::Recordings;
use crate::domain::journal::SegmentHeader;
use crate::domain::recording::{Cast, Text};
use crate::domain::size::Size;
use crate::os::journal::{Records, records};

/// Bytes in one piece, and pieces that may wait for a slow reader.
const PIECE: usize = 64 * 1024;
const PIECES: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// asciicast v3.
    Cast,
    /// Plain text, UTF-8.
    Text,
}

/// Read a session's journal; the pieces come through the channel. None: there is no journal.
#[derive(Debug, Message)]
#[rtype(result = "Option<mpsc::Receiver<io::Result<Bytes>>>")]
pub struct Export {
    pub id: String,
    pub title: String,
    pub format: Format,
}

impl Handler<Export> for Recordings {
    type Result = ResponseFuture<Option<mpsc::Receiver<io::Result<Bytes>>>>;

    fn handle(&mut self, export: Export, _: &mut Self::Context) -> Self::Result {
        let dir = self.journal(&export.id);
        Box::pin(async move {
            let (pieces, reader) = mpsc::channel(PIECES);
            let opened = tokio::task::spawn_blocking(move || records(&dir, 0).ok()).await.ok().flatten()?;
            let begin = opened.begin()?;
            drop(tokio::task::spawn_blocking(move || {
                let mut out = Pieces { buffer: Vec::with_capacity(PIECE), pieces };
                let title = Some(export.title.as_str()).filter(|title| !title.is_empty());
                let written = match export.format {
                    Format::Cast => write_cast(&mut out, opened, begin, title),
                    Format::Text => write_text(&mut out, opened, begin.size),
                };
                if let Err(error) = written.and_then(|()| out.flush()) {
                    tracing::warn!(session = %export.id, %error, "an export was cut short");
                    let _ = out.pieces.blocking_send(Err(error));
                }
            }));
            Some(reader)
        })
    }
}

fn write_cast(
    out: &mut Pieces,
    records: Records,
    begin: SegmentHeader,
    title: Option<&str>,
) -> io::Result<()> {
    let mut cast = Cast::begin(out, begin, title)?;
    for record in records {
        cast.record(&record.map_err(io::Error::other)?)?;
    }
    cast.finish().map(drop)
}

fn write_text(out: &mut Pieces, records: Records, size: Size) -> io::Result<()> {
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
        self.pieces.blocking_send(Ok(piece.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
