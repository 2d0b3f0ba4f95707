//! The body of a request: held as far as it must be, and flowing on beyond that.
//!
//! A body that is held can be mended, and sent again with another token. So short ones are held, which nearly all are;
//! of a long one that needs no mending only the beginning is, and the rest flows as the model takes it.

use actix_web::dev::Payload;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::sync::mpsc;

use crate::actors::gateway::{Bounds, Hold, Load};
use crate::domain::gateway::{Refusal, Wire, filter};

use std::io;
use std::sync::Arc;

/// A body up to this length is held, in bytes.
const HELD: u64 = 4 * 1024 * 1024;
/// Pieces on their way from the agent to the model.
const PIECES: usize = 4;

/// What is sent to the model.
pub enum Body {
    Whole(Bytes),
    /// With its length, if the agent says it; sent once.
    Flowing(Option<reqwest::Body>, Option<u64>),
}

/// A body, and the model that it names.
pub struct Taken {
    pub body: Body,
    pub model: Option<String>,
}

impl Body {
    /// What to send now; `None`: it was sent and cannot be sent again.
    pub fn give(&mut self) -> Option<reqwest::Body> {
        match self {
            Body::Whole(bytes) => Some(reqwest::Body::from(bytes.clone())),
            Body::Flowing(body, _) => body.take(),
        }
    }

    /// All of it, where it is held.
    pub fn held(&self) -> Option<&Bytes> {
        match self {
            Body::Whole(bytes) => Some(bytes),
            Body::Flowing(..) => None,
        }
    }

    pub fn length(&self) -> Option<u64> {
        match self {
            Body::Whole(bytes) => Some(bytes.len() as u64),
            Body::Flowing(_, length) => *length,
        }
    }
}

/// Takes in the body of a request.
pub async fn take(
    request: &actix_web::HttpRequest,
    mut payload: Payload,
    wire: Wire,
    bounds: &Bounds,
    load: &Arc<Load>,
    hold: &mut Hold,
) -> Result<Taken, Refusal> {
    let said =
        request.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let too_large = Refusal::TooLarge(bounds.request);
    if said.is_some_and(|length| length > bounds.request) {
        return Err(too_large);
    }
    let mends = matches!(wire, Wire::Chat | Wire::Gemini);
    let most = if mends { bounds.request } else { HELD.min(bounds.request) };
    let mut held = BytesMut::new();
    while let Some(piece) = payload.next().await {
        // The agent left in the middle.
        let piece = piece.map_err(|_| Refusal::Broken)?;
        if !load.room(hold, piece.len() as u64) {
            return Err(Refusal::Busy);
        }
        held.extend_from_slice(&piece);
        let length = held.len() as u64;
        if length > bounds.request {
            return Err(too_large);
        }
        if length > most {
            return Ok(flowing(held.freeze(), payload, said, bounds.request));
        }
    }
    let mended = filter::request(wire, &held);
    let body = mended.body.map_or_else(|| held.freeze(), Bytes::from);
    Ok(Taken { body: Body::Whole(body), model: mended.model })
}

/// The beginning that was read, and what follows it. Its model stays unknown.
fn flowing(begun: Bytes, payload: Payload, said: Option<u64>, most: u64) -> Taken {
    let (give, take) = mpsc::channel::<io::Result<Bytes>>(PIECES);
    actix_web::rt::spawn(pump(begun, payload, most, give));
    let pieces =
        futures_util::stream::unfold(take, |mut take| async move { Some((take.recv().await?, take)) });
    Taken { body: Body::Flowing(Some(reqwest::Body::wrap_stream(pieces)), said), model: None }
}

/// Ends when the model's side is gone, and so does the agent's body.
async fn pump(begun: Bytes, mut payload: Payload, most: u64, give: mpsc::Sender<io::Result<Bytes>>) {
    let mut length = begun.len() as u64;
    let mut next = Some(Ok(begun));
    while let Some(piece) = next {
        let broken = piece.is_err();
        if give.send(piece).await.is_err() || broken {
            return;
        }
        next = match payload.next().await {
            None => None,
            Some(Ok(piece)) => {
                length += piece.len() as u64;
                Some(if length > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(piece) })
            }
            Some(Err(error)) => Some(Err(io::Error::other(error.to_string()))),
        };
    }
}
