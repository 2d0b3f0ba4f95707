//! Facts as they happen, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::stream;
use serde_json::json;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use super::error::Problem;
use super::server::Actors;
use crate::actors::events::{Tap, Told};

/// A comment goes out when there was nothing to tell for so long, so that nobody in between closes the connection.
const SILENCE: Duration = Duration::from_secs(15);

/// `GET /api/events`: one event per fact, named as in `data.name`. `missed` says that some were left out: read the
/// lists again.
#[cfg_attr(test, utoipa::path(get, path = "/api/events", tag = "instance",
    responses((status = 200, description = "Server-sent events", body = String, content_type = "text/event-stream"))))]
pub async fn events(handles: Actors) -> Result<HttpResponse, Problem> {
    let told = Tap::open(&handles.link.events);
    let hello = stream::once(async { Ok(Bytes::from_static(b"retry: 1000\n\n")) });
    let body =
        stream::unfold(told, |mut told| async { Some((Ok::<_, Infallible>(next(&mut told).await?), told)) });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Or what compresses it would hold it back.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .streaming(futures_util::StreamExt::chain(hello, body)))
}

async fn next(told: &mut Receiver<Told>) -> Option<Bytes> {
    let text = match timeout(SILENCE, told.recv()).await {
        Ok(Some(told)) => rendered(&told),
        Ok(None) => return None,
        Err(_) => ": still here\n\n".to_owned(),
    };
    Some(text.into())
}

fn rendered(told: &Told) -> String {
    let data = match told {
        Told::Fact(event) => json!(event),
        Told::Missed => json!({"name": "missed"}),
        Told::ShuttingDown { restart } => json!({"name": "shutting_down", "restart": restart}),
    };
    let name = data["name"].as_str().unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n")
}
