//! The route table.

use actix_web::web::{self, ServiceConfig, get, post};

use super::error::Problem;
use super::{admin, health, receipts, recordings, session, tickets, ui, ws};

/// Largest body of a request, in bytes.
const MAX_BODY: usize = 1024 * 1024;

pub fn routes(config: &mut ServiceConfig) {
    config
        .app_data(web::PayloadConfig::new(MAX_BODY))
        .app_data(
            web::JsonConfig::default()
                .limit(MAX_BODY)
                .content_type_required(false)
                .error_handler(|error, _| Problem::from(error).into()),
        )
        .route("/health", get().to(health::health))
        .route("/api/version", get().to(health::version))
        .route("/api/session", post().to(session::create))
        .route("/api/session/attach", post().to(session::attach))
        .route("/api/session/close", post().to(session::close))
        .route("/api/session/readopt", post().to(session::readopt))
        .route("/api/sessions", get().to(session::list))
        .route("/api/sessions/{id}/recording.cast", get().to(recordings::cast))
        .route("/api/sessions/{id}/recording.txt", get().to(recordings::text))
        .route("/api/receipts", get().to(receipts::list))
        .route("/api/ws-ticket", post().to(tickets::issue))
        .route("/api/admin/actors", get().to(admin::actors))
        .route("/api/admin/actors/{name}/crash", post().to(admin::crash))
        .route("/api/admin/restart", post().to(admin::restart))
        .route("/ws", get().to(ws::open))
        .route("/", get().to(ui::index))
        .default_service(web::to(ui::asset));
}
