//! An answer on its way down: piece by piece, no faster than the agent reads.

use std::io;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use bytes::Bytes;
use reqwest::Response;

use super::meter::Meter;
use crate::actors::gateway::Bounds;
use crate::domain::gateway::filter::{self, ChatStream};
use crate::domain::gateway::{Wire, headers};

/// Longest answer in one piece that is mended, in bytes; a longer one passes as it is.
const MENDED: usize = 4 * 1024 * 1024;

/// The head of an answer, and what of its body was read already.
pub struct Answered {
    answer: Response,
    begun: Bytes,
    bounds: Option<Bounds>,
    wire: Wire,
    model: String,
}

/// How an answer is mended.
enum Mender {
    Nothing,
    Events(Box<ChatStream>),
    /// In one piece, which is held until it is whole.
    Whole(Vec<u8>, String),
}

struct Relay {
    answer: Response,
    begun: Bytes,
    bounds: Option<Bounds>,
    mender: Mender,
    meter: Meter,
    passed: u64,
    over: bool,
}

impl Answered {
    pub fn new(answer: Response, begun: Bytes) -> Answered {
        Answered { answer, begun, bounds: None, wire: Wire::Other, model: String::new() }
    }

    pub fn within(self, bounds: Bounds, wire: Wire, model: &str) -> Answered {
        Answered { bounds: Some(bounds), wire, model: model.to_owned(), ..self }
    }

    pub fn respond(self, mut meter: Meter) -> HttpResponse {
        let status = self.answer.status().as_u16();
        let events = self.is_events();
        let mender = match self.wire {
            Wire::Chat if status < 400 && events => Mender::Events(Box::new(ChatStream::new(&self.model))),
            Wire::Chat if status < 400 => Mender::Whole(Vec::new(), self.model.clone()),
            _ => Mender::Nothing,
        };
        let mut response =
            HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY));
        let connection = self.answer.headers().get("connection").and_then(|value| value.to_str().ok());
        for (name, value) in self.answer.headers() {
            if !headers::goes_down(name.as_str(), connection) {
                continue;
            }
            let value = match value.to_str() {
                Ok(text) if name == "content-type" => headers::content_type_down(text).into_bytes(),
                _ => value.as_bytes().to_vec(),
            };
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_str().as_bytes()), HeaderValue::from_bytes(&value))
            {
                response.append_header((name, value));
            }
        }
        meter.answering(status, events);
        let length = self.answer.headers().get(CONTENT_LENGTH.as_str());
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        if let Some(length) = length.filter(|_| matches!(mender, Mender::Nothing)) {
            response.no_chunking(length);
        }
        let (answer, begun, bounds) = (self.answer, self.begun, self.bounds);
        let relay = Relay { answer, begun, bounds, mender, meter, passed: 0, over: false };
        response.streaming(futures_util::stream::unfold(relay, Relay::step))
    }

    fn is_events(&self) -> bool {
        let kind = self.answer.headers().get("content-type").and_then(|value| value.to_str().ok());
        kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream"))
    }
}

impl Relay {
    /// The next piece that is not empty; `None`: that was all.
    async fn step(mut self) -> Option<(io::Result<Bytes>, Relay)> {
        while !self.over {
            let piece = match self.next().await {
                Ok(Some(piece)) => self.mend(piece),
                Ok(None) => self.finish(),
                Err(why) => {
                    self.over = true;
                    self.meter.broke(why);
                    // The agent must not take half an answer for a whole one.
                    return Some((Err(io::Error::other(why)), self));
                }
            };
            if !piece.is_empty() {
                self.meter.passed(&piece);
                return Some((Ok(piece), self));
            }
        }
        None
    }

    async fn next(&mut self) -> Result<Option<Bytes>, &'static str> {
        let piece = if self.begun.is_empty() {
            let Some(bounds) = self.bounds else { return Ok(None) };
            match tokio::time::timeout(bounds.silence, self.answer.chunk()).await {
                Ok(Ok(piece)) => piece,
                Ok(Err(_)) => return Err("the model's answer broke off"),
                Err(_) => return Err("the model said nothing for too long in the middle of its answer"),
            }
        } else {
            Some(std::mem::take(&mut self.begun))
        };
        self.passed += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        if self.bounds.is_some_and(|bounds| self.passed > bounds.response) {
            return Err("the model's answer is larger than `gateway.response_max_bytes`");
        }
        Ok(piece)
    }

    fn mend(&mut self, piece: Bytes) -> Bytes {
        match &mut self.mender {
            Mender::Nothing => piece,
            Mender::Events(stream) => {
                let mut out = Vec::with_capacity(piece.len());
                stream.feed(&piece, &mut out);
                out.into()
            }
            Mender::Whole(held, _) => {
                held.extend_from_slice(&piece);
                if held.len() <= MENDED {
                    return Bytes::new();
                }
                let held = std::mem::take(held);
                self.mender = Mender::Nothing;
                held.into()
            }
        }
    }

    fn finish(&mut self) -> Bytes {
        self.over = true;
        self.meter.ended(self.answer.status().as_u16());
        match &mut self.mender {
            Mender::Nothing => Bytes::new(),
            Mender::Events(stream) => {
                let mut out = Vec::new();
                stream.finish(&mut out);
                out.into()
            }
            Mender::Whole(held, model) => {
                let held = std::mem::take(held);
                filter::answer(model, &held).unwrap_or(held).into()
            }
        }
    }
}
