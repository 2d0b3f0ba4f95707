//! Folders and their copies in the workspace.

use actix_web::web::Json;
use actix_web::{HttpResponse, Responder};

use super::audit::Asker;
use super::error::Problem;
use super::server::Actors;
use super::wire::{SyncAccepted, SyncProjectAsk, SyncRestoreAsk, SyncStatus};
use crate::actors::sync::{GetStatus, RestoreProject, SyncProject};

/// `GET /api/sync-status`
#[cfg_attr(test, utoipa::path(get, path = "/api/sync-status", tag = "instance", responses((status = 200, description = "Done", body = SyncStatus))))]
pub async fn status(handles: Actors) -> Result<Json<SyncStatus>, Problem> {
    Ok(Json(SyncStatus::from(handles.sync.send(GetStatus).await?)))
}

/// `POST /api/sync/project`: bring a project to the workspace, as after a commit, but at once.
#[cfg_attr(test, utoipa::path(post, path = "/api/sync/project", tag = "instance", request_body = SyncProjectAsk, responses((status = 202, description = "It will be done; see /api/sync-status", body = SyncAccepted))))]
pub async fn project(handles: Actors, Json(ask): Json<SyncProjectAsk>) -> Result<impl Responder, Problem> {
    let ask = SyncProject { path: ask.path.into(), at_once: !ask.when_quiet };
    let accepted = handles.sync.send(ask).await??;
    Ok(HttpResponse::Accepted().json(SyncAccepted::from(accepted)))
}

/// `POST /api/sync/restore`: bring a project back from the workspace.
#[cfg_attr(test, utoipa::path(post, path = "/api/sync/restore", tag = "instance", request_body = SyncRestoreAsk, responses((status = 202, description = "It will be done; see /api/sync-status", body = SyncAccepted))))]
pub async fn restore(
    handles: Actors,
    asker: Asker,
    Json(ask): Json<SyncRestoreAsk>,
) -> Result<impl Responder, Problem> {
    let name = ask.name.clone().or_else(|| ask.path.clone()).unwrap_or_default();
    let ask = RestoreProject { name: ask.name, path: ask.path.map(Into::into), force: ask.force };
    let accepted = asker.note("sync.restore", &name, handles.sync.send(ask).await?)?;
    Ok(HttpResponse::Accepted().json(SyncAccepted::from(accepted)))
}
