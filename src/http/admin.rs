//! What an admin can see and do.

use actix_web::web::{Data, Json, Path, Query, ReqData};
use serde::Deserialize;

use super::error::Problem;
use super::server::Actors;
use super::wire::{ActorRow, Done};
use crate::actors::keeper_link::Tell;
use crate::actors::supervisor::CrashSite;
use crate::config::Config;
use crate::domain::access::Identity;
use crate::domain::keeper_frames::Order;

/// `GET /api/admin/actors`: every supervised actor, by name.
#[cfg_attr(test, utoipa::path(get, path = "/api/admin/actors", tag = "admin", responses((status = 200, description = "Done", body = Vec<ActorRow>))))]
pub async fn actors(handles: Actors) -> Json<Vec<ActorRow>> {
    Json(handles.reports.rows().into_iter().map(ActorRow::from).collect())
}

#[derive(Deserialize)]
pub struct Where {
    #[serde(rename = "where", default = "in_handler")]
    site: CrashSite,
}

fn in_handler() -> CrashSite {
    CrashSite::Handler
}

/// `POST /api/admin/actors/{name}/crash?where=handler|future|timer|started`: breaks an actor; with `--chaos` only.
#[cfg_attr(test, utoipa::path(post, path = "/api/admin/actors/{name}/crash", tag = "admin", params(("name" = String, Path, description = "The actor's name"), ("where" = Option<String>, Query, description = "`handler`, `future`, `timer` or `started`")), responses((status = 200, description = "Done", body = Done))))]
pub async fn crash(
    handles: Actors,
    config: Data<Config>,
    name: Path<String>,
    query: Query<Where>,
) -> Result<Json<Done>, Problem> {
    if !config.chaos {
        return Err(Problem::not_found("fault injection is off; start with --chaos to allow it"));
    }
    handles.reports.crash(&name, query.site).map_err(|error| Problem::not_found(error.to_string()))?;
    Ok(Json(Done::OK))
}

/// `POST /api/admin/restart`: replaces the daemon by the binary now on disk; sessions live on.
#[cfg_attr(test, utoipa::path(post, path = "/api/admin/restart", tag = "admin", responses((status = 200, description = "Done", body = Done))))]
pub async fn restart(handles: Actors, identity: ReqData<Identity>) -> Json<Done> {
    tracing::info!(target: "audit", act = "admin.restart", identity = %*identity, "restarting");
    handles.keeper.do_send(Tell(Order::Restart {}));
    Json(Done::OK)
}
