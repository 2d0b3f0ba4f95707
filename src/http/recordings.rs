//! Recordings of sessions: to be kept, and to be played.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::{Json, Path, Query};
use futures_util::stream;

use super::audit::Asker;
use super::error::Problem;
use super::server::Actors;
use super::wire::{RecordingQuery, Replay, SessionRow};
use crate::actors::recordings::{Export, Format, ReadError, ReadReplay};
use crate::actors::session::Drain;
use crate::actors::sessions::{Find, List, Listed};
use crate::actors::tree::Handles;

/// How long the newest output may take on its way to the journal.
const WRITTEN_DOWN: Duration = Duration::from_secs(5);

/// `GET /api/sessions/{id}/recording.cast`: with markers for the commands.
#[cfg_attr(test, utoipa::path(get, path = "/api/sessions/{id}/recording.cast", tag = "records", params(("id" = String, Path, description = "The session's id"), RecordingQuery), responses((status = 200, description = "Done", body = String, content_type = "application/x-asciicast"))))]
pub async fn cast(
    handles: Actors,
    asker: Asker,
    id: Path<String>,
    part: Query<RecordingQuery>,
) -> Result<HttpResponse, Problem> {
    let session = find(&handles, &id, &part).await?;
    export(&handles, &asker, session, Format::Cast, &part).await
}

/// `GET /api/sessions/{id}/recording.txt`
#[cfg_attr(test, utoipa::path(get, path = "/api/sessions/{id}/recording.txt", tag = "records", params(("id" = String, Path, description = "The session's id"), RecordingQuery), responses((status = 200, description = "Done", body = String, content_type = "text/plain"))))]
pub async fn text(
    handles: Actors,
    asker: Asker,
    id: Path<String>,
    part: Query<RecordingQuery>,
) -> Result<HttpResponse, Problem> {
    let session = find(&handles, &id, &part).await?;
    export(&handles, &asker, session, Format::Text, &part).await
}

/// `GET /api/sessions/{id}/replay`: whether a session is shown live or as a recording, and what the recording is like.
#[cfg_attr(test, utoipa::path(get, path = "/api/sessions/{id}/replay", tag = "records", params(("id" = String, Path, description = "The session's id")), responses((status = 200, description = "Done", body = Replay))))]
pub async fn replay(handles: Actors, asker: Asker, id: Path<String>) -> Result<Json<Replay>, Problem> {
    let session = written_down(&handles, &id).await?;
    let ask = ReadReplay { id: session.record.id.clone(), nonce: session.record.nonce.clone() };
    let found = match handles.recordings.send(ask).await? {
        Err(ReadError::Gone) => Ok(None),
        found => found.map(Some),
    };
    let found = asker.note("session.replay", &id, found)?;
    Ok(Json(Replay::new(SessionRow::from(session), found)))
}

/// A part in the middle is on the disk already.
async fn find(handles: &Handles, id: &str, part: &RecordingQuery) -> Result<Listed, Problem> {
    if part.until.is_some() { listed(handles, id).await } else { written_down(handles, id).await }
}

/// The session, once its journal has what it printed until now; or what it has after a while, since a disk may stall.
pub(super) async fn written_down(handles: &Handles, id: &str) -> Result<Listed, Problem> {
    if let Some(session) = handles.sessions.send(Find(id.to_owned())).await? {
        let _ = session.send(Drain).timeout(WRITTEN_DOWN).await;
    }
    listed(handles, id).await
}

async fn listed(handles: &Handles, id: &str) -> Result<Listed, Problem> {
    let listed = handles.sessions.send(List).await?;
    listed.into_iter().find(|listed| listed.record.id == id).ok_or_else(Problem::no_session)
}

async fn export(
    handles: &Handles,
    asker: &Asker,
    session: Listed,
    format: Format,
    part: &RecordingQuery,
) -> Result<HttpResponse, Problem> {
    let (content_type, suffix) = match format {
        Format::Cast => ("application/x-asciicast", "cast"),
        Format::Text => ("text/plain; charset=utf-8", "txt"),
    };
    let (id, title, nonce) = (session.record.id, session.record.label, session.record.nonce);
    let name = format!("coda-{id}.{suffix}");
    let subject = id.clone();
    let (from, until) = (part.from.unwrap_or(0), part.until);
    let pieces = handles.recordings.send(Export { id, title, nonce, format, from, until }).await?;
    // Parts are what a player asks for, again and again; that it plays is noted.
    let pieces = match part.from {
        Some(_) => pieces?,
        None => asker.note("session.export", &subject, pieces)?,
    };
    let body = stream::unfold(pieces, |mut pieces| async { Some((pieces.recv().await?, pieces)) });
    let parameters = vec![DispositionParam::Filename(name)];
    let disposition = ContentDisposition { disposition: DispositionType::Attachment, parameters };
    Ok(HttpResponse::Ok().content_type(content_type).insert_header(disposition).streaming(body))
}
