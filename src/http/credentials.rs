//! The token with which this instance works in the workspace.

use actix_web::web::Json;
use actix_web::{HttpResponse, Responder};

use super::audit::Asker;
use super::error::Problem;
use super::server::Actors;
use super::wire::{PatConfigured, PatStatus, PatToken};
use crate::actors::credentials::{Configure, Configured, GetLease};
use crate::domain::lease::Origin;

/// `GET /api/pat-status`: whether there is a token that counts. Nobody is asked: it is known.
#[cfg_attr(
    test,
    utoipa::path(
        get,
        path = "/api/pat-status",
        tag = "instance",
        responses((status = 200, description = "Done", body = PatStatus))
    )
)]
pub async fn status(handles: Actors) -> Result<Json<PatStatus>, Problem> {
    Ok(Json(PatStatus::from(handles.credentials.send(GetLease).await?)))
}

/// `POST /api/configure-pat`: use this token from now on.
#[cfg_attr(
    test,
    utoipa::path(
        post,
        path = "/api/configure-pat",
        tag = "instance",
        responses(
            (status = 200, description = "The token counts", body = PatConfigured),
            (status = 202, description = "The workspace takes its time; an event will tell", body = PatConfigured)
        )
    )
)]
pub async fn configure(
    handles: Actors,
    asker: Asker,
    body: Json<PatToken>,
) -> Result<impl Responder, Problem> {
    use_token(handles, asker, body.into_inner(), "credentials.configure").await
}

/// `POST /api/inject-pat`: the same for whoever provisions this instance and knows its secret.
#[cfg_attr(
    test,
    utoipa::path(
        post,
        path = "/api/inject-pat",
        tag = "instance",
        responses(
            (status = 200, description = "The token counts", body = PatConfigured),
            (status = 202, description = "The workspace takes its time; an event will tell", body = PatConfigured)
        )
    )
)]
pub async fn inject(handles: Actors, asker: Asker, body: Json<PatToken>) -> Result<impl Responder, Problem> {
    use_token(handles, asker, body.into_inner(), "credentials.inject").await
}

async fn use_token(
    handles: Actors,
    asker: Asker,
    given: PatToken,
    act: &'static str,
) -> Result<HttpResponse, Problem> {
    let token = given.into_secret();
    let configured = handles.credentials.send(Configure { token, origin: Origin::Pasted }).await?;
    let configured = asker.note(act, "", configured)?;
    let mut answer = match configured {
        Configured::Accepted { .. } => HttpResponse::Ok(),
        Configured::Checking => HttpResponse::Accepted(),
    };
    Ok(answer.json(PatConfigured::from(configured)))
}
