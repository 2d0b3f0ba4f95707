//! The commands that sessions' shells ran.

use actix_web::web::{Json, Path, Query};

use super::error::Problem;
use super::recordings::written_down;
use super::server::Actors;
use super::wire::{CommandList, CommandsQuery};
use crate::actors::recordings::ReadCommands;

/// `GET /api/sessions/{id}/commands`: newest last.
#[cfg_attr(test, utoipa::path(get, path = "/api/sessions/{id}/commands", tag = "records",
    params(("id" = String, Path, description = "The session's id"), CommandsQuery),
    responses((status = 200, description = "Done", body = CommandList))))]
pub async fn list(
    handles: Actors,
    id: Path<String>,
    asked: Query<CommandsQuery>,
) -> Result<Json<CommandList>, Problem> {
    let found = written_down(&handles, &id).await?;
    let (limit, before) = (asked.limit(), asked.before);
    let read = ReadCommands { id: found.record.id, nonce: found.record.nonce, limit, before };
    let page = handles.recordings.send(read).await?;
    Ok(Json(page.map_err(|error| Problem::journal(&error))?.into()))
}
