//! Who comes in, and how those are told who do not.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::forward::forward;
use super::meter::Meter;
use super::server::Gate;
use crate::actors::gateway::Way;
use crate::domain::gateway::{Refusal, Vendor, Wire, agent_of, headers};

/// Seconds after which it may be worth asking again.
const LATER: &str = "5";

/// A request that may come in.
pub struct Entry {
    pub vendor: Vendor,
    pub wire: Wire,
    /// What follows the vendor's prefix.
    pub rest: String,
    /// Without a key, and without its question mark.
    pub query: String,
}

/// `GET /health`: whether the gateway works; asked by the setup. Says nothing that a key is needed for.
pub async fn health(gate: web::Data<Gate>) -> HttpResponse {
    let way = gate.way.wait().await;
    let (route, lease) = (way.known_route(), way.has_token());
    HttpResponse::Ok().json(json!({
        "service": "coda-gateway",
        "schema": 1,
        "status": if route.is_some() && lease { "ready" } else { "waiting" },
        "version": env!("CARGO_PKG_VERSION"),
        "route": route.map(|route| route.kind.word()),
        "lease": lease,
    }))
}

/// Everything else.
pub async fn request(request: HttpRequest, body: web::Payload, gate: web::Data<Gate>) -> HttpResponse {
    let way = gate.way.wait().await;
    let vendor = Vendor::of(request.path()).map(|(vendor, _)| vendor);
    let refused = |refusal: Refusal| refuse(&refusal, vendor);
    let Some((vendor, rest)) = Vendor::of(request.path()) else { return refused(Refusal::NoSuchPlace) };
    let session = match way.admit(key(&request)).await {
        Ok(session) => session,
        Err(refusal) => return refused(refusal),
    };
    let entry = Entry {
        vendor,
        wire: Wire::of(vendor, rest),
        rest: rest.to_owned(),
        query: headers::query_up(request.query_string()),
    };
    let meter = Meter::new(way.clone(), session, agent(request.headers()), entry.wire);
    answer(way, &request, body.into_inner(), entry, meter).await
}

async fn answer(
    way: &Way,
    request: &HttpRequest,
    body: actix_web::dev::Payload,
    entry: Entry,
    mut meter: Meter,
) -> HttpResponse {
    let vendor = entry.vendor;
    match forward(way, request, body, entry, &mut meter).await {
        Ok(answered) => answered.respond(meter),
        Err(refusal) => {
            meter.refused(&refusal);
            refuse(&refusal, Some(vendor))
        }
    }
}

/// The key, wherever the agent puts it.
fn key(request: &HttpRequest) -> Option<&str> {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let bearer = text("authorization").map(|value| {
        let (scheme, token) = value.split_once(' ').unwrap_or_default();
        if scheme.eq_ignore_ascii_case("bearer") { token.trim() } else { "" }
    });
    let named = [bearer, text("x-api-key"), text("x-goog-api-key"), text("api-key")];
    let named = named.into_iter().flatten().find(|key| !key.is_empty());
    named.or_else(|| headers::key_in_query(request.query_string()))
}

fn agent(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    agent_of(text("x-coda-agent"), text("user-agent"))
}

fn refuse(refusal: &Refusal, vendor: Option<Vendor>) -> HttpResponse {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = HttpResponse::build(status);
    answer.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    // Clients that know this header do not try for minutes what cannot succeed.
    answer.insert_header(("x-should-retry", if refusal.is_transient() { "true" } else { "false" }));
    if refusal.is_transient() {
        answer.insert_header((RETRY_AFTER, HeaderValue::from_static(LATER)));
    }
    answer.body(refusal.body(vendor).to_string())
}
