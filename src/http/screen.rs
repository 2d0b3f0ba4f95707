//! What a session's screen says.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Path, Query};
use serde::Deserialize;

use super::error::Problem;
use super::server::Actors;
use crate::actors::session::TakeText;
use crate::actors::sessions::Find;
use crate::domain::capture::{Capture, Form};

/// A page by itself may show colours and nothing else.
const HARMLESS: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'";

#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    format: Form,
    lines: Option<usize>,
}

/// `GET /api/sessions/{id}/screen?format=text|ansi|html&lines=N`: the screen, or the last lines that are not blank.
#[cfg_attr(test, utoipa::path(get, path = "/api/sessions/{id}/screen", tag = "records", params(("id" = String, Path, description = "The session's id"), ("format" = Option<Form>, Query, description = "`text` when absent"), ("lines" = Option<usize>, Query, description = "The last so many lines of scrollback and screen, blank ones at the end left out; the screen when absent; not with `ansi`")), responses((status = 200, description = "Done", body = String, content_type = "text/plain"))))]
pub async fn screen(
    handles: Actors,
    id: Path<String>,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, Problem> {
    let capture = Capture::new(wanted.format, wanted.lines)?;
    let session = handles.sessions.send(Find(id.into_inner())).await?.ok_or_else(Problem::no_session)?;
    let text = session.send(TakeText(capture)).await?.ok_or_else(Problem::unavailable)?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CACHE_CONTROL, "no-store"));
    Ok(match wanted.format {
        Form::Text | Form::Ansi => answer.content_type("text/plain; charset=utf-8"),
        Form::Html => answer
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_SECURITY_POLICY, HARMLESS)),
    }
    .body(text))
}
