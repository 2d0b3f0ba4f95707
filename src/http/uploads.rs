//! Files from the page.

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Json, ReqData};
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::error::Problem;
use super::server::Actors;
use super::wire::Uploaded;
use crate::actors::uploads::{Begin, FORM, Piece};
use crate::domain::access::Identity;

/// Fields that may stand before the file.
const FIELDS: usize = 16;

/// `POST /api/upload`: a form with the file in its field `file`.
#[cfg_attr(test, utoipa::path(post, path = "/api/upload", tag = "instance", request_body(content = super::wire::UploadForm, content_type = "multipart/form-data"), responses((status = 200, description = "Done", body = Uploaded))))]
pub async fn upload(
    handles: Actors,
    identity: ReqData<Identity>,
    length: Length,
    mut form: Multipart,
) -> Result<Json<Uploaded>, Problem> {
    let (mut file, name) = file_of(&mut form).await?;
    let receiving = handles.uploads.send(Begin { name, body: length.0 }).await??;
    forward(&mut file, receiving.pieces).await?;
    let stored = receiving.stored.await.map_err(|_| Problem::unavailable())??;
    tracing::info!(target: "audit", act = "upload", path = %stored.path.display(), bytes = stored.bytes, identity = %*identity, "uploaded");
    Ok(Json(Uploaded::from(stored)))
}

/// The first field called `file`, and the name its sender gives it.
async fn file_of(form: &mut Multipart) -> Result<(Field, String), Problem> {
    for _ in 0..FIELDS {
        let Some(field) = form.next().await else { break };
        let mut field = field?;
        if field.name() == Some("file") {
            let name = field.content_disposition().and_then(|it| it.get_filename()).unwrap_or_default();
            let name = name.to_owned();
            let empty =
                || Problem::invalid("the file has no name; choose a file, or give the field a filename");
            return if name.is_empty() { Err(empty()) } else { Ok((field, name)) };
        }
        if field.bytes(FORM as usize).await.is_err() {
            return Err(Problem::too_large("a field before the file is too long"));
        }
    }
    Err(Problem::invalid("no file provided; send it as multipart/form-data in a field called `file`"))
}

/// Hands the pieces on. When nobody takes them any more, the answer says why.
async fn forward(file: &mut Field, pieces: mpsc::Sender<Piece>) -> Result<(), Problem> {
    while let Some(bytes) = file.next().await {
        if pieces.send(Piece::Bytes(bytes?)).await.is_err() {
            return Ok(());
        }
    }
    let _ = pieces.send(Piece::End).await;
    Ok(())
}

impl From<MultipartError> for Problem {
    fn from(error: MultipartError) -> Problem {
        Problem::invalid(format!(
            "the form cannot be read: {error}; send multipart/form-data with a field `file`"
        ))
    }
}

/// How long the request's body says it is, in bytes.
pub struct Length(Option<u64>);

impl FromRequest for Length {
    type Error = Problem;
    type Future = std::future::Ready<Result<Length, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let header = request.headers().get(CONTENT_LENGTH);
        let length = header.and_then(|value| value.to_str().ok()?.parse().ok());
        std::future::ready(Ok(Length(length)))
    }
}
