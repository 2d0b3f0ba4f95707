//! The route table.

use actix_web::web::{self, ServiceConfig, get, post};
use actix_web::{HttpResponse, Resource, Route};

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
        .service(at("/health", get().to(health::health)))
        .service(at("/api/version", get().to(health::version)))
        .service(at("/api/session", post().to(session::create)))
        .service(at("/api/session/attach", post().to(session::attach)))
        .service(at("/api/session/close", post().to(session::close)))
        .service(at("/api/session/readopt", post().to(session::readopt)))
        .service(at("/api/sessions", get().to(session::list)))
        .service(at("/api/sessions/{id}/recording.cast", get().to(recordings::cast)))
        .service(at("/api/sessions/{id}/recording.txt", get().to(recordings::text)))
        .service(at("/api/receipts", get().to(receipts::list)))
        .service(at("/api/ws-ticket", post().to(tickets::issue)))
        .service(at("/api/admin/actors", get().to(admin::actors)))
        .service(at("/api/admin/actors/{name}/crash", post().to(admin::crash)))
        .service(at("/api/admin/restart", post().to(admin::restart)))
        .service(at("/ws", get().to(ws::open)))
        .service(at("/", get().to(ui::index)))
        .default_service(web::to(ui::asset));
}

/// One method at one address; any other is refused by name.
fn at(path: &str, route: Route) -> Resource {
    let refuse = async || Err::<HttpResponse, Problem>(Problem::method());
    web::resource(path).route(route).default_service(web::to(refuse))
}
