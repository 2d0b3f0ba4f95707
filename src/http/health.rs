//! Whether we live, and what we are.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json};

use super::error::Problem;
use super::server::Actors;
use super::wire::{AppState, Health, Version};
use crate::actors::store::GetSettings;
use crate::config::Config;
use crate::domain::access::Access;

/// Generated from the types and the routes; a test holds it to them.
const OPENAPI: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json"));

/// `GET /health`: open to everyone, says nothing else.
#[cfg_attr(test, utoipa::path(get, path = "/health", tag = "instance", responses((status = 200, description = "Done", body = Health))))]
pub async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// `GET /api/version`
#[cfg_attr(test, utoipa::path(get, path = "/api/version", tag = "instance", responses((status = 200, description = "Done", body = Version))))]
pub async fn version(config: Data<Config>) -> Json<Version> {
    let parts: &[&str] = if config.platform.is_local() { &["setup"] } else { &["setup", "credentials"] };
    Json(Version { version: env!("CARGO_PKG_VERSION"), commit: option_env!("CODA_COMMIT"), parts })
}

/// `GET /api/app-state`: whose instance this is, and when its credentials last changed.
#[cfg_attr(
    test,
    utoipa::path(
        get,
        path = "/api/app-state",
        tag = "instance",
        responses((status = 200, description = "Done", body = AppState))
    )
)]
pub async fn app_state(handles: Actors, access: Data<Access>) -> Result<Json<AppState>, Problem> {
    let facts = handles.store.send(GetSettings { prefix: AppState::PREFIX.to_owned() }).await??;
    Ok(Json(AppState::new(access.people.owner().get(), &facts)))
}

/// `GET /api/openapi.json`: every address, machine-readable.
#[cfg_attr(
    test,
    utoipa::path(
        get,
        path = "/api/openapi.json",
        tag = "instance",
        responses((status = 200, description = "An OpenAPI 3.1 document", body = Object))
    )
)]
pub async fn openapi() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(OPENAPI)
}
