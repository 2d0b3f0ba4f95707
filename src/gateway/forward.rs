//! One request to a model, and a second one when the token of the first counts no more.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response};

use super::entry::Entry;
use super::intake::{self, Body};
use super::meter::Meter;
use super::relay::Answered;
use crate::actors::gateway::Way;
use crate::domain::gateway::{Refusal, headers, model_in_path};
use crate::domain::secret::Secret;

/// How much of a refusal is read to see what it is about, in bytes, and for how long.
const READ: usize = 64 * 1024;
const READING: Duration = Duration::from_secs(5);
/// Longest text of what went wrong, in characters.
const LONGEST: usize = 200;

/// What is the same in both tries.
struct Order {
    method: Method,
    url: String,
    headers: HeaderMap,
}

/// Asks the model. An answer of the model is one, whatever it says; a refusal is ours.
pub async fn forward(
    way: &Way,
    request: &HttpRequest,
    payload: Payload,
    entry: Entry,
    meter: &mut Meter,
) -> Result<Answered, Refusal> {
    let token = way.token().await?;
    let taken = intake::take(request, payload, entry.wire, &way.bounds, &way.load, &mut meter.hold).await?;
    let model = model_in_path(&entry.rest).map(str::to_owned).or(taken.model).unwrap_or_default();
    meter.asked(&model, taken.body.held());
    let order = order(way, request, &entry).await?;
    let mut body = taken.body;
    let answer = ask(way, &order, &mut body, &token).await?;
    let answered = match token_refused(answer).await? {
        Some(answered) => answered,
        None => {
            tracing::info!(model, "the token of a request counted no more: waiting for another");
            let another = way.another(&token).await?;
            let again = ask(way, &order, &mut body, &another).await?;
            token_refused(again).await?.ok_or(Refusal::TokenRefused)?
        }
    };
    meter.hold.let_go_of_bytes();
    Ok(answered.within(way.bounds, entry.wire, &model))
}

async fn order(way: &Way, request: &HttpRequest, entry: &Entry) -> Result<Order, Refusal> {
    let route = way.route().await?;
    let mut url = route.url(entry.vendor, &entry.rest).map_err(|_| Refusal::BadPath)?;
    if !entry.query.is_empty() {
        url.push('?');
        url.push_str(&entry.query);
    }
    let method = Method::from_bytes(request.method().as_str().as_bytes()).map_err(|_| Refusal::BadPath)?;
    let connection = request.headers().get("connection").and_then(|value| value.to_str().ok());
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers() {
        if headers::goes_up(name.as_str(), connection) {
            copy(&mut headers, name.as_str(), value.as_bytes());
        }
    }
    Ok(Order { method, url, headers })
}

/// Sends it once, and waits for the head of the answer.
async fn ask(way: &Way, order: &Order, body: &mut Body, token: &Secret) -> Result<Response, Refusal> {
    let length = body.length();
    let is_flowing = matches!(body, Body::Flowing(..));
    // What flowed is gone: the agent sends it again.
    let content = body.give().ok_or(Refusal::TokenRefused)?;
    let mut request = way
        .http
        .request(order.method.clone(), &order.url)
        .headers(order.headers.clone())
        .bearer_auth(token.expose());
    if length != Some(0) || order.method == Method::POST {
        request = request.body(content);
    }
    if let Some(length) = length.filter(|_| is_flowing) {
        request = request.header("content-length", length);
    }
    let answer = tokio::time::timeout(way.bounds.answer, request.send()).await;
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) if error.is_connect() => {
            way.doubt();
            Err(Refusal::Unreachable(cause(&error)))
        }
        Ok(Err(error)) if is_too_large(&error) => Err(Refusal::TooLarge(way.bounds.request)),
        Ok(Err(_)) => Err(Refusal::Broken),
        Err(_) => Err(Refusal::Late(way.bounds.answer.as_secs())),
    }
}

/// Looks into a refusal; `None`: it is about the token.
async fn token_refused(mut answer: Response) -> Result<Option<Answered>, Refusal> {
    let status = answer.status().as_u16();
    if !matches!(status, 400 | 401 | 403) {
        return Ok(Some(Answered::new(answer, Bytes::new())));
    }
    let mut begun = BytesMut::new();
    let reading = async {
        while begun.len() < READ {
            match answer.chunk().await {
                Ok(Some(piece)) => begun.extend_from_slice(&piece),
                Ok(None) => break,
                Err(_) => return Err(Refusal::Broken),
            }
        }
        Ok(())
    };
    // One that says nothing more is passed on as far as it came.
    tokio::time::timeout(READING, reading).await.unwrap_or(Ok(()))?;
    let reason = answer.headers().get("x-databricks-reason-phrase").and_then(|value| value.to_str().ok());
    if Way::refuses_token(status, reason, &begun) {
        return Ok(None);
    }
    Ok(Some(Answered::new(answer, begun.freeze())))
}

fn copy(into: &mut HeaderMap, name: &str, value: &[u8]) {
    let name = HeaderName::from_bytes(name.as_bytes());
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
        into.append(name, value);
    }
}

/// Whether our side broke it off, because the agent sent more than it may.
fn is_too_large(error: &reqwest::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|error| error.kind() == std::io::ErrorKind::FileTooLarge) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The innermost cause: the outer ones name the address, which may hold what it should not.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(deeper) = inner.source() {
        inner = deeper;
    }
    inner.to_string().chars().take(LONGEST).collect()
}
