//! Sessions: make, list, look at, close.

use std::path::PathBuf;

use actix_web::web::{Bytes, Json};

use super::audit::Asker;
use super::caller::Caller;
use super::error::Problem;
use super::public_address::PublicAddress;
use super::server::Actors;
#[cfg(test)]
use super::wire::LimitReached;
use super::wire::{Attached, CreatedSession, Done, NewSession, RenameRequest, SessionId, SessionRow};
use crate::actors::session::{CaughtUp, SNAPSHOT_BYTES, TakeSnapshot};
use crate::actors::sessions::{Close, Create, Find, List, Readopt, Rename, Wanted};
use crate::domain::size::Size;

/// `POST /api/session`: an absent body asks for a session with every default.
#[cfg_attr(test, utoipa::path(post, path = "/api/session", tag = "sessions", request_body = Option<NewSession>, responses((status = 200, description = "Done", body = CreatedSession), (status = 429, description = "No room: too many sessions, or too little memory", body = LimitReached))))]
pub async fn create(
    handles: Actors,
    asker: Asker,
    address: PublicAddress,
    body: Result<Bytes, actix_web::Error>,
) -> Result<Json<CreatedSession>, Problem> {
    let body = body.map_err(Problem::body)?;
    let new = if body.is_empty() { NewSession::default() } else { serde_json::from_slice(&body)? };
    let size = new.size(Size::DEFAULT)?;
    let wanted = Wanted {
        label: new.label.unwrap_or_default(),
        argv: new.command.unwrap_or_default(),
        cwd: new.cwd.map(PathBuf::from),
        size,
        from: new.from,
        pane_id: new.pane_id,
        task: None,
    };
    let made = handles.sessions.send(Create(wanted)).await?;
    let subject = made.as_ref().map_or_else(|_| String::new(), |made| made.id.clone());
    let made = asker.note("session.create", &subject, made)?;
    let viewer_url = address.of(&made.id);
    Ok(Json(CreatedSession::new(made, viewer_url)))
}

/// `GET /api/sessions`: oldest first.
#[cfg_attr(test, utoipa::path(get, path = "/api/sessions", tag = "sessions", responses((status = 200, description = "Done", body = Vec<SessionRow>))))]
pub async fn list(handles: Actors) -> Result<Json<Vec<SessionRow>>, Problem> {
    let listed = handles.sessions.send(List).await?;
    Ok(Json(listed.into_iter().map(SessionRow::from).collect()))
}

/// `POST /api/session/attach`: the screen as it is now.
#[cfg_attr(test, utoipa::path(post, path = "/api/session/attach", tag = "sessions", responses((status = 200, description = "Done", body = Attached))))]
pub async fn attach(
    handles: Actors,
    caller: Caller,
    body: Json<SessionId>,
) -> Result<Json<Attached>, Problem> {
    let found = handles.sessions.send(Find(body.session_id.clone())).await?;
    let session = found.ok_or_else(Problem::no_session)?;
    let snapshot = session.send(TakeSnapshot { viewer: None, most: SNAPSHOT_BYTES }).await?.snapshot;
    session.send(CaughtUp { caller: caller.named(None), offset: snapshot.offset }).await?;
    let listed = handles.sessions.send(List).await?;
    let listed = listed.into_iter().find(|listed| listed.record.id == body.session_id);
    let row = SessionRow::from(listed.ok_or_else(Problem::no_session)?);
    Ok(Json(Attached {
        session_id: row.session_id,
        label: row.label,
        output: vec![String::from_utf8_lossy(&snapshot.bytes).into_owned()],
        offset: snapshot.offset,
        process: row.process,
        created_at: row.created_at,
        exited: row.exited,
        exit: row.exit,
    }))
}

/// `POST /api/session/close`: ends a running session, dismisses an ended one; unknown ones are closed already.
#[cfg_attr(test, utoipa::path(post, path = "/api/session/close", tag = "sessions", responses((status = 200, description = "Done", body = Done))))]
pub async fn close(handles: Actors, asker: Asker, body: Json<SessionId>) -> Result<Json<Done>, Problem> {
    let session = body.into_inner().session_id;
    if handles.sessions.send(Close(session.clone())).await? {
        asker.did("session.close", &session);
        Ok(Json(Done::OK))
    } else {
        Ok(Json(Done { detail: Some("session not found"), ..Done::OK }))
    }
}

/// `POST /api/session/rename`
#[cfg_attr(
    test,
    utoipa::path(
        post,
        path = "/api/session/rename",
        tag = "sessions",
        responses((status = 200, description = "Done", body = Done))
    )
)]
pub async fn rename(handles: Actors, asker: Asker, body: Json<RenameRequest>) -> Result<Json<Done>, Problem> {
    let RenameRequest { session_id: id, label } = body.into_inner();
    let renamed = handles.sessions.send(Rename { id: id.clone(), label }).await?;
    asker.note("session.rename", &id, renamed)?;
    Ok(Json(Done::OK))
}

/// `POST /api/session/readopt`: takes a failed session up again.
#[cfg_attr(test, utoipa::path(post, path = "/api/session/readopt", tag = "sessions", responses((status = 200, description = "Done", body = Done))))]
pub async fn readopt(handles: Actors, asker: Asker, body: Json<SessionId>) -> Result<Json<Done>, Problem> {
    let session = body.into_inner().session_id;
    let readopted = handles.sessions.send(Readopt(session.clone())).await?;
    asker.note("session.readopt", &session, readopted)?;
    Ok(Json(Done::OK))
}
