//! Terminals over plain requests: the way for clients that cannot hold a WebSocket.

use std::collections::BTreeMap;
use std::time::Duration;

use actix::Addr;
use actix_web::web::Json;
use bytes::Bytes;
use futures_util::future::join_all;

use super::caller::Caller;
use super::error::Problem;
use super::server::Actors;
use super::wire::{
    Attended, Batch, BatchRequest, Done, InputRequest, Output, OutputRequest, ResizeRequest, SessionId, Typed,
};
use crate::actors::session::{Heartbeat, Poll, ResizeFor, Session, Type};
use crate::actors::sessions::Find;
use crate::actors::tree::Handles;

/// Most output in one answer, in bytes.
const MOST: usize = 256 * 1024;
/// Most sessions in one batch, and least output of each.
const BATCH: usize = 200;
const LEAST: usize = 4 * 1024;
/// Longest wait for news, and for an echo, in milliseconds.
const WAIT_MS: u32 = 20_000;
const ECHO_MS: u32 = 50;

/// `POST /api/output`
#[cfg_attr(test, utoipa::path(post, path = "/api/output", tag = "polling",
    responses((status = 200, description = "Done", body = Output))))]
pub async fn output(
    handles: Actors,
    caller: Caller,
    body: Json<OutputRequest>,
) -> Result<Json<Output>, Problem> {
    let asked = body.into_inner();
    let wait = wait("wait_ms", asked.wait_ms, WAIT_MS)?;
    let session = find(&handles, asked.session_id).await?;
    let caller = caller.named(asked.client.as_deref());
    let polled = session.send(Poll { caller, from: asked.offset, most: MOST, wait, after: None }).await??;
    Ok(Json(polled.into()))
}

/// `POST /api/output-batch`
#[cfg_attr(test, utoipa::path(post, path = "/api/output-batch", tag = "polling",
    responses((status = 200, description = "Done", body = Batch))))]
pub async fn batch(
    handles: Actors,
    caller: Caller,
    body: Json<BatchRequest>,
) -> Result<Json<Batch>, Problem> {
    let BatchRequest { session_ids, offsets, client } = body.into_inner();
    if session_ids.len() > BATCH {
        return Err(Problem::invalid(format!("session_ids names more than {BATCH} sessions; ask in parts")));
    }
    let caller = caller.named(client.as_deref());
    let most = (MOST * 4 / session_ids.len().max(1)).clamp(LEAST, MOST);
    let asked = session_ids.into_iter().map(|id| {
        let (handles, from) = (&handles, offsets.get(&id).copied());
        async move {
            let poll = Poll { caller, from, most, wait: Duration::ZERO, after: None };
            let polled = match find(handles, id.clone()).await {
                Ok(session) => session.send(poll).await??,
                Err(_) => return Ok((id, None)),
            };
            Ok::<_, Problem>((id, Some(Output::from(polled))))
        }
    });
    let mut answer = Batch { outputs: BTreeMap::new(), missing: Vec::new(), shutting_down: false };
    for answered in join_all(asked).await {
        match answered? {
            (id, None) => answer.missing.push(id),
            (id, Some(output)) => {
                answer.shutting_down |= output.shutting_down;
                answer.outputs.insert(id, output);
            }
        }
    }
    Ok(Json(answer))
}

/// `POST /api/input`
#[cfg_attr(test, utoipa::path(post, path = "/api/input", tag = "polling",
    responses((status = 200, description = "Done", body = Typed))))]
pub async fn input(
    handles: Actors,
    caller: Caller,
    body: Json<InputRequest>,
) -> Result<Json<Typed>, Problem> {
    let asked = body.into_inner();
    let wait = asked.wait_ms.map(|ms| wait("wait_ms", ms, ECHO_MS)).transpose()?;
    let session = find(&handles, asked.session_id).await?;
    let caller = caller.named(asked.client.as_deref());
    let before = session.send(Type { caller, bytes: Bytes::from(asked.input.into_bytes()) }).await??;
    let Some(wait) = wait else { return Ok(Json(Typed::Silent { status: "ok" })) };
    let poll = Poll { caller, from: asked.offset, most: MOST, wait, after: Some(before) };
    Ok(Json(Typed::Echo { status: "ok", output: session.send(poll).await??.into() }))
}

/// `POST /api/heartbeat`: somebody looks after the session.
#[cfg_attr(test, utoipa::path(post, path = "/api/heartbeat", tag = "polling",
    responses((status = 200, description = "Done", body = Attended))))]
pub async fn heartbeat(handles: Actors, body: Json<SessionId>) -> Result<Json<Attended>, Problem> {
    let session = find(&handles, body.into_inner().session_id).await?;
    Ok(Json(Attended { status: "ok", timeout_warning: session.send(Heartbeat).await? }))
}

/// `POST /api/resize`
#[cfg_attr(test, utoipa::path(post, path = "/api/resize", tag = "polling",
    responses((status = 200, description = "Done", body = Done))))]
pub async fn resize(
    handles: Actors,
    caller: Caller,
    body: Json<ResizeRequest>,
) -> Result<Json<Done>, Problem> {
    let asked = body.into_inner();
    let size = asked.size()?;
    let caller = caller.named(asked.client.as_deref());
    find(&handles, asked.session_id).await?.send(ResizeFor { caller, size }).await?;
    Ok(Json(Done::OK))
}

async fn find(handles: &Handles, id: String) -> Result<Addr<Session>, Problem> {
    handles.sessions.send(Find(id)).await?.ok_or_else(Problem::no_session)
}

fn wait(name: &str, asked_ms: u32, most_ms: u32) -> Result<Duration, Problem> {
    if asked_ms > most_ms {
        return Err(Problem::invalid(format!("{name} must be at most {most_ms}, not {asked_ms}")));
    }
    Ok(Duration::from_millis(asked_ms.into()))
}
