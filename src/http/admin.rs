//! What an admin can see and do.

use actix_web::web::{Data, Json, Path, Query};
use serde::Deserialize;

use super::audit::Asker;
use super::error::Problem;
use super::server::Actors;
use super::wire::{ActorRow, AuditPage, Done};
use crate::actors::keeper_link::Tell;
use crate::actors::store::ReadAudit;
use crate::actors::supervisor::CrashSite;
use crate::config::Config;
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
    asker: Asker,
    name: Path<String>,
    query: Query<Where>,
) -> Result<Json<Done>, Problem> {
    if !config.chaos {
        return Err(Problem::not_found("fault injection is off; start with --chaos to allow it"));
    }
    let crashed = handles.reports.crash(&name, query.site);
    asker.note("admin.crash", &name, crashed.map_err(|error| Problem::not_found(error.to_string())))?;
    Ok(Json(Done::OK))
}

/// `POST /api/admin/restart`: replaces the daemon by the binary now on disk; sessions live on.
#[cfg_attr(test, utoipa::path(post, path = "/api/admin/restart", tag = "admin", responses((status = 200, description = "Done", body = Done))))]
pub async fn restart(handles: Actors, asker: Asker) -> Json<Done> {
    asker.did("admin.restart", "daemon");
    handles.keeper.do_send(Tell(Order::Restart {}));
    Json(Done::OK)
}

/// Rows of the audit trail in one answer.
const PAGE: u32 = 100;
const LONGEST_PAGE: u32 = 1_000;

#[derive(Deserialize)]
pub struct Page {
    limit: Option<u32>,
    before: Option<u64>,
}

/// `GET /api/admin/audit?limit=&before=`: who did what, newest first; `before`: the `next` of the page before.
#[cfg_attr(
    test,
    utoipa::path(
        get,
        path = "/api/admin/audit",
        tag = "admin",
        params(
            ("limit" = Option<u32>, Query, description = "Rows, 1 to 1000; 100 if not given"),
            ("before" = Option<u64>, Query, description = "Only rows below this number")
        ),
        responses((status = 200, description = "Done", body = AuditPage))
    )
)]
pub async fn audit(handles: Actors, page: Query<Page>) -> Result<Json<AuditPage>, Problem> {
    let Page { limit, before } = page.into_inner();
    let limit = limit.unwrap_or(PAGE);
    if !(1..=LONGEST_PAGE).contains(&limit) {
        return Err(Problem::invalid(format!("limit must be from 1 to {LONGEST_PAGE}")));
    }
    let rows = handles.store.send(ReadAudit { before, limit }).await??;
    Ok(Json(AuditPage::new(rows, limit)))
}
