//! For programs of our own user: what `coda git-credential` and `coda hook` ask. The guard lets nobody else in.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Json;

use super::error::Problem;
use super::server::Actors;
use super::wire::{AgentHook, Committed, Done, GitAnswer, GitRequest};
use crate::actors::git::{Moved, SignIn};
use crate::actors::session::Hooked;
use crate::actors::sessions::Find;

/// `POST /api/local/git-credential`
#[cfg_attr(test, utoipa::path(post, path = "/api/local/git-credential", tag = "local", request_body = GitRequest, responses((status = 200, description = "Done", body = GitAnswer))))]
pub async fn git_credential(
    handles: Actors,
    Json(request): Json<GitRequest>,
) -> Result<HttpResponse, Problem> {
    let answer = GitAnswer::from(handles.git.send(SignIn(request.into())).await?);
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(answer))
}

/// `POST /api/local/post-commit`: what listens is told as `repository.moved`.
#[cfg_attr(test, utoipa::path(post, path = "/api/local/post-commit", tag = "local", request_body = Committed, responses((status = 200, description = "Done", body = Done))))]
pub async fn post_commit(handles: Actors, Json(commit): Json<Committed>) -> Result<Json<Done>, Problem> {
    handles.git.send(Moved(commit.repository.into())).await?;
    Ok(Json(Done::OK))
}

/// `POST /api/local/agent-hook`: what it says goes on is in the session's row, and told as `session.activity`.
#[cfg_attr(test, utoipa::path(post, path = "/api/local/agent-hook", tag = "local", request_body = AgentHook, responses((status = 200, description = "Done", body = Done))))]
pub async fn agent_hook(handles: Actors, Json(hook): Json<AgentHook>) -> Result<Json<Done>, Problem> {
    let session = handles.sessions.send(Find(hook.session_id)).await?.ok_or_else(Problem::no_session)?;
    session.send(Hooked(hook.payload)).await?;
    Ok(Json(Done::OK))
}
