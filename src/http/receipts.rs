//! What recoveries found.

use actix_web::web::Json;

use super::error::Problem;
use super::server::Actors;
use super::wire::Receipts;
use crate::actors::receipts::List;

/// `GET /api/receipts`: newest first.
#[cfg_attr(test, utoipa::path(get, path = "/api/receipts", tag = "records", responses((status = 200, description = "Done", body = Receipts))))]
pub async fn list(handles: Actors) -> Result<Json<Receipts>, Problem> {
    Ok(Json(Receipts { receipts: handles.receipts.send(List).await?? }))
}
