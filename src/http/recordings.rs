//! Exports of sessions.

use actix_web::HttpResponse;
use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::Path;
use futures_util::stream;

use super::error::Problem;
use super::server::Actors;
use crate::actors::recordings::{Export, Format};
use crate::actors::sessions::List;
use crate::actors::tree::Handles;

/// `GET /api/sessions/{id}/recording.cast`
#[cfg_attr(test, utoipa::path(get, path = "/api/sessions/{id}/recording.cast", tag = "records", params(("id" = String, Path, description = "The session's id")), responses((status = 200, description = "Done", body = String, content_type = "application/x-asciicast"))))]
pub async fn cast(handles: Actors, id: Path<String>) -> Result<HttpResponse, Problem> {
    export(&handles, &id, Format::Cast, "application/x-asciicast", "cast").await
}

/// `GET /api/sessions/{id}/recording.txt`
#[cfg_attr(test, utoipa::path(get, path = "/api/sessions/{id}/recording.txt", tag = "records", params(("id" = String, Path, description = "The session's id")), responses((status = 200, description = "Done", body = String, content_type = "text/plain"))))]
pub async fn text(handles: Actors, id: Path<String>) -> Result<HttpResponse, Problem> {
    export(&handles, &id, Format::Text, "text/plain; charset=utf-8", "txt").await
}

async fn export(
    handles: &Handles,
    id: &str,
    format: Format,
    content_type: &str,
    suffix: &str,
) -> Result<HttpResponse, Problem> {
    let listed = handles.sessions.send(List).await?;
    let found = listed.into_iter().find(|listed| listed.record.id == id).ok_or_else(Problem::no_session)?;
    let (id, title) = (found.record.id, found.record.label);
    let name = format!("coda-{id}.{suffix}");
    let pieces = handles.recordings.send(Export { id, title, format }).await?;
    let pieces = pieces.ok_or_else(|| Problem::not_found("this session has no journal any more"))?;
    let body = stream::unfold(pieces, |mut pieces| async { Some((pieces.recv().await?, pieces)) });
    let parameters = vec![DispositionParam::Filename(name)];
    let disposition = ContentDisposition { disposition: DispositionType::Attachment, parameters };
    Ok(HttpResponse::Ok().content_type(content_type).insert_header(disposition).streaming(body))
}
