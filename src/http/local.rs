//! For programs of our own user: what `coda git-credential` and `coda hook` ask. The guard lets nobody else in.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Json;

use super::error::Problem;
use super::server::Actors;
use super::wire::{Committed, Done, GitAnswer, GitRequest};
use crate::actors::git::{Moved, SignIn};

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
