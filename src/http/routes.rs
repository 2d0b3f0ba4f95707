//! The route table.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{self, ServiceConfig, get, post};
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, ResponseError, Route};

use super::error::Problem;
use super::{
    admin, capacity, commands, credentials, downloads, events, gateway, health, local, panes, polling,
    receipts, recordings, screen, search, session, setup, sync, tasks, tickets, traces, ui, uploads,
    workplace, ws,
};

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
        .service(reads("/health", health::health))
        .service(reads("/api/version", health::version))
        .service(reads("/api/openapi.json", health::openapi))
        .service(reads("/api/app-state", health::app_state))
        .service(reads("/api/pat-status", credentials::status))
        .service(orders("/api/configure-pat", credentials::configure))
        .service(orders("/api/inject-pat", credentials::inject))
        .service(reads("/api/gateway", gateway::show))
        .service(reads("/api/usage", gateway::usage))
        .service(reads("/api/traces", traces::show))
        .service(reads("/api/setup-status", setup::status))
        .service(orders("/api/setup/start", setup::start))
        .service(orders("/api/setup/{step}/retry", setup::retry))
        .service(orders("/api/setup/{step}/skip", setup::skip))
        .service(orders("/api/setup/{step}/cancel", setup::cancel))
        .service(reads("/api/agents", setup::agents))
        .service(orders("/api/session", session::create))
        .service(orders("/api/session/attach", session::attach))
        .service(orders("/api/session/close", session::close))
        .service(orders("/api/session/readopt", session::readopt))
        .service(orders("/api/session/rename", session::rename))
        .service(orders("/api/output", polling::output))
        .service(orders("/api/output-batch", polling::batch))
        .service(orders("/api/input", polling::input))
        .service(orders("/api/heartbeat", polling::heartbeat))
        .service(orders("/api/resize", polling::resize))
        .service(reads("/api/sessions", session::list))
        .service(reads("/api/active-sessions", panes::active))
        .service(reads("/api/tmux-sessions", panes::tmux))
        .service(orders("/api/upload", uploads::upload))
        .service(reads("/api/sync-status", sync::status))
        .service(orders("/api/sync/project", sync::project))
        .service(orders("/api/sync/restore", sync::restore))
        .service(keeps("/api/tasks", tasks::list, tasks::create))
        .service(reads("/api/tasks/{id}", tasks::show))
        .service(orders("/api/tasks/{id}/reply", tasks::reply))
        .service(orders("/api/tasks/{id}/cancel", tasks::cancel))
        .service(reads("/api/download", downloads::download))
        .service(reads("/api/capacity", capacity::show))
        .service(reads("/api/resource-status", capacity::status))
        .service(reads("/api/sessions/{id}/recording.cast", recordings::cast))
        .service(reads("/api/sessions/{id}/recording.txt", recordings::text))
        .service(reads("/api/sessions/{id}/replay", recordings::replay))
        .service(reads("/api/sessions/{id}/screen", screen::screen))
        .service(reads("/api/sessions/{id}/commands", commands::list))
        .service(reads("/api/search", search::search))
        .service(reads("/api/receipts", receipts::list))
        .service(keeps("/api/workplace", workplace::read, workplace::change))
        .service(reads("/api/events", events::events))
        .service(orders("/api/ws-ticket", tickets::issue))
        .service(reads("/api/admin/actors", admin::actors))
        .service(orders("/api/admin/actors/{name}/crash", admin::crash))
        .service(orders("/api/admin/restart", admin::restart))
        .service(reads("/api/admin/audit", admin::audit))
        .service(orders("/api/local/git-credential", local::git_credential))
        .service(orders("/api/local/post-commit", local::post_commit))
        .service(orders("/api/local/agent-hook", local::agent_hook))
        .service(reads("/ws", ws::open))
        .service(reads("/", ui::index))
        .default_service(web::to(ui::asset));
}

fn reads<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args, Output: Responder + 'static>,
    Args: FromRequest + 'static,
{
    only(path, "GET", get().to(handler))
}

fn orders<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args, Output: Responder + 'static>,
    Args: FromRequest + 'static,
{
    only(path, "POST", post().to(handler))
}

/// Read with one method and changed with the other.
fn keeps<R, ReadArgs, C, ChangeArgs>(path: &str, read: R, change: C) -> Resource
where
    R: Handler<ReadArgs, Output: Responder + 'static>,
    ReadArgs: FromRequest + 'static,
    C: Handler<ChangeArgs, Output: Responder + 'static>,
    ChangeArgs: FromRequest + 'static,
{
    only(path, "GET, POST", get().to(read)).route(post().to(change))
}

/// One method at one address; any other is refused by name.
fn only(path: &str, method: &'static str, route: Route) -> Resource {
    web::resource(path).route(route).default_service(web::to(move || refusal(method)))
}

async fn refusal(methods: &'static str) -> HttpResponse {
    let mut refusal = Problem::method().error_response();
    refusal.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    refusal
}
