//! Keeps the receipts of recoveries.
//!
//! *Parent* root · *Restart* permanent · *Owns* `receipts.jsonl` · *Sends to* events · *Lost on crash* nothing:
//! each receipt is on the disk before it is told.
//!
//! The file holds one JSON object a line, oldest first; it is cut to the newest [`MOST`] when it is read. A line
//! that cannot be read (torn by a power cut, or of a newer version) is passed over.

use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};

use actix::prelude::*;

use super::events::{Events, Published};
use crate::domain::event::Event;
use crate::domain::receipt::Receipt;

/// Receipts kept.
pub const MOST: usize = 1000;

pub struct Receipts {
    path: PathBuf,
    events: Addr<Events>,
    kept: VecDeque<Receipt>,
}

#[derive(Message)]
#[rtype(result = "()")]
pub struct Keep(pub Receipt);

/// All receipts, newest first.
#[derive(Message)]
#[rtype(result = "Vec<Receipt>")]
pub struct List;

impl Receipts {
    pub fn new(path: PathBuf, events: Addr<Events>) -> Receipts {
        Receipts { path, events, kept: VecDeque::new() }
    }

    fn append(&self, receipt: &Receipt) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(receipt)?;
        line.push(b'\n');
        std::fs::OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(&line)
    }
}

/// The newest receipts in the file; rewrites it when it holds more.
fn load(path: &Path) -> VecDeque<Receipt> {
    let Ok(text) = std::fs::read_to_string(path) else { return VecDeque::new() };
    let lines: Vec<&str> = text.lines().collect();
    let newest = &lines[lines.len().saturating_sub(MOST)..];
    if newest.len() < lines.len() {
        let next = path.with_extension("new");
        let rewritten =
            std::fs::write(&next, newest.join("\n") + "\n").and_then(|()| std::fs::rename(&next, path));
        if let Err(error) = rewritten {
            tracing::warn!(%error, path = %path.display(), "old receipts could not be dropped");
        }
    }
    newest.iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

impl Actor for Receipts {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        self.kept = load(&self.path);
    }
}

impl Supervised for Receipts {}

impl Handler<Keep> for Receipts {
    type Result = ();

    fn handle(&mut self, Keep(receipt): Keep, _: &mut Self::Context) {
        tracing::info!(
            session = %receipt.session_id,
            cause = %receipt.cause,
            kept = receipt.bytes_kept,
            lost = receipt.bytes_lost,
            "recovered a session"
        );
        if let Err(error) = self.append(&receipt) {
            tracing::error!(%error, path = %self.path.display(), "a receipt could not be written");
        }
        if self.kept.len() == MOST {
            self.kept.pop_front();
        }
        self.kept.push_back(receipt.clone());
        let session_id = receipt.session_id.clone();
        self.events.do_send(Published(Event::SessionRecovered { session_id, receipt }));
    }
}

impl Handler<List> for Receipts {
    type Result = MessageResult<List>;

    fn handle(&mut self, _: List, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.kept.iter().rev().cloned().collect())
    }
}
