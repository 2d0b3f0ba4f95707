//! The way of agents to their models, and what it comes to.

use actix_web::web::{Json, Query};
use chrono::Utc;
use serde::Deserialize;

use super::error::Problem;
use super::server::Actors;
use super::wire::{GatewayStatus, Usage};
use crate::actors::gateway::{AskUsage, GetGateway};
use crate::domain::usage_report::Question;

/// `GET /api/gateway`: where the models are, and whether they can be asked.
#[cfg_attr(
    test,
    utoipa::path(
        get,
        path = "/api/gateway",
        tag = "instance",
        responses((status = 200, description = "Done", body = GatewayStatus))
    )
)]
pub async fn show(handles: Actors) -> Result<Json<GatewayStatus>, Problem> {
    Ok(Json(GatewayStatus::from(handles.gateway.send(GetGateway).await?)))
}

#[derive(Deserialize)]
pub struct Wanted {
    days: Option<u64>,
    session_id: Option<String>,
    group_by: Option<String>,
}

/// `GET /api/usage?days=&session_id=&group_by=`: what models were asked and what it came to.
#[cfg_attr(
    test,
    utoipa::path(
        get,
        path = "/api/usage",
        tag = "records",
        params(
            ("days" = Option<u64>, Query, description = "How far to look back, today included, UTC; 30 if not given"),
            ("session_id" = Option<String>, Query, description = "Only this session"),
            ("group_by" = Option<String>, Query, description = "Some of `day`, `session`, `agent`, `model`, separated by commas; all if not given, one sum if empty")
        ),
        responses((status = 200, description = "Done", body = Usage))
    )
)]
pub async fn usage(handles: Actors, query: Query<Wanted>) -> Result<Json<Usage>, Problem> {
    let Wanted { days, session_id, group_by } = query.into_inner();
    let question = Question::new(Utc::now().date_naive(), days, session_id, group_by.as_deref());
    let question = question.map_err(|error| Problem::invalid(error.to_string()))?;
    let sums = handles.gateway.send(AskUsage(question.clone())).await??;
    Ok(Json(Usage::new(&question, sums)))
}
