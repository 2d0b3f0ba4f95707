//! Files for the page, read piece by piece.
//!
//! *Parent* root · *Restart* permanent · *Owns* nothing · *Sends to* whoever asked, through a bounded channel ·
//! *Lost on crash* nothing. Files are read on the blocking pool, one piece ahead of a slow reader.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use actix::prelude::*;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::os::downloads::{Found, open_below};

pub use crate::os::downloads::FileError;

/// Bytes in one piece, and pieces that may wait for a slow reader.
const PIECE: u64 = 64 * 1024;
const PIECES: usize = 4;

pub struct Downloads {
    home: PathBuf,
    state: PathBuf,
}

/// Read the file at this path; it is absolute, or told from home.
#[derive(Debug, Message)]
#[rtype(result = "Result<Download, FileError>")]
pub struct Fetch(pub String);

/// A file on its way: exactly `bytes` come through the channel, or an error.
#[derive(Debug)]
pub struct Download {
    pub name: String,
    pub bytes: u64,
    pub pieces: mpsc::Receiver<io::Result<Bytes>>,
}

impl Downloads {
    pub fn new(home: PathBuf, state: PathBuf) -> Downloads {
        Downloads { home, state }
    }
}

impl Actor for Downloads {
    type Context = Context<Self>;
}

impl Supervised for Downloads {}

impl Handler<Fetch> for Downloads {
    type Result = ResponseFuture<Result<Download, FileError>>;

    fn handle(&mut self, Fetch(path): Fetch, _: &mut Self::Context) -> Self::Result {
        let (home, state) = (self.home.clone(), self.state.clone());
        Box::pin(async move {
            let opened = tokio::task::spawn_blocking(move || open_below(&home, &state, &path)).await;
            let Found { file, name, bytes } =
                opened.map_err(|error| FileError::Io(io::Error::other(error)))??;
            let (sender, pieces) = mpsc::channel(PIECES);
            drop(tokio::task::spawn_blocking(move || read(file, bytes, &sender)));
            Ok(Download { name, bytes, pieces })
        })
    }
}

/// What was there when it was opened: a file that grows is cut, one that shrinks is an error.
fn read(mut file: File, mut left: u64, pieces: &mpsc::Sender<io::Result<Bytes>>) {
    while left > 0 {
        let mut piece = Vec::new();
        let got = match file.by_ref().take(left.min(PIECE)).read_to_end(&mut piece) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(Bytes::from(piece)),
            Err(error) => Err(error),
        };
        left -= got.as_ref().map_or(left, |bytes| bytes.len() as u64);
        if pieces.blocking_send(got).is_err() {
            return;
        }
    }
}
