//! Files for the page.

use actix_web::HttpResponse;
use actix_web::body::SizedStream;
use actix_web::http::header::{
    self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};
use actix_web::web::Query;
use futures_util::stream;
use serde::Deserialize;

use super::audit::Asker;
use super::error::Problem;
use super::server::Actors;
use crate::actors::downloads::Fetch;

#[derive(Deserialize)]
pub struct Wanted {
    path: String,
}

/// `GET /api/download?path=…`: a file below home, to be stored and never to be shown.
#[cfg_attr(test, utoipa::path(get, path = "/api/download", tag = "instance", params(("path" = String, Query, description = "Absolute, or told from the home directory")), responses((status = 200, description = "Done", body = String, content_type = "application/octet-stream"))))]
pub async fn download(handles: Actors, asker: Asker, wanted: Query<Wanted>) -> Result<HttpResponse, Problem> {
    let found = handles.downloads.send(Fetch(wanted.path.clone())).await?;
    let found = asker.note("download", &wanted.path, found)?;
    let body = stream::unfold(found.pieces, |mut pieces| async { Some((pieces.recv().await?, pieces)) });
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header(attachment(&found.name))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(SizedStream::new(found.bytes, body)))
}

/// To be stored under this name, in letters that every browser reads and in its own.
fn attachment(name: &str) -> ContentDisposition {
    let plain = name
        .chars()
        .map(|char| if char.is_ascii_graphic() && char != '"' && char != '\\' { char } else { '_' });
    let own = ExtendedValue {
        charset: Charset::Ext("UTF-8".to_owned()),
        language_tag: None,
        value: name.as_bytes().to_vec(),
    };
    let parameters = vec![DispositionParam::Filename(plain.collect()), DispositionParam::FilenameExt(own)];
    ContentDisposition { disposition: DispositionType::Attachment, parameters }
}
