//! Traces on their way to MLflow.

use actix_web::web::Json;

use super::error::Problem;
use super::server::Actors;
use super::wire::TraceStatus;
use crate::actors::traces::GetTraces;

/// `GET /api/traces`: whether what agents do is told to MLflow, and whether it arrives.
#[cfg_attr(
    test,
    utoipa::path(
        get,
        path = "/api/traces",
        tag = "instance",
        responses((status = 200, description = "Done", body = TraceStatus))
    )
)]
pub async fn show(handles: Actors) -> Result<Json<TraceStatus>, Problem> {
    Ok(Json(TraceStatus::from(handles.traces.send(GetTraces).await?)))
}
