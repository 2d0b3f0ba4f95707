//! The page, from inside the binary. Scripts and styles are there compressed only (static/compressed.ts).

use std::io::Read;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use flate2::read::GzDecoder;
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;

use super::error::Problem;
use super::guard::COOKIE;
use crate::domain::access::Access;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/static/dist"]
#[allow_missing = true]
struct Files;

#[derive(Deserialize)]
pub struct Entry {
    token: Option<String>,
}

/// `GET /`: the page. With `?token=` the browser gets its cookie and comes again without.
pub async fn index(access: Data<Access>, entry: Query<Entry>, request: HttpRequest) -> HttpResponse {
    if let (Some(_), Some(token)) = (&entry.token, &access.token) {
        let cookie =
            Cookie::build(COOKIE, token).path("/").http_only(true).same_site(SameSite::Strict).finish();
        return HttpResponse::SeeOther().cookie(cookie).insert_header((header::LOCATION, "/")).finish();
    }
    match page() {
        Some(file) => render("index.html", file, &request),
        None => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(
            "CoDA runs, but was built without its web page.\n\
             Build it with `make`, or `npm ci && npm run build` in static/, then build coda again.\n",
        ),
    }
}

fn page() -> Option<EmbeddedFile> {
    Files::get("index.html")
}

/// For a person who comes with a wrong token: the page, which holds no secret and says how to sign in.
pub fn turned_away() -> Option<HttpResponse> {
    let file = page()?;
    let mut answer = HttpResponse::Unauthorized();
    answer.content_type("text/html; charset=utf-8").insert_header((header::CACHE_CONTROL, "no-store"));
    Some(answer.body(file.data.into_owned()))
}

/// Any other address: a file of the page, or nothing.
pub async fn asset(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let path = request.path().trim_start_matches('/').to_owned();
    let (file, compressed) = match Files::get(&path) {
        Some(file) => (file, false),
        None => (Files::get(&format!("{path}.gz")).ok_or_else(|| nothing_at(&path))?, true),
    };
    if !matches!(request.method().as_str(), "GET" | "HEAD") {
        return Err(Problem::method());
    }
    if !compressed {
        return Ok(render(&path, file, &request));
    }
    let accepted = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    if accepted.is_some_and(|accepted| accepted.contains("gzip")) {
        let mut answer = render(&path, file, &request);
        answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        answer.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        return Ok(answer);
    }
    let mut data = Vec::new();
    GzDecoder::new(&*file.data).read_to_end(&mut data).map_err(|_| nothing_at(&path))?;
    Ok(render(&path, EmbeddedFile { data: data.into(), metadata: file.metadata }, &request))
}

fn nothing_at(path: &str) -> Problem {
    Problem::not_found(format!("there is nothing at /{path}"))
}

/// Files under `assets/` carry a hash in their names and never change.
fn render(path: &str, file: EmbeddedFile, request: &HttpRequest) -> HttpResponse {
    let hash = file.metadata.sha256_hash();
    let tag = header::EntityTag::new_weak(hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect());
    let caching =
        if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known == Some(tag.to_string().as_str()) {
        return HttpResponse::NotModified().insert_header(header::ETag(tag)).finish();
    }
    HttpResponse::Ok()
        .content_type(mime_guess::from_path(path).first_or_octet_stream().as_ref())
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header(header::ETag(tag))
        .body(file.data.into_owned())
}
