//! Whether we live, and what we are.

use actix_web::web::Json;

use super::wire::{Health, Version};

/// `GET /health`: open to everyone, says nothing else.
pub async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// `GET /api/version`
pub async fn version() -> Json<Version> {
    Json(Version { version: env!("CARGO_PKG_VERSION"), commit: option_env!("CODA_COMMIT") })
}
