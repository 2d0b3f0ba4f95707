//! How much room there is.

use actix_web::web::Json;

use super::error::Problem;
use super::server::Actors;
use super::wire::Capacity;
use crate::actors::capacity::Look;
use crate::actors::sessions::Count;

/// `GET /api/capacity`
#[cfg_attr(test, utoipa::path(get, path = "/api/capacity", tag = "instance", responses((status = 200, description = "Done", body = Capacity))))]
pub async fn show(handles: Actors) -> Result<Json<Capacity>, Problem> {
    let slots = handles.sessions.send(Count).await?;
    let reading = handles.capacity.send(Look { pending: slots.pending, tree: true }).await?;
    Ok(Json(Capacity::new(slots, reading)))
}

/// `GET /api/resource-status`: the older name of `/api/capacity`.
#[cfg_attr(test, utoipa::path(get, path = "/api/resource-status", tag = "instance", responses((status = 200, description = "Done", body = Capacity))))]
pub async fn status(handles: Actors) -> Result<Json<Capacity>, Problem> {
    show(handles).await
}
