//! Answers on the wire: whole ones, spoilt ones, and those that another server gives.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{MessageBody, SizedStream};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, rt};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};

use crate::answer::Answer;
use crate::call::Call;
use crate::faults::Effect;
use crate::server::{Shared, Socket};

/// By then actix has written what it had; a body that fails at once takes even the head with it.
const FLUSHED: Duration = Duration::from_millis(50);

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, std::io::Error>>>>;

/// Where a request goes on to.
#[derive(Debug)]
pub struct Forward {
    pub url: String,
    /// In place of the caller's of the same name; an empty value takes one away.
    pub headers: Vec<(String, String)>,
}

pub fn plain(answer: Answer) -> HttpResponse {
    builder(&answer).body(answer.body)
}

fn builder(answer: &Answer) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = HttpResponse::build(status);
    for (name, value) in &answer.headers {
        builder.insert_header((name.as_str(), value.as_str()));
    }
    builder
}

/// The answer as a fault leaves it.
pub fn struck(request: &HttpRequest, effect: &Effect, answer: Answer) -> HttpResponse {
    let mut head = builder(&answer);
    let whole = answer.body.clone();
    let half = whole.slice(..whole.len() / 2);
    match effect {
        Effect::Reset => {
            reset(request);
            head.body(broken(whole.len().max(1), vec![]))
        }
        Effect::Half => head.body(broken(whole.len().max(1), vec![half])),
        Effect::Stall { ms } => {
            let wait = Duration::from_millis(*ms);
            let first = stream::once(async move { Ok(half) });
            let end = stream::once(async move {
                rt::time::sleep(wait).await;
                Err(std::io::Error::other("a fault: the body ends here"))
            });
            head.body(SizedStream::new(whole.len().max(1) as u64, Box::pin(first.chain(end)) as Pieces))
        }
        Effect::Slow { bytes, ms } => {
            let (wait, size) = (Duration::from_millis(*ms), (*bytes).max(1));
            let pieces: Vec<Bytes> = whole.chunks(size).map(Bytes::copy_from_slice).collect();
            let slow = stream::iter(pieces).then(move |piece| async move {
                rt::time::sleep(wait).await;
                Ok(piece)
            });
            head.body(SizedStream::new(whole.len() as u64, Box::pin(slow) as Pieces))
        }
        Effect::Truncated => head.body(half),
        Effect::Empty => head.body(Bytes::new()),
        Effect::Nothing
        | Effect::Answer { .. }
        | Effect::RateLimited { .. }
        | Effect::Html { .. }
        | Effect::LoginPage
        | Effect::LoginRedirect
        | Effect::DeadToken => head.body(whole),
    }
}

/// A body that promises more than it gives; actix ends the connection when it fails. What it gives is sent first.
fn broken(length: usize, pieces: Vec<Bytes>) -> impl MessageBody {
    let end = stream::once(async {
        rt::time::sleep(FLUSHED).await;
        Err(std::io::Error::other("a fault: the connection ends here"))
    });
    let pieces = stream::iter(pieces.into_iter().map(Ok)).chain(end);
    SizedStream::new(length as u64, Box::pin(pieces) as Pieces)
}

/// Sends a RST: on Linux, connecting a socket to nowhere drops what it was connected to.
fn reset(request: &HttpRequest) {
    if let Some(socket) = request.conn_data::<Arc<Socket>>()
        && let Err(error) = rustix::net::connect_unspec(&socket.0)
    {
        eprintln!("workspace: the connection could not be reset: {error}");
    }
}

/// Asks the other server and streams what it says.
pub async fn forward(shared: &Shared, call: &Call, forward: Forward) -> HttpResponse {
    let method = call.method.parse().unwrap_or(reqwest::Method::GET);
    let mut request = shared.client.request(method, &forward.url).body(call.body.clone());
    for (name, value) in &call.headers {
        let replaced = forward.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        if !replaced && !is_hop(name) {
            request = request.header(name, value);
        }
    }
    for (name, value) in forward.headers.iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(name, value);
    }
    match request.send().await {
        Ok(response) => {
            let status = StatusCode::from_u16(response.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
            let mut builder = HttpResponse::build(status);
            for (name, value) in response.headers().iter().filter(|(name, _)| !is_hop(name.as_str())) {
                builder.append_header((name.as_str(), value.as_bytes()));
            }
            builder.streaming(response.bytes_stream())
        }
        Err(error) => {
            eprintln!("workspace: nobody answers at {}: {error}", forward.url);
            plain(Answer::html(502))
        }
    }
}

/// Headers that belong to one connection.
fn is_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "content-length"
            | "host"
            | "keep-alive"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}
